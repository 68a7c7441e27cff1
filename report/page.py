"""Render the report as one HTML page, which escapes all text and loads nothing. Pure."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import cadence
from report import words
from report.data import counts_of
from report.marks import LETTERS, WELL, gravest, style
from report.timeline import timeline
from watch import classes, instants
from watch.untrusted import visible
from watch.wording import counted

if TYPE_CHECKING:
    from report.data import Report, ShownSchedule, ShownTick

_FOLDER = Path(__file__).parent
_COUNTED = (classes.RUNNING, classes.WAITING, classes.SKIPPED)
"""Outcomes without trouble that the head of the page counts, if there are any."""
_KEPT = "\t\n"
"""White space that is not written as an escape."""


def page(report: Report) -> str:
    """Return the page as HTML."""
    found = {outcome for stack in report.stacks for outcome in stack.counts}
    template = _environment().get_template("page.html")
    return template.render(
        report=report,
        charts=[timeline(stack, report.now) for stack in report.stacks],
        jobs=sorted({schedule.job for stack in report.stacks for schedule in stack.schedules}),
        found=[outcome for outcome in (*LETTERS, *sorted(found - LETTERS.keys())) if outcome in found],
        style=_included("style.css") + style(),
        script=_included("filter.js"),
    )


def by_day(schedule: ShownSchedule) -> list[list[ShownTick]]:
    """Return the listed ticks, the latest first, grouped by the day in the schedule's time zone."""
    zone = cadence.zone(schedule.timezone)
    return [list(ticks) for _, ticks in groupby(reversed(schedule.ticks), lambda tick: tick.at.astimezone(zone).date())]


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
        "wall": words.wall,
        "clock": words.clock,
        "short_tick": words.short_tick,
        "period": words.period,
        "waiting": lambda wait, zone: words.waiting(wait, partial(words.wall, zone=zone)),
        "length_of": words.length,
        "meaning": words.meaning,
        "explained": words.explained,
        "parts": words.parts,
        "tally": words.tally,
        "gravest": gravest,
        "counted": counted,
        "iso": instants.text,
        "letter": lambda outcome: LETTERS.get(outcome, "?"),
        "by_day": by_day,
        "counts_of": counts_of,
        "troubles": lambda counts: {outcome: n for outcome, n in counts.items() if outcome not in WELL},
    }
    made.globals |= {"GOOD": classes.GOOD, "COUNTED": _COUNTED, "STOPPED": "STOPPED"}
    return made


def _included(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
