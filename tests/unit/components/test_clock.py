"""Tests of the time at which a program is deployed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from components import clock

NOW = datetime(2026, 11, 29, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, NOW), ("", NOW), ("2026-03-02T01:00:00+01:00", datetime(2026, 3, 2, tzinfo=UTC))],
)
def test_now(monkeypatch: pytest.MonkeyPatch, given: str | None, expected: datetime) -> None:
    """The sandbox's time is used where the sandbox gives one."""
    monkeypatch.delenv(clock.VARIABLE, raising=False)
    if given is not None:
        monkeypatch.setenv(clock.VARIABLE, given)
    with time_machine.travel(NOW, tick=False):
        assert clock.now() == expected
