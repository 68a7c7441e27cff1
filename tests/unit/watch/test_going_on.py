"""Runs that are reported while they go on: tasks that do not start, and runs that take too long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.watch.told import TEXT, TICK, nightly, only
from tests.unit.watch.world import EcsTask, World, facts, refuse
from watch import email_text


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
    ("exit_code", "code", "words"),
    [
        (1, "EssentialContainerExited", "failed in the end: exit code 1"),
        (None, "TaskFailedToStart", "never started"),
        (None, "UserInitiated", "never started"),
        (None, "SpotInterruption", "never started"),
        (143, "UserInitiated", "was stopped in the end"),
    ],
)
def test_pending_task_that_ends_badly(world: World, exit_code: int | None, code: str, words: str) -> None:
    """However it ends, there is one closing message, which says how."""
    task = nightly()
    begin(world, task, "PROVISIONING")
    world.pass_time(minutes=20)
    if exit_code is not None:
        begin(world, task, "RUNNING")
    end(world, task, exit_code, code)
    world.pass_time(hours=1)
    assert kinds(world) == [("alert", "not-started"), ("ended", "not-started")]
    assert world.alerts()[1]["id"].endswith("/ended")
    assert world.alerts()[1]["summary"] == f"nightly-report {words}"


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
    assert "it runs until it ends or somebody stops it" in going_on
    assert ended is None or "it runs until" not in ended
    assert world.alerts()[1]["exitCode"] == 5


@pytest.mark.parametrize(
    ("exit_code", "code", "words"),
    [
        (5, "EssentialContainerExited", "failed in the end: exit code 5"),
        (None, "EssentialContainerExited", "failed in the end: exit code unknown"),
        (137, "SpotInterruption", "was interrupted in the end"),
        (None, "UserInitiated", "was stopped in the end"),
    ],
)
def test_end_of_an_overrun(world: World, exit_code: int | None, code: str, words: str) -> None:
    """The closing message says how the run ended, and keeps how long it was expected to take."""
    learn(world, 10)
    task = nightly()
    begin(world, task, "PROVISIONING", "RUNNING")
    world.pass_time(minutes=40)
    end(world, task, exit_code, code)
    going_on, ended = world.alerts()
    assert ended["summary"] == f"nightly-report {words}"
    assert (going_on["usual"], going_on["limit"]) == (ended["usual"], ended["limit"]) == (600, 1800)
    assert "\nExpected: 10 minutes usually, at most 30 minutes\n" in email_text.body(ended)


def test_end_of_an_overrun_while_another_schedule_is_in_trouble() -> None:
    """A good end that is not the recovery of its job is said to be good."""
    known = facts().jobs["nightly-report"]
    schedules = {**known.schedules, "nightly-report.weekly": known.schedules["nightly-report"]}
    world = World(facts(jobs={"nightly-report": replace(known, schedules=schedules, longest_run=60)}))
    world.look()
    world.now = TICK
    task = nightly()
    begin(world, task, "PROVISIONING", "RUNNING")
    world.pass_time(minutes=20)
    end(world, task, 0)
    assert [alert["class"] for alert in world.alerts()] == ["overrun", "missed", "overrun"]
    assert world.alerts()[2]["summary"] == "nightly-report succeeded in the end"


def test_end_that_nobody_saw(world: World) -> None:
    """A run that ECS lost is over: the closing message does not show it as running."""
    learn(world, 10)
    begin(world, nightly(), "PROVISIONING", "RUNNING")
    world.pass_time(minutes=40)
    world.account.described.clear()
    world.pass_time(minutes=10)
    ended = world.alerts()[1]
    assert ended["summary"] == "nightly-report failed in the end: exit code unknown"
    assert "\nRan: since 02:00:00 UTC; when it ended is not known\n" in email_text.body(ended)


def test_overrun_teaches_nothing(world: World) -> None:
    """A run that was alerted does not raise the limit of the next ones."""
    learn(world, 10)
    task = nightly()
    begin(world, task, "PROVISIONING", "RUNNING")
    world.pass_time(hours=5)
    end(world, task, 0)
    assert kinds(world) == [("alert", "overrun"), ("recovered", "recovered")]
    assert world.ledger.jobs(refuse)["nightly-report"].durations == [600]
