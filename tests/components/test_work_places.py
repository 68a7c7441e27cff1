"""Jobs that the containers of a service take or begin by themselves: their resources, and what their items say."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components import ScheduledJob, ScheduledJobArgs, launch_policy
from components.watch_args import WatchArgs
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from supervision.limits import Limits
from tests.components.stacks import PLACE, ROLES, TAGS, group, schedule
from tests.components.test_encryption import KEY, make_key
from tests.components.watching import supervised_program
from watch import job_items
from watch.facts import InProcess, WorkQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from components import JobGroup
    from tests.components.embedded import Deployment, EmbeddedCloud
    from watch.facts import JobFacts

QUEUE = f"arn:aws:sqs:{PLACE}:jobs-staging-work-web"
CLAIMS = f"arn:aws:dynamodb:{PLACE}:table/jobs-staging-claims"
LIMITS = Limits(start_deadline=900, timeout=600, retries=2)
WAITING = Limits(start_deadline=900)
LETTERS = f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters"
LAUNCHES = f"arn:aws:sqs:{PLACE}:jobs-staging-launches"


def jobs(*, watch: dict[str, Any] | None = None, **args: Any) -> JobGroup:  # noqa: ANN401 - arguments of the group
    """Declare a group whose jobs are run by a service."""
    logs = {"placements": [], "function_logs": ["/ecs/web"]}
    return group(watch=WatchArgs(**{**logs, **(watch or {})}), **{"supervised": True, **args})


def worker(**args: Any) -> Callable[[], ScheduledJob]:  # noqa: ANN401 - arguments of the group
    """Return a program with a job that workers take."""

    def declare() -> ScheduledJob:
        own = jobs(workers=["web"], **args)
        place = own.work_place("web", "refresh", "/ecs/web", ROLES[0])
        known = ScheduledJobArgs(group=own, placement=place, owner="data", schedules=[schedule(limits=LIMITS)])
        return ScheduledJob("refresh-cache", known)

    return declare


def process(**args: Any) -> Callable[[], ScheduledJob]:  # noqa: ANN401 - arguments of the group
    """Return a program with a job that processes begin by themselves."""

    def declare() -> ScheduledJob:
        own = jobs(claims=True, **args)
        place = own.process_place("/ecs/web", ROLES[0], "redis")
        known = ScheduledJobArgs(group=own, placement=place, owner="data", schedules=[schedule(limits=WAITING)])
        return ScheduledJob("sweep-carts", known)

    return declare


def facts(declared: Deployment, name: str) -> JobFacts:
    """Return the facts in a job's item."""
    return job_items.read(json.loads(declared.one(":TableItem", name).inputs["item"]))


def test_makes_the_queue(cloud: EmbeddedCloud) -> None:
    """A worker polls for as long as SQS lets it, and has a minute until another one gets its run."""
    declared, _ = cloud.run(worker())
    assert declared.one("sqs/queue:Queue", "jobs-work-web").inputs == {
        "name": "jobs-staging-work-web",
        "messageRetentionSeconds": 14 * 24 * 3600,
        "visibilityTimeoutSeconds": 60,
        "receiveWaitTimeSeconds": 20,
        "sqsManagedSseEnabled": True,
        "tags": TAGS,
    }
    policy = json.loads(declared.one("QueuePolicy", "jobs-work-web").inputs["policy"])
    assert [one["Sid"] for one in policy["Statement"]] == ["DenyWithoutTls"]
    assert cloud.client("sqs").get_queue_url(QueueName="jobs-staging-work-web")["QueueUrl"]


@pytest.mark.parametrize("program", [worker, process])
def test_makes_the_table_of_claims(cloud: EmbeddedCloud, program: Callable[[], Callable[[], object]]) -> None:
    """Its name is fixed, and DynamoDB deletes what has expired."""
    declared, _ = cloud.run(program())
    assert declared.one("dynamodb/table:Table", "jobs-staging-claims").inputs == {
        "name": "jobs-staging-claims",
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "run",
        "attributes": [{"name": "run", "type": "S"}],
        "ttl": {"attributeName": "expires", "enabled": True},
        "tags": TAGS,
    }
    assert cloud.client("dynamodb").describe_table(TableName="jobs-staging-claims")["Table"]["TableArn"] == CLAIMS


def test_restores_the_table_as_the_ledger(cloud: EmbeddedCloud) -> None:
    """It can be restored where the ledger can, and is deleted with the stack all the same."""
    declared, _ = cloud.run(process(watch={"retain_ledger": True}))
    table = declared.one("dynamodb/table:Table", "jobs-staging-claims")
    assert table.inputs["pointInTimeRecovery"] == {"enabled": True}
    assert "deletionProtectionEnabled" not in table.inputs


def test_makes_neither_for_other_jobs(cloud: EmbeddedCloud) -> None:
    """A stack without such a job has no more resources than before, and its functions no more permissions."""
    declared, _ = cloud.run(supervised_program())
    names = {one.name for one in declared.declared if one.type.endswith((":Queue", ":Table"))}
    assert names == {"jobs-dead-letters", "jobs-given-up", "jobs-launches", "jobs-staging-ledger"}
    policies = [declared.one(":RolePolicy", f"jobs-{name}").inputs["policy"] for name in ("watch", "supervisor")]
    assert [one for one in policies if "claims" in one] == []


def test_registers_the_work(cloud: EmbeddedCloud) -> None:
    """The item has the queue, the claims and the limits, and no request of RunTask."""
    declared, _ = cloud.run(worker())
    found = facts(declared, "refresh-cache")
    url = cloud.client("sqs").get_queue_url(QueueName="jobs-staging-work-web")["QueueUrl"]
    assert found.work == WorkQueue(
        arn=QUEUE, url=url, task="refresh", claims="jobs-staging-claims", log_group="/ecs/web", role=ROLES[0]
    )
    assert found.limits == {"refresh-cache": replace(LIMITS, taken_by="worker")}
    assert found.supervised is not None
    assert (found.supervised.requests, found.supervised.service) == ({}, {})
    assert (found.function, found.in_process, found.cluster, found.own_command) == (None, None, "", False)


def test_registers_the_process(cloud: EmbeddedCloud) -> None:
    """The item has the table of claims, by which the runs are named."""
    declared, _ = cloud.run(process())
    found = facts(declared, "sweep-carts")
    assert found.in_process == InProcess(claims=CLAIMS, log_group="/ecs/web", role=ROLES[0], store="redis")
    assert found.limits == {"sweep-carts": replace(WAITING, taken_by="process")}
    assert found.supervised is not None
    assert (found.work, found.function, found.supervised.requests) == (None, None, {})


def test_launches_with_its_role(cloud: EmbeddedCloud) -> None:
    """The launch role may send to the one queue."""
    declared, _ = cloud.run(worker())
    policy = json.loads(declared.one(":RolePolicy", "refresh-cache").inputs["policy"])
    assert policy == launch_policy.work_policy(queue_arn=QUEUE, dead_letter_arn=LETTERS, launches_arn=LAUNCHES)


def test_launches_no_process(cloud: EmbeddedCloud) -> None:
    """The role is Scheduler's alone: it tells the supervisor that a tick is due."""
    declared, _ = cloud.run(process())
    policy = json.loads(declared.one(":RolePolicy", "sweep-carts").inputs["policy"])
    assert policy == launch_policy.tick_policy(dead_letter_arn=LETTERS, launches_arn=LAUNCHES)
    role = declared.one(":Role", "sweep-carts").inputs["description"]
    assert role == "Lets EventBridge Scheduler tell the ticks of the job sweep-carts of jobs-staging"


def test_lets_the_functions_settle_claims(cloud: EmbeddedCloud) -> None:
    """Supervisor and watch may read claims and mark them; nobody else's table."""
    cloud.run(worker())
    found = cloud.client("iam").list_roles()["Roles"]
    for name in ("jobs-watch", "jobs-staging-supervisor"):
        [role] = [one["Arn"] for one in found if one["RoleName"].startswith(name)]
        for action in ("dynamodb:GetItem", "dynamodb:UpdateItem"):
            roles.authorize(role, Request(action, CLAIMS))
        with pytest.raises(AwsError, match="is not authorized"):
            roles.authorize(role, Request("dynamodb:GetItem", CLAIMS.replace("staging", "other")))


@pytest.mark.parametrize(
    ("program", "name", "expected"),
    [
        (
            worker,
            "refresh-cache",
            {"jobs-work-web", "jobs-staging-claims", "refresh-cache", "jobs-supervisor-launches"},
        ),
        (process, "sweep-carts", {"jobs-staging-claims", "sweep-carts", "jobs-supervisor-launches"}),
    ],
)
def test_order(cloud: EmbeddedCloud, program: Any, name: str, expected: set[str]) -> None:  # noqa: ANN401
    """A job is registered when its queue and its claims exist and may be used, and its schedules come last."""
    declared, _ = cloud.run(program())
    item = declared.one(":TableItem", name)
    before = {one for _, one in declared.before(item)}
    assert {*expected, name} <= before
    schedules = declared.one(":Schedule", name)
    assert (item.type, item.name) in declared.before(schedules)


def test_encrypts_them(cloud: EmbeddedCloud) -> None:
    """With a key of the group, queue and table have it, and whoever launches may use it."""
    make_key(cloud)
    declared, _ = cloud.run(worker(kms_key_arn=KEY))
    assert declared.one("sqs/queue:Queue", "jobs-work-web").inputs["kmsMasterKeyId"] == KEY
    table = declared.one("dynamodb/table:Table", "jobs-staging-claims").inputs
    assert table["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEY}
    policy = json.loads(declared.one(":RolePolicy", "refresh-cache").inputs["policy"])
    known = {"dead_letter_arn": LETTERS, "launches_arn": LAUNCHES, "kms_key_arn": KEY}
    assert policy == launch_policy.work_policy(queue_arn=QUEUE, **known)


def test_mistakes(cloud: EmbeddedCloud) -> None:
    """Each names the argument."""
    for name in ("", "w" * 41, "two words"):
        with pytest.raises(pulumi.RunError, match=f"`workers` of `JobGroupArgs`: '{name}' must be 1 to 40 letters"):
            cloud.run(partial(jobs, workers=[name]))
    with pytest.raises(pulumi.RunError, match="`workers` and `claims` of `JobGroupArgs`: the group jobs-staging"):
        cloud.run(lambda: jobs(claims=True, supervised=False))
    message = "the group jobs-staging has no queue for the workers 'api'; it has 'web'"
    with pytest.raises(pulumi.RunError, match=message):
        cloud.run(lambda: jobs(workers=["web"]).work_place("api", "refresh"))
    with pytest.raises(pulumi.RunError, match="the group jobs-staging has no table of claims; set `claims`"):
        cloud.run(lambda: jobs().process_place())
