"""Whether a tick is run again: the reasons against it, and what the command then does. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from ops import tick_words
from ops.tick import not_a_tick
from report import words
from watch import classes, instants
from watch.due import PRECISION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watch.records import Tick


class Course(Enum):
    """What the command does."""

    RUN = "runs"
    ASK = "asks"
    REFUSE = "refuses"


def course(doubts: Sequence[str], *, yes: bool, anyway: bool, terminal: bool) -> Course:
    """Return what the command does with a tick that has these doubts.

    `yes` and `anyway` are the options, and `terminal` is whether somebody can be asked.
    """
    if anyway:
        return Course.RUN
    if terminal and not yes:
        return Course.ASK
    return Course.REFUSE if doubts else Course.RUN


def doubts(schedule: Mapping[str, Any], instant: datetime, recorded: Tick | None, now: datetime) -> list[str]:
    """Return the reasons not to run a tick of a schedule of GetSchedule now; empty when there are none.

    `recorded` is what the ledger knows of the tick, None for nothing. A tick that the ledger knows was one of the
    schedule's, even if the schedule has other times now.
    """
    return [*_doubts_of_runs(schedule, instant, recorded), *_doubts_of_time(schedule, instant, recorded, now)]


def _doubts_of_runs(schedule: Mapping[str, Any], instant: datetime, recorded: Tick | None) -> list[str]:
    if recorded and recorded.outcome == classes.WAITING:
        return [f"{_named(schedule, instant)} is still on its way: the supervisor will launch it"]
    latest = {run.outcome: run for run in tick_words.runs(recorded)} if recorded else {}
    for outcome, said in ((classes.RUNNING, "has a run that has not ended"), (classes.GOOD, "has had a good run")):
        if outcome in latest:
            shown = tick_words.run_words(latest[outcome], words.zone(schedule))
            return [f"{_named(schedule, instant)} {said}: {shown}"]
    return []


def _doubts_of_time(schedule: Mapping[str, Any], instant: datetime, recorded: Tick | None, now: datetime) -> list[str]:
    zone = words.zone(schedule)
    if recorded is None and (doubt := not_a_tick(schedule, instant)):
        return [doubt]
    if instant > now:
        came = f"is still to come (it is now {tick_words.moment(now, zone)})"
        return [f"{_named(schedule, instant)} {came}; Scheduler will launch it then as well"]
    last = instant + _window(schedule) + PRECISION
    if recorded is None and now < last:
        return [f"Scheduler may still launch {_named(schedule, instant)}, until {tick_words.moment(last, zone)}"]
    return []


def _window(schedule: Mapping[str, Any]) -> timedelta:
    return timedelta(minutes=schedule.get("FlexibleTimeWindow", {}).get("MaximumWindowInMinutes", 0))


def _named(schedule: Mapping[str, Any], instant: datetime) -> str:
    return f"{instants.text(instant)} of {schedule['Name']}"
