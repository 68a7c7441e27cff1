"""Whether a tick is run by a backfill, by what is known of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from ops import tick_words
from ops.running.rerun_failed import NOT_GOOD
from report import words
from watch import classes, instants, supervising
from watch.due import PRECISION
from watch.facts import GRACE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from supervision.limits import Closure
    from watch.records import Run, Tick


class Only(Enum):
    """Which ticks are run."""

    MISSING = "missing"
    FAILED = "failed"
    ALL = "all"


class Course(Enum):
    """What a backfill does with a tick."""

    RUNS = "runs"
    GOES_ON = "goes on"
    LEFT = "left out"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A tick of the plan."""

    tick: str
    outcome: str
    """Its outcome now; empty for a tick of which nothing is known."""
    course: Course
    reason: str = ""
    """Why it is left out."""

    def to_plain(self) -> dict[str, Any]:
        """Return the step as JSON values."""
        return {
            "tick": self.tick,
            "outcome": self.outcome or None,
            "course": self.course.value,
            "reason": self.reason or None,
        }


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What decides whether a tick is run."""

    only: Only
    now: datetime
    """The time of AWS when the command began."""
    good_since: str
    """With `all`: a good run that began then or later counts."""
    may_come: timedelta
    """For so long after a tick it may still be launched without this command."""
    zone: ZoneInfo
    closed: Sequence[Closure] = ()
    """When the job's calendars are closed."""

    def judge(self, tick: str, recorded: Tick | None, *, in_flight: bool) -> Step:
        """Return the step of a tick. `recorded` is what the ledger has of it, None for nothing.

        `in_flight` is whether the supervisor has still to do with it.
        """
        known = outcome(recorded)
        if in_flight or any(one.outcome == classes.RUNNING for one in _runs(recorded)):
            return Step(tick=tick, outcome=known, course=Course.GOES_ON)
        reason = self._too_early(tick, recorded) or self._needs_none(tick, recorded)
        return Step(tick=tick, outcome=known, course=Course.LEFT if reason else Course.RUNS, reason=reason)

    def _too_early(self, tick: str, recorded: Tick | None) -> str:
        instant = instants.read(tick)
        if instant > self.now:
            return "it is still to come"
        last = instant + self.may_come
        if (recorded is None or supervising.is_new(recorded)) and self.now < last:
            return f"it may still be launched by itself, until {tick_words.moment(last, self.zone)}"
        return ""

    def _needs_none(self, tick: str, recorded: Tick | None) -> str:
        good = any(map(self._counts_as_good, _runs(recorded)))
        if self.only is Only.ALL:
            return f"it has had a good run since {self.good_since}" if good else ""
        if good:
            return "it has had a good run"
        known = outcome(recorded)
        if self.only is Only.FAILED and known not in NOT_GOOD:
            return f"it has not failed: {words.meaning(known)}" if known else "nothing is known of it"
        for one in self.closed:
            if one.since <= tick < one.until:
                return f"the calendar {one.calendar} is closed{f': {one.reason}' if one.reason else ''}"
        return ""

    def _counts_as_good(self, run: Run) -> bool:
        return run.outcome == classes.GOOD and (self.only is not Only.ALL or (run.created or "") >= self.good_since)


def outcome(recorded: Tick | None) -> str:
    """Return the outcome of a tick; empty for one of which nothing is known. A tick without a run is not running."""
    if recorded is None or (recorded.outcome == classes.RUNNING and not recorded.runs):
        return ""
    return recorded.outcome


def may_come(schedule: Mapping[str, Any]) -> timedelta:
    """Return for how long after a tick of a schedule of GetSchedule it may be launched.

    Scheduler repeats a call until the age in its retry policy. Until then the supervisor begins a lost tick, too.
    """
    window = schedule.get("FlexibleTimeWindow", {}).get("MaximumWindowInMinutes", 0)
    age = schedule["Target"].get("RetryPolicy", {}).get("MaximumEventAgeInSeconds", GRACE)
    return timedelta(minutes=window) + max(PRECISION, timedelta(seconds=age))


def _runs(recorded: Tick | None) -> list[Run]:
    return tick_words.runs(recorded) if recorded else []
