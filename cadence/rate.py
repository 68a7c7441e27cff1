"""AWS's rate expression: a period that counts from the schedule's start date or its creation date."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

from cadence.below_a_minute import SHORTEST
from cadence.errors import ExpressionError

_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_SECONDS = ("second", "sec", "s")
_A_MINUTE = 60
_REFUSED_UNITS = {
    "week": "days",
    "month": "days",
    "year": "days",
}
_SHORT_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "hr": "hours", "d": "days"}
_LONGEST_VALUE = 9


@dataclass(frozen=True)
class Rate:
    """`rate(value unit)`: every `value` minutes, hours or days. A day is 24 hours, also when the clocks change.

    `unit` is singular. Scheduler takes minute, minutes, hour, hours, day and days beside any value (Scheduler API
    Reference, ScheduleExpression). For `typed` and `str()` see `parse`.
    """

    value: int
    unit: str
    typed: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        """Return the text to send to AWS."""
        return self.typed or self.canonical

    @property
    def canonical(self) -> str:
        """The form for people, such as `rate(1 hour)` or `rate(15 minutes)`."""
        return f"rate({self.amount})"

    @property
    def amount(self) -> str:
        """The period in words, such as `15 minutes`."""
        return f"{self.value} {self.unit}{'' if self.value == 1 else 's'}"

    @property
    def period(self) -> timedelta:
        """The time between two ticks."""
        return self.value * _UNITS[self.unit]


def parse_rate(body: str) -> Rate:
    """Return the expression for the text between the brackets of `rate(...)`; raises ExpressionError."""
    match = re.fullmatch(r"\s*(\S+?)\s*([A-Za-z]*)\s*", body)
    if not match:
        raise ExpressionError("rate must have a whole number and a unit, such as rate(15 minutes)")
    number, unit = match[1], match[2]
    singular = unit.lower().removesuffix("s") if len(unit) > 1 else unit.lower()
    _check_unit(number, unit, singular)
    if not re.fullmatch(r"[0-9]+", number) or not number.strip("0"):
        raise ExpressionError(f"rate's value '{number}' must be a whole number of 1 or more, as in rate(15 minutes)")
    if len(number.lstrip("0")) > _LONGEST_VALUE:
        raise ExpressionError(f"rate's value must have at most {_LONGEST_VALUE} digits")
    if not re.search(r"[0-9]\s+[A-Za-z]", body) or unit != unit.lower():
        raise ExpressionError(f"rate must be written with a space and in lower case: {Rate(int(number), singular)}")
    return Rate(int(number), singular)


def _check_unit(number: str, unit: str, singular: str) -> None:
    if singular in _UNITS:
        return
    units = "the unit must be one of: minutes, hours, days"
    if not unit:
        raise ExpressionError(f"rate has no unit; {units}, as in rate({number} minutes)")
    if singular in _SECONDS:
        raise ExpressionError(f"rate cannot count seconds; {_in_minutes(number)}")
    if singular in _REFUSED_UNITS:
        raise ExpressionError(f"rate cannot count {singular}s, so write it in {_REFUSED_UNITS[singular]}; {units}")
    if singular in _SHORT_UNITS:
        meant = _SHORT_UNITS[singular].removesuffix("s" if number == "1" else "")
        raise ExpressionError(f"rate's unit '{unit}' is not understood; write rate({number} {meant})")
    raise ExpressionError(f"rate's unit '{unit}' is not understood; {units}")


def _in_minutes(number: str) -> str:
    """Return what to write in place of a number of seconds."""
    seconds = int(number) if re.fullmatch(rf"[0-9]{{1,{_LONGEST_VALUE}}}", number) else 0
    if 0 < seconds < _A_MINUTE:
        return SHORTEST
    if seconds and not seconds % _A_MINUTE:
        return f"write {Rate(seconds // _A_MINUTE, 'minute')}"
    return "write whole minutes, such as rate(1 minute)"
