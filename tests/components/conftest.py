"""Fixtures with one embedded AWS for the whole session, which is emptied for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pytest

from tests.components.embedded import EmbeddedCloud, make_network, make_platform, serving
from tests.emptying import empty

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedCloud]:
    """Serve the embedded AWS."""
    with serving() as cloud:
        make_network(cloud)
        yield cloud


@pytest.fixture
def cloud(server: EmbeddedCloud) -> Iterator[EmbeddedCloud]:
    """Return an embedded AWS that has only the team's platform; no stack has config."""
    empty()
    server.embedded.tasks._tasks.clear()
    server.embedded.tasks._tokens._used.clear()
    pulumi.runtime.set_all_config({}, [])
    make_platform(server)
    yield server
    pulumi.runtime.set_all_config({}, [])
