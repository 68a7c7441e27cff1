"""A second implementation of AWS's cron, minute by minute and rule by rule, that shares no code with `cadence`.

It covers every form. LW, nW and ranges that wrap matter most, because other packages for AWS's cron know less of them.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

MONTHS = ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["", "sun", "mon", "tue", "wed", "thu", "fri", "sat"]


def due(expression: str, wall: datetime) -> bool:
    """Return whether `cron(...)` selects this wall-clock minute."""
    minute, hour, day_of_month, month, day_of_week, year = expression.lower()[5:-1].split()
    return (
        _in(minute, wall.minute, 0, 59)
        and _in(hour, wall.hour, 0, 23)
        and _in(month, wall.month, 1, 12, MONTHS)
        and _in(year, wall.year, 1970, 2199)
        and (_day_of_month(day_of_month, wall.date()) if day_of_week == "?" else _day_of_week(day_of_week, wall.date()))
    )


def _in(field: str, value: int, low: int, high: int, names: list[str] | None = None) -> bool:
    return any(_in_item(item, value, low, high, names or []) for item in field.split(","))


def _in_item(item: str, value: int, low: int, high: int, names: list[str]) -> bool:
    match = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?", item)
    assert match, item
    number = [names.index(text) if text in names else int(text) for text in match.groups("0")[:2] if text != "*"]
    first = low if match[1] == "*" else number[0]
    last = number[-1] if match[2] else (high if match[1] == "*" or match[3] else first)
    walked = first
    position = 0
    while True:
        if walked == value and position % int(match[3] or 1) == 0:
            return True
        if walked == last:
            return False
        walked = low if walked == high else walked + 1
        position += 1


def _day_of_month(field: str, day: date) -> bool:
    if field == "l":
        return (day + timedelta(days=1)).month != day.month
    if field == "lw":
        later = (day + timedelta(days=ahead) for ahead in range(1, 4))
        return day.weekday() < 5 and not any(other.month == day.month and other.weekday() < 5 for other in later)
    if field.endswith("w"):
        return _nearest_workday(int(field[:-1]), day)
    return _in(field, day.day, 1, 31)


def _nearest_workday(number: int, day: date) -> bool:
    try:
        target = day.replace(day=number)
    except ValueError:
        return False
    around = [target + timedelta(days=away) for away in (0, -1, 1, -2, 2)]
    return day == next(other for other in around if other.month == target.month and other.weekday() < 5)


def _day_of_week(field: str, day: date) -> bool:
    weekday = day.isoweekday() % 7 + 1
    if field == "l":
        return weekday == 7
    if "#" in field:
        name, nth = field.split("#")
        return _in(name, weekday, 1, 7, WEEKDAYS) and (day.day + 6) // 7 == int(nth)
    if field.endswith("l"):
        next_week = day + timedelta(days=7)
        return _in(field[:-1], weekday, 1, 7, WEEKDAYS) and next_week.month != day.month
    return _in(field, weekday, 1, 7, WEEKDAYS)
