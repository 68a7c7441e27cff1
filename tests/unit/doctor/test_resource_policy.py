"""Tests of what the policy of a topic, queue or function lets a service do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.resource_policies import alerts_policy, problems_policy, queue_policy
from doctor.resource_policy import lets
from emulator.iam.policy_evaluation import Request, evaluate_resource_policy

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:eu-central-1:{ACCOUNT}:jobs-staging-problems"
ALARM = f"arn:aws:cloudwatch:eu-central-1:{ACCOUNT}:alarm:jobs-staging-watch-blind"
TOLD = {"aws:sourcearn": ALARM, "aws:sourceaccount": ACCOUNT, "aws:sourceowner": ACCOUNT}
ALARMS = "cloudwatch.amazonaws.com"
OF_SNS = {
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["SNS:GetTopicAttributes", "SNS:Publish"],
    "Resource": TOPIC,
    "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
}
"""What AWS gives to a new topic."""


def allow(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - elements of a statement
    """Return a statement that lets alarms publish, with other elements."""
    usual = {"Effect": "Allow", "Principal": {"Service": ALARMS}, "Action": "sns:Publish", "Resource": TOPIC}
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


@pytest.mark.parametrize(
    ("statements", "verdict"),
    [
        ([], False),
        ([allow()], True),
        ([OF_SNS], True),
        ([{**OF_SNS, "Condition": {"StringEquals": {"AWS:SourceOwner": "210987654321"}}}], False),
        ([allow(Principal="*")], True),
        ([allow(Principal={"Service": ["s3.amazonaws.com", ALARMS]})], True),
        ([allow(Principal={"Service": "s3.amazonaws.com"})], False),
        ([allow(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})], False),
        ([allow(Action="sns:*")], True),
        ([allow(Action="SNS:publish")], True),
        ([allow(Action="sns:Subscribe")], False),
        ([allow(Resource="*")], True),
        ([allow(Resource=f"{TOPIC}-other")], False),
        ([allow(Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:eu-central-1:{ACCOUNT}:alarm:*"}})], True),
        ([allow(Condition={"ArnLike": {"AWS:SourceArn": f"{ALARM}-other"}})], False),
        ([allow(Condition={"StringEquals": {"aws:SourceAccount": ["210987654321", ACCOUNT]}})], True),
        ([allow(Condition={"StringEquals": {"aws:SourceOrgID": "o-1"}})], False),
        ([allow(Condition={"Bool": {"aws:SecureTransport": "true"}})], True),
        ([allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], None),
        ([allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), allow()], True),
        ([allow(), allow(Effect="Deny")], False),
        ([allow(), allow(Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})], True),
        ([allow(), allow(Effect="Deny", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], None),
        ([allow(), allow(Effect="Deny", Principal=None, NotPrincipal={"AWS": "*"})], None),
        ([allow(Action=None, NotAction="sns:Subscribe")], None),
    ],
)
def test_statements(statements: list[dict[str, Any]], verdict: bool | None) -> None:  # noqa: FBT001 - expected value
    """A denial wins; what is unknown counts only where it can change the verdict."""
    assert lets({"Statement": statements}, ALARMS, "sns:Publish", TOPIC, TOLD) is verdict


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({}, False),
        ({"Principal": "*", "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}, True),
        ({"Principal": "*", "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "false"}}}, False),
        ({"Principal": "*", "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}}, None),
        ({"Principal": "*", "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}}, None),
    ],
)
def test_what_anybody_may_do(statement: dict[str, Any], verdict: bool | None) -> None:  # noqa: FBT001 - expected value
    """A statement for everybody, with what the caller tells; what it does not tell is unknown."""
    told = {"lambda:invokedviafunctionurl": "true"}
    assert lets({"Statement": [allow(**statement)]}, "*", "sns:Publish", TOPIC, told) is verdict


def test_the_policies_of_the_components() -> None:
    """The topic for problems takes alarms, and no policy of the stack lets another service in."""
    assert lets(problems_policy(TOPIC), ALARMS, "sns:Publish", TOPIC, TOLD)
    assert lets(problems_policy(TOPIC), "events.amazonaws.com", "sns:Publish", TOPIC, {})
    for policy in (alerts_policy(TOPIC, watched=True), problems_policy(TOPIC)):
        assert lets(policy, "s3.amazonaws.com", "sns:Publish", TOPIC, {}) is False
    assert lets(queue_policy(TOPIC), "sns.amazonaws.com", "sqs:SendMessage", TOPIC, {}) is False


SERVICES = st.sampled_from([ALARMS, "events.amazonaws.com"])
CONDITIONS = st.sampled_from(
    [
        {},
        {"ArnEquals": {"aws:SourceArn": ALARM}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:other*"}},
        {"StringEquals": {"aws:SourceAccount": [ACCOUNT]}},
        {"StringLike": {"aws:SourceAccount": "21*"}},
        {"Bool": {"aws:SecureTransport": "false"}},
    ]
)
STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Principal": st.one_of(st.just("*"), SERVICES.map(lambda name: {"Service": name})),
        "Action": st.sampled_from(["sns:Publish", "sns:*", "sns:Subscribe"]),
        "Resource": st.sampled_from([TOPIC, "*", f"{TOPIC}x"]),
        "Condition": CONDITIONS,
    }
)


@given(st.lists(STATEMENTS, max_size=4), SERVICES)
def test_agrees_with_the_whole_evaluation(statements: list[dict[str, Any]], service: str) -> None:
    """The sandbox evaluates policies like IAM; where both know all elements, they agree."""
    policy = json.loads(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    context = {"aws:SourceArn": ALARM, "aws:SourceAccount": ACCOUNT, "aws:SecureTransport": "true"}
    decision = evaluate_resource_policy(policy, service, Request("sns:Publish", TOPIC, context))
    told = {"aws:sourcearn": ALARM, "aws:sourceaccount": ACCOUNT}
    assert lets(policy, service, "sns:Publish", TOPIC, told) is decision.allowed
