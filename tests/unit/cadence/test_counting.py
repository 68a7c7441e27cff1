from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence import Rate, Timetable, parse
from cadence.counting import same_cron
from tests.unit.cadence.strategies import instants

START = datetime(2026, 11, 23, 22, 7, tzinfo=UTC)
"""A Monday."""

# (rate, the fields of the cron with its ticks)
SAME = [
    ("rate(1 minute)", "* * * * ? *"),
    ("rate(15 minutes)", "7/15 * * * ? *"),
    ("rate(60 minutes)", "7 * * * ? *"),
    ("rate(4 hours)", "7 2/4 * * ? *"),
    ("rate(12 hours)", "7 10/12 * * ? *"),
    ("rate(1 day)", "7 22 * * ? *"),
    ("rate(24 hours)", "7 22 * * ? *"),
    ("rate(7 days)", "7 22 ? * MON *"),
    ("rate(168 hours)", "7 22 ? * MON *"),
]
NONE = ["rate(7 minutes)", "rate(90 minutes)", "rate(5 hours)", "rate(84 hours)", "rate(2 days)", "rate(14 days)"]


def read(text: str) -> Rate:
    """Return a rate."""
    rate = parse(text)
    assert isinstance(rate, Rate)
    return rate


@pytest.mark.parametrize(("rate", "fields"), SAME, ids=[row[0] for row in SAME])
def test_finds_the_cron(rate: str, fields: str) -> None:
    """A period that divides an hour, a day or a week has a cron, in steps where the field has steps."""
    assert same_cron(read(rate), START) == fields


@pytest.mark.parametrize("rate", NONE)
def test_finds_no_cron(rate: str) -> None:
    """A period that no cron can say has none."""
    assert same_cron(read(rate), START) is None


def test_finds_no_cron_for_seconds() -> None:
    """A start between two minutes has none, since cron has no seconds."""
    assert same_cron(read("rate(1 hour)"), START + timedelta(seconds=1)) is None


def divisors(whole: int) -> st.SearchStrategy[int]:
    """Return the numbers that divide a number."""
    return st.sampled_from([number for number in range(1, whole + 1) if whole % number == 0])


@given(
    divisors(60).map("rate({} minutes)".format)
    | divisors(24).map("rate({} hours)".format)
    | divisors(7).map("rate({} days)".format),
    instants,
)
def test_the_cron_has_the_ticks_of_the_rate(rate: str, instant: datetime) -> None:
    """From the start on, the cron has exactly the ticks of the rate."""
    start = instant.replace(second=0, microsecond=0)
    fields = same_cron(read(rate), start)
    assert fields is not None
    ticks = [
        list(islice(Timetable(parse(text), start=start).ticks(start - timedelta(days=1)), 50))
        for text in (rate, f"cron({fields})")
    ]
    assert ticks[0] == ticks[1]
