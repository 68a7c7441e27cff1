"""The embedded AWS in this process, new for each test, with its clock standing still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.emulator.world import Host, World, opened, served

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def host() -> Host:
    """Give what stands for the machine that runs containers."""
    return Host()


@pytest.fixture
def world(host: Host) -> Iterator[World]:
    """Give an account with a cluster, a task definition, a launch role and a schedule group."""
    with opened(host) as made:
        yield made


@pytest.fixture
def reachable(host: Host) -> Iterator[World]:
    """Give such an account that functions can call, too."""
    with served() as variables, opened(host, variables=variables) as made:
        yield made
