"""Tests of a group's supervisor, as declared and as it exists in the embedded AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components import dashboard, function_policy, resource_policies, supervisor_policy, watch_policy
from tests.components.embedded import ACCOUNT, REGION, make_platform
from tests.components.stacks import CLUSTER, PLACE, TAGS, group
from tests.components.watching import LOG_GROUPS, WATCH_ARN, watched_group, watched_program
from tests.emptying import empty

if TYPE_CHECKING:
    from tests.components.embedded import Deployment, EmbeddedCloud

FUNCTION = "jobs-staging-supervisor"
QUEUE = f"arn:aws:sqs:{PLACE}:jobs-staging-launches"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs/jobs-staging/jobs-staging-supervisor"
GROUP = f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging"


def ledger(deployment: Deployment) -> str:
    """Return the name of the ledger's table."""
    variables = deployment.one(":Function", "jobs-watch").inputs["environment"]["variables"]
    return str(variables["LEDGER_TABLE"])


def shown(deployment: Deployment) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the inputs of everything that was declared, by type and name."""
    return {(one.type.rpartition(":")[2], one.name): one.inputs for one in deployment.declared}


def test_is_there_only_when_asked_for(cloud: EmbeddedCloud) -> None:
    """With a supervisor, a group has these resources more, and otherwise no others."""
    plain, _ = cloud.run(watched_program())
    empty()
    make_platform(cloud)
    supervised, _ = cloud.run(watched_program(supervised=True))
    before, after = shown(plain), shown(supervised)
    assert sorted(after.keys() - before.keys()) == [
        ("EventSourceMapping", "jobs-supervisor-launches"),
        ("Function", "jobs-supervisor"),
        ("LogGroup", "jobs-supervisor-log"),
        ("MetricAlarm", "jobs-watch-launches-waiting"),
        ("MetricAlarm", "jobs-watch-supervisor-failing"),
        ("Queue", "jobs-launches"),
        ("QueuePolicy", "jobs-launches"),
        ("Role", "jobs-supervisor"),
        ("RolePolicy", "jobs-supervisor"),
        ("Supervisor", "jobs-supervisor"),
    ]
    assert before.keys() <= after.keys()


def test_declares_the_queue_of_ticks(cloud: EmbeddedCloud) -> None:
    """The queue keeps ticks for 14 days, hides them for six timeouts, and moves what fails to the dead letters."""
    deployment, _ = cloud.run(watched_program(supervised=True))
    queue = deployment.one(":Queue", "jobs-launches").inputs
    assert json.loads(queue.pop("redrivePolicy")) == {
        "deadLetterTargetArn": f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters",
        "maxReceiveCount": 5,
    }
    assert queue == {
        "name": "jobs-staging-launches",
        "messageRetentionSeconds": 1209600,
        "sqsManagedSseEnabled": True,
        "visibilityTimeoutSeconds": 360,
        "tags": TAGS,
    }
    policy = deployment.one(":QueuePolicy", "jobs-launches").inputs["policy"]
    assert json.loads(policy) == resource_policies.queue_policy(QUEUE)


def test_declares_the_function(cloud: EmbeddedCloud) -> None:
    """The function has the watch's archive, and knows ledger and queue."""
    deployment, _ = cloud.run(watched_program(supervised=True))
    table = ledger(deployment)
    function = deployment.one(":Function", "jobs-supervisor").inputs
    watch = deployment.one(":Function", "jobs-watch").inputs
    assert function.pop("code") == watch["code"]
    url = function["environment"]["variables"].pop("LAUNCHES_QUEUE_URL")
    assert url.endswith(f"/{ACCOUNT}/jobs-staging-launches")
    assert function == {
        "name": FUNCTION,
        "description": "Launches the supervised jobs of jobs-staging and keeps their limits",
        "role": ROLE,
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "supervisor.handler.handle",
        "memorySize": 256,
        "timeout": 60,
        "environment": {"variables": {"LEDGER_TABLE": table}},
        "tags": TAGS,
    }
    assert deployment.one(":LogGroup", "jobs-supervisor-log").inputs == {
        "name": f"/aws/lambda/{FUNCTION}",
        "retentionInDays": 30,
        "tags": TAGS,
    }
    assert deployment.one(":EventSourceMapping", "jobs-supervisor-launches").inputs == {
        "eventSourceArn": QUEUE,
        "functionName": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{FUNCTION}",
        "batchSize": 10,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "scalingConfig": {"maximumConcurrency": 20},
        "tags": TAGS,
    }


def test_declares_the_role(cloud: EmbeddedCloud) -> None:
    """The role has the name by which launch roles know it, is for Lambda only, and has exactly this policy."""
    deployment, made = cloud.run(lambda: watched_group(supervised=True))
    role = deployment.one(":Role", "jobs-supervisor").inputs
    assert json.loads(role.pop("assumeRolePolicy")) == function_policy.trust_policy()
    assert role == {
        "name": FUNCTION,
        "path": "/jobs/jobs-staging/",
        "description": "Lets the supervisor of jobs-staging launch and stop the runs of supervised jobs",
        "tags": TAGS,
    }
    assert supervisor_policy.role_arn(GROUP, made.role_path) == ROLE
    policy = deployment.one(":RolePolicy", "jobs-supervisor").inputs
    assert json.loads(policy["policy"]) == supervisor_policy.supervisor_policy(
        schedule_group_arn=GROUP,
        path="/jobs/jobs-staging/",
        table_arn=f"arn:aws:dynamodb:{PLACE}:table/{ledger(deployment)}",
        launches_arn=QUEUE,
        watch_arn=WATCH_ARN,
        own_log_group_arn=f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/{FUNCTION}",
        cluster_arns=[CLUSTER],
    )


def test_lets_the_watch_wake_it(cloud: EmbeddedCloud) -> None:
    """The watch knows the queue and may send to it; it gains nothing else."""
    deployment, _ = cloud.run(watched_program(supervised=True))
    function = deployment.one(":Function", "jobs-watch").inputs
    assert function["environment"]["variables"]["LAUNCHES_QUEUE_URL"].endswith("/jobs-staging-launches")
    known: dict[str, Any] = {
        "project": "jobs",
        "schedule_group_arn": GROUP,
        "table_arn": f"arn:aws:dynamodb:{PLACE}:table/{ledger(deployment)}",
        "topic_arn": f"arn:aws:sns:{PLACE}:jobs-staging-alerts",
        "dead_letter_arn": f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters",
        "given_up_arn": f"arn:aws:sqs:{PLACE}:jobs-staging-given-up",
        "own_log_group_arn": f"arn:aws:logs:{PLACE}:log-group:/aws/lambda/jobs-staging-watch",
        "cluster_arns": [CLUSTER],
        "log_groups": LOG_GROUPS,
    }
    policy = json.loads(deployment.one(":RolePolicy", "jobs-watch").inputs["policy"])
    assert policy == watch_policy.watch_policy(**known, launches_arn=QUEUE)
    wakes = {"Sid": "WakeSupervisor", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
    rest = [statement for statement in policy["Statement"] if statement != wakes]
    assert rest == watch_policy.watch_policy(**known)["Statement"]


def test_tells_when_its_alarms_are_over(cloud: EmbeddedCloud) -> None:
    """The rule of recoveries names the supervisor's alarms too, and they go where the watch's go."""
    deployment, _ = cloud.run(watched_program(supervised=True))
    pattern = json.loads(deployment.one(":EventRule", "jobs-watch-alarms").inputs["eventPattern"])
    names = {one.inputs["name"] for one in deployment.of(":MetricAlarm")}
    assert {"jobs-staging-supervisor-failing", "jobs-staging-launches-waiting"} <= names
    assert set(pattern["detail"]["alarmName"]) == names
    assert {tuple(one.inputs["alarmActions"]) for one in deployment.of(":MetricAlarm")} == {
        (f"arn:aws:sns:{PLACE}:jobs-staging-problems",)
    }


def test_dashboard(cloud: EmbeddedCloud) -> None:
    """The dashboard of a group with supervised jobs shows their metrics too, and all else as it was."""
    deployment, _ = cloud.run(watched_program(supervised=True))
    widgets = json.loads(deployment.one("Dashboard", "jobs-watch").inputs["dashboardBody"])["widgets"]
    direct = dashboard.dashboard(
        group="jobs-staging",
        region=REGION,
        function="jobs-staging-watch",
        dead_letters="jobs-staging-dead-letters",
        given_up="jobs-staging-given-up",
        supervised=False,
    )["widgets"]
    assert widgets[: len(direct)] == direct
    counts, delays = (one["properties"] for one in widgets[len(direct) :])
    assert counts["metrics"] == [
        ["ScheduledJobs", name, "Group", "jobs-staging", {"stat": "Sum"}]
        for name in ("Retries", "TimedOutRuns", "SkippedTicks", "TooLateTicks")
    ]
    assert [line[1] for line in delays["metrics"] if len(line) > 1] == ["LaunchDelay", "LockWait"]
    assert delays["title"] == "Longest delay of a launch (seconds)"


def test_takes_ticks_last(cloud: EmbeddedCloud) -> None:
    """The mapping waits for the policy and the function, and the function for its policy and its log."""
    deployment, _ = cloud.run(watched_program(supervised=True))
    before = deployment.before(deployment.one(":EventSourceMapping", "jobs-supervisor-launches"))
    assert before >= {
        ("aws:dynamodb/table:Table", "jobs-staging-ledger"),
        ("aws:iam/rolePolicy:RolePolicy", "jobs-supervisor"),
        ("aws:cloudwatch/logGroup:LogGroup", "jobs-supervisor-log"),
        ("aws:lambda/function:Function", "jobs-supervisor"),
        ("aws:lambda/function:Function", "jobs-watch"),
        ("aws:sqs/queue:Queue", "jobs-dead-letters"),
        ("aws:sqs/queue:Queue", "jobs-launches"),
    }


def test_needs_a_watch(cloud: EmbeddedCloud) -> None:
    """A group without a watch cannot have a supervisor, which keeps its records in the watch's ledger."""

    def program() -> None:
        with pytest.raises(pulumi.RunError) as raised:
            group(supervised=True)
        assert str(raised.value) == (
            "`supervised` of `JobGroupArgs`: the group jobs-staging has no watch, which the supervisor needs; set "
            "`watch` of `JobGroupArgs` too"
        )

    cloud.run(program)
