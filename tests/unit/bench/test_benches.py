"""Benchmarks that need no server run, at their smallest size. What they measure is judged only where it is a number."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench import bench_cadence, bench_watch

if TYPE_CHECKING:
    import pytest


def test_watch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A sweep reads and writes as much after a long history as after a short one."""
    monkeypatch.setattr(sys, "argv", ["bench_watch", "4"])
    monkeypatch.setattr(bench_watch, "FEW_SCHEDULES", 2)
    monkeypatch.setattr(bench_watch, "MOST_FOR_GROWTH", float("inf"))
    assert bench_watch.main() == 0
    assert "records read after a short and a long history: 8, 8 " in capsys.readouterr().out


def test_cadence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """All expressions are read, described and followed for a century."""
    for bound in ("MOST_FOR_GROWTH", "MOST_FOR_RARE"):
        monkeypatch.setattr(bench_cadence, bound, float("inf"))
    assert bench_cadence.main() == 0
    assert "cron(0 * * * ? *): 876476 ticks" in capsys.readouterr().out
