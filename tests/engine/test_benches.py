"""The benchmarks that need the real engine run, at their smallest size. What they measure is not judged here."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import cache

import pytest

from bench import bench_preview, bench_week

NO_BOUND = float("inf")
SMALLEST = {"FEW": 1, "MANY": 1, "FEWEST_DAYS": 2, "DAY": timedelta(minutes=10)}

pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
"""The server of a sandbox outlives the object that stands for it, as it does after `up`."""


def test_preview(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The program and its floor are previewed in turns, and their processes are measured."""
    monkeypatch.setattr(sys, "argv", ["bench_preview", "1"])
    monkeypatch.setattr(bench_preview, "RUNS", 1)
    assert bench_preview.main() == 0
    program, floor, ratio = capsys.readouterr().out.splitlines()
    assert program.startswith("    1 jobs: ")
    assert floor.startswith("      floor: ")
    for line in (program, floor):
        assert all(f"{process} " in line for process in ("CLI", "program"))
    assert "times the floor" in ratio


def test_week(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A stack is deployed, the clock moves, and the sandbox's processes are measured."""
    monkeypatch.setattr(sys, "argv", ["bench_week", "2"])
    for name, value in {**SMALLEST, "MOST_FOR_JOBS": NO_BOUND, "MOST_FOR_HISTORY": NO_BOUND}.items():
        monkeypatch.setattr(bench_week, name, value)
    monkeypatch.setattr(bench_week, "week", cache(bench_week.week))
    assert bench_week.main() == 0
    assert "   1 jobs, 2 days: " in capsys.readouterr().out
