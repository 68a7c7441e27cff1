"""Tests of `python -m ops logs` with a deployed program."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.iam.policy_evaluation import evaluate
from emulator.logs.log_streams import make_log_group, write_log
from ops.running import following
from tests import permissions
from tests.components.embedded import ACCOUNT, LOGS, REGION, EmbeddedCloud, register
from tests.components.operators import Operator, allowed, without
from tests.components.stacks import CLUSTER, PLACE
from tests.components.test_list import GROUP, NOW, WHERE, deploy, program
from tests.components.test_stop import launch
from tests.components.watching import FUNCTION
from watch.records import JobRecord, Run, Tick
from watch.task import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from watch.ledger import Ledger

TICK, BEFORE = "2027-02-03T01:00:00Z", "2027-02-02T01:00:00Z"
FIRST, SECOND = "1" * 32, "2" * 32
TASKS = f"arn:aws:ecs:{PLACE}:task/staging/"


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `logs`."""
    return Operator(cloud, monkeypatch, capsys, "logs", NOW)


@pytest.fixture
def ledger(cloud: EmbeddedCloud) -> Ledger:
    """Return the ledger of a deployed job with two ticks that failed; each run wrote two lines."""
    register(cloud, "web", {"app": True, "sidecar": False}, log=LOGS)
    definition = cloud.client("ecs").describe_task_definition(taskDefinition="web")["taskDefinition"]
    made = deploy(cloud, program())
    ticks = [
        Tick("nightly-report", "nightly-report", tick, "failed", runs={task: ended(task, tick, definition)})
        for task, tick in ((FIRST, BEFORE), (SECOND, TICK))
    ]
    assert made.save(JobRecord("nightly-report"), ticks, NOW)
    make_log_group(ACCOUNT, REGION, "/ecs/web")
    for number, task in enumerate((FIRST, SECOND)):
        write(task, f"begin {number}", "end")
        write(task, f"beside {number}", container="sidecar", late=1)
    return made


def ended(task: str, tick: str, definition: dict[str, str]) -> Run:
    """Return a run that failed."""
    return Run(
        TASKS + task, 3, "STOPPED", definition["taskDefinitionArn"], "app", created=tick, outcome="failed", exit_code=1
    )


def write(task: str, *lines: str, container: str = "app", late: int = 0) -> None:
    """Write lines as a container of a task does, a second after each other."""
    begin = NOW - timedelta(hours=1)
    timed = [(begin + timedelta(seconds=2 * number + late), line) for number, line in enumerate(lines)]
    write_log(ACCOUNT, REGION, "/ecs/web", f"ecs/{container}/{task}", timed)


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ((), 1),
        (("--tick", BEFORE), 0),
        (("--run", FIRST), 0),
        (("--run", TASKS + SECOND), 1),
    ],
    ids=["latest", "tick", "id", "ARN"],
)
def test_prints_the_log_of_a_run(ledger: Ledger, operator: Operator, options: tuple[str, ...], number: int) -> None:
    """Standard output has the log of the job's container only; standard error says which run it is."""
    ledger.settle_origin(FIRST, Origin("nightly-report", BEFORE, "app"), NOW)
    task, tick = ((FIRST, BEFORE), (SECOND, TICK))[number]
    code, out, err = operator.runs("nightly-report", *WHERE, *options)
    assert (code, out) == (0, f"begin {number}\nend\n")
    assert err == f"nightly-report, tick {tick}, task {task}: failed\n"


def test_prints_it_as_json(ledger: Ledger, operator: Operator) -> None:
    """The output with --json is JSON with all values, also of the sidecars if they are wanted."""
    code, out, _ = operator.runs("nightly-report", *WHERE, "--all-containers", "--json")
    assert code == 0
    assert json.loads(out) == {
        "group": GROUP,
        "region": REGION,
        "schedule": "nightly-report",
        "tick": TICK,
        "task": TASKS + SECOND,
        "lines": [
            {"at": "2027-02-03T08:00:00.000Z", "container": "app", "text": "begin 1"},
            {"at": "2027-02-03T08:00:01.000Z", "container": "sidecar", "text": "beside 1"},
            {"at": "2027-02-03T08:00:02.000Z", "container": "app", "text": "end"},
        ],
    }


def test_names_the_containers(ledger: Ledger, operator: Operator) -> None:
    """With several logs each line begins with its container, and characters that a terminal obeys are written out."""
    write(SECOND, "\x1b[31mred\tend", late=9)
    code, out, _ = operator.runs("nightly-report", *WHERE, "--all-containers")
    assert (code, out) == (0, "app: begin 1\nsidecar: beside 1\napp: end\napp: \\x1b[31mred\tend\n")


def test_follows_a_run_until_it_ends(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that the ledger does not have yet is found in ECS, and what it writes at its end is shown."""
    arn = launch(cloud)
    task = arn.rpartition("/")[2]

    def steps() -> Iterator[None]:
        write(task, "begin")
        yield
        write(task, "end", late=1)
        cloud.embedded.tasks.all()[-1].deprovisioned(NOW)
        yield
        write(task, "after the end", late=2)
        yield

    coming = steps()
    monkeypatch.setattr(following, "_sleep", lambda _: next(coming, None))
    code, out, err = operator.runs("nightly-report", *WHERE, "--follow")
    assert (code, out) == (0, "begin\nend\nafter the end\n")
    assert err == f"nightly-report, tick {TICK}, task {task}: running\n"
    assert "logs:FilterLogEvents" not in operator.called()


def test_what_is_not_found_is_one_line(cloud: EmbeddedCloud, ledger: Ledger, operator: Operator) -> None:
    """The message has what was received."""
    for options, said in {
        ("nightly-report", "--run", "3" * 32): f"no run of nightly-report has the task {'3' * 32}",
        ("nightly-report", "--tick", "2027-02-01T01:00:00Z"): (
            "no run of nightly-report is known for the tick 2027-02-01T01:00:00Z"
        ),
        ("nightly", "--tick", TICK): (
            f"the ledger of group {GROUP} ({REGION}) knows no nightly; did you mean 'nightly-report'?"
        ),
    }.items():
        assert operator.fails(*options, *WHERE) == said
    register(cloud, "web", {"app": True}, log=None)
    launch(cloud)
    [task] = cloud.embedded.tasks.all()
    said = "the container does not use the awslogs log driver"
    assert operator.fails("nightly-report", *WHERE) == f"the log of task {task.id} cannot be found: {said}"


def test_a_run_of_another_job_is_not_found(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A task counts for its own job only."""
    ledger = deploy(cloud, program(jobs=("cleanup", "nightly-report")))
    run = Run(TASKS + FIRST, 3, "STOPPED", container="app", created=TICK, outcome="failed")
    assert ledger.save(JobRecord("cleanup"), [Tick("cleanup", "cleanup", TICK, "failed", runs={FIRST: run})], NOW)
    ledger.settle_origin(FIRST, Origin("cleanup", TICK, "app"), NOW)
    said = f"no run of nightly-report has the task {FIRST}"
    assert operator.fails("nightly-report", *WHERE, "--run", FIRST) == said


def test_who_looks_may_read_logs(cloud: EmbeddedCloud, ledger: Ledger, operator: Operator) -> None:
    """The policy in docs/permissions.md allows every call. Without any action of them, one is refused."""
    launch(cloud)
    assert operator.runs("nightly-report", *WHERE)[0] == 0
    names = {"group": GROUP, "account": ACCOUNT, "region": REGION, "watch": FUNCTION}
    policy = permissions.policy(permissions.LOOK, **names, cluster=CLUSTER.rpartition("/")[2], log_group="/ecs/web")
    asked = operator.asked()
    assert "logs:GetLogEvents" in {each.action for each in asked}
    assert [str(evaluate(each, [policy]).reason) for each in asked if not evaluate(each, [policy]).allowed] == []
    for action in {each.action for each in asked}:
        assert not allowed(asked, without(policy, action)), action
