"""Tests of what is found of the events that the watch could not handle."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.failures import Failures, check
from judgements.answers import Refused

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:jobs-staging-given-up"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Known({"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}), "sound"),
        (Known({"DestinationConfig": {"OnFailure": {"Destination": f"{QUEUE}-old"}}}), "failures-lost"),
        (Known({"DestinationConfig": {}}), "failures-lost"),
        (Known(None), "failures-lost"),
        (Refused("no", "lambda:GetFunctionEventInvokeConfig"), "unchecked"),
    ],
    ids=["kept", "elsewhere", "nowhere", "no configuration", "refused"],
)
def test_failed_events(answer: Known[Any] | Refused, code: str) -> None:
    """They must go to the queue of what the watch gave up."""
    assert [one.code for one in check(Failures(queue="jobs-staging-given-up", answer=answer))] == [code]
