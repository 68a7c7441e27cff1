"""One embedded AWS for the whole session, empty for every test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pytest
from moto.backends import SERVICE_NAMES, get_backend

from tests.components.embedded import EmbeddedCloud, make_network, make_platform, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICES: tuple[SERVICE_NAMES, ...] = (
    "cloudwatch",
    "dynamodb",
    "ecs",
    "events",
    "iam",
    "lambda",
    "logs",
    "scheduler",
    "sns",
    "sqs",
)
"""What a test may leave something in. To empty all that moto has takes a second; the network stays."""


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedCloud]:
    """Serve the embedded AWS."""
    with serving() as cloud:
        make_network(cloud)
        yield cloud


@pytest.fixture
def cloud(server: EmbeddedCloud) -> Iterator[EmbeddedCloud]:
    """Give an embedded AWS in which there is the team's platform and nothing else; no stack has any config."""
    for service in SERVICES:
        for backend in get_backend(service).values():
            backend.reset()
    pulumi.runtime.set_all_config({}, [])
    make_platform(server)
    yield server
    pulumi.runtime.set_all_config({}, [])
