"""Tests of the beginning of a look into the past."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops import past
from ops.errors import WrongArgumentError

NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("7d", datetime(2027, 1, 27, 9, tzinfo=UTC)),
        ("1d12h", datetime(2027, 2, 1, 21, tzinfo=UTC)),
        ("2027-02-01T02:00", datetime(2027, 2, 1, 2, tzinfo=UTC)),
        ("2027-02-01T02:00+01:00", datetime(2027, 2, 1, 1, tzinfo=UTC)),
        ("2027-02-01", datetime(2027, 2, 1, tzinfo=UTC)),
        ("0001-01-01T00:00", datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_before_now_or_an_instant(written: str, meant: datetime) -> None:
    """Both are accepted; an instant without an offset is in UTC."""
    assert past.since(written, NOW) == meant


@pytest.mark.parametrize("written", ["", "yesterday", "-1d", "999999d", "2027-02-30"])
def test_anything_else_is_refused(written: str) -> None:
    """The error has an example of each form."""
    with pytest.raises(
        WrongArgumentError, match=rf"^--since '{written}': must be a time before now, such as 36h or 7d, or a "
    ):
        past.since(written, NOW)
