"""A deployment without an engine: the sandbox's provider handles the resources, and each call is recorded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pulumi
from moto.server import ThreadedMotoServer

from emulator import chosen_ids
from emulator.ecr import layers
from emulator.gateway.gateway import Call, Gateway
from emulator.iam import simulation
from emulator.kms import encryption
from emulator.lambda_ import event_invoke_configs, qualifiers
from emulator.provider import registry
from emulator.provider.core.clients import Clients
from emulator.provider.servicer import AwsServicer
from tests.components.embedded import BUILT
from tests.credentials import SESSION
from tests.emptying import empty
from tests.processes.emulator.provider.harness import Deployed, Engine
from tests.sent import as_sent

Program = Callable[[], object]


class Deployment(pulumi.runtime.Mocks):
    """A stack's resources in their own embedded AWS. `calls` contains every call to it."""

    def __init__(self, clients: Clients, gateway: Gateway, project: str, stack: str) -> None:
        """Start without any deployed resources."""
        self.engine = Engine(AwsServicer(clients))
        self.clients = clients
        self._gateway = gateway
        self._names = project, stack
        self.deployed: dict[str, Deployed] = {}
        self._wanted: set[str] = set()
        self._lock = threading.Lock()

    def calls(self, work: Callable[[], object]) -> list[Call]:
        """Do `work`, and return the calls that it made."""
        self._gateway.calls.clear()
        work()
        return list(self._gateway.calls)

    def up(self, program: Program) -> None:
        """Create and update the resources of the program, and delete those that it no longer declares."""
        self._wanted = set()
        pulumi.runtime.set_mocks(self, *self._names)
        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
        for key in reversed(list(self.deployed)):
            if key not in self._wanted:
                self.engine.delete(self.deployed.pop(key))

    def alter(self, key: str, **inputs: Any) -> None:  # noqa: ANN401 - any inputs
        """Update one resource, by its type and name, as another version of the program would."""
        deployed = self.deployed[key]
        self.deployed[key] = self.engine.update(deployed, {**deployed.inputs, **inputs})

    def refresh(self) -> None:
        """Read every resource."""
        for deployed in self.deployed.values():
            self.engine.refresh(deployed)

    def destroy(self) -> None:
        """Delete every resource, in the reverse order of creation."""
        while self.deployed:
            self.engine.delete(self.deployed.popitem()[1])

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Create or update one resource of the program, as the engine would."""
        if args.typ == "awsx:ecr:Image":
            return "", {**args.inputs, "imageUri": f"{args.inputs['repositoryUrl']}@{BUILT}"}
        if args.typ not in registry.RESOURCES:
            return args.name, args.inputs
        key, inputs = f"{args.typ} {args.name}", as_sent(args.inputs)
        with self._lock:
            deployed = self.deployed.get(key)
            if deployed is None:
                deployed = self.engine.create(args.typ, args.name, inputs)
            elif self.engine.diff(deployed, inputs).detail:
                deployed = self.engine.update(deployed, inputs)
            self.deployed[key] = deployed
            self._wanted.add(key)
        return deployed.id, deployed.outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """Return the answer to a function of the program."""
        return self.engine.invoke(args.token, **args.args), []


@contextmanager
def deployment(project: str, stack: str) -> Iterator[Deployment]:
    """Start an empty embedded AWS in this process. One that exists already is emptied too."""
    empty()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    gateway = Gateway()
    encryption.install(gateway)
    chosen_ids.install(gateway)
    for part in (layers, simulation, qualifiers, event_invoke_configs):
        part.install(gateway)
    try:
        with gateway.installed(), chosen_ids.honoured():
            yield Deployment(Clients(f"http://{host}:{port}", SESSION), gateway, project, stack)
    finally:
        server.stop()
