"""Lengths of time as config writes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch import durations

COUNTS = st.none() | st.integers(0, 9999)


@given(COUNTS, COUNTS, COUNTS)
def test_each_part_counts(hours: int | None, minutes: int | None, seconds: int | None) -> None:
    """Hours, minutes and seconds are added; each may be absent."""
    parts = {"h": hours, "m": minutes, "s": seconds}
    text = "".join(f"{count}{unit}" for unit, count in parts.items() if count is not None)
    expected = timedelta(hours=hours or 0, minutes=minutes or 0, seconds=seconds or 0) if text else None
    assert durations.read(text) == expected


@pytest.mark.parametrize(
    "text", ["", "90", "h", "1.5h", "m30", "30m1h", "1h 30m", "-5m", "30m\n", "10000s", "1d", "५m"]
)
def test_other_texts_are_no_lengths(text: str) -> None:
    """The parts stand in order, without spaces, as digits of ASCII."""
    assert durations.read(text) is None
    with pytest.raises(ValueError, match="no length of time"):
        durations.seconds(text)


def test_seconds() -> None:
    """A length in seconds is a whole number."""
    assert durations.seconds("1h1m1s") == 3661


@given(st.integers(1, 9999 * 3600))
def test_writes_what_it_reads(count: int) -> None:
    """A length that is written is read as the same."""
    assert durations.seconds(durations.text(count)) == count


def test_writes_no_more_than_it_must() -> None:
    """Parts of 0 are left out."""
    assert [durations.text(count) for count in (90, 300, 5400, 86400)] == ["1m30s", "5m", "1h30m", "24h"]
