"""A rule with a schedule sends AWS's scheduled event at its time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import ACCOUNT, DEAD, REGION, client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/tick"
GONE = DEAD + "-gone"


def rule(expression: str = "rate(5 minutes)", *, name: str = "tick", arn: str = DEAD, **target: Any) -> None:  # noqa: ANN401 - members of a request
    """Put a rule with a schedule, and its target."""
    client("events").put_rule(Name=name, ScheduleExpression=expression)
    client("events").put_targets(Rule=name, Targets=[{"Id": "one", "Arn": arn, **target}])


def times(world: World) -> list[str]:
    """Receive the events, and return their times."""
    return [json.loads(message["Body"])["time"][11:16] for message in world.messages()]


def test_event(world: World) -> None:
    """The event has AWS's shape and the rule's own ARN."""
    rule()
    world.advance(minutes=5)
    (message,) = world.messages()
    event = json.loads(message["Body"])
    assert len(event.pop("id")) == 36
    assert event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": "2027-01-04T00:05:00Z",
        "region": REGION,
        "resources": [ARN],
        "detail": {},
    }


def test_rate(world: World) -> None:
    """A rate counts from the rule's creation, and continues when the same rule is put again."""
    world.advance(minutes=2)
    rule()
    world.advance(minutes=6)
    rule()
    world.advance(minutes=6)
    assert times(world) == ["00:07", "00:12"]


def test_cron(world: World) -> None:
    """A cron expression is in UTC."""
    rule("cron(30 6 ? * TUE-WED *)")
    world.advance(days=3)
    assert times(world) == ["06:30"] * 2


def test_state_and_change(world: World) -> None:
    """A disabled rule sends nothing; when it is enabled again or gets a new expression, its rate starts anew."""
    rule()
    world.advance(minutes=6)
    client("events").disable_rule(Name="tick")
    world.advance(minutes=6)
    client("events").enable_rule(Name="tick")
    world.advance(minutes=5)
    rule("rate(2 minutes)")
    world.advance(minutes=3)
    assert times(world) == ["00:05", "00:17", "00:19"]


def test_deleted(world: World) -> None:
    """A deleted rule sends nothing, and a rule that is created again starts anew."""
    rule()
    world.advance(minutes=4)
    client("events").remove_targets(Rule="tick", Ids=["one"])
    client("events").delete_rule(Name="tick")
    world.advance(minutes=4)
    rule()
    world.advance(minutes=6)
    assert times(world) == ["00:13"]


def test_order(world: World) -> None:
    """Rules fire in the order of time, and then of name."""
    rule("rate(2 minutes)", name="b", Input='"b"')
    rule("rate(1 minute)", name="c", Input='"c"')
    rule("rate(2 minutes)", name="a", Input='"a"')
    world.advance(minutes=2)
    assert [message["Body"] for message in world.messages()] == ['"c"', '"a"', '"b"', '"c"']


def test_transformer(world: World) -> None:
    """The target receives the transformed event."""
    transformer = {"InputPathsMap": {"at": "$.time"}, "InputTemplate": '"<at>"'}
    rule(InputTransformer=transformer)
    world.advance(minutes=5)
    assert world.messages()[0]["Body"] == '"2027-01-04T00:05:00Z"'


def test_what_is_remembered(world: World) -> None:
    """Only failed deliveries are recorded, because the others are many and all the same."""
    rule()
    rule(name="broken", arn=GONE)
    world.advance(minutes=10)
    assert [(one.rule, one.detail_type, one.error) for one in world.aws.bus.deliveries] == [
        ("broken", "Scheduled Event", f"AWS.SimpleQueueService.NonExistentQueue: The queue {GONE} does not exist.")
    ] * 2


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("rate(1 minutes)", "'rate(1 minutes)' must be written rate(1 minute)"),
        ("rate(5 minute)", "'rate(5 minute)' must be written rate(5 minutes)"),
        ("rate(0 minutes)", "must be a whole number of 1 or more"),
        ("at(2027-01-05T00:00:00)", "at(...) is for EventBridge Scheduler only"),
        ("cron(0 6 * * *)", "cron"),
        ("cron(0 6 * * MON *)", "must be '?'"),
        ("5 minutes", "must be wrapped in rate(...)"),
    ],
)
def test_refused(world: World, expression: str, said: str) -> None:
    """An expression that EventBridge does not allow is refused, and the message names the mistake."""
    code, message = refusal(lambda: rule(expression))
    assert code == "ValidationException"
    assert message.startswith("Parameter ScheduleExpression is not valid. Reason: ")
    assert said in message
