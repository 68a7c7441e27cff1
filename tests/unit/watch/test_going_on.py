"""Runs that are reported while they go on: tasks that do not start, and runs that take too long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.watch.told import TEXT, TICK, nightly, only
from tests.unit.watch.world import EcsTask, World, facts, refuse


def begin(world: World, task: EcsTask, *states: str) -> None:
    """Let a task reach these states, and pass on its events."""
    for state in states:
        event = task.moved(state, world.now)
        world.account.described[task.arn] = task.described()
        world.watch.take_event(event)


def end(world: World, task: EcsTask, exit_code: int | None, code: str = "EssentialContainerExited") -> None:
    """Let a task stop, and pass on the event."""
    event = task.stopped(world.now, exit_code, code)
    world.account.described[task.arn] = task.described()
    world.watch.take_event(event)


def kinds(world: World) -> list[tuple[str, str]]:
    """Return kind and class of each message."""
    return [(alert["kind"], alert["class"]) for alert in world.alerts()]


@pytest.mark.parametrize("state", ["PROVISIONING", "PENDING"])
def test_task_that_does_not_start(world: World, state: str) -> None:
    """A task that has not started a quarter of an hour after its creation is one alert, which says since when."""
    begin(world, nightly(), *dict.fromkeys(("PROVISIONING", state)))
    world.pass_time(minutes=10)
    assert world.told() == []
    world.pass_time(hours=3)
    alert = only(world)
    assert (alert["class"], alert["tick"]) == ("not-started", TEXT)
    assert alert["reason"] == f"the task has been {state} for 15 minutes"


def test_bound_can_be_set() -> None:
    """The group says after how long a pending task is reported."""
    world = World(facts(pending=3600))
    world.look()
    world.now = TICK
    begin(world, nightly(), "PROVISIONING")
    world.pass_time(minutes=55)
    assert world.told() == []
    world.pass_time(minutes=5)
    assert [class_ for class_, _, _ in world.told()] == ["not-started"]


def test_pending_task_that_starts_after_all(world: World) -> None:
    """A good end is one closing message: the job has recovered."""
    task = nightly()
    begin(world, task, "PROVISIONING")
    world.pass_time(minutes=20)
    begin(world, task, "RUNNING")
    world.pass_time(minutes=5)
    end(world, task, 0)
    assert kinds(world) == [("alert", "not-started"), ("recovered", "recovered")]


@pytest.mark.parametrize(
    ("exit_code", "code"),
    [(1, "EssentialContainerExited"), (None, "TaskFailedToStart"), (None, "UserInitiated")],
    ids=["failed", "not started", "stopped by somebody"],
)
def test_pending_task_that_ends_badly(world: World, exit_code: int | None, code: str) -> None:
    """However it ends, there is one closing message."""
    task = nightly()
    begin(world, task, "PROVISIONING")
    world.pass_time(minutes=20)
    if exit_code is not None:
        begin(world, task, "RUNNING")
    end(world, task, exit_code, code)
    world.pass_time(hours=1)
    assert kinds(world) == [("alert", "not-started"), ("ended", "not-started")]
    assert world.alerts()[1]["id"].endswith("/ended")


def learn(world: World, *minutes: int) -> None:
    """Let good runs of other days take these minutes each."""
    for day, length in enumerate(minutes, 1):
        world.now = TICK - timedelta(days=day)
        task = EcsTask("nightly-report", world.now, id=f"d{day}")
        begin(world, task, "PROVISIONING", "RUNNING")
        world.now += timedelta(minutes=length)
        end(world, task, 0)
    world.now = TICK


def test_overrun_names_usual_time_and_limit(world: World) -> None:
    """The message about an overrun has what runs usually take, and the limit."""
    learn(world, 10, 10, 12)
    begin(world, nightly(), "PROVISIONING", "RUNNING")
    world.pass_time(minutes=40)
    message = world.ledger.messages[f"nightly-report/{TEXT}"]
    assert (message.class_, message.usual, message.limit) == ("overrun", 720, 2160)


def test_overrun_that_ends_badly(world: World) -> None:
    """An overrun that fails has one closing message."""
    learn(world, 10)
    task = nightly()
    begin(world, task, "PROVISIONING", "RUNNING")
    world.pass_time(minutes=40)
    end(world, task, 5)
    assert kinds(world) == [("alert", "overrun"), ("ended", "overrun")]
    going_on, ended = (alert["cause"] for alert in world.alerts())
    assert "still running" in going_on
    assert ended is None or "still running" not in ended
    assert world.alerts()[1]["exitCode"] == 5
    assert "has ended: exit code 5" in world.alerts()[1]["summary"]


def test_overrun_teaches_nothing(world: World) -> None:
    """A run that was alerted does not raise the limit of the next ones."""
    learn(world, 10)
    task = nightly()
    begin(world, task, "PROVISIONING", "RUNNING")
    world.pass_time(hours=5)
    end(world, task, 0)
    assert kinds(world) == [("alert", "overrun"), ("recovered", "recovered")]
    assert world.ledger.jobs(refuse)["nightly-report"].durations == [600]
