"""Tests that the supervisor can do only its work, with the policy that its role has in the embedded AWS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from aws_facts.arn import Arn
from components.supervisor_policy import supervisor_policy
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from holds.storage import Storage
from supervision.limits import Limits
from supervisor.account import Account
from supervisor.supervisor import Supervisor
from tests.components.embedded import ACCOUNT, REGION, EmbeddedCloud
from tests.components.stacks import CLUSTER, PLACE, schedule
from tests.components.watching import FUNCTION, supervised_program
from tests.unit.holds.test_hold import hold
from tests.unit.watch.world import refuse
from watch import instants, job_items
from watch.facts import Facts, JobFacts
from watch.function_variables import LAUNCHES, LEDGER
from watch.launches import Message
from watch.ledger import Ledger
from watch.table import KEY, SORT
from watch.wakes import Wakes
from watch.watched_account import WatchedAccount
from watch.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

SUPERVISOR = "jobs-staging-supervisor"
QUEUE = f"arn:aws:sqs:{PLACE}:jobs-staging-launches"
JOB = "nightly-report"
LIMITS = Limits(start_deadline=900, timeout=60, start_timeout=600)
ALL = {"launched", "stopped", "alerted", "told", "woken", "held"}
FACTS = Facts(project="jobs", stack="staging", group="jobs-staging", rerun="again {schedule} {tick}")


class Working:
    """A deployed supervisor, which this process runs with the role's credentials, and a clock that it can move."""

    def __init__(self, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        """Deploy a job with a time limit, and its supervisor."""
        cloud.run(supervised_program(schedule("rate(1 hour)", limits=LIMITS)))
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._cloud = cloud
        configuration = cloud.client("lambda").get_function_configuration(FunctionName=SUPERVISOR)
        self.role: str = configuration["Role"]
        variables = configuration["Environment"]["Variables"]
        self.table: str = variables[LEDGER]
        for name, value in cloud.embedded.identities.credentials(self.role).environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.clients.endpoint_url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials of the test before
        watched, own = WatchedAccount(), Account(lambda: self.now)
        self.dynamodb = watched.dynamodb
        self.ledger = Ledger(watched.dynamodb, self.table, FACTS.retention_days)
        watcher = Watcher(
            FACTS,
            watched,
            self.ledger,
            "",
            where=Arn.parse(configuration["FunctionArn"]),
            clock=lambda: self.now,
            wakes=Wakes(variables[LAUNCHES], lambda: watched.sqs, lambda: self.now),
            tell=self._tell,
        )
        self._account, self._told = own, False
        self._supervisor = Supervisor(watcher, own, lambda: self.now)

    def work(self) -> set[str]:
        """Do everything that the supervisor does, and return what was achieved; raise if a call is denied."""
        achieved = set()
        self._take(self.now)
        for task in self._cloud.embedded.tasks.all():
            achieved.add("launched")
            task.moved_to("RUNNING", self.now)
        if self._delayed():
            achieved.add("woken")
        self.now += timedelta(seconds=LIMITS.start_timeout + 60)
        self._supervisor.take(Message(job=JOB))  # no event has said that the run began
        if any(task.stop_code == "UserInitiated" for task in self._cloud.embedded.tasks.all()):
            achieved.add("stopped")
        late = self.now - timedelta(hours=3)
        self._take(late)
        if self._outcome(late) == "too-late":
            achieved.add("alerted")
        if self._told:
            achieved.add("told")
        Storage(self._cloud.client("ssm"), "jobs-staging").put(hold(begin=self.now, until=None))
        self._take(self.now)
        if self._outcome(self.now) == "held":
            achieved.add("held")
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
            self.may(f"sqs:{action}", QUEUE)
        for action in ("CreateLogStream", "PutLogEvents"):
            self.may(f"logs:{action}", f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/{SUPERVISOR}:log-stream:2027")
        return achieved

    def _tell(self, job: str) -> None:
        self._account.tell(FUNCTION, job)
        self._told = True

    def _take(self, tick: datetime) -> None:
        self._supervisor.take(Message(job=JOB, schedule=JOB, tick=instants.text(tick)))

    def _outcome(self, tick: datetime) -> str:
        found = self.ledger.tick((JOB, instants.text(tick)))
        return found.outcome if found else ""

    def _delayed(self) -> int:
        sqs = self._cloud.client("sqs")
        asked = ["ApproximateNumberOfMessagesDelayed"]
        url = sqs.get_queue_url(QueueName=QUEUE.rpartition(":")[2])["QueueUrl"]
        return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"][asked[0]])

    def may(self, action: str, resource: str, **context: str) -> None:
        """Check a permission that AWS uses on behalf of the role; AwsError without it."""
        roles.authorize(self.role, Request(action, resource, context))

    def policy(self) -> dict[str, Any]:
        """Return the role's only policy."""
        iam = self._cloud.client("iam")
        assert iam.list_role_policies(RoleName=SUPERVISOR)["PolicyNames"] == ["supervisor"]
        assert iam.list_attached_role_policies(RoleName=SUPERVISOR)["AttachedPolicies"] == []
        found: dict[str, Any] = iam.get_role_policy(RoleName=SUPERVISOR, PolicyName="supervisor")["PolicyDocument"]
        return found

    def change(self, alter: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        """Replace the statements of the role's policy."""
        policy = self.policy()
        self._cloud.client("iam").put_role_policy(
            RoleName=SUPERVISOR,
            PolicyName="supervisor",
            PolicyDocument=json.dumps({**policy, "Statement": alter(policy["Statement"])}),
        )


@pytest.fixture
def working(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Working:
    """Return a deployed supervisor that has work to do."""
    return Working(cloud, monkeypatch)


def test_does_its_work(working: Working) -> None:
    """With its role, the supervisor launches, stops, wakes itself, heeds holds, and has the watch send its alerts."""
    assert working.work() == ALL


def actions(statement: dict[str, Any]) -> list[str]:
    """Return the actions of a statement."""
    given = statement["Action"]
    return [given] if isinstance(given, str) else given


def needed() -> list[tuple[str, str]]:
    """Return every action that the policy allows, with its statement."""
    policy = supervisor_policy(
        schedule_group_arn=f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging",
        path="/jobs/jobs-staging/",
        table_arn="table",
        launches_arn="queue",
        watch_arn="watch",
        own_log_group_arn="log",
        cluster_arns=[CLUSTER],
    )
    allowing = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    return [(statement["Sid"], action) for statement in allowing for action in actions(statement)]


def test_has_only_tested_statements(working: Working) -> None:
    """The removal of each statement is tested, and no action has a wildcard."""
    statements = working.policy()["Statement"]
    tested = {*(sid for sid, _ in needed()), "LeaveJobsItemsAlone"}
    assert {statement["Sid"] for statement in statements} == tested
    assert not any("*" in action for statement in statements for action in actions(statement))


@pytest.mark.parametrize(("sid", "action"), needed())
def test_needs_every_action(working: Working, sid: str, action: str) -> None:
    """Without any one of its actions, the supervisor is refused a call, or does not do all its work."""

    def without(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = []
        for statement in statements:
            left = [one for one in actions(statement) if one != action or statement["Sid"] != sid]
            if left:
                kept.append({**statement, "Action": left})
        return kept

    working.change(without)
    try:
        achieved = working.work()
    except (AwsError, ClientError) as error:
        assert action in str(error)  # noqa: PT017 - either is the loss
    else:
        assert achieved < ALL


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("dynamodb:DeleteItem", f"arn:aws:dynamodb:{PLACE}:table/jobs-staging-ledger-1"),
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{PLACE}:table/other"),
        ("ecs:RunTask", f"arn:aws:ecs:{PLACE}:task-definition/web:2"),
        ("ecs:StopTask", f"arn:aws:ecs:{PLACE}:task/production/0af3"),
        ("ecs:DescribeTasks", f"arn:aws:ecs:{PLACE}:task/production/0af3"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/task"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{PLACE}:function:other"),
        ("ssm:GetParametersByPath", f"arn:aws:ssm:{PLACE}:parameter/scheduled-jobs/other/holds"),
        ("ssm:PutParameter", f"arn:aws:ssm:{PLACE}:parameter/scheduled-jobs/jobs-staging/holds/ab12"),
        ("sns:Publish", f"arn:aws:sns:{PLACE}:jobs-staging-alerts"),
        ("sqs:ReceiveMessage", f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters"),
        ("sqs:SendMessage", f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/task"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/jobs/jobs-production/nightly-report-1"),
    ],
)
def test_does_nothing_else(working: Working, action: str, resource: str) -> None:
    """The role does not have related permissions, in particular none to launch by itself."""
    with pytest.raises(AwsError, match="is not authorized"):
        working.may(action, resource, **{"aws:ResourceTag/scheduled-jobs:group": "jobs-staging"})


def test_stops_only_runs_of_its_group(working: Working) -> None:
    """On the same cluster, the supervisor may stop neither another stack's runs nor those of a service."""
    task = f"arn:aws:ecs:{PLACE}:task/staging/0af3"
    working.may("ecs:StopTask", task, **{"aws:ResourceTag/scheduled-jobs:group": "jobs-staging"})
    for tags in ({"aws:ResourceTag/scheduled-jobs:group": "jobs-production"}, {"aws:ResourceTag/job": "cleanup"}, {}):
        with pytest.raises(AwsError, match="is not authorized"):
            working.may("ecs:StopTask", task, **tags)


def test_may_not_write_a_job_s_item(working: Working) -> None:
    """The role may write records but no job's item, alone or within a transaction. Without the denial it may."""
    item = job_items.item(JOB, JobFacts(owner="stranger"))
    before = working.ledger.deployed_job(JOB, refuse)
    record = {KEY: {"S": "jobs"}, SORT: {"S": "other"}}
    both: Any = [{"Put": {"TableName": working.table, "Item": one}} for one in (record, item)]
    attempts: list[Callable[[], object]] = [
        lambda: working.dynamodb.put_item(TableName=working.table, Item=item),
        lambda: working.dynamodb.transact_write_items(TransactItems=both),
    ]
    for attempt in attempts:
        with pytest.raises(ClientError, match="AccessDenied"):
            attempt()
    assert working.ledger.deployed_job(JOB, refuse) == before
    working.change(lambda statements: [one for one in statements if one["Effect"] == "Allow"])
    for attempt in attempts:
        attempt()
    assert working.ledger.deployed_job(JOB, refuse) == JobFacts(owner="stranger")


def test_assumes_no_role_that_does_not_trust_it(working: Working, cloud: EmbeddedCloud) -> None:
    """The watch's role is under the same path, but only Lambda may assume it."""
    found = cloud.client("iam").list_roles(PathPrefix="/jobs/jobs-staging/")["Roles"]
    [watch] = [one["Arn"] for one in found if one["RoleName"].startswith("jobs-watch")]
    working.may("sts:AssumeRole", watch)
    with pytest.raises(ClientError, match="AccessDenied"):
        boto3.client("sts").assume_role(RoleArn=watch, RoleSessionName="supervisor")
