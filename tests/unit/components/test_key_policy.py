"""Tests of the statements for the policy of a user's key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from components import key_policy
from emulator.iam.policy_evaluation import Request, evaluate_resource_policy

PAGE = Path(__file__).parents[3] / "docs" / "encryption.md"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/12ab"
EVENTS, ALARMS, SNS = "events.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com"
LOGS = "logs.eu-central-1.amazonaws.com"
OWN_LOGS = [
    f"arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/scheduled-jobs-production-{function}"
    for function in ("watch", "supervisor")
]
OWN_LOGS.append("arn:aws:logs:eu-central-1:123456789012:log-group:/aws/ecs/production-cron-jobs")
PUBLISHING = ("kms:Decrypt", "kms:GenerateDataKey")


def statements(**changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - arguments of the statements
    """Return the statements for a stack."""
    known: dict[str, Any] = {
        "kms_key_arn": KEY,
        "group": "scheduled-jobs-production",
        "account": "123456789012",
        "watched": True,
        "queues": True,
        "job_log": "/aws/ecs/production-cron-jobs",
    }
    return key_policy.statements(**{**known, **changes})


def test_the_page_shows_all_statements() -> None:
    """The page on encryption has exactly the statements of a stack with a watch and queues."""
    [written] = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert json.loads(written) == {"Version": "2012-10-17", "Statement": statements()}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["LetRulesPublish", "LetAlarmsPublish", "EncryptLogs", "LetTopicsSendToQueues"]),
        ({"queues": False}, ["LetRulesPublish", "LetAlarmsPublish", "EncryptLogs"]),
        ({"watched": False, "queues": False}, ["LetRulesPublish"]),
    ],
    ids=["all", "without queues", "without a watch"],
)
def test_names_only_what_is_needed(changes: dict[str, bool], expected: list[str]) -> None:
    """A group without a watch has no alarms and no log of its own."""
    assert [statement["Sid"] for statement in statements(**changes)] == expected


def test_every_service_may_do_its_part_and_no_other() -> None:
    """Publishers may make data keys, CloudWatch Logs may encrypt the two logs, and nobody else may do anything."""
    policy = {"Version": "2012-10-17", "Statement": statements()}

    def may(service: str, action: str, **context: str) -> bool:
        return evaluate_resource_policy(policy, service, Request(action, KEY, context)).allowed

    assert all(may(service, action) for service in (EVENTS, ALARMS, SNS) for action in PUBLISHING)
    assert not any(may(service, "kms:Encrypt") for service in (EVENTS, ALARMS, SNS))
    assert not any(may("s3.amazonaws.com", action) for action in PUBLISHING)
    key = "kms:EncryptionContext:aws:logs:arn"
    for action in ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:DescribeKey"):
        for log in OWN_LOGS:
            assert may(LOGS, action, **{key: log})
            assert not may(LOGS, action, **{key: f"{log}-2"})
            assert not may("logs.eu-west-1.amazonaws.com", action, **{key: log})
        assert not may(LOGS, action)


def test_stays_in_the_partition() -> None:
    """The log's ARN has the key's partition and the stack's account, and the name of CloudWatch Logs is China's."""
    [log] = [
        statement
        for statement in statements(kms_key_arn="arn:aws-cn:kms:cn-north-1:444455556666:key/12ab")
        if statement["Sid"] == "EncryptLogs"
    ]
    assert log["Principal"] == {"Service": "logs.cn-north-1.amazonaws.com.cn"}
    assert log["Condition"]["ArnEquals"] == {
        "kms:EncryptionContext:aws:logs:arn": [
            one.replace(":aws:", ":aws-cn:").replace("eu-central-1", "cn-north-1") for one in OWN_LOGS
        ]
    }
