"""Tests of what is found of the group's queues."""

from __future__ import annotations

import json
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.queues import COUNTED, FoundQueue, GroupQueue, check
from doctor.finding import Link
from judgements.answers import Refused

ARN = "arn:aws:sqs:eu-central-1:123456789012"
QUEUE = GroupQueue(
    link=Link.ALERTS,
    name="jobs-staging-dead-letters",
    holds="launches that Scheduler gave up",
    function="jobs-staging-watch",
    next="jobs-staging-given-up",
    patience=900,
)
LAST = GroupQueue(link=Link.ALERTS, name="jobs-staging-given-up", holds="events", function="", next="", patience=0)
NEXT = json.dumps({"deadLetterTargetArn": f"{ARN}:jobs-staging-given-up", "maxReceiveCount": 5})


def attributes(visible: int = 0, hidden: int = 0, redrive: str | None = NEXT) -> Known[Any]:
    """Return GetQueueAttributes's answer."""
    counts = dict(zip(COUNTED, (str(visible), str(hidden)), strict=True))
    return Known({"Attributes": {**counts, **({"RedrivePolicy": redrive} if redrive else {})}})


@pytest.mark.parametrize(
    ("queue", "answer", "oldest", "codes"),
    [
        (QUEUE, attributes(), Known(0.0), ["sound"]),
        (QUEUE, attributes(3), Known(900.0), ["sound"]),
        (QUEUE, attributes(3), Known(901.0), ["messages-waiting"]),
        (QUEUE, attributes(hidden=1), Known(901.0), ["messages-waiting"]),
        (QUEUE, attributes(1), Refused("no", "cloudwatch:GetMetricData"), ["unchecked"]),
        (QUEUE, attributes(redrive=None), Known(0.0), ["queue-redrive"]),
        (QUEUE, attributes(redrive=NEXT.replace("given-up", "other")), Known(0.0), ["queue-redrive"]),
        (QUEUE, Known(None), Known(0.0), ["queue-missing"]),
        (QUEUE, Refused("no", "sqs:GetQueueAttributes"), Known(0.0), ["unchecked"]),
        (LAST, attributes(redrive=None), Known(0.0), ["sound"]),
        (LAST, attributes(1, redrive=None), Known(0.0), ["given-up-waiting"]),
    ],
)
def test_a_queue(
    queue: GroupQueue, answer: Known[Any] | Refused, oldest: Known[float] | Refused, codes: list[str]
) -> None:
    """Messages may wait for a while, but in the last queue for nobody."""
    assert [one.code for one in check([FoundQueue(queue, answer, oldest)])] == codes


def test_what_waits_is_told_with_its_age() -> None:
    """It says how many messages, since when, and what they are."""
    [one] = check([FoundQueue(QUEUE, attributes(1, 1), Known(1512.5))])
    assert one.text == "the queue has 2 messages, the oldest for 25m12s: launches that Scheduler gave up"
