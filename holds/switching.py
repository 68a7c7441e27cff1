"""Disables a schedule, or returns it to what config wants. Nothing but its state changes."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from holds import wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_scheduler import EventBridgeSchedulerClient

    from holds.standing import Step

_ANSWER_ONLY = frozenset({"Arn", "CreationDate", "LastModificationDate", "ResponseMetadata"})
"""Members of GetSchedule's answer that UpdateSchedule does not take (Scheduler API reference)."""
_OLDEST_START = timedelta(minutes=4)
"""AWS refuses a StartDate of more than 5 minutes ago, also when it does not change."""


class Switched(Enum):
    """What became of a step."""

    CHANGED = "changed"
    AS_WANTED = "as wanted"
    """The schedule needed no change, or its end has passed, so that it has no tick any more."""
    UNMARKED = "unmarked"
    """The description does not say what config wants, so another program made the schedule. It was left as it is."""


def request(described: Mapping[str, Any], state: str, now: datetime) -> dict[str, Any]:
    """Return the request that changes the state of a schedule, from GetSchedule's answer, and nothing else.

    UpdateSchedule resets what a request leaves out. AWS refuses a start that has passed; a schedule without it goes on,
    and only a rate then counts from the change.
    """
    kept = {name: value for name, value in described.items() if name not in _ANSWER_ONLY and value is not None}
    if "StartDate" in kept and kept["StartDate"] < now - _OLDEST_START:
        del kept["StartDate"]
    return {**kept, "State": state}


def switch(scheduler: EventBridgeSchedulerClient, group: str, step: Step, now: datetime) -> Switched:
    """Make a change. The schedule is read first, since somebody may have changed it; boto3's errors are raised."""
    described: Any = scheduler.get_schedule(GroupName=group, Name=step.schedule)
    config = wanted.read(described.get("Description") or "")
    if config is None:
        return Switched.UNMARKED
    state = wanted.state(enabled=config and step.enable)
    if described["State"] == state or _is_over(described, now):
        return Switched.AS_WANTED
    scheduler.update_schedule(**request(described, state, now))
    return Switched.CHANGED


def _is_over(described: Mapping[str, Any], now: datetime) -> bool:
    end = described.get("EndDate")
    return end is not None and end <= now
