"""AWS's rate expression: a period that counts from the schedule's start date or its creation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from cadence.errors import ExpressionError

_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_REFUSED_UNITS = {
    "second": "minutes",
    "sec": "minutes",
    "s": "minutes",
    "week": "days",
    "month": "days",
    "year": "days",
}
_SHORT_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "hr": "hours", "d": "days"}
_LONGEST_VALUE = 9


@dataclass(frozen=True)
class Rate:
    """`rate(value unit)`: every `value` minutes, hours or days; a day is 24 hours, whatever the clocks do.

    `unit` is singular. Scheduler's own guide writes rate(1 days), so either form is read and the proper one printed.
    """

    value: int
    unit: str

    def __str__(self) -> str:
        """Print the canonical text, such as `rate(1 hour)` or `rate(15 minutes)`."""
        return f"rate({self.amount})"

    @property
    def amount(self) -> str:
        """The period in words, such as `15 minutes`."""
        return f"{self.value} {self.unit}{'' if self.value == 1 else 's'}"

    @property
    def period(self) -> timedelta:
        """The distance between two ticks."""
        return self.value * _UNITS[self.unit]


def parse_rate(body: str) -> Rate:
    """Read what stands between the brackets of `rate(...)`; raises ExpressionError."""
    match = re.fullmatch(r"\s*(\S+?)\s*([A-Za-z]*)\s*", body)
    if not match:
        raise ExpressionError("rate has a whole number and a unit, such as rate(15 minutes)")
    number, unit = match[1], match[2]
    singular = unit.lower().removesuffix("s") if len(unit) > 1 else unit.lower()
    _check_unit(number, unit, singular)
    if not re.fullmatch(r"[0-9]+", number) or not number.strip("0"):
        raise ExpressionError(f"rate's value '{number}' is not a whole number of 1 or more, such as rate(15 minutes)")
    if len(number.lstrip("0")) > _LONGEST_VALUE:
        raise ExpressionError(f"rate's value has more than {_LONGEST_VALUE} digits")
    if not re.search(r"[0-9]\s+[A-Za-z]", body) or unit != unit.lower():
        raise ExpressionError(f"rate is written with a space and small letters: {Rate(int(number), singular)}")
    return Rate(int(number), singular)


def _check_unit(number: str, unit: str, singular: str) -> None:
    if singular in _UNITS:
        return
    accepted = "minutes, hours and days are accepted"
    if not unit:
        msg = f"rate has no unit; {accepted}, such as rate({number} minutes)"
    elif singular in _REFUSED_UNITS:
        msg = f"rate cannot count {singular}s; {accepted}, so write it in {_REFUSED_UNITS[singular]}"
    elif singular in _SHORT_UNITS:
        meant = _SHORT_UNITS[singular].removesuffix("s" if number == "1" else "")
        msg = f"rate's unit '{unit}' is not understood; write rate({number} {meant})"
    else:
        msg = f"rate's unit '{unit}' is not understood; {accepted}"
    raise ExpressionError(msg)
