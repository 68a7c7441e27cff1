"""The ticks that a schedule has in a period, by its times and by what the ledger knows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import cadence
from ops import past
from ops.errors import OpsError, WrongArgumentError
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

MOST = 1000
"""Ticks of one command. Their plan is still read by a person."""


@dataclass(frozen=True)
class Period:
    """A period. Both ends belong to it."""

    begin: datetime
    end: datetime

    def __contains__(self, instant: datetime) -> bool:
        """Return whether an instant is in the period."""
        return self.begin <= instant <= self.end


def read(begin: str, end: str | None, now: datetime) -> Period:
    """Return the period of `--from` and `--to`; WrongArgumentError for other texts. Without `end` it ends now."""
    found = Period(past.instant("--from", begin, now), now if end is None else past.instant("--to", end, now))
    if found.begin > found.end:
        raise WrongArgumentError(f"--from {instants.text(found.begin)} is after --to {instants.text(found.end)}")
    return found


def ticks(table: cadence.Timetable, period: Period, known: Iterable[datetime], anchor: datetime) -> list[datetime]:
    """Return the ticks in a period, ascending: those of the timetable, and those that the ledger knows as `known`.

    AWS does not say from when a rate counts, so each of its ticks is one period after the one before that is known, as
    for the watch; without a known one in the period they count from `anchor`. OpsError for more than `MOST` ticks, with
    the end of a period that has as many.
    """
    own = [one for one in known if one in period]
    times = (
        _of_rate(table, table.expression, period, own, anchor)
        if isinstance(table.expression, cadence.Rate)
        else table.between(period.begin, period.end)
    )
    found = sorted({*islice(times, MOST + 1), *own})
    if len(found) > MOST:
        last = instants.text(found[MOST - 1])
        raise OpsError(
            f"more than {MOST} ticks are between {instants.text(period.begin)} and {instants.text(period.end)}; "
            f"backfill a part first: --to {last} has {MOST} ticks"
        )
    return found


def _of_rate(
    table: cadence.Timetable, rate: cadence.Rate, period: Period, known: list[datetime], anchor: datetime
) -> Iterator[datetime]:
    """Yield the ticks of a rate. One that comes up to half a period early or late is no further one, as for the watch.

    A start and an end of the schedule limit them.
    """
    for tick in _counted(rate, period, sorted(known) or [_moved(anchor, rate, period.begin)]):
        if (table.start is None or tick >= table.start) and (table.end is None or tick <= table.end):
            yield tick


def _counted(rate: cadence.Rate, period: Period, marks: list[datetime]) -> Iterator[datetime]:
    """Yield the ticks around those that are known, in the period."""
    step = rate.period
    before = (marks[0] - period.begin) // step
    yield from (marks[0] - number * step for number in range(before, 0, -1))
    for mark, following in pairwise(marks):
        between = (following - mark - step / 2) // step
        yield from (mark + number * step for number in range(max(between, 0) + 1))
    after = (period.end - marks[-1]) // step
    yield from (marks[-1] + number * step for number in range(after + 1))


def _moved(anchor: datetime, rate: cadence.Rate, begin: datetime) -> datetime:
    """Return the first tick from `begin` on, if one tick is at `anchor`."""
    return anchor - (anchor - begin) // rate.period * rate.period
