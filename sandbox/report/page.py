"""Render the report as one HTML page, which escapes all text and loads nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import cadence
from sandbox.report.marks import LETTERS, MEANINGS, style
from sandbox.report.timeline import timeline
from watch import classes, instants
from watch.untrusted import visible
from watch.wording import counted

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.report.data import Report

_FOLDER = Path(__file__).parent
_KEPT = "\t\n"
"""White space that is not written as an escape."""
_SOON = timedelta(days=6)
"""The time in which a weekday names one day only."""


def page(report: Report) -> str:
    """Return the page as HTML."""
    found = Counter(tick.mark for stack in report.stacks for one in stack.schedules for tick in one.ticks)
    known = [*LETTERS, *sorted(found.keys() - LETTERS)]
    template = _environment().get_template("page.html")
    return template.render(
        report=report,
        charts=[timeline(stack, report.now) for stack in report.stacks],
        jobs=sorted({schedule.job for stack in report.stacks for schedule in stack.schedules}),
        found={outcome: found[outcome] for outcome in known if found[outcome]},
        style=_included("style.css") + style(),
        script=_included("filter.js"),
    )


def wall(instant: datetime, zone: str) -> str:
    """Return an instant in a time zone: `Sun 2026-11-22 03:30 CET`, with seconds unless they are 0."""
    own = instant.astimezone(cadence.zone(zone))
    return f"{own:%a %Y-%m-%d %H:%M:%S %Z}" if own.second else f"{own:%a %Y-%m-%d %H:%M %Z}"


def clock(instant: datetime) -> str:
    """Return an instant in UTC: `Sun 02:30:00 UTC`."""
    return f"{instant.astimezone(UTC):%a %H:%M:%S} UTC"


def short_tick(instant: datetime, zone: str, now: datetime) -> str:
    """Return a future tick in few characters: `Sun 03:30` in the next days, else `31 Dec 2026`."""
    own = instant.astimezone(cadence.zone(zone))
    return f"{own:%a %H:%M}" if instant - now < _SOON else f"{own:%d %b %Y}"


def length(seconds: int) -> str:
    """Return a duration in words: `8 s`, `9 h` or `1 h 5 min 8 s`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return " ".join(f"{n} {unit}" for n, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if n) or "0 s"


def _shown(value: object) -> object:
    """Return text with every character visible; other values, and text that is HTML already, unchanged."""
    return visible(value, keep=_KEPT) if type(value) is str else value


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "wall": wall,
        "clock": clock,
        "short_tick": short_tick,
        "length_of": length,
        "counted": counted,
        "iso": instants.text,
        "letter": lambda outcome: LETTERS.get(outcome, "?"),
        "meaning": lambda outcome: MEANINGS.get(outcome, outcome),
    }
    made.globals |= {"GOOD": classes.GOOD}
    return made


def _included(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
