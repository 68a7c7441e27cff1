"""Endpoints: how they are told apart, and what they let through."""

from __future__ import annotations

import pytest

from components.subscriptions import Endpoint

PLACE = "eu-central-1:111122223333"


@pytest.mark.parametrize(
    ("protocol", "to", "label"),
    [
        ("email", "ops@example.com", "email-ops@example.com"),
        ("https", "https://example.com/hunter2", "https-d2ac0d60"),
        ("http", "http://127.0.0.1:8000/a", "https-2bcf5d05"),
        ("sqs", f"arn:aws:sqs:{PLACE}:inbox", "sqs-111122223333-eu-central-1-inbox"),
        ("lambda", f"arn:aws:lambda:{PLACE}:function:on-alert", "lambda-111122223333-eu-central-1-on-alert"),
    ],
)
def test_label(protocol: str, to: str, label: str) -> None:
    """A label tells an endpoint from every other, whatever stands beside it, and shows no secret address."""
    assert Endpoint(protocol=protocol, to=to).label == label


def test_queues_of_one_name_in_two_accounts() -> None:
    """Queues of one name in two accounts or regions are two endpoints."""
    arns = (f"arn:aws:sqs:{place}:inbox" for place in (PLACE, "eu-central-1:444455556666", "us-east-1:111122223333"))
    assert len({Endpoint(protocol="sqs", to=arn).label for arn in arns}) == 3


def test_filter_policy() -> None:
    """What is left out lets everything through; lists are in one order, whatever theirs is."""
    assert Endpoint(protocol="email", to="a@example.com").filter_policy() == {}
    routed = Endpoint(
        protocol="email",
        to="a@example.com",
        classes=["missed", "failed"],
        owners=["data"],
        jobs=["b", "a"],
        severities=["critical"],
    )
    assert routed.filter_policy() == {
        "class": ["failed", "missed"],
        "owner": ["data"],
        "job": ["a", "b"],
        "severity": ["critical"],
    }
