"""Tests of `python -m ops test-alert` with a deployed program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from components.subscriptions import Endpoint
from emulator.iam.policy_evaluation import evaluate
from tests import permissions
from tests.components.embedded import ACCOUNT, PROJECT, REGION, EmbeddedCloud
from tests.components.operators import Operator, without
from tests.components.stacks import ON_CALL, PLACE, job
from tests.components.test_list import DEPLOYED_AT, GROUP, NOW, WHERE
from tests.components.watching import FUNCTION, LOG_GROUPS, watched_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.gateway.gateway import Call

QUEUE = Endpoint(protocol="sqs", to=f"arn:aws:sqs:{PLACE}:pager")
TOPIC = f"arn:aws:sns:{PLACE}:{GROUP}-alerts"


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `test-alert`."""
    return Operator(cloud, monkeypatch, capsys, "test-alert", NOW)


@pytest.fixture
def invoked(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that chooses what the function answers, and returns the events that it gets."""

    def choose(answer: str = "null", **more: str) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []

        def invoke(call: Call) -> dict[str, Any]:
            events.append(json.loads(call.params["Payload"]))
            return {"StatusCode": 200, "Payload": answer.encode(), **more}

        monkeypatch.setitem(cloud.embedded.gateway._answers, ("lambda", "Invoke"), invoke)
        return events

    return choose


def deploy(cloud: EmbeddedCloud, *endpoints: Endpoint) -> None:
    """Deploy a job, whose stack has these endpoints."""
    with time_machine.travel(DEPLOYED_AT, tick=False):
        cloud.run(lambda: job(watched_group(endpoints=list(endpoints)), log_groups=LOG_GROUPS))


def test_says_who_gets_it(
    cloud: EmbeddedCloud,
    operator: Operator,
    monkeypatch: pytest.MonkeyPatch,
    invoked: Callable[..., list[dict[str, Any]]],
) -> None:
    """The watch is told which job, and by whom. An endpoint that nobody has confirmed is exit code 1.

    The sandbox needs no confirmation. AWS lists such a subscription with a word in place of its ARN (SNS API reference,
    Subscribe).
    """
    events = invoked()
    deploy(cloud)
    subscribed = [
        {"Protocol": "email", "Endpoint": ON_CALL.to, "SubscriptionArn": "PendingConfirmation"},
        {"Protocol": "sqs", "Endpoint": QUEUE.to, "SubscriptionArn": f"{TOPIC}:0a"},
    ]
    listed = {"Subscriptions": subscribed}
    monkeypatch.setitem(cloud.embedded.gateway._answers, ("sns", "ListSubscriptionsByTopic"), lambda _: listed)
    code, out, err = operator.runs("nightly-report", *WHERE)
    assert (code, err, events) == (1, "", [{"test": "nightly-report", "by": "moto"}])
    first, titles, *rows = out.splitlines()
    assert first == f"Sent a test alert about nightly-report to the topic {GROUP}-alerts."
    assert titles.split() == ["PROTOCOL", "ENDPOINT", "STATE"]
    assert [row.split(maxsplit=2) for row in rows] == [
        ["email", "ops@example.com", "not confirmed: gets no alert until somebody confirms it"],
        ["sqs", QUEUE.to, "confirmed"],
    ]


def test_says_it_as_json(
    cloud: EmbeddedCloud, operator: Operator, invoked: Callable[..., list[dict[str, Any]]]
) -> None:
    """With every endpoint confirmed, the exit code is 0."""
    invoked()
    cloud.client("sqs").create_queue(QueueName="pager")
    deploy(cloud, QUEUE)
    code, out, err = operator.runs("nightly-report", *WHERE, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "group": GROUP,
        "region": REGION,
        "job": "nightly-report",
        "topic": TOPIC,
        "endpoints": [{"protocol": "sqs", "endpoint": QUEUE.to, "confirmed": True}],
    }


def test_nobody_gets_it(cloud: EmbeddedCloud, operator: Operator, invoked: Callable[..., list[dict[str, Any]]]) -> None:
    """A topic without a subscription is worth a line and exit code 1."""
    invoked()
    deploy(cloud)
    code, out, _ = operator.runs("nightly-report", *WHERE)
    assert (code, out.splitlines()[1:]) == (1, ["Nobody gets it: the topic has no subscription."])


def test_what_the_watch_says_is_the_error(
    cloud: EmbeddedCloud, operator: Operator, invoked: Callable[..., list[dict[str, Any]]]
) -> None:
    """A watch of an earlier version does not know the event."""
    deploy(cloud)
    events = invoked(json.dumps({"errorMessage": "this is not an event for the watch"}), FunctionError="Unhandled")
    assert operator.fails("nightly-report", *WHERE) == "the watch failed: this is not an event for the watch"
    assert operator.fails("nightly", *WHERE).endswith("did you mean 'nightly-report'?")
    assert len(events) == 1


def test_who_is_on_call_may_test_the_alerts(
    cloud: EmbeddedCloud, operator: Operator, invoked: Callable[..., list[dict[str, Any]]]
) -> None:
    """The policies in docs/permissions.md allow every call. Without any action of them, one is refused."""
    invoked()
    deploy(cloud)
    operator.runs("nightly-report", *WHERE)
    names = {"group": GROUP, "account": ACCOUNT, "region": REGION, "watch": FUNCTION, "project": PROJECT}
    policies = [permissions.policy(title, **names) for title in permissions.ROLES["on call"]]
    asked = operator.asked()
    assert [str(evaluate(each, policies).reason) for each in asked if not evaluate(each, policies).allowed] == []
    for action in {each.action for each in asked}:
        lessened = [without(policy, action) for policy in policies]
        assert not all(evaluate(each, lessened).allowed for each in asked), action
