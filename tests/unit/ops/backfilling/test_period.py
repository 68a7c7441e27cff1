"""Tests of the ticks that a schedule has in a period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cadence
from cadence import Timetable
from ops.backfilling import period
from ops.backfilling.period import Period
from ops.errors import OpsError

NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def table(expression: str, start: datetime | None = None, end: datetime | None = None) -> Timetable:
    """Return a timetable in Berlin."""
    return Timetable(cadence.parse(expression), timezone="Europe/Berlin", start=start, end=end)


@pytest.mark.parametrize(
    ("begin", "end", "meant"),
    [
        ("2027-02-01T00:00", "2027-02-02T00:00", Period(NOW.replace(day=1, hour=0), NOW.replace(day=2, hour=0))),
        ("2h", None, Period(NOW - 2 * HOUR, NOW)),
        ("2h", "1h", Period(NOW - 2 * HOUR, NOW - HOUR)),
    ],
)
def test_reads_a_period(begin: str, end: str | None, meant: Period) -> None:
    """Both ends are instants or times before now, and the end is now by default."""
    assert period.read(begin, end, NOW) == meant


def test_a_period_begins_before_its_end() -> None:
    """The line has both."""
    with pytest.raises(OpsError, match=r"^--from 2027-02-03T08:00:00Z is after --to 2027-02-03T07:00:00Z$"):
        period.read("1h", "2h", NOW)


@pytest.mark.parametrize(
    ("expression", "known", "expected"),
    [
        ("cron(0 2 * * ? *)", [], [1, 25]),
        ("cron(0 2 * * ? *)", [1, 7, 99], [1, 7, 25]),
        ("at(2027-02-01T03:00:00)", [], [2]),
        ("rate(9 hours)", [], [6, 15, 24]),
        ("rate(9 hours)", [14], [5, 14, 23]),
        ("rate(9 hours)", [0, 12, 26], [0, 12, 21, 26]),
        ("rate(9 hours)", [0, 13, 27], [0, 13, 22, 27]),
        ("rate(9 hours)", [2, 20], [2, 11, 20]),
        ("rate(4 days)", [], []),
    ],
    ids=["cron", "cron, others known", "at", "rate", "one known", "late", "later", "a gap", "none"],
)
def test_the_ticks(expression: str, known: list[int], expected: list[int]) -> None:
    """All are in hours after the beginning of a period of 28 hours; the anchor of a rate is two days before it."""
    begin = datetime(2027, 2, 1, tzinfo=UTC)
    anchor = begin - 48 * HOUR
    found = period.ticks(table(expression), Period(begin, begin + 28 * HOUR), [begin + n * HOUR for n in known], anchor)
    assert [(tick - begin) / HOUR for tick in found] == expected


def test_a_rate_has_no_tick_outside_of_its_start_and_end() -> None:
    """Both belong to it."""
    begin = datetime(2027, 2, 1, tzinfo=UTC)
    limited = table("rate(1 hour)", begin + 2 * HOUR, begin + 4 * HOUR)
    found = period.ticks(limited, Period(begin, begin + 9 * HOUR), [], begin)
    assert [(tick - begin) / HOUR for tick in found] == [2, 3, 4]


@pytest.mark.parametrize("expression", ["cron(* * * * ? *)", "rate(1 minute)"])
def test_a_long_period_is_refused_with_the_way_out(expression: str) -> None:
    """The period that is named has as many ticks as may be, however long the other one is."""
    begin = datetime(2027, 2, 1, tzinfo=UTC)
    whole = Period(begin, begin + timedelta(days=9000))
    last = "2027-02-01T16:39:00Z"
    with pytest.raises(
        OpsError, match=rf"^more than 1000 ticks .*; backfill a part first: --to {last} has 1000 ticks$"
    ):
        period.ticks(table(expression), whole, [], begin)
    part = period.ticks(table(expression), period.read("2027-02-01", last, NOW), [], begin)
    assert len(part) == period.MOST


minutes = st.integers(-3000, 3000).map(lambda n: datetime(2027, 2, 1, tzinfo=UTC) + timedelta(minutes=n))


@given(st.integers(11, 600), st.lists(minutes, unique=True), minutes, minutes, st.integers(0, 3000))
def test_a_rate_leaves_nothing_out(
    every: int, known: list[datetime], anchor: datetime, begin: datetime, length: int
) -> None:
    """Every known tick is there, and no gap is longer than one and a half periods. The others are a period apart."""
    whole = Period(begin, begin + timedelta(minutes=length))
    found = period.ticks(table(f"rate({every} minutes)"), whole, known, anchor)
    step = timedelta(minutes=every)
    assert found == sorted(set(found))
    assert all(tick in whole for tick in found)
    assert {one for one in known if one in whole} <= {*found}
    assert all(after - before < 1.5 * step for before, after in pairwise([*found]))
    for before, after in pairwise(found):
        assert after in known or after - before == step or before in known
        if after not in known:
            assert after - before == step
    if found:
        assert found[0] - whole.begin < step
        assert whole.end - found[-1] < step
    else:
        assert whole.end - whole.begin < step
