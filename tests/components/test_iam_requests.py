"""Tests of the IAM requests for the calls of a stack's life, for the resource types of the watch."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pulumi
import pytest
from pulumi_aws import cloudwatch, dynamodb, iam, lambda_, sns, sqs

from tests.components.embedded import ACCOUNT, REGION
from tests.components.recorded import deployment
from tests.iam_requests import Questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from emulator.iam.policy_evaluation import Request

ROLE = f"arn:aws:iam::{ACCOUNT}:role/asking"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:asking"
MAPPINGS = f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:"


def program(*, version: int, tags: dict[str, str]) -> None:
    """Declare one resource of each type; another version changes everything that can change in place."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.Role(
        "asking",
        name="asking",
        path="/",
        assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    queue, topic = sqs.Queue("asking", name="asking"), sns.Topic("asking", name="asking")
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    poll = {"Effect": "Allow", "Action": actions, "Resource": queue.arn}
    document = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [poll]})
    polling = iam.RolePolicy("asking", name="asking", role=role.name, policy=document)
    function = lambda_.Function(
        "asking",
        name="asking",
        role=role.arn,
        runtime="python3.13",
        handler="main.handle",
        code=pulumi.AssetArchive({"main.py": pulumi.StringAsset(f"a = {version}")}),
        description=f"version {version}",
        reserved_concurrent_executions=1 if version == 2 else -1,
        publish=True,
        tags=tags,
    )
    rule = cloudwatch.EventRule("asking", name="asking", schedule_expression=f"rate({version + 1} minutes)")
    lambda_.Permission(
        "asking",
        statement_id="asking",
        action="lambda:InvokeFunction",
        function=function.name,
        principal="events.amazonaws.com",
        source_arn=rule.arn,
    )
    lambda_.EventSourceMapping(
        "asking",
        event_source_arn=queue.arn,
        function_name=function.name,
        batch_size=version,
        tags=tags,
        opts=pulumi.ResourceOptions(depends_on=[polling]),
    )
    lambda_.FunctionEventInvokeConfig("asking", function_name=function.name, maximum_event_age_in_seconds=100 * version)
    table = dynamodb.Table(
        "asking",
        name="asking",
        billing_mode="PAY_PER_REQUEST",
        attributes=[{"name": "key", "type": "S"}],
        hash_key="key",
        deletion_protection_enabled=version == 2,
        point_in_time_recovery={"enabled": True},
        ttl={"attribute_name": "expires", "enabled": True},
        tags=tags,
    )
    item = json.dumps({"key": {"S": "a"}, "version": {"N": str(version)}})
    dynamodb.TableItem("asking", table_name=table.name, hash_key=table.hash_key, item=item)
    cloudwatch.MetricAlarm(
        "asking",
        name="asking",
        namespace="AWS/Lambda",
        metric_name="Errors",
        statistic="Sum",
        period=60,
        evaluation_periods=1,
        threshold=version,
        comparison_operator="GreaterThanThreshold",
        tags=tags,
    )
    cloudwatch.Dashboard("asking", dashboard_name="asking", dashboard_body=json.dumps({"version": version}))
    cloudwatch.LogGroup("asking", name="asking", retention_in_days=version, tags=tags)
    sns.TopicSubscription(
        "asking", topic=topic.arn, protocol="sqs", endpoint=queue.arn, filter_policy=json.dumps({"v": [str(version)]})
    )


@pytest.fixture(scope="module")
def asked() -> list[Request]:
    """Deploy, change twice, read and remove the stack."""
    questions = Questions()
    with deployment("asking", "staging") as deployed:
        steps: list[Callable[[], object]] = [
            partial(deployed.up, partial(program, version=1, tags={"a": "1"})),
            partial(deployed.up, partial(program, version=2, tags={"b": "1"})),
            partial(deployed.up, partial(program, version=3, tags={"b": "1"})),
            deployed.refresh,
            deployed.destroy,
        ]
        return [request for step in steps for request in questions.about(deployed.calls(step))]


def resources(asked: Iterable[Request], service: str) -> dict[str, set[str]]:
    """Return the names of resources by the actions that are requested on them; a mapping's id is random."""
    found: dict[str, set[str]] = {}
    for request in asked:
        prefix, _, action = request.action.partition(":")
        if prefix == service:
            known = request.resource.startswith(MAPPINGS) and not request.resource.endswith("*")
            name = "event-source-mapping:id" if known else request.resource.split(":", 5)[-1]
            found.setdefault(name, set()).add(action)
    return found


def test_lambda(asked: list[Request]) -> None:
    """Requests about functions and mappings have their ARNs, unless they do not exist yet."""
    assert resources(asked, "lambda") == {
        "*": {"CreateEventSourceMapping"},
        "event-source-mapping:*": {"TagResource"},
        "event-source-mapping:id": {
            "DeleteEventSourceMapping",
            "GetEventSourceMapping",
            "ListTags",
            "TagResource",
            "UntagResource",
            "UpdateEventSourceMapping",
        },
        "function:asking": {
            "AddPermission",
            "CreateFunction",
            "DeleteFunction",
            "DeleteFunctionConcurrency",
            "DeleteFunctionEventInvokeConfig",
            "GetFunction",
            "GetFunctionCodeSigningConfig",
            "GetFunctionEventInvokeConfig",
            "GetPolicy",
            "ListVersionsByFunction",
            "PublishVersion",
            "PutFunctionConcurrency",
            "PutFunctionEventInvokeConfig",
            "RemovePermission",
            "TagResource",
            "UntagResource",
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
        },
    }


def test_what_functions_and_mappings_are_tied_to(asked: list[Request]) -> None:
    """Calls on a mapping are about its function, a permission names its principal, and Lambda gets the role."""
    mapped = [request for request in asked if request.action.endswith("EventSourceMapping")]
    assert mapped
    assert [request.context for request in mapped] == [{"lambda:FunctionArn": [FUNCTION]}] * len(mapped)
    [added] = [request for request in asked if request.action == "lambda:AddPermission"]
    assert added.context == {"lambda:Principal": ["events.amazonaws.com"]}
    [passed] = [request for request in asked if request.action == "iam:PassRole"]
    assert (passed.resource, passed.context) == (ROLE, {"iam:PassedToService": "lambda.amazonaws.com"})


def test_dynamodb(asked: list[Request]) -> None:
    """Every request for the ledger and its items is about the table."""
    assert resources(asked, "dynamodb") == {
        "table/asking": {
            "CreateTable",
            "DeleteItem",
            "DeleteTable",
            "DescribeContinuousBackups",
            "DescribeTable",
            "DescribeTimeToLive",
            "GetItem",
            "ListTagsOfResource",
            "PutItem",
            "TagResource",
            "UntagResource",
            "UpdateContinuousBackups",
            "UpdateItem",
            "UpdateTable",
            "UpdateTimeToLive",
        }
    }


def test_cloudwatch(asked: list[Request]) -> None:
    """Alarms are read with all others of the account, and a dashboard has no region."""
    assert resources(asked, "cloudwatch") == {
        "alarm:*": {"DescribeAlarms"},
        "alarm:asking": {"DeleteAlarms", "ListTagsForResource", "PutMetricAlarm", "TagResource", "UntagResource"},
        "dashboard/asking": {"DeleteDashboards", "GetDashboard", "PutDashboard"},
    }
    dashboards = {request.resource for request in asked if request.action == "cloudwatch:PutDashboard"}
    assert dashboards == {f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/asking"}


def test_logs(asked: list[Request]) -> None:
    """A log group has two ARNs, and is read with all others of the account."""
    assert resources(asked, "logs") == {
        "log-group::log-stream:": {"DescribeLogGroups"},
        "log-group:asking": {"ListTagsForResource", "TagResource", "UntagResource"},
        "log-group:asking:log-stream:": {"CreateLogGroup", "DeleteLogGroup", "PutRetentionPolicy"},
    }


def test_a_rule_on_a_schedule_has_no_source(asked: list[Request]) -> None:
    """The request for a rule with a schedule has no context."""
    assert [request.context for request in asked if request.action == "events:PutRule"] == [{}] * 3


def test_subscriptions(asked: list[Request]) -> None:
    """Requests about a subscription have the resource "*", since IAM does not know subscriptions."""
    assert resources(asked, "sns")["*"] == {"GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"}
