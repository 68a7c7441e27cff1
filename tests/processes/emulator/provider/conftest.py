"""A moto server for all tests, which is emptied before each test, and the provider in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.server import ThreadedMotoServer

from emulator.ecs import capacity_providers
from emulator.gateway.gateway import Gateway
from emulator.iam import simulation
from emulator.lambda_ import event_invoke_configs, qualifiers
from emulator.provider.core.clients import Clients
from emulator.provider.servicer import AwsServicer
from tests import emptying
from tests.credentials import SESSION
from tests.processes.emulator.provider.harness import REGION, Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def shared_clients() -> Iterator[Clients]:
    """Return clients of one moto server, because creating clients takes longer than any call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # nobody asks for images, and loading them takes long
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield Clients(f"http://{host}:{port}", SESSION)
        server.stop()


@pytest.fixture
def clients(shared_clients: Clients) -> Iterator[Clients]:
    """Return clients of an empty AWS; networks stay, because their ids differ anyway and creating them takes long.

    The gateway answers what moto lacks.
    """
    emptying.empty()
    gateway = Gateway()
    for part in (capacity_providers, event_invoke_configs, qualifiers, simulation):
        part.install(gateway)
    with gateway.installed():
        yield shared_clients


@pytest.fixture
def servicer(clients: Clients) -> AwsServicer:
    """Return a provider for an empty AWS."""
    return AwsServicer(clients)


@pytest.fixture
def engine(servicer: AwsServicer) -> Engine:
    """Return a configured connection to the provider."""
    return Engine(servicer)


@pytest.fixture
def boto(clients: Clients) -> Callable[[str], Any]:
    """Return boto3 clients that read and change resources without the provider."""
    return lambda service: clients.get(service, REGION)
