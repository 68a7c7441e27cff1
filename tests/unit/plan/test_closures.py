"""The calendars of a stack as spans in UTC."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

import cadence
from plan.closures import Calendars
from settings import Span
from supervision.limits import Closure
from watch import instants

CHRISTMAS = Closure("holidays", "2026-12-24T23:00:00Z", "2026-12-26T23:00:00Z")


def closed(calendars: dict[str, Any], *names: str, zone: str = "Europe/Berlin") -> tuple[Closure, ...]:
    """Return the closures of some of the calendars."""
    return Calendars(calendars).closed(names or tuple(calendars), zone)


def span(since: str, until: str, reason: str = "") -> Span:
    """Return a span."""
    return Span.model_validate({"from": since, "until": until, "reason": reason})


def test_neighbours_are_one() -> None:
    """Days that follow each other, in any order, are one span, so that the job's item stays small."""
    assert closed({"holidays": ["2026-12-26", "2026-12-25", "2026-12-26"]}) == (CHRISTMAS,)
    assert closed({"holidays": ["2026-12-25", span("2026-12-25", "2026-12-26")]}) == (CHRISTMAS,)
    assert closed({"holidays": [span("2026-12-25", "2026-12-26"), "2026-12-25"]}) == (CHRISTMAS,)


def test_reasons_and_calendars_stay_apart() -> None:
    """A tick is skipped with the calendar and the reason of its own span."""
    days = ["2026-12-25", span("2026-12-26", "2026-12-26", "inventory")]
    assert closed(
        {"holidays": days, "freeze": span("2026-12-24", "2026-12-25", "no changes")}, "freeze", "holidays"
    ) == (
        Closure("freeze", "2026-12-23T23:00:00Z", "2026-12-25T23:00:00Z", "no changes"),
        Closure("holidays", "2026-12-24T23:00:00Z", "2026-12-25T23:00:00Z"),
        Closure("holidays", "2026-12-25T23:00:00Z", "2026-12-26T23:00:00Z", "inventory"),
    )


def test_only_the_named_calendars() -> None:
    """Other calendars of the stack, and calendars that do not exist, close nothing."""
    assert closed(
        {"holidays": ["2026-12-25", "2026-12-26"], "empty": [], "other": ["2026-12-31"]}, "holidays", "x"
    ) == (CHRISTMAS,)
    assert closed({"empty": []}) == ()


def test_each_zone_has_its_own_days() -> None:
    """One calendar serves schedules of several zones."""
    calendars = Calendars({"holidays": ["2026-12-25"]})
    zones = ("UTC", "Europe/Berlin", "UTC")
    begins = [calendars.closed(["holidays"], zone)[0].since for zone in zones]
    assert begins == ["2026-12-25T00:00:00Z", "2026-12-24T23:00:00Z", "2026-12-25T00:00:00Z"]


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(st.lists(DAYS), st.datetimes(datetime(2026, 1, 2), datetime(2026, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_is_closed_on_the_days_of_its_zone(days: list[date], instant: datetime) -> None:
    """An instant is in a closure exactly when its day in the schedule's zone is listed; closures do not touch."""
    found = closed({"holidays": [day.isoformat() for day in days]})
    bounds = [(instants.read(one.since), instants.read(one.until)) for one in found]
    local = instant.astimezone(cadence.zone("Europe/Berlin")).date()
    assert any(since <= instant < until for since, until in bounds) == (local in days)
    gaps = [later[0] - earlier[1] for earlier, later in itertools.pairwise(bounds)]
    assert all(gap > timedelta(0) for gap in gaps)
