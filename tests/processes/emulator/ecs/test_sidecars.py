"""Several containers of one task run as real processes: in their order, together, and until an essential one ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.ecs.runner import Image, Runner
from emulator.logs.log_streams import TaskLogs, read_log
from emulator.secrets.task_secrets import TaskSecrets
from tests.processes.emulator.world import ACCOUNT, APP, PROXY, REGION, client, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator.ecs.task import Task
    from tests.processes.emulator.world import World

PATIENCE = 30.0
UNTIL_STOPPED = "trap 'exit 7' TERM; : > {name}; while :; do sleep 0.05; done"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder that stands for the image `app`, which all containers share."""
    return tmp_path


@pytest.fixture
def runner(folder: Path) -> Iterator[Runner]:
    """Return a runner that has one image, `app`."""
    path = {"PATH": "/usr/bin:/bin"}
    made = Runner({"app": Image(folder)}, path, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), lambda _: {})
    yield made
    made.stop_all()
    assert made.settle(PATIENCE)


@pytest.fixture
def world(runner: Runner) -> Iterator[World]:
    """Return an account whose tasks run as processes."""
    with opened(runner) as made:
        yield made


def sidecar(name: str, script: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a container
    """Return the definition of a sidecar that runs a shell script."""
    return {**APP, "name": name, "memory": 64, "essential": False, "command": ["/bin/sh", "-c", script], **fields}


def needs(**conditions: str) -> dict[str, Any]:
    """Return what a container depends on."""
    return {"dependsOn": [{"containerName": name, "condition": one} for name, one in conditions.items()]}


def started(world: World, script: str, *sidecars: dict[str, Any], **fields: Any) -> Task:  # noqa: ANN401 - see above
    """Run a task whose own container runs a shell script beside sidecars."""
    world.define({**APP, **fields}, *sidecars)
    world.run(overrides={"containerOverrides": [{"name": "app", "command": ["/bin/sh", "-c", script]}]})
    return world.aws.tasks.all()[-1]


def ended(world: World, runner: Runner, script: str, *sidecars: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - see above
    """Run such a task until it ends; return the detail of its last event."""
    published: list[dict[str, Any]] = []
    world.aws.tasks._publish = lambda _, event: published.append(dict(event))
    started(world, script, *sidecars, **fields)
    assert runner.settle(PATIENCE)
    detail: dict[str, Any] = published[-1]["detail"]
    assert detail["lastStatus"] == "STOPPED"
    return {**detail, "states": [one["detail"]["lastStatus"] for one in published]}


def codes(detail: dict[str, Any]) -> dict[str, int | None]:
    """Return the exit codes of the containers, by their names."""
    return {one["name"]: one.get("exitCode") for one in detail["containers"]}


def log(detail: dict[str, Any], name: str) -> list[str]:
    """Return the log of a container, read from where AWS would write it."""
    return read_log(ACCOUNT, REGION, "/app", f"ecs/{name}/{detail['taskArn'].rpartition('/')[2]}")


def test_runs_beside_the_job_and_ends_with_it(world: World, runner: Runner) -> None:
    """It gets SIGTERM when the job's container has ended. Each has its own exit code and its own log."""
    beside = sidecar("beside", f"echo $COLOUR; {UNTIL_STOPPED.format(name='up')}")
    detail = ended(world, runner, "while ! [ -e up ]; do sleep 0.05; done; echo mine; exit 3", beside)
    assert codes(detail) == {"app": 3, "beside": 7}
    assert (log(detail, "app"), log(detail, "beside")[:1]) == (["mine"], ["red"])
    assert detail["stopCode"] == "EssentialContainerExited"
    assert detail["states"] == ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]


def test_one_that_does_not_listen_is_killed(world: World, runner: Runner) -> None:
    """After its stop timeout, or after two seconds of this machine."""
    deaf = sidecar("deaf", "trap '' TERM; : > up; while :; do sleep 0.05; done", stopTimeout=1)
    detail = ended(world, runner, "while ! [ -e up ]; do sleep 0.05; done", deaf)
    assert codes(detail) == {"app": 0, "deaf": 137}


def test_one_that_ends_early_changes_nothing(world: World, runner: Runner) -> None:
    """Unless it is essential."""
    early = sidecar("early", "exit 4")
    detail = ended(world, runner, "sleep 0.3; exit 0", early)
    assert (codes(detail), detail["containers"][0].get("reason")) == ({"app": 0, "early": 4}, None)


def test_an_essential_one_that_ends_stops_the_job(world: World, runner: Runner) -> None:
    """The job's container gets SIGTERM."""
    fatal = sidecar("fatal", "exit 5", essential=True)
    detail = ended(world, runner, "sleep 600", fatal)
    assert codes(detail) == {"app": 143, "fatal": 5}
    assert (detail["stopCode"], detail["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )


def test_waits_until_another_has_done_its_work(world: World, runner: Runner) -> None:
    """The task runs when its last container has started."""
    first = sidecar("first", "sleep 0.2; echo prepared > data")
    detail = ended(world, runner, "cat data", first, **needs(first="SUCCESS"))
    assert (codes(detail), log(detail, "app")) == ({"app": 0, "first": 0}, ["prepared"])
    assert detail["states"] == ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]


def test_does_not_start_after_a_failure(world: World, runner: Runner, folder: Path) -> None:
    """ECS stops the container that waits in vain, with this reason and exit code 143, and so the task."""
    first, beside = sidecar("first", "exit 9"), sidecar("beside", UNTIL_STOPPED.format(name="up"))
    detail = ended(world, runner, "echo ran > ran", first, beside, **needs(first="SUCCESS"))
    assert not (folder / "ran").exists()
    image = APP["image"]
    assert codes(detail)["app"] == 143
    assert codes(detail)["first"] == 9
    assert detail["containers"][0]["reason"] == (
        f"CannotStartContainerError: dependency graph: failed to resolve container ordering dependency "
        f"[first({image}) (STOPPED->RUNNING) - Exit: 9] for target [app({image}) (NONE->RUNNING)] as dependency did "
        "not exit successfully."
    )
    assert "startedAt" not in detail
    assert detail["states"] == ["PROVISIONING", "PENDING", "DEPROVISIONING", "STOPPED"]


def test_does_not_start_without_an_essential_sidecar(world: World, runner: Runner, folder: Path) -> None:
    """One that waits in vain itself ends the task, before the job's container starts."""
    first = sidecar("first", "exit 9")
    proxy = sidecar("proxy", "sleep 600", essential=True, **needs(first="SUCCESS"))
    detail = ended(world, runner, "echo ran > ran", proxy, first, **needs(proxy="START"))
    assert not (folder / "ran").exists()
    assert (codes(detail)["proxy"], codes(detail)["app"]) == (143, None)
    assert detail["stopCode"] == "EssentialContainerExited"
    [of_proxy] = [one for one in detail["containers"] if one["name"] == "proxy"]
    assert of_proxy["reason"].startswith("CannotStartContainerError: dependency graph: ")
    assert "startedAt" not in detail


def test_complete_takes_any_exit_code(world: World, runner: Runner) -> None:
    """So the job's container starts after one that has failed."""
    detail = ended(world, runner, "exit 0", sidecar("first", "exit 9"), **needs(first="COMPLETE"))
    assert codes(detail) == {"app": 0, "first": 9}


@pytest.mark.parametrize("command", [["CMD", "test", "-e", "ready"], ["CMD-SHELL", "test -e ready"]])
def test_waits_until_another_is_healthy(world: World, runner: Runner, command: list[str]) -> None:
    """Its health check ends with 0 in the container's folder."""
    check = {"healthCheck": {"command": command}}
    proxy = sidecar("proxy", f"sleep 0.2; {UNTIL_STOPPED.format(name='ready')}", **check)
    detail = ended(world, runner, "ls ready", proxy, **needs(proxy="HEALTHY"))
    assert (codes(detail), log(detail, "app")) == ({"app": 0, "proxy": 7}, ["ready"])


def test_does_not_start_without_a_healthy_one(world: World, runner: Runner) -> None:
    """The container ended, or its start timeout is over."""
    check = {"healthCheck": {"command": ["CMD", "false"]}}
    for proxy in (
        sidecar("proxy", "exit 0", **check),
        sidecar("proxy", UNTIL_STOPPED.format(name="up"), startTimeout=2, **check),
    ):
        detail = ended(world, runner, "true", proxy, **needs(proxy="HEALTHY"))
        assert codes(detail)["app"] == 143
        assert detail["containers"][0]["reason"].endswith("as dependency is not HEALTHY.")


def test_starts_in_the_order_of_the_dependencies(world: World, runner: Runner) -> None:
    """Sidecars wait for each other too."""
    second = sidecar("second", "cat one > two", **needs(first="SUCCESS"))
    first = sidecar("first", "echo 1 > one")
    detail = ended(world, runner, "cat two", second, first, **needs(second="SUCCESS"))
    assert (codes(detail), log(detail, "app")) == ({"app": 0, "first": 0, "second": 0}, ["1"])


def test_one_whose_image_is_not_here_does_nothing(world: World, runner: Runner) -> None:
    """It counts as ready, and ends with the task."""
    idle = {**PROXY, "healthCheck": {"command": ["CMD", "check"]}}
    detail = ended(world, runner, "exit 0", idle, **needs(proxy="HEALTHY"))
    assert codes(detail) == {"app": 0, "proxy": 137}
    detail = ended(world, runner, "exit 0", PROXY, **needs(proxy="SUCCESS"))
    assert codes(detail) == {"app": 0, "proxy": 0}


def test_a_secret_of_a_sidecar_that_cannot_be_read(world: World, runner: Runner) -> None:
    """Nothing of the task starts."""
    secrets = [{"name": "TOKEN", "valueFrom": "/gone"}]
    detail = ended(world, runner, "exit 0", sidecar("beside", "exit 0", secrets=secrets))
    assert detail["stopCode"] == "TaskFailedToStart"
    assert "unable to pull secrets" in detail["stoppedReason"]
    assert codes(detail) == {"app": None, "beside": None}


def test_stop(world: World, runner: Runner, folder: Path) -> None:
    """All containers end; the ones that the job's container depends on end after it."""
    proxy = sidecar("proxy", UNTIL_STOPPED.format(name="up"))
    script = "trap 'exit 6' TERM; : > mine; while :; do sleep 0.05; done"
    task = started(world, script, proxy, **needs(proxy="START"))
    while not ((folder / "up").exists() and (folder / "mine").exists()):
        assert not runner.settle(0.01)
    client("ecs").stop_task(cluster="main", task=task.arn, reason="Enough")
    assert runner.settle(PATIENCE)
    assert {one.name: one.exit_code for one in task.containers} == {"app": 6, "proxy": 7}
    assert (task.stop_code, task.stopped_reason) == ("UserInitiated", "Enough")


def test_stop_of_one_that_waits(world: World, runner: Runner, folder: Path) -> None:
    """The job's container never starts."""
    first = sidecar("first", UNTIL_STOPPED.format(name="up"))
    task = started(world, ": > ran", first, **needs(first="SUCCESS"))
    while not (folder / "up").exists():
        assert not runner.settle(0.01)
    client("ecs").stop_task(cluster="main", task=task.arn)
    assert runner.settle(PATIENCE)
    assert not (folder / "ran").exists()
    assert (task.stop_code, task.main.exit_code, task.started_at) == ("UserInitiated", None, None)
