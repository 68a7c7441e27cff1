"""RegisterTaskDefinition refuses containers and volumes that do not fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import APP, client, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.processes.emulator.world import World

pytestmark = pytest.mark.usefixtures("world")

SIDE: dict[str, Any] = {**APP, "name": "side", "memory": 64, "essential": False}
HEALTH = {"command": ["CMD", "true"]}
EFS = {"fileSystemId": "fs-0123456789abcdef0", "rootDirectory": "/", "transitEncryption": "ENABLED"}


def needs(**conditions: str) -> dict[str, Any]:
    """Return what a container depends on."""
    return {"dependsOn": [{"containerName": name, "condition": one} for name, one in conditions.items()]}


def efs(**changes: object) -> dict[str, Any]:
    """Return a task definition's volume of EFS."""
    return {"volumes": [{"name": "data", "efsVolumeConfiguration": {**EFS, **changes}}]}


def mount(name: str) -> dict[str, Any]:
    """Return the mount of a volume."""
    return {"mountPoints": [{"sourceVolume": name, "containerPath": "/data"}]}


POINT = {"accessPointId": "fsap-0123456789abcdef0"}
REFUSED: dict[str, tuple[Sequence[dict[str, Any]], dict[str, Any], str]] = {
    "unknown volume": ([{**APP, **mount("gone")}], {"volumes": [{"name": "data"}]}, "Unknown volume 'gone'."),
    "a volume of a sidecar": ([APP, {**SIDE, **mount("gone")}], {}, "Unknown volume 'gone'."),
    "two volumes of a name": ([APP], {"volumes": [{"name": "a"}, {"name": "a"}]}, "Volume names must be unique"),
    "two at launch": (
        [APP],
        {"volumes": [{"name": name, "configuredAtLaunch": True} for name in "ab"]},
        "A task definition can have one volume that is configured at launch.",
    ),
    "two containers of a name": ([APP, {**SIDE, "name": "app"}], {}, "Container names must be unique"),
    "eleven containers": (
        [APP, *({**SIDE, "name": f"side-{number}"} for number in range(10))],
        {},
        "A task definition can have 10 containers, and this one has 11.",
    ),
    "nothing essential": ([{**APP, "essential": False}], {}, "At least one container must be essential."),
    "unknown dependency": (
        [{**APP, **needs(gone="START")}],
        {},
        "Container app depends on gone, which is not in the task definition.",
    ),
    "circle": (
        [{**APP, **needs(side="START")}, {**SIDE, **needs(app="START")}],
        {},
        "Container dependencies should not have a cycle: ",
    ),
    "itself": ([{**APP, **needs(app="START")}], {}, "Container dependencies should not have a cycle: app -> app"),
    "success of an essential one": (
        [{**APP, **needs(side="SUCCESS")}, {**SIDE, "essential": True}],
        {},
        "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container",
    ),
    "health without a check": (
        [{**APP, **needs(side="HEALTHY")}, SIDE],
        {},
        "Container app depends on the health of side, which has no health check.",
    ),
    "a check without its kind": (
        [{**APP, "healthCheck": {"command": ["curl"]}}],
        {},
        "The command of the health check of container app must start with CMD or CMD-SHELL.",
    ),
    "interval": (
        [{**APP, "healthCheck": {**HEALTH, "interval": 4}}],
        {},
        "interval of the health check of container app is 4; it must be between 5 and 300",
    ),
    "retries": ([{**APP, "healthCheck": {**HEALTH, "retries": 11}}], {}, "retries of the health check"),
    "start timeout": ([{**APP, "startTimeout": 121}], {}, "startTimeout of container app is 121; it must be between"),
    "memory": ([APP, {**SIDE, "memory": 513}], {}, "The containers reserve 1025 memory, and the task has 1024."),
    "cpu": ([{**APP, "cpu": 200}, {**SIDE, "cpu": 57}], {}, "The containers reserve 257 cpu, and the task has 256."),
    "a point in clear": (
        [APP],
        efs(transitEncryption="DISABLED", authorizationConfig=POINT),
        "Volume data needs transitEncryption",
    ),
    "IAM in clear": (
        [APP],
        efs(transitEncryption="DISABLED", authorizationConfig={"iam": "ENABLED"}),
        "Volume data needs transitEncryption",
    ),
    "a point and a directory": (
        [APP],
        efs(rootDirectory="/a", authorizationConfig=POINT),
        "Volume data has an access point, so its rootDirectory must be / or left out.",
    ),
}


@pytest.mark.parametrize(("containers", "changes", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(world: World, containers: Sequence[dict[str, Any]], changes: dict[str, Any], words: str) -> None:
    """Each is a ClientException that names the container or the volume."""
    code, message = refusal(lambda: world.define(*containers, **changes))
    assert code == "ClientException"
    assert message.startswith(words)


def test_taken(world: World) -> None:
    """What fits is stored as it is."""
    volumes = [
        {"name": "work"},
        {"name": "data", "efsVolumeConfiguration": {**EFS, "authorizationConfig": {**POINT, "iam": "ENABLED"}}},
        {"name": "disk", "configuredAtLaunch": True},
    ]
    containers = [
        {**APP, **needs(side="HEALTHY", done="SUCCESS"), **mount("work"), "startTimeout": 2},
        {**SIDE, "healthCheck": {**HEALTH, "startPeriod": 300}, **needs(done="COMPLETE"), "cpu": 56},
        {**SIDE, "name": "done", "memory": 448, "startTimeout": 120, "cpu": 200},
    ]
    world.define(*containers, volumes=volumes)
    found = client("ecs").describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert [one["name"] for one in found["containerDefinitions"]] == ["app", "side", "done"]
    assert found["volumes"] == volumes
