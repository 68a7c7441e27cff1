"""Tests that the watch can do only its work, with the policy that its role has in the embedded AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from components.subscriptions import Endpoint
from emulator.gateway.gateway import AwsError, Call
from holds.storage import Storage
from tests.components.embedded import ACCOUNT, REGION, EmbeddedCloud
from tests.components.stacks import CLUSTER, PLACE
from tests.components.watching import Deployed, watched_program
from tests.unit.holds.test_hold import hold
from tests.unit.watch.world import letter, refuse
from watch import instants, job_items
from watch.facts import Facts, JobFacts
from watch.records import Pause
from watch.sweep import Sweep, SweepError
from watch.table import KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Callable

STATEMENTS = (
    "KeepFailedEvents",
    "KeepHolds",
    "KeepLedger",
    "LeaveJobsItemsAlone",
    "ListRuns",
    "ListSchedulesSeeDefinitions",
    "PassLaunchRoles",
    "ReadHolds",
    "ReadLogs",
    "SeeRuns",
    "SeeSchedules",
    "SendAlerts",
    "SwitchSchedules",
    "TakeDeadLetters",
    "WriteLog",
)
FACTS = Facts(
    project="jobs",
    stack="staging",
    group="jobs-staging",
    rerun="again {schedule} {tick}",
)
"""The facts of the group. The job's facts are in its item."""


class Working:
    """A deployed watch with a run that failed, a launch that was given up, and a tick that was missed."""

    def __init__(self, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        """Deploy the watch, and run a task that fails."""
        self.now = self._begun = datetime.now(UTC)
        cloud.run(watched_program(endpoints=[Endpoint(protocol="email", to="ops@example.com")]))
        self.deployed = Deployed(cloud, monkeypatch, FACTS, lambda: self.now)
        self._cloud = cloud
        cloud.client("logs").create_log_group(logGroupName="/ecs/web")
        self._task = self._failed_task()

    def _failed_task(self) -> dict[str, Any]:
        values = {
            "JOB_NAME": "nightly-report",
            "JOB_SCHEDULE": "nightly-report",
            "JOB_SCHEDULED_TIME": "2027-01-04T01:00:00Z",
        }
        override = {"name": "app", "environment": [{"name": name, "value": value} for name, value in values.items()]}
        params = {
            "cluster": CLUSTER,
            "taskDefinition": "web",
            "group": "jobs-staging:nightly-report",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-0a"]}},
            "overrides": {"containerOverrides": [override]},
        }
        tasks = self._cloud.embedded.tasks
        tasks.run_task(Call("ecs", "RunTask", params, ACCOUNT, REGION, "aws"))
        task = tasks.all()[-1]
        task.moved_to("RUNNING", self.now)
        logs, stream = self._cloud.client("logs"), f"ecs/app/{task.id}"
        logs.create_log_stream(logGroupName="/ecs/web", logStreamName=stream)
        event = {"timestamp": int(self.now.timestamp() * 1000), "message": "out of luck"}
        logs.put_log_events(logGroupName="/ecs/web", logStreamName=stream, logEvents=[event])
        task.exited(1, self.now)
        task.deprovisioned(self.now)
        detail: dict[str, Any] = task.event(self.now)["detail"]
        return detail

    def work(self) -> list[str]:
        """Do everything that the watch does, and return what it could not find out; raise if a call is denied."""
        watch = self.deployed.watch
        watch.take_event(self._task)
        watch.take_dead_letter(letter("nightly-report", datetime(2027, 1, 5, 1, tzinfo=UTC)))
        Sweep(watch).take()
        self.now += timedelta(days=1, minutes=30)
        Sweep(watch).take()
        self.pause()
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
            self.deployed.may(f"sqs:{action}", f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters")
        for action in ("CreateLogStream", "PutLogEvents"):
            name = f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/jobs-staging-watch:log-stream:2027"
            self.deployed.may(f"logs:{action}", name)
        self.deployed.may("sqs:SendMessage", f"arn:aws:sqs:{PLACE}:jobs-staging-given-up")
        return [line for mail in self.mails() for line in mail.splitlines() if line.startswith("Not known: ")]

    def pause(self) -> None:
        """Let the watch pause the job and a check apply another hold, and a later one lift and remove both."""
        scheduler, named = self._cloud.client("scheduler"), {"GroupName": "jobs-staging", "Name": "nightly-report"}
        kept = Storage(self._cloud.client("ssm"), "jobs-staging")
        before = scheduler.get_schedule(**named)
        decided = instants.text(self.now)
        watch = self.deployed.watch.about("nightly-report")
        watch.pause("nightly-report", Pause("nightly-report", decided, decided, 3))
        [made] = kept.all(refuse)
        kept.put(made.ended(self.now))
        kept.put(hold(begin=self.now, until=self.now + timedelta(minutes=2)))
        Sweep(self.deployed.watch).take()
        held = scheduler.get_schedule(**named)
        self.now += timedelta(minutes=5)
        Sweep(self.deployed.watch).take()
        after = scheduler.get_schedule(**named)
        assert [one["State"] for one in (before, held, after)] == ["ENABLED", "DISABLED", "ENABLED"]
        rest = [{"ActionAfterCompletion": "NONE", **one} for one in (before, held, after)]  # the default
        for one in rest:
            for changed in ("State", "LastModificationDate", "ResponseMetadata"):
                del one[changed]
        assert rest == [rest[0]] * 3
        assert kept.all(refuse) == []

    def mails(self) -> list[str]:
        """Return the alerts that were sent, as people read them."""
        return [mail.body for mail in self._cloud.embedded.topics.mailbox if mail.at >= self._begun]

    def policy(self) -> dict[str, Any]:
        """Return the role's only policy."""
        iam, name = self._cloud.client("iam"), self.deployed.role.rpartition("/")[2]
        assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["watch"]
        assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
        found: dict[str, Any] = iam.get_role_policy(RoleName=name, PolicyName="watch")["PolicyDocument"]
        return found

    def change(self, alter: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        """Replace the statements of the role's policy."""
        policy = self.policy()
        self._cloud.client("iam").put_role_policy(
            RoleName=self.deployed.role.rpartition("/")[2],
            PolicyName="watch",
            PolicyDocument=json.dumps({**policy, "Statement": alter(policy["Statement"])}),
        )


@pytest.fixture
def working(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Working:
    """Return a deployed watch that has work to do."""
    return Working(cloud, monkeypatch)


def test_does_its_work(working: Working) -> None:
    """With its role, the watch does all its work and finds every value of an alert."""
    assert working.work() == []
    assert [mail.partition("\n")[0] for mail in working.mails()][:2] == [
        "nightly-report failed: exit code 1",
        "nightly-report: 2 more ticks went wrong (1 missed, 1 not-launched)",
    ]
    assert "  out of luck" in working.mails()[0]
    ledger = working.deployed.ledger
    outcomes = {tick.tick: tick.outcome for tick in ledger.ticks("nightly-report")}
    first, second = outcomes.pop("2027-01-04T01:00:00Z"), outcomes.pop("2027-01-05T01:00:00Z")
    assert (first, second) == ("failed", "not-launched")
    assert set(outcomes.values()) == {"missed"}


def actions(statement: dict[str, Any]) -> list[str]:
    """Return the actions of a statement."""
    given = statement["Action"]
    return [given] if isinstance(given, str) else given


def test_has_only_tested_statements(working: Working) -> None:
    """The removal of each statement is tested, and no action has a wildcard."""
    statements = working.policy()["Statement"]
    assert sorted(statement["Sid"] for statement in statements) == sorted(STATEMENTS)
    assert not any("*" in action for statement in statements for action in actions(statement))


def needed() -> list[tuple[str, str]]:
    """Return every action that the policy allows, with its statement."""
    from components.watch_policy import watch_policy  # noqa: PLC0415

    policy = watch_policy(
        project="jobs",
        schedule_group_arn=f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging",
        table_arn="table",
        topic_arn="topic",
        dead_letter_arn="queue",
        given_up_arn="given-up",
        own_log_group_arn="log",
        cluster_arns=[CLUSTER],
        log_groups=["/ecs/web"],
    )
    allowing = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    return [(statement["Sid"], action) for statement in allowing for action in actions(statement)]


@pytest.mark.parametrize(("sid", "action"), needed())
def test_needs_every_action(working: Working, sid: str, action: str) -> None:
    """Without any one of its actions, the watch cannot do its work, or it reports what it could not find out."""

    def without(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = []
        for statement in statements:
            left = [one for one in actions(statement) if one != action or statement["Sid"] != sid]
            if left:
                kept.append({**statement, "Action": left})
        return kept

    working.change(without)
    try:
        missing = working.work()
    except (AwsError, SweepError):
        return
    except Exception as error:  # noqa: BLE001 - boto3's exceptions are made as they are needed
        missing = [str(error)]
    assert any(action.partition(":")[2] in said or "AccessDenied" in said for said in missing)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:DeleteItem", f"arn:aws:dynamodb:{PLACE}:table/jobs-watch-ledger"),
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{PLACE}:table/other"),
        ("sns:Publish", f"arn:aws:sns:{PLACE}:other"),
        ("sns:Publish", f"arn:aws:sns:{PLACE}:jobs-staging-problems"),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:{PLACE}:jobs-staging-given-up"),
        ("sqs:SendMessage", f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters"),
        ("ecs:RunTask", f"arn:aws:ecs:{PLACE}:task-definition/web:2"),
        ("ecs:StopTask", f"arn:aws:ecs:{PLACE}:task/staging/0af3"),
        ("ecs:DescribeTasks", f"arn:aws:ecs:{PLACE}:task/production/0af3"),
        ("scheduler:UpdateSchedule", f"arn:aws:scheduler:{PLACE}:schedule/other/nightly-report"),
        ("scheduler:CreateSchedule", f"arn:aws:scheduler:{PLACE}:schedule/jobs-staging/nightly-report"),
        ("scheduler:DeleteSchedule", f"arn:aws:scheduler:{PLACE}:schedule/jobs-staging/nightly-report"),
        ("scheduler:GetSchedule", f"arn:aws:scheduler:{PLACE}:schedule/other/nightly-report"),
        ("logs:GetLogEvents", f"arn:aws:logs:{PLACE}:log-group:/other:log-stream:a"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/task"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/jobs/jobs-staging/nightly-report"),
        ("ssm:PutParameter", f"arn:aws:ssm:{PLACE}:parameter/scheduled-jobs/other/holds/ab12"),
        ("ssm:PutParameter", f"arn:aws:ssm:{PLACE}:parameter/scheduled-jobs/jobs-staging/ab12"),
        ("ssm:PutParameter", f"arn:aws:ssm:{PLACE}:parameter/scheduled-jobs/jobs-staging/holds"),
        ("ssm:DeleteParameter", f"arn:aws:ssm:{PLACE}:parameter/scheduled-jobs/other/holds/ab12"),
        ("ssm:GetParametersByPath", f"arn:aws:ssm:{PLACE}:parameter/scheduled-jobs/other/holds"),
    ],
)
def test_does_nothing_else(working: Working, action: str, resource: str) -> None:
    """The role does not have related permissions."""
    with pytest.raises(AwsError, match="is not authorized"):
        working.deployed.may(action, resource)


def test_may_not_write_a_job_s_item(working: Working) -> None:
    """The role may write records but no job's item, alone or within a transaction. Without the denial it may."""
    ledger = working.deployed.watch.account.dynamodb
    table = working.deployed.table
    item = job_items.item("nightly-report", JobFacts(owner="stranger"))
    before = working.deployed.ledger.deployed_job("nightly-report", refuse)
    record = {KEY: {"S": "jobs"}, SORT: {"S": "other"}}

    def attempts() -> list[Callable[[], object]]:
        return [
            lambda: ledger.put_item(TableName=table, Item=item),
            lambda: ledger.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": table, "Item": record}},
                    {"Put": {"TableName": table, "Item": item}},
                ]
            ),
        ]

    for attempt in attempts():
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()
    assert working.deployed.ledger.deployed_job("nightly-report", refuse) == before
    ledger.put_item(TableName=table, Item=record)
    working.change(lambda statements: [one for one in statements if one["Effect"] == "Allow"])
    for attempt in attempts():
        attempt()
    assert working.deployed.ledger.deployed_job("nightly-report", refuse) == JobFacts(owner="stranger")


def test_trusts_lambda_only(cloud: EmbeddedCloud) -> None:
    """Only Lambda may assume the role."""
    deployment, _ = cloud.run(watched_program())
    trust = json.loads(deployment.one(":Role", "jobs-watch").inputs["assumeRolePolicy"])
    assert trust == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    assert instants.BEGINNING.tzinfo is UTC
