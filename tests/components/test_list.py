"""Tests of `python -m ops list` with a deployed program."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from components.watch_args import WatchArgs
from emulator.iam.policy_evaluation import evaluate
from tests import permissions
from tests.components import stacks
from tests.components.embedded import ACCOUNT, PROJECT, REGION, STACK, EmbeddedCloud
from tests.components.operators import Operator, allowed, without
from tests.components.stacks import CLUSTER, PLACE, group, job, schedule
from tests.components.watching import FUNCTION, LOG_GROUPS, WATCHED_PLACEMENT
from watch.function_variables import LEDGER
from watch.ledger import Ledger
from watch.records import JobRecord, OpenRun, ScheduleRecord, Tick
from watch.table import BODY, DEPLOYED, KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Callable

DEPLOYED_AT = datetime(2027, 2, 1, 12, tzinfo=UTC)
NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)
"""A Wednesday: the time while the command runs."""
TICK, BEFORE = "2027-02-03T01:00:00Z", "2027-02-02T01:00:00Z"
GROUP = f"{PROJECT}-{STACK}"
WHERE = ("--group", GROUP, "--region", REGION)
USUAL = (
    "lambda:GetFunctionConfiguration",
    "dynamodb:Query",
    "dynamodb:Query",
    "scheduler:ListSchedules",
    "ssm:GetParametersByPath",
    "dynamodb:BatchGetItem",
)
"""The calls without a known tick: the last one asks for the watch's last check."""
TASK = f"arn:aws:ecs:{PLACE}:task/staging/0a"


def program(*keys: str, jobs: tuple[str, ...] = ("nightly-report",)) -> Callable[[], Any]:
    """Return a program with a watch and these jobs, each with a nightly schedule or one for each key."""

    def declare() -> None:
        declared = group(watch=WatchArgs(placements=[WATCHED_PLACEMENT]))
        for name in jobs:
            schedules = [schedule(key=key) for key in keys]
            job(declared, *schedules, name=name, log_groups=LOG_GROUPS)

    return declare


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `list`."""
    return Operator(cloud, monkeypatch, capsys, "list", NOW)


def deploy(cloud: EmbeddedCloud, declare: Callable[[], Any]) -> Ledger:
    """Deploy a program two days before, let the watch check now, and return the ledger."""
    with time_machine.travel(DEPLOYED_AT, tick=False):
        cloud.run(declare)
    ledger = Ledger(cloud.client("dynamodb"), table(cloud), 90)
    ledger.note_check(NOW, supervises=False)
    return ledger


def table(cloud: EmbeddedCloud) -> str:
    """Return the name of the ledger's table."""
    found = cloud.client("lambda").get_function_configuration(FunctionName=FUNCTION)
    return str(found["Environment"]["Variables"][LEDGER])


def failed_twice() -> tuple[JobRecord, list[Tick]]:
    """Return what the watch records of a job whose last two ticks failed, of which one is run again."""
    record = JobRecord(
        "nightly-report",
        schedules={"nightly-report": ScheduleRecord(checked=BEFORE, seen=[TICK], failures=2)},
        open={"0a": OpenRun(TASK, CLUSTER, "nightly-report", BEFORE, "2027-02-03T08:50:00Z")},
        trouble={"nightly-report": TICK},
    )
    return record, [Tick("nightly-report", "nightly-report", one, "failed", "failed") for one in (BEFORE, TICK)]


def listed(operator: Operator, *arguments: str) -> list[dict[str, Any]]:
    """Return the schedules of the command's JSON, which comes without a warning."""
    code, out, err = operator.runs(*WHERE, "--json", *arguments)
    assert (code, err) == (0, "")
    found: list[dict[str, Any]] = json.loads(out)["schedules"]
    return found


def test_lists_a_schedule(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The line has all that is known, with times in the schedule's zone; the last line counts."""
    deploy(cloud, program()).save(*failed_twice(), NOW)
    code, out, err = operator.runs(*WHERE)
    assert (code, err) == (0, "")
    assert out == (
        "SCHEDULE        OWNER  STATE    LAST              FAILS  NEXT           RUNS NOW         WHEN\n"
        "nightly-report  data   enabled  failed Wed 02:00  2      Thu 02:00 CET  since Wed 09:50  "
        "at 02:00 every day\n"
        "1 job, 1 schedule; latest ticks: 1 failed\n"
    )


def test_lists_it_as_json(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The output with --json is JSON with all values, in UTC, and nothing else."""
    deploy(cloud, program()).save(*failed_twice(), NOW)
    code, out, err = operator.runs(*WHERE, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "group": GROUP,
        "region": REGION,
        "now": "2027-02-03T09:00:00Z",
        "schedules": [
            {
                "schedule": "nightly-report",
                "job": "nightly-report",
                "owner": "data",
                "state": "enabled",
                "enabled": True,
                "hold": None,
                "words": "at 02:00 every day, Europe/Berlin",
                "timezone": "Europe/Berlin",
                "asDeployed": True,
                "nextTick": "2027-02-04T01:00:00Z",
                "lastTick": TICK,
                "lastOutcome": "failed",
                "failuresInARow": 2,
                "running": [{"task": TASK, "cluster": CLUSTER, "tick": BEFORE, "since": "2027-02-03T08:50:00Z"}],
                "waiting": [],
            }
        ],
    }


def test_calls_grow_with_pages(cloud: EmbeddedCloud, operator: Operator) -> None:
    """Ten jobs need the calls of one job; only a schedule of no job is read by itself."""
    jobs = tuple(f"job-{number}" for number in range(10))
    ledger = deploy(cloud, program("morning", "evening", jobs=jobs))
    assert len(listed(operator)) == 20
    assert operator.called() == USUAL
    for name in jobs:
        schedules = {f"{name}.morning": ScheduleRecord(seen=[TICK])}
        assert ledger.save(JobRecord(name, schedules=schedules), [Tick(name, f"{name}.morning", TICK, "good")], NOW)
    found = listed(operator)
    assert [row["lastOutcome"] for row in found] == ["none", "good"] * 10
    assert operator.called() == (*USUAL, "dynamodb:BatchGetItem")


def test_a_schedule_that_only_aws_or_only_an_item_has_is_shown_as_such(
    cloud: EmbeddedCloud, operator: Operator
) -> None:
    """The states tell them apart, and one that is disabled; a filter keeps one of them."""
    ledger = deploy(cloud, program("a", "b", "c"))
    scheduler = cloud.client("scheduler")
    scheduler.delete_schedule(GroupName=GROUP, Name="nightly-report.a")
    described = scheduler.get_schedule(GroupName=GROUP, Name="nightly-report.b")
    kept = ("GroupName", "Name", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    given = {name: described[name] for name in kept}
    with time_machine.travel(DEPLOYED_AT, tick=False):
        scheduler.update_schedule(**given, State="DISABLED")
        scheduler.create_schedule(**{**given, "Name": "by-hand", "ScheduleExpression": "rate(1 hour)"})
    assert ledger.last_check() == NOW
    assert {(row["schedule"], row["state"], row["enabled"], row["nextTick"]) for row in listed(operator)} == {
        ("by-hand", "stray", True, "2027-02-03T10:00:00Z"),
        ("nightly-report.a", "missing", False, None),
        ("nightly-report.b", "off", False, None),
        ("nightly-report.c", "enabled", True, "2027-02-04T01:00:00Z"),
    }
    assert operator.called() == (*USUAL[:5], "scheduler:GetSchedule", USUAL[5])
    assert [row["schedule"] for row in listed(operator, "--state", "off", "--state", "stray")] == [
        "by-hand",
        "nightly-report.b",
    ]


def test_a_filter_that_nothing_can_match_names_what_is_accepted(cloud: EmbeddedCloud, operator: Operator) -> None:
    """An unknown owner, state or outcome is an error; a known one that nothing matches now is not."""
    deploy(cloud, program())
    assert operator.fails(*WHERE, "--owner", "date") == "--owner 'date': no job has this owner; did you mean 'data'?"
    for option, example in (("--state", "unscheduled"), ("--outcome", "not-launched")):
        code, out, err = operator.runs(*WHERE, option, "xyz")
        assert (code, out) == (2, "")
        assert f"Invalid value for '{option}': 'xyz'; must be one of: " in err
        assert f", {example}" in err
    assert operator.runs(*WHERE, "--owner", "data", "--outcome", "good") == (
        0,
        "No schedule matches; the stack has 1 schedule.\n",
        "",
    )


def test_what_the_watch_did_not_write_is_a_warning(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A foreign record, tick or item is named and left out, and the other ones are listed."""
    ledger = deploy(cloud, program())
    ledger.save(*failed_twice(), NOW)
    for key, sort in (("jobs", "other"), (DEPLOYED, "\x1b[31m"), ("schedule#nightly-report", TICK)):
        item = {KEY: {"S": key}, SORT: {"S": sort}, BODY: {"S": "[]"}, "version": {"N": "1"}}
        cloud.client("dynamodb").put_item(TableName=table(cloud), Item=item)
    code, out, err = operator.runs(*WHERE)
    assert (code, out.splitlines()[1].split()[:3]) == (0, ["nightly-report", "data", "enabled"])
    assert [line.partition(" was not")[0] for line in err.splitlines()] == [
        r"warning: the ledger's item of '\x1b[31m'",
        "warning: the ledger's record of 'other'",
        "warning: the ledger's latest tick of 'nightly-report'",
    ]


def test_a_watch_that_does_not_check_is_a_warning(cloud: EmbeddedCloud, operator: Operator) -> None:
    """Outcomes may then be missing."""
    ledger = deploy(cloud, program())
    ledger.note_check(datetime(2027, 2, 3, 8, 44, tzinfo=UTC), supervises=False)
    warning = "warning: the watch has not checked since 2027-02-03T08:44:00Z, so ticks may be unknown\n"
    assert operator.runs(*WHERE)[2] == warning
    cloud.client("dynamodb").delete_item(TableName=table(cloud), Key={KEY: {"S": "watch"}, SORT: {"S": "looked"}})
    assert operator.runs(*WHERE)[2] == "warning: the watch has not checked this stack yet, so ticks may be unknown\n"


def test_a_stack_without_jobs_is_no_error(cloud: EmbeddedCloud, operator: Operator) -> None:
    """It is deployed, and has nothing to list."""
    deploy(cloud, program(jobs=()))
    assert operator.runs(*WHERE) == (0, "This stack has no job and no schedule.\n", "")


def test_a_group_without_a_ledger_is_one_line(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The error says what is missing: the group, its watch, or the table."""
    where = f"group {GROUP} ({REGION})"
    no_watch = f"{where} has no ledger: there is no function {FUNCTION}; is the stack deployed there, with a watch?"
    assert operator.fails(*WHERE) == no_watch
    cloud.run(stacks.program())
    assert operator.fails(*WHERE) == no_watch


def test_a_ledger_that_is_gone_is_one_line(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The error is AWS's own."""
    deploy(cloud, program())
    cloud.client("dynamodb").update_table(TableName=table(cloud), DeletionProtectionEnabled=False)
    cloud.client("dynamodb").delete_table(TableName=table(cloud))
    assert operator.fails(*WHERE).startswith("Query: ")


def test_the_sandbox_s_stack_is_listed_in_the_sandbox(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command runs in the sandbox, and makes no call to a real account."""
    started = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        started.append(command)
        return subprocess.CompletedProcess(command, 7)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert operator.runs("--stack", "sandbox") == (7, "", "")
    assert started == [[sys.executable, "-m", "sandbox", "ops", "list", "--stack", "sandbox"]]
    assert operator.called() == ()


def test_needs_a_stack(operator: Operator) -> None:
    """The error says what to give."""
    said = "set --stack, or set --group and --region for the schedules of another program"
    assert operator.fails(wanted=2) == said


def test_who_looks_may_list(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The policy in docs/permissions.md allows every call. Without any action of them, one is refused."""
    ledger = deploy(cloud, program())
    ledger.save(*failed_twice(), NOW)
    described = cloud.client("scheduler").get_schedule(GroupName=GROUP, Name="nightly-report")
    kept = ("GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    cloud.client("scheduler").create_schedule(**{name: described[name] for name in kept}, Name="by-hand")
    assert operator.runs(*WHERE)[0] == 0
    assert set(operator.called()) == {*USUAL, "scheduler:GetSchedule"}
    policy = permissions.policy(permissions.LOOK, group=GROUP, account=ACCOUNT, region=REGION, watch=FUNCTION)
    asked = operator.asked()
    assert [str(evaluate(each, [policy]).reason) for each in asked if not evaluate(each, [policy]).allowed] == []
    for action in {each.action for each in asked}:
        assert not allowed(asked, without(policy, action)), action
