"""Tests of what is found of topics."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.resource_policies import alerts_policy, problems_policy
from doctor.account import Known
from doctor.checks.topics import ALARMS, RULES, Topic, check
from judgements.answers import Refused

PLACE = "eu-central-1:123456789012"
ARN = f"arn:aws:sns:{PLACE}:jobs-staging-problems"
SOURCES = {
    ALARMS: [f"arn:aws:cloudwatch:{PLACE}:alarm:jobs-staging-watch-blind"],
    RULES: [f"arn:aws:events:{PLACE}:rule/jobs-staging-alarms"],
}


def with_policy(policy: dict[str, Any]) -> Known[Any]:
    """Return GetTopicAttributes's answer about a topic with a policy."""
    return Known({"Attributes": {"Policy": json.dumps(policy)}})


STRANGE = {"Effect": "Deny", "Principal": "*", "Action": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.1"}}}


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (with_policy(problems_policy(ARN)), ["sound"]),
        (with_policy(alerts_policy(ARN, watched=True)), ["topic-policy", "topic-policy"]),
        (with_policy(alerts_policy(ARN, watched=False)), ["topic-policy"]),
        (with_policy({"Statement": [*problems_policy(ARN)["Statement"], STRANGE]}), ["unchecked", "unchecked"]),
        (Known({"Attributes": {}}), ["topic-policy", "topic-policy"]),
        (Known(None), ["topic-missing"]),
        (Refused("no", "sns:GetTopicAttributes"), ["unchecked"]),
    ],
    ids=["sound", "nobody", "rules only", "unknown condition", "without policy", "gone", "refused"],
)
def test_a_topic(answer: Known[Any] | Refused, codes: list[str]) -> None:
    """Each service that publishes through the policy must be let in."""
    topic = Topic(arn=ARN, carries="the alarms", sources=SOURCES, answer=answer)
    assert [one.code for one in check([topic])] == codes


def test_the_watch_needs_no_policy() -> None:
    """It publishes with its role, so the topic for alerts may let no service in."""
    answer = with_policy(alerts_policy(ARN, watched=True))
    assert [one.code for one in check([Topic(arn=ARN, carries="alerts", sources={}, answer=answer)])] == ["sound"]
