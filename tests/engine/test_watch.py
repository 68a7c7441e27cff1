"""What makes the watch miss or misread a tick, staged in the sandbox: slow tasks, changes by hand, refused calls."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from emulator.fault_injection.faults import Fault, Kind, Refusal, StagedStop, Status
from tests.engine.account import REGION
from tests.engine.alerting import SCHEMA, Alerting, inbox, text
from watch.task import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "watched"
SECRET = "correct-horse-battery"  # noqa: S105 - an environment value, which no message may show
HOURLY = "cron(0 * * * ? *)"
JOBS = (
    "beside",
    "changed",
    "deleted",
    "far",
    "leaving",
    "moved",
    "pending",
    "provisioning",
    "repeated",
    "slow",
    "slow-failing",
    "stopped-by-aws",
    "stopped-by-ops",
    "stopped-by-somebody",
    "unheard",
)
"""Each has faults of its own, so the tests do not meet."""
FAR = "eu-west-1"
"""The region that has the log of one job, as its task definition says."""
SERVICE = {"cluster": "sandbox", "name": "web"}
STEP_FUNCTIONS = (
    "The Task state in AWS Step Functions execution [arn:aws:states:eu-central-1:123456789012:execution:nightly:1] "
    "which was managing this resource was aborted"
)


def job_file(name: str) -> str:
    """Return the file of a job that prints its secret and the name of a role, and succeeds.

    The run of `leaving` takes longer than five minutes, and must be no overrun, whenever the watch looks.
    """
    line, placement = f"{SECRET} for role/scheduled-jobs-{STACK}", "far" if name == "far" else "default"
    limit = ", longest_run=60" if name == "leaving" else ""
    return (
        f"from settings import Job\n\nJOB = Job(name={name!r}, owner='team-{name}', "
        f"placement={placement!r}, command=['echo', {line!r}], runbook='https://wiki.example.com/{name}', "
        f"environment={{'PASSPHRASE': {SECRET!r}, 'PULUMI_STACK': {STACK!r}}}{limit})\n"
    )


def deploy(program: Program, queue: str, schedules: dict[str, str]) -> None:
    """Deploy jobs with these schedules. Runs that somebody stops are alerted."""
    program.write_jobs(files={name.replace("-", "_"): job_file(name) for name in schedules})
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {
                "default": {"service": SERVICE},
                "far": {"service": SERVICE, "taskDefinition": "far"},
            },
            "scheduled-jobs:schedules": schedules,
            "scheduled-jobs:alerts": {"sqs": [queue], "stops": True},
        }
    )
    program.up()


def register_far(sandbox: Sandbox) -> None:
    """Register a task definition like the service's, whose containers log to another region."""
    ecs, group = sandbox.account.client("ecs"), "/sandbox/far"
    sandbox.account.client("logs", FAR).create_log_group(logGroupName=group)
    known = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    names = ("cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn", "taskRoleArn")
    options = {"awslogs-group": group, "awslogs-region": FAR, "awslogs-stream-prefix": "ecs"}
    logging = {"logDriver": "awslogs", "options": options}
    containers = [{**one, "logConfiguration": logging} for one in known["containerDefinitions"]]
    given = {name: known[name] for name in names}
    ecs.register_task_definition(family="far", containerDefinitions=containers, **given)


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the stack with a subscribed queue, and let every job run once."""
    with inbox(sandbox, "watched-inbox") as queue:
        program = make_program(STACK)
        register_far(sandbox)
        deploy(program, queue.arn, dict.fromkeys(JOBS, HOURLY))
        made = Alerting(sandbox, program, queue)
        made.sandbox.pass_hour(minutes=10)
        yield made
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


@pytest.mark.parametrize("status", [Status.PENDING, Status.PROVISIONING])
def test_task_that_does_not_start(alerting: Alerting, status: Status) -> None:
    """A task that does not start is one alert after a quarter of an hour, and its good end is the recovery."""
    job = status.value.lower()
    alerting.stage(Fault(Kind.PENDING, status=status, seconds=45 * 60.0), job)
    tick = alerting.sandbox.pass_hour(minutes=14)
    assert alerting.of(job) == []
    alerting.sandbox.advance(timedelta(minutes=26))
    [alert] = alerting.of(job)
    jsonschema.validate(alert, SCHEMA)
    assert (alert["class"], alert["tick"], alert["startedAt"]) == ("not-started", text(tick), None)
    waited = re.fullmatch(rf"the task has been {status} for (\d+) minutes", alert["reason"])
    assert waited is not None
    assert 15 <= int(waited[1]) < 20  # the checks come every five minutes
    alerting.sandbox.advance(timedelta(minutes=10))
    assert alerting.told(job)[1:] == [("recovered", "recovered", text(tick))]
    assert alerting.tick(job, tick).outcome == "good"


def schedule_of(alerting: Alerting, job: str) -> dict[str, Any]:
    """Return a schedule as it can be created and updated."""
    found = alerting.sandbox.account.client("scheduler").get_schedule(GroupName=alerting.group, Name=job)
    given = ("GroupName", "Name", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    return {name: found[name] for name in (*given, "State")}


def test_schedule_that_somebody_deletes(alerting: Alerting) -> None:
    """A schedule that is deleted in AWS is one alert, and one message when it is there again."""
    scheduler, job = alerting.sandbox.account.client("scheduler"), "deleted"
    before = schedule_of(alerting, job)
    scheduler.delete_schedule(GroupName=alerting.group, Name=job)
    alerting.sandbox.advance(timedelta(minutes=15))
    [alert] = alerting.of(job)
    jsonschema.validate(alert, SCHEMA)
    assert (alert["class"], alert["schedule"], alert["rerun"]) == ("drifted", job, None)
    assert alert["reason"] == "the schedule was deleted in AWS"
    assert alert["owners"] == ["team-deleted"]
    alerting.sandbox.pass_hour(minutes=30)
    assert len(alerting.of(job)) == 1
    scheduler.create_schedule(**before)
    alerting.sandbox.advance(timedelta(minutes=15))
    assert alerting.told(job)[1:] == [("recovered", "recovered", None)]


def test_schedule_that_somebody_changes(alerting: Alerting) -> None:
    """A schedule that is changed in AWS is one alert, and its ticks are those that AWS has from then on."""
    job = "changed"
    alerting.sandbox.pass_hour(minutes=10)
    given = {**schedule_of(alerting, job), "ScheduleExpression": "cron(20 * * * ? *)"}
    alerting.sandbox.account.client("scheduler").update_schedule(**given)
    tick = alerting.sandbox.pass_hour(minutes=19)
    assert alerting.told(job) == [("alert", "drifted", None)]
    assert alerting.of(job)[0]["reason"] == "the schedule was changed in AWS"
    alerting.stage(Fault(Kind.LAUNCH, refusal=Refusal.FAILURES), job)
    alerting.sandbox.advance(timedelta(minutes=21))
    assert alerting.told(job)[1:] == [("alert", "missed", text(tick + timedelta(minutes=20)))]


def test_run_that_takes_too_long(alerting: Alerting) -> None:
    """An overrun that ends well does not hide the next one. However an overrun ends, it has one closing message."""
    expected = []
    for _ in range(2):
        alerting.stage(Fault(Kind.HANG, seconds=40 * 60.0), "slow")
        tick = text(alerting.sandbox.pass_hour(minutes=50))
        expected += [("alert", "overrun", tick), ("recovered", "recovered", tick)]
        assert alerting.told("slow") == expected
    alerting.stage(Fault(Kind.HANG, seconds=40 * 60.0), "slow-failing")
    alerting.stage(Fault(Kind.EXIT, code=5), "slow-failing")
    tick = text(alerting.sandbox.pass_hour(minutes=50))
    assert alerting.told("slow-failing") == [("alert", "overrun", tick), ("ended", "overrun", tick)]
    assert alerting.of("slow-failing")[-1]["exitCode"] == 5


@contextmanager
def undescribed_tasks(alerting: Alerting) -> Iterator[None]:
    """Let AWS refuse to describe tasks."""
    refused = Fault(Kind.CALL, operation="ecs:DescribeTasks", error="AccessDeniedException")
    alerting.stage(refused, None, times=1000)
    try:
        yield
    finally:  # other tests need these answers
        alerting.sandbox.client.send("DELETE", "faults")


@contextmanager
def events_without_environment(alerting: Alerting) -> Iterator[None]:
    """Let the events of runs leave the overrides out, as the rules of an earlier version did."""
    events, rule = alerting.sandbox.account.client("events"), f"{alerting.group}-runs"
    [target] = events.list_targets_by_rule(Rule=rule)["Targets"]
    template = "{" + ", ".join(f'"{name}": <{name}>' for name in FIELDS) + "}"
    told = {"InputPathsMap": {name: f"$.detail.{name}" for name in FIELDS}, "InputTemplate": template}
    given = {name: value for name, value in target.items() if name != "InputPath"}
    events.put_targets(Rule=rule, Targets=[{**given, "InputTransformer": told}])
    try:
        yield
    finally:
        events.put_targets(Rule=rule, Targets=[target])


def test_tick_of_a_task_is_not_guessed(alerting: Alerting) -> None:
    """While AWS refuses to say for which tick a task is, nothing is settled; then it counts for its own tick.

    The task is an operator's, of an earlier tick. The tick that was due at its creation would be the guess.
    """
    job = "repeated"
    alerting.stage(Fault(Kind.EXIT, code=3), job)
    tick = alerting.sandbox.pass_hour(minutes=10)
    later = alerting.sandbox.pass_hour(minutes=10)
    before = len(alerting.of(job))
    alerting.stage(Fault(Kind.EXIT, code=4), job)
    rerun = ("rerun", job, "--tick", text(tick), "--group", alerting.group, "--region", REGION, "--yes")
    with events_without_environment(alerting):
        with undescribed_tasks(alerting):
            done = alerting.program.ops(*rerun)
            assert (done.returncode, done.stderr) == (0, "")
            alerting.sandbox.advance(timedelta(minutes=20))
        assert alerting.of(job)[before:] == []
        assert [len(alerting.tick(job, one).runs) for one in (tick, later)] == [1, 1]
        alerting.sandbox.advance(timedelta(minutes=10))
    [alert] = alerting.of(job)[before:]
    assert (alert["class"], alert["tick"], alert["exitCode"]) == ("failed", text(tick), 4)
    assert [len(alerting.tick(job, one).runs) for one in (tick, later)] == [2, 1]
    assert not any(run.guessed for run in alerting.tick(job, tick).runs.values())


def test_tick_without_events_is_not_guessed_to_be_missed(alerting: Alerting) -> None:
    """While AWS refuses to describe tasks, a tick whose events were lost is not missed; then its run is found."""
    alerting.stage(Fault(Kind.LOSE_EVENTS), "unheard")
    with undescribed_tasks(alerting):
        tick = alerting.sandbox.pass_hour(minutes=35)
        assert alerting.of("unheard") == []
    alerting.sandbox.advance(timedelta(minutes=10))
    assert alerting.of("unheard") == []
    assert alerting.tick("unheard", tick).outcome == "good"


def test_who_stopped_the_run(alerting: Alerting) -> None:
    """Who stopped a run is judged by the reason: a person, if the stack wants it; not this program; no service."""
    reasons = {
        "stopped-by-somebody": "Wrong data",
        "stopped-by-ops": "scheduled-jobs: timed-out after 1 hour",
        "stopped-by-aws": STEP_FUNCTIONS,
    }
    for job, reason in reasons.items():
        alerting.stage(Fault(Kind.EXIT, stop_code=StagedStop.USER_INITIATED, reason=reason), job)
    tick = text(alerting.sandbox.pass_hour(minutes=10))
    assert alerting.told("stopped-by-somebody") == [("alert", "stopped", tick)]
    assert alerting.told("stopped-by-ops") == []
    assert alerting.told("stopped-by-aws") == [("alert", "failed", tick)]
    [alert] = alerting.of("stopped-by-aws")
    assert alert["exitCode"] == 143
    assert alert["log"]["lines"] == [f"[PASSPHRASE] for role/scheduled-jobs-{STACK}"]
    assert SECRET not in json.dumps(alerting.alerts())


def test_log_in_another_region(alerting: Alerting) -> None:
    """Link and last lines are of the region that the log driver names, and no value of a secret is in them."""
    alerting.stage(Fault(Kind.EXIT, code=3), "far")
    alerting.sandbox.pass_hour(minutes=10)
    [alert] = alerting.of("far")
    assert alert["log"]["url"].startswith(f"https://{FAR}.console.aws.amazon.com/")
    assert alert["log"]["group"] == "/sandbox/far"
    assert alert["log"]["lines"] == [f"[PASSPHRASE] for role/scheduled-jobs-{STACK}"]
    assert alert["missing"] == []


def test_rerun_beside_a_run_that_goes_on(alerting: Alerting) -> None:
    """A tick whose run goes on is not rerun by itself; when it is all the same, the recovery waits for both runs."""
    job = "beside"
    alerting.stage(Fault(Kind.HANG, seconds=40 * 60.0), job)
    tick = alerting.sandbox.pass_hour(minutes=20)
    rerun = ("rerun", job, "--tick", text(tick), "--group", alerting.group, "--region", REGION)
    refused = alerting.program.ops(*rerun, "--yes")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "has not ended" in refused.stderr
    assert alerting.program.ops(*rerun, "--anyway").returncode == 0
    alerting.sandbox.advance(timedelta(minutes=10))
    assert alerting.told(job) == [("alert", "overrun", text(tick))]
    alerting.sandbox.advance(timedelta(minutes=20))
    assert alerting.told(job)[1:] == [("recovered", "recovered", text(tick))]


@pytest.fixture(scope="module")
def tick_before_up(alerting: Alerting) -> datetime:
    """Deploy five minutes after a tick: one job has another schedule, and one is removed while it runs."""
    alerting.stage(Fault(Kind.LAUNCH, refusal=Refusal.FAILURES), "moved")
    alerting.stage(Fault(Kind.HANG, seconds=8 * 60.0), "leaving")
    alerting.stage(Fault(Kind.EXIT, code=3), "leaving")
    tick = alerting.sandbox.pass_hour(minutes=5)
    schedules = {**dict.fromkeys(JOBS, HOURLY), "moved": "cron(30 * * * ? *)"}
    del schedules["leaving"]
    deploy(alerting.program, alerting.inbox.arn, schedules)
    alerting.sandbox.advance(timedelta(minutes=50))
    return tick


def test_deployment_does_not_hide_a_miss(alerting: Alerting, tick_before_up: datetime) -> None:
    """A tick without a run is missed although its schedule was changed soon after; the recovery says how to run it."""
    tick = text(tick_before_up)
    moved = text(tick_before_up + timedelta(minutes=30))
    assert alerting.told("moved") == [("alert", "missed", tick), ("recovered", "recovered", moved)]
    unresolved = alerting.of("moved")[-1]["unresolved"]
    again = f"python -m ops rerun --stack {STACK} moved --tick {tick}"
    assert (unresolved["count"], [(one["tick"], one["rerun"]) for one in unresolved["ticks"]]) == (1, [(tick, again)])


def test_job_that_is_removed_while_it_runs(alerting: Alerting, tick_before_up: datetime) -> None:
    """The alert about the end of the run has owner and runbook, and says why it has no command."""
    assert alerting.told("leaving") == [("alert", "failed", text(tick_before_up))]
    [alert] = alerting.of("leaving")
    jsonschema.validate(alert, SCHEMA)
    assert (alert["exitCode"], alert["owners"]) == (3, ["team-leaving"])
    assert alert["runbook"] == "https://wiki.example.com/leaving"
    assert alert["rerun"] is None
    assert "the command that runs the tick again (the job is no longer deployed)" in alert["missing"]
