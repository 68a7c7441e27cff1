"""A watched stack for the tests."""

from __future__ import annotations

import pytest

from tests.unit.watch.told import TICK
from tests.unit.watch.world import World


@pytest.fixture
def world() -> World:
    """Return a stack at the tick of its nightly job, after a first sweep."""
    made = World()
    made.look()
    made.now = TICK
    return made
