"""The days of a month that a cron expression selects, by its day-of-month or its day-of-week field.

AWS's guide does not mention months without the day. They are skipped. For `31W`, AWS's console previews the same, and
AWS told a user the same (github.com/pitchblack408/pyawscron, issue 56; github.com/winebarrel/cronplan, issue 106).
`L-3` and lists with L, W or # are not in AWS's guide and are refused.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cadence.errors import ExpressionError
from cadence.fields import MONTH_DAYS, WEEKDAYS, Field, parse_field

_DAYS_A_WEEK = 7
_MOST_WEEKS = 5
_MONDAY, _FRIDAY = 0, 4
_SATURDAY_NUMBER = 7


class DayRule(Protocol):
    """One way to select days. `text` has the day-of-month and the day-of-week field in canonical form."""

    @property
    def text(self) -> tuple[str, str]:
        """The canonical day-of-month and day-of-week fields, one of them `?`."""

    def in_month(self, year: int, month: int) -> tuple[int, ...]:
        """Return the selected days of this month, ascending; empty when the month has none."""


@dataclass(frozen=True)
class MonthDays:
    """Days by their number: `*`, `1,15`, `10-20`."""

    field: Field

    @property
    def text(self) -> tuple[str, str]:
        """See DayRule."""
        return self.field.text, "?"

    def in_month(self, year: int, month: int) -> tuple[int, ...]:
        """See DayRule. Numbers beyond the month's end are left out."""
        _, length = _month(year, month)
        values = self.field.values
        return values if values[-1] <= length else tuple(day for day in values if day <= length)


@dataclass(frozen=True)
class LastDay:
    """`L`: the last day of the month; `LW` (`working`): the last Monday to Friday."""

    working: bool = False

    @property
    def text(self) -> tuple[str, str]:
        """See DayRule."""
        return ("LW" if self.working else "L"), "?"

    def in_month(self, year: int, month: int) -> tuple[int, ...]:
        """See DayRule."""
        first, length = _month(year, month)
        beyond_friday = (first + length - 1) % _DAYS_A_WEEK - _FRIDAY
        return (length - max(0, beyond_friday) if self.working else length,)


@dataclass(frozen=True)
class NearestWorkday:
    """`nW`: the Monday to Friday nearest to day n, within the month of day n."""

    day: int

    @property
    def text(self) -> tuple[str, str]:
        """See DayRule."""
        return f"{self.day}W", "?"

    def in_month(self, year: int, month: int) -> tuple[int, ...]:
        """See DayRule. A month without day n has no selected day."""
        first, length = _month(year, month)
        if self.day > length:
            return ()
        beyond_friday = (first + self.day - 1) % _DAYS_A_WEEK - _FRIDAY
        if beyond_friday <= 0:
            return (self.day,)
        back, forward = self.day - beyond_friday, self.day + 3 - beyond_friday
        if back < 1:
            return (forward,)
        nearer_is_back = beyond_friday == 1
        return (back,) if nearer_is_back or forward > length else (forward,)


@dataclass(frozen=True)
class Weekdays:
    """Days by their weekday: `MON-FRI`, `SUN,WED`; a bare `L` is SAT."""

    field: Field

    @property
    def text(self) -> tuple[str, str]:
        """See DayRule."""
        return "?", self.field.text

    def in_month(self, year: int, month: int) -> tuple[int, ...]:
        """See DayRule."""
        first, length = _month(year, month)
        return _days_on(self.field.values, first, length)


@dataclass(frozen=True)
class LastWeekday:
    """`nL`: the last of one weekday in the month. Weekdays count from 1 = SUN."""

    weekday: int

    @property
    def text(self) -> tuple[str, str]:
        """See DayRule."""
        return "?", f"{self.weekday}L"

    def in_month(self, year: int, month: int) -> tuple[int, ...]:
        """See DayRule."""
        first, length = _month(year, month)
        return _days_on((self.weekday,), first, length)[-1:]


@dataclass(frozen=True)
class NthWeekday:
    """`n#k`: the k-th of one weekday in the month. Weekdays count from 1 = SUN."""

    weekday: int
    nth: int

    @property
    def text(self) -> tuple[str, str]:
        """See DayRule."""
        return "?", f"{self.weekday}#{self.nth}"

    def in_month(self, year: int, month: int) -> tuple[int, ...]:
        """See DayRule. A month without the k-th weekday has no selected day."""
        first, length = _month(year, month)
        return _days_on((self.weekday,), first, length)[self.nth - 1 : self.nth]


def parse_day_of_month(text: str) -> DayRule:
    """Return the rule of the day-of-month field, which is not `?`; raises ExpressionError."""
    upper = text.upper()
    if upper in {"L", "LW", "WL"}:
        if upper == "WL":
            raise ExpressionError("day-of-month 'WL' is not understood; the last Monday to Friday of the month is LW")
        return LastDay(working=upper == "LW")
    if re.fullmatch(r"[0-9]+W", upper):
        return NearestWorkday(MONTH_DAYS.number(upper[:-1]))
    if "L" in upper or "W" in upper:
        if re.fullmatch(r"L-[0-9]+W?", upper):
            raise ExpressionError(
                f"day-of-month '{text}' counts back from the last day, which AWS does not accept; must be L or LW"
            )
        raise ExpressionError(
            f"day-of-month '{text}' is not understood; L, LW and 1W-31W must stand alone in the field"
        )
    _refuse_question_mark("day-of-month", text)
    return MonthDays(parse_field(MONTH_DAYS, text))


def parse_day_of_week(text: str) -> DayRule:
    """Return the rule of the day-of-week field, which is not `?`; raises ExpressionError."""
    upper = text.upper()
    if upper == "L":
        return Weekdays(parse_field(WEEKDAYS, "SAT"))
    if "#" in upper:
        return _parse_nth(text)
    if re.fullmatch(r"(?:[0-9]+|[A-Z]{3})L", upper):
        return LastWeekday(WEEKDAYS.number(upper[:-1]))
    if re.search(r"(?:^|[,-])L|[0-9]L|[A-Z]{3}L", upper):
        raise ExpressionError(
            f"day-of-week '{text}' is not understood; L, and one day with L such as 6L, must stand alone in the field"
        )
    _refuse_question_mark("day-of-week", text)
    return Weekdays(parse_field(WEEKDAYS, text))


def _parse_nth(text: str) -> DayRule:
    day, _, nth = text.partition("#")
    if "," in text or "#" in nth:
        raise ExpressionError(
            f"day-of-week '{text}' is not understood; one day with '#', such as 3#2, must stand alone in the field"
        )
    weekday = WEEKDAYS.number(day)
    if not re.fullmatch(rf"[1-{_MOST_WEEKS}]", nth):
        raise ExpressionError(f"day-of-week '{text}' is out of range; the number after '#' must be 1-{_MOST_WEEKS}")
    return NthWeekday(weekday, int(nth))


def _refuse_question_mark(name: str, text: str) -> None:
    if "?" in text:
        raise ExpressionError(f"{name} '{text}' is not understood; '?' must stand alone in the field")


def _days_on(weekdays: tuple[int, ...], first: int, length: int) -> tuple[int, ...]:
    """Return the days of a month that fall on AWS's `weekdays`, when its first day is Python's weekday `first`."""
    starts = [(weekday - 2 - first) % _DAYS_A_WEEK + 1 for weekday in weekdays]
    return tuple(sorted(day for start in starts for day in range(start, length + 1, _DAYS_A_WEEK)))


@lru_cache(maxsize=4096)
def _month(year: int, month: int) -> tuple[int, int]:
    """Return Python's weekday (0 = Monday) of the first day, and the number of days."""
    return monthrange(year, month)
