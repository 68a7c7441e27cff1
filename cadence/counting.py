"""A cron with the ticks of a rate that counts from a start. Such a cron does not depend on when it was deployed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from cadence.fields import HOURS, MINUTES, WEEKDAYS, FieldKind

if TYPE_CHECKING:
    from cadence.rate import Rate

_MINUTE = timedelta(minutes=1)
_WEEK = timedelta(days=7)


def same_cron(rate: Rate, start: datetime) -> str | None:
    """Return the six fields of a cron in UTC that is due whenever the rate is; None when there is no such cron.

    There is one when the period divides an hour, a day or a week in a way that one cron can say, and the start is a
    whole minute.
    """
    begin = start.astimezone(UTC)
    if begin.second or begin.microsecond or _WEEK % rate.period:
        return None
    ticks = [begin + passed * rate.period for passed in range(_WEEK // rate.period)]
    minutes, hours = {tick.minute for tick in ticks}, {tick.hour for tick in ticks}
    weekdays = {tick.isoweekday() % WEEKDAYS.size + 1 for tick in ticks}
    if len(minutes) * len(hours) * len(weekdays) != len(ticks):
        return None
    every_day = len(weekdays) == WEEKDAYS.size
    days = "* * ?" if every_day else f"? * {_field(WEEKDAYS, weekdays)}"
    return f"{_field(MINUTES, minutes)} {_field(HOURS, hours)} {days} *"


def _field(kind: FieldKind, values: set[int]) -> str:
    """Return `*`, a start with a step, or a list."""
    ordered = sorted(values)
    if len(ordered) == kind.size:
        return "*"
    steps = {later - earlier for earlier, later in pairwise(ordered)}
    if kind.steps and len(steps) == 1 and (step := steps.pop()) * len(ordered) == kind.size:
        return f"{ordered[0]}/{step}"
    return ",".join(kind.label(value) for value in ordered)
