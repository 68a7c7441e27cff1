"""One deployed line of jobs: created in order, left alone, toggled, shrunk, repaired, run, destroyed."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from components import key_policy
from emulator import chosen_ids
from tests.engine.account import REGION
from tests.engine.program import Outcome, Program, Step, of_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Sandbox

DAY = timedelta(days=1)
GROUP = "scheduled-jobs-line"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:{REGION}:123456789012:key/{KEY_ID}"
QUEUE = "line-alerts"
"""A queue of the user's own, which gets the alerts too."""
QUEUE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": f"arn:aws:sqs:{REGION}:123456789012:{QUEUE}",
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:{REGION}:123456789012:{GROUP}-*"}},
        }
    ],
}
SHOW_RUN = """
from settings import Job

COMMAND = ["printenv", "JOB_NAME", "JOB_SCHEDULE", "JOB_SCHEDULED_TIME", "GREETING"]
JOB = Job(name="show-run", command=COMMAND, owner="data")
"""
CONFIG: dict[str, Any] = {
    "aws:region": REGION,
    "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
    "scheduled-jobs:defaults": {"timezone": "Europe/Berlin"},
    "scheduled-jobs:schedules": {
        "nightly-report": "cron(0 2 * * ? *)",
        "import-rates": {"cron": "0 5 * * ? *", "environment": {"RATES_SOURCE": "missing.csv"}},
        "show-run": {
            "mornings": {"cron": "0 6 * * ? *", "environment": {"GREETING": "good morning"}},
            "year-end": {"at": "2026-12-31T23:00:00"},
        },
    },
    "scheduled-jobs:alerts": {
        "email": ["on-call@example.com"],
        "sqs": [f"arn:aws:sqs:{REGION}:123456789012:{QUEUE}"],
    },
    "scheduled-jobs:encryption": {"kmsKey": KEY},
    "scheduled-jobs:tags": {"team": "data"},
}
BEFORE_A_SCHEDULE = (
    *("RolePolicy", "EventTarget", "TopicPolicy", "TopicSubscription", "Queue", "ScheduleGroup"),
    *("Function", "Permission", "EventSourceMapping", "FunctionEventInvokeConfig", "Table", "LogGroup", "MetricAlarm"),
    "TableItem",
)
"""What must stand while a schedule can fire: its permission, and the way of its alerts."""
FIRING_DAILY = ("nightly-report", "import-rates", "show-run")
ENABLED = "scheduled-jobs:schedules.import-rates.enabled"
ITEM = {"pk": {"S": "deployed"}, "sk": {"S": "import-rates"}}
KEPT_BY_HAND = (
    "Name",
    "GroupName",
    "Description",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "Target",
)
"""What whoever disables a schedule by API has to send along, or lose."""


def job_resources(job: str) -> set[tuple[str, str]]:
    """List the resources of a job that has one schedule: type and logical name."""
    return {(kind, job) for kind in ("ScheduledJob", "Role", "RolePolicy", "TableItem", "Schedule")}


@dataclass(frozen=True)
class Line:
    """The deployed program."""

    program: Program
    created: Outcome
    """Of the first `up`."""
    inventory: dict[str, set[str]]
    """Of the embedded AWS, before it."""


@pytest.fixture(scope="module")
def line(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Line:
    """Deploy the line."""
    program = make_program("line")
    program.write_jobs("nightly_report", "import_rates", files={"show_run": SHOW_RUN})
    make_key(sandbox)
    sandbox.account.client("sqs").create_queue(QueueName=QUEUE, Attributes={"Policy": json.dumps(QUEUE_POLICY)})
    before = sandbox.account.inventory()
    program.write_config(CONFIG)
    return Line(program, program.up(), before)


def make_key(sandbox: Sandbox) -> None:
    """Create the user's key. Its policy has the statements that `python -m ops key-policy` prints, and no others."""
    granted = key_policy.statements(kms_key_arn=KEY, group=GROUP, account="123456789012", watched=True, queues=True)
    sandbox.account.client("kms").create_key(
        Policy=json.dumps({"Version": "2012-10-17", "Statement": granted}),
        Tags=[{"TagKey": chosen_ids.TAG, "TagValue": KEY_ID}],
    )


def test_creates_in_order(line: Line) -> None:
    """Everything is created, and no schedule is begun before its permission and its alert path are complete."""
    steps = line.created.steps
    assert {step.operation for step in steps} == {"create"}
    schedules = of_type(steps, "Schedule")
    assert {s.name for s in schedules} == {"nightly-report", "import-rates", "show-run.mornings", "show-run.year-end"}
    for schedule in schedules:
        needed = of_its_path(schedule, steps)
        assert {step.type for step in needed} == set(BEFORE_A_SCHEDULE)
        assert [step.name for step in needed if step.done is None or step.done >= schedule.begun] == []


def test_has_nothing_to_do_twice(line: Line) -> None:
    """Right after `up` neither the program nor a look at the account finds a difference."""
    again = line.program.run("up", "--expect-no-changes")
    assert (again.code, again.changes) == (0, set()), again.output
    looked = line.program.run("preview", "--refresh", "--expect-no-changes")
    assert (looked.code, looked.changes) == (0, set()), looked.output


def test_tells_in_a_preview_what_changes(line: Line) -> None:
    """A reviewer reads old and new times and the next ticks of the changed schedule, and nothing of the others."""
    silent = line.program.run("preview", "--expect-no-changes")
    assert "4 schedules: no changed times" in silent.output
    assert "next:" not in silent.output
    cron = "scheduled-jobs:schedules.import-rates.cron"
    before = line.program.stack.run("config", "get", "--path", cron, quiet=True).strip()
    line.program.stack.run("config", "set", "--path", cron, "15 18 ? * MON-FRI *", quiet=True)
    told = line.program.run("preview").output
    line.program.stack.run("config", "set", "--path", cron, before, quiet=True)
    assert "import-rates: at 18:15 on weekdays, Europe/Berlin; was: at 05:00 every day, Europe/Berlin" in told
    assert told.count("    next: ") == 3
    assert "4 schedules: 1 changed" in told


def test_runs_for_a_day(sandbox: Sandbox, line: Line) -> None:
    """Jobs run at their ticks with what they are told; the one that fails is one mail, which leads to its log."""
    mailed = len(sandbox.client.get("mail"))
    runs = {run["job"]: run for run in sandbox.advance(DAY)}
    assert {job: (run["tick"][10:], run["exitCode"]) for job, run in runs.items()} == {
        "nightly-report": ("T01:00:00Z", 0),
        "import-rates": ("T04:00:00Z", 3),
        "show-run": ("T05:00:00Z", 0),
    }
    [mail] = sandbox.client.get("mail")[mailed:]
    failed = runs["import-rates"]["task"]
    assert (mail["to"], mail["subject"]) == ("on-call@example.com", "[line] import-rates failed: exit code 3")
    assert f"log-events/ecs$252Fapp$252F{failed.rpartition('/')[2]}\n" in mail["body"]
    assert "missing.csv: cannot be read" in mail["body"]
    told = ["show-run", "show-run.mornings", runs["show-run"]["tick"], "good morning"]
    assert log_of(sandbox, runs["show-run"]["task"]) == told


def test_toggles_one_schedule(sandbox: Sandbox, line: Line) -> None:
    """`enabled: false` is one update, after which that schedule alone is silent; `enabled: true` undoes it."""
    for enabled, expected in (("false", {"nightly-report", "show-run"}), ("true", {*FIRING_DAILY})):
        line.program.stack.run("config", "set", "--path", ENABLED, enabled, quiet=True)
        assert line.program.up().changes == {("update", "Schedule", "import-rates")}
        assert {run["job"] for run in sandbox.advance(DAY)} == expected


def test_removes_one_job(line: Line) -> None:
    """A job that is taken out takes its own five resources with it and changes nothing else; put back, it is as new."""
    remaining = copy.deepcopy(CONFIG)
    del remaining["scheduled-jobs:schedules"]["nightly-report"]
    line.program.write_jobs("import_rates", files={"show_run": SHOW_RUN})
    line.program.write_config(remaining)
    gone = {("delete", *resource) for resource in job_resources("nightly-report")}
    assert line.program.up().changes == gone
    line.program.write_jobs("nightly_report", "import_rates", files={"show_run": SHOW_RUN})
    line.program.write_config(CONFIG)
    back = {("create", *resource) for resource in job_resources("nightly-report")}
    assert line.program.up().changes == back


def test_repairs_what_others_changed(sandbox: Sandbox, line: Line) -> None:
    """Changes behind Pulumi's back show in a preview that looks and in `refresh`; the next `up` undoes them."""
    before = documents(sandbox)
    meddle(sandbox)
    assert [now == then for now, then in zip(documents(sandbox), before, strict=True)] == [False] * 5
    meddled = {
        ("update", "Schedule", "import-rates"),
        ("update", "RolePolicy", "import-rates"),
        ("update", "EventRule", "jobs-watch-runs"),
        ("update", "TableItem", "import-rates"),
        ("update", "TopicPolicy", "jobs-alerts"),
    }
    looked = line.program.run("preview", "--refresh", "--expect-no-changes")
    assert looked.code != 0
    assert looked.changes == meddled
    refreshed = line.program.run("refresh")
    assert (refreshed.code, refreshed.changes) == (0, meddled), refreshed.output
    assert line.program.up().changes == meddled
    assert documents(sandbox) == before


def test_finds_that_a_subscription_was_deleted(sandbox: Sandbox, line: Line) -> None:
    """A refresh sees at once that the queue's subscriptions are gone, and the next `up` subscribes it again."""
    sns = sandbox.account.client("sns")
    mine = [each for each in sns.list_subscriptions()["Subscriptions"] if each["Endpoint"].endswith(f":{QUEUE}")]
    for each in mine:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    names = {f"jobs-sqs-123456789012-{REGION}-{QUEUE}", f"jobs-problems-sqs-123456789012-{REGION}-{QUEUE}"}
    assert len(mine) == len(names)
    looked = line.program.run("preview", "--refresh")
    assert looked.changes == {("create", "TopicSubscription", name) for name in names}, looked.output
    assert line.program.run("refresh").changes == {("delete", "TopicSubscription", name) for name in names}
    assert line.program.up().changes == {("create", "TopicSubscription", name) for name in names}


def test_destroys_backwards(sandbox: Sandbox, line: Line) -> None:
    """Schedules go first, and nothing is left of what the program made."""
    assert sandbox.account.inventory() != line.inventory
    outcome = line.program.run("destroy")
    assert outcome.code == 0, outcome.output
    for schedule in of_type(outcome.steps, "Schedule"):
        assert schedule.done is not None
        needed = of_its_path(schedule, outcome.steps)
        assert {step.type for step in needed} == set(BEFORE_A_SCHEDULE)
        assert [step.name for step in needed if step.begun <= schedule.done] == []
    assert sandbox.account.inventory() == line.inventory


def of_its_path(schedule: Step, steps: list[Step]) -> list[Step]:
    """Pick what this schedule must never fire without: of its job, and of the group."""
    job = schedule.name.partition(".")[0]
    return [
        step
        for step in of_type(steps, *BEFORE_A_SCHEDULE)
        if step.name == job or step.name.startswith("jobs") or step.type == "Table"
    ]


def log_of(sandbox: Sandbox, task_arn: str) -> list[str]:
    """Read the log stream that a task's ARN implies."""
    stream = f"ecs/app/{task_arn.rpartition('/')[2]}"
    logs = sandbox.account.client("logs")
    found = logs.get_log_events(logGroupName="/sandbox/web", logStreamName=stream, startFromHead=True)
    return [event["message"] for event in found["events"]]


def documents(sandbox: Sandbox) -> list[Any]:
    """Read the five things that `meddle` changes."""
    client, names = sandbox.account.client, meddled_names(sandbox)
    policy = client("iam").get_role_policy(RoleName=names["role"], PolicyName="launch")["PolicyDocument"]
    schedule = client("scheduler").get_schedule(GroupName=GROUP, Name="import-rates")
    return [
        {key: schedule[key] for key in ("State", "Description", "ScheduleExpression", "Target")},
        policy,
        json.loads(client("events").describe_rule(Name=names["rule"])["EventPattern"]),
        json.loads(client("sns").get_topic_attributes(TopicArn=names["topic"])["Attributes"]["Policy"]),
        client("dynamodb").get_item(TableName=names["table"], Key=ITEM)["Item"],
    ]


def meddle(sandbox: Sandbox) -> None:
    """Change a schedule, a role's policy, a rule's pattern, a topic's policy and a job's item by hand."""
    client, names = sandbox.account.client, meddled_names(sandbox)
    schedule = client("scheduler").get_schedule(GroupName=GROUP, Name="import-rates")
    kept = {key: schedule[key] for key in KEPT_BY_HAND if key in schedule}
    client("scheduler").update_schedule(**{**kept, "State": "DISABLED"})
    allow = {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    client("iam").put_role_policy(RoleName=names["role"], PolicyName="launch", PolicyDocument=policy)
    client("events").put_rule(Name=names["rule"], EventPattern=json.dumps({"source": ["aws.ec2"]}))
    item = client("dynamodb").get_item(TableName=names["table"], Key=ITEM)["Item"]
    item |= {"body": {"S": item["body"]["S"].replace("import-rates", "other")}, "mine": {"S": "a note"}}
    client("dynamodb").put_item(TableName=names["table"], Item=item)
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": names["topic"]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everybody]})
    client("sns").set_topic_attributes(TopicArn=names["topic"], AttributeName="Policy", AttributeValue=policy)


def meddled_names(sandbox: Sandbox) -> dict[str, str]:
    """Find the names that Pulumi made up."""
    found = sandbox.account.inventory()
    return {
        "role": next(name for name in found["roles"] if name.startswith("import-rates-")),
        "rule": f"{GROUP}-runs",
        "table": next(name for name in found["tables"] if name.startswith(f"{GROUP}-ledger-")),
        "topic": next(arn for arn in found["topics"] if arn.endswith(f":{GROUP}-alerts")),
    }
