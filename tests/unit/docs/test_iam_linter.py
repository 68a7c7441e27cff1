"""Tests of the linter of IAM policies that other tests use."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.iam.conditions import glob
from tests.iam_linter import meet, mistakes

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:q"
TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/ledger-*"
SCHEDULE = "arn:aws:scheduler:eu-central-1:123456789012:schedule/jobs/*"
ISSUER = "token.actions.githubusercontent.com"

LINTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing wrong": ({"Action": ["sqs:SendMessage", "sqs:DeleteQueue"], "Resource": QUEUE}, []),
    "no such action": ({"Action": "sqs:SendMessages", "Resource": QUEUE}, ["sqs:SendMessages is no action"]),
    "no such service": ({"Action": "sqss:SendMessage", "Resource": QUEUE}, ["sqss:SendMessage is no action"]),
    "a wildcard": ({"Action": "sqs:*", "Resource": QUEUE}, ["sqs:* is no action"]),
    "a wildcard that denies": ({"Effect": "Deny", "Action": "sqs:*", "Resource": QUEUE}, []),
    "a wildcard that denies, of no service": (
        {"Effect": "Deny", "Action": "sqss:*", "Resource": QUEUE},
        ["sqss:* is no action"],
    ),
    "another case": ({"Action": "sqs:sendMessage", "Resource": QUEUE}, ["sqs:sendMessage is spelled sqs:SendMessage"]),
    "a resource of another action": (
        {"Action": ["scheduler:GetSchedule", "scheduler:GetScheduleGroup"], "Resource": SCHEDULE},
        [f"scheduler:GetScheduleGroup is never asked on {SCHEDULE}"],
    ),
    "a resource of another service": (
        {"Action": "sqs:SendMessage", "Resource": [QUEUE, TABLE]},
        [f"sqs:SendMessage is never asked on {TABLE}"],
    ),
    "an action without resources": (
        {"Action": "sns:ListTopics", "Resource": QUEUE},
        [f"sns:ListTopics is never asked on {QUEUE}"],
    ),
    "any resource": ({"Action": ["sns:ListTopics", "sqs:SendMessage"], "Resource": "*"}, []),
    "a key of the action": (
        {
            "Action": ["dynamodb:PutItem", "dynamodb:DeleteTable"],
            "Resource": TABLE,
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": "deployed"}},
        },
        ["dynamodb:DeleteTable does not know dynamodb:LeadingKeys (ForAllValues:StringEquals)"],
    ),
    "a key of every action": (
        {"Action": "sqs:SendMessage", "Resource": QUEUE, "Condition": {"Bool": {"aws:securetransport": "false"}}},
        [],
    ),
    "a misspelt key of every action": (
        {"Action": "sqs:SendMessage", "Resource": QUEUE, "Condition": {"Bool": {"aws:SecureTransports": "false"}}},
        ["sqs:SendMessage does not know aws:SecureTransports (Bool)"],
    ),
    "a tag of the resource": (
        {
            "Action": ["ecs:StopTask", "ecs:ListTaskDefinitions"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/scheduled-jobs:group": "jobs"}},
        },
        ["ecs:ListTaskDefinitions does not know aws:ResourceTag/scheduled-jobs:group (StringEquals)"],
    ),
    "a claim of the principal's token": (
        {
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", "example.com:aud": "x"}},
        },
        ["sts:AssumeRoleWithWebIdentity does not know example.com:aud (StringEquals)"],
    ),
}


@pytest.mark.parametrize(("statement", "expected"), LINTED.values(), ids=LINTED)
def test_finds_what_aws_does_not_know(statement: dict[str, Any], expected: list[str]) -> None:
    """Each mistake is one line, which begins with the name of the statement."""
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": "Named", "Effect": "Allow", **statement}]}
    assert mistakes(policy) == [f"Named: {mistake}" for mistake in expected]


@given(st.text("ab*?", max_size=6), st.text("ab*?", max_size=6), st.text("ab", max_size=6))
def test_patterns_meet_where_one_text_matches_both(one: str, other: str, text: str) -> None:
    """A text that matches both shows that they meet, whichever comes first; and a text meets what it matches."""
    both = glob(one, text) and glob(other, text)
    assert meet(one, other) == meet(other, one)
    assert meet(one, other) or not both
    assert meet(one, text) == glob(one, text)
