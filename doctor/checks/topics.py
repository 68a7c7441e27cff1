"""Checks that each topic of the group is there, and that whoever sends alerts may publish to it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from doctor import resource_policy
from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding

ALARMS, RULES = "cloudwatch.amazonaws.com", "events.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic, and who publishes to it."""

    arn: str
    carries: str
    """What nobody gets without it, such as "alerts"."""
    sources: Mapping[str, Sequence[str]]
    """By service, the ARNs of what publishes through the topic's policy."""
    answer: Known[Mapping[str, Any] | None] | Refused
    """GetTopicAttributes's answer."""


def check(topics: Sequence[Topic]) -> Iterator[Finding]:
    """Yield what is found of each topic."""
    for topic in topics:
        found = list(_faults(topic))
        yield from found or [sound(Link.ALERTS, _name(topic))]


def _faults(topic: Topic) -> Iterator[Finding]:
    name, answer = _name(topic), topic.answer
    if isinstance(answer, Refused):
        yield unchecked(Link.ALERTS, name, "the topic's policy", answer)
    elif answer.value is None:
        text = f"there is no such topic, so nobody gets {topic.carries}"
        yield broken("topic-missing", Link.ALERTS, name, text, AGAIN)
    else:
        policy = json.loads(answer.value["Attributes"].get("Policy") or "{}")
        for service, sources in topic.sources.items():
            yield from _of_publisher(topic, policy, service, sources)


def _of_publisher(topic: Topic, policy: Mapping[str, Any], service: str, sources: Sequence[str]) -> Iterator[Finding]:
    verdicts = {resource_policy.lets(policy, service, "sns:Publish", topic.arn, told(service, one)) for one in sources}
    if False in verdicts:
        text = f"the topic's policy does not let {service} publish, so nobody gets {topic.carries}"
        fix = f"allow sns:Publish for {service} in the topic's policy; of the stack's own topic {AGAIN}"
        yield broken("topic-policy", Link.ALERTS, _name(topic), text, fix)
    elif None in verdicts:
        reason = "the policy has conditions that this command does not know"
        yield unchecked(Link.ALERTS, _name(topic), f"whether {service} may publish", reason)


def told(service: str, source: str) -> dict[str, str]:
    """Return what a service tells a topic or queue about the source of a message.

    EventBridge tells a topic nothing (EventBridge User Guide, "Using resource-based policies", Amazon SNS permissions).
    """
    if service == RULES:
        return {}
    account = Arn.parse(source).account
    of_alarms = {"aws:sourceowner": account} if service == ALARMS else {}
    return {"aws:sourcearn": source, "aws:sourceaccount": account, **of_alarms}


def _name(topic: Topic) -> str:
    return topic.arn.rpartition(":")[2]
