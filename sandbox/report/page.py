"""Writes the report as one HTML page: all that it holds is escaped, and nothing is loaded from anywhere."""

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
from watch.outside import visible

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.report.data import Report

_FOLDER = Path(__file__).parent
_KEPT = "\t\n"
"""White space that HTML takes."""
_MINUTE = 60
_SOON = timedelta(days=6)
"""In which a weekday names one day."""


def page(report: Report) -> str:
    """Write the page."""
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
    """Write an instant in a time zone: `Sun 2026-11-22 03:30 CET`; with seconds where there are any."""
    own = instant.astimezone(cadence.zone(zone))
    return f"{own:%a %Y-%m-%d %H:%M:%S %Z}" if own.second else f"{own:%a %Y-%m-%d %H:%M %Z}"


def clock(instant: datetime) -> str:
    """Write the time of an instant in UTC: `Sun 02:30:00 UTC`."""
    return f"{instant.astimezone(UTC):%a %H:%M:%S} UTC"


def short_tick(instant: datetime, zone: str, now: datetime) -> str:
    """Write a tick to come in few characters: `Sun 03:30` in the next days, else `31 Dec 2026`."""
    own = instant.astimezone(cadence.zone(zone))
    return f"{own:%a %H:%M}" if instant - now < _SOON else f"{own:%d %b %Y}"


def length(seconds: int) -> str:
    """Write how long something took: `8 s`, or `32400 s (9:00:00)`."""
    return f"{seconds} s" if seconds < _MINUTE else f"{seconds} s ({timedelta(seconds=seconds)})"


def _shown(value: object) -> object:
    """Return a text in which everything is seen; what is not text, or is HTML already, stays as it is."""
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
        "iso": instants.text,
        "letter": lambda outcome: LETTERS.get(outcome, "?"),
        "meaning": lambda outcome: MEANINGS.get(outcome, outcome),
    }
    made.globals |= {"GOOD": classes.GOOD}
    return made


def _included(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
