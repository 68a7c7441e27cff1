"""Jobs of the tests' own, so that a team may add to `jobs/` and take from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plan import job_files
from settings.job import Job

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ("cleanup", "drift-check", "export-orders", "import-rates", "nightly-report", "refresh-cache")


def sample_jobs() -> Sequence[Job]:
    """Return one job for each name."""
    placements = {"drift-check": "pulumi"}
    return [Job(name=n, command=["true"], owner="data", placement=placements.get(n, "default")) for n in NAMES]


@pytest.fixture
def use_sample_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the program find these jobs, and not the files."""
    monkeypatch.setattr(job_files, "load", lambda _problems: sample_jobs())
