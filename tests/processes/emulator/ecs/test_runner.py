"""Tasks run as real processes, and end as ECS's tasks end."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from moto.logs.models import logs_backends

from emulator.ecs.runner import Image, Runner, log_stream
from emulator.logs.log_streams import TaskLogs, read_log
from emulator.secrets.task_secrets import TaskSecrets
from tests.processes.emulator.world import ACCOUNT, APP, REGION, TASK_ROLE, client, document, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from emulator.ecs.task import Task
    from tests.processes.emulator.world import World

PATIENCE = 30.0
LOGGER = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
NO_GROUP = (
    f"{LOGGER}failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not "
    "exist. : exit status 1"
)
FOREVER = "sleep 600"
PRINTS_ROLE = {"name": "app", "command": ["/bin/sh", "-c", "echo ${ROLE:-none}"]}


def keys_of(role: str) -> dict[str, str]:
    """Return the credentials of a role."""
    return {"ROLE": role}


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    """Return a runner that has one image, `app`."""
    (tmp_path / "work").mkdir()
    environment = {"PATH": "/usr/bin:/bin", "SHARED": "sandbox", "COLOUR": "sandbox", "IMAGE": "sandbox"}
    images = {"app": Image(tmp_path, {"IMAGE": "image", "SIZE": "image"})}
    made = Runner(images, environment, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), keys_of)
    yield made
    made.stop_all()
    assert made.settle(PATIENCE)


@pytest.fixture
def world(runner: Runner) -> Iterator[World]:
    """Return an account whose tasks run as processes."""
    with opened(runner) as made:
        yield made


def start(world: World, script: str, **override: Any) -> Task:  # noqa: ANN401 - members of a container override
    """Run a task whose container runs a shell script."""
    override = {"name": "app", "command": ["/bin/sh", "-c", script], **override}
    world.run(overrides={"containerOverrides": [override]})
    return world.aws.tasks.all()[-1]


def ran(world: World, runner: Runner, script: str, **override: Any) -> Task:  # noqa: ANN401 - as start
    """Run a task until it ends."""
    task = start(world, script, **override)
    assert runner.settle(PATIENCE)
    return task


def log(task: Task) -> list[str]:
    """Return a task's log, read from where AWS would write it."""
    return read_log(ACCOUNT, REGION, "/app", f"ecs/app/{task.id}")


def running(task: Task, runner: Runner) -> psutil.Process:
    """Return the process of a running task."""
    return psutil.Process(runner._runs[task.id].process.pid)


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process still runs."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_environment(world: World, runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The override wins over the definition, then the image, then the sandbox's variables; there are no others."""
    monkeypatch.setenv("SECRET", "of the caller")
    monkeypatch.setenv("AWS_PROFILE", "production")
    task = ran(world, runner, "env", environment=[{"name": "COLOUR", "value": "blue=1"}, {"name": "JOB", "value": ""}])
    shell = {"PWD", "SHLVL", "_", "OLDPWD"}
    found = dict(line.split("=", 1) for line in log(task))
    assert {name: value for name, value in found.items() if name not in shell} == {
        "PATH": "/usr/bin:/bin",
        "SHARED": "sandbox",
        "IMAGE": "image",
        "SIZE": "small",
        "COLOUR": "blue=1",
        "JOB": "",
        "ROLE": f"arn:aws:iam::{ACCOUNT}:role/task",
    }


def test_credentials_are_the_task_role_s(world: World, runner: Runner) -> None:
    """An override's role replaces the task definition's role, and a task without a role has no credentials."""
    world.run(overrides={"taskRoleArn": "arn:aws:iam::123456789012:role/other", "containerOverrides": [PRINTS_ROLE]})
    world.define(APP, taskRoleArn=None)
    world.run(overrides={"containerOverrides": [PRINTS_ROLE]})
    assert runner.settle(PATIENCE)
    assert [log(task) for task in world.aws.tasks.all()] == [["arn:aws:iam::123456789012:role/other"], ["none"]]


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 3", 3), ("kill -TERM $$", 143), ("kill -KILL $$", 137), ("exit 255", 255)],
    ids=["good", "bad", "terminated", "killed", "the-largest"],
)
def test_exit_code(world: World, runner: Runner, script: str, code: int) -> None:
    """The exit code is the process's, or 128 plus the number of its signal; the sidecar's is 137."""
    task = ran(world, runner, script)
    assert {container.name: container.exit_code for container in task.containers} == {"app": code, "proxy": 137}
    assert (task.stop_code, task.last_status) == ("EssentialContainerExited", "STOPPED")


def test_log(world: World, runner: Runner) -> None:
    """Both outputs go to one log stream in order, line by line, and bytes that are not text are replaced."""
    task = ran(world, runner, "echo one; echo two >&2; printf 'l\\351gal\\n'; printf 'caf\\303\\251'")
    assert log(task) == ["one", "two", "l\ufffdgal", "café"]
    streams = client("logs").describe_log_streams(logGroupName="/app")["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == [f"ecs/app/{task.id}"]
    times = [
        e["timestamp"]
        for e in client("logs").get_log_events(logGroupName="/app", logStreamName=f"ecs/app/{task.id}")["events"]
    ]
    assert times == sorted(times)
    assert task.started_at is not None
    assert task.stopped_at is not None
    assert task.started_at.timestamp() * 1000 <= times[0] <= times[-1] <= task.stopped_at.timestamp() * 1000


def test_silent(world: World, runner: Runner) -> None:
    """A job that prints nothing has an empty log stream."""
    task = ran(world, runner, "true")
    assert log(task) == []
    assert len(client("logs").describe_log_streams(logGroupName="/app")["logStreams"]) == 1


CANNOT_START: dict[str, tuple[list[str], str]] = {
    "no such command": (["build-report", "--now"], 'exec: "build-report": No such file or directory'),
    "not executable": (["/dev/null"], 'exec: "/dev/null": Permission denied'),
    "a null in it": (["echo", "a\0b"], 'exec: "echo": embedded null byte'),
}


@pytest.mark.parametrize(("command", "line"), CANNOT_START.values(), ids=CANNOT_START)
def test_command_that_cannot_be_run(world: World, runner: Runner, command: list[str], line: str) -> None:
    """A command that cannot be run stops with 127, and the log has the reason."""
    world.define({**APP, "command": command})
    world.run()
    (task,) = world.aws.tasks.all()
    assert runner.settle(PATIENCE)
    assert (task.main.exit_code, task.stop_code) == (127, "EssentialContainerExited")
    assert log(task) == [line]


def test_working_directory(world: World, runner: Runner, tmp_path: Path) -> None:
    """A container runs in its image's folder or in the folder that its definition sets; a missing one is reported."""
    assert log(ran(world, runner, "pwd")) == [str(tmp_path)]
    world.define({**APP, "workingDirectory": "/work"})
    assert log(ran(world, runner, "pwd")) == [str(tmp_path / "work")]
    world.define({**APP, "workingDirectory": "/gone"})
    task = ran(world, runner, "pwd")
    assert task.main.exit_code == 127
    assert "/gone" in log(task)[0]


def test_entry_point(world: World, runner: Runner) -> None:
    """The entry point stays when the command is overridden."""
    world.define({**APP, "entryPoint": ["/bin/echo", "-n"], "command": ["default"]})
    world.run()
    world.run(overrides={"containerOverrides": [{"name": "app", "command": ["given"]}]})
    assert runner.settle(PATIENCE)
    assert [log(task) for task in world.aws.tasks.all()] == [["default"], ["given"]]


def logs_to(**options: str) -> dict[str, Any]:
    """Return the container `app` with other options of its log driver."""
    logging = APP["logConfiguration"]
    given = {name.replace("_", "-"): value for name, value in options.items()}
    return {**APP, "logConfiguration": {**logging, "options": {**logging["options"], **given}}}


def test_log_of_another_region(world: World, runner: Runner) -> None:
    """A container logs to the region that its options name."""
    elsewhere = logs_backends[ACCOUNT]["us-east-1"]
    elsewhere.create_log_group("/elsewhere", {})
    world.define(logs_to(awslogs_region="us-east-1", awslogs_group="/elsewhere"))
    task = ran(world, runner, "echo far away")
    assert read_log(ACCOUNT, "us-east-1", "/elsewhere", f"ecs/app/{task.id}") == ["far away"]
    assert log_stream(task) == ("us-east-1", "/elsewhere", f"ecs/app/{task.id}")


def test_log_group_that_is_created(world: World, runner: Runner) -> None:
    """The log driver creates the group when its options say so, once, if the execution role may."""
    world.define(logs_to(awslogs_group="/made", awslogs_create_group="true"))
    allow("logs:CreateLogGroup", "/made")
    tasks = [ran(world, runner, "true") for _ in range(2)]
    streams = client("logs").describe_log_streams(logGroupName="/made")["logStreams"]
    assert {stream["logStreamName"] for stream in streams} == {f"ecs/app/{task.id}" for task in tasks}


def test_log_group_that_the_role_may_not_create(world: World, runner: Runner) -> None:
    """Without the permission the task does not start, unless the group exists."""
    world.define(logs_to(awslogs_group="/made", awslogs_create_group="true"))
    allow("logs:CreateLogGroup", "/other")
    world.run()
    (task,) = world.aws.tasks.all()
    assert task.stop_code == "TaskFailedToStart"
    assert task.stopped_reason is not None
    assert task.stopped_reason.startswith(
        f"{LOGGER}failed to create Cloudwatch log group: AccessDeniedException: User: {TASK_ROLE} is not authorized to "
        f"perform: logs:CreateLogGroup on resource: arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/made:log-stream: "
    )
    assert not client("logs").describe_log_groups(logGroupNamePrefix="/made")["logGroups"]
    client("logs").create_log_group(logGroupName="/made")
    assert ran(world, runner, "true").main.exit_code == 0


def test_execution_role_of_an_override_creates_the_group(world: World, runner: Runner) -> None:
    """An override replaces the execution role; without any, the role of the instance is not judged."""
    world.define(logs_to(awslogs_group="/made", awslogs_create_group="true"))
    world.run(overrides={"executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/none"})
    on_machines = {"requiresCompatibilities": ["EC2"], "executionRoleArn": None}
    world.define(logs_to(awslogs_group="/made", awslogs_create_group="true"), **on_machines)
    world.run()
    assert runner.settle(PATIENCE)
    assert [task.stop_code for task in world.aws.tasks.all()] == ["TaskFailedToStart", "EssentialContainerExited"]


def test_log_without_a_prefix(world: World, runner: Runner) -> None:
    """On machines the options need no prefix; the stream is then named by the container's id in the runtime."""
    options = {name: value for name, value in APP["logConfiguration"]["options"].items() if "prefix" not in name}
    bare = {**APP, "logConfiguration": {"logDriver": "awslogs", "options": options}}
    world.define(bare, requiresCompatibilities=["EC2"])
    task = ran(world, runner, "echo here")
    (container,) = task.described()["containers"]
    assert log_stream(task) == (REGION, "/app", container["runtimeId"])
    assert read_log(ACCOUNT, REGION, "/app", container["runtimeId"]) == ["here"]


def allow(action: str, group: str) -> None:
    """Let the execution role do something to a log group."""
    statement = {
        "Effect": "Allow",
        "Action": action,
        "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*",
    }
    client("iam").put_role_policy(RoleName="task", PolicyName="logs", PolicyDocument=document(statement))


@pytest.mark.parametrize(
    ("command", "lines", "code"),
    [(["echo", "lost", "words"], [""], 0), (["false", "--never"], [], 1), (["echo whole line"], ["whole line"], 0)],
    ids=["several words", "a program that fails", "one word"],
)
def test_a_shell_as_entry_point_runs_one_word(
    world: World, runner: Runner, command: list[str], lines: list[str], code: int
) -> None:
    """After `sh -c` only the first word of the command is the script, as in a container on ECS."""
    world.define({**APP, "entryPoint": ["/bin/sh", "-c"]})
    world.run(overrides={"containerOverrides": [{"name": "app", "command": command}]})
    assert runner.settle(PATIENCE)
    (task,) = world.aws.tasks.all()
    assert (log(task), task.main.exit_code) == (lines, code)


@pytest.mark.parametrize(
    ("container", "reason"),
    [
        pytest.param(logs_to(awslogs_region="us-east-1"), NO_GROUP, id="log-group-of-another-region"),
        pytest.param(
            {"image": "example.com/gone:2"}, "CannotPullContainerError: .*/gone:2: not found: no folder", id="image"
        ),
        pytest.param(logs_to(awslogs_group="/gone"), NO_GROUP, id="log-group"),
        pytest.param({"command": []}, "CannotStartContainerError: .*: args must not be empty", id="no-command"),
    ],
)
def test_not_started(world: World, runner: Runner, container: dict[str, Any], reason: str) -> None:
    """A task that cannot start stops before it runs, with no exit code, a reason and an event that has the reason."""
    published: list[dict[str, Any]] = []
    world.aws.tasks._publish = lambda _, event: published.append(dict(event))
    world.define({**APP, **container})
    world.run()
    (task,) = world.aws.tasks.all()
    detail = published[-1]["detail"]
    states = ["PROVISIONING", "PENDING", "DEPROVISIONING", "STOPPED"]
    assert [event["detail"]["lastStatus"] for event in published] == states
    assert detail["stopCode"] == "TaskFailedToStart"
    assert re.match(reason, detail["stoppedReason"])
    assert "startedAt" not in detail
    assert "exitCode" not in detail["containers"][0]
    assert detail["containers"][0]["reason"] == detail["stoppedReason"]
    assert task.main.exit_code is None


def test_log_group_that_goes(world: World, runner: Runner) -> None:
    """A task whose log group is deleted while it runs ends as usual."""
    task = start(world, "read line < ready; echo done")
    client("logs").delete_log_group(logGroupName="/app")
    (runner._images["app"].directory / "ready").write_text("now\n")
    assert runner.settle(PATIENCE)
    assert task.last_status == "STOPPED"


def test_stop(world: World, runner: Runner) -> None:
    """StopTask ends the process with all its children, and is the reason that the task shows."""
    task = start(world, f"echo up; {FOREVER} & wait")
    process = running(task, runner)
    client("ecs").stop_task(cluster="main", task=task.arn, reason="Enough")
    assert runner.settle(PATIENCE)
    assert all_end([process])
    assert (task.stop_code, task.stopped_reason, task.main.exit_code) == ("UserInitiated", "Enough", 143)


@pytest.mark.parametrize(("timeout", "seconds"), [(None, 30), (2, 2), (120, 120)])
def test_stop_of_what_does_not_listen(world: World, runner: Runner, timeout: int | None, seconds: int) -> None:
    """A process that ignores SIGTERM is killed after its container's stop timeout, by the sandbox's clock."""
    world.define({**APP, **({} if timeout is None else {"stopTimeout": timeout})})
    task = start(world, f"trap '' TERM; : > ready; {FOREVER}; {FOREVER}")
    wait_for(runner._images["app"].directory / "ready", task, runner)
    client("ecs").stop_task(cluster="main", task=task.arn)
    world.advance(seconds=seconds - 1)
    assert not runner.settle(0)
    assert (task.desired_status, task.last_status) == ("STOPPED", "RUNNING")
    world.advance(seconds=1)
    assert runner.settle(PATIENCE)
    assert (task.stop_code, task.main.exit_code) == ("UserInitiated", 137)


def test_patience(world: World, runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task is waited for as long as the patience in all, and for its stop timeout when it was asked to end."""
    world.define({**APP, "stopTimeout": 40})
    task = start(world, f"trap '' TERM; : > ready; {FOREVER}; {FOREVER}")
    wait_for(runner._images["app"].directory / "ready", task, runner)
    now, waits = time.monotonic(), list[float]()

    def join(_: threading.Thread, seconds: float) -> None:
        nonlocal now
        waits.append(round(seconds))
        now += seconds

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "join", join)
        patch.setattr("emulator.ecs.runner.time.monotonic", lambda: now)
        runner._runs[task.id].waited = 0.0
        for patience in (100, 120, 120):
            runner.settle(patience)
        runner.stop(task)
        for _ in range(2):
            runner.settle(200)
        runner.kill(task)
        runner.settle(200)
    runner._runs[task.id].waited = 0.0  # the rest is real time again
    assert waits == [100, 20, 0, 40, 0, 200 - 160]


def test_what_is_left_behind(world: World, runner: Runner) -> None:
    """A container ends with its first process; the children that it left are ended too, and delay nothing."""
    task = ran(world, runner, f"{FOREVER} & echo $!")
    assert task.main.exit_code == 0
    (pid,) = map(int, log(task))
    assert not psutil.pid_exists(pid) or all_end([psutil.Process(pid)])


def test_settle(world: World, runner: Runner) -> None:
    """A wait for tasks ends after its patience and says that a task runs; it can be called again later."""
    task = start(world, FOREVER)
    assert not runner.settle(0)
    assert task.last_status == "RUNNING"
    runner.stop(task)
    assert runner.settle(PATIENCE)
    assert runner.settle(0)


def test_stop_all(world: World, runner: Runner) -> None:
    """After a stop of all tasks no process is left, even if it ignores signals."""
    tasks = [start(world, f"trap '' TERM; {FOREVER} & {FOREVER}") for _ in range(2)]
    processes = [running(task, runner) for task in tasks]
    family = [*processes, *(child for process in processes for child in process.children(recursive=True))]
    runner.stop_all()
    assert runner.settle(PATIENCE)
    assert all_end(family)
    assert {task.main.exit_code for task in tasks} == {137}


def test_not_logged(world: World, runner: Runner) -> None:
    """A container without the awslogs driver runs, and writes no log."""
    world.define({name: value for name, value in APP.items() if name != "logConfiguration"})
    task = ran(world, runner, "echo unheard; exit 4")
    assert task.main.exit_code == 4
    assert client("logs").describe_log_streams(logGroupName="/app")["logStreams"] == []


@pytest.mark.parametrize(
    "reference", ["app", "app:2", "example.com:5000/app", "example.com/a/b/app:1@sha256:0", "app@sha256:0"]
)
def test_image_names(world: World, runner: Runner, reference: str) -> None:
    """An image is found by the last part of its name, without registry, tag and digest."""
    world.define({**APP, "image": reference, "command": [sys.executable, "-c", ""]})
    world.run()
    assert runner.settle(PATIENCE)
    assert world.aws.tasks.all()[0].main.exit_code == 0


def all_end(processes: list[psutil.Process]) -> bool:
    """Return whether all these processes end within a moment."""
    deadline = time.monotonic() + PATIENCE
    while any(map(is_alive, processes)) and time.monotonic() < deadline:
        os.sched_yield()
    return not any(map(is_alive, processes))


def wait_for(file: Path, task: Task, runner: Runner) -> None:
    """Wait until a task's process has created a file."""
    while not file.exists():
        assert not runner.settle(0.01), f"{task} ended"
