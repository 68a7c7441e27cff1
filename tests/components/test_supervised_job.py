"""Tests of a supervised job's resources: what Scheduler sends, whom its role trusts, and what its item says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components import launch_policy
from components.run_task_request import client_token
from emulator.gateway.gateway import AwsError, Call
from emulator.iam import policy_evaluation, roles
from emulator.iam.policy_evaluation import Request
from emulator.scheduler import universal_target
from supervision.limits import Limits
from tests.components.embedded import ACCOUNT, REGION
from tests.components.recorded import deployment
from tests.components.stacks import CLUSTER, PLACE, ROLES, TAGS, job, schedule
from tests.components.watching import LIMITS, LOG_GROUPS, supervised_program, watched_group
from watch import job_items

if TYPE_CHECKING:
    from tests.components.embedded import Deployment, EmbeddedCloud

LAUNCHES = f"arn:aws:sqs:{PLACE}:jobs-staging-launches"
GROUP = f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging"
SUPERVISOR = f"arn:aws:iam::{ACCOUNT}:role/jobs/jobs-staging/jobs-staging-supervisor"


def direct() -> object:
    """Declare the same job as one that Scheduler launches itself."""
    return job(watched_group(), log_groups=LOG_GROUPS)


def role_of(cloud: EmbeddedCloud) -> str:
    """Return the ARN of the launch role."""
    found = cloud.client("iam").list_roles(PathPrefix="/jobs/jobs-staging/")["Roles"]
    [arn] = [one["Arn"] for one in found if one["RoleName"].startswith("nightly-report")]
    return str(arn)


def test_sends_ticks_to_the_supervisor(cloud: EmbeddedCloud) -> None:
    """The schedule's target is the queue, with schedule and tick in the message, until the tick's start deadline."""
    declared, _ = cloud.run(supervised_program())
    target = declared.one(":Schedule", "nightly-report").inputs["target"]
    sent = json.loads(target.pop("input"))
    assert sent.pop("QueueUrl").endswith(f"/{ACCOUNT}/jobs-staging-launches")
    body = '{"schedule":"nightly-report","tick":"<aws.scheduler.scheduled-time>"}'
    assert sent == {"MessageBody": body}
    assert target == {
        "arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        "roleArn": role_of(cloud),
        "deadLetterConfig": {"arn": f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters"},
        "retryPolicy": {"maximumRetryAttempts": 185, "maximumEventAgeInSeconds": 7200},
    }


def test_declares_the_role(cloud: EmbeddedCloud) -> None:
    """The launch role is for the supervisor too, and may send a tick besides launching the run."""
    declared, _ = cloud.run(supervised_program())
    role = declared.one(":Role", "nightly-report").inputs
    assert json.loads(role.pop("assumeRolePolicy")) == launch_policy.trust_policy(GROUP, SUPERVISOR)
    assert role == {
        "path": "/jobs/jobs-staging/",
        "description": "Lets the supervisor launch the job nightly-report of jobs-staging",
        "tags": {**TAGS, "job": "nightly-report", "owner": "data"},
    }
    policy = declared.one(":RolePolicy", "nightly-report").inputs["policy"]
    assert json.loads(policy) == launch_policy.launch_policy(
        cluster_arn=CLUSTER,
        task_definition="web",
        passed_roles=ROLES,
        dead_letter_arn=f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters",
        launches_arn=LAUNCHES,
    )


def requests(declared: Deployment) -> dict[str, Any]:
    """Return the RunTask requests in the job's item."""
    item = declared.one(":TableItem", "nightly-report").inputs["item"]
    found = job_items.read(json.loads(item)).supervised
    assert found is not None
    return dict(found.requests)


def test_registers_limits_role_and_requests(cloud: EmbeddedCloud) -> None:
    """The item has the limits and the request of each schedule: today's, with what the supervisor finds tasks by."""
    pair = (
        schedule(key="daily", limits=LIMITS, environment={"A": "b"}),
        schedule("rate(1 hour)", key="b", limits=LIMITS),
    )
    declared, _ = cloud.run(supervised_program(*pair))
    facts = job_items.read(json.loads(declared.one(":TableItem", "nightly-report").inputs["item"]))
    names = {"nightly-report.daily", "nightly-report.b"}
    assert facts.limits == dict.fromkeys(names, LIMITS)
    assert facts.supervised is not None
    assert (facts.supervised.role, facts.supervised.service) == (role_of(cloud), {})
    made = requests(declared)
    assert made.keys() == names
    environment = [
        {"Name": "A", "Value": "b"},
        {"Name": "JOB_NAME", "Value": "nightly-report"},
        {"Name": "JOB_SCHEDULE", "Value": "nightly-report.daily"},
        {"Name": "JOB_SCHEDULED_TIME", "Value": "<aws.scheduler.scheduled-time>"},
    ]
    override = {"Name": "app", "Command": ["python", "manage.py", "build_report"], "Environment": environment}
    network = {"Subnets": ["subnet-0a", "subnet-0b"], "SecurityGroups": ["sg-01"], "AssignPublicIp": "DISABLED"}
    tags = {"job": "nightly-report", "owner": "data", "scheduled-jobs:group": "jobs-staging", **TAGS}
    assert made["nightly-report.daily"] == {
        "Cluster": CLUSTER,
        "TaskDefinition": "web",
        "Count": 1,
        "ClientToken": client_token("jobs", "staging", "nightly-report.daily"),
        "Group": "jobs-staging:nightly-report",
        "StartedBy": "jobs-staging/nightly-report",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"AwsvpcConfiguration": network},
        "Overrides": {"ContainerOverrides": [override]},
        "EnableECSManagedTags": True,
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    }


def test_nobody_else_gives_its_tasks_the_tag(cloud: EmbeddedCloud) -> None:
    """A tag of the user with the name of the group's tag does not count, or the supervisor could not stop a run."""
    other = {"scheduled-jobs:group": "jobs-production"}
    declared, _ = cloud.run(
        lambda: job(watched_group(supervised=True, tags=other), schedule(limits=LIMITS), log_groups=LOG_GROUPS)
    )
    [tag] = [one for one in requests(declared)["nightly-report"]["Tags"] if one["Key"] == "scheduled-jobs:group"]
    assert tag["Value"] == "jobs-staging"


def test_follows_a_service(cloud: EmbeddedCloud) -> None:
    """The item names the service whose revision runs, and the launch role may read that service and no other."""
    following = Limits(start_deadline=900, run_revision="service")
    declared, _ = cloud.run(supervised_program(schedule(limits=following), service="web"))
    facts = job_items.read(json.loads(declared.one(":TableItem", "nightly-report").inputs["item"]))
    assert facts.supervised is not None
    assert facts.supervised.service == {"cluster": CLUSTER, "service": "web"}
    see = "ecs:DescribeServices"
    roles.authorize(role_of(cloud), Request(see, f"arn:aws:ecs:{PLACE}:service/staging/web"))
    with pytest.raises(AwsError, match="is not authorized"):
        roles.authorize(role_of(cloud), Request(see, f"arn:aws:ecs:{PLACE}:service/staging/other"))


STATEMENTS = ("RunTask", "TagTask", "KeepDeadLetter", "PassTaskRoles", "SendTick", "SeeService")


def do_all(cloud: EmbeddedCloud, role: str, request: dict[str, Any]) -> None:
    """Do with the launch role what Scheduler and the supervisor do with it; AwsError when a call is denied."""
    for queue in ("dead-letters", "launches"):
        roles.authorize(role, Request("sqs:SendMessage", f"arn:aws:sqs:{PLACE}:jobs-staging-{queue}"))
    roles.authorize(role, Request("ecs:DescribeServices", f"arn:aws:ecs:{PLACE}:service/staging/web"))
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask", "Input": json.dumps(request)}
    params = {**universal_target.read(target).params, "clientToken": "launch-1"}
    cloud.embedded.tasks.run_task(Call("ecs", "RunTask", params, ACCOUNT, REGION, "aws"), principal=role)


@pytest.mark.parametrize("sid", ["", *STATEMENTS])
def test_needs_every_statement(cloud: EmbeddedCloud, sid: str) -> None:
    """The launch role can do all its work, and not without any one of its statements."""
    following = Limits(start_deadline=900, run_revision="service")
    declared, _ = cloud.run(supervised_program(schedule(limits=following), service="web"))
    role, request = role_of(cloud), requests(declared)["nightly-report"]
    iam, name = cloud.client("iam"), role.rpartition("/")[2]
    policy = iam.get_role_policy(RoleName=name, PolicyName="launch")["PolicyDocument"]
    assert sorted(one["Sid"] for one in policy["Statement"]) == sorted(STATEMENTS)
    assert all(isinstance(one["Action"], str) and "*" not in one["Action"] for one in policy["Statement"])
    kept = [one for one in policy["Statement"] if one["Sid"] != sid]
    document = json.dumps({**policy, "Statement": kept})
    iam.put_role_policy(RoleName=name, PolicyName="launch", PolicyDocument=document)
    if sid:
        with pytest.raises(AwsError, match="is not authorized"):
            do_all(cloud, role, request)
    else:
        do_all(cloud, role, request)


def test_a_service_that_no_schedule_follows_is_not_read(cloud: EmbeddedCloud) -> None:
    """A placement may name its service although the newest revision runs: then the role may not read it."""
    cloud.run(supervised_program(service="web"))
    role = role_of(cloud)
    with pytest.raises(AwsError, match="is not authorized"):
        roles.authorize(role, Request("ecs:DescribeServices", f"arn:aws:ecs:{PLACE}:service/staging/web"))


def test_declares_all_before_the_schedule(cloud: EmbeddedCloud) -> None:
    """The item waits for whoever launches by it, and the schedule for the item."""
    declared, _ = cloud.run(supervised_program())
    ready = {
        ("aws:iam/rolePolicy:RolePolicy", "nightly-report"),
        ("aws:lambda/eventSourceMapping:EventSourceMapping", "jobs-supervisor-launches"),
        ("aws:cloudwatch/eventTarget:EventTarget", "jobs-watch-runs"),
    }
    item = declared.one(":TableItem", "nightly-report")
    assert ready <= item.after
    assert ("aws:dynamodb/tableItem:TableItem", "nightly-report") in declared.one(":Schedule", "nightly-report").after


CALLERS = {
    "the supervisor": (SUPERVISOR, True),
    "another role of the group": (f"{SUPERVISOR}-2", False),
    "a role of its name elsewhere": (f"arn:aws:iam::{ACCOUNT}:role/jobs-staging-supervisor", False),
    "a role of its name in another account": (SUPERVISOR.replace(ACCOUNT, "444455556666"), False),
}


@pytest.mark.parametrize(("caller", "allowed"), CALLERS.values(), ids=CALLERS)
def test_trusts_scheduler_and_the_supervisor_only(cloud: EmbeddedCloud, caller: str, *, allowed: bool) -> None:
    """Of all roles only the supervisor's may assume the launch role, besides Scheduler for the group."""
    cloud.run(supervised_program())
    role = cloud.client("iam").get_role(RoleName=role_of(cloud).rpartition("/")[2])["Role"]
    trust = {
        **role["AssumeRolePolicyDocument"],
        "Statement": [{**one, "Resource": "*"} for one in role["AssumeRolePolicyDocument"]["Statement"]],
    }
    request = Request("sts:AssumeRole", "*", {"aws:PrincipalArn": caller})
    assert policy_evaluation.evaluate_resource_policy(trust, caller, request).allowed is allowed
    assert roles.assume_for_schedules(role_of(cloud), GROUP).allowed
    assert not roles.assume_for_schedules(role_of(cloud), f"{GROUP}2").allowed


def test_becomes_supervised_and_back_in_place() -> None:
    """Neither change replaces anything of the job: its role, its item and its schedule are updated."""
    with deployment("jobs", "staging") as deployed:
        steps = []
        for program in (direct, supervised_program(), direct):
            deployed.up(program)
            steps.append(dict(deployed.deployed))
        own = [key for key in steps[0] if key.rpartition(" ")[2] == "nightly-report"]
        assert len(own) == 4
        for before, after in ((steps[0], steps[1]), (steps[1], steps[2])):
            changes = {key: deployed.engine.diff(before[key], after[key].inputs) for key in own}
            assert all(change.detail for change in changes.values())
            assert [key for key, change in changes.items() if change.replaces] == []
        assert {key: steps[2][key].inputs for key in own} == {key: steps[0][key].inputs for key in own}
        assert steps[2].keys() == steps[0].keys() < steps[1].keys()


def test_needs_a_supervisor(cloud: EmbeddedCloud) -> None:
    """A job with limits in a group without a supervisor is a mistake, and not a job without limits."""

    def program() -> None:
        with pytest.raises(pulumi.RunError, match="set `supervised` of `JobGroupArgs`"):
            job(watched_group(), schedule(limits=LIMITS), log_groups=LOG_GROUPS)

    declared, _ = cloud.run(program)
    assert [one.name for one in declared.of(":Role")] == ["jobs-watch"]
