"""The state of a CloudWatch alarm, computed from the datapoints of its evaluation periods. Pure functions.

Follows "Configuring how CloudWatch alarms treat missing data" of the CloudWatch User Guide, with one exception. Where
datapoints are missing, CloudWatch may also use a few earlier periods, and AWS does not document how many.
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
    datapoints_to_alarm: int
    missing: str = "missing"


@dataclass(frozen=True)
class Verdict:
    """A state of an alarm, and the reason for it."""

    state: str
    reason: str


def judge(condition: Condition, points: Sequence[Datapoint], current: str) -> Verdict:
    """Return the state for the datapoints of the evaluation periods, which are ordered from oldest to newest."""
    test, _ = COMPARISONS[condition.comparison]
    received = [point for point in points if point.value is not None]
    breaching = [point for point in received if point.value is not None and test(point.value, condition.threshold)]
    absent = len(points) - len(received)
    if condition.missing in _TREATED:
        count = len(breaching) + (absent if condition.missing == "breaching" else 0)
        state = ALARM if count >= condition.datapoints_to_alarm else OK
        reason = _crossed(condition, state, points) if received else _none_received(condition, absent)
        return Verdict(state, reason)
    if len(breaching) >= condition.datapoints_to_alarm:
        return Verdict(ALARM, _crossed(condition, ALARM, points))
    if len(received) > len(breaching):
        return Verdict(OK, _crossed(condition, OK, points))
    if condition.missing == "ignore":
        return Verdict(current, "No datapoints that would change the state")
    if not received:
        return Verdict(INSUFFICIENT_DATA, f"Insufficient Data: {_counted(absent)} {_was(absent)} unknown.")
    # All received datapoints are breaching. They are enough when enough periods have passed since the first of them.
    old_enough = len(points) - points.index(breaching[0]) >= condition.datapoints_to_alarm
    state = ALARM if old_enough else OK
    return Verdict(state, _crossed(condition, state, points))


def _crossed(condition: Condition, state: str, points: Sequence[Datapoint]) -> str:
    """Return CloudWatch's reason for a change of state, with the datapoints that caused the new state."""
    test, words = COMPARISONS[condition.comparison]
    told = [
        f"{float(point.value)} ({point.start:%d/%m/%y %H:%M:%S})"
        for point in reversed(points)
        if point.value is not None and test(point.value, condition.threshold) == (state == ALARM)
    ]
    other, least = OK, condition.datapoints_to_alarm
    if state == OK:
        other, least = ALARM, len(points) - condition.datapoints_to_alarm + 1
    verb = _was(len(told)) if state == ALARM else f"{_was(len(told))} not"
    return (
        f"Threshold Crossed: {len(told)} out of the last {len(points)} datapoints [{', '.join(told)}] {verb} {words} "
        f"the threshold ({float(condition.threshold)}) "
        f"(minimum {_counted(least)} for {other} -> {state} transition)."
    )


def _none_received(condition: Condition, absent: int) -> str:
    periods = "period" if absent == 1 else "periods"
    missing = f"{absent} missing datapoint{'s' if absent > 1 else ''} {_was(absent)}"
    return (
        f"Threshold Crossed: no datapoints were received for {absent} {periods} and {missing} "
        f"treated as [{_TREATED[condition.missing]}]."
    )


def _counted(number: int) -> str:
    return f"{number} datapoint{'' if number == 1 else 's'}"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"
