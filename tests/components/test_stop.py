"""Tests of `python -m ops stop` with a deployed program."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from emulator.gateway.gateway import AwsError
from emulator.iam.policy_evaluation import Request, evaluate
from supervision.flights import Launch
from tests import permissions
from tests.components.embedded import ACCOUNT, REGION, EmbeddedCloud
from tests.components.operators import Operator, allowed, without
from tests.components.stacks import CLUSTER, PLACE
from tests.components.test_list import GROUP, NOW, WHERE, deploy, program
from tests.components.test_rerun import table
from tests.components.watching import FUNCTION, LIMITS, supervised_program
from tests.unit.supervision.flying import flight
from watch import launches
from watch.ledger import Ledger
from watch.records import JobRecord, OpenRun
from watch.stops import AnnouncedStop

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call

TICK = "2027-02-03T01:00:00Z"
WHY = ("--reason", "locks the orders table")
SAID = "scheduled-jobs: stopped by moto: locks the orders table"
LEDGER = ("lambda:GetFunctionConfiguration", "dynamodb:BatchGetItem", "dynamodb:BatchGetItem")
FINDS = (*LEDGER, "ecs:ListTasks", "ecs:DescribeTasks")


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `stop`."""
    return Operator(cloud, monkeypatch, capsys, "stop", NOW)


def launch(cloud: EmbeddedCloud, schedule: str = "nightly-report", group: str = GROUP, cluster: str = "staging") -> str:
    """Start a run of a schedule's tick, and return its ARN."""
    environment = [{"name": "JOB_SCHEDULE", "value": schedule}, {"name": "JOB_SCHEDULED_TIME", "value": TICK}]
    network = {"subnets": ["subnet-0a"], "securityGroups": ["sg-01"]}
    with time_machine.travel(NOW - timedelta(minutes=2), tick=False):
        started = cloud.client("ecs").run_task(
            cluster=cluster,
            taskDefinition="web",
            group=f"{group}:{schedule.partition('.')[0]}",
            networkConfiguration={"awsvpcConfiguration": network},
            overrides={"containerOverrides": [{"name": "app", "environment": environment}]},
        )
    return str(started["tasks"][0]["taskArn"])


def described(cloud: EmbeddedCloud, arn: str) -> dict[str, Any]:
    """Return a task as ECS describes it."""
    [found] = cloud.client("ecs").describe_tasks(cluster="staging", tasks=[arn])["tasks"]
    return dict(found)


def wanted(cloud: EmbeddedCloud, *arns: str) -> list[str]:
    """Return which state ECS wants of these tasks."""
    return [described(cloud, arn)["desiredStatus"] for arn in arns]


def test_stops_the_runs_of_a_job(cloud: EmbeddedCloud, operator: Operator) -> None:
    """ECS keeps the reason with who gave it, and the runs of other jobs, groups and services go on."""
    deploy(cloud, program("a", "b", jobs=("nightly-report", "cleanup")))
    own = [launch(cloud, f"nightly-report.{key}") for key in ("a", "b")]
    others = [launch(cloud, "cleanup.a"), launch(cloud, group="other-staging")]
    code, out, err = operator.runs("nightly-report", *WHERE, *WHY)
    assert (code, err) == (0, "")
    stops = ("dynamodb:PutItem", "ecs:StopTask")
    assert operator.called() == (*FINDS, "sts:GetCallerIdentity", *stops, *stops)
    assert sorted(out.splitlines()) == sorted(
        f"Stopping task {arn.rpartition('/')[2]} on staging: nightly-report.{key}, tick {TICK}, PENDING "
        "since Wed 2027-02-03 08:58:00 UTC"
        for arn, key in zip(own, ("a", "b"), strict=True)
    )
    assert {described(cloud, arn)["stoppedReason"] for arn in own} == {SAID}
    assert wanted(cloud, *own, *others) == ["STOPPED", "STOPPED", "RUNNING", "RUNNING"]


def test_the_ledger_knows_of_a_stop_before_ecs(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stops the run, and why, stands in the ledger before StopTask. If ECS refuses, it is withdrawn."""
    ledger = deploy(cloud, program())
    arn = launch(cloud)
    task_id = arn.rpartition("/")[2]
    seen: list[AnnouncedStop | None] = []

    def refuse(_: Call) -> None:
        seen.append(ledger.announced_stop(task_id))
        raise AwsError("ServerException", "try again")

    with monkeypatch.context() as refused:
        refused.setitem(cloud.embedded.gateway._checks, ("ecs", "StopTask"), [refuse])
        assert operator.runs("nightly-report", *WHERE, *WHY)[0] == 1
    wanted_one = AnnouncedStop(
        by="moto", why=WHY[1], at="2027-02-03T09:00:00Z", schedule="nightly-report", tick=TICK, withdrawn=False
    )
    assert set(seen) == {wanted_one}
    assert ledger.announced_stop(task_id) == wanted_one.withdraw()
    assert operator.runs("nightly-report", *WHERE, *WHY)[0] == 0
    assert ledger.announced_stop(task_id) == wanted_one


def test_a_stop_that_cannot_be_announced_is_a_warning(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that does harm is stopped all the same, and ECS passes on the reason, as far as it takes one."""
    deploy(cloud, program())
    arn = launch(cloud)

    def refuse(_: Call) -> None:
        raise AwsError("AccessDeniedException", "User: u is not authorized to perform: dynamodb:PutItem on resource: r")

    monkeypatch.setitem(cloud.embedded.gateway._checks, ("dynamodb", "PutItem"), [refuse])
    code, _, err = operator.runs("nightly-report", *WHERE, "--reason", "x" * 300)
    assert (code, wanted(cloud, arn)) == (0, ["STOPPED"])
    said = "warning: the stop is not announced in the ledger: you lack the permission dynamodb:PutItem on r; "
    assert err.startswith(said)
    assert len(err.splitlines()) == 1
    assert described(cloud, arn)["stoppedReason"] == f"scheduled-jobs: stopped by moto: {'x' * 300}"[:255]


def test_stops_the_runs_of_one_schedule(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The runs of the job's other schedules go on, and the output with --json has what was stopped."""
    deploy(cloud, program("a", "b"))
    first, second = (launch(cloud, f"nightly-report.{key}") for key in ("a", "b"))
    code, out, err = operator.runs("nightly-report.a", *WHERE, *WHY, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found == {
        "group": GROUP,
        "region": REGION,
        "reason": SAID,
        "stopped": [
            {
                "task": first,
                "cluster": CLUSTER,
                "job": "nightly-report",
                "schedule": "nightly-report.a",
                "tick": TICK,
                "status": "PENDING",
                "since": "2027-02-03T08:58:00Z",
                "byHand": False,
            }
        ],
        "withdrawn": [],
        "failed": {},
    }
    assert wanted(cloud, first, second) == ["STOPPED", "RUNNING"]


@pytest.mark.parametrize("by", ["id", "ARN"])
def test_stops_one_run(cloud: EmbeddedCloud, operator: Operator, by: str) -> None:
    """A task is named by its id or its ARN."""
    deploy(cloud, program())
    first, second = launch(cloud), launch(cloud)
    name = first.rpartition("/")[2] if by == "id" else first
    assert operator.runs(name, *WHERE, *WHY)[0] == 0
    assert wanted(cloud, first, second) == ["STOPPED", "RUNNING"]


def test_a_run_that_ecs_does_not_list_yet_is_stopped(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ListTasks is late; the ledger knows the run from its first event."""
    ledger = deploy(cloud, program())
    arn = launch(cloud)
    run = OpenRun(arn, CLUSTER, "nightly-report", TICK, TICK)
    assert ledger.save(JobRecord("nightly-report", open={arn.rpartition("/")[2]: run}), [], NOW)
    monkeypatch.setitem(cloud.embedded.gateway._answers, ("ecs", "ListTasks"), lambda _: {"taskArns": []})
    assert operator.runs("nightly-report", *WHERE, *WHY)[0] == 0
    assert wanted(cloud, arn) == ["STOPPED"]


def test_a_tick_that_waits_is_withdrawn(cloud: EmbeddedCloud, operator: Operator) -> None:
    """Otherwise its next attempt would begin. The supervisor is told who wants that, and why."""
    cloud.run(supervised_program())
    ledger = Ledger(cloud.client("dynamodb"), table(cloud), 90)
    record = JobRecord("nightly-report")
    flying: dict[str, Any] = {"job": "nightly-report", "limits": LIMITS}
    begun, waits = flight(**flying, launch=Launch(1, 1, 0)), flight(3600, **flying, rerun="0000aaaa", waits="capacity")
    record.traffic.flights = [flight(7200, **flying, last=True), begun, waits]
    assert ledger.save(record, [], NOW)
    operator.types("y\n")
    code, out, err = operator.runs("nightly-report", *WHERE, *WHY)
    lines = [
        f"tick {begun.tick} of nightly-report, which waits: being launched",
        f"tick {waits.tick} of nightly-report, by hand, which waits: capacity",
    ]
    assert (code, out.splitlines()) == (0, [f"Withdrawing {line}" for line in lines])
    assert err == "\n".join([*lines, "Stop these 2 runs? [y/N] "])
    sent = [launches.read(call.params["MessageBody"]) for call in operator.calls() if call.operation == "SendMessage"]
    assert [(one.tick, one.rerun, one.withdraws) for one in sent] == [
        (begun.tick, "", True),
        (waits.tick, "0000aaaa", True),
    ]
    assert {one.why for one in sent} == {"stopped by moto: locks the orders table"}


def test_nothing_to_stop_is_no_error(cloud: EmbeddedCloud, operator: Operator) -> None:
    """No run is stopped twice."""
    deploy(cloud, program())
    assert operator.runs("nightly-report", *WHERE, *WHY) == (0, "No run of nightly-report goes on.\n", "")
    arn = launch(cloud)
    cloud.client("ecs").stop_task(cluster="staging", task=arn)
    cloud.embedded.tasks.all()[-1].deprovisioned(NOW)
    code, out, err = operator.runs(arn, *WHERE, *WHY)
    assert (code, out, err) == (0, f"No run of {arn} goes on.\n", "")
    assert "ecs:StopTask" not in operator.called()


@pytest.mark.parametrize(("typed", "stops"), [("y\n", True), ("n\n", False), ("", False)], ids=["yes", "no", "end"])
def test_asks_on_a_terminal(cloud: EmbeddedCloud, operator: Operator, typed: str, *, stops: bool) -> None:
    """The question shows the runs, and only yes stops them."""
    deploy(cloud, program())
    arn = launch(cloud)
    operator.types(typed)
    code, _, err = operator.runs("nightly-report", *WHERE, *WHY)
    assert err.startswith(f"task {arn.rpartition('/')[2]} on staging: nightly-report, tick {TICK}, PENDING since ")
    assert "\nStop it? [y/N] " in err
    assert (code, err.endswith("nothing was stopped\n"), wanted(cloud, arn)) == (
        (0, False, ["STOPPED"]) if stops else (1, True, ["RUNNING"])
    )


def test_does_not_ask_when_told_so(cloud: EmbeddedCloud, operator: Operator) -> None:
    """With --yes there is no question on a terminal."""
    deploy(cloud, program())
    arn = launch(cloud)
    operator.types("n\n")
    code, _, err = operator.runs("nightly-report", *WHERE, *WHY, "--yes")
    assert (code, err, wanted(cloud, arn)) == (0, "", ["STOPPED"])


def test_what_is_refused_is_named_and_the_rest_is_stopped(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One refused run does not keep the others from being stopped."""
    deploy(cloud, program())
    first, second = launch(cloud), launch(cloud)

    def refuse(call: Call) -> None:
        if call.params["task"] == first:
            raise AwsError("AccessDeniedException", "User: u is not authorized to perform: ecs:StopTask on resource: r")

    monkeypatch.setitem(cloud.embedded.gateway._checks, ("ecs", "StopTask"), [refuse])
    code, out, err = operator.runs("nightly-report", *WHERE, *WHY)
    assert (code, len(out.splitlines()), wanted(cloud, first, second)) == (1, 1, ["RUNNING", "STOPPED"])
    assert err.startswith(f"error: {first} was not stopped: you lack the permission ecs:StopTask on r; ")


def test_what_is_no_run_is_one_line(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The message has what was received and what is accepted, and nothing is stopped."""
    deploy(cloud, program())
    other = launch(cloud, group="other-staging")
    where = f"group {GROUP} ({REGION})"
    unknown, foreign = "0" * 32, f"arn:aws:ecs:{PLACE}:task/staging/{'0' * 32}"
    forgets = "it forgets a stopped task after about an hour"
    for name, said in {
        "nightly": f"the ledger of {where} knows no nightly; did you mean 'nightly-report'?",
        other: f"the task {other} is no run of {where}; its task group is other-staging:nightly-report",
        unknown: f"ECS knows no task {unknown} on staging; {forgets}",
        foreign: f"ECS knows no task {foreign} on staging; {forgets}",
        "arn:x": "'arn:x' is not the ARN of a task; must be like arn:aws:ecs:<region>:<account>:task/<cluster>/<id>",
    }.items():
        assert operator.fails(name, *WHERE, *WHY) == said
        assert "ecs:StopTask" not in operator.called()
    assert (
        operator.fails("nightly-report", *WHERE, "--reason", " ", wanted=2) == "--reason ' ': must be one line of text"
    )
    assert operator.runs("nightly-report", *WHERE)[0] == 2


def test_who_is_on_call_may_stop(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The policies in docs/permissions.md allow every call. Without any action of them, one is refused."""
    deploy(cloud, program())
    arn = launch(cloud)
    assert operator.runs("nightly-report", *WHERE, *WHY)[0] == 0
    asked = operator.asked()
    assert operator.runs(arn.rpartition("/")[2], *WHERE, *WHY)[0] == 0
    asked += [*operator.asked(), Request("ecs:StopTask", arn, {"ecs:cluster": CLUSTER})]
    names = {"group": GROUP, "account": ACCOUNT, "region": REGION, "watch": FUNCTION, "cluster": "staging"}
    policies = [permissions.policy(title, **names) for title in permissions.ROLES["on call"]]
    assert [str(evaluate(each, policies).reason) for each in asked if not evaluate(each, policies).allowed] == []
    for action in {each.action for each in asked}:
        lessened = [without(policy, action) for policy in policies]
        assert not all(evaluate(each, lessened).allowed for each in asked), action
    assert not allowed(asked, policies[0])
