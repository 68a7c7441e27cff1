"""Tests of what is found of queues and functions that get alerts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.endpoints import ReachedEndpoint, check
from judgements.answers import Refused

PLACE = "eu-central-1:123456789012"
TOPICS = [f"arn:aws:sns:{PLACE}:jobs-staging-{name}" for name in ("alerts", "problems")]
QUEUE, FUNCTION = f"arn:aws:sqs:{PLACE}:pager", f"arn:aws:lambda:{PLACE}:function:on-alert"
REFUSED = Refused("no", "sqs:GetQueueAttributes")


def let_in(action: str, resource: str, **condition: Any) -> str:  # noqa: ANN401 - a condition of a policy
    """Return a policy that lets SNS in."""
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": action}
    return json.dumps({"Statement": [{**statement, "Resource": resource, "Condition": condition}]})


@pytest.mark.parametrize(
    ("exists", "policy", "codes"),
    [
        (Known(True), Known(let_in("sqs:SendMessage", QUEUE)), ["sound"]),  # noqa: FBT003 - the answer
        (Known(True), Known(let_in("sqs:SendMessage", QUEUE, ArnEquals={"aws:SourceArn": TOPICS})), ["sound"]),  # noqa: FBT003
        (
            Known(True),  # noqa: FBT003
            Known(let_in("sqs:SendMessage", QUEUE, ArnEquals={"aws:SourceArn": TOPICS[0]})),
            ["alert-endpoint-closed"],
        ),
        (Known(True), Known(let_in("sqs:SendMessage", QUEUE, Null={"aws:PrincipalOrgID": "true"})), ["unchecked"] * 2),  # noqa: FBT003
        (Known(True), Known(""), ["alert-endpoint-closed"] * 2),  # noqa: FBT003
        (Known(False), Known(""), ["alert-endpoint-missing"]),  # noqa: FBT003
        (REFUSED, REFUSED, ["unchecked"]),
        (Known(True), REFUSED, ["unchecked"]),  # noqa: FBT003
    ],
    ids=["open", "for both", "for one", "unknown condition", "closed", "gone", "refused", "policy refused"],
)
def test_a_queue(exists: Known[bool] | Refused, policy: Known[str] | Refused, codes: list[str]) -> None:
    """It must let SNS send the messages of each topic to which it is subscribed."""
    queue = ReachedEndpoint(protocol="sqs", arn=QUEUE, topics=TOPICS, exists=exists, policy=policy)
    assert [one.code for one in check([queue])] == codes


@pytest.mark.parametrize(
    ("action", "code"), [("lambda:InvokeFunction", "sound"), ("lambda:GetFunction", "alert-endpoint-closed")]
)
def test_a_function(action: str, code: str) -> None:
    """It must let SNS invoke it."""
    policy = Known(let_in(action, FUNCTION, ArnLike={"AWS:SourceArn": TOPICS[0]}))
    function = ReachedEndpoint(
        protocol="lambda",
        arn=FUNCTION,
        topics=TOPICS[:1],
        exists=Known(True),  # noqa: FBT003
        policy=policy,
    )
    assert [one.code for one in check([function])] == [code]
