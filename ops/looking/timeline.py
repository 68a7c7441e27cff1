"""The ticks to come of several schedules, in order, with the changes of the clocks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import cadence
from cadence.changes import ClockChange, clock_changes
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ops.looking.listing import ToCome

MOST_EACH = 24
"""A schedule with more ticks is one entry, so that a tick each minute does not hide the others."""
MOST_COUNTED = 1000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A tick to come, the many ticks of one schedule, or a change of the clocks."""

    at: datetime
    timezone: str
    schedule: str = ""
    """Empty for a change of the clocks."""
    job: str = ""
    owner: str = ""
    count: int = 0
    """How many ticks the entry stands for, at most `MOST_COUNTED`; 0 for a time that is skipped."""
    note: str = ""

    def to_plain(self) -> dict[str, Any]:
        """Return the entry as JSON values."""
        return {
            "at": instants.text(self.at),
            "timezone": self.timezone,
            "schedule": self.schedule or None,
            "job": self.job or None,
            "owner": self.owner or None,
            "ticks": self.count,
            "note": self.note,
        }


def timeline(schedules: Iterable[ToCome], now: datetime, until: datetime) -> list[Entry]:
    """Return what comes after `now`, until `until`, in order."""
    known = list(schedules)
    found = [entry for one in known for entry in _of(one, now, until)]
    zones = {one.table.timezone for one in known}
    changes = [_change(zone, change) for zone in zones for change in clock_changes(zone, now, until)]
    return sorted([*changes, *found], key=lambda entry: (entry.at, entry.schedule, entry.timezone))


def _of(one: ToCome, now: datetime, until: datetime) -> Iterator[Entry]:
    table = one.table
    ticks = list(islice(table.between(now + timedelta(seconds=1), until, anchor=one.anchor), MOST_COUNTED + 1))
    remarks = list(_remarks(table))
    if len(ticks) > MOST_EACH:
        count = f"more than {MOST_COUNTED}" if len(ticks) > MOST_COUNTED else str(len(ticks))
        said = [cadence.describe(table).replace(f", {table.timezone}", ""), f"{count} ticks"]
        held = sum(map(one.is_held, ticks))
        said += [f"{held} of them held"] if held else []
        yield _entry(one, ticks[0], min(len(ticks), MOST_COUNTED), [*said, *remarks])
    else:
        yield from (_entry(one, tick, 1, ["held"] * one.is_held(tick) + remarks) for tick in ticks)
    for wall in table.skipped(now, until):
        yield _entry(one, _after_gap(table, wall, now, until), 0, [f"skips {wall:%H:%M}, which the clocks leave out"])


def _entry(one: ToCome, at: datetime, count: int, notes: Iterable[str]) -> Entry:
    return Entry(
        at=at,
        timezone=one.table.timezone,
        schedule=one.name,
        job=one.job,
        owner=one.owner,
        count=count,
        note="; ".join(notes),
    )


def _remarks(table: cadence.Timetable) -> Iterator[str]:
    if isinstance(table.expression, cadence.Rate) and table.start is None:
        yield "about: AWS does not say from when a rate counts"
    if table.window:
        yield f"at any time within {table.window} min"


def _after_gap(table: cadence.Timetable, wall: datetime, now: datetime, until: datetime) -> datetime:
    """Return the change of the clocks that skips a wall-clock time."""
    changes = clock_changes(table.timezone, now, until)
    return next(change.at for change in changes if change.skips[0] <= wall < change.skips[1])


def _change(zone: str, change: ClockChange) -> Entry:
    first, last = change.skips
    way = "forward" if change.forward else "back"
    return Entry(at=change.at, timezone=zone, note=f"clocks go {way} in {zone}, from {first:%H:%M} to {last:%H:%M}")
