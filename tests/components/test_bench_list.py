"""The benchmark of `list` runs, at its smallest size, and the calls of the command grow with pages."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

from bench import bench_list
from sandbox.session import CHECKOUT

if TYPE_CHECKING:
    import pytest

    from tests.components.embedded import EmbeddedCloud


def test_calls_grow_with_pages(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred jobs need the calls of one job; one more job begins a page of schedules and one of latest ticks."""
    monkeypatch.setattr(bench_list, "RUNS", 1)
    one, hundred, more = (listed.calls for listed in bench_list.measure(cloud, [1, 100, 101]).values())
    assert one == hundred
    assert hundred.total() == bench_list.most_calls(100)
    assert more - hundred == Counter({"scheduler:ListSchedules": 1, "dynamodb:BatchGetItem": 1})
    assert more.total() == bench_list.most_calls(101)


def test_prints_results() -> None:
    """The results are a line for each number of jobs, with the bounds."""
    command = [sys.executable, "-m", "bench.bench_list", "2", "3"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert re.sub(r"\d+\.\d s \(", "? s (", done.stdout) == (
        "    2 jobs: ? s (at most 3.0), 7 calls (at most 7)\n    3 jobs: ? s (at most 3.0), 7 calls (at most 7)\n"
    ), done.stderr
