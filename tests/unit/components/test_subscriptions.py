"""Tests of the labels and filter policies of endpoints."""

from __future__ import annotations

import pytest

from components.subscriptions import Endpoint, shown

PLACE = "eu-central-1:111122223333"
QUEUE = f"arn:aws:sqs:{PLACE}:pager"


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
    """A label identifies an endpoint, even if the other endpoints change, and does not show a secret address."""
    assert Endpoint(protocol=protocol, to=to).label == label


def test_queues_of_one_name_in_two_accounts() -> None:
    """Queues of the same name in different accounts or regions have different labels."""
    arns = (f"arn:aws:sqs:{place}:inbox" for place in (PLACE, "eu-central-1:444455556666", "us-east-1:111122223333"))
    assert len({Endpoint(protocol="sqs", to=arn).label for arn in arns}) == 3


def test_filter_policy() -> None:
    """A list that is left out does not filter, and lists in the policy are sorted."""
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


@pytest.mark.parametrize(
    ("endpoint", "seen"),
    [
        ("https://hooks.example.com/services/T0/secret", "https://hooks.example.com/..."),
        ("ops@example.com", "ops@example.com"),
        (QUEUE, QUEUE),
    ],
    ids=["web", "mail", "ARN"],
)
def test_the_path_of_a_web_address_is_a_secret(endpoint: str, seen: str) -> None:
    """Whoever knows it can write to the chat."""
    assert shown(endpoint) == seen
