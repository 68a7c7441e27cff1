"""Tests of `python -m ops adopt` against the embedded AWS, and with files."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from moto.events.models import events_backends
from moto.scheduler.models import scheduler_backends

from emulator.iam.policy_evaluation import evaluate
from ops.commands import check
from plan import job_files
from tests import permissions
from tests.components.embedded import ACCOUNT, REGION, EmbeddedCloud, register
from tests.components.operators import Operator, allowed, without
from tests.components.stacks import CLUSTER, PLACE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
NETWORK = {"awsvpcConfiguration": {"Subnets": ["subnet-0a"], "SecurityGroups": ["sg-01"]}}
PARAMETERS = {
    "TaskDefinitionArn": f"arn:aws:ecs:{PLACE}:task-definition/report:1",
    "TaskCount": 1,
    "LaunchType": "FARGATE",
    "NetworkConfiguration": NETWORK,
}
TARGET = {"Id": "task", "Arn": CLUSTER, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/task", "EcsParameters": PARAMETERS}
CRONTAB = "0 2 * * * /srv/report.sh\n"


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `adopt`."""
    return Operator(cloud, monkeypatch, capsys, "adopt", NOW)


def make_rules(cloud: EmbeddedCloud, targets: Mapping[str, list[dict[str, Any]]], expression: str) -> None:
    """Create scheduled rules with these targets. The sandbox itself does not deliver to ECS targets."""
    for name, given in targets.items():
        cloud.client("events").put_rule(Name=name, ScheduleExpression=expression)
        events_backends[ACCOUNT][REGION].put_targets(name, "default", given)


def make_schedule(name: str, target: Mapping[str, Any]) -> None:
    """Create a daily schedule. The sandbox itself takes no templated targets."""
    role = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
    unset: Any = dict.fromkeys(
        ("description", "kms_key_arn", "start_date", "end_date", "state", "action_after_completion")
    )
    scheduler_backends[ACCOUNT][REGION].create_schedule(
        name=name,
        group_name="default",
        schedule_expression="cron(0 2 * * ? *)",
        schedule_expression_timezone="Europe/Berlin",
        flexible_time_window={"Mode": "OFF"},
        target={"RoleArn": role, **target},
        **unset,
    )


def passes_check(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the schedules of a folder by name, of which `check` must have nothing to say."""
    monkeypatch.setattr(check, "CHECKOUT", folder)
    monkeypatch.setattr(job_files, "load", partial(job_files.load, folder=folder / "jobs"))
    assert check.command("adopted", as_json=True) == 0
    return {one["name"]: one for one in json.loads(capsys.readouterr().out)["schedules"]}


def test_rules_become_jobs(
    cloud: EmbeddedCloud,
    operator: Operator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Page by page; a rule without a command has that of its task definition. Nothing is changed in the account."""
    register(cloud, "report", {"app": True})
    definition = cloud.client("ecs").describe_task_definition(taskDefinition="report")["taskDefinition"]
    definition["containerDefinitions"][0]["command"] = ["report", "--day", "yesterday"]
    answer = {"taskDefinition": definition}
    monkeypatch.setitem(cloud.embedded.gateway._answers, ("ecs", "DescribeTaskDefinition"), lambda _: answer)
    function = {"Id": "f", "Arn": f"arn:aws:lambda:{PLACE}:function:f"}
    rules = {f"nightly-{number:03}": [TARGET] for number in range(51)}
    make_rules(cloud, {**rules, "function": [function], "other": [TARGET]}, "cron(0 2 * * ? *)")
    cloud.client("events").put_rule(Name="nightly-events", EventPattern='{"source": ["aws.ecs"]}')
    code, out, err = operator.runs(
        "eventbridge", "--region", REGION, "--prefix", "nightly-", "--into", str(tmp_path), "--owner", "data"
    )
    assert (code, err) == (0, "")
    assert {name.partition(":")[2] for name in operator.called()} == {
        "ListRules",
        "ListTargetsByRule",
        "DescribeTaskDefinition",
    }
    assert operator.called().count("ecs:DescribeTaskDefinition") == 1
    assert f"Wrote 51 jobs into {tmp_path}. All schedules are disabled: docs/migrating.md." in out
    schedules = passes_check(tmp_path, monkeypatch, capsys)
    assert sorted(schedules) == sorted(rules)
    assert {one["enabled"] for one in schedules.values()} == {False}
    assert 'command=["report", "--day", "yesterday"]' in (tmp_path / "jobs" / "nightly_000.py").read_text()
    assert "aws:region: eu-central-1\n" in (tmp_path / "Pulumi.adopted.yaml").read_text()


def test_schedules_become_jobs(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Templated and universal targets; others are listed."""
    overrides = {"ContainerOverrides": [{"Name": "app", "Command": ["report"]}]}
    request = {
        "Cluster": "staging",
        "TaskDefinition": "report",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"AwsvpcConfiguration": NETWORK["awsvpcConfiguration"]},
        "Overrides": overrides,
    }
    given = json.dumps({"containerOverrides": [{"name": "app", "command": ["report"]}]})
    make_schedule("universal", {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "Input": json.dumps(request)})
    make_schedule("templated", {"Arn": CLUSTER, "EcsParameters": PARAMETERS, "Input": given})
    make_schedule("queue", {"Arn": f"arn:aws:sqs:{PLACE}:q"})
    code, out, _ = operator.runs("scheduler", "--region", REGION, "--into", str(tmp_path), "--json")
    assert code == 0
    told = json.loads(out)
    assert sorted(job["name"] for job in told["jobs"]) == ["templated", "universal"]
    assert [left["todo"] for left in told["leftovers"] if left["field"] == "Target"] == [
        f"is no ECS task but arn:aws:sqs:{PLACE}:q, so it stays where it is"
    ]
    schedules = passes_check(tmp_path, monkeypatch, capsys)
    assert {one["words"] for one in schedules.values()} == {"at 02:00 every day, Europe/Berlin"}


def test_a_task_definition_that_is_gone_is_listed(cloud: EmbeddedCloud, operator: Operator, tmp_path: Path) -> None:
    """The job is written without its command."""
    make_rules(cloud, {"nightly": [TARGET]}, "cron(0 2 * * ? *)")
    code, out, _ = operator.runs("eventbridge", "--region", REGION, "--into", str(tmp_path))
    assert code == 0
    assert "task-definition/report:1: cannot be read: " in out
    assert 'command=["replace-me"]' in (tmp_path / "jobs" / "nightly.py").read_text()


def test_the_sandbox_s_rules_are_read_in_the_sandbox(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The folder is named by its whole path, since the command runs in the checkout."""
    started = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        started.append(command)
        return subprocess.CompletedProcess(command, 7)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.chdir(tmp_path)
    typed = ("eventbridge", "--stack", "sandbox", "--into", "here")
    assert operator.runs(*typed) == (7, "", "")
    asked = [sys.executable, "-m", "sandbox", "ops", "adopt", *typed, "--into", str(tmp_path / "here")]
    assert started == [asked]


@pytest.mark.parametrize("source", ["eventbridge", "scheduler"])
def test_who_adopts_may_read_and_nothing_else(
    cloud: EmbeddedCloud, operator: Operator, tmp_path: Path, source: str
) -> None:
    """The policy in docs/permissions.md allows every call. Without any action of them, one is refused."""
    register(cloud, "report", {"app": True})
    make_rules(cloud, {"nightly": [TARGET]}, "cron(0 2 * * ? *)")
    make_schedule("templated", {"Arn": CLUSTER, "EcsParameters": PARAMETERS})
    assert operator.runs(source, "--region", REGION, "--into", str(tmp_path))[0] == 0
    policy = permissions.policy(permissions.ADOPT, account=ACCOUNT, region=REGION)
    asked = operator.asked()
    assert [str(evaluate(each, [policy]).reason) for each in asked if not evaluate(each, [policy]).allowed] == []
    for action in {each.action for each in asked}:
        assert not allowed(asked, without(policy, action)), action


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ({}, "set --region, or the region of the AWS profile"),
        ({"AWS_PROFILE": "nowhere"}, "The config profile (nowhere) could not be found"),
    ],
    ids=["no region", "no profile"],
)
def test_the_region_is_that_of_the_profile(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, profile: dict[str, str], reason: str
) -> None:
    """Without one, the error says what to set."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    operator.has({"AWS_CONFIG_FILE": "/nowhere", **profile})
    assert operator.fails("eventbridge", "--into", "x") == reason


def test_nothing_is_overwritten(operator: Operator, tmp_path: Path) -> None:
    """A file that exists is refused before anything is written."""
    (tmp_path / "crontab").write_text(f"{CRONTAB}0 3 * * * /srv/other.sh\n")
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "other.py").write_text("mine")
    said = operator.fails("crontab", str(tmp_path / "crontab"), "--into", str(tmp_path))
    assert said == f"in {tmp_path} there is jobs/other.py already; nothing is overwritten, so choose another folder"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["crontab", "jobs", "other.py"]
    assert (tmp_path / "jobs" / "other.py").read_text() == "mine"


def test_a_dry_run_writes_nothing(operator: Operator, tmp_path: Path) -> None:
    """It shows the files."""
    (tmp_path / "crontab").write_text(CRONTAB)
    code, out, _ = operator.runs("crontab", str(tmp_path / "crontab"), "--into", str(tmp_path), "--dry-run")
    assert code == 0
    assert "==> jobs/report.py\n" in out
    assert "    report: {cron: '0 2 * * ? *', timezone: UTC, enabled: false}\n" in out
    assert f"Would write 1 job into {tmp_path}." in out
    assert [path.name for path in tmp_path.iterdir()] == ["crontab"]


def test_jobs_that_are_there_are_off(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that the new stack file passes `check` beside them; helpers are no jobs."""
    (tmp_path / "crontab").write_text(CRONTAB)
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "_shared.py").write_text("")
    mine = 'from settings import Job\n\nJOB = Job(name="old-job", command=["true"], owner="data")\n'
    (tmp_path / "jobs" / "old_job.py").write_text(mine)
    given = ("--cluster", "production", "--service", "web", "--timezone", "UTC", "--owner", "data")
    code, out, _ = operator.runs(
        "crontab", str(tmp_path / "crontab"), "--into", str(tmp_path), "--region", REGION, *given
    )
    assert (code, "Not carried over" in out) == (0, False)
    assert list(passes_check(tmp_path, monkeypatch, capsys)) == ["report"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("crontab", "@reboot /srv/agent\n", "crontab: there is no job to adopt"),
        ("kubernetes", "kind: Service\n", "kubernetes: there is no job to adopt"),
        ("kubernetes", "a: {", "{file}:1: this is not YAML"),
        ("ecschedule", "region: a\n", "{file}:1: has no rules; is this a file of ecschedule?"),
        ("ecschedule", None, "{file} cannot be read: No such file or directory"),
    ],
    ids=["reboot", "service", "no YAML", "no rules", "no file"],
)
def test_a_source_without_jobs_is_an_error(
    operator: Operator, tmp_path: Path, name: str, text: str | None, reason: str
) -> None:
    """What is there instead is listed."""
    file = tmp_path / "given"
    if text is not None:
        file.write_text(text)
    code, out, err = operator.runs(name, str(file), "--into", str(tmp_path / "out"))
    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"error: {reason.format(file=file)}")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cronjobs"], "Error: Invalid value for SOURCE: 'cronjobs'; did you mean 'crontab'?"),
        (["crontab"], "Error: Invalid value for FILE: is missing; crontab is read from files"),
        (["scheduler", "a"], "Error: Invalid value for FILE: not with scheduler, which is read from the account"),
        (["crontab", "a", "--group", "b"], "Error: Invalid value for --group: only for scheduler"),
        (
            ["crontab", "a", "--timezone", "Berlin"],
            "Error: Invalid value for --timezone: 'Berlin': no such time zone; did you mean Europe/Berlin?",
        ),
        (
            ["crontab", "a", "--stack", "../b"],
            "Error: Invalid value for --stack: '../b': must be a name such as adopted",
        ),
    ],
    ids=["source", "no file", "file", "option", "zone", "stack"],
)
def test_wrong_usage(operator: Operator, arguments: list[str], message: str) -> None:
    """The exit code is 2, and standard error has what was received and what would be accepted."""
    code, out, err = operator.runs(*arguments, "--into", "x")
    assert (code, out, err.splitlines()[-1]) == (2, "", message)
