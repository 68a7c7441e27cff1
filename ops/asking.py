"""The request to the supervisor to run a tick again, by which the job's lock, overlap and limits hold. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts import universal_target
from ops.errors import OpsError
from watch import launches
from watch.names import job_of_schedule

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Wish:
    """A message to the supervisor."""

    queue: str
    """The URL of the supervisor's queue."""
    body: str
    id: str
    """The id of the request."""


def is_supervised(schedule: Mapping[str, Any]) -> bool:
    """Return whether a schedule of GetSchedule is one of a supervised job: it sends its ticks to a queue."""
    return universal_target.sends_message(schedule["Target"]["Arn"])


def wish(schedule: Mapping[str, Any], tick: str, request: str, *, insists: bool) -> Wish:
    """Return the message that lets the supervisor run a tick; OpsError when the schedule's input names no queue.

    `request` is the id of the operator's request, eight hexadecimal digits.
    """
    name = schedule["Name"]
    try:
        queue = str(json.loads(schedule["Target"]["Input"])["QueueUrl"])
    except (ValueError, KeyError, TypeError):
        raise OpsError(f"the input of {name} names no queue, so it is not one that this program deployed") from None
    message = launches.Message(job=job_of_schedule(name), schedule=name, tick=tick, rerun=request, insists=insists)
    return Wish(queue, launches.written(message), request)
