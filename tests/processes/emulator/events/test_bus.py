"""Rules receive the events that EventBridge would give them, and their targets get each event or the reason why not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto.awslambda.models import lambda_backends

from emulator.cloudwatch.metrics import Metric
from tests.processes.emulator.world import (
    ACCOUNT,
    CLUSTER,
    DEAD,
    REGION,
    START,
    WATCH_ROLE,
    archive,
    client,
    document,
    refusal,
    service_may,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes.emulator.world import World

RULE_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/failed"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:watch"
FAILED = {
    "source": ["aws.ecs"],
    "detail-type": ["ECS Task State Change"],
    "detail": {"lastStatus": ["STOPPED"], "containers": {"name": ["app"], "exitCode": [{"anything-but": 0}]}},
}
HANDLER = """
import json, os
def handle(event, context):
    print("event", event["source"], os.environ["COLOUR"], context.function_name)
    with open(os.environ["FOUND"], "a") as file:
        file.write(json.dumps(event) + "\\n")
def record(event, context):
    handle({"source": "sns", **event}, context)
def fail(event, context):
    raise RuntimeError("no such report")
def wait(event, context):
    import time
    time.sleep(60)
"""


def rule(
    *targets: str, pattern: object = FAILED, state: str = "ENABLED", name: str = "failed", **target: object
) -> None:
    """Put a rule, and targets that share their other members."""
    events = client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state)
    events.put_targets(Rule=name, Targets=[{"Id": str(i), "Arn": arn, **target} for i, arn in enumerate(targets)])


def put(source: str = "team.jobs", detail: str = '{"a": 1}', **changes: object) -> dict[str, Any]:
    """Put an event, and return the entry of the response."""
    entry = {"Source": source, "DetailType": "Done", "Detail": detail, **changes}
    answer = client("events").put_events(Entries=[{name: value for name, value in entry.items() if value is not None}])
    (found,) = answer["Entries"]
    return {**found, "failed": answer["FailedEntryCount"]}


def function(path: str = "", handler: str = "watch.handle") -> None:
    """Deploy a function that writes its events to a file."""
    client("lambda").create_function(
        FunctionName="watch",
        Role=WATCH_ROLE,
        Runtime="python3.11",
        Handler=handler,
        Code={"ZipFile": archive(watch=HANDLER)},
        Environment={"Variables": {"FOUND": path, "COLOUR": "blue"}},
    )


def permit(source_arn: str = RULE_ARN, service: str = "events.amazonaws.com") -> None:
    """Let a service invoke the function for a source."""
    client("lambda").add_permission(
        FunctionName="watch",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal=service,
        SourceArn=source_arn,
    )


def test_queue(world: World) -> None:
    """The event of a failed task reaches the queue; a task that succeeds or whose sidecar alone fails sends none."""
    rule(DEAD)
    world.host.exit_code = 0
    world.run()
    assert world.messages() == []
    world.host.exit_code = 3
    world.run(group="jobs-test:report")
    (message,) = world.messages()
    event = json.loads(message["Body"])
    assert event["detail"]["group"] == "jobs-test:report"
    assert [c.get("exitCode") for c in event["detail"]["containers"]] == [3, 137]
    (delivery,) = world.aws.bus.deliveries
    assert (delivery.rule, delivery.target, delivery.event, delivery.error) == ("failed", DEAD, event["id"], None)
    assert (delivery.detail_type, delivery.status) == ("ECS Task State Change", "STOPPED")
    assert list(delivery.resources) == event["resources"] == [event["detail"]["taskArn"]]


def test_disabled(world: World) -> None:
    """A disabled rule gets no events; when it is enabled again, it gets the events from then on."""
    rule(DEAD, pattern={"source": ["team.jobs"]}, state="DISABLED")
    put()
    assert (world.messages(), list(world.aws.bus.deliveries)) == ([], [])
    client("events").enable_rule(Name="failed")
    put()
    assert len(world.messages()) == 1


def test_many_rules(world: World) -> None:
    """Every rule gets the event, even when there are more rules than one page lists."""
    for number in range(60):
        rule(DEAD, pattern={"source": ["team.jobs"]}, name=f"rule-{number:02}")
    put()
    assert [delivery.rule for delivery in world.aws.bus.deliveries] == [f"rule-{number:02}" for number in range(60)]


def test_put_event(world: World) -> None:
    """An event that is put has AWS's shape."""
    rule(DEAD, pattern={"detail": {"a": [1]}})
    answer = put(Resources=["arn:x"])
    event = json.loads(world.messages()[0]["Body"])
    assert answer["failed"] == 0
    assert event == {
        "version": "0",
        "id": answer["EventId"],
        "detail-type": "Done",
        "source": "team.jobs",
        "account": ACCOUNT,
        "time": "2027-01-04T00:00:00Z",
        "region": REGION,
        "resources": ["arn:x"],
        "detail": {"a": 1},
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"detail": "{"}, "MalformedDetail", id="no-json"),
        pytest.param({"detail": "[1]"}, "MalformedDetail", id="no-object"),
        pytest.param({"Source": None}, "InvalidArgument", id="no-source"),
        pytest.param({"DetailType": None}, "InvalidArgument", id="no-detail-type"),
        pytest.param({"source": "aws.ecs"}, "NotAuthorizedForSourceException", id="aws-s-own-source"),
    ],
)
def test_put_of_no_event(world: World, changes: dict[str, Any], code: str) -> None:
    """An invalid entry fails alone with AWS's code, and reaches no rule."""
    rule(DEAD, pattern={"account": [ACCOUNT]})
    answer = put(**changes)
    assert (answer["failed"], answer["ErrorCode"]) == (1, code)
    assert world.messages() == []


def test_transformer(world: World) -> None:
    """A target with an input transformer receives the transformed event."""
    transformer = {"InputPathsMap": {"a": "$.detail.a", "rule": "$.source"}, "InputTemplate": '"<a> from <rule>"'}
    rule(DEAD, pattern={"source": ["team.jobs"]}, InputTransformer=transformer)
    put()
    assert world.messages()[0]["Body"] == '"1 from team.jobs"'


def test_the_tasks_of_a_group(world: World) -> None:
    """One rule gets all jobs of a stack by cluster and the start of the task group, and passes on only the detail."""
    pattern = {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {"clusterArn": [CLUSTER, CLUSTER + "-2"], "group": [{"prefix": "jobs-test:"}]},
    }
    rule(DEAD, pattern=pattern, InputPath="$.detail")
    client("ecs").create_cluster(clusterName="other")
    environment = [{"name": "JOB_SCHEDULED_TIME", "value": "2027-01-04T00:00:00Z"}]
    overrides = {"containerOverrides": [{"name": "app", "command": ["report"], "environment": environment}]}
    for group in (
        "jobs-test:report",
        "jobs-test:export",
        "jobs-test-2:report",
        "jobs-test",
        "service:jobs-test:report",
    ):
        world.run(group=group, overrides=overrides)
    world.run(group="jobs-test:report", cluster="other")

    details = [json.loads(message["Body"]) for _ in range(2) for message in world.messages()]

    for group in ("jobs-test:report", "jobs-test:export"):
        told = [detail["lastStatus"] for detail in details if detail["group"] == group]
        assert told == ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]
    assert len(details) == 10
    assert {detail["clusterArn"] for detail in details} == {CLUSTER}
    [stopped] = [one for one in details if (one["group"], one["lastStatus"]) == ("jobs-test:report", "STOPPED")]
    assert stopped["overrides"]["containerOverrides"][0] == overrides["containerOverrides"][0]
    assert not {"detail", "detail-type", "source"} & stopped.keys()


WRONG_PATTERNS: dict[str, tuple[str, str]] = {
    "unknown operator": ('{"source": [{"almost": "a"}]}', "almost"),
    "no list": ('{"source": "a"}', "source"),
    "no JSON": ("{", "JSON"),
}


@pytest.mark.parametrize(("pattern", "named"), WRONG_PATTERNS.values(), ids=WRONG_PATTERNS)
def test_rule_refused(world: World, pattern: str, named: str) -> None:
    """A pattern that EventBridge does not know is refused with the name of the operator."""
    code, message = refusal(lambda: client("events").put_rule(Name="failed", EventPattern=pattern))
    assert code == "InvalidEventPatternException"
    assert named.lower() in message.lower()
    assert client("events").list_rules()["Rules"] == []


WRONG_TARGETS: dict[str, tuple[dict[str, Any], str]] = {
    "path that is not there": ({"InputTransformer": {"InputTemplate": '"<missing>"'}}, "missing"),
    "two inputs": ({"Input": "{}", "InputPath": "$.detail"}, "Input"),
    "a service that the sandbox does not deliver to": ({"Arn": TOPIC.replace("sns", "kinesis")}, "kinesis"),
    "no ARN": ({"Arn": "alerts"}, "alerts"),
}


@pytest.mark.parametrize(("target", "named"), WRONG_TARGETS.values(), ids=WRONG_TARGETS)
def test_targets_refused(world: World, target: dict[str, Any], named: str) -> None:
    """A target that cannot receive events is refused, and the message names the mistake."""
    client("events").put_rule(Name="failed", EventPattern=json.dumps(FAILED))
    targets = [{"Id": "one", "Arn": DEAD, **target}]
    code, message = refusal(lambda: client("events").put_targets(Rule="failed", Targets=targets))
    assert code == "ValidationException"
    assert named in message
    assert client("events").list_targets_by_rule(Rule="failed")["Targets"] == []


def test_topic(world: World) -> None:
    """A topic accepts events that its policy allows; a refusal is the error of that delivery only."""
    client("sns").create_topic(Name="alerts")
    client("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="ops@example.com")
    rule(TOPIC, DEAD, pattern={"source": ["team.jobs"]})
    put()
    refused, kept = world.aws.bus.deliveries
    assert (kept.resources, kept.status) == ((), "")
    assert "AuthorizationErrorException" in (refused.error or "")
    assert "events.amazonaws.com" in (refused.error or "")
    assert kept.error is None
    assert world.aws.topics.mailbox == []
    policy = service_may("events.amazonaws.com", "sns:Publish", TOPIC)
    client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy)
    put()
    assert world.aws.bus.deliveries[-2].error is None
    assert [mail.to for mail in world.aws.topics.mailbox] == ["ops@example.com"]


@pytest.mark.parametrize(
    ("statement", "lets"),
    [
        pytest.param({}, True, id="no-condition"),
        pytest.param({"Condition": {"ArnEquals": {"aws:SourceArn": RULE_ARN}}}, False, id="this-rule"),
        pytest.param({"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}, False, id="this-account"),
        pytest.param({"Principal": {"Service": "s3.amazonaws.com"}}, False, id="another-service"),
        pytest.param({"Condition": {"NumericEquals": {"aws:SourceArn": "1"}}}, False, id="what-is-not-known"),
    ],
)
def test_topic_policy(world: World, statement: dict[str, Any], lets: bool) -> None:  # noqa: FBT001 - a table's column
    """A topic's policy is evaluated without rule and account; a policy that cannot be judged allows nothing."""
    client("sns").create_topic(Name="alerts")
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": TOPIC,
    }
    policy = document({**allowed, **statement})
    client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy)
    rule(TOPIC, pattern={"source": ["team.jobs"]})
    put()
    (delivery,) = world.aws.bus.deliveries
    assert (delivery.error is None) == lets


def test_what_is_gone(world: World) -> None:
    """A delivery to a deleted target is an error that names the target."""
    rule(DEAD, TOPIC, FUNCTION, pattern={"source": ["team.jobs"]})
    client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName="dead")["QueueUrl"])
    put()
    assert [
        target in (delivery.error or "")
        for delivery, target in zip(world.aws.bus.deliveries, (DEAD, TOPIC, FUNCTION), strict=True)
    ] == [True] * 3


def test_failed_invocations(world: World) -> None:
    """A delivery that fails counts in the rule's metric of failed invocations; one that arrives does not."""
    rule(DEAD, TOPIC, pattern={"source": ["team.jobs"]})
    put()
    metric = Metric.of(REGION, "AWS/Events", "FailedInvocations", RuleName="failed")
    assert world.aws.metrics.values(metric, START, START + timedelta(minutes=1)) == [1.0]


def test_function(world: World, tmp_path: Path) -> None:
    """A function that allows the rule gets the event in its own process, and its log is kept."""
    function(str(tmp_path / "found"))
    rule(FUNCTION, pattern={"source": ["team.jobs"]})
    put()
    assert "AccessDeniedException" in (world.aws.bus.deliveries[-1].error or "")
    permit(RULE_ARN)
    put()
    assert world.aws.bus.deliveries[-1].error is None
    (event,) = map(json.loads, (tmp_path / "found").read_text().splitlines())
    assert event["detail"] == {"a": 1}
    assert world.log() == ["event team.jobs blue watch"]


def test_function_of_another_rule(world: World, tmp_path: Path) -> None:
    """A permission for one rule does not allow another rule."""
    function(str(tmp_path / "found"))
    permit(RULE_ARN + "-2")
    rule(FUNCTION, pattern={"source": ["team.jobs"]})
    put()
    assert "AccessDeniedException" in (world.aws.bus.deliveries[-1].error or "")
    assert not (tmp_path / "found").exists()


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        ("watch.fail", "RuntimeError: no such report"),
        ("watch.gone", "no attribute 'gone'"),
        ("gone.handle", "No module named 'gone'"),
    ],
    ids=["fails", "no-handler", "no-module"],
)
def test_function_that_fails(world: World, handler: str, said: str) -> None:
    """A delivery succeeds when the handler was called; the error of the handler is in the function's log."""
    function(handler=handler)
    permit()
    rule(FUNCTION, pattern={"source": ["team.jobs"]})
    put()
    assert world.aws.bus.deliveries[-1].error is None
    assert said in world.log()[-1]


def test_function_that_takes_too_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that runs longer than its timeout is ended, and its log says so as Lambda's does."""
    function(handler="watch.wait")
    permit()
    monkeypatch.setattr(lambda_backends[ACCOUNT][REGION].get_function("watch"), "timeout", 0)
    rule(FUNCTION, pattern={"source": ["team.jobs"]})
    put()
    assert world.aws.bus.deliveries[-1].error is None
    assert world.whole_log()[-1].endswith("\tStatus: timeout")
