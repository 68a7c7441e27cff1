from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import placements
import settings
from components import PlacementArgs, ScheduleArgs, ScheduledJob, ScheduledJobArgs, key_policy
from components.job_group import JobGroup, JobGroupArgs
from components.subscriptions import Endpoint
from components.watch_args import WatchArgs
from emulator import chosen_ids
from emulator.iam.policy_evaluation import Request, evaluate
from supervision.limits import Limits
from tests import permissions
from tests.components.asked import asking
from tests.permissions import (
    CHECK,
    DEPLOY,
    KEYED_DEPLOY,
    KEYED_PREVIEW,
    ONLY_BOUNDED,
    PREVIEW,
    STACK,
    WATCHED,
)
from watch.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.components.recorded import Deployment
    from tests.permissions import Policy

REGION = STACK["region"]
CLUSTER = f"arn:aws:ecs:{REGION}:{STACK['account']}:cluster/{STACK['cluster']}"
BOUNDARY = f"arn:aws:iam::{STACK['account']}:policy/{STACK['boundary']}"
KEY = f"arn:aws:kms:{REGION}:{STACK['account']}:key/{STACK['kms-key']}"
DEPLOYING = (PREVIEW, DEPLOY, WATCHED)
LOOKING = ("Describe", "Get", "List")

ONLY_THE_REAL_PROVIDER = {
    "iam:ListAttachedRolePolicies",
    "iam:ListInstanceProfilesForRole",
    "iam:ListRolePolicies",
}
"""Actions that the Terraform AWS provider needs for aws_iam_role, and the sandbox's provider does not need."""

ELSEWHERE = {"cluster": "other", "task_role": "other", "execution_role": "other"}
"""A placement of another stack."""
NAMES = ("alarms", "runs", "supervisor", "watch")
NAMES_OF_STAGING = {name: f"scheduled-jobs-staging-{name}" for name in NAMES}
NAMES_OF_OTHER = {name: f"other-production-{name}" for name in NAMES}

CLOUD_CONTROL = Request("cloudformation:GetResource", "*")
"""What AWS asks when the capacity providers of a cluster are read; the sandbox has no Cloud Control API."""

OF_EVERY_ACCOUNT = {
    "cloudformation:GetResource",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ecs:DescribeTaskDefinition",
    "logs:DescribeLogGroups",
    "sns:GetSubscriptionAttributes",
    "sns:SetSubscriptionAttributes",
    "sns:Unsubscribe",
}
"""What the page says cannot be limited at all: of another account, that account's own policies keep them."""

OF_EVERY_STACK = {
    "cloudwatch:DescribeAlarms",
    "cloudwatch:ListTagsForResource",
    "lambda:ListTags",
    "lambda:TagResource",
    "lambda:UntagResource",
}
"""What the page says cannot be kept to one stack of an account; tags of Lambda are those of mappings."""


@dataclass(frozen=True)
class Recorded:
    """The IAM requests for the calls of one stack's life."""

    placements: list[Request]
    first: list[Request]
    changes: list[Request]
    refresh: list[Request]
    end: list[Request]

    @property
    def reads(self) -> list[Request]:
        """The requests of `pulumi preview --refresh`."""
        return [*self.placements, *self.refresh]

    @property
    def life(self) -> list[Request]:
        """All requests."""
        return [*self.placements, *self.first, *self.changes, *self.refresh, *self.end]


def program(
    *,
    tags: dict[str, str],
    boundary: str | None,
    cron: str,
    family: str,
    jobs: tuple[str, ...],
    key: str | None = None,
) -> None:
    """Declare a group, its watch, supervisor and jobs; every argument changes some resource in place."""
    placement = PlacementArgs(
        cluster_arn=CLUSTER,
        task_definition=family,
        container="app",
        passed_roles=[f"arn:aws:iam::{STACK['account']}:role/{STACK['task-role']}"],
        subnets=["subnet-0a000000000000001"],
        log_groups=[STACK["log-group"]],
    )
    schedules = [
        ScheduleArgs(key="weekdays", expression=cron, limits=Limits(start_deadline=900)),
        ScheduleArgs(key="hourly", expression="rate(1 hour)", limits=Limits(start_deadline=900)),
    ]
    known: dict[str, Any] = {"placement": placement, "schedules": schedules, "owner": "data"}
    group = JobGroup(
        "jobs",
        JobGroupArgs(
            endpoints=[
                Endpoint(protocol="email", to="on-call@example.com", owners=[family]),
                Endpoint(protocol="https", to="https://hooks.example.com/alerts"),
                Endpoint(protocol="sqs", to=f"arn:aws:sqs:{REGION}:{STACK['account']}:{STACK['endpoint']}"),
            ],
            watch=WatchArgs(placements=[placement], retention_days=30 if boundary else 60),
            supervised=True,
            tags=tags,
            permissions_boundary=boundary,
            kms_key_arn=key,
        ),
    )
    for name in jobs:
        runbook = f"https://wiki.example.com/{family}"
        ScheduledJob(name, ScheduledJobArgs(group=group, command=["true"], runbook=runbook, **known))


LOG = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": STACK["log-group"], "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"},
}


def make_platform(deployed: Deployment) -> dict[str, Any]:
    """Create the boundary and the resources of a placement, and return the placement."""
    iam, ec2, ecs = (deployed.clients.get(service, REGION) for service in ("iam", "ec2", "ecs"))
    iam.create_policy(PolicyName=STACK["boundary"], PolicyDocument=json.dumps(permissions.policy(permissions.BOUNDARY)))
    roles = [STACK["task-role"], STACK["execution-role"]]
    for role in roles:
        iam.create_role(RoleName=role, Path="/", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="tasks", Description="Tasks")["GroupId"]
    ecs.create_cluster(clusterName=STACK["cluster"], capacityProviders=["FARGATE"])
    task, execution = (f"arn:aws:iam::{STACK['account']}:role/{role}" for role in roles)
    ecs.register_task_definition(
        family=STACK["family"],
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        taskRoleArn=task,
        executionRoleArn=execution,
        containerDefinitions=[{"name": "app", "image": "app", "memory": 128, "logConfiguration": LOG}],
    )
    ecs.create_service(
        cluster=STACK["cluster"],
        serviceName="web",
        taskDefinition=STACK["family"],
        desiredCount=1,
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}},
    )
    return {"service": {"cluster": STACK["cluster"], "name": "web"}, "capacity": {"FARGATE": 1}}


def look_up(deployed: Deployment, **sections: Any) -> None:  # noqa: ANN401 - sections of config
    """Look up what config names as the program does, without any problem."""
    problems = settings.Problems()
    config = settings.parse({"placements": {}, "schedules": {}, **sections}, problems)

    async def program() -> None:
        await placements.look_up(placements.Lookups(), config, STACK["group"], problems, {})

    deployed.up(program)
    assert [*problems, *problems.warnings] == []


def look_up_holds(deployed: Deployment) -> None:
    """Look up the holds as the program does."""
    problems = settings.Problems()
    deployed.up(lambda: placements.look_up_holds(STACK["group"], datetime.now(UTC), problems, preview=False))
    assert not problems


def note_check(deployed: Deployment) -> list[Request]:
    """Note a check of the watch, which is none of the calls of a deployment."""
    client = deployed.clients.get("dynamodb", REGION)
    [table] = client.list_tables()["TableNames"]
    Ledger(client, table, 90).note_check(datetime.now(UTC), supervises=True)
    return []


async def look_for_supervisor(declare: Callable[[], None]) -> None:
    """Declare a stack that has one already, and look whether it is still needed, as without supervised jobs."""
    declare()
    assert (await placements.look_up_under_way(STACK["group"], [], settings.Problems())).supervised


def make_endpoints(deployed: Deployment) -> dict[str, Any]:
    """Create a queue, a function and a topic for alerts, and return the sections of config that name them."""
    clients = {service: deployed.clients.get(service, REGION) for service in ("iam", "lambda", "sns", "sqs")}
    name, place = STACK["endpoint"], f"{REGION}:{STACK['account']}"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = clients["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def run(event, context): ...")
    clients["lambda"].create_function(
        FunctionName=name, Role=role, Runtime="python3.12", Handler="main.run", Code={"ZipFile": code.getvalue()}
    )
    clients["sns"].create_topic(Name=name)
    clients["sqs"].create_queue(QueueName=name)
    return {
        "iam": {"permissionsBoundary": BOUNDARY},
        "alerts": {
            "sqs": [f"arn:aws:sqs:{place}:{name}"],
            "lambda": [f"arn:aws:lambda:{place}:function:{name}"],
            "topic": f"arn:aws:sns:{place}:{name}",
        },
    }


OF_THE_FUNCTIONS: dict[str, dict[str, Any]] = {
    "aws:cloudwatch/eventRule:EventRule jobs-watch-look": {"scheduleExpression": "rate(1 hour)"},
    "aws:cloudwatch/logGroup:LogGroup jobs-watch-log": {"retentionInDays": 1},
    "aws:cloudwatch/metricAlarm:MetricAlarm jobs-watch-watch-failing": {"threshold": 2},
    "aws:dynamodb/table:Table scheduled-jobs-production-ledger": {
        "deletionProtectionEnabled": True,
        "pointInTimeRecovery": {"enabled": True},
    },
    "aws:lambda/eventSourceMapping:EventSourceMapping jobs-watch-dead-letters": {"batchSize": 1},
    "aws:lambda/function:Function jobs-watch": {"memorySize": 512},
    "aws:cloudwatch/logGroup:LogGroup jobs-supervisor-log": {"retentionInDays": 1},
    "aws:cloudwatch/metricAlarm:MetricAlarm jobs-watch-launches-waiting": {"threshold": 2},
    "aws:cloudwatch/metricAlarm:MetricAlarm jobs-watch-supervisor-failing": {"threshold": 2},
    "aws:lambda/eventSourceMapping:EventSourceMapping jobs-supervisor-launches": {"batchSize": 1},
    "aws:lambda/function:Function jobs-supervisor": {"memorySize": 512},
    "aws:sqs/queue:Queue jobs-launches": {"messageRetentionSeconds": 60},
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig jobs-watch": {"maximumRetryAttempts": 0},
}
"""Inputs of the watch and the supervisor that no argument changes, by type and name."""


def change_what_is_fixed(deployed: Deployment) -> None:
    """Change inputs that no argument changes, as a later version of the components might; `up` corrects them."""
    other = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    deployed.alter("aws:iam/role:Role cleanup", assumeRolePolicy=trust, description="changed")
    deployed.alter("aws:sqs/queue:Queue jobs-dead-letters", messageRetentionSeconds=60)
    for key, changed in OF_THE_FUNCTIONS.items():
        deployed.alter(key, **changed)


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """Deploy, change, read and remove a stack with two jobs."""
    before = partial(program, tags={"team": "data"}, boundary=BOUNDARY, cron="cron(0 6 ? * MON-FRI *)", family="web")
    after = partial(program, tags={"unit": "data"}, cron="cron(0 7 ? * MON-FRI *)", family="worker")
    both = ("cleanup", "nightly-report")
    with asking() as questions:
        deployed = questions.deployed
        placement: dict[str, Any] = {}
        questions.prepare(lambda: placement.update(make_platform(deployed)))

        return Recorded(
            placements=[
                CLOUD_CONTROL,
                *questions.about(
                    lambda: look_up(deployed, placements={"default": placement}), partial(look_up_holds, deployed)
                ),
            ],
            first=questions.about(partial(deployed.up, partial(before, jobs=both))),
            changes=[
                *questions.about(
                    partial(deployed.up, partial(after, boundary=None, jobs=both)),
                    partial(change_what_is_fixed, deployed),
                ),
                *note_check(deployed),
                *questions.about(
                    partial(
                        deployed.up,
                        partial(look_for_supervisor, partial(after, boundary=BOUNDARY, jobs=("cleanup",))),
                    )
                ),
            ],
            refresh=questions.about(deployed.refresh),
            end=questions.about(deployed.destroy),
        )


def make_key(deployed: Deployment) -> None:
    """Create the key of the stack. Its policy lets CloudWatch Logs encrypt the watch's log."""
    granted = key_policy.statements(
        kms_key_arn=KEY, group=STACK["group"], account=STACK["account"], watched=True, queues=False
    )
    deployed.clients.get("kms", REGION).create_key(
        Policy=json.dumps({"Version": "2012-10-17", "Statement": granted}),
        Tags=[{"TagKey": chosen_ids.TAG, "TagValue": STACK["kms-key"]}],
    )


@pytest.fixture(scope="module")
def encrypted() -> list[Request]:
    """Return what AWS asks IAM when a stack gets a key, loses it and gets it again, is read, and is removed."""
    common: dict[str, Any] = {"tags": {}, "boundary": None, "cron": "cron(0 6 ? * MON-FRI *)", "family": "web"}
    up = partial(program, **common, jobs=("cleanup",))
    with asking() as questions:
        deployed = questions.deployed
        placement: dict[str, Any] = {}
        questions.prepare(lambda: placement.update(make_platform(deployed)))
        make_key(deployed)
        found = questions.about(
            partial(look_up, deployed, placements={"default": placement}, encryption={"kmsKey": KEY}),
            partial(deployed.up, partial(up, key=KEY)),
            partial(deployed.up, up),
            partial(deployed.up, partial(up, key=KEY)),
            deployed.refresh,
            deployed.destroy,
        )
        return [CLOUD_CONTROL, *found]


@pytest.fixture(scope="module")
def deploying() -> list[Policy]:
    """Return the policies of the role that deploys."""
    return [permissions.policy(title) for title in DEPLOYING]


def verdicts(policies: Sequence[Policy], asked: Iterable[Request]) -> tuple[set[str], dict[str, str]]:
    """Return the actions that the policies always allow, and the reason for each refused one."""
    decisions = [(request.action, evaluate(request, policies)) for request in asked]
    refused = {action: decision.reason for action, decision in decisions if not decision.allowed}
    return {action for action, decision in decisions if decision.allowed}, refused


def changing(actions: Iterable[str]) -> set[str]:
    """Return the actions that do more than read."""
    return {action for action in actions if not action.partition(":")[2].startswith(LOOKING)}


def test_the_policies_of_who_deploys_allow_every_call(recorded: Recorded, deploying: list[Policy]) -> None:
    """The policies allow every call that creates, changes, refreshes and removes a stack."""
    assert verdicts(deploying, recorded.life)[1] == {}


def test_every_statement_of_who_deploys_is_needed(recorded: Recorded, deploying: list[Policy]) -> None:
    """Without any one statement, some call of the stack's life is refused."""
    spare = []
    for policy in deploying:
        others = [each for each in deploying if each is not policy]
        for statement in policy["Statement"]:
            rest = {**policy, "Statement": [each for each in policy["Statement"] if each is not statement]}
            if not verdicts([rest, *others], recorded.life)[1]:
                spare.append(statement["Sid"])
    assert spare == []


def test_who_deploys_may_do_nothing_that_no_deployment_does(recorded: Recorded, deploying: list[Policy]) -> None:
    """The policies allow only the actions of the calls, and those that only the real provider needs."""
    asked, _ = verdicts(deploying, recorded.life)
    allowed = {action for policy in deploying for action in permissions.actions(policy)}
    assert allowed - asked == ONLY_THE_REAL_PROVIDER
    assert asked - allowed == set()


def test_who_previews_may_read_everything_and_change_nothing(recorded: Recorded) -> None:
    """A refresh and the look-up of placements are allowed; every call that does more than read is refused."""
    previewing = [permissions.policy(PREVIEW)]
    assert verdicts(previewing, recorded.reads)[1] == {}
    allowed, refused = verdicts(previewing, recorded.life)
    assert changing(allowed) == set()
    assert changing(refused) == refused.keys() != set()


def test_who_previews_may_read_nothing_that_no_preview_reads(recorded: Recorded) -> None:
    """The policy allows only the actions of the reads, and the lists of a role that the real provider reads."""
    policy = permissions.policy(PREVIEW)
    asked, _ = verdicts([policy], recorded.reads)
    assert permissions.actions(policy) - asked == {"iam:ListAttachedRolePolicies", "iam:ListRolePolicies"}


def test_the_check_may_read_what_config_names_and_nothing_else() -> None:
    """The policy allows the calls about boundary and endpoints, needs all its statements, and allows nothing more."""
    policy = permissions.policy(CHECK)
    with asking() as questions:
        make_platform(questions.deployed)
        sections = make_endpoints(questions.deployed)
        asked = questions.about(lambda: look_up(questions.deployed, **sections))
    allowed, refused = verdicts([policy], asked)
    assert (refused, permissions.actions(policy)) == ({}, allowed)
    for statement in policy["Statement"]:
        rest = {**policy, "Statement": [each for each in policy["Statement"] if each is not statement]}
        assert verdicts([rest], asked)[1], statement["Sid"]


@pytest.mark.parametrize(
    "other",
    [
        {"stack": "staging", "group": "scheduled-jobs-staging", **NAMES_OF_STAGING, **ELSEWHERE},
        {"project": "other", "group": "other-production", **NAMES_OF_OTHER, **ELSEWHERE},
        {"account": "210987654321"},
    ],
    ids=["another stack", "another project", "another account"],
)
def test_another_stack_s_policies_reach_only_what_the_page_says(recorded: Recorded, other: dict[str, str]) -> None:
    """The policies of one stack allow calls of another stack only where AWS or names cannot separate them."""
    theirs = [permissions.policy(title, **other) for title in DEPLOYING]
    expected = OF_EVERY_ACCOUNT if "account" in other else OF_EVERY_ACCOUNT | OF_EVERY_STACK
    assert verdicts(theirs, recorded.life)[0] == expected


def test_with_a_key_who_deploys_needs_every_statement(encrypted: list[Request], deploying: list[Policy]) -> None:
    """The two policies for a key allow every further call, need all their statements, and allow nothing more."""
    keyed = [permissions.policy(title) for title in (KEYED_PREVIEW, KEYED_DEPLOY)]
    allowed, refused = verdicts([*deploying, *keyed], encrypted)
    assert refused == {}
    assert verdicts(deploying, encrypted)[1].keys() == set().union(*map(permissions.actions, keyed)) <= allowed
    for policy in keyed:
        others = [*deploying, *(each for each in keyed if each is not policy)]
        for statement in policy["Statement"]:
            rest = {**policy, "Statement": [each for each in policy["Statement"] if each is not statement]}
            assert verdicts([rest, *others], encrypted)[1], statement["Sid"]


def test_with_a_key_who_previews_may_read_the_ledger(encrypted: list[Request]) -> None:
    """The policies allow looking the key up and reading items, and refuse all that changes something."""
    held = [permissions.policy(title) for title in (PREVIEW, KEYED_PREVIEW)]
    allowed, _ = verdicts(held, encrypted)
    assert {action for action in allowed if action.startswith("kms:")} == {"kms:Decrypt", "kms:DescribeKey"}
    assert changing(allowed) == {"kms:Decrypt"}


def test_with_a_boundary_no_role_is_made_or_written_without_it(recorded: Recorded, deploying: list[Policy]) -> None:
    """A deployment with a boundary is allowed; to remove the boundary, or to write a role without it, is refused."""
    bounded = [*deploying, permissions.policy(ONLY_BOUNDED)]
    assert verdicts(bounded, recorded.first)[1] == {}
    assert verdicts(bounded, [*recorded.first, *recorded.changes])[1].keys() == {
        "iam:DeleteRolePermissionsBoundary",
        "iam:PutRolePolicy",
    }
    other = [*deploying, permissions.policy(ONLY_BOUNDED, boundary="other")]
    assert verdicts(other, recorded.first)[1].keys() == {"iam:CreateRole", "iam:PutRolePolicy"}


def test_who_is_on_call_changes_schedules_and_nothing_else(recorded: Recorded) -> None:
    """The only call of a deployment that is allowed is to update a schedule, with its role."""
    allowed, _ = verdicts(permissions.held_by("on call"), recorded.life)
    assert changing(allowed) == {"iam:PassRole", "scheduler:UpdateSchedule"}
