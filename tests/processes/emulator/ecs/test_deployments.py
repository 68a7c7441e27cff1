"""Services are deployed by rolling update: a deployment takes some minutes, and the one before lives on meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.ecs.deployments import LASTS
from tests.processes.emulator.world import APP, client

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

IN_PROGRESS, COMPLETED = "IN_PROGRESS", "COMPLETED"


@pytest.fixture(autouse=True)
def _with_a_service(world: World) -> None:
    """Let the cluster have a service, and its task definition a second revision."""
    client("ecs").create_service(cluster="main", serviceName="web", taskDefinition="app", desiredCount=1)
    client("ecs").register_task_definition(family="app", containerDefinitions=[APP])
    del world


def deployments() -> list[tuple[str, str, str]]:
    """Return status, state and revision of each deployment of the service."""
    (found,) = client("ecs").describe_services(cluster="main", services=["web"])["services"]
    return [
        (one["status"], one["rolloutState"], one["taskDefinition"].rpartition("/")[2]) for one in found["deployments"]
    ]


def update(**changes: Any) -> None:  # noqa: ANN401 - members of UpdateService
    """Update the service."""
    client("ecs").update_service(cluster="main", service="web", **changes)


def test_new_service(world: World) -> None:
    """The first deployment of a service is in progress for some minutes."""
    assert deployments() == [("PRIMARY", IN_PROGRESS, "app:1")]
    world.advance(seconds=LASTS.total_seconds())
    assert deployments() == [("PRIMARY", COMPLETED, "app:1")]


@pytest.mark.parametrize(
    "changes", [{"taskDefinition": "app:2"}, {"taskDefinition": "app"}], ids=["revision", "family"]
)
def test_new_revision(world: World, changes: dict[str, Any]) -> None:
    """The deployment of another revision replaces the one before when it is completed."""
    world.advance(seconds=LASTS.total_seconds())
    update(**changes)
    assert deployments() == [("PRIMARY", IN_PROGRESS, "app:2"), ("ACTIVE", COMPLETED, "app:1")]
    world.advance(seconds=LASTS.total_seconds())
    assert deployments() == [("PRIMARY", COMPLETED, "app:2")]


def test_deployment_that_is_taken_back(world: World) -> None:
    """A deployment that is replaced before it is completed stays in progress, and is gone in the end."""
    world.advance(seconds=LASTS.total_seconds())
    update(taskDefinition="app:2")
    update(taskDefinition="app:1")
    assert deployments() == [
        ("PRIMARY", IN_PROGRESS, "app:1"),
        ("ACTIVE", IN_PROGRESS, "app:2"),
        ("ACTIVE", COMPLETED, "app:1"),
    ]
    world.advance(seconds=LASTS.total_seconds())
    assert deployments() == [("PRIMARY", COMPLETED, "app:1")]


@pytest.mark.parametrize(
    ("changes", "count"),
    [({"forceNewDeployment": True}, 2), ({"platformVersion": "1.4.0"}, 2), ({"desiredCount": 2}, 1)],
    ids=["forced", "platform", "number of tasks"],
)
def test_what_begins_a_deployment(world: World, changes: dict[str, Any], count: int) -> None:
    """A deployment begins when it is forced or when tasks are to run otherwise, not with their number."""
    world.advance(seconds=LASTS.total_seconds())
    update(**changes)
    assert len(deployments()) == count
