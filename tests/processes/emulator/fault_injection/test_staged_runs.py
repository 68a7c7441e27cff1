"""Staged failures of runs look the same as AWS's own, and end as configured."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.ecs.runner import Image, Runner
from emulator.fault_injection.faults import Kind, StagedStop, Status
from emulator.logs.log_streams import read_log, write_log
from emulator.timekeeping.timeline import Timeline
from tests.credentials import no_role
from tests.processes.emulator.fault_injection.staging import STATUSES, errors, hourly, listen, once, stage
from tests.processes.emulator.world import ACCOUNT, APP, GROUP, REGION, START, client, opened

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes.emulator.world import World

UNRESOLVED = f"failed to resolve ref {APP['image']}"


def test_other_jobs(world: World) -> None:
    """Launches, runs and events of other jobs are not affected."""
    hourly(world, "import")
    for kind in Kind:
        stage(world, kind)
    found = listen(world)
    world.advance(hours=1)
    (task,) = world.host.started
    assert (task.main.exit_code, errors(world)) == (0, [None])
    assert [detail["lastStatus"] for detail in found] == STATUSES
    assert len(world.aws.faults.pending()) == len(Kind)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            None,
            f"CannotPullContainerError: pull image manifest has been retried 7 time(s): {UNRESOLVED}",
        ),
        ("ResourceInitializationError: unable to pull secrets", "ResourceInitializationError: unable to pull secrets"),
    ],
    ids=["usual", "given"],
)
def test_run_that_does_not_start(world: World, given: str | None, reason: str) -> None:
    """A run that does not start has a reason and no exit code, and uses up no other staged failure."""
    hourly(world)
    stage(world, Kind.START, reason=given)
    stage(world, Kind.EXIT)
    found = listen(world)
    world.advance(hours=1)
    assert [detail["lastStatus"] for detail in found] == ["PROVISIONING", "PENDING", "STOPPED"]
    assert (found[-1]["stopCode"], found[-1]["stoppedReason"]) == ("TaskFailedToStart", reason)
    assert "exitCode" not in found[-1]["containers"][0]
    assert world.host.started == []
    assert [staged.fault.kind for staged in world.aws.faults.pending()] == [Kind.EXIT]
    world.advance(hours=2)
    assert [task.main.exit_code for task in world.host.started] == [1, 0]


STATES = {Status.PROVISIONING: STATUSES[:1], Status.PENDING: STATUSES[:2]}
"""The states in which a run can stay, with the states of the events until then."""


def described(world: World, group: str = f"{GROUP}:report") -> dict[str, Any]:
    """Return the only task of a group, as DescribeTasks shows it."""
    (arn,) = [task.arn for task in world.aws.tasks.all() if task.group == group]
    (task,) = client("ecs").describe_tasks(cluster="main", tasks=[arn])["tasks"]
    return dict(task)


@pytest.mark.parametrize(("status", "until"), STATES.items(), ids=STATES)
def test_run_that_stays_pending(world: World, status: Status, until: list[str]) -> None:
    """A run stays in its state while time and other runs go on; then it runs, and starts only then."""
    once(world)
    hourly(world, "import")
    stage(world, Kind.PENDING, status=status, seconds=5400.0)
    found = listen(world)
    world.advance(hours=2)
    task = described(world)
    assert (task["lastStatus"], task["desiredStatus"]) == (status, "RUNNING")
    assert not {"startedAt", "stopCode"} & task.keys()
    assert not {"runtimeId", "exitCode"} & task["containers"][0].keys()
    assert [detail["lastStatus"] for detail in found if detail["taskArn"] == task["taskArn"]] == until
    assert [started.group for started in world.host.started] == [f"{GROUP}:import"] * 2
    world.advance(minutes=30)
    assert described(world)["containers"][0]["exitCode"] == 0
    assert described(world)["startedAt"] == START + timedelta(hours=2, minutes=30)
    assert [detail["lastStatus"] for detail in found if detail["taskArn"] == task["taskArn"]] == STATUSES


def test_run_that_stays_pending_for_ever(world: World) -> None:
    """A run that stays pending for ever waits for nothing."""
    once(world)
    stage(world, Kind.PENDING, seconds=None)
    world.advance(hours=1)
    assert described(world)["lastStatus"] == "PENDING"
    assert world.aws.agenda.next_moment() is None


@pytest.mark.parametrize(("status", "until"), STATES.items(), ids=STATES)
def test_pending_run_that_is_stopped(world: World, status: Status, until: list[str]) -> None:
    """A run that is stopped before its containers run has neither a start nor exit codes, and never runs."""
    once(world)
    stage(world, Kind.PENDING, status=status, seconds=5400.0)
    found = listen(world)
    world.advance(hours=1)
    client("ecs").stop_task(cluster="main", task=described(world)["taskArn"], reason="Enough")
    task = described(world)
    assert (task["lastStatus"], task["stopCode"], task["stoppedReason"]) == ("STOPPED", "UserInitiated", "Enough")
    assert task["stoppedAt"] == START + timedelta(hours=1)
    assert not {"startedAt", "executionStoppedAt"} & task.keys()
    assert [{"runtimeId", "exitCode", "reason"} & container.keys() for container in task["containers"]] == [set()] * 2
    told = [(detail["lastStatus"], detail["desiredStatus"]) for detail in found]
    assert told == [*((state, "RUNNING") for state in until), (status, "STOPPED"), ("STOPPED", "STOPPED")]
    world.advance(minutes=59)
    assert described(world) == task
    assert world.host.started == []


EXITS: dict[str, tuple[dict[str, Any], tuple[str, str, int]]] = {
    "usual": ({}, ("EssentialContainerExited", "Essential container in task exited", 1)),
    "code": ({"code": 42}, ("EssentialContainerExited", "Essential container in task exited", 42)),
    "good": ({"code": 0}, ("EssentialContainerExited", "Essential container in task exited", 0)),
    "reason": ({"reason": "OutOfMemoryError"}, ("EssentialContainerExited", "OutOfMemoryError", 1)),
    "spot": (
        {"stop_code": StagedStop.SPOT_INTERRUPTION},
        ("SpotInterruption", "Your Spot Task was interrupted.", 143),
    ),
    "termination": (
        {"stop_code": StagedStop.TERMINATION_NOTICE, "code": 137},
        (
            "TerminationNotice",
            "ECS is performing maintenance on the underlying infrastructure hosting the task.",
            137,
        ),
    ),
    "operator": (
        {"stop_code": StagedStop.USER_INITIATED, "reason": "Enough"},
        ("UserInitiated", "Enough", 143),
    ),
}


@pytest.mark.parametrize(("options", "expected"), EXITS.values(), ids=EXITS)
def test_run_that_ends_otherwise(world: World, options: dict[str, Any], expected: tuple[str, str, int]) -> None:
    """A run ends with the staged exit code, and with ECS's reason if ECS is staged to stop it."""
    hourly(world)
    stage(world, Kind.EXIT, **options)
    found = listen(world)
    world.advance(hours=1)
    last = found[-1]
    assert (last["stopCode"], last["stoppedReason"], last["containers"][0]["exitCode"]) == expected
    assert [detail["lastStatus"] for detail in found] == STATUSES


def test_run_that_hangs(world: World) -> None:
    """A run that hangs is RUNNING while time and other runs go on; then it starts once, and ends."""
    once(world)
    hourly(world, "import")
    stage(world, Kind.HANG, seconds=5400.0)
    found = listen(world)
    world.advance(hours=2)
    (task,) = [task for task in world.aws.tasks.all() if task.group.endswith("report")]
    assert (task.last_status, task.main.exit_code) == ("RUNNING", None)
    assert [started.group for started in world.host.started] == [f"{GROUP}:import"] * 2
    world.advance(minutes=30)
    assert (task.last_status, task.main.exit_code) == ("STOPPED", 0)
    assert (task.started_at, task.stopped_at) == (START + timedelta(hours=1), START + timedelta(hours=2, minutes=30))
    assert [detail["lastStatus"] for detail in found if detail["taskArn"] == task.arn] == STATUSES


def test_hanging_run_that_is_stopped(world: World) -> None:
    """A run that hangs is killed when it is stopped, and nothing happens at the end of its hang."""
    hourly(world)
    stage(world, Kind.HANG)
    found = listen(world)
    world.advance(hours=1)
    (task,) = world.aws.tasks.all()
    client("ecs").stop_task(cluster="main", task=task.arn, reason="Enough")
    assert (task.last_status, task.stop_code, task.stopped_reason) == ("STOPPED", "UserInitiated", "Enough")
    assert task.main.exit_code == 137
    assert [detail["lastStatus"] for detail in found] == ["PROVISIONING", "PENDING", "RUNNING", "RUNNING", "STOPPED"]
    world.advance(hours=7)
    assert task not in world.host.started
    assert task.stopped_at == START + timedelta(hours=1)


def test_hang_and_exit(world: World) -> None:
    """A run may hang, and then end otherwise than its process."""
    hourly(world)
    stage(world, Kind.HANG, seconds=60.0)
    stage(world, Kind.EXIT, code=9)
    world.advance(minutes=61)
    assert [task.main.exit_code for task in world.aws.tasks.all()] == [9]


def test_stop_of_a_run_that_ends_otherwise(world: World) -> None:
    """The reason of a real stop comes before that of a staged end."""
    hourly(world)
    stage(world, Kind.EXIT, stop_code=StagedStop.SPOT_INTERRUPTION)
    world.host.exit_code = None
    world.advance(hours=1)
    (task,) = world.host.started
    client("ecs").stop_task(cluster="main", task=task.arn, reason="Enough")
    world.host.end(task, world.aws.tasks, 0)
    assert (task.stop_code, task.stopped_reason, task.main.exit_code) == ("UserInitiated", "Enough", 143)


def test_processes(tmp_path: Path) -> None:
    """A process prints although its code is replaced; the log and end of a run that hung have their real times."""
    runner = Runner(
        {"app": Image(tmp_path)}, {"PATH": "/usr/bin:/bin"}, lambda *args: write_log(ACCOUNT, *args), no_role
    )
    with opened(runner) as world:
        timeline = Timeline(world.clock, [world.scheduler, world.aws.agenda], lambda: runner.settle(30))
        world.define({**APP, "command": ["echo", "worked"]})
        hourly(world)
        stage(world, Kind.EXIT, code=5)
        stage(world, Kind.HANG, seconds=1800.0)
        timeline.advance(START + timedelta(minutes=100))
        (task,) = world.aws.tasks.all()
        assert read_log(ACCOUNT, REGION, "/app", f"ecs/app/{task.id}") == ["worked"]
    assert task.main.exit_code == 5
    assert task.stopped_at is not None
    assert timedelta(0) <= task.stopped_at - (START + timedelta(minutes=90)) < timedelta(minutes=1)
