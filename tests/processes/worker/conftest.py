"""A fleet of workers, new for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.worker.fleet import Fleet, fleet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Fleet]:
    """Return an account whose workers a test starts."""
    with fleet(tmp_path) as made:
        yield made
