"""Cases of EventBridge and its Scheduler."""

# ruff: noqa: ARG005 - each function takes what every case gives it; tokens are no passwords

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.processes.emulator.provider.case import ACCOUNT, TARGET, Case, a_group, a_rule

if TYPE_CHECKING:
    from tests.processes.emulator.provider.harness import Deployed


def _schedule_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    found = boto("scheduler").get_schedule(GroupName="g", Name=deployed.outputs["name"])
    target = {**found["Target"], "Input": json.dumps({"Cluster": "other"})}
    boto("scheduler").update_schedule(
        GroupName="g",
        Name=found["Name"],
        ScheduleExpression="cron(0 3 * * ? *)",
        FlexibleTimeWindow=found["FlexibleTimeWindow"],
        Target=target,
        State="DISABLED",
    )


def _rule_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    boto("events").put_rule(Name=deployed.id, EventPattern='{"source": ["aws.s3"]}', State="DISABLED", Description="x")


def _target_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    target = {"Id": deployed.outputs["targetId"], "Arn": deployed.outputs["arn"], "InputPath": "$.detail"}
    boto("events").put_targets(Rule=deployed.outputs["rule"], Targets=[target])


SCHEDULING: Final = [
    Case(
        "aws:scheduler/scheduleGroup:ScheduleGroup",
        lambda needs: {"tags": {"a": "1", "b.c": "2"}},
        lambda needs: {"tags": {"b.c": "3", "d": "4"}},
        ("tags.a", "tags.d", 'tags["b.c"]'),
        {"name": "other", "region": "us-west-2"},
        lambda boto, it: boto("scheduler").tag_resource(
            ResourceArn=it.outputs["arn"], Tags=[{"Key": "x", "Value": "y"}]
        ),
        ("tags.x",),
    ),
    Case(
        "aws:scheduler/schedule:Schedule",
        lambda needs: {
            "groupName": needs["group"],
            "scheduleExpression": "cron(0 2 * * ? *)",
            "scheduleExpressionTimezone": "Europe/Berlin",
            "description": "wanted=ENABLED",
            "startDate": "2040-01-01T01:00:00+01:00",
            "endDate": "2041-01-01T00:00:00Z",
            "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 10},
            "target": {**TARGET, "retryPolicy": {"maximumRetryAttempts": 3}},
        },
        lambda needs: {
            "state": "DISABLED",
            "description": None,
            "startDate": "2040-01-01T00:00:00Z",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": {**TARGET, "deadLetterConfig": {"arn": f"arn:aws:sqs:eu-central-1:{ACCOUNT}:q"}},
        },
        (
            "description",
            "flexibleTimeWindow.maximumWindowInMinutes",
            "flexibleTimeWindow.mode",
            "state",
            "target.deadLetterConfig",
            "target.retryPolicy.maximumRetryAttempts",
        ),
        {"name": "other", "groupName": "other"},
        _schedule_behind,
        (
            "description",
            "endDate",
            "scheduleExpression",
            "scheduleExpressionTimezone",
            "startDate",
            "state",
            "target.input",
        ),
        a_group,
        id=lambda it: f"g/{it.outputs['name']}",
    ),
    Case(
        "aws:scheduler/schedule:Schedule",
        lambda needs: {
            "name": "templated",
            "scheduleExpression": "rate(1 hours)",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": {
                "arn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:cluster/c",
                "roleArn": TARGET["roleArn"],
                "ecsParameters": {
                    "taskDefinitionArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task-definition/web",
                    "launchType": "FARGATE",
                    "enableEcsManagedTags": True,
                    "networkConfiguration": {"subnets": ["subnet-2", "subnet-1"], "securityGroups": ["sg-1"]},
                    "tags": {"job": "x"},
                },
            },
        },
        lambda needs: {"scheduleExpression": "rate(2 hours)"},
        ("scheduleExpression",),
        id=lambda it: "default/templated",
        variant="templated",
    ),
    Case(
        "aws:cloudwatch/eventRule:EventRule",
        lambda needs: {"eventPattern": '{"source": ["aws.ecs"]}', "tags": {"a": "1"}},
        lambda needs: {
            "eventPattern": '{"source": ["aws.ec2"]}',
            "state": "DISABLED",
            "description": "d",
            "tags": None,
        },
        ("description", "eventPattern", "state", "tags"),
        {"name": "other", "eventBusName": "other"},
        _rule_behind,
        ("description", "eventPattern", "state"),
    ),
    Case(
        "aws:cloudwatch/eventRule:EventRule",
        lambda needs: {"name": "minutely", "scheduleExpression": "rate(1 minute)"},
        lambda needs: {"scheduleExpression": "rate(5 minutes)"},
        ("scheduleExpression",),
        behind=lambda boto, it: boto("events").put_rule(Name=it.id, ScheduleExpression="rate(1 hour)"),
        drift=("scheduleExpression",),
        variant="scheduled",
    ),
    Case(
        "aws:cloudwatch/eventTarget:EventTarget",
        lambda needs: {
            "rule": needs["rule"],
            "arn": needs["topic"],
            "inputTransformer": {"inputPaths": {"a": "$.detail"}, "inputTemplate": '"<a>"'},
            "retryPolicy": {"maximumEventAgeInSeconds": 900, "maximumRetryAttempts": 3},
        },
        lambda needs: {"arn": needs["queue"], "retryPolicy": None, "deadLetterConfig": {"arn": needs["queue"]}},
        ("arn", "deadLetterConfig", "retryPolicy.maximumEventAgeInSeconds", "retryPolicy.maximumRetryAttempts"),
        {"rule": "other", "targetId": "other", "eventBusName": "other"},
        _target_behind,
        (
            "inputPath",
            "inputTransformer",
            "retryPolicy.maximumEventAgeInSeconds",
            "retryPolicy.maximumRetryAttempts",
        ),
        a_rule,
        import_id=lambda it: f"{it.outputs['rule']}/{it.outputs['targetId']}",
        id=lambda it: f"r-{it.outputs['targetId']}",
    ),
    Case(
        "aws:cloudwatch/eventTarget:EventTarget",
        lambda needs: {"rule": needs["rule"], "arn": needs["queue"], "inputPath": "$.detail", "targetId": "watch"},
        lambda needs: {"inputPath": "$.detail.containers"},
        ("inputPath",),
        {"rule": "other", "targetId": "other"},
        lambda boto, it: boto("events").put_targets(Rule="r", Targets=[{"Id": "watch", "Arn": it.outputs["arn"]}]),
        ("inputPath",),
        a_rule,
        import_id=lambda it: "r/watch",
        id=lambda it: "r-watch",
        variant="with a path",
    ),
]
