"""Tests of `python -m ops rerun` with a deployed program."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from components.run_task_request import client_token
from emulator.gateway.gateway import AwsError
from emulator.iam import iam_requests
from emulator.iam.policy_evaluation import Request, evaluate
from ops import rerun
from ops.cli import main
from sandbox.environment import aws_environment
from tests import permissions
from tests.components.embedded import ACCOUNT, PROJECT, REGION, STACK, EmbeddedCloud, register
from tests.components.stacks import CLUSTER, PLACE, ROLES, program, schedule
from tests.credentials import SESSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.gateway.gateway import Call

TICK = "2026-11-26T01:00:00Z"
GROUP = f"{PROJECT}-{STACK}"
WHERE = ("--group", GROUP, "--region", REGION)
NIGHTLY = ("nightly-report", "--tick", TICK, *WHERE)
USUAL = ("scheduler:GetSchedule", "ecs:RunTask", "ecs:DescribeTaskDefinition")
OUTSIDE = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "AWS_PROFILE", "AWS_SESSION_TOKEN")


class Terminal(io.StringIO):
    """A terminal with typed text."""

    def isatty(self) -> bool:
        """Return that it is a terminal."""
        return True


class Operator:
    """An operator who runs the command against the embedded AWS."""

    def __init__(
        self, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Start without a terminal."""
        self._cloud, self._monkeypatch, self._capsys = cloud, monkeypatch, capsys
        for name in OUTSIDE:
            monkeypatch.delenv(name, raising=False)
        self.has(aws_environment(cloud.clients.endpoint_url, REGION, SESSION))
        monkeypatch.setattr(sys, "stdin", io.StringIO())

    def has(self, environment: dict[str, str]) -> None:
        """Set environment variables."""
        for name, value in environment.items():
            self._monkeypatch.setenv(name, value)

    def types(self, text: str) -> None:
        """Use a terminal with this text as input."""
        self._monkeypatch.setattr(sys, "stdin", Terminal(text))

    def runs(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command and return its exit code, its standard output and its standard error."""
        self._cloud.embedded.gateway.calls.clear()
        code = main(["rerun", *arguments])
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err

    def fails(self, *arguments: str) -> str:
        """Run the command, which must fail without output, and return its one line of standard error."""
        code, out, err = self.runs(*arguments)
        assert (code, out, len(err.splitlines())) == (1, "", 1)
        return err.removeprefix("error: ").rstrip("\n")

    def calls(self) -> list[Call]:
        """Return the calls that the command made."""
        return list(self._cloud.embedded.gateway.calls)

    def called(self) -> tuple[str, ...]:
        """Return the names of the calls."""
        return tuple(f"{call.service}:{call.operation}" for call in self.calls())


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator."""
    return Operator(cloud, monkeypatch, capsys)


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
    sent = dict(operator.calls()[1].params)
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
    """The output has the task, its log and the command to watch it, and standard error is empty."""
    cloud.run(program())
    register(cloud, "web", {"app": True, "sidecar": False}, log=LOGGED)
    code, out, err = operator.runs(*NIGHTLY)
    task = out.split()[2]
    assert (code, err) == (0, "")
    assert out == (
        f"Started task {task} on cluster staging.\n"
        f"Log: /ecs/web, stream ecs/app/{task}\n"
        f"Watch it: aws logs tail /ecs/web --log-stream-names ecs/app/{task} --follow --region {REGION}\n"
    )


LOGGED = {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web", "awslogs-stream-prefix": "ecs"}}


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
        "tasks": [
            {
                "task": f"arn:aws:ecs:{PLACE}:task/staging/{name}",
                "cluster": CLUSTER,
                "log": {"group": "/ecs/web", "stream": f"ecs/app/{name}"},
                "watch": f"aws logs tail /ecs/web --log-stream-names ecs/app/{name} --follow --region {REGION}",
            }
        ],
    }


def test_tells_how_to_watch_what_has_no_log(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A started task is reported even if its log cannot be found."""
    cloud.run(program())
    register(cloud, "web", {"app": True}, log=None)
    code, out, _ = operator.runs(*NIGHTLY)
    task = out.split()[2]
    assert code == 0
    assert out.splitlines()[1:] == [
        f"Watch it: aws ecs describe-tasks --cluster staging --tasks {task} --region {REGION}"
    ]


def test_finds_a_stack_by_its_file(
    cloud: EmbeddedCloud, operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The region is in the stack's file and the group has the stack's name; options win over both."""
    cloud.run(program())
    monkeypatch.setattr(rerun, "_CHECKOUT", tmp_path)
    (tmp_path / "Pulumi.staging.yaml").write_text(f"config: {{'aws:region': {REGION}}}\n")
    run = ("nightly-report", "--tick", TICK, "--stack", "staging")
    assert operator.runs(*run, "--group", GROUP)[0] == 0
    assert operator.fails(*run) == (
        f"there is no schedule in group scheduled-jobs-staging ({REGION}): is the stack deployed there?"
    )
    assert operator.fails(*run, "--region", "us-east-1", "--group", GROUP).startswith("there is no schedule in ")


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


def test_refuses_a_time_that_is_no_tick(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A time that is not a tick starts nothing, unless --anyway is set."""
    cloud.run(program())
    typed = ("nightly-report", "--tick", "2026-11-26T02:00:00+02:00", *WHERE)
    code, _, err = operator.runs(*typed)
    assert code == 1
    assert "ecs:RunTask" not in str(operator.called())
    assert err == (
        "error: 2026-11-26T00:00:00Z is not a tick of nightly-report, which now runs at 02:00 every day, "
        f"Europe/Berlin; nearest: 2026-11-25T01:00:00Z, {TICK}; add --anyway to run it\n"
    )
    assert operator.runs(*typed, "--anyway")[0] == 0


QUESTION = (
    f"nightly-report of group {GROUP} ({REGION}), tick {TICK}\n"
    "  command: python manage.py 'build report'\n"
    "  cluster: staging\n"
    "  task definition: web\n"
    "Run it again? [y/N] "
)


@pytest.mark.parametrize(
    ("typed", "runs"), [("y\n", True), ("Yes\n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_asks_on_a_terminal(cloud: EmbeddedCloud, operator: Operator, typed: str, *, runs: bool) -> None:
    """The question shows the launch without the environment's values, and only yes starts it."""
    cloud.run(program(schedule(environment={"TOKEN": "hidden"}), command=["python", "manage.py", "build report"]))
    operator.types(typed)
    code, out, err = operator.runs(*NIGHTLY, "--json")
    assert err.startswith(QUESTION)
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
    assert (code, err.endswith("\ninterrupted\n"), operator.called()) == (130, True, ("scheduler:GetSchedule",))


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


def test_the_sandbox_s_stack_is_not_looked_for_in_an_account(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error for the sandbox's stack names the command that works, and no call is made."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert operator.fails("cleanup", "--stack", "sandbox", "--tick", TICK) == (
        "stack 'sandbox' is in the embedded AWS on this machine; run: "
        f"{rerun.python()} -m sandbox ops rerun --stack sandbox cleanup --tick {TICK}"
    )
    assert operator.called() == ()


def test_in_the_sandbox_logs_are_the_sandbox_s(cloud: EmbeddedCloud, operator: Operator) -> None:
    """In the sandbox, the command to watch is the sandbox's own."""
    cloud.run(program())
    code, out, _ = operator.runs(*NIGHTLY, "--stack", "sandbox")
    assert code == 0
    assert out.splitlines()[-1] == f"Watch it: {rerun.python()} -m sandbox logs {out.split()[2]}"


def test_who_is_on_call_may_do_all_of_it(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The policies in docs/permissions.md allow every call of the command, also with a misspelled name."""
    cloud.run(program())
    policy = permissions.policy(
        permissions.ON_CALL,
        project=PROJECT,
        stack=STACK,
        group=GROUP,
        account=ACCOUNT,
        region=REGION,
        cluster="staging",
        family="web",
        task_role="task",
        execution_role="execution",
    )
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
        str(evaluate(request, [policy]).reason) for request in asked if not evaluate(request, [policy]).allowed
    ] == []


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
