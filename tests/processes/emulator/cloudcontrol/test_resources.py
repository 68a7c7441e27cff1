"""The Cloud Control API reads clusters and schedule groups by its own protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from emulator.cloudcontrol import resources
from emulator.gateway.moto_application import moto_application
from emulator.provider.core.clients import Aws, Clients
from emulator.provider.types.cloudcontrol import GetResource
from tests.credentials import SESSION
from tests.processes.emulator.world import CLUSTER, GROUP, GROUP_ARN, REGION, World, refusal, served
from tests.wsgi_client import wsgi_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Get = Callable[[str, str], dict[str, str]]


@pytest.fixture
def get(world: World) -> Iterator[Get]:
    """Yield a function that asks the API for a resource, and returns its description."""
    with served() as variables:
        resources.install(world.aws.gateway, variables["AWS_ENDPOINT_URL"], SESSION)
        client = wsgi_client(moto_application(), "127.0.0.1:4566", "cloudcontrol", SESSION)

        def ask(kind: str, identifier: str) -> dict[str, str]:
            found = client.get_resource(TypeName=kind, Identifier=identifier)
            assert found["TypeName"] == kind
            description: dict[str, str] = found["ResourceDescription"]
            return description

        yield ask


def test_reads(get: Get) -> None:
    """A cluster is found by name and by ARN, and a schedule group by name, in the shape of their types."""
    for identifier in ("main", CLUSTER):
        cluster = get("AWS::ECS::Cluster", identifier)
        assert cluster["Identifier"] == "main"
        assert json.loads(cluster["Properties"])["Arn"] == CLUSTER
    group = get("AWS::Scheduler::ScheduleGroup", GROUP)
    assert json.loads(group["Properties"])["Arn"] == GROUP_ARN


def test_agrees_with_the_stand_in(get: Get, world: World) -> None:
    """The stand-in for the provider returns what AWS's own provider reads here."""
    with served() as variables:
        aws = Aws(Clients(variables["AWS_ENDPOINT_URL"], SESSION), REGION)
        found = GetResource().run(aws, {"typeName": "AWS::ECS::Cluster", "identifier": "main"})
    assert json.loads(found["properties"]) == json.loads(get("AWS::ECS::Cluster", "main")["Properties"])


@pytest.mark.parametrize(
    ("kind", "identifier", "code"),
    [
        ("AWS::ECS::Cluster", "gone", "ResourceNotFoundException"),
        ("AWS::Scheduler::ScheduleGroup", "gone", "ResourceNotFoundException"),
        ("AWS::SQS::Queue", "dead", "UnsupportedActionException"),
        ("queue", "dead", "ValidationException"),
    ],
)
def test_refusals(get: Get, kind: str, identifier: str, code: str) -> None:
    """What does not exist is refused as by AWS, and a type that is not emulated is named."""
    refused, message = refusal(lambda: get(kind, identifier))
    assert refused == code
    assert kind in message
