"""Tests of a group's watch, as declared and as it exists in the embedded AWS."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from components import alerting, dashboard, watch_archive, watch_facts, watch_policy
from components import watch as watch_component
from components.subscriptions import Endpoint
from emulator.lambda_ import functions
from tests.components.embedded import ACCOUNT, REGION
from tests.components.stacks import CLUSTER, PLACE, ROLES, TAGS, schedule
from tests.components.watching import FUNCTION, WATCH_ARN, watched_program
from tests.processes.emulator.world import archive
from watch.facts import Facts, JobFacts, ScheduleFacts
from watch.task import EVENT_PATHS

if TYPE_CHECKING:
    from tests.components.embedded import EmbeddedCloud

TOPIC = f"arn:aws:sns:{PLACE}:jobs-staging-alerts"
PROBLEMS = f"arn:aws:sns:{PLACE}:jobs-staging-problems"


def files_of(arn: str = WATCH_ARN) -> dict[str, bytes]:
    """Return the files in the archive of a function."""
    with zipfile.ZipFile(io.BytesIO(functions.find(arn).code_bytes)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def test_declares_the_watch(cloud: EmbeddedCloud) -> None:
    """The watch has exactly these resources, as its children."""
    deployment, _ = cloud.run(watched_program())
    found = sorted((one.type.rpartition(":")[2], one.name) for one in deployment.declared if one.parent == "jobs-watch")
    assert found == [
        ("Dashboard", "jobs-watch"),
        ("EventRule", "jobs-watch-look"),
        ("EventSourceMapping", "jobs-watch-dead-letters"),
        ("EventTarget", "jobs-watch-look"),
        ("Function", "jobs-watch"),
        ("FunctionEventInvokeConfig", "jobs-watch"),
        ("LogGroup", "jobs-watch-log"),
        ("MetricAlarm", "jobs-watch-dead-letters-given-up"),
        ("MetricAlarm", "jobs-watch-dead-letters-lost"),
        ("MetricAlarm", "jobs-watch-dead-letters-waiting"),
        ("MetricAlarm", "jobs-watch-watch-blind"),
        ("MetricAlarm", "jobs-watch-watch-failing"),
        ("MetricAlarm", "jobs-watch-watch-silent"),
        ("Permission", "jobs-watch-rules"),
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
    permission = deployment.one("Permission", "jobs-watch-rules").inputs
    assert permission == {
        "statementId": "rules",
        "action": "lambda:InvokeFunction",
        "function": FUNCTION,
        "principal": "events.amazonaws.com",
        "sourceAccount": ACCOUNT,
        "sourceArn": f"arn:aws:events:{PLACE}:rule/*",
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
    assert deployment.one("EventTarget", "jobs-watch-look").inputs["arn"] == WATCH_ARN
    assert deployment.one("FunctionEventInvokeConfig", "jobs-watch").inputs == {
        "functionName": FUNCTION,
        "maximumRetryAttempts": 2,
        "destinationConfig": {"onFailure": {"destination": PROBLEMS}},
    }
    queue = deployment.one("Queue", "jobs-dead-letters").inputs
    assert queue["visibilityTimeoutSeconds"] == 360
    assert json.loads(queue["redrivePolicy"]) == {
        "deadLetterTargetArn": f"arn:aws:sqs:{PLACE}:jobs-staging-given-up",
        "maxReceiveCount": 5,
    }


def test_job_tells_the_watch(cloud: EmbeddedCloud) -> None:
    """A watched job's rule sends every change of state to the function, without the overrides."""
    deployment, _ = cloud.run(watched_program())
    rule = deployment.one("EventRule", "nightly-report").inputs
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {"clusterArn": [CLUSTER], "group": ["jobs-staging:nightly-report"]},
    }
    target = deployment.one("EventTarget", "nightly-report").inputs
    assert target["arn"] == WATCH_ARN
    assert target["inputTransformer"] == {"inputPaths": EVENT_PATHS, "inputTemplate": alerting.watched_template()}
    assert not any("overrides" in path for path in EVENT_PATHS.values())


def test_schedules_wait_for_the_watch(cloud: EmbeddedCloud) -> None:
    """No schedule can fire before the whole alert path exists."""
    deployment, _ = cloud.run(watched_program(endpoints=[Endpoint(protocol="email", to="ops@example.com")]))
    [made] = deployment.of(":Schedule")
    for needed in (
        ("aws:lambda/function:Function", "jobs-watch"),
        ("aws:lambda/permission:Permission", "jobs-watch-rules"),
        ("aws:lambda/eventSourceMapping:EventSourceMapping", "jobs-watch-dead-letters"),
        ("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "jobs-watch"),
        ("aws:iam/rolePolicy:RolePolicy", "jobs-watch"),
        ("aws:sns/topicSubscription:TopicSubscription", "jobs-problems-email-ops@example.com"),
        ("aws:sns/topicPolicy:TopicPolicy", "jobs-problems"),
        ("aws:cloudwatch/eventTarget:EventTarget", "jobs-watch-look"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", "jobs-watch-watch-silent"),
    ):
        assert needed in deployment.before(made)
    function = deployment.one(":Function", "jobs-watch")
    assert ("aws:iam/rolePolicy:RolePolicy", "jobs-watch") in function.after
    assert ("aws:cloudwatch/logGroup:LogGroup", "jobs-watch-log") in function.after


def test_archive_holds_code_zones_and_facts(cloud: EmbeddedCloud) -> None:
    """The archive has the code of watch and its imports, the time zones that the stack needs, and the facts."""
    cloud.run(watched_program(watch={"quiet": ["interrupted"], "grace": 5, "retention_days": 30}))
    files = files_of()
    assert {"watch/handler.py", "cadence/timetable.py", "tzdata/zoneinfo/Europe/Berlin", "facts.json"} <= files.keys()
    assert {name.partition("/")[0] for name in files} == {"aws_facts", "watch", "cadence", "tzdata", "facts.json"}
    assert files["tzdata/zones"] == b"Europe/Berlin\nUTC\n"
    assert Facts.from_json(files["facts.json"].decode()) == Facts(
        project="jobs",
        stack="staging",
        group="jobs-staging",
        jobs={
            "nightly-report": JobFacts(
                owner="data",
                runbook="https://wiki.example.com/nightly-report",
                container="app",
                cluster=CLUSTER,
                task_definition="web",
                passed_roles=tuple(sorted(ROLES)),
                schedules={
                    "nightly-report": ScheduleFacts(expression="cron(0 2 * * ? *)", timezone="Europe/Berlin"),
                },
            )
        },
        rerun="python -m ops rerun --stack staging {schedule} --tick {tick}",
        grace=300,
        quiet=("interrupted",),
        retention_days=30,
    )


def test_toggling_leaves_the_facts_alone() -> None:
    """To toggle a schedule changes only the schedule, since the facts do not contain the state."""
    off, on = (watch_facts.schedule_facts(schedule(enabled=enabled)) for enabled in (False, True))
    assert off == on


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
    trusted = json.dumps(watch_policy.trust_policy())
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


def test_alarms(cloud: EmbeddedCloud) -> None:
    """There are alarms for a watch that is silent, blind or failing, and dead letters waiting, lost or given up."""
    deployment, _ = cloud.run(watched_program())
    found = {
        one.inputs["name"]: (
            *(one.inputs[key] for key in ("namespace", "metricName", "statistic", "period")),
            *(one.inputs[key] for key in ("comparisonOperator", "threshold", "treatMissingData")),
            tuple(one.inputs["dimensions"].values()),
        )
        for one in deployment.of("MetricAlarm")
    }
    assert found == {
        "jobs-staging-watch-silent": (
            *("AWS/Lambda", "Invocations", "Sum", 900, "LessThanThreshold", 1),
            *("breaching", (FUNCTION,)),
        ),
        "jobs-staging-watch-blind": (
            *("ScheduledJobs", "Looks", "Sum", 900, "LessThanThreshold", 1),
            *("breaching", ("jobs-staging",)),
        ),
        "jobs-staging-watch-failing": (
            *("AWS/Lambda", "Errors", "Sum", 900, "GreaterThanOrEqualToThreshold", 3),
            *("notBreaching", (FUNCTION,)),
        ),
        "jobs-staging-dead-letters-waiting": (
            *("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", 300, "GreaterThanThreshold", 900),
            *("notBreaching", ("jobs-staging-dead-letters",)),
        ),
        "jobs-staging-dead-letters-lost": (
            *("AWS/Scheduler", "InvocationsFailedToBeSentToDeadLetterCount", "Sum", 300),
            *("GreaterThanOrEqualToThreshold", 1, "notBreaching", ("jobs-staging",)),
        ),
        "jobs-staging-dead-letters-given-up": (
            *("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 300, "GreaterThanOrEqualToThreshold", 1),
            *("notBreaching", ("jobs-staging-given-up",)),
        ),
    }
    assert {tuple(one.inputs["alarmActions"]) for one in deployment.of("MetricAlarm")} == {(PROBLEMS,)}
    policy = json.loads(deployment.one("TopicPolicy", "jobs-problems").inputs["policy"])
    assert policy == alerting.problems_policy(topic_arn=PROBLEMS, account=ACCOUNT)


def test_dashboard(cloud: EmbeddedCloud) -> None:
    """The dashboard has the group's name, and its graphs show each job."""
    deployment, _ = cloud.run(watched_program())
    made = deployment.one("Dashboard", "jobs-watch").inputs
    assert made["dashboardName"] == "jobs-staging"
    body = json.loads(made["dashboardBody"])
    assert body == dashboard.dashboard(
        group="jobs-staging",
        region=REGION,
        jobs=["nightly-report"],
        function=FUNCTION,
        dead_letters="jobs-staging-dead-letters",
        given_up="jobs-staging-given-up",
    )
    titles = [widget["properties"]["title"] for widget in body["widgets"]]
    assert titles == ["Failed runs", "Runs", "Longest run (seconds)", "Alerts sent", "Dead letters", "The watch"]
    dimensions = ["ScheduledJobs", "Failures", "Group", "jobs-staging", "Job", "nightly-report"]
    assert body["widgets"][0]["properties"]["metrics"] == [[*dimensions, {"stat": "Sum", "label": "nightly-report"}]]


def test_retained_ledger(cloud: EmbeddedCloud) -> None:
    """A ledger that is to be retained is protected from deletion."""
    deployment, _ = cloud.run(watched_program(watch={"retain_ledger": True}))
    assert deployment.one("Table", "jobs-staging-ledger").inputs["deletionProtectionEnabled"] is True


def test_long_group_keeps_its_function_apart() -> None:
    """The function of a group with a long name has a unique name of 64 characters."""
    names = {watch_component.function_name("g" * 63 + end) for end in "ab"}
    assert len(names) == 2
    assert {len(name) for name in names} == {64}
    assert watch_component.function_name("g" * 58) == "g" * 58 + "-watch"


def test_handler_is_in_the_archive() -> None:
    """The handler that the function names exists."""
    module, _, name = watch_archive.HANDLER.rpartition(".")
    assert module == "watch.handler"
    assert callable(getattr(pytest.importorskip(module), name))
