"""Durations and instants are parsed, and refused with an example of an accepted value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence.moments import parse_duration, parse_instant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(hours=24)),
        ("1d12h", timedelta(hours=36)),
        ("1d 12h", timedelta(hours=36)),
        ("45s", timedelta(seconds=45)),
        ("2w", timedelta(days=14)),
        ("0h", timedelta()),
    ],
)
def test_duration(text: str, expected: timedelta) -> None:
    """Numbers with units add up to a duration."""
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "24", "h", "-1h", "1.5h", "1y", "1h!", "1h 2", "an hour", "1H", "\u0662h", "1\u00a0h"]
)
def test_no_duration(text: str) -> None:
    """Text that is not a duration is quoted in the error, with an example."""
    with pytest.raises(ValueError, match=r"must be .*90m") as refused:
        parse_duration(text)
    assert f"'{text}'" in str(refused.value)


def test_too_long() -> None:
    """A duration that is too long is refused."""
    with pytest.raises(ValueError, match="too long"):
        parse_duration("9" * 20 + "w")


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_instant_with_an_offset(instant: datetime) -> None:
    """An instant with an offset is converted to UTC, or refused when it is outside the years 1 to 9999."""
    try:
        expected = instant.astimezone(UTC)
    except OverflowError:
        with pytest.raises(ValueError, match="must be "):
            parse_instant(instant.isoformat())
        return
    found = parse_instant(instant.isoformat())
    assert (found, found.utcoffset()) == (expected, timedelta())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03-28T03:00", datetime(2027, 3, 28, 3, tzinfo=UTC)),
        ("2027-03-28", datetime(2027, 3, 28, tzinfo=UTC)),
        ("2027-03-28T03:00Z", datetime(2027, 3, 28, 3, tzinfo=UTC)),
        ("2027-03-28T03:00+02:00", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ],
)
def test_instant(text: str, expected: datetime) -> None:
    """An instant without an offset is in UTC."""
    assert parse_instant(text) == expected


@pytest.mark.parametrize("text", ["", "tomorrow", "2027-02-30", "24h", "9999-12-31T23:59-14:00"])
def test_no_instant(text: str) -> None:
    """Text that is not an instant is quoted in the error, with an example."""
    with pytest.raises(ValueError, match=r"must be ") as refused:
        parse_instant(text)
    assert f"'{text}'" in str(refused.value)
