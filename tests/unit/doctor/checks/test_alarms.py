"""Tests of what is found of the alarms on the alert path."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.alarms import Alarms, check
from judgements.answers import Refused

TOPIC = "arn:aws:sns:eu-central-1:123456789012:jobs-staging-problems"
NAME = "jobs-staging-watch-blind"
ALARM = {
    "AlarmName": NAME,
    "AlarmDescription": "The watch is blind: see its log.",
    "ActionsEnabled": True,
    "AlarmActions": [TOPIC],
    "StateValue": "OK",
    "StateReason": "no datapoints",
    "StateUpdatedTimestamp": datetime(2027, 2, 3, 8, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, ["sound"]),
        ({"StateValue": "INSUFFICIENT_DATA"}, ["sound"]),
        ({"AlarmActions": ["arn:aws:sns:eu-central-1:123456789012:own", TOPIC]}, ["sound"]),
        ({"ActionsEnabled": False}, ["alarm-muted"]),
        ({"AlarmActions": []}, ["alarm-not-aimed"]),
        ({"StateValue": "ALARM"}, ["alarm-ringing"]),
        ({"AlarmName": "jobs-staging-watch-blind-old"}, ["alarm-missing"]),
    ],
)
def test_an_alarm(changed: dict[str, Any], codes: list[str]) -> None:
    """It must be there, go to the topic for problems, and be quiet."""
    answer: Known[Any] = Known({"MetricAlarms": [{**ALARM, **changed}]})
    assert [one.code for one in check(Alarms(wanted=[NAME], topic=TOPIC, answer=answer))] == codes


def test_a_ringing_alarm_says_why() -> None:
    """Its description says where to look."""
    answer: Known[Any] = Known({"MetricAlarms": [{**ALARM, "StateValue": "ALARM"}]})
    [one] = check(Alarms(wanted=[NAME], topic=TOPIC, answer=answer))
    assert one.text == "the alarm rings since 2027-02-03T08:00:00Z: no datapoints"
    assert one.fix == "The watch is blind: see its log."


def test_alarms_that_cannot_be_seen() -> None:
    """It is told once, not for each alarm."""
    refused = Refused("no", "cloudwatch:DescribeAlarms")
    assert [one.code for one in check(Alarms(wanted=[NAME, "b"], topic=TOPIC, answer=refused))] == ["unchecked"]
