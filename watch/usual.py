"""How long the runs of a job usually take, and from when on a run takes too long. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watch.facts import JobFacts

REMEMBERED = 20
"""Good runs of a job that are remembered."""

_QUANTILE = 0.9
"""The part of the remembered runs that took no longer than usual. Of twenty runs the two longest do not count."""
_FACTOR = 3
_MOST_BEYOND = 6 * 3600
"""Seconds by which a run may exceed the usual time. Three times the usual time of a run of ten hours is too long."""
SHORTEST_LIMIT = 300
"""Seconds between two checks. A shorter run is never an overrun by comparison with good runs."""


@dataclass(frozen=True)
class Limit:
    """From when on a run takes too long, in seconds."""

    seconds: int
    usual: int | None
    """What nine of ten good runs did not exceed; None when no good run is known."""


def limit(durations: Sequence[int], facts: JobFacts) -> Limit | None:
    """Return the limit of a job's runs; None when none is set and no good run is known.

    `durations` are the seconds of the latest good runs.
    """
    usual = sorted(durations)[math.ceil(_QUANTILE * len(durations)) - 1] if durations else None
    if facts.longest_run is not None:
        return Limit(facts.longest_run, usual)
    if usual is None:
        return None
    return Limit(max(min(_FACTOR * usual, usual + _MOST_BEYOND), SHORTEST_LIMIT), usual)
