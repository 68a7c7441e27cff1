"""A schedule in words, for reviewers. The same words never mean two different schedules.

`weekday` means Monday to Friday.
"""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING

from cadence.at import At
from cadence.days import LastDay, LastWeekday, MonthDays, NearestWorkday, NthWeekday, Weekdays
from cadence.fields import HOURS, MINUTES, MONTH_DAYS, MONTHS, WEEKDAYS, YEARS
from cadence.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from cadence.cron import Cron
    from cadence.days import DayRule
    from cadence.timetable import Timetable

_DAY_NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_WORKDAYS = (2, 3, 4, 5, 6)
_WEEKEND = (1, 7)
_MINUTES_A_DAY = 24 * 60
_MOST_TIMES = 4
_SHORTEST_RUN = 3
_DAYS_EVERY_MONTH_HAS = 28


def describe(timetable: Timetable) -> str:
    """Return a schedule in words, such as `at 02:00 on weekdays, Europe/Berlin` or `every 15 minutes`."""
    expression = timetable.expression
    if isinstance(expression, Rate):
        return f"{_rate(expression)}{_limits(timetable, UTC, ' UTC')}"
    if isinstance(expression, At):
        return f"once at {_moment(expression.wall)}, {timetable.timezone}{_window(timetable)}"
    return f"{_cron(expression)}, {timetable.timezone}{_limits(timetable, timetable.zone)}"


def month_words(values: Sequence[int]) -> str:
    """Return months in words, such as `March and May`; empty for all of them."""
    if len(values) == MONTHS.last:
        return ""
    return _list([_MONTH_NAMES[value - 1] for value in values])


def _rate(rate: Rate) -> str:
    if rate.value > 1:
        return f"every {rate.amount}"
    return "every 24 hours" if rate.unit == "day" else f"every {rate.unit}"


def _limits(timetable: Timetable, time_zone: tzinfo, label: str = "") -> str:
    """Return start, end and window in words. A rate names no zone, so its limits need a label."""
    parts = [
        f" {word} {_moment(moment.astimezone(time_zone).replace(tzinfo=None))}{label}"
        for word, moment in (("from", timetable.start), ("until", timetable.end))
        if moment
    ]
    return f"{',' if parts else ''}{''.join(parts)}{_window(timetable)}"


def _window(timetable: Timetable) -> str:
    if not timetable.window:
        return ""
    return f", within {timetable.window} minute{'' if timetable.window == 1 else 's'}"


def _moment(wall: datetime) -> str:
    return f"{wall:%Y-%m-%d %H:%M:%S}" if wall.second else f"{wall:%Y-%m-%d %H:%M}"


def _cron(cron: Cron) -> str:
    times, through_the_day = _times(cron)
    months = month_words(cron.months.values)
    days = _days(cron.days, months)
    if not days and not through_the_day:
        days = " every day"
    if not days.endswith(months):
        days += f" in {months}"
    return f"{times}{days}{_years(cron.years.values)}"


def _times(cron: Cron) -> tuple[str, bool]:
    """Return the times of day in words, and whether they span the whole day, so that `every day` adds nothing."""
    hours, minutes = cron.hours.values, cron.minutes.values
    times = [60 * hour + minute for hour in hours for minute in minutes]
    if len(times) <= _MOST_TIMES:
        return f"at {_list([_clock(time) for time in times])}", False
    step = _even_step(times)
    if step and step * len(times) == _MINUTES_A_DAY:
        return f"every {_length(step)}{f' from {_clock(times[0])}' if times[0] else ''}", True
    if step:
        return f"every {_length(step)} from {_clock(times[0])} to {_clock(times[-1])}", False
    return f"{_minutes(minutes)} of {_hours(hours)}", len(hours) == HOURS.last + 1


def _minutes(values: Sequence[int]) -> str:
    if len(values) == MINUTES.last + 1:
        return "every minute"
    step = _even_step(values)
    if step and len(values) > _MOST_TIMES:
        return f"every {_length(step)} from minute {values[0]} to {values[-1]}"
    return f"at minute{'' if len(values) == 1 else 's'} {_numbers(values)}"


def _hours(values: Sequence[int]) -> str:
    if len(values) == HOURS.last + 1:
        return "every hour"
    return f"hour{'' if len(values) == 1 else 's'} {_numbers(values)}"


def _days(rule: DayRule, months: str) -> str:
    """Return the days with their months in words, after a space; empty for every day of every month."""
    place = f"of {months or 'the month'}"
    match rule:
        case MonthDays():
            words = _month_days(rule, months)
        case LastDay():
            words = f" on the last {'weekday' if rule.working else 'day'} {place}"
        case NearestWorkday():
            words = f" on the weekday nearest to day {rule.day} {_having(rule.day, months)}"
        case LastWeekday():
            words = f" on the last {_DAY_NAMES[rule.weekday - 1]} {place}"
        case NthWeekday():
            words = f" on the {_ORDINALS[rule.nth - 1]} {_DAY_NAMES[rule.weekday - 1]} {place}"
        case Weekdays():
            words = _weekdays(rule.field.values)
        case _:
            words = f" on {' '.join(rule.text)} {place}"
    return words


def _month_days(rule: MonthDays, months: str) -> str:
    values = rule.field.values
    if len(values) == MONTH_DAYS.last:
        return ""
    if len(values) == 1:
        return f" on day {values[0]} {_having(values[0], months)}"
    return f" on days {_numbers(values)} of {months or 'the month'}"


def _having(day: int, months: str) -> str:
    """Return the months of a day in words; all months do not have day 29, 30 and 31."""
    return "of the months that have it" if not months and day > _DAYS_EVERY_MONTH_HAS else f"of {months or 'the month'}"


def _weekdays(values: tuple[int, ...]) -> str:
    if len(values) == WEEKDAYS.last:
        return ""
    if values == _WORKDAYS:
        return " on weekdays"
    if values == _WEEKEND:
        return " on Saturdays and Sundays"
    from_monday = sorted(values, key=lambda value: (value - 2) % WEEKDAYS.last)
    return f" on {_list([f'{_DAY_NAMES[value - 1]}s' for value in from_monday])}"


def _years(values: tuple[int, ...]) -> str:
    if len(values) == YEARS.last - YEARS.first + 1:
        return ""
    step = _even_step(values)
    if step == 1 and len(values) >= _SHORTEST_RUN:
        return f" from {values[0]} to {values[-1]}"
    if step and len(values) > _MOST_TIMES:
        return f" every {step} years from {values[0]} to {values[-1]}"
    return f" in {_numbers(values)}"


def _even_step(values: Sequence[int]) -> int | None:
    steps = {later - earlier for earlier, later in pairwise(values)}
    return steps.pop() if len(steps) == 1 else None


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if rest == 0:
        return "hour" if hours == 1 else f"{hours} hours"
    return "minute" if minutes == 1 else f"{minutes} minutes"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _numbers(values: Sequence[int]) -> str:
    """Return numbers in words, with runs as ranges: `1 to 5, 10 and 12`."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    words: list[str] = []
    for run in runs:
        words += [f"{run[0]} to {run[-1]}"] if len(run) >= _SHORTEST_RUN else [str(value) for value in run]
    return _list(words)


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
