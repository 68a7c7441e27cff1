"""The state of a CloudWatch alarm, computed from the datapoints of its evaluation range. Pure functions.

Follows "Configuring how CloudWatch alarms treat missing data" and "Alarm evaluation" of the CloudWatch User Guide.
"""

from __future__ import annotations

import operator
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": statistics.fmean,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
    "Sum": sum,
}

COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
}
"""The comparison operators of an alarm on one metric, and CloudWatch's words for them."""

EXTRA_PERIODS = 2
"""The periods before the evaluation periods that an evaluation also looks at, in case some data is missing.

The tables of the User Guide have two with three evaluation periods. Alarms with periods of 15 minutes have shown the
same with one period (OK three periods after the last breaching datapoint) and with eight (ALARM ten periods after the
last datapoint). AWS only documents that the number depends on the period.
"""

_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}
MISSING_DATA = ("breaching", "ignore", "missing", "notBreaching")


@dataclass(frozen=True)
class Datapoint:
    """The value of the alarm's statistic for one period."""

    start: datetime
    value: float | None
    """None when the period has no data."""


@dataclass(frozen=True)
class Condition:
    """The condition under which an alarm is in the state ALARM."""

    comparison: str
    threshold: float
    periods: int
    datapoints_to_alarm: int
    missing: str = "missing"

    def breaches(self, point: Datapoint) -> bool:
        """Return whether a datapoint was received and is breaching."""
        test, _ = COMPARISONS[self.comparison]
        return point.value is not None and test(point.value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    """A state of an alarm, and the reason for it."""

    state: str
    reason: str


def evaluation_range(periods: int) -> int:
    """Return how many periods an evaluation looks at, for an alarm with these evaluation periods."""
    return periods + EXTRA_PERIODS


def judge(condition: Condition, points: Sequence[Datapoint], current: str) -> Verdict:
    """Return the state for the datapoints of the evaluation range, which are ordered from oldest to newest.

    As many of the newest received datapoints decide as the alarm has periods. Only if the whole range has fewer are the
    missing ones filled in, as the alarm treats them.
    """
    received = [point for point in points if point.value is not None][-condition.periods :]
    breaching = [point for point in received if condition.breaches(point)]
    filled = condition.periods - len(received)
    if not filled or condition.missing in _TREATED:
        count = len(breaching) + (filled if condition.missing == "breaching" else 0)
        state = ALARM if count >= condition.datapoints_to_alarm else OK
        return Verdict(state, _reason(condition, state, received))
    if len(breaching) >= condition.datapoints_to_alarm:
        return Verdict(ALARM, _reason(condition, ALARM, received))
    if len(received) > len(breaching):
        return Verdict(OK, _reason(condition, OK, received))
    if condition.missing == "ignore":
        return Verdict(current, "No datapoints that would change the state")
    # All received datapoints are breaching. Although they are too few, they are enough once the first of them is old.
    if received and len(points) - points.index(received[0]) >= condition.datapoints_to_alarm:
        return Verdict(ALARM, _reason(condition, ALARM, received))
    return Verdict(INSUFFICIENT_DATA, f"Insufficient Data: {_counted(filled)} {_was(filled)} unknown.")


def _reason(condition: Condition, state: str, received: Sequence[Datapoint]) -> str:
    """Return CloudWatch's reason for a change of state, with the datapoints that caused the new state."""
    periods = condition.periods
    filled = periods - len(received) if condition.missing in _TREATED else 0
    treated = f"{filled} missing {_datapoints(filled)} {_was(filled)} treated as [{_TREATED.get(condition.missing)}]"
    if not received:
        counted = f"{periods} period{'' if periods == 1 else 's'}"
        return f"Threshold Crossed: no datapoints were received for {counted} and {treated}."
    told = [
        f"{float(point.value)} ({point.start:%d/%m/%y %H:%M:%S})"
        for point in reversed(received)
        if point.value is not None and condition.breaches(point) == (state == ALARM)
    ]
    _, words = COMPARISONS[condition.comparison]
    verb = _was(len(told)) if state == ALARM else f"{_was(len(told))} not"
    other, least = OK, condition.datapoints_to_alarm
    if state == OK:
        other, least = ALARM, periods - condition.datapoints_to_alarm + 1
    return (
        f"Threshold Crossed: {len(told)} out of the last {periods} datapoints [{', '.join(told)}] {verb} {words} "
        f"the threshold ({float(condition.threshold)}){f' and {treated}' if filled else ''} "
        f"(minimum {_counted(least)} for {other} -> {state} transition)."
    )


def _counted(number: int) -> str:
    return f"{number} {_datapoints(number)}"


def _datapoints(number: int) -> str:
    return "datapoint" if number == 1 else "datapoints"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
