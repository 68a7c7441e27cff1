"""Staged failures look the same as AWS's own, and end as configured."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.cloudwatch.metrics import Metric
from emulator.ecs.runner import Image, Runner
from emulator.fault_injection.faults import Fault, Kind, Refusal, StagedStop
from emulator.fault_injection.injection import StagedEvents
from emulator.logs.log_streams import read_log, write_log
from emulator.timekeeping.timeline import Timeline
from sandbox.naming import naming
from tests.credentials import no_role
from tests.processes.emulator.events.test_bus import rule
from tests.processes.emulator.world import (
    ACCOUNT,
    APP,
    DEAD,
    DEFINITION,
    GROUP,
    INPUT,
    LAUNCH_ROLE,
    REGION,
    START,
    WATCH_ROLE,
    archive,
    client,
    opened,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes.emulator.world import World

NO_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
STATUSES = ["PROVISIONING", "PENDING", "RUNNING", "STOPPED"]
UNRESOLVED = f"failed to resolve ref {APP['image']}"
DENIED = (
    f"User: {LAUNCH_ROLE} is not authorized to perform: ecs:RunTask on resource: {DEFINITION} "
    "because no identity-based policy allows the ecs:RunTask action"
)


def hourly(world: World, job: str = "report", **request: object) -> None:
    """Run a job every hour."""
    text = json.dumps({**INPUT, "Group": f"{GROUP}:{job}", **request})
    world.schedule(job, "cron(0 * * * ? *)", Target={"Input": text})


def stage(world: World, kind: Kind, times: int = 1, **options: Any) -> None:  # noqa: ANN401 - members of a fault
    """Stage failures of the job."""
    world.aws.faults.stage(Fault(kind, "report", **options), times)


def listen(world: World) -> list[dict[str, Any]]:
    """Return a list that receives the details of the events delivered from now on."""
    found: list[dict[str, Any]] = []
    world.aws.tasks._publish = StagedEvents(
        lambda _, event: found.append(event["detail"]), world.aws.faults, naming()
    ).publish
    return found


def errors(world: World) -> list[str | None]:
    """Return the error of each launch."""
    return [launch.error for launch in world.scheduler.launches]


@pytest.mark.parametrize(("reason", "message"), [(None, DENIED), ("No.", "No.")], ids=["usual", "given"])
def test_launch_that_is_refused(world: World, reason: str | None, message: str) -> None:
    """A launch that is finally refused becomes a dead letter, and the later launches succeed."""
    hourly(world)
    stage(world, Kind.LAUNCH, times=2, reason=reason)
    world.advance(hours=3)
    assert [error is None for error in errors(world)] == [False, False, True]
    assert [launch.dead_letter for launch in world.scheduler.launches] == [DEAD, DEAD, None]
    first, _ = world.messages()
    attributes = {name: value["StringValue"] for name, value in first["MessageAttributes"].items()}
    assert (attributes["ERROR_CODE"], attributes["ERROR_MESSAGE"]) == ("AccessDeniedException", message)
    assert len(world.host.started) == 1


def test_launch_that_is_throttled(world: World) -> None:
    """Each attempt at a throttled launch counts, and the attempt after them succeeds."""
    hourly(world)
    stage(world, Kind.LAUNCH, times=2, refusal=Refusal.THROTTLE)
    world.advance(minutes=70)
    assert errors(world) == ["ThrottlingException: Rate exceeded"] * 2 + [None]
    assert [launch.attempt for launch in world.scheduler.launches] == [0, 1, 2]
    assert world.messages() == []


def test_launch_without_a_task(world: World) -> None:
    """Scheduler treats a success without a task as a success: there are no retries and no dead letter."""
    hourly(world)
    stage(world, Kind.LAUNCH, refusal=Refusal.FAILURES)
    world.advance(hours=2)
    first, second = world.scheduler.launches
    assert (first.tasks, first.failures, first.error, first.dead_letter) == ((), (NO_CAPACITY,), None, None)
    assert (len(second.tasks), second.failures) == (1, ())
    assert world.messages() == []


def test_token_of_a_launch_without_a_task(world: World) -> None:
    """A repeated token returns its first result with its failures, and uses up no staged failure."""
    hourly(world, ClientToken="one")
    stage(world, Kind.LAUNCH, refusal=Refusal.FAILURES)
    world.advance(hours=1)
    stage(world, Kind.LAUNCH)
    world.reschedule(
        "report",
        "at(2027-01-04T01:30:00)",
        Target={
            "Input": json.dumps({**INPUT, "Group": f"{GROUP}:report", "ClientToken": "one"}).replace(
                "<aws.scheduler.scheduled-time>", "2027-01-04T01:00:00Z"
            )
        },
    )
    world.advance(hours=1)
    assert [launch.failures for launch in world.scheduler.launches] == [(NO_CAPACITY,)] * 2
    assert len(world.aws.faults.pending()) == 1
    assert world.host.started == []


def test_launch_of_a_group(world: World) -> None:
    """The request's group names the job of a launch, whatever the schedule's name is."""
    world.schedule("other", "cron(0 * * * ? *)", Target={"Input": json.dumps({**INPUT, "Group": f"{GROUP}:report"})})
    stage(world, Kind.LAUNCH)
    world.advance(hours=2)
    assert [error is None for error in errors(world)] == [False, True]


def test_launch_without_a_group(world: World) -> None:
    """Without a group in the request, the schedule's name without its key names the job of a launch."""
    world.schedule("report.morning", "cron(0 * * * ? *)")
    stage(world, Kind.LAUNCH)
    world.advance(hours=2)
    assert [error is None for error in errors(world)] == [False, True]


def test_an_operator_s_launch(world: World) -> None:
    """A failure that is staged for Scheduler's launches does not affect other launches."""
    stage(world, Kind.LAUNCH)
    assert len(world.run(group=f"{GROUP}:report")) == 1


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
    world.schedule(
        "report",
        "at(2027-01-04T01:00:00)",
        Target={"Input": json.dumps({**INPUT, "Group": f"{GROUP}:report"})},
    )
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
    assert [detail["lastStatus"] for detail in found] == STATUSES
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


DELIVERIES = {
    "twice": ([Kind.DUPLICATE_EVENTS], [status for status in STATUSES for _ in range(2)]),
    "in reverse": ([Kind.REORDER_EVENTS], STATUSES[::-1]),
    "twice in reverse": (
        [Kind.DUPLICATE_EVENTS, Kind.REORDER_EVENTS],
        [status for status in STATUSES[::-1] for _ in range(2)],
    ),
}


@pytest.mark.parametrize(("kinds", "expected"), DELIVERIES.values(), ids=DELIVERIES)
def test_events(world: World, kinds: list[Kind], expected: list[str]) -> None:
    """Each event of the run is delivered as staged, and those of the next run are delivered as usual."""
    hourly(world)
    for kind in kinds:
        stage(world, kind)
    found = listen(world)
    world.advance(hours=1)
    assert [detail["lastStatus"] for detail in found] == expected
    assert len({(detail["lastStatus"], detail["version"]) for detail in found}) == len(STATUSES)
    found.clear()
    world.advance(hours=1)
    assert [detail["lastStatus"] for detail in found] == STATUSES


def test_events_are_held(world: World) -> None:
    """Events in reverse order are delivered only after the run has stopped."""
    hourly(world)
    stage(world, Kind.REORDER_EVENTS)
    world.host.exit_code = None
    found = listen(world)
    world.advance(hours=1)
    assert found == []
    world.host.end(world.host.started[0], world.aws.tasks, 0)
    assert [detail["lastStatus"] for detail in found] == STATUSES[::-1]


def test_events_are_forgotten(world: World) -> None:
    """No events of a stopped run are kept."""
    events = StagedEvents(lambda *_: None, world.aws.faults, naming())
    world.aws.tasks._publish = events.publish
    world.run()
    assert events._runs == {}


def test_events_reach_rules(world: World) -> None:
    """A rule's target gets an event that is delivered twice as the same event two times."""
    rule(DEAD, pattern={"detail": {"lastStatus": ["RUNNING"]}})
    hourly(world)
    stage(world, Kind.DUPLICATE_EVENTS)
    world.advance(hours=1)
    first, second = (json.loads(message["Body"]) for message in world.messages())
    assert first == second


def deploy(*names: str) -> list[str]:
    """Deploy functions that succeed, and return their ARNs."""
    code = {"ZipFile": archive(watch="def handle(event, context):\n    print('handled')\n")}
    shared = {"Role": WATCH_ROLE, "Runtime": "python3.12", "Handler": "watch.handle", "Code": code}
    create = client("lambda").create_function
    return [str(create(FunctionName=name, **shared)["FunctionArn"]) for name in names]


def test_watch_that_fails(world: World) -> None:
    """The stack's watch fails the staged number of times without its handler, and its metrics show it."""
    watch, other = deploy("jobs-watch", "other")
    world.aws.faults.stage(Fault(Kind.INVOCATION), 2)
    world.aws.faults.stage(Fault(Kind.INVOCATION, reason="Out of memory"))
    found = [world.aws.functions.invoke(arn, "{}") for arn in (other, watch, watch, watch, watch)]
    assert [reply.error is None for reply in found] == [True, False, False, False, True]
    assert "Runtime exited with error: exit status 1" in found[1].lines[0]
    assert "Out of memory" in found[3].lines[0]
    assert found[4].lines == ["handled"]
    end = START + timedelta(minutes=1)
    errors = Metric.of(REGION, "AWS/Lambda", "Errors", FunctionName="jobs-watch")
    assert world.aws.metrics.values(errors, START, end) == [1, 1, 1, 0]


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
