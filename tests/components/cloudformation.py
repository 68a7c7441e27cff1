"""Declared resources as a template of CloudFormation, whose published schemas judge them as the emulator does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from emulator.provider.core.spelling import pascal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import Declared, Deployment

Members = dict[str, Any]

_RULE, _TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
WITHOUT_TYPE = frozenset({_TARGET, "aws:dynamodb/tableItem:TableItem"})
"""The types that CloudFormation does not have: targets are members of their rule, and items are data."""


def template(deployment: Deployment) -> str:
    """Return the template of all resources of AWS that a program declared; KeyError for a type that is unknown here."""
    declared = [one for one in deployment.declared if one.type.startswith("aws:") and one.type not in WITHOUT_TYPE]
    resources = {f"R{number}": _resource(one, deployment) for number, one in enumerate(declared)}
    return json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})


def _resource(one: Declared, deployment: Deployment) -> Members:
    kind, convert, renamed = _TYPES[one.type]
    # The provider names a resource of its own accord where the program does not; such a name is left out here.
    given = convert({name: value for name, value in one.inputs.items() if value not in (None, {}, [])})
    if "tags" in given:
        given["Tags"] = [{"Key": key, "Value": value} for key, value in given.pop("tags").items()]
    properties = {renamed.get(name, name[:1].upper() + name[1:]): value for name, value in given.items()}
    if one.type == _RULE:
        properties["Targets"] = [_target(other.inputs) for other in deployment.of(":EventTarget") if _is_of(other, one)]
    return {"Type": kind, "Properties": properties}


def _is_of(target: Declared, rule: Declared) -> bool:
    """Return whether a target is one of a rule, which the provider names where the program does not."""
    named = rule.inputs.get("name", f"{rule.name}-{target.inputs['rule'].rpartition('-')[2]}")
    return bool(target.inputs["rule"] == named)


def _target(inputs: Members) -> Members:
    others = {name: value for name, value in inputs.items() if name not in {"rule", "targetId", "inputTransformer"}}
    found: Members = pascal({**others, "id": inputs["targetId"]})
    transformer = inputs.get("inputTransformer")
    if transformer:
        paths = {"InputPathsMap": transformer["inputPaths"]} if "inputPaths" in transformer else {}
        found["InputTransformer"] = {"InputTemplate": transformer["inputTemplate"], **paths}
    return found


def _nested(value: Any) -> Any:  # noqa: ANN401 - JSON
    return pascal(value) if isinstance(value, dict | list) else value


def _plain(given: Members) -> Members:
    return _parsed()(given)


def _parsed(*names: str) -> Callable[[Members], Members]:
    """Return a function that parses documents which CloudFormation takes as objects."""

    def convert(given: Members) -> Members:
        documents = {name: json.loads(value) for name, value in given.items() if name in names}
        return {**{name: value if name == "tags" else _nested(value) for name, value in given.items()}, **documents}

    return convert


def _alarm(given: Members) -> Members:
    dimensions = [{"Name": name, "Value": value} for name, value in given.get("dimensions", {}).items()]
    return {**_plain(given), "dimensions": dimensions}


def _table(given: Members) -> Members:
    others = {name: value for name, value in given.items() if name not in {"hashKey", "rangeKey", "attributes", "ttl"}}
    keys = [("HASH", given["hashKey"]), *([("RANGE", given["rangeKey"])] if "rangeKey" in given else [])]
    recovery = others.pop("pointInTimeRecovery", None)
    return {
        **_plain(others),
        "attributeDefinitions": [{"AttributeName": a["name"], "AttributeType": a["type"]} for a in given["attributes"]],
        "keySchema": [{"AttributeName": name, "KeyType": kind} for kind, name in keys],
        **({"timeToLiveSpecification": pascal(given["ttl"])} if "ttl" in given else {}),
        **(
            {"pointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery["enabled"]}}
            if recovery
            else {}
        ),
    }


def _function(given: Members) -> Members:
    """Return a function whose code is elsewhere: CloudFormation takes no archive within a template."""
    variables = given.get("environment", {}).get("variables", {})
    others = {name: value for name, value in given.items() if name not in {"code", "environment"}}
    return {
        **_plain(others),
        "code": {"S3Bucket": "a-bucket", "S3Key": "code.zip"},
        **({"environment": {"Variables": variables}} if variables else {}),
    }


def _invoke_config(given: Members) -> Members:
    return {**_plain(given), "qualifier": "$LATEST"}


def _one(name: str, plural: str) -> Callable[[Members], Members]:
    """Return a function for a policy of a resource: CloudFormation takes a list of resources."""

    def convert(given: Members) -> Members:
        others = {key: value for key, value in given.items() if key != name}
        return {**_parsed("policy")(others), plural: [given[name]]}

    return convert


_NAMED = {"name": "Name"}
_TYPES: dict[str, tuple[str, Callable[[Members], Members], dict[str, str]]] = {
    "aws:cloudwatch/dashboard:Dashboard": ("AWS::CloudWatch::Dashboard", _plain, {}),
    "aws:cloudwatch/logGroup:LogGroup": (
        "AWS::Logs::LogGroup",
        _plain,
        {"name": "LogGroupName", "kmsKeyId": "KmsKeyId"},
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        "AWS::CloudWatch::Alarm",
        _alarm,
        {"name": "AlarmName", "okActions": "OKActions"},
    ),
    "aws:dynamodb/table:Table": ("AWS::DynamoDB::Table", _table, {"name": "TableName"}),
    _RULE: ("AWS::Events::Rule", _parsed("eventPattern"), _NAMED),
    "aws:iam/role:Role": (
        "AWS::IAM::Role",
        _parsed("assumeRolePolicy"),
        {"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
    ),
    "aws:iam/rolePolicy:RolePolicy": (
        "AWS::IAM::RolePolicy",
        _parsed("policy"),
        {"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping": ("AWS::Lambda::EventSourceMapping", _plain, {}),
    "aws:lambda/function:Function": ("AWS::Lambda::Function", _function, {"name": "FunctionName"}),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": (
        "AWS::Lambda::EventInvokeConfig",
        _invoke_config,
        {},
    ),
    "aws:lambda/permission:Permission": ("AWS::Lambda::Permission", _plain, {"function": "FunctionName"}),
    "aws:scheduler/schedule:Schedule": ("AWS::Scheduler::Schedule", _plain, {}),
    "aws:scheduler/scheduleGroup:ScheduleGroup": ("AWS::Scheduler::ScheduleGroup", _plain, {}),
    "aws:sns/topic:Topic": ("AWS::SNS::Topic", _plain, {"name": "TopicName"}),
    "aws:sns/topicPolicy:TopicPolicy": ("AWS::SNS::TopicPolicy", _one("arn", "topics"), {"policy": "PolicyDocument"}),
    "aws:sns/topicSubscription:TopicSubscription": (
        "AWS::SNS::Subscription",
        _parsed("filterPolicy"),
        {"topic": "TopicArn"},
    ),
    "aws:sqs/queue:Queue": (
        "AWS::SQS::Queue",
        _parsed("redrivePolicy"),
        {
            "name": "QueueName",
            "messageRetentionSeconds": "MessageRetentionPeriod",
            "visibilityTimeoutSeconds": "VisibilityTimeout",
        },
    ),
    "aws:sqs/queuePolicy:QueuePolicy": (
        "AWS::SQS::QueuePolicy",
        _one("queueUrl", "queues"),
        {"policy": "PolicyDocument"},
    ),
}
"""By Pulumi's type: CloudFormation's type, the conversion of its inputs, and the properties of other names."""
