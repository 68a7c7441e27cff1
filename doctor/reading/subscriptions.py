"""Asks who is subscribed to the group's topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.account import Known
from doctor.checks.subscriptions import Subscribed, Subscriptions, is_confirmed
from doctor.reading.alert_path import AlertPath

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from doctor.account import Account
    from doctor.stack import Stack
    from judgements.answers import Refused


def read(account: Account, stack: Stack) -> Subscriptions:
    """Return the subscriptions of each topic, and what the stack file says of them."""
    topics = AlertPath(account, stack).topics
    lists = account.each(topics, lambda arn: listed(account, arn))
    return Subscriptions(
        topics=[
            Subscribed(
                topic=arn,
                routed=arn == topics[0],
                listed=answer,
                attributes=_attributes(account, answer) if arn == topics[0] else {},
            )
            for arn, answer in lists.items()
        ],
        endpoints=stack.endpoints,
        jobs=stack.jobs,
    )


def listed(account: Account, topic: str) -> Known[Sequence[Mapping[str, Any]] | None] | Refused:
    """Return the subscriptions of a topic; None without the topic."""
    answer = account.ask("sns", "list_subscriptions_by_topic", absent=("NotFound",), TopicArn=topic)
    if isinstance(answer, Known) and answer.value is not None:
        return Known(answer.value.get("Subscriptions", []))
    return answer


def _attributes(
    account: Account, answer: Known[Sequence[Mapping[str, Any]] | None] | Refused
) -> dict[str, Known[Mapping[str, Any] | None] | Refused]:
    found = (answer.value or ()) if isinstance(answer, Known) else ()
    return account.each(
        [one["SubscriptionArn"] for one in found if is_confirmed(one)],
        lambda arn: account.ask("sns", "get_subscription_attributes", absent=("NotFound",), SubscriptionArn=arn),
    )
