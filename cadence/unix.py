"""Help for the cron forms of other programs: Unix's five fields, its macros, and Quartz's seconds.

Unix counts weekdays from 0 = SUN (7 is SUN too). If both day fields are restricted, it fires when either matches.
"""

from __future__ import annotations

import re

from cadence.below_a_minute import SHORTEST
from cadence.cron import parse_cron
from cadence.errors import ExpressionError
from cadence.fields import WEEKDAY_NAMES

_UNIX_FIELDS = 5
_QUARTZ_FIELDS = (6, 7)
_DAYS_A_WEEK = 7
_RANGE_FROM = 3
_MACROS = {
    "@yearly": "0 0 1 1 ? *",
    "@annually": "0 0 1 1 ? *",
    "@monthly": "0 0 1 * ? *",
    "@weekly": "0 0 ? * SUN *",
    "@daily": "0 0 * * ? *",
    "@midnight": "0 0 * * ? *",
    "@hourly": "0 * * * ? *",
}


def help_for_cron(body: str) -> str | None:
    """Return a message with AWS's form of a cron body in another dialect; None when the body is not in one."""
    fields = body.split()
    if len(fields) == 1 and fields[0].startswith("@"):
        return _macro_help(fields[0])
    if len(fields) == _UNIX_FIELDS:
        return _unix_help(fields)
    if len(fields) in _QUARTZ_FIELDS:
        return _seconds_help(fields)
    return None


def aws_fields(body: str) -> list[str]:
    """Return the six fields of AWS that mean the same as a Unix cron or macro; two when it needs two, [] for none."""
    fields = body.split()
    if len(fields) == 1 and fields[0].lower() in _MACROS:
        return [_MACROS[fields[0].lower()]]
    if len(fields) != _UNIX_FIELDS:
        return []
    minutes, hours, day_of_month, month, unix_weekdays = fields
    day_of_week = _aws_weekdays(unix_weekdays)
    by_day = _valid([minutes, hours, day_of_month, month, "?", "*"])
    by_weekday = _valid([minutes, hours, "?", month, day_of_week or "", "*"])
    if not (by_day and by_weekday):
        return []
    if unix_weekdays == "*":
        return [by_day]
    if day_of_month == "*":
        return [by_weekday]
    starred = day_of_month.startswith("*") or unix_weekdays.startswith("*")
    return [] if starred else [by_day, by_weekday]


def _macro_help(macro: str) -> str:
    meant = aws_fields(macro)
    if not meant:
        return f"'{macro}' is not known to AWS; must be cron(minutes hours day-of-month month day-of-week year)"
    return f"'{macro}' is a form of Unix cron, which AWS does not accept: cron({meant[0]})"


def _unix_help(fields: list[str]) -> str | None:
    if "?" in fields:
        with_year = _valid([*fields, "*"])
        return f"the sixth field, the year, is missing: cron({with_year})" if with_year else None
    form = "five fields are Unix cron, but AWS's cron has six"
    meant = aws_fields(" ".join(fields))
    if not meant and _restricts_both(fields):
        return f"{form}, and AWS cannot select by day-of-month and day-of-week together; one must be '?'"
    if not meant:
        return None
    if len(meant) == 1:
        return f"{form}: cron({meant[0]})"
    by_day, by_weekday = meant
    return (
        f"{form}; Unix cron fires when either day field matches, so write two schedules: "
        f"cron({by_day}) and cron({by_weekday})"
    )


def _restricts_both(fields: list[str]) -> bool:
    """Return whether both day fields of a Unix cron are set, and each could be read alone."""
    minutes, hours, day_of_month, month, weekdays = fields
    alone = [minutes, hours, day_of_month, month, "*"], [minutes, hours, "*", month, weekdays]
    return "*" not in (day_of_month, weekdays) and all(aws_fields(" ".join(one)) for one in alone)


def _seconds_help(fields: list[str]) -> str | None:
    """Return help for Quartz's form, which begins with seconds and may leave out the year; None for another form."""
    without_seconds = fields[1:] if len(fields) == max(_QUARTZ_FIELDS) else [*fields[1:], "*"]
    meant = _valid(without_seconds)
    if not meant:
        return None
    if fields[0].isdecimal():
        return f"AWS's cron has no seconds: cron({meant})"
    return f"AWS's cron has no seconds, and '{fields[0]}' is several of them; {SHORTEST}"


def _valid(fields: list[str]) -> str | None:
    """Return fields in canonical form; None when AWS would not accept them."""
    try:
        return parse_cron(" ".join(fields)).canonical.removeprefix("cron(").removesuffix(")")
    except ExpressionError:
        return None


def _aws_weekdays(text: str) -> str | None:
    """Return Unix's day-of-week field in AWS's form; None when Unix would not accept the field either."""
    days: set[int] = set()
    for item in text.upper().split(","):
        match = re.fullmatch(r"(?:\*|([0-7]|[A-Z]{3})(?:-([0-7]|[A-Z]{3}))?)(?:/([1-7]))?", item)
        if not match:
            return None
        start, end, step = (_unix_weekday(match[1]), _unix_weekday(match[2]), int(match[3] or 1))
        if (match[1] and start is None) or (match[2] and end is None):
            return None
        first = 0 if start is None else start
        last = end if end is not None else (first if start is not None and not match[3] else _DAYS_A_WEEK - 1)
        if last < first:
            return None
        days.update(day % _DAYS_A_WEEK for day in range(first, last + 1, step))
    return _print_weekdays(days)


def _unix_weekday(text: str | None) -> int | None:
    if text is None or text.isdecimal():
        return None if text is None else int(text)
    return WEEKDAY_NAMES.index(text) if text in WEEKDAY_NAMES else None


def _print_weekdays(days: set[int]) -> str:
    """Return a range for three or more days in a row, otherwise a list. The week begins on Sunday."""
    if len(days) == _DAYS_A_WEEK:
        return "*"
    ordered = sorted(days)
    names = [WEEKDAY_NAMES[day] for day in ordered]
    if len(names) >= _RANGE_FROM and ordered[-1] - ordered[0] == len(ordered) - 1:
        return f"{names[0]}-{names[-1]}"
    return ",".join(names)
