"""How a check takes notice of a schedule as AWS has it: its changes, and whether it still is as deployed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from holds import wanted
from watch import instants
from watch.facts import ScheduleFacts
from watch.records import Drift, PastFacts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from watch.due import Deployed
    from watch.records import ScheduleRecord

DELETED, CHANGED, DISABLED = "deleted", "changed", "disabled"
"""What has happened to a schedule that is not as deployed."""

_MOST_PAST = 20
"""Changes of a schedule that are remembered until their ticks are judged."""
_REMEMBERED = timedelta(days=2)
"""Longer than the longest window and grace."""


def reason(what: str) -> str:
    """Return in words what has happened to a schedule, as messages about it have it."""
    return f"the schedule was {what} in AWS"


def is_new(record: ScheduleRecord, deployed: Deployed | None) -> bool:
    """Return whether AWS has changed the schedule since the last check, so that it must be read.

    A schedule may be switched in the second of its last change, and the record knows a change by its second.
    """
    if deployed is None:
        return False
    return record.changed != instants.text(deployed.changed) or record.enabled != deployed.enabled


def read(described: Mapping[str, Any]) -> ScheduleFacts:
    """Return the facts of a schedule as GetSchedule describes it."""
    return ScheduleFacts(
        expression=described["ScheduleExpression"],
        timezone=described.get("ScheduleExpressionTimezone") or "UTC",
        start=instants.text_or_none(described.get("StartDate")),
        end=instants.text_or_none(described.get("EndDate")),
        window=described["FlexibleTimeWindow"].get("MaximumWindowInMinutes", 0),
    )


def is_paused(described: Mapping[str, Any]) -> bool:
    """Return whether config wants a schedule of GetSchedule enabled, and AWS has it disabled."""
    return described["State"] == wanted.DISABLED and wanted.read(described.get("Description") or "") is True


@dataclass(frozen=True)
class Sighting:
    """A schedule as a check sees it."""

    wanted: ScheduleFacts | None
    """The schedule of the job's item; None when there is no item any more."""
    deployed: Deployed | None
    """Its state in AWS; None when it does not exist."""
    actual: ScheduleFacts | None
    """What GetSchedule says, if `is_new` asked for it."""
    paused: bool
    """Whether it is disabled although config wants it enabled, if `is_new` asked for it."""
    held: bool
    """Whether a hold explains that."""
    last_there: datetime
    """When a check last saw the schedule. Only a check that finds it gone needs an earlier time than its own."""

    def note(self, record: ScheduleRecord, now: datetime) -> None:
        """Record how AWS has the schedule. What was true until a change is kept, to judge the ticks before it."""
        if self.deployed is None:
            if record.changed is not None:
                _put_aside(record, self.last_there)
                record.facts, record.changed, record.enabled, record.paused = None, None, False, False
        elif is_new(record, self.deployed):
            _put_aside(record, self.deployed.changed)
            record.facts, record.changed = self.actual, instants.text(self.deployed.changed)
            record.enabled, record.paused = self.deployed.enabled, self.paused
        record.past = [one for one in record.past if instants.read(one.until) > now - _REMEMBERED][-_MOST_PAST:]
        what = self._difference(record, now)
        if not what:
            record.drift = None
        elif record.drift is None or record.drift.what != what:
            record.drift = Drift(what, instants.text(now))

    def _difference(self, record: ScheduleRecord, now: datetime) -> str:
        if self.wanted is None:
            return ""
        if self.deployed is None:
            return DELETED
        if not as_deployed(record.facts, self.wanted, self.deployed.changed):
            return CHANGED
        return DISABLED if record.paused and not self.held and not is_over(record.facts, now) else ""


def is_over(facts: ScheduleFacts | None, now: datetime) -> bool:
    """Return whether a schedule has no tick any more because its end has passed. A hold leaves its state as it is."""
    return facts is not None and facts.end is not None and instants.read(facts.end) <= now


def as_deployed(actual: ScheduleFacts | None, wanted: ScheduleFacts, changed: datetime) -> bool:
    """Return whether a schedule in AWS, which was changed last at this time, is the one of the job's item."""
    return actual in (wanted, _without_passed_start(wanted, changed))


def _without_passed_start(wanted: ScheduleFacts, changed: datetime) -> ScheduleFacts:
    """Return a schedule as a change leaves it whose start had passed: AWS takes no such start, so none is sent."""
    passed = wanted.start is not None and instants.read(wanted.start) <= changed
    return replace(wanted, start=None) if passed else wanted


def _put_aside(record: ScheduleRecord, until: datetime) -> None:
    """Keep the schedule as it was until a change. A disabled schedule had no ticks."""
    if record.enabled and record.facts is not None:
        record.past.append(PastFacts(record.facts, instants.text(until), record.changed))
