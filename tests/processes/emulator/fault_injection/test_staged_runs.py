"""Staged failures of runs look the same as AWS's own, and end as configured."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.ecs.runner import Image, Runner
from emulator.fault_injection.faults import Kind, StagedStop, Status
from emulator.logs.log_streams import TaskLogs, read_log
from emulator.secrets.task_secrets import TaskSecrets
from emulator.timekeeping.timeline import Timeline
from tests.credentials import no_role
from tests.processes.emulator.fault_injection.staging import (
    ENDED,
    STARTED,
    STATUSES,
    errors,
    hourly,
    listen,
    once,
    stage,
)
from tests.processes.emulator.world import ACCOUNT, APP, GROUP, REGION, START, client, opened

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.ecs.task import Task
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
    assert [detail["lastStatus"] for detail in found] == ["PROVISIONING", "PENDING", *ENDED]
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
    stopped = [(state, "STOPPED") for state in (status, *ENDED)]
    assert told == [*((state, "RUNNING") for state in until), *stopped]
    world.advance(minutes=59)
    assert described(world) == task
    assert world.host.started == []


EXITED = ("EssentialContainerExited", "Essential container in task exited")
SPOT = ("SpotInterruption", "Your Spot Task was interrupted.")
MAINTENANCE = "ECS is performing maintenance on the underlying infrastructure hosting the task"
NOT_INSPECTED = "CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s"
ABORTED = (
    "The Task state in AWS Step Functions execution "
    f"[arn:aws:states:{REGION}:{ACCOUNT}:execution:nightly:1] which was managing this resource was aborted"
)
EXITS: dict[str, tuple[dict[str, Any], tuple[str | None, str | None], dict[str, Any], dict[str, Any]]] = {
    # what is staged, stop code and stopped reason, what the job's container shows, and what the sidecar shows
    "usual": ({}, EXITED, {"exitCode": 1}, {"exitCode": 137}),
    "code": ({"code": 42}, EXITED, {"exitCode": 42}, {"exitCode": 137}),
    "good": ({"code": 0}, EXITED, {"exitCode": 0}, {"exitCode": 137}),
    "reason": (
        {"code": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"},
        EXITED,
        {"exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"},
        {"exitCode": 137},
    ),
    "not inspected": ({"no_code": True}, EXITED, {"reason": NOT_INSPECTED}, {"exitCode": 137}),
    "timed out": (
        {"no_code": True, "reason": "ContainerRuntimeTimeoutError: Could not transition to stopped; timed out"},
        EXITED,
        {"reason": "ContainerRuntimeTimeoutError: Could not transition to stopped; timed out"},
        {"exitCode": 137},
    ),
    "lost host": (
        {"no_code": True, "stop_code": StagedStop.NONE, "reason": "Host EC2 (instance i-0a) terminated."},
        (None, "Host EC2 (instance i-0a) terminated."),
        {},
        {},
    ),
    "spot": ({"stop_code": StagedStop.SPOT_INTERRUPTION}, SPOT, {"exitCode": 143}, {"exitCode": 137}),
    "spot in time": ({"stop_code": StagedStop.SPOT_INTERRUPTION, "code": 0}, SPOT, {"exitCode": 0}, {"exitCode": 137}),
    "termination": (
        {"stop_code": StagedStop.TERMINATION_NOTICE, "code": 137},
        ("TerminationNotice", "Your Spot Task was interrupted."),
        {"exitCode": 137},
        {"exitCode": 137},
    ),
    "health": (
        {"stop_code": StagedStop.INFRASTRUCTURE_HEALTH},
        ("InfrastructureHealth", None),
        {"exitCode": 143},
        {"exitCode": 137},
    ),
    "maintenance": ({"stop_code": StagedStop.NONE}, (None, MAINTENANCE), {"exitCode": 143}, {"exitCode": 137}),
    "draining": (
        {"stop_code": StagedStop.NONE, "reason": "Task stopped during instance draining"},
        (None, "Task stopped during instance draining"),
        {"exitCode": 143},
        {"exitCode": 137},
    ),
    "service": (
        {"stop_code": StagedStop.SERVICE_SCHEDULER_INITIATED},
        ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/8646900195280463695)"),
        {"exitCode": 143},
        {"exitCode": 137},
    ),
    "operator": (
        {"stop_code": StagedStop.USER_INITIATED, "reason": "Enough"},
        ("UserInitiated", "Enough"),
        {"exitCode": 143},
        {"exitCode": 137},
    ),
    "step functions": (
        {"stop_code": StagedStop.USER_INITIATED, "reason": ABORTED},
        ("UserInitiated", ABORTED),
        {"exitCode": 143},
        {"exitCode": 137},
    ),
}


@pytest.mark.parametrize(("options", "stop", "own", "sidecar"), EXITS.values(), ids=EXITS)
def test_run_that_ends_otherwise(
    world: World,
    options: dict[str, Any],
    stop: tuple[str | None, str | None],
    own: dict[str, Any],
    sidecar: dict[str, Any],
) -> None:
    """A run that started ends with the staged code, stop code and reason; ECS tells first when it stops the run."""
    hourly(world)
    stage(world, Kind.EXIT, **options)
    found = listen(world)
    world.advance(hours=1)
    told = [(detail["lastStatus"], detail["desiredStatus"] == "STOPPED") for detail in found]
    ends = ["RUNNING", *ENDED] if "stop_code" in options else ENDED
    assert told == [*((state, False) for state in STARTED), *((state, True) for state in ends)]
    for detail in found[3:]:
        assert (detail.get("stopCode"), detail.get("stoppedReason")) == stop
    for detail in found[-2:]:
        assert detail["startedAt"] == "2027-01-04T01:00:00.000Z"
        shown = [{name: each[name] for name in ("exitCode", "reason") if name in each} for each in detail["containers"]]
        assert shown == [own, sidecar]
        assert {container["lastStatus"] for container in detail["containers"]} == {"STOPPED"}
        assert all("runtimeId" in container for container in detail["containers"])
    assert [{"exitCode", "reason"} & container.keys() for container in found[-3]["containers"]] == [set()] * 2


def test_warning(world: World) -> None:
    """A run that ECS stops is told so, and its containers may go on until the warning is over."""
    once(world)
    stage(world, Kind.EXIT, stop_code=StagedStop.SPOT_INTERRUPTION, code=0, warning=90.0)
    found = listen(world)
    world.advance(hours=1, seconds=89)
    assert [detail["lastStatus"] for detail in found] == [*STARTED, "RUNNING"]
    assert (found[-1]["desiredStatus"], found[-1]["stopCode"]) == ("STOPPED", "SpotInterruption")
    assert world.host.started == []
    world.advance(seconds=1)
    task = described(world)
    assert task["stoppedAt"] - task["stoppingAt"] == timedelta(seconds=90)
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("SpotInterruption", 0)


OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
SIDECARS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # what is staged, what the sidecar shows, and what else is staged for the run
    "usual": ({}, {"name": "proxy", "exitCode": 137, "reason": OUT_OF_MEMORY}, {}),
    "given": (
        {"container": "proxy", "code": 1, "reason": "No"},
        {"name": "proxy", "exitCode": 1, "reason": "No"},
        {"code": 0},
    ),
    "another": ({"container": "envoy"}, {"name": "envoy", "exitCode": 137, "reason": OUT_OF_MEMORY}, {"code": 3}),
}


@pytest.mark.parametrize(("options", "dead", "end"), SIDECARS.values(), ids=SIDECARS)
def test_sidecar_that_dies(world: World, options: dict[str, Any], dead: dict[str, Any], end: dict[str, Any]) -> None:
    """A sidecar dies while the job runs, the task must stop because of it, and the job's container ends after it."""
    hourly(world)
    stage(world, Kind.SIDECAR, **options)
    if end:
        stage(world, Kind.EXIT, **end)
    found = listen(world)
    world.advance(hours=1)
    assert [(detail["lastStatus"], detail["desiredStatus"]) for detail in found] == [
        *((state, "RUNNING") for state in STARTED),
        *((state, "STOPPED") for state in ("RUNNING", *ENDED)),
    ]
    ended = {"lastStatus": "STOPPED", "exitCode": end.get("code", 143)}
    for detail, own in zip(found[3:], ({"lastStatus": "RUNNING"}, ended, ended), strict=True):
        assert (detail["stopCode"], detail["stoppedReason"]) == EXITED
        shown = {
            each["name"]: {name: each[name] for name in ("lastStatus", "exitCode", "reason") if name in each}
            for each in detail["containers"]
        }
        assert shown["app"] == own
        assert {"name": dead["name"], **shown[dead["name"]]} == {"lastStatus": "STOPPED", **dead}
    world.advance(hours=1)
    assert found[-1]["containers"][0]["exitCode"] == 0


def test_sidecar_of_a_container_alone(world: World) -> None:
    """A task with one container has a sidecar while that is staged to die."""
    world.define(APP)
    once(world)
    stage(world, Kind.SIDECAR)
    world.advance(hours=1)
    assert [(each["name"], each["exitCode"]) for each in described(world)["containers"]] == [
        ("app", 143),
        ("sidecar", 137),
    ]


@pytest.mark.parametrize("kind", [Kind.SLOW, Kind.HANG])
def test_run_that_lasts(world: World, kind: Kind) -> None:
    """A run that is slow or hangs is RUNNING while time and other runs go on; then it starts once, and ends."""
    once(world)
    hourly(world, "import")
    stage(world, kind, seconds=5400.0)
    found = listen(world)
    world.advance(hours=2)
    (task,) = [task for task in world.aws.tasks.all() if task.group.endswith("report")]
    assert (task.last_status, task.main.exit_code) == ("RUNNING", None)
    assert [started.group for started in world.host.started] == [f"{GROUP}:import"] * 2
    world.advance(minutes=30)
    assert (task.last_status, task.main.exit_code) == ("STOPPED", 0)
    assert (task.started_at, task.stopped_at) == (START + timedelta(hours=1), START + timedelta(hours=2, minutes=30))
    assert [detail["lastStatus"] for detail in found if detail["taskArn"] == task.arn] == STATUSES


def stopped(world: World, container: dict[str, Any], **given: str) -> tuple[Task, list[dict[str, Any]]]:
    """Stop a run an hour after its launch; return it, and the events of its end."""
    world.define({**APP, **container})
    once(world)
    found = listen(world)
    world.advance(hours=2)
    (task,) = world.aws.tasks.all()
    client("ecs").stop_task(cluster="main", task=task.arn, **given)
    return task, found


SHOWN = ("lastStatus", "desiredStatus", "version", "stopCode", "stoppedReason")
ENOUGH = ("UserInitiated", "Enough")


def test_slow_run_that_is_stopped(world: World) -> None:
    """A run that is slow ends when it is asked to, at once; it never does its work."""
    stage(world, Kind.SLOW)
    task, found = stopped(world, {}, reason="Enough")
    assert [tuple(detail.get(name) for name in SHOWN) for detail in found[3:]] == [
        ("RUNNING", "STOPPED", 4, *ENOUGH),
        ("DEPROVISIONING", "STOPPED", 5, *ENOUGH),
        ("STOPPED", "STOPPED", 6, *ENOUGH),
    ]
    assert (task.main.exit_code, task.stopped_at) == (143, START + timedelta(hours=2))
    assert world.aws.agenda.next_moment() == START + timedelta(hours=7), "only the end of the run that is over"
    world.advance(hours=7)
    assert task not in world.host.started
    assert len(found) == 6


def test_stop_without_a_reason(world: World) -> None:
    """A stop has ECS's words where the caller gives none."""
    stage(world, Kind.SLOW)
    task, _ = stopped(world, {})
    assert (task.stop_code, task.stopped_reason) == ("UserInitiated", "Task stopped by user")


@pytest.mark.parametrize(("container", "seconds"), [({}, 30), ({"stopTimeout": 2}, 2), ({"stopTimeout": 120}, 120)])
def test_hanging_run_that_is_stopped(world: World, container: dict[str, int], seconds: int) -> None:
    """A run that hangs ignores SIGTERM, and is killed after its stop timeout, by the sandbox's clock."""
    stage(world, Kind.HANG)
    task, found = stopped(world, container, reason="Enough")
    world.advance(seconds=seconds - 1)
    assert (task.last_status, task.desired_status, task.main.exit_code) == ("RUNNING", "STOPPED", None)
    assert client("ecs").list_tasks(cluster="main")["taskArns"] == []
    world.advance(seconds=1)
    assert [tuple(detail.get(name) for name in SHOWN) for detail in found[3:]] == [
        ("RUNNING", "STOPPED", 4, *ENOUGH),
        ("DEPROVISIONING", "STOPPED", 5, *ENOUGH),
        ("STOPPED", "STOPPED", 6, *ENOUGH),
    ]
    assert (task.main.exit_code, task.stopping_at) == (137, START + timedelta(hours=2))
    assert task.execution_stopped_at == task.stopped_at == START + timedelta(hours=2, seconds=seconds)
    world.advance(hours=7)
    assert task not in world.host.started
    assert len(found) == 6


def test_hang_that_ends_before_it_is_killed(world: World) -> None:
    """A run whose hang ends between SIGTERM and SIGKILL does its work, and nobody is killed."""
    stage(world, Kind.HANG, seconds=3610.0)
    task, found = stopped(world, {}, reason="Enough")
    world.advance(hours=1)
    assert (task.main.exit_code, task.stopped_at) == (0, START + timedelta(hours=2, seconds=10))
    assert (task.stop_code, task.stopped_reason) == ENOUGH
    assert [detail["lastStatus"] for detail in found[3:]] == ["RUNNING", *ENDED]


@pytest.mark.parametrize("kind", [Kind.SLOW, Kind.HANG])
def test_process_that_is_not_started(tmp_path: Path, kind: Kind) -> None:
    """A run that lasts has no process until its end, so that no time passes for real."""
    runner = Runner(
        {"app": Image(tmp_path)}, {"PATH": "/usr/bin:/bin"}, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), no_role
    )
    with opened(runner) as world:
        once(world)
        stage(world, kind)
        world.advance(hours=2)
        assert runner.settle(0)
        (task,) = world.aws.tasks.all()
        assert task.last_status == "RUNNING"


def test_what_a_run_that_lasts_needs(tmp_path: Path) -> None:
    """A run gets its image, secrets and log before it lasts, and keeps them."""
    runner = Runner(
        {"app": Image(tmp_path)}, {"PATH": "/usr/bin:/bin"}, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), no_role
    )
    with opened(runner) as world:
        once(world)
        stage(world, Kind.HANG, seconds=60.0)
        world.advance(minutes=61)
        client("logs").delete_log_group(logGroupName="/app")
        world.advance(minutes=5)
        assert runner.settle(30)
        (task,) = world.aws.tasks.all()
        assert (task.stop_code, task.main.exit_code) == ("EssentialContainerExited", 0)


def test_run_that_would_last_but_lacks_something(tmp_path: Path) -> None:
    """A run without its log does not start, so it does not hang either."""
    runner = Runner(
        {"app": Image(tmp_path)}, {"PATH": "/usr/bin:/bin"}, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), no_role
    )
    with opened(runner) as world:
        once(world)
        stage(world, Kind.HANG)
        client("logs").delete_log_group(logGroupName="/app")
        world.advance(hours=1)
        (task,) = world.aws.tasks.all()
        assert (task.stop_code, task.last_status) == ("TaskFailedToStart", "STOPPED")


def test_hang_and_exit(world: World) -> None:
    """A run may hang, and then end otherwise than its process."""
    hourly(world)
    stage(world, Kind.HANG, seconds=60.0)
    stage(world, Kind.EXIT, code=9)
    world.advance(minutes=61)
    assert [task.main.exit_code for task in world.aws.tasks.all()] == [9]


def test_stop_of_a_run_that_ends_otherwise(world: World) -> None:
    """A stop that comes first has its reason and its end, also when another one is staged for later."""
    once(world)
    stage(world, Kind.SLOW)
    stage(world, Kind.EXIT, stop_code=StagedStop.SPOT_INTERRUPTION, code=0)
    world.advance(hours=1)
    client("ecs").stop_task(cluster="main", task=described(world)["taskArn"], reason="Enough")
    task = described(world)
    assert (task["stopCode"], task["stoppedReason"], task["containers"][0]["exitCode"]) == (
        "UserInitiated",
        "Enough",
        143,
    )
    world.advance(minutes=59)
    assert described(world) == task


def test_interrupted_after_hours(world: World) -> None:
    """A run may hang until ECS stops it; it is told so once, at the end of its hang."""
    once(world)
    stage(world, Kind.HANG, seconds=3600.0)
    stage(world, Kind.EXIT, stop_code=StagedStop.SPOT_INTERRUPTION)
    found = listen(world)
    world.advance(hours=2)
    assert [(detail["lastStatus"], detail["updatedAt"][11:16]) for detail in found[2:]] == [
        ("RUNNING", "01:00"),
        ("RUNNING", "02:00"),
        ("DEPROVISIONING", "02:00"),
        ("STOPPED", "02:00"),
    ]
    assert (found[-1]["stopCode"], found[-1]["containers"][0]["exitCode"]) == ("SpotInterruption", 143)


def seen(world: World, arn: str) -> tuple[str, list[str], list[str]]:
    """Return the state of a task in DescribeTasks, and what ListTasks lists as wanted running and as stopped."""
    ecs = client("ecs")
    tasks = ecs.describe_tasks(cluster="main", tasks=[arn], include=["TAGS"])["tasks"]
    state = "MISSING" if not tasks else f"{tasks[0]['lastStatus']} {len(tasks[0]['tags'])}"
    lists = [ecs.list_tasks(cluster="main", desiredStatus=wanted)["taskArns"] for wanted in ("RUNNING", "STOPPED")]
    del world
    return (state, *lists)


def test_answers_that_are_behind(world: World) -> None:
    """ECS knows a run later, shows it as it was, and tells events at once; the answer of StopTask is new."""
    once(world)
    stage(world, Kind.STALE, seconds=120.0)
    stage(world, Kind.SLOW)
    found = listen(world)
    world.advance(hours=1)
    (task,) = world.aws.tasks.all()
    assert [detail["lastStatus"] for detail in found] == STARTED
    assert seen(world, task.arn) == ("MISSING", [], [])
    world.advance(seconds=119)
    assert seen(world, task.arn) == ("MISSING", [], [])
    world.advance(seconds=1)
    assert seen(world, task.arn) == ("RUNNING 1", [task.arn], [])
    stopped = client("ecs").stop_task(cluster="main", task=task.arn)["task"]
    assert (stopped["lastStatus"], found[-1]["lastStatus"]) == ("STOPPED", "STOPPED")
    world.advance(seconds=119)
    assert seen(world, task.arn) == ("RUNNING 1", [task.arn], [])
    world.advance(seconds=1)
    assert seen(world, task.arn) == ("STOPPED 0", [], [task.arn])


def test_answers_about_others(world: World) -> None:
    """Only the staged run is shown late."""
    hourly(world)
    stage(world, Kind.STALE, seconds=7200.0)
    world.advance(hours=2)
    first, second = world.aws.tasks.all()
    assert seen(world, first.arn)[0] == "MISSING"
    assert seen(world, second.arn) == ("STOPPED 0", [], [second.arn])


def test_processes(tmp_path: Path) -> None:
    """A process prints although its code is replaced; the log and end of a run that hung have their real times."""
    runner = Runner(
        {"app": Image(tmp_path)}, {"PATH": "/usr/bin:/bin"}, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), no_role
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


@pytest.mark.parametrize(
    ("mode", "lines", "kept"),
    [
        (None, 2, ["1"]),
        ("non-blocking", 9, []),
        ("blocking", 2, ["1", "2", "3"]),
    ],
    ids=["by default", "all", "blocking"],
)
def test_lost_lines(tmp_path: Path, mode: str | None, lines: int, kept: list[str]) -> None:
    """The last lines of a log are lost unless the log driver blocks; the next run's log is complete."""
    runner = Runner(
        {"app": Image(tmp_path)}, {"PATH": "/usr/bin:/bin"}, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), no_role
    )
    with opened(runner) as world:
        timeline = Timeline(world.clock, [world.scheduler], lambda: runner.settle(30))
        logging = APP["logConfiguration"]
        options = {**logging["options"], **({} if mode is None else {"mode": mode})}
        logged = {**logging, "options": options}
        world.define({**APP, "command": ["printf", "1\\n2\\n3\\n"], "logConfiguration": logged})
        hourly(world)
        stage(world, Kind.LOSE_LOG, lines=lines)
        timeline.advance(START + timedelta(hours=2))
        logs = [read_log(ACCOUNT, REGION, "/app", f"ecs/app/{task.id}") for task in world.aws.tasks.all()]
    assert logs == [kept, ["1", "2", "3"]]
