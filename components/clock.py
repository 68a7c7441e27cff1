"""The time at which a program is deployed: the machine's, or the sandbox's when it deploys there. Pure."""

from __future__ import annotations

import os
from datetime import UTC, datetime

VARIABLE = "SCHEDULED_JOBS_NOW"
"""The environment variable with the sandbox's time, as ISO 8601 with an offset. The sandbox sets it."""


def now() -> datetime:
    """Return the time in UTC."""
    given = os.environ.get(VARIABLE)
    return datetime.fromisoformat(given).astimezone(UTC) if given else datetime.now(UTC)
