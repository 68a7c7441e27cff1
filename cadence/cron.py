"""AWS's cron expression: six fields, and the dates and wall-clock times that they select."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from cadence.days import DayRule, parse_day_of_month, parse_day_of_week
from cadence.errors import ExpressionError
from cadence.fields import HOURS, MINUTES, MONTHS, YEARS, Field, parse_field

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = 6
"""AWS's cron has no seconds, and always a year."""


@dataclass(frozen=True)
class Cron:
    """`cron(minutes hours day-of-month month day-of-week year)`, without seconds.

    Two expressions are equal when they differ only in case, spaces, leading zeros and names for numbers. `canonical` is
    their common form. For `typed` and `str()` see `parse`.
    """

    minutes: Field
    hours: Field
    days: DayRule
    months: Field
    years: Field
    typed: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        """Return the text to send to AWS."""
        return self.typed or self.canonical

    @property
    def canonical(self) -> str:
        """The form for people, which `parse` reads as an equal expression."""
        day_of_month, day_of_week = self.days.text
        fields = (self.minutes.text, self.hours.text, day_of_month, self.months.text, day_of_week, self.years.text)
        return f"cron({' '.join(fields)})"

    def matches(self, wall: datetime) -> bool:
        """Return whether this wall-clock minute is selected."""
        return (
            wall.second == 0
            and wall.microsecond == 0
            and wall.minute in self.minutes.values
            and wall.hour in self.hours.values
            and wall.month in self.months.values
            and wall.year in self.years.values
            and wall.day in self.days.in_month(wall.year, wall.month)
        )

    def dates(self, since: date) -> Iterator[date]:
        """Yield the selected dates from `since` to the last year of the expression, ascending."""
        years, months = self.years.values, self.months.values
        for year in years[bisect_left(years, since.year) :]:
            this_year = year == since.year
            for month in months[bisect_left(months, since.month) if this_year else 0 :]:
                days = self.days.in_month(year, month)
                begin = bisect_left(days, since.day) if this_year and month == since.month else 0
                for day in days[begin:]:
                    yield date(year, month, day)

    def dates_back(self, until: date) -> Iterator[date]:
        """Yield the selected dates up to and including `until`, descending."""
        years, months = self.years.values, self.months.values
        for year in reversed(years[: bisect_right(years, until.year)]):
            this_year = year == until.year
            for month in reversed(months[: bisect_right(months, until.month) if this_year else None]):
                days = self.days.in_month(year, month)
                end = bisect_right(days, until.day) if this_year and month == until.month else None
                for day in reversed(days[:end]):
                    yield date(year, month, day)

    def walls(self, since: datetime) -> Iterator[datetime]:
        """Yield the selected wall-clock times from `since`, ascending; all of them have no zone."""
        for day in self.dates(since.date()):
            begin = since if day == since.date() else None
            for hour, minute in self.times(begin):
                yield datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - a wall clock has no zone

    def times(self, since: datetime | None = None) -> Iterator[tuple[int, int]]:
        """Yield the hours and minutes of a selected day, ascending, beginning at the time of `since`."""
        hours, minutes = self.hours.values, self.minutes.values
        if since is None:
            for hour in hours:
                for minute in minutes:
                    yield hour, minute
            return
        earliest = since.hour * 60 + since.minute + (since.second > 0 or since.microsecond > 0)
        for hour in hours:
            begin = bisect_left(minutes, earliest - hour * 60)
            for minute in minutes[begin:]:
                yield hour, minute

    def times_back(self, until: datetime | None = None) -> Iterator[tuple[int, int]]:
        """Yield the hours and minutes of a selected day, descending, up to and including the time of `until`."""
        hours, minutes = self.hours.values, self.minutes.values
        latest = until.hour * 60 + until.minute if until else 24 * 60
        for hour in reversed(hours):
            end = bisect_right(minutes, latest - hour * 60)
            for minute in reversed(minutes[:end]):
                yield hour, minute

    def never_fires(self) -> bool:
        """Return whether no year has a selected day, as for 30 February; tries at most the 230 years of AWS."""
        return next(self.dates(date.min), None) is None


def parse_cron(body: str) -> Cron:
    """Return the expression for the text between the brackets of `cron(...)`; raises ExpressionError."""
    fields = body.split()
    if len(fields) != FIELDS:
        raise ExpressionError(
            f"cron must have {FIELDS} fields (minutes hours day-of-month month day-of-week year), not {len(fields)}"
        )
    minutes, hours, _, month, _, year = fields
    for kind, text in ((MINUTES, minutes), (HOURS, hours), (MONTHS, month), (YEARS, year)):
        if "?" in text:
            raise ExpressionError(
                f"{kind.name} '{text}' is not understood; only day-of-month or day-of-week can be '?'"
            )
    return Cron(
        minutes=parse_field(MINUTES, minutes),
        hours=parse_field(HOURS, hours),
        months=parse_field(MONTHS, month),
        years=parse_field(YEARS, year),
        days=_parse_days(fields),
    )


def _parse_days(fields: list[str]) -> DayRule:
    day_of_month, day_of_week = fields[2], fields[4]
    if day_of_month == "?" and day_of_week == "?":
        raise ExpressionError("day-of-month and day-of-week are both '?'; one must be set, such as '*' for every day")
    if day_of_week == "?":
        return parse_day_of_month(day_of_month)
    if day_of_month == "?":
        return parse_day_of_week(day_of_week)
    if "*" in (day_of_month, day_of_week):
        place = 4 if day_of_week == "*" else 2
        repaired = " ".join([*fields[:place], "?", *fields[place + 1 :]])
        raise ExpressionError(f"day-of-month and day-of-week are both set; one must be '?': cron({repaired})")
    raise ExpressionError("day-of-month and day-of-week are both set; one must be '?'")
