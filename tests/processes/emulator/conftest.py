"""The embedded AWS in this process, new for each test, with a clock that stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.emulator.world import Host, World, opened, served

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def host() -> Host:
    """Return the replacement for the machine that runs containers."""
    return Host()


@pytest.fixture
def world(host: Host) -> Iterator[World]:
    """Return an account with a cluster, a task definition, a launch role and a schedule group."""
    with opened(host) as made:
        yield made


@pytest.fixture
def reachable(host: Host) -> Iterator[World]:
    """Return an account that functions can call as well."""
    with served() as variables, opened(host, variables=variables) as made:
        yield made
