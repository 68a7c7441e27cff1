"""Launches the task of a schedule with `true` as its command, and waits for its end. The watch does not see it."""

from __future__ import annotations

import json
import secrets
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from aws_facts.universal_target import SCHEDULED_TIME
from doctor.account import refusal
from doctor.checks import probe
from judgements.answers import Refused
from ops import progress
from ops.errors import OpsError
from ops.running import launch, started, waiting
from ops.running.variation import Variation
from watch import instants
from watch.names import PROBED, STOP_REASON, probe_group
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from botocore.model import StructureShape

    from doctor.finding import Finding
    from doctor.launch import Launch
    from ops.operator_account import OperatorAccount
    from ops.stack import Place

_LIMIT = timedelta(minutes=10)
"""Longer than Fargate takes for a large image."""
_TRUE = Variation(environment={}, command=probe.COMMAND, cpu=None, memory=None, revision=None, key=None)


def make(account: OperatorAccount, place: Place, of: Launch, now: datetime) -> Finding:
    """Probe a schedule and return what was found. OpsError when AWS does not answer any more."""
    params = request(of, place.group, now, secrets.token_hex(launch.NONCE // 2), account.run_task_shape)
    try:
        [task] = account.run_task(params)
    except OpsError as error:
        cause = error.__cause__
        return probe.refused(of, refusal(cause) if isinstance(cause, ClientError) else Refused(str(error)))
    begun = started.unseen(place, task)
    sys.stderr.write(visible(f"Started task {started.last(begun.task)}, to see how far it comes.") + "\n")

    def stop(why: str) -> None:
        account.stop_task(begun.cluster, begun.task, f"{STOP_REASON}{why}")

    waits = waiting.Waiting(account, begun, of.container, _LIMIT, stop)
    try:
        with progress.of("waiting for the end of the probe"):
            ended = waits.to_the_end(lambda _: None)
    except KeyboardInterrupt:
        stop("the probe was interrupted")
        raise
    return probe.judge(of, _probed(ended, waits.seen))


def request(of: Launch, group: str, now: datetime, nonce: str, shape: StructureShape) -> dict[str, Any]:
    """Return RunTask's parameters: the schedule's own, with `true` as the command, and in a task group of its own.

    The rule of the watch passes on the events of the jobs' task groups only. So a probe counts as no run of a tick: it
    is not alerted, and does not end an alert.
    """
    given = json.loads(json.dumps(of.request).replace(SCHEDULED_TIME, instants.text(now)))
    given |= {"ClientToken": f"doctor-{nonce}", "StartedBy": PROBED, "Group": probe_group(group, of.job)}
    return _TRUE.of(launch.named(given, shape, of.schedule), of.schedule)


def _probed(ended: waiting.Ended, seen: Mapping[str, Any]) -> probe.Probed:
    return probe.Probed(
        outcome=ended.outcome,
        exit_code=ended.exit_code,
        reason=ended.reason,
        timed_out=ended.timed_out,
        pulled="pullStoppedAt" in seen,
        started="startedAt" in seen,
    )
