"""Ticks in flight as plain data."""

from __future__ import annotations

import json

import pytest

from supervision.flights import Flight
from tests.unit.supervision.flying import T, flight, running


@pytest.mark.parametrize("one", [flight(), running(), flight(lock_refused=T)], ids=["new", "running", "locked out"])
def test_is_read_as_it_was_written(one: Flight) -> None:
    """What the record keeps of a tick is all that the next invocation knows."""
    assert Flight.from_plain(json.loads(json.dumps(one.to_plain()))) == one


def test_earlier_versions_read_it() -> None:
    """While two functions are updated, one of them may be older. It fails for a field that it does not know."""
    assert "lock_refused" not in flight().to_plain()
