"""Tests of `python -m ops rerun` with a deployed program."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from components.run_task_request import client_token
from components.watch_args import WatchArgs
from emulator.gateway.gateway import AwsError
from emulator.iam import iam_requests
from emulator.iam.policy_evaluation import Request, evaluate
from ops import stack
from ops.running import started as begun
from settings import in_sandbox
from tests import permissions
from tests.components import stacks
from tests.components.embedded import ACCOUNT, PROJECT, REGION, STACK, EmbeddedCloud, register
from tests.components.operators import Operator, Terminal
from tests.components.stacks import CLUSTER, PLACE, ROLES, schedule
from tests.components.watching import FUNCTION, LOG_GROUPS, WATCHED_PLACEMENT, supervised_program
from watch import launches
from watch.function_variables import LEDGER
from watch.ledger import Ledger
from watch.records import JobRecord, Run, Tick
from watch.table import BODY, KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from components import ScheduleArgs, ScheduledJob
    from emulator.gateway.gateway import Call

TICK = "2026-11-26T01:00:00Z"
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
"""The time of the embedded AWS while the command runs."""
TO_COME = "2026-11-27T01:00:00Z"
GROUP = f"{PROJECT}-{STACK}"
WHERE = ("--group", GROUP, "--region", REGION)
NIGHTLY = ("nightly-report", "--tick", TICK, *WHERE)
LOOKS = ("scheduler:GetSchedule", "lambda:GetFunctionConfiguration", "dynamodb:BatchGetItem")
USUAL = (*LOOKS, "ecs:RunTask", "ecs:DescribeTaskDefinition")
SHOWN = f"nightly-report of group {GROUP} ({REGION}), tick {TICK} (Thu 2026-11-26 02:00:00 CET)\n"
NOTHING = f"{SHOWN}  outcome: not known\n"


def program(*schedules: ScheduleArgs, **args: Any) -> Callable[[], ScheduledJob]:  # noqa: ANN401
    """Return a program that declares a group with a watch and one job."""
    watch = WatchArgs(placements=[WATCHED_PLACEMENT])
    return stacks.program(*schedules, group_args={"watch": watch}, log_groups=LOG_GROUPS, **args)


def table(cloud: EmbeddedCloud) -> str:
    """Return the name of the ledger's table."""
    found = cloud.client("lambda").get_function_configuration(FunctionName=FUNCTION)
    return str(found["Environment"]["Variables"][LEDGER])


def record(cloud: EmbeddedCloud, outcome: str, *runs: Run) -> None:
    """Write the tick into the ledger, as the watch does."""
    tick = Tick("nightly-report", "nightly-report", TICK, outcome, runs={run.task[-4:]: run for run in runs})
    assert Ledger(cloud.client("dynamodb"), table(cloud), 90).save(JobRecord("nightly-report"), [tick], NOW)


def ended(outcome: str, exit_code: int | None, *, hour: int = 1, by_hand: bool = False) -> Run:
    """Return a run that has ended, four minutes after it began."""
    return Run(
        f"arn:aws:ecs:{PLACE}:task/staging/000{hour}",
        3,
        "STOPPED",
        created=f"2026-11-26T0{hour}:00:00Z",
        started=f"2026-11-26T0{hour}:00:12Z",
        stopped=f"2026-11-26T0{hour}:04:12Z",
        exit_code=exit_code,
        outcome=outcome,
        by_hand=by_hand,
    )


FAILED, BY_HAND = ended("failed", 3), ended("failed", 3, hour=8, by_hand=True)
GOOD = ended("good", 0)
GOOD_WORDS = "Thu 2026-11-26 02:00:12 CET, 4 minutes, good, exit code 0"


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `rerun`."""
    return Operator(cloud, monkeypatch, capsys, "rerun", NOW)


@pytest.fixture
def answer_run_task(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Return a function that replaces the answer to RunTask."""

    def answer(given: Any) -> None:  # noqa: ANN401
        monkeypatch.setitem(cloud.embedded.gateway._answers, ("ecs", "RunTask"), given)

    return answer


def test_runs_what_the_schedule_would_have_run(cloud: EmbeddedCloud, operator: Operator) -> None:
    """Every member of the request is the schedule's, with the tick filled in, except the token and two marks."""
    cloud.run(program(schedule(environment={"FORMAT": "csv"}, cpu=256, memory=512)))
    assert operator.runs(*NIGHTLY)[0] == 0
    assert operator.called() == USUAL
    sent = dict(operator.calls()[3].params)
    token = sent.pop("clientToken")
    assert sent == {
        "cluster": CLUSTER,
        "taskDefinition": "web",
        "count": 1,
        "group": "jobs-staging:nightly-report",
        "startedBy": "ops/rerun",
        "launchType": "FARGATE",
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": ["subnet-0a", "subnet-0b"],
                "securityGroups": ["sg-01"],
                "assignPublicIp": "DISABLED",
            }
        },
        "overrides": {
            "containerOverrides": [
                {
                    "name": "app",
                    "command": ["python", "manage.py", "build_report"],
                    "environment": [
                        {"name": "FORMAT", "value": "csv"},
                        {"name": "JOB_NAME", "value": "nightly-report"},
                        {"name": "JOB_SCHEDULE", "value": "nightly-report"},
                        {"name": "JOB_SCHEDULED_TIME", "value": TICK},
                        {"name": "JOB_TRIGGER", "value": "manual"},
                    ],
                }
            ],
            "cpu": "256",
            "memory": "512",
        },
        "enableECSManagedTags": True,
        "tags": [
            {"key": "job", "value": "nightly-report"},
            {"key": "owner", "value": "data"},
            {"key": "team", "value": "data"},
        ],
    }
    assert token.startswith(f"{client_token(PROJECT, STACK, 'nightly-report')[:32]}-{TICK}-")


def test_runs_anew_each_time(cloud: EmbeddedCloud, operator: Operator) -> None:
    """Every launch has a new token, since ECS would answer a known token with the first task."""
    cloud.run(program())
    tasks = [json.loads(operator.runs(*NIGHTLY, "--json")[1])["tasks"][0]["task"] for _ in range(2)]
    assert tasks[0] != tasks[1]


def test_tells_what_it_started(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The output has the tick, the task, its log and the command to watch it, and standard error is empty."""
    cloud.run(program())
    register(cloud, "web", {"app": True, "sidecar": False}, log=LOGGED)
    code, out, err = operator.runs(*NIGHTLY)
    task = out.removeprefix(NOTHING).split()[2]
    assert (code, err) == (0, "")
    assert out == (
        f"{NOTHING}"
        f"Started task {task} on cluster staging.\n"
        f"Log: /ecs/web, stream ecs/app/{task}\n"
        f"Watch it: aws logs tail /ecs/web --log-stream-names ecs/app/{task} --follow --region {REGION}\n"
    )


def test_watches_the_log_where_it_is(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The command that watches the log names the region of the log group, which may be another one."""
    cloud.run(program())
    elsewhere = {**LOGGED["options"], "awslogs-region": "eu-west-1"}  # type: ignore[dict-item]
    register(cloud, "web", {"app": True}, log={**LOGGED, "options": elsewhere})
    _, out, _ = operator.runs(*NIGHTLY)
    assert out.splitlines()[-1].endswith(" --follow --region eu-west-1")


LOGGED = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/web", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"},
}


def test_tells_it_as_json(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The output with --json is JSON with all values, and nothing else."""
    cloud.run(program())
    register(cloud, "web", {"app": True}, log=LOGGED)
    code, out, err = operator.runs(*NIGHTLY, "--json")
    found = json.loads(out)
    arn = found["tasks"][0]["task"]
    name = arn.rpartition("/")[2]
    assert (code, err) == (0, "")
    assert found == {
        "schedule": "nightly-report",
        "tick": TICK,
        "group": GROUP,
        "region": REGION,
        "before": None,
        "tasks": [
            {
                "task": f"arn:aws:ecs:{PLACE}:task/staging/{name}",
                "cluster": CLUSTER,
                "log": {"group": "/ecs/web", "stream": f"ecs/app/{name}", "region": REGION},
                "watch": f"aws logs tail /ecs/web --log-stream-names ecs/app/{name} --follow --region {REGION}",
            }
        ],
        "request": None,
    }


def test_tells_how_to_watch_what_has_no_log(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A started task is reported even if its log cannot be found."""
    cloud.run(program())
    register(cloud, "web", {"app": True}, log=None)
    code, out, _ = operator.runs(*NIGHTLY)
    started, watch = out.splitlines()[-2:]
    assert code == 0
    assert started.startswith("Started task ")
    assert watch == (
        f"Watch it: aws ecs describe-tasks --cluster staging --tasks {started.split()[2]} --region {REGION}"
    )


def test_finds_a_stack_by_its_file(
    cloud: EmbeddedCloud, operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The region is in the stack's file and the group has the stack's name; options win over both."""
    cloud.run(program())
    monkeypatch.setattr(stack, "CHECKOUT", tmp_path)
    (tmp_path / "Pulumi.staging.yaml").write_text(f"config: {{'aws:region': {REGION}}}\n")
    run = ("nightly-report", "--tick", TICK, "--stack", "staging")
    assert operator.runs(*run, "--group", GROUP)[0] == 0
    assert operator.fails(*run) == (
        f"there is no group scheduled-jobs-staging ({REGION}): is the stack deployed there?"
    )
    assert operator.fails(*run, "--region", "us-east-1", "--group", GROUP).startswith("there is no group ")


def test_names_what_is_nearly_it(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The message for an unknown schedule names the nearest one, the job's schedules, or all schedules."""
    cloud.run(program(schedule(key="weekdays"), schedule(key="year-end"), name="export"))
    listed = "export.weekdays, export.year-end"
    for given, said in (
        ("export", f"export has several schedules; must be one of: {listed}"),
        ("export.weekday", f"no schedule export.weekday in group {GROUP} ({REGION}); did you mean 'export.weekdays'?"),
        ("cleanup", f"there is no schedule cleanup in group {GROUP} ({REGION}); must be one of: {listed}"),
    ):
        assert operator.fails(given, "--tick", TICK, *WHERE).endswith(said)
        assert "ecs:RunTask" not in operator.called()


def test_tells_nothing_of_schedules_that_one_may_not_list(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says that the schedule does not exist, even without the permission to list the others."""

    def refuse(_: Call) -> None:
        raise AwsError("AccessDeniedException", "User: u is not authorized to perform: scheduler:ListSchedules")

    monkeypatch.setitem(cloud.embedded.gateway._checks, ("scheduler", "ListSchedules"), [refuse])
    said = operator.fails(*NIGHTLY)
    assert said.startswith(
        f"there is no schedule nightly-report in group {GROUP} ({REGION}), and the others cannot be listed: "
    )
    assert "you lack the permission scheduler:ListSchedules" in said


def test_shows_what_has_run(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The tick's outcome and runs are shown in the schedule's zone, as text and as JSON, and a failed tick is run."""
    cloud.run(program())
    record(cloud, "failed", FAILED, BY_HAND)
    code, out, err = operator.runs(*NIGHTLY)
    assert (code, err) == (0, "")
    assert out.startswith(
        f"{SHOWN}"
        "  outcome: failed\n"
        "  run: Thu 2026-11-26 02:00:12 CET, 4 minutes, failed, exit code 3\n"
        "  run: Thu 2026-11-26 09:00:12 CET, 4 minutes, failed, exit code 3, by hand\n"
        "Started task "
    )
    before = json.loads(operator.runs(*NIGHTLY, "--json")[1])["before"]
    assert before["outcome"] == "failed"
    assert [(run["exitCode"], run["byHand"]) for run in before["runs"]] == [(3, False), (3, True)]


DOUBTED: dict[str, tuple[str, str]] = {
    "good": (TICK, f"{TICK} of nightly-report has had a good run: {GOOD_WORDS}"),
    "to come": (
        TO_COME,
        (
            f"{TO_COME} of nightly-report is still to come (it is now Thu 2026-11-26 10:00:00 CET); "
            "Scheduler will launch it then as well"
        ),
    ),
    "no tick": (
        "2026-11-26T00:00:00Z",
        (
            "2026-11-26T00:00:00Z is not a tick of nightly-report, which now runs at 02:00 every day, "
            f"Europe/Berlin; nearest: 2026-11-25T01:00:00Z, {TICK}"
        ),
    ),
}


@pytest.mark.parametrize(("tick", "doubt"), DOUBTED.values(), ids=DOUBTED)
def test_a_tick_that_needs_no_run_is_asked_about_or_refused(
    cloud: EmbeddedCloud, operator: Operator, tick: str, doubt: str
) -> None:
    """A pipe gets one line with the reason and the flag, a terminal the reason and the question."""
    cloud.run(program())
    record(cloud, "good", GOOD)
    typed = ("nightly-report", "--tick", tick, *WHERE)
    assert operator.fails(*typed) == f"{doubt}; add --anyway to run it all the same"
    assert operator.called() == LOOKS
    code, out, err = operator.runs(*typed, "--anyway")
    assert (code, err, "Started task" in out) == (0, "", True)
    operator.types("n\n")
    code, out, err = operator.runs(*typed)
    assert (code, out, operator.called()) == (1, "", LOOKS)
    assert err.endswith(f"\n{doubt}\nRun it all the same? [y/N] nothing was started\n")
    operator.types("y\n")
    code, out, _ = operator.runs(*typed)
    assert (code, out.startswith("Started task ")) == (0, True)


WARNING = "warning: the ledger cannot be read, so it is not known what has run: "


def test_a_group_without_a_watch_is_a_warning(cloud: EmbeddedCloud, operator: Operator) -> None:
    """Without a ledger a past tick is run, and a tick to come is still refused."""
    cloud.run(stacks.program())
    why = f"group {GROUP} ({REGION}) has no ledger: there is no function {FUNCTION}; "
    missing = f"{WARNING}{why}is the stack deployed there, with a watch?\n"
    code, out, err = operator.runs(*NIGHTLY)
    assert (code, out.startswith(f"{NOTHING}Started task "), err) == (0, True, missing)
    code, out, err = operator.runs("nightly-report", "--tick", TO_COME, *WHERE)
    assert (code, out, "ecs:RunTask" in operator.called()) == (1, "", False)
    assert err == f"{missing}error: {DOUBTED['to come'][1]}; add --anyway to run it all the same\n"


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        (("lambda", "GetFunctionConfiguration"), "lambda:GetFunctionConfiguration"),
        (("dynamodb", "BatchGetItem"), "dynamodb:BatchGetItem"),
    ],
)
def test_a_missing_permission_to_see_the_ledger_is_a_warning(
    cloud: EmbeddedCloud,
    operator: Operator,
    monkeypatch: pytest.MonkeyPatch,
    operation: tuple[str, str],
    action: str,
) -> None:
    """The warning names the permission, and the tick is run as if nothing were known of it."""
    cloud.run(program())
    record(cloud, "good", GOOD)

    def refuse(_: Call) -> None:
        raise AwsError("AccessDeniedException", f"User: u is not authorized to perform: {action} on resource: r")

    monkeypatch.setitem(cloud.embedded.gateway._checks, operation, [refuse])
    code, out, err = operator.runs(*NIGHTLY)
    assert (code, out.startswith(f"{NOTHING}Started task ")) == (0, True)
    assert err.startswith(f"{WARNING}you lack the permission {action} on r; ")
    assert len(err.splitlines()) == 1


def test_a_record_that_the_watch_did_not_write_is_a_warning(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A record that somebody has changed is not trusted, and stops nobody."""
    cloud.run(program())
    key = {KEY: {"S": "schedule#nightly-report"}, SORT: {"S": TICK}}
    item = {**key, BODY: {"S": "[]"}, "version": {"N": "1"}}
    cloud.client("dynamodb").put_item(TableName=table(cloud), Item=item)
    code, _, err = operator.runs(*NIGHTLY)
    assert code == 0
    assert err.startswith(f"{WARNING}the record of nightly-report, {TICK}, was not written by the watch: ")


def test_a_function_without_a_ledger_is_a_warning(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A function of that name that is no watch has no ledger."""
    cloud.run(program())
    cloud.client("lambda").update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": {}})
    code, _, err = operator.runs(*NIGHTLY)
    why = f"group {GROUP} ({REGION}) has no ledger: "
    assert (code, err) == (0, f"{WARNING}{why}the function {FUNCTION} has no variable LEDGER_TABLE\n")


LAUNCH = "  command: python manage.py 'build report'\n  cluster: staging\n  task definition: web\n"


@pytest.mark.parametrize(
    ("typed", "runs"), [("y\n", True), ("Yes\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_asks_on_a_terminal(cloud: EmbeddedCloud, operator: Operator, typed: str, *, runs: bool) -> None:
    """The question shows the launch without the environment's values, and only yes starts it."""
    cloud.run(program(schedule(environment={"TOKEN": "hidden"}), command=["python", "manage.py", "build report"]))
    operator.types(typed)
    code, out, err = operator.runs(*NIGHTLY, "--json")
    assert err.startswith(f"{NOTHING}{LAUNCH}Run it again? [y/N] ")
    assert "hidden" not in err
    assert (code, bool(out), "ecs:RunTask" in operator.called()) == (not runs, runs, runs)
    assert err.endswith("nothing was started\n") == (not runs)


def test_does_not_ask_when_told_so(cloud: EmbeddedCloud, operator: Operator) -> None:
    """With --yes there is no question on a terminal."""
    cloud.run(program())
    operator.types("n\n")
    code, _, err = operator.runs(*NIGHTLY, "--yes")
    assert (code, err) == (0, "")


def test_interrupted_question(cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the command with one line and the shell's exit code."""
    cloud.run(program())
    operator.types("")

    def interrupt(_: Terminal) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Terminal, "readline", interrupt)
    code, _, err = operator.runs(*NIGHTLY)
    assert (code, err.endswith("\ninterrupted\n"), operator.called()) == (130, True, LOOKS)


def test_a_launch_without_a_task_is_an_error(
    cloud: EmbeddedCloud, operator: Operator, answer_run_task: Callable[[Any], None]
) -> None:
    """A launch without a task is an error, since RunTask answers 200 with failures when there is no capacity."""
    cloud.run(program())
    failure = {"arn": CLUSTER, "reason": "RESOURCE:ENI", "detail": "no address is free"}
    answer_run_task(lambda _: {"tasks": [], "failures": [failure]})
    assert operator.fails(*NIGHTLY) == f"RunTask: RESOURCE:ENI, no address is free, {CLUSTER}; started: nothing"


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (
            "AccessDeniedException",
            f"User: u is not authorized to perform: iam:PassRole on resource: {ROLES[0]} because no policy allows it",
            f"you lack the permission iam:PassRole on {ROLES[0]} (no policy allows it)",
        ),
        ("ClientException", "TaskDefinition not found.", "RunTask: TaskDefinition not found. (ClientException)"),
    ],
    ids=["denied", "refused"],
)
def test_a_refusal_is_one_line(
    cloud: EmbeddedCloud,
    operator: Operator,
    answer_run_task: Callable[[Any], None],
    code: str,
    message: str,
    said: str,
) -> None:
    """Every refusal of AWS is one line."""
    cloud.run(program())

    def refuse(_: Call) -> None:
        raise AwsError(code, message)

    answer_run_task(refuse)
    assert operator.fails(*NIGHTLY).startswith(said)


def test_whoever_may_not_look_is_told_which_permission(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The error for a role without any policy names the missing permission of the first call."""
    cloud.run(program())
    operator.has(cloud.embedded.identities.credentials(ROLES[0]).environment())
    wanted = (
        f"you lack the permission scheduler:GetSchedule on arn:aws:scheduler:{PLACE}:schedule/{GROUP}/nightly-report"
    )
    assert operator.fails(*NIGHTLY).startswith(wanted)


def test_needs_credentials(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials, the error says so."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert operator.fails(*NIGHTLY) == "there are no AWS credentials; sign in, or set AWS_PROFILE"


def test_an_address_that_is_none_is_one_line(operator: Operator) -> None:
    """An invalid AWS_ENDPOINT_URL is one line and not a traceback."""
    operator.has({"AWS_ENDPOINT_URL": "nonsense"})
    assert operator.fails(*NIGHTLY) == "Invalid endpoint: nonsense"


def test_the_sandbox_s_stack_is_looked_for_in_the_sandbox(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command of an alert from the sandbox works as it is typed, and makes no call to a real account."""
    started = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        started.append(command)
        return subprocess.CompletedProcess(command, 7)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    words = ["cleanup", "--stack", "sandbox", "--tick", TICK]
    assert operator.runs(*words) == (7, "", "")
    assert started == [[sys.executable, "-m", "sandbox", "ops", "rerun", *words]]
    assert operator.called() == ()


def test_in_the_sandbox_logs_are_the_sandbox_s(cloud: EmbeddedCloud, operator: Operator) -> None:
    """In the sandbox, the command to watch is the sandbox's own, also for the group of another program."""
    cloud.run(program())
    operator.has({in_sandbox.VARIABLE: "1"})
    code, out, _ = operator.runs(*NIGHTLY)
    assert code == 0
    started, _, watch = out.splitlines()[-3:]
    assert watch == f"Watch it: {begun.python()} -m sandbox logs {started.split()[2]}"


def test_who_is_on_call_may_do_all_of_it(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The policies in docs/permissions.md allow every call of the command, also with a misspelled name."""
    cloud.run(program())
    policies = [
        permissions.policy(
            title,
            project=PROJECT,
            stack=STACK,
            group=GROUP,
            account=ACCOUNT,
            region=REGION,
            watch=FUNCTION,
            cluster="staging",
            family="web",
            task_role="task",
            execution_role="execution",
        )
        for title in permissions.ROLES["on call"]
    ]
    asked = []
    for name, code in (("nightly-report", 0), ("nightly", 1)):
        assert operator.runs(name, "--tick", TICK, *WHERE)[0] == code
        asked += [request for call in operator.calls() for request in questions(call)]
    assert {request.action for request in asked} == {
        *USUAL,
        "ecs:TagResource",
        "iam:PassRole",
        "scheduler:ListSchedules",
    }
    assert [
        str(evaluate(request, policies).reason) for request in asked if not evaluate(request, policies).allowed
    ] == []


def test_asks_the_supervisor_to_run_a_supervised_job(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The message names schedule, tick and request. What is run, and with which role, stays the job's own."""
    cloud.run(supervised_program())
    code, out, err = operator.runs(*NIGHTLY, "--json")
    assert (code, err) == (0, "")
    shown = json.loads(out)
    assert shown["tasks"] == []
    assert operator.called() == (*LOOKS, *LOOKS[1:], "sqs:SendMessage")
    sent = dict(operator.calls()[-1].params)
    assert sent["QueueUrl"].endswith("/jobs-staging-launches")
    assert launches.read(sent["MessageBody"]) == launches.Message(
        job="nightly-report", schedule="nightly-report", tick=TICK, rerun=shown["request"]
    )
    code, out, err = operator.runs(*NIGHTLY, "--insist")
    assert (code, err) == (0, "")
    assert "Asked the supervisor to run it (request " in out
    assert "python -m ops history nightly-report\n" in out
    assert launches.read(operator.calls()[-1].params["MessageBody"]).insists
    policies = [
        permissions.policy(title, project=PROJECT, stack=STACK, group=GROUP, account=ACCOUNT, region=REGION)
        for title in permissions.ROLES["on call"]
    ]
    [request] = iam_requests.about(operator.calls()[-1])
    assert evaluate(request, policies).allowed


def test_insists_only_on_a_supervised_job(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A job that is not supervised has no lock."""
    cloud.run(program())
    code, out, err = operator.runs(*NIGHTLY, "--insist")
    assert (code, out) == (1, "")
    assert "--insist: is for supervised jobs, but nightly-report is none: Scheduler launches it itself" in err


def questions(call: Call) -> list[Request]:
    """Return the IAM requests for a call of the command."""
    if call.operation != "RunTask":
        return iam_requests.about(call)
    tasks = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    return [
        Request("ecs:RunTask", f"arn:aws:ecs:{PLACE}:task-definition/web:2", {"ecs:cluster": CLUSTER}),
        Request("ecs:TagResource", f"arn:aws:ecs:{PLACE}:task/staging/0123", {"ecs:CreateAction": "RunTask"}),
        *(Request("iam:PassRole", role, tasks) for role in ROLES),
    ]
