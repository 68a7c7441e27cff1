"""A stack that the watch watches."""

from __future__ import annotations

import pytest

from tests.unit.watch.told import TICK
from tests.unit.watch.world import World


@pytest.fixture
def world() -> World:
    """Give a stack at the tick of its nightly job, after a first look."""
    made = World()
    made.look()
    made.now = TICK
    return made
