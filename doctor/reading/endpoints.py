"""Asks about the queues and functions that are subscribed to the group's topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts.arn import Arn
from doctor.account import Known
from doctor.checks.endpoints import ACTIONS, ReachedEndpoint
from doctor.reading import queues
from doctor.reading.alert_path import NOT_FOUND, AlertPath
from doctor.reading.subscriptions import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.account import Account
    from doctor.stack import Stack
    from judgements.answers import Refused


def read(account: Account, stack: Stack) -> Sequence[ReachedEndpoint]:
    """Return each endpoint once."""
    topics: dict[tuple[str, str], list[str]] = {}
    for topic in AlertPath(account, stack).topics:
        answer = listed(account, topic)
        for one in (answer.value or ()) if isinstance(answer, Known) else ():
            if one["Protocol"] in ACTIONS:
                topics.setdefault((one["Protocol"], one["Endpoint"]), []).append(topic)
    return list(account.each(topics, lambda key: _endpoint(account, *key, topics[key])).values())


def _endpoint(account: Account, protocol: str, arn: str, topics: Sequence[str]) -> ReachedEndpoint:
    exists, policy = _queue(account, arn) if protocol == "sqs" else _function(account, arn)
    return ReachedEndpoint(protocol=protocol, arn=arn, topics=topics, exists=exists, policy=policy)


def _queue(account: Account, arn: str) -> tuple[Known[bool] | Refused, Known[str] | Refused]:
    found = queues.attributes(account, arn)
    if not isinstance(found, Known):
        return found, found
    return Known(found.value is not None), Known((found.value or {}).get("Attributes", {}).get("Policy", ""))


def _function(account: Account, arn: str) -> tuple[Known[bool] | Refused, Known[str] | Refused]:
    region = Arn.parse(arn).region
    found = account.ask("lambda", "get_function_configuration", absent=NOT_FOUND, region=region, FunctionName=arn)
    policy = account.ask("lambda", "get_policy", absent=NOT_FOUND, region=region, FunctionName=arn)
    return (
        Known(found.value is not None) if isinstance(found, Known) else found,
        Known((policy.value or {}).get("Policy", "")) if isinstance(policy, Known) else policy,
    )
