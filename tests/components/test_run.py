"""Tests of `python -m ops run` with a deployed program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.gateway.gateway import AwsError
from emulator.iam.policy_evaluation import evaluate
from emulator.logs.log_streams import make_log_group, write_log
from ops.operator_account import OperatorAccount
from ops.running import asked_run, following
from tests import permissions
from tests.components.embedded import ACCOUNT, LOGS, PROJECT, REGION, STACK, EmbeddedCloud, register
from tests.components.operators import Operator, without
from tests.components.stacks import CLUSTER, schedule
from tests.components.test_rerun import GROUP, NOW, TICK, WHERE, program, questions
from tests.components.watching import FUNCTION, LIMITS, supervised_program
from watch import launches

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.ecs.task import Task
    from emulator.gateway.gateway import Call
    from tests.permissions import Policy

STARTS = ("scheduler:GetSchedule", "ecs:RunTask", "ecs:DescribeTaskDefinition")
NIGHTLY = ("nightly-report", *WHERE)


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `run`."""
    return Operator(cloud, monkeypatch, capsys, "run", NOW)


@pytest.fixture
def deployed(cloud: EmbeddedCloud) -> EmbeddedCloud:
    """Return an AWS with the job `nightly-report`, whose tasks have a log."""
    cloud.run(program(schedule(environment={"FORMAT": "csv", "API_TOKEN": "hunter22"}, cpu=256, memory=512)))
    register(cloud, "web", {"app": True, "sidecar": False}, log=LOGS)
    make_log_group(ACCOUNT, REGION, "/ecs/web")
    return cloud


@pytest.fixture
def ends(deployed: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that makes the task write a line and end in the command's first pause."""

    def choose(end: Callable[[Task], None]) -> None:
        def pause(_: float) -> None:
            [task] = deployed.embedded.tasks.all()
            if task.last_status != "STOPPED":
                write_log(ACCOUNT, REGION, "/ecs/web", f"ecs/app/{task.id}", [(NOW, "working")])
                end(task)

        monkeypatch.setattr(following, "_sleep", pause)

    return choose


def exits(code: int) -> Callable[[Task], None]:
    """Return what makes a task end with an exit code."""

    def end(task: Task) -> None:
        task.moved_to("RUNNING", NOW)
        task.exited(code, NOW)
        task.deprovisioned(NOW)

    return end


def sent(operator: Operator) -> dict[str, Any]:
    """Return the parameters of the only RunTask."""
    [call] = [call for call in operator.calls() if call.operation == "RunTask"]
    return dict(call.params)


def variables(params: dict[str, Any]) -> dict[str, str]:
    """Return the environment of the job's container."""
    [own] = params["overrides"]["containerOverrides"]
    return {pair["name"]: pair["value"] for pair in own["environment"]}


def test_runs_a_job_now(deployed: EmbeddedCloud, operator: Operator) -> None:
    """The request is the schedule's, with the time of AWS as its tick, and marked as by hand."""
    code, out, err = operator.runs(*NIGHTLY)
    assert (code, err, operator.called()) == (0, "", STARTS)
    [task] = deployed.embedded.tasks.all()
    assert out.splitlines()[0] == f"Started task {task.id} on cluster staging."
    params = sent(operator)
    assert params["startedBy"] == "ops/rerun"
    assert variables(params) == {
        "FORMAT": "csv",
        "API_TOKEN": "hunter22",
        "JOB_NAME": "nightly-report",
        "JOB_SCHEDULE": "nightly-report",
        "JOB_SCHEDULED_TIME": "2026-11-26T09:00:00Z",
        "JOB_TRIGGER": "manual",
    }


def test_runs_it_otherwise(deployed: EmbeddedCloud, operator: Operator) -> None:
    """Tick, variables, sizes, revision and command of this one run are what the operator typed."""
    options = ("--tick", TICK, "--env", "FORMAT=xml", "--cpu", "512", "--memory", "1024", "--revision", "2")
    code, _, err = operator.runs(*NIGHTLY, *options, "--", "./report.sh", "--to", "x")
    assert (code, err) == (0, "")
    params = sent(operator)
    assert params["taskDefinition"] == "web:2"
    assert (params["overrides"]["cpu"], params["overrides"]["memory"]) == ("512", "1024")
    assert params["overrides"]["containerOverrides"][0]["command"] == ["./report.sh", "--to", "x"]
    assert variables(params)["FORMAT"] == "xml"
    assert variables(params)["JOB_SCHEDULED_TIME"] == TICK


def test_a_dry_run_starts_nothing(deployed: EmbeddedCloud, operator: Operator) -> None:
    """The request is shown as it would be sent, without values that look secret."""
    code, out, err = operator.runs(*NIGHTLY, "--dry-run", "--tick", TICK, "--json")
    assert (code, err, operator.called()) == (0, "", STARTS[:1])
    found = json.loads(out)
    assert (found["schedule"], found["tick"], found["group"]) == ("nightly-report", TICK, GROUP)
    assert variables(found["request"])["FORMAT"] == "csv"
    assert "hunter22" not in out
    plain = json.loads(operator.runs(*NIGHTLY, "--dry-run", "--tick", TICK)[1])
    assert {**plain, "clientToken": ""} == {**found["request"], "clientToken": ""}


@pytest.mark.parametrize("code", [0, 3])
def test_waits_for_the_end(deployed: EmbeddedCloud, operator: Operator, ends: Callable[..., None], code: int) -> None:
    """Standard output is the log, and the exit code the job's."""
    ends(exits(code))
    done, out, err = operator.runs(*NIGHTLY, "--wait", "--timeout", "30m")
    [task] = deployed.embedded.tasks.all()
    assert (done, out) == (code, "working\n")
    how = "good, exit code 0" if code == 0 else "failed, exit code 3: Essential container in task exited"
    assert err == f"Started task {task.id} on cluster staging.\nnightly-report: {how}\n"


def test_tells_the_end_as_json(deployed: EmbeddedCloud, operator: Operator, ends: Callable[..., None]) -> None:
    """The job's exit code and the command's are apart, and the log is on standard error."""
    ends(exits(120))
    code, out, err = operator.runs(*NIGHTLY, "--wait", "--json", "--tick", TICK)
    [task] = deployed.embedded.tasks.all()
    assert code == 120
    assert "working\n" in err
    found = json.loads(out)
    watch = found["tasks"][0].pop("watch")
    assert watch.startswith("aws logs tail /ecs/web ")
    assert found == {
        "schedule": "nightly-report",
        "tick": TICK,
        "group": GROUP,
        "region": REGION,
        "tasks": [
            {
                "task": task.arn,
                "cluster": CLUSTER,
                "log": {"group": "/ecs/web", "stream": f"ecs/app/{task.id}", "region": REGION},
            }
        ],
        "request": None,
        "code": 120,
        "end": {
            "outcome": "failed",
            "exitCode": 120,
            "reason": "Essential container in task exited",
            "timedOut": False,
        },
    }


def test_a_task_that_does_not_start_has_a_code_of_ours(
    deployed: EmbeddedCloud, operator: Operator, ends: Callable[..., None]
) -> None:
    """The reason is ECS's."""

    def end(task: Task) -> None:
        task.failed_to_start("CannotPullContainerError: not found", NOW)
        task.deprovisioned(NOW)

    ends(end)
    code, _, err = operator.runs(*NIGHTLY, "--wait")
    assert code == 120
    assert "nightly-report: not started: CannotPullContainerError: not found" in err


@pytest.mark.parametrize(("typed", "stops"), [("y\n", True), ("n\n", False), (None, False)], ids=["yes", "no", "pipe"])
def test_ctrl_c_asks_whether_to_stop(
    deployed: EmbeddedCloud,
    operator: Operator,
    monkeypatch: pytest.MonkeyPatch,
    typed: str | None,
    *,
    stops: bool,
) -> None:
    """Without a terminal the task goes on. Either way the command says what it did, with its own exit code."""

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(following, "_sleep", interrupt)
    if typed is not None:
        operator.types(typed)
    code, _, err = operator.runs(*NIGHTLY, "--wait")
    [task] = deployed.embedded.tasks.all()
    assert (code, task.desired_status) == (125, "STOPPED" if stops else "RUNNING")
    assert (f"Stop task {task.id}? [y/N] " in err) == (typed is not None)
    if stops:
        assert err.endswith("ECS stops the task\n")
        assert task.stopped_reason == "scheduled-jobs: stopped by moto: Ctrl-C of ops run"
    else:
        assert "the task goes on; watch it: aws logs tail " in err


@pytest.mark.parametrize("more", [(), ("--wait",)], ids=["starts", "waits"])
def test_ctrl_c_right_after_the_launch(
    deployed: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    """The command names the task that it has started, even when it does not know the task's log yet."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(OperatorAccount, "task_definition", interrupt)
    code, _, err = operator.runs(*NIGHTLY, *more)
    [task] = deployed.embedded.tasks.all()
    assert code == 125
    assert f"the task goes on; watch it: aws ecs describe-tasks --cluster staging --tasks {task.id} " in err


KEYED = (*NIGHTLY, "--idempotency-key", "4711")


def test_a_key_starts_one_run(
    deployed: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second command, a minute later, finds the first one's task. Another run needs another key."""
    first, second = (Operator(deployed, monkeypatch, capsys, "run", NOW.replace(minute=minute)) for minute in (0, 1))
    assert first.runs(*KEYED)[0] == 0
    code, out, err = second.runs(*KEYED)
    [task] = deployed.embedded.tasks.all()
    assert (code, err) == (0, "the key '4711' has started this run before\n")
    assert out.startswith(f"Started task {task.id} on cluster staging.\n")
    for other in (("--env", "FORMAT=xml"), ("--tick", TICK)):
        code, out, err = second.runs(*KEYED, *other)
        assert (code, out) == (124, "")
        assert err == (
            f"error: --idempotency-key '4711': was used for another run, of task {task.id}; choose another key\n"
        )
    assert second.runs(*NIGHTLY, "--idempotency-key", "4712")[0] == 0
    assert len(deployed.embedded.tasks.all()) == 2


def test_refusals_have_codes_of_ours(
    deployed: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What does not exist, what is refused, what cannot start, and wrong usage are told apart."""
    assert operator.runs("nightly", *WHERE)[0] == 123
    assert operator.runs("nightly-report", "--group", "other", "--region", REGION)[0] == 123
    assert operator.runs(*NIGHTLY, "--env", "x")[0] == 2
    assert operator.runs(*NIGHTLY, "--timeout", "5m")[0] == 2

    def refuse(_: Call) -> None:
        raise AwsError("AccessDeniedException", "User: u is not authorized to perform: ecs:RunTask on resource: r")

    answers = deployed.embedded.gateway._answers
    monkeypatch.setitem(answers, ("ecs", "RunTask"), lambda _: {"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]})
    code, _, err = operator.runs(*NIGHTLY)
    assert (code, err) == (120, "error: RunTask: RESOURCE:CPU; started: nothing\n")
    monkeypatch.setitem(deployed.embedded.gateway._checks, ("ecs", "RunTask"), [refuse])
    code, _, err = operator.runs(*NIGHTLY)
    assert (code, err.startswith("error: you lack the permission ecs:RunTask on r; ")) == (124, True)


def on_call() -> list[Policy]:
    """Return the policies of who is on call in docs/permissions.md, for the stack of these tests."""
    names = {"project": PROJECT, "stack": STACK, "group": GROUP, "account": ACCOUNT, "region": REGION}
    places = {"watch": FUNCTION, "cluster": "staging", "family": "web", "log_group": "/ecs/web"}
    roles = {"task_role": "task", "execution_role": "execution"}
    return [permissions.policy(title, **names, **places, **roles) for title in permissions.ROLES["on call"]]


def test_who_is_on_call_may_run_and_wait(
    deployed: EmbeddedCloud, operator: Operator, ends: Callable[..., None]
) -> None:
    """The policies in docs/permissions.md allow every call of the command."""
    ends(exits(0))
    assert operator.runs(*NIGHTLY, "--wait")[0] == 0
    policies = on_call()
    asked = [request for call in operator.calls() for request in questions(call)]
    assert {"ecs:RunTask", "ecs:DescribeTasks", "logs:GetLogEvents"} <= {each.action for each in asked}
    assert [str(evaluate(each, policies).reason) for each in asked if not evaluate(each, policies).allowed] == []


@pytest.mark.parametrize("insists", [False, True], ids=["asks", "insists"])
def test_a_supervised_job_is_run_by_its_supervisor(cloud: EmbeddedCloud, operator: Operator, *, insists: bool) -> None:
    """The request names schedule and tick; what it runs is what is deployed."""
    cloud.run(supervised_program())
    code, out, err = operator.runs(*NIGHTLY, "--tick", TICK, *(["--insist"] if insists else []), "--json")
    assert (code, err, cloud.embedded.tasks.all()) == (0, "", [])
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{GROUP}-launches")["QueueUrl"]
    [received] = sqs.receive_message(QueueUrl=url)["Messages"]
    message = launches.read(received["Body"])
    assert (message.schedule, message.tick, message.insists) == ("nightly-report", TICK, insists)
    assert json.loads(out) == {
        "schedule": "nightly-report",
        "tick": TICK,
        "group": GROUP,
        "region": REGION,
        "tasks": [],
        "request": message.rerun,
        "code": 0,
        "end": None,
    }


@pytest.mark.parametrize(
    "option",
    [("--env", "A=b"), ("--cpu", "256"), ("--idempotency-key", "1"), ("--", "true")],
    ids=lambda option: option[0],
)
def test_a_supervised_job_runs_as_it_is_deployed(
    cloud: EmbeddedCloud, operator: Operator, option: tuple[str, ...]
) -> None:
    """Its supervisor takes no other command from anybody."""
    cloud.run(supervised_program())
    code, out, err = operator.runs(*NIGHTLY, *option)
    assert (code, out) == (124, "")
    assert err.startswith("error: nightly-report is supervised: its supervisor launches it as it is deployed, ")
    assert "sqs:SendMessage" not in operator.called()


def test_a_dry_run_of_a_supervised_job_asks_nobody(cloud: EmbeddedCloud, operator: Operator) -> None:
    """It shows the message, and the request that the supervisor would make of it, with RunTask's own names."""
    cloud.run(supervised_program(schedule(limits=LIMITS, environment={"API_TOKEN": "hunter22"})))
    code, out, err = operator.runs(*NIGHTLY, "--dry-run", "--tick", TICK, "--insist")
    assert (code, err) == (0, "")
    assert "sqs:SendMessage" not in operator.called()
    assert "hunter22" not in out
    found = json.loads(out)
    rerun = found["message"].pop("rerun")
    assert found["message"] == {"schedule": "nightly-report", "tick": TICK, "insists": True}
    assert found["request"]["startedBy"] == f"ops/rerun/{rerun}"
    assert variables(found["request"]) == {
        "API_TOKEN": "[API_TOKEN]",
        "JOB_ATTEMPT": "1",
        "JOB_NAME": "nightly-report",
        "JOB_SCHEDULE": "nightly-report",
        "JOB_SCHEDULED_TIME": TICK,
        "JOB_TRIGGER": "manual",
    }
    named = json.loads(operator.runs(*NIGHTLY, "--dry-run", "--tick", TICK, "--json")[1])
    assert (named["group"], named["request"]["cluster"]) == (GROUP, found["request"]["cluster"])


@pytest.mark.parametrize(("typed", "withdraws"), [("y\n", True), (None, False)], ids=["yes", "pipe"])
def test_ctrl_c_asks_whether_to_withdraw(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch, typed: str | None, *, withdraws: bool
) -> None:
    """The request waits for the supervisor. Without a terminal it stays."""
    cloud.run(supervised_program())

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(asked_run, "_sleep", interrupt)
    if typed is not None:
        operator.types(typed)
    code, out, err = operator.runs(*NIGHTLY, "--tick", TICK, "--wait")
    assert (code, out) == (125, "")
    assert err.startswith("nightly-report: asked the supervisor\n\n")
    bodies = [call.params["MessageBody"] for call in operator.calls() if call.operation == "SendMessage"]
    messages = [launches.read(body) for body in bodies]
    assert [one.withdraws for one in messages] == [False, True][: 1 + withdraws]
    policies = on_call()
    asked = [request for call in operator.calls() for request in questions(call)]
    assert [str(evaluate(each, policies).reason) for each in asked if not evaluate(each, policies).allowed] == []
    assert len({one.rerun for one in messages}) == 1
    last = "the supervisor ends it\n" if withdraws else "what becomes of it: python -m ops history nightly-report\n"
    assert err.endswith(last)


@pytest.mark.parametrize("supervised", [False, True])
def test_scheduler_is_asked_to_launch_it(cloud: EmbeddedCloud, operator: Operator, *, supervised: bool) -> None:
    """The schedule is in the stack's group, with the job's target and role, and deletes itself. On call, one may."""
    if supervised:
        cloud.run(supervised_program())
    else:
        cloud.run(program(schedule(environment={"API_TOKEN": "hunter22"})))
        register(cloud, "web", {"app": True, "sidecar": False}, log=LOGS)
    scheduler = cloud.client("scheduler")
    shown = operator.runs(*NIGHTLY, "--through-scheduler", "--dry-run")
    assert (shown[0], shown[2], "hunter22" in shown[1]) == (0, "", False)
    code, out, err = operator.runs(*NIGHTLY, "--through-scheduler", "--json")
    told = json.loads(out)
    name = f"by-hand_{told['request']}"
    assert err == (f"Scheduler launches it at 09:01:00 UTC, with the schedule {name}, which then deletes itself.\n")
    assert (code, told["tick"], told["tasks"]) == (0, "2026-11-26T09:01:00Z", [])
    looks = ("lambda:GetFunctionConfiguration", "dynamodb:BatchGetItem") if supervised else ()
    called = ("scheduler:GetSchedule", *looks, "sts:GetCallerIdentity", "scheduler:CreateSchedule")
    assert operator.called() == called
    policies = on_call()
    asked = operator.asked()
    assert [str(evaluate(each, policies).reason) for each in asked if not evaluate(each, policies).allowed] == []
    for action in {each.action for each in asked}:
        lessened = [without(policy, action) for policy in policies]
        assert not all(evaluate(each, lessened).allowed for each in asked), action
    one, nightly = (scheduler.get_schedule(GroupName=GROUP, Name=each) for each in (name, "nightly-report"))
    assert (one["ActionAfterCompletion"], one["ScheduleExpression"]) == ("DELETE", "at(2026-11-26T09:01:00)")
    assert {**one["Target"], "Input": ""} == {**nightly["Target"], "Input": ""}
    [line] = Operator(cloud, operator._monkeypatch, operator._capsys, "list", NOW).runs(*WHERE)[1].splitlines()[1:-1]
    assert line.startswith("nightly-report ")


def test_through_scheduler_nothing_is_changed(deployed: EmbeddedCloud, operator: Operator) -> None:
    """It proves what is deployed. A job that is not supervised has nothing to insist against."""
    changing = "--through-scheduler proves what is deployed; with it, no option can change the request"
    insisting = "--insist: is for supervised jobs, but nightly-report is none: Scheduler launches it itself"
    for option, wanted, said in ((("--env", "A=b"), 2, changing), (("--insist",), 124, insisting)):
        code, out, err = operator.runs(*NIGHTLY, "--through-scheduler", *option)
        assert (code, out, err) == (wanted, "", f"error: {said}\n")
        assert "scheduler:CreateSchedule" not in operator.called()


def test_only_a_supervisor_can_be_insisted_on(deployed: EmbeddedCloud, operator: Operator) -> None:
    """A job without limits has nothing to insist against."""
    code, _, err = operator.runs(*NIGHTLY, "--insist")
    assert (code, err.startswith("error: --insist: is for supervised jobs, ")) == (124, True)
    assert deployed.embedded.tasks.all() == []
