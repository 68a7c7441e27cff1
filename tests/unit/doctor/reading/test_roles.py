"""Tests of what is read from the answers of IAM about roles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from doctor.checks.roles import Purpose, Simulated
from doctor.reading import roles
from watch.facts import InProcess, WorkQueue

ROOT = "arn:aws:iam::123456789012:root"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"EvalDecision": "allowed"}, Simulated("allowed", [], bounded=False, kept_back=False)),
        (
            {"EvalDecision": "implicitDeny", "MissingContextValues": ["aws:b", "aws:a"]},
            Simulated("implicitDeny", ["aws:a", "aws:b"], bounded=False, kept_back=False),
        ),
        (
            {"EvalDecision": "implicitDeny", "ResourceSpecificResults": [{"MissingContextValues": ["aws:a"]}]},
            Simulated("implicitDeny", ["aws:a"], bounded=False, kept_back=False),
        ),
        (
            {
                "EvalDecision": "implicitDeny",
                "ResourceSpecificResults": [
                    {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}
                ],
            },
            Simulated("implicitDeny", [], bounded=True, kept_back=False),
        ),
        (
            {
                "EvalDecision": "explicitDeny",
                "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": True},
                "OrganizationsDecisionDetail": {"AllowedByOrganizations": False},
            },
            Simulated("explicitDeny", [], bounded=False, kept_back=True),
        ),
    ],
)
def test_simulation(result: dict[str, Any], expected: Simulated) -> None:
    """Details stand in the result, or in its part about the resource (IAM API reference, EvaluationResult)."""
    assert roles._simulated(result) == expected


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"AWS": ROOT}, True),
        ({"AWS": [ROOT]}, True),
        ({"AWS": [ROOT, "arn:aws:iam::123456789012:role/reader"]}, False),
        ({"AWS": "*"}, False),
        ("*", False),
        ({"Service": "logs.amazonaws.com"}, False),
    ],
)
def test_policy_that_leaves_the_decision_to_the_account(principal: object, *, expected: bool) -> None:
    """Only the one that KMS gives to a new key is known to add nothing to the policies of the account's roles."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    for statements in (statement, [statement]):
        assert roles._is_of_root(json.dumps({"Statement": statements})) is expected


@pytest.mark.parametrize(
    ("service", "purposes"),
    [
        (WorkQueue(arn="arn:aws:sqs:r:1:q", url="https://q", task="t", claims="c"), ["TAKE", "CLAIM", "TELL"]),
        (InProcess(claims="arn:aws:dynamodb:r:1:table/c"), ["CLAIM", "TELL"]),
        (InProcess(claims="arn:aws:dynamodb:r:1:table/c", store="redis"), ["TELL"]),
    ],
    ids=["worker", "table", "redis"],
)
def test_what_a_service_needs(service: WorkQueue | InProcess, purposes: list[str]) -> None:
    """A process whose claims are in Redis only tells the watch."""
    found = {one.purpose: one.resource for one in roles._of_service("jobs-prod", service)}
    resources = {
        Purpose.TAKE: "arn:aws:sqs:r:1:q",
        Purpose.CLAIM: "arn:aws:dynamodb:r:1:table/c",
        Purpose.TELL: "arn:aws:lambda:r:1:function:jobs-prod-watch",
    }
    assert found == {Purpose[name]: resources[Purpose[name]] for name in purposes}
