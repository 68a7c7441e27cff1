"""Help for what Go's cron, and so Kubernetes, adds to Unix's forms: `@every`, and a time zone before the fields."""

from __future__ import annotations

import re
from datetime import timedelta

from cadence.below_a_minute import SHORTEST
from cadence.cron import parse_cron
from cadence.errors import ExpressionError, ZoneError
from cadence.unix import aws_fields
from cadence.zones import zone

_EVERY = re.compile(r"@every\s+(\S+)", re.IGNORECASE)
_ZONE = re.compile(r"(?:CRON_)?TZ=(\S*)\s*(.*)", re.DOTALL)
_DURATION = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)
_MINUTE, _MINUTES_AN_HOUR = timedelta(minutes=1), 60


def help_for_go(body: str) -> str | None:
    """Return a message with the form that means the same here; None for a body that is not of Go's own forms."""
    text = body.strip()
    if is_every(text):
        return _every_help(text)
    name, fields = without_zone(text)
    return None if name is None else _zone_help(name, fields)


def is_every(text: str) -> bool:
    """Return whether a text is an `@every`."""
    return _EVERY.fullmatch(text) is not None


def rate_of(text: str) -> str | None:
    """Return the body of the rate with the period of an `@every`, such as `90 minutes`; None when there is none."""
    period = _period(text)
    if not period or period % _MINUTE:
        return None
    total = period // _MINUTE
    value, unit = (total // _MINUTES_AN_HOUR, "hour") if not total % _MINUTES_AN_HOUR else (total, "minute")
    return f"{value} {unit}{'' if value == 1 else 's'}"


def _period(text: str) -> timedelta:
    """Return the period of an `@every`; zero if it has none that can be read."""
    every = _EVERY.fullmatch(text)
    found = every and _DURATION.fullmatch(every[1])
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def without_zone(text: str) -> tuple[str | None, str]:
    """Return the time zone that stands before the fields, and the fields; None and the text when there is none."""
    found = _ZONE.fullmatch(text)
    return (found[1], found[2]) if found else (None, text)


def _every_help(text: str) -> str:
    form = f"'{text}' is a form of Go's cron, which AWS does not accept"
    amount = rate_of(text)
    if timedelta(0) < _period(text) < _MINUTE:
        return f"{form}; {SHORTEST}"
    if amount is None:
        return f"{form}; a rate is a whole number of minutes, hours or days, such as rate(15 minutes)"
    return f"{form}: rate({amount}), or {{rate: {amount}}}"


def _zone_help(name: str, fields: str) -> str:
    form = "a time zone cannot stand before the fields"
    try:
        zone(name)
    except ZoneError as error:
        return f"{form}; '{name}': {error}"
    meant = [f'{{cron: "{one}", timezone: {name}}}' for one in aws_fields(fields) or _valid(fields)]
    if not meant:
        return f"{form}; write timezone: {name} beside cron"
    return f"{form}; write {'two schedules: ' if len(meant) > 1 else ''}{' and '.join(meant)}"


def _valid(fields: str) -> list[str]:
    try:
        parse_cron(fields)
    except ExpressionError:
        return []
    return [fields]
