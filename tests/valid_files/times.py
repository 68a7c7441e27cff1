"""Draws schedules: expressions, time zones, windows, starts and ends. All of them are valid at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import cadence

if TYPE_CHECKING:
    from tests.valid_files.chance import Chance

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("Pacific/Kiritimati", "Africa/Casablanca", "Etc/GMT+5", "GB", "EST5EDT", "Asia/Kolkata"),
)
_MINUTES = ("0", "00", "30", "59", "*/20", "0/15", "5-10", "1,31", "50-10/5", "*", ",".join(map(str, range(60))))
_HOURS = ("2", "07", "*", "*/6", "8-18", "22-2", "0/3", "9,17", "6-20/2")
_DAYS = (
    *(("*", "?"), ("?", "*"), ("1", "?"), ("L", "?"), ("LW", "?"), ("15W", "?"), ("31W", "?"), ("1,15", "?")),
    *(("*/5", "?"), ("10-20", "?"), ("?", "MON-FRI"), ("?", "2#1"), ("?", "6L"), ("?", "SUN,wed"), ("?", "fri-mon")),
    *(("?", "L"), ("?", "MONL"), ("?", "1")),
)
_MONTHS = ("*", "*", "*", "JAN", "1-6", "*/3", "1/3", "jan,JUL", "NOV-FEB", "12")
_YEARS = ("*", "*", "*", "2020-2199", "2026/2", "2199", "2021")
"""One is over."""
_RATES = ("1 minute", "5 minutes", "90 minutes", "1 hours", "4 hours", "36 hours", "1 day", "7 days", "007  days")
_ATS = ("2030-06-15T12:00:00", "2199-12-30T23:59:59", "2031-10-26T02:30:00", "2020-02-29T00:00:00")
"""One is in an hour that many zones have twice, and one is over."""
_STARTS = ("2025-07-01T06:00:00", "2041-03-01", "2041-01-31T06:00:07+02:00", "2041-10-27T02:30:00", "2041-06-01T00:00Z")
_BEFORE_ALL_TESTS = datetime(2026, 1, 1, tzinfo=UTC)
"""Before the clock of any sandbox in which the files are tried."""
_ENDS = ("2050-01-01", "2050-12-31T23:59:59", "2050-07-01T06:00:00-08:00", "9998-12-31T23:59:59.000Z")
WHOLE_DAY = "1440 minutes"
_WINDOWS = ("1 minute", "10 minutes", WHOLE_DAY)


@dataclass(frozen=True)
class Times:
    """The times of a schedule, as Scheduler must have them."""

    expression: str
    timezone: str
    start: datetime | None
    """None also for a start that has passed."""
    end: datetime | None
    window: int
    """Minutes; 0 for none."""


def short_form(chance: Chance, default_zone: str) -> tuple[str, Times]:
    """Return a schedule as one text."""
    kind, body = _expression(chance)
    text = f"{kind}({body})"
    return chance.one((text, f" {text} ")), Times(text, default_zone, None, None, 0)


def long_form(chance: Chance, default_zone: str) -> tuple[dict[str, Any], Times]:
    """Return the keys of a schedule that set its times."""
    kind, body = _expression(chance)
    form = {kind: chance.one((body, body, f" {body} "))}
    if chance.says():
        form["timezone"] = chance.one(ZONES)
    if chance.says():
        form["window"] = chance.one(_WINDOWS)
    if kind == "rate" or (kind == "cron" and body.endswith("*")):
        form |= {key: chance.one(texts) for key, texts in (("start", _STARTS), ("end", _ENDS)) if chance.says()}
    zone = form.get("timezone", default_zone)
    start, end = (_instant(form[key], zone) if key in form else None for key in ("start", "end"))
    passed = start is not None and start <= _BEFORE_ALL_TESTS
    window = int(form["window"].split()[0]) if "window" in form else 0
    return form, Times(f"{kind}({body})", zone, None if passed else start, end, window)


def _expression(chance: Chance) -> tuple[str, str]:
    """Return the kind of an expression, and the text in its parentheses."""
    kind = chance.one(("cron", "cron", "cron", "rate", "at"))
    if kind != "cron":
        return kind, chance.one(_RATES if kind == "rate" else _ATS)
    day_of_month, day_of_week = chance.one(_DAYS)
    minutes, hours, months, years = map(chance.one, (_MINUTES, _HOURS, _MONTHS, _YEARS))
    return kind, chance.one((" ", " ", "  ")).join((minutes, hours, day_of_month, months, day_of_week, years))


def _instant(text: str, zone: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=cadence.zone(zone))).astimezone(UTC)
