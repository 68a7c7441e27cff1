"""What tests of the sandbox's commands share."""

from __future__ import annotations

import pytest

from tests.processes.emulator.world import Host


@pytest.fixture
def host() -> Host:
    """Return what stands for the machine that runs containers."""
    return Host()
