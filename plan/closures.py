"""Resolves the calendars of stack config to spans in UTC, for schedules of one time zone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cadence
from settings import Span, spans
from supervision.limits import Closure
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

MOST = 100
"""The most closures of a schedule. Its job's item holds them, and the functions read it every few minutes."""


class Calendars:
    """The calendars of a stack."""

    def __init__(self, calendars: Mapping[str, Sequence[str | Span] | Span]) -> None:
        """Note the calendars. Each is resolved once for each time zone."""
        self._calendars = calendars
        self._resolved: dict[tuple[str, str], list[Closure]] = {}

    def closed(self, names: Iterable[str], timezone: str) -> tuple[Closure, ...]:
        """Return the spans of some calendars, by time. A calendar that does not exist has none.

        All spans are returned, also those that have passed: so a deployment changes no job only because a day is over,
        and a tick that is judged late is judged by the calendar of its day.
        """
        found = {closure for name in names for closure in self._of(name, timezone)}
        return tuple(sorted(found, key=lambda one: (one.since, one.until, one.calendar)))

    def _of(self, name: str, timezone: str) -> list[Closure]:
        if (name, timezone) not in self._resolved:
            zone = cadence.zone(timezone)
            bounds = [(*span.bounds(zone), span.reason) for span in spans(self._calendars.get(name, ()))]
            self._resolved[name, timezone] = [
                Closure(name, instants.text(since), instants.text(until), reason)
                for since, until, reason in _joined(bounds)
            ]
        return self._resolved[name, timezone]


def _joined(bounds: Iterable[tuple[datetime, datetime, str]]) -> list[tuple[datetime, datetime, str]]:
    """Return spans in order, those that touch or overlap and have one reason as a single one."""
    joined: list[tuple[datetime, datetime, str]] = []
    for since, until, reason in sorted(bounds):
        if joined and joined[-1][1] >= since and joined[-1][2] == reason:
            begin, end, _ = joined.pop()
            joined.append((begin, max(end, until), reason))
        else:
            joined.append((since, until, reason))
    return joined
