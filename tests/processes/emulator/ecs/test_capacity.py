"""Capacity provider strategies are checked, kept and followed as on ECS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import ACCOUNT, APP, REGION, client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

pytestmark = pytest.mark.usefixtures("world")

FARGATE = {"capacityProvider": "FARGATE", "weight": 1}
SPOT = {"capacityProvider": "FARGATE_SPOT", "weight": 3}
MACHINES = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:0a:autoScalingGroupName/machines"
MANY = [{"capacityProvider": f"machines-{number}", "weight": 1} for number in range(20)]


@pytest.fixture(autouse=True)
def _with_capacity(world: World) -> None:
    """Let the cluster have capacity providers."""
    for item in MANY:
        client("ecs").create_capacity_provider(
            name=item["capacityProvider"], autoScalingGroupProvider={"autoScalingGroupArn": MACHINES}
        )
    providers = ["FARGATE", "FARGATE_SPOT", *(item["capacityProvider"] for item in MANY)]
    client("ecs").put_cluster_capacity_providers(
        cluster="main", capacityProviders=providers, defaultCapacityProviderStrategy=[]
    )


def create(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of CreateService
    """Create a service, and return it as DescribeServices describes it."""
    request = {"cluster": "main", "serviceName": "web", "taskDefinition": "app", "desiredCount": 1}
    client("ecs").create_service(**{**request, **changes})
    return service()


def service() -> dict[str, Any]:
    """Return the service."""
    (found,) = client("ecs").describe_services(cluster="main", services=["web"])["services"]
    assert isinstance(found, dict)
    return found


REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "two bases": ([{**FARGATE, "base": 1}, {**SPOT, "base": 1}], "Only one capacity provider"),
    "no weight": ([{**FARGATE, "weight": 0}, {"capacityProvider": "FARGATE_SPOT"}], "greater than zero"),
    "more than twenty": ([*MANY, FARGATE], "a maximum of 20"),
    "not of the cluster": ([{**FARGATE, "capacityProvider": "others"}], "not associated with the cluster"),
    "too much weight": ([{**FARGATE, "weight": 1001}], "less than or equal to 1000"),
    "too large a base": ([{**FARGATE, "base": 100001}], "less than or equal to 100000"),
}


@pytest.mark.parametrize(("strategy", "named"), REFUSED.values(), ids=REFUSED)
def test_refused(world: World, strategy: list[dict[str, Any]], named: str) -> None:
    """RunTask, CreateService and UpdateService refuse a strategy against ECS's rules."""
    create(launchType="FARGATE")
    update = client("ecs").update_service
    for call in (
        lambda: world.run(capacityProviderStrategy=strategy),
        lambda: create(serviceName="other", capacityProviderStrategy=strategy),
        lambda: update(cluster="main", service="web", capacityProviderStrategy=strategy),
    ):
        code, message = refusal(call)
        assert code == "InvalidParameterException"
        assert named in message
    assert world.host.started == []


@pytest.mark.parametrize(
    ("strategy", "provider"),
    [
        ([FARGATE, SPOT], "FARGATE_SPOT"),
        ([{**FARGATE, "base": 1}, SPOT], "FARGATE"),
        ([{"capacityProvider": "FARGATE", "base": 1}, SPOT], "FARGATE"),
        (MANY, "machines-0"),
        ([{**SPOT, "weight": 0}], "FARGATE_SPOT"),
    ],
    ids=["weights", "base", "base without weight", "twenty", "alone"],
)
def test_followed(world: World, strategy: list[dict[str, Any]], provider: str) -> None:
    """A task goes to the provider that has a base, or else to the one with the largest weight."""
    (task,) = world.run(capacityProviderStrategy=strategy)
    assert task["capacityProviderName"] == provider


@pytest.mark.parametrize("family", ["WINDOWS_SERVER_2022_CORE", "LINUX"])
def test_spot_runs_no_windows(world: World, family: str) -> None:
    """RunTask refuses Windows containers on FARGATE_SPOT, and neither on FARGATE nor Linux containers on both."""
    world.define(APP, cpu="1024", memory="2048", runtimePlatform={"operatingSystemFamily": family})
    assert len(world.run(capacityProviderStrategy=[FARGATE])) == 1
    if family == "LINUX":
        assert len(world.run(capacityProviderStrategy=[FARGATE, SPOT])) == 1
    else:
        code, message = refusal(lambda: world.run(capacityProviderStrategy=[FARGATE, SPOT]))
        assert (code, "FARGATE_SPOT" in message) == ("InvalidParameterException", True)


def test_kept() -> None:
    """A service is described with its strategy and its bases, and without a launch type."""
    found = create(capacityProviderStrategy=[{**FARGATE, "base": 2}, {"capacityProvider": "FARGATE_SPOT"}])
    assert found["capacityProviderStrategy"] == [
        {"capacityProvider": "FARGATE", "weight": 1, "base": 2},
        {"capacityProvider": "FARGATE_SPOT", "weight": 0, "base": 0},
    ]
    assert "launchType" not in found


def test_updated() -> None:
    """An update replaces the strategy; one without a strategy leaves it."""
    create(capacityProviderStrategy=[FARGATE])
    client("ecs").update_service(cluster="main", service="web", capacityProviderStrategy=[SPOT])
    client("ecs").update_service(cluster="main", service="web", desiredCount=2)
    assert service()["capacityProviderStrategy"] == [{**SPOT, "base": 0}]


def test_default_of_the_cluster() -> None:
    """A service without launch type and strategy gets the strategy of its cluster; a launch type prevents it."""
    client("ecs").put_cluster_capacity_providers(
        cluster="main", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[SPOT]
    )
    assert create()["capacityProviderStrategy"] == [{**SPOT, "base": 0}]
    client("ecs").delete_service(cluster="main", service="web", force=True)
    assert "capacityProviderStrategy" not in create(launchType="FARGATE")


def test_not_both() -> None:
    """A service has a launch type or a strategy."""
    code, message = refusal(lambda: create(launchType="FARGATE", capacityProviderStrategy=[FARGATE]))
    assert code == "InvalidParameterException"
    assert "not both" in message
