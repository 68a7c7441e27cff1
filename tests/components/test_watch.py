"""Tests of a group's watch, as declared and as it exists in the embedded AWS."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from aws_facts.arn import Arn
from components import (
    alerting,
    dashboard,
    function_policy,
    job_facts,
    log_groups,
    resource_policies,
)
from components.job_args import ScheduledJobArgs
from components.placement import PlacementArgs
from components.subscriptions import Endpoint
from emulator.gateway.gateway import AwsError
from emulator.lambda_ import function_lookup
from tests.components.embedded import ACCOUNT, REGION, make_platform
from tests.components.stacks import CLUSTER, PLACE, PLACEMENT, ROLES, TAGS, group, job, schedule
from tests.components.watching import (
    FUNCTION,
    LOG_GROUPS,
    WATCH_ARN,
    WATCHED_PLACEMENT,
    watched_group,
    watched_program,
)
from tests.emptying import empty
from tests.processes.emulator.world import archive
from tests.unit.watch.world import refuse
from watch import job_items
from watch.facts import Facts, JobFacts, ScheduleFacts
from watch.ledger import Ledger
from watch.names import WATCH_HANDLER

if TYPE_CHECKING:
    from components.schedule import ScheduleArgs
    from tests.components.embedded import EmbeddedCloud

TOPIC = f"arn:aws:sns:{PLACE}:jobs-staging-alerts"
PROBLEMS = f"arn:aws:sns:{PLACE}:jobs-staging-problems"


def files_of(arn: str = WATCH_ARN) -> dict[str, bytes]:
    """Return the files in the archive of a function."""
    with zipfile.ZipFile(io.BytesIO(function_lookup.find(arn).code_bytes)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def test_declares_the_watch(cloud: EmbeddedCloud) -> None:
    """The watch has exactly these resources, as its children."""
    deployment, _ = cloud.run(watched_program())
    found = sorted((one.type.rpartition(":")[2], one.name) for one in deployment.declared if one.parent == "jobs-watch")
    assert found == [
        ("Dashboard", "jobs-watch"),
        ("EventRule", "jobs-watch-alarms"),
        ("EventRule", "jobs-watch-look"),
        ("EventRule", "jobs-watch-runs"),
        ("EventSourceMapping", "jobs-watch-dead-letters"),
        ("EventTarget", "jobs-watch-alarms"),
        ("EventTarget", "jobs-watch-look"),
        ("EventTarget", "jobs-watch-runs"),
        ("Function", "jobs-watch"),
        ("FunctionEventInvokeConfig", "jobs-watch"),
        ("LogGroup", "jobs-watch-log"),
        ("MetricAlarm", "jobs-watch-dead-letters-lost"),
        ("MetricAlarm", "jobs-watch-dead-letters-waiting"),
        ("MetricAlarm", "jobs-watch-watch-blind"),
        ("MetricAlarm", "jobs-watch-watch-events-lost"),
        ("MetricAlarm", "jobs-watch-watch-failing"),
        ("MetricAlarm", "jobs-watch-watch-gave-up"),
        ("MetricAlarm", "jobs-watch-watch-looks-lost"),
        ("Permission", "jobs-watch-look"),
        ("Permission", "jobs-watch-runs"),
        ("Role", "jobs-watch"),
        ("RolePolicy", "jobs-watch"),
        ("Table", "jobs-staging-ledger"),
    ]
    function = deployment.one(":Function", "jobs-watch").inputs
    del function["code"]
    table = function["environment"]["variables"].pop("LEDGER_TABLE")
    assert table.startswith("jobs-staging-ledger-")
    role = function.pop("role")
    assert role.startswith(f"arn:aws:iam::{ACCOUNT}:role/jobs/jobs-staging/jobs-watch-")
    assert function == {
        "name": FUNCTION,
        "description": "Watches the jobs of jobs-staging: writes runs to the ledger, sends alerts to the topic",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "handler": "watch.handler.handle",
        "memorySize": 256,
        "timeout": 60,
        "environment": {"variables": {"ALERT_TOPIC_ARN": TOPIC}},
        "tags": TAGS,
    }
    assert deployment.one("LogGroup", "jobs-watch-log").inputs == {
        "name": f"/aws/lambda/{FUNCTION}",
        "retentionInDays": 30,
        "tags": TAGS,
    }
    assert deployment.one("Table", "jobs-staging-ledger").inputs == {
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "pk",
        "rangeKey": "sk",
        "attributes": [{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}],
        "ttl": {"attributeName": "expires", "enabled": True},
        "deletionProtectionEnabled": False,
        "tags": TAGS,
    }


def test_is_invoked_by_rules_queue_and_time(cloud: EmbeddedCloud) -> None:
    """The function has its triggers (rules, dead letters, sweep), and a destination for failures."""
    deployment, _ = cloud.run(watched_program())
    for name in ("jobs-watch-look", "jobs-watch-runs"):
        target = deployment.one("EventTarget", name)
        assert target.inputs["arn"] == WATCH_ARN
        permission = deployment.one("Permission", name).inputs
        permission.pop("statementId", None)
        assert permission == {
            "action": "lambda:InvokeFunction",
            "function": FUNCTION,
            "principal": "events.amazonaws.com",
            "sourceArn": f"arn:aws:events:{PLACE}:rule/{target.inputs['rule']}",
        }
    assert deployment.one("EventSourceMapping", "jobs-watch-dead-letters").inputs == {
        "eventSourceArn": f"arn:aws:sqs:{PLACE}:jobs-staging-dead-letters",
        "functionName": WATCH_ARN,
        "batchSize": 10,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "tags": TAGS,
    }
    assert deployment.one("EventRule", "jobs-watch-look").inputs == {
        "name": FUNCTION,
        "description": "Invokes the watch of jobs-staging, which then checks for missed jobs and overruns",
        "scheduleExpression": "rate(5 minutes)",
        "tags": TAGS,
    }
    assert deployment.one("FunctionEventInvokeConfig", "jobs-watch").inputs == {
        "functionName": FUNCTION,
        "maximumRetryAttempts": 2,
        "destinationConfig": {"onFailure": {"destination": f"arn:aws:sqs:{PLACE}:jobs-staging-given-up"}},
    }
    queue = deployment.one("Queue", "jobs-dead-letters").inputs
    assert queue["visibilityTimeoutSeconds"] == 360
    assert json.loads(queue["redrivePolicy"]) == {
        "deadLetterTargetArn": f"arn:aws:sqs:{PLACE}:jobs-staging-given-up",
        "maxReceiveCount": 5,
    }


def test_one_rule_for_the_whole_group(cloud: EmbeddedCloud) -> None:
    """One rule passes on that a task of the group was launched, started or ended, on all clusters, as in the event."""
    other = CLUSTER.replace("staging", "batch")
    placements = [WATCHED_PLACEMENT, replace(WATCHED_PLACEMENT, cluster_arn=other), WATCHED_PLACEMENT]
    deployment, _ = cloud.run(watched_program(watch={"placements": placements}))
    assert {one.name for one in deployment.of("EventRule")} == {
        "jobs-watch-alarms",
        "jobs-watch-look",
        "jobs-watch-runs",
    }
    rule = deployment.one("EventRule", "jobs-watch-runs").inputs
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            "clusterArn": [other, CLUSTER],
            "group": [{"prefix": "jobs-staging:"}],
            "lastStatus": ["PROVISIONING", "RUNNING", "STOPPED"],
        },
    }
    target = deployment.one("EventTarget", "jobs-watch-runs").inputs
    assert target["inputPath"] == "$.detail"
    assert "inputTransformer" not in target


def test_job_registers_itself(cloud: EmbeddedCloud) -> None:
    """A job's item has what the watch must know of it, and stands in the ledger."""
    program = watched_program()
    deployment, _ = cloud.run(program)
    declared = deployment.one("TableItem", "nightly-report")
    assert (declared.parent, declared.inputs["hashKey"], declared.inputs["rangeKey"]) == ("nightly-report", "pk", "sk")
    table = declared.inputs["tableName"]
    assert table == deployment.one(":Function", "jobs-watch").inputs["environment"]["variables"]["LEDGER_TABLE"]
    expected = JobFacts(
        owner="data",
        runbook="https://wiki.example.com/nightly-report",
        container="app",
        cluster=CLUSTER,
        task_definition="web",
        passed_roles=tuple(sorted(ROLES)),
        several_words=True,
        schedules={"nightly-report": ScheduleFacts(expression="cron(0 2 * * ? *)", timezone="Europe/Berlin")},
    )
    assert json.loads(declared.inputs["item"]) == job_items.item("nightly-report", expected)
    assert Ledger(cloud.client("dynamodb"), table, 1).deployed_job("nightly-report", refuse) == expected


@pytest.mark.parametrize(
    ("command", "several", "own"),
    [(["python report.py"], False, False), (["python", "report.py"], True, False), (None, False, True)],
    ids=["one word", "several words", "none"],
)
def test_job_tells_what_its_command_is(
    cloud: EmbeddedCloud,
    command: list[str] | None,
    several: bool,  # noqa: FBT001
    own: bool,  # noqa: FBT001
) -> None:
    """The item tells it, because a shell as the entry point of a new revision may run only the first word."""
    deployment, _ = cloud.run(lambda: job(watched_group(), log_groups=LOG_GROUPS, command=command))
    declared = json.loads(deployment.one("TableItem", "nightly-report").inputs["item"])
    facts = job_items.read(declared)
    assert (facts.several_words, facts.own_command) == (several, own)
    assert ("own_command" in declared["body"]["S"]) is own


def test_job_has_five_registrations(cloud: EmbeddedCloud) -> None:
    """A job with one schedule is a component with a role, its policy, an item, and the schedule, which is the last."""
    deployment, _ = cloud.run(watched_program())
    own = [one.type.rpartition(":")[2] for one in deployment.declared if "nightly-report" in (one.name, one.parent)]
    assert sorted(own) == ["Role", "RolePolicy", "Schedule", "ScheduledJob", "TableItem"]
    assert deployment.declared[-1].type == "aws:scheduler/schedule:Schedule"


@pytest.mark.parametrize(
    "outside", [{"cluster_arn": CLUSTER.replace("staging", "other")}, {"log_groups": ["/ecs/web", "/ecs/other"]}]
)
def test_job_outside_the_placements(cloud: EmbeddedCloud, outside: dict[str, Any]) -> None:
    """A job whose cluster or log group the watch does not know is refused, with the way to tell the watch."""
    place = {"log_groups": LOG_GROUPS, **outside}
    message = "the watch of jobs-staging does not know the cluster or a log group of the job nightly-report"

    def program() -> None:
        made = watched_group()
        with pytest.raises(pulumi.RunError, match=message):
            job(made, **place)

    cloud.run(program)


@pytest.mark.parametrize("known", [True, False])
def test_finds_the_log_groups(cloud: EmbeddedCloud, *, known: bool) -> None:
    """The watch may read the log group that the task definition names, also if the definition is not known yet."""

    def program() -> None:
        family: pulumi.Input[str] = "web" if known else pulumi.Output.from_input("web")
        place = PlacementArgs(**{**PLACEMENT, "task_definition": family})
        job(watched_group(watch={"placements": [place]}), task_definition=family)

    deployment, _ = cloud.run(program)
    policy = json.loads(deployment.one("RolePolicy", "jobs-watch").inputs["policy"])
    [reads] = [one for one in policy["Statement"] if one["Sid"] == "ReadLogs"]
    assert reads["Resource"] == [f"arn:aws:logs:{PLACE}:log-group:/ecs/web:log-stream:*"]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            {"task_definition": "absent"},
            "the log group of the task definition 'absent' cannot be looked up: .*log_groups",
        ),
        ({"container": "worker"}, "the task definition 'web' has no container 'worker'; must be one of: app, sidecar"),
        (
            {"roles": ROLES[:1]},
            f"the task definition 'web' has a role that no launch may pass; add it to `passed_roles` .*: {ROLES[1]}",
        ),
    ],
)
def test_log_groups_that_cannot_be_found(cloud: EmbeddedCloud, place: dict[str, Any], message: str) -> None:
    """The error names what is missing, and the argument that makes the look-up unnecessary."""
    known: dict[str, Any] = {"task_definition": "web", "container": "app", "roles": ROLES, **place}

    async def program() -> None:
        made = group()
        with pytest.raises(pulumi.RunError, match=message):
            await log_groups.of_definition(
                known["task_definition"], known["container"], Arn.parse(CLUSTER), known["roles"], made
            )

    cloud.run(program)


@pytest.mark.parametrize("name", ["main", "arn:aws:ecs:eu-central-1:123456789012:service/main"])
def test_cluster_that_is_no_cluster(cloud: EmbeddedCloud, name: str) -> None:
    """The error names the argument, the value and the form. So does a program that has the value later."""

    def program() -> None:
        with pytest.raises(
            pulumi.RunError, match=f"^`cluster_arn` of `PlacementArgs`: '{name}' is not the ARN of a cl"
        ):
            job(group(), cluster_arn=name)

    cloud.run(program)


@pytest.mark.parametrize(
    "place", [{"task_definition": "other"}, {"container": "sidecar"}, {"log_groups": ["/ecs/web"]}]
)
def test_job_whose_log_groups_were_not_looked_up(cloud: EmbeddedCloud, place: dict[str, Any]) -> None:
    """A job on another task definition or container is refused: the watch may not read its log."""

    def program() -> None:
        made = watched_group(watch={"placements": [PlacementArgs(**PLACEMENT)]})
        with pytest.raises(pulumi.RunError, match="does not know the cluster or a log group of the job"):
            job(made, **place)

    cloud.run(program)


def test_job_on_a_cluster_that_is_an_output(cloud: EmbeddedCloud) -> None:
    """A cluster that is not known yet is recognized if the watch was given the same output."""

    def program() -> None:
        cluster, same_value = pulumi.Output.from_input(CLUSTER), pulumi.Output.from_input(CLUSTER)
        made = watched_group(watch={"placements": [replace(WATCHED_PLACEMENT, cluster_arn=cluster)]})
        job(made, cluster_arn=cluster)
        with pytest.raises(pulumi.RunError):
            job(made, cluster_arn=same_value, name="other")

    deployment, _ = cloud.run(program)
    assert json.loads(deployment.one("EventRule", "jobs-watch-runs").inputs["eventPattern"])["detail"][
        "clusterArn"
    ] == [CLUSTER]


def test_schedules_wait_for_the_watch(cloud: EmbeddedCloud) -> None:
    """No schedule can fire before the whole alert path exists."""
    deployment, _ = cloud.run(watched_program(endpoints=[Endpoint(protocol="email", to="ops@example.com")]))
    [made] = deployment.of(":Schedule")
    for needed in (
        ("aws:lambda/function:Function", "jobs-watch"),
        ("aws:lambda/permission:Permission", "jobs-watch-runs"),
        ("aws:lambda/permission:Permission", "jobs-watch-look"),
        ("aws:cloudwatch/eventTarget:EventTarget", "jobs-watch-runs"),
        ("aws:dynamodb/tableItem:TableItem", "nightly-report"),
        ("aws:lambda/eventSourceMapping:EventSourceMapping", "jobs-watch-dead-letters"),
        ("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "jobs-watch"),
        ("aws:iam/rolePolicy:RolePolicy", "jobs-watch"),
        ("aws:sns/topicSubscription:TopicSubscription", "jobs-problems-email-ops@example.com"),
        ("aws:sns/topicPolicy:TopicPolicy", "jobs-problems"),
        ("aws:cloudwatch/eventTarget:EventTarget", "jobs-watch-look"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "jobs-watch-watch-blind"),
    ):
        assert needed in deployment.before(made)
    function = deployment.one(":Function", "jobs-watch")
    assert ("aws:iam/rolePolicy:RolePolicy", "jobs-watch") in function.after
    assert ("aws:cloudwatch/logGroup:LogGroup", "jobs-watch-log") in function.after


def test_archive_holds_code_zones_and_facts(cloud: EmbeddedCloud) -> None:
    """The archive has the code of watch and its imports, all pinned time zones, and the facts of the group."""
    cloud.run(
        watched_program(
            watch={
                "quiet": ["interrupted"],
                "grace": 5,
                "alert_stops": True,
                "secret_names": ["KEY"],
                "retention_days": 30,
            }
        )
    )
    files = files_of()
    assert {"watch/handler.py", "cadence/timetable.py", "facts.json"} <= files.keys()
    packages = {"aws_facts", "cadence", "holds", "supervision", "supervisor", "tzdata", "watch"}
    assert {name.partition("/")[0] for name in files} == {*packages, "facts.json"}
    zones = files["tzdata/zones"].decode().split()
    assert {f"tzdata/zoneinfo/{zone}" for zone in zones} == {
        name for name in files if name.startswith("tzdata/zoneinfo")
    }
    assert {"Europe/Berlin", "UTC", "Pacific/Chatham"} <= set(zones)
    assert Facts.from_json(files["facts.json"].decode()) == Facts(
        project="jobs",
        stack="staging",
        group="jobs-staging",
        rerun="python -m ops rerun --group jobs-staging --region {region} {schedule} --tick {tick}",
        grace=300,
        quiet=("interrupted",),
        stops=True,
        secret_names=("KEY",),
        retention_days=30,
    )


def test_change_of_a_job_leaves_the_function_alone(cloud: EmbeddedCloud) -> None:
    """The function is the same whatever jobs there are, and so are the rule and the dashboard."""

    def declared(**args: Any) -> list[Any]:  # noqa: ANN401 - arguments of the job
        deployment, _ = cloud.run(lambda: job(watched_group(), log_groups=LOG_GROUPS, **args))
        function = deployment.one(":Function", "jobs-watch").inputs["code"]
        return [function, *(deployment.one(kind, "jobs-watch").inputs for kind in ("Dashboard", "RolePolicy"))]

    one = declared()
    empty()
    make_platform(cloud)
    assert declared(name="other", owner="finance", severity="critical", longest_run=5) == one


def test_toggling_leaves_the_item_alone() -> None:
    """To toggle a schedule changes only the schedule, since the item does not contain the state."""
    args = [_arguments(schedule(enabled=enabled)) for enabled in (False, True)]
    off, on = (job_facts.item("nightly-report", one) for one in args)
    assert off == on


def _arguments(one: ScheduleArgs) -> ScheduledJobArgs:
    unused: Any = None
    return ScheduledJobArgs(group=unused, placement=WATCHED_PLACEMENT, command=["true"], schedules=[one], owner="data")


def test_fixed_names_come_after_the_schedule_group(cloud: EmbeddedCloud) -> None:
    """Whatever has a fixed name waits for the schedule group, so AWS refuses a second program before it takes over."""
    deployment, _ = cloud.run(watched_program(endpoints=[Endpoint(protocol="email", to="ops@example.com")]))
    group = ("aws:scheduler/scheduleGroup:ScheduleGroup", "jobs")
    named = [
        one
        for one in deployment.declared
        if {"name", "dashboardName"} & one.inputs.keys() and (one.type, one.name) != group
    ]
    assert len(named) > 10
    assert [one.name for one in named if group not in deployment.before(one)] == []


def test_routes(cloud: EmbeddedCloud) -> None:
    """A route is a filter on the alert topic; every endpoint gets all messages of the problems topic."""
    endpoints = [
        Endpoint(protocol="email", to="ops@example.com"),
        Endpoint(protocol="email", to="finance@example.com", owners=["finance"], classes=["missed", "failed"]),
        Endpoint(protocol="sqs", to=f"arn:aws:sqs:{PLACE}:inbox", severities=["critical"], jobs=["a"]),
    ]
    cloud.client("sqs").create_queue(QueueName="inbox")
    deployment, _ = cloud.run(watched_program(endpoints=endpoints))
    found = {
        one.name: (one.inputs["topic"], json.loads(one.inputs.get("filterPolicy", "{}")))
        for one in deployment.of("TopicSubscription")
    }
    assert found == {
        "jobs-email-ops@example.com": (TOPIC, {}),
        "jobs-email-finance@example.com": (TOPIC, {"class": ["failed", "missed"], "owner": ["finance"]}),
        f"jobs-sqs-{ACCOUNT}-{REGION}-inbox": (TOPIC, {"severity": ["critical"], "job": ["a"]}),
        "jobs-problems-email-ops@example.com": (PROBLEMS, {}),
        "jobs-problems-email-finance@example.com": (PROBLEMS, {}),
        f"jobs-problems-sqs-{ACCOUNT}-{REGION}-inbox": (PROBLEMS, {}),
    }


def test_lets_topics_invoke_a_function(cloud: EmbeddedCloud) -> None:
    """A function that is an endpoint gets the permission that SNS needs, for both topics, before a schedule exists."""
    trusted = json.dumps(function_policy.trust_policy())
    role = cloud.client("iam").create_role(RoleName="told", AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    cloud.client("lambda").create_function(
        FunctionName="told",
        Runtime="python3.13",
        Role=role,
        Handler="told.handle",
        Code={"ZipFile": archive(told="")},
    )
    told = WATCH_ARN.replace(FUNCTION, "told")
    deployment, _ = cloud.run(watched_program(endpoints=[Endpoint(protocol="lambda", to=told)]))
    policy = json.loads(cloud.client("lambda").get_policy(FunctionName="told")["Policy"])
    allowed = {
        (one["Principal"]["Service"], one["Action"], one["Condition"]["ArnLike"]["AWS:SourceArn"])
        for one in policy["Statement"]
    }
    assert allowed == {("sns.amazonaws.com", "lambda:InvokeFunction", topic) for topic in (TOPIC, PROBLEMS)}
    [made] = deployment.of(":Schedule")
    assert {(one.type, one.name) for one in deployment.of("Permission")} <= deployment.before(made)


def test_takes_a_topic_that_exists(cloud: EmbeddedCloud) -> None:
    """Alerts go to the given topic; alarms go to it and to the problems topic."""
    theirs = cloud.client("sns").create_topic(Name="theirs")["TopicArn"]
    deployment, _ = cloud.run(watched_program(topic_arn=theirs))
    assert [one.name for one in deployment.of(":Topic")] == ["jobs-problems"]
    assert deployment.one(":Function", "jobs-watch").inputs["environment"]["variables"]["ALERT_TOPIC_ARN"] == theirs
    assert {tuple(one.inputs["alarmActions"]) for one in deployment.of("MetricAlarm")} == {(PROBLEMS, theirs)}


WARM_UP = {"warmUpPeriodDurationInMinutes": 60}


def test_alarms(cloud: EmbeddedCloud) -> None:
    """There are alarms for a watch that is blind, fails or is not invoked, and for dead letters and lost events."""
    deployment, _ = cloud.run(watched_program())
    found = {
        one.inputs["name"]: (
            *(one.inputs[key] for key in ("namespace", "metricName", "statistic", "period", "evaluationPeriods")),
            *(one.inputs[key] for key in ("comparisonOperator", "threshold", "treatMissingData")),
            tuple(one.inputs["dimensions"].values()),
            one.inputs.get("warmUpConfiguration"),
        )
        for one in deployment.of("MetricAlarm")
    }
    assert found == {
        "jobs-staging-watch-blind": (
            *("ScheduledJobs", "Looks", "Sum", 300, 3, "LessThanThreshold", 1),
            *("breaching", ("jobs-staging",), WARM_UP),
        ),
        "jobs-staging-watch-failing": (
            *("AWS/Lambda", "Errors", "Sum", 900, 1, "GreaterThanOrEqualToThreshold", 3),
            *("notBreaching", (FUNCTION,), None),
        ),
        "jobs-staging-watch-looks-lost": (
            *("AWS/Events", "FailedInvocations", "Sum", 300, 1, "GreaterThanOrEqualToThreshold", 1),
            *("notBreaching", (FUNCTION,), None),
        ),
        "jobs-staging-watch-events-lost": (
            *("AWS/Events", "FailedInvocations", "Sum", 300, 1, "GreaterThanOrEqualToThreshold", 1),
            *("notBreaching", ("jobs-staging-runs",), None),
        ),
        "jobs-staging-dead-letters-waiting": (
            *("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", 300, 1, "GreaterThanThreshold", 900),
            *("notBreaching", ("jobs-staging-dead-letters",), None),
        ),
        "jobs-staging-dead-letters-lost": (
            *("AWS/Scheduler", "InvocationsFailedToBeSentToDeadLetterCount", "Sum", 300, 1),
            *("GreaterThanOrEqualToThreshold", 1, "notBreaching", ("jobs-staging",), None),
        ),
        "jobs-staging-watch-gave-up": (
            *("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 300, 1, "GreaterThanOrEqualToThreshold", 1),
            *("notBreaching", ("jobs-staging-given-up",), None),
        ),
    }
    assert {tuple(one.inputs["alarmActions"]) for one in deployment.of("MetricAlarm")} == {(PROBLEMS,)}
    assert {action for one in deployment.of("MetricAlarm") for action in one.inputs.get("okActions", ())} == set()
    policy = json.loads(deployment.one("TopicPolicy", "jobs-problems").inputs["policy"])
    assert policy == resource_policies.problems_policy(PROBLEMS)
    made = cloud.client("cloudwatch").describe_alarms(AlarmNames=["jobs-staging-watch-blind"])["MetricAlarms"]
    assert [one["WarmUpConfiguration"] for one in made] == [{"WarmUpPeriodDurationInMinutes": 60}]


@pytest.mark.parametrize("service", ["cloudwatch.amazonaws.com", "events.amazonaws.com"])
def test_no_service_publishes_alerts(cloud: EmbeddedCloud, service: str) -> None:
    """Alarms and rules may publish to the topic for problems, and not to the topic for alerts."""
    cloud.run(watched_program())
    source = f"arn:aws:{service.partition('.')[0]}:{PLACE}:source"
    cloud.embedded.topics.publish(PROBLEMS, source, "It failed.", service=service)
    with pytest.raises(AwsError, match=f"{service} may not publish to {TOPIC}"):
        cloud.embedded.topics.publish(TOPIC, source, "It failed.", service=service)


def test_alarm_that_is_over(cloud: EmbeddedCloud) -> None:
    """A rule of its own tells the end of each alarm on the problems topic, after the topic lets it."""
    deployment, _ = cloud.run(watched_program())
    rule = deployment.one("EventRule", "jobs-watch-alarms").inputs
    names = [one.inputs["name"] for one in deployment.of("MetricAlarm")]
    assert json.loads(rule.pop("eventPattern")) == alerting.recovery_pattern(names)
    assert rule == {
        "name": "jobs-staging-alarms",
        "description": "Alarms on the watch of jobs-staging that are over",
        "tags": TAGS,
    }
    target = deployment.one("EventTarget", "jobs-watch-alarms")
    assert target.inputs == {
        "rule": "jobs-staging-alarms",
        "targetId": "problems",
        "arn": PROBLEMS,
        "inputTransformer": {
            "inputPaths": alerting.RECOVERY_PATHS,
            "inputTemplate": alerting.RECOVERY_TEMPLATE,
        },
    }
    assert ("aws:sns/topicPolicy:TopicPolicy", "jobs-problems") in target.after


def test_dashboard(cloud: EmbeddedCloud) -> None:
    """The dashboard has the group's name, and its graphs find each job by a search."""
    deployment, _ = cloud.run(watched_program())
    made = deployment.one("Dashboard", "jobs-watch").inputs
    assert made["dashboardName"] == "jobs-staging"
    body = json.loads(made["dashboardBody"])
    assert body == dashboard.dashboard(
        group="jobs-staging",
        region=REGION,
        function=FUNCTION,
        dead_letters="jobs-staging-dead-letters",
        given_up="jobs-staging-given-up",
        supervised=False,
    )
    titles = [widget["properties"]["title"] for widget in body["widgets"]]
    assert titles == ["Failed runs", "Runs", "Longest run (seconds)", "Alerts sent", "Dead letters", "The watch"]
    search = """SEARCH('{ScheduledJobs,Group,Job} MetricName="Failures" Group="jobs-staging"', 'Sum', 300)"""
    assert body["widgets"][0]["properties"]["metrics"] == [
        ["ScheduledJobs", "Failures", "Group", "jobs-staging", {"stat": "Sum", "label": "all jobs"}],
        [{"expression": search, "id": "jobs", "label": "${PROP('Dim.Job')}"}],
    ]


def test_retained_ledger(cloud: EmbeddedCloud) -> None:
    """A ledger that is to be retained is protected from deletion, and can be restored to any second."""
    deployment, _ = cloud.run(watched_program(watch={"retain_ledger": True}))
    table = deployment.one("Table", "jobs-staging-ledger").inputs
    assert (table["deletionProtectionEnabled"], table["pointInTimeRecovery"]) == (True, {"enabled": True})
    [name] = cloud.client("dynamodb").list_tables()["TableNames"]
    found = cloud.client("dynamodb").describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_handler_is_in_the_archive() -> None:
    """The handler that the function names exists."""
    module, _, name = WATCH_HANDLER.rpartition(".")
    assert module == "watch.handler"
    assert callable(getattr(pytest.importorskip(module), name))
