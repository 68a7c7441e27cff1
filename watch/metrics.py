"""The watch's metrics, as lines of its log in CloudWatch's embedded metric format.

CloudWatch User Guide, "Specification: Embedded metric format". A metric costs a line, but no call and no permission.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from watch import measures

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NAMESPACE = "ScheduledJobs"
UNITS: Mapping[str, str] = {
    "Runs": "Count",
    "Failures": "Count",
    "Duration": "Seconds",
    "Alerts": "Count",
    "Looks": "Count",
    "DueTicks": "Count",
    "MissedTicks": "Count",
    "OpenRuns": "Count",
    measures.RETRIES: "Count",
    measures.TIMED_OUT_RUNS: "Count",
    measures.SKIPPED_TICKS: "Count",
    measures.TOO_LATE_TICKS: "Count",
    measures.LAUNCH_DELAY: "Seconds",
    measures.LOCK_WAIT: "Seconds",
}


def emit(now: datetime, dimensions: Mapping[str, str], values: Mapping[str, float], *, also: list[str]) -> None:
    """Write a line with these metrics, once under all the dimensions, and once under only those named in `also`."""
    sets = [list(dimensions), also] if also and also != list(dimensions) else [list(dimensions)]
    line = {
        "_aws": {
            "Timestamp": int(now.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": sets,
                    "Metrics": [{"Name": name, "Unit": UNITS[name]} for name in values],
                }
            ],
        },
        **dimensions,
        **values,
    }
    sys.stdout.write(json.dumps(line) + "\n")
