"""Checks that each endpoint is subscribed and confirmed, and that somebody gets the alerts of each job. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.subscriptions import shown
from doctor import subscription_filter
from doctor.finding import Link, broken, sound, unchecked
from doctor.repair import AGAIN
from judgements.answers import Refused
from settings.yaml_tree import is_hidden
from watch import classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from components.subscriptions import Endpoint
    from doctor.account import Known
    from doctor.finding import Finding
    from watch.facts import JobFacts

_JUDGED = (classes.FAILED, classes.MISSED)
"""The classes of alerts that somebody must get: a job that fails, and one that does not run."""


@dataclass(frozen=True, kw_only=True)
class Subscribed:
    """A topic's subscriptions."""

    topic: str
    """The topic's ARN."""
    routed: bool
    """Whether endpoints choose what they get. To the topic for problems every endpoint is subscribed without."""
    listed: Known[Sequence[Mapping[str, Any]] | None] | Refused
    """ListSubscriptionsByTopic's answer; None without the topic."""
    attributes: Mapping[str, Known[Mapping[str, Any] | None] | Refused]
    """GetSubscriptionAttributes's answers by ARN, of those that are confirmed and choose."""

    @property
    def name(self) -> str:
        """The topic's name."""
        return self.topic.rpartition(":")[2]


@dataclass(frozen=True, kw_only=True)
class Subscriptions:
    """The subscriptions of all topics of the group, and what they should be."""

    topics: Sequence[Subscribed]
    endpoints: Sequence[Endpoint] | None
    """Those of the stack file in this checkout; None if it is not known."""
    jobs: Mapping[str, JobFacts]


def check(subscriptions: Subscriptions) -> Iterator[Finding]:
    """Yield what is found of each endpoint of each topic."""
    for topic in subscriptions.topics:
        if isinstance(topic.listed, Refused):
            yield unchecked(Link.ALERTS, topic.name, "who is subscribed", topic.listed)
        elif topic.listed.value is not None:
            found = list(_of_topic(topic, topic.listed.value, subscriptions))
            yield from found or [sound(Link.ALERTS, f"subscriptions of {topic.name}")]


def _of_topic(
    topic: Subscribed, listed: Sequence[Mapping[str, Any]], subscriptions: Subscriptions
) -> Iterator[Finding]:
    if not listed:
        text = "the topic has no subscription, so nobody gets its messages"
        fix = f"name an endpoint under scheduled-jobs:alerts in the stack file and run pulumi up; or {AGAIN}"
        yield broken("nobody-subscribed", Link.ALERTS, topic.name, text, fix)
        return
    yield from _unconfirmed(topic, listed)
    yield from _not_subscribed(topic, listed, subscriptions.endpoints or ())
    if topic.routed:
        yield from _changed_filters(topic, listed, subscriptions.endpoints or ())
        yield from _unheard(topic, listed, subscriptions.jobs)


def _unconfirmed(topic: Subscribed, listed: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for one in listed:
        if not is_confirmed(one):
            text = f"{shown(one['Endpoint'])} has not confirmed its subscription, so it gets nothing"
            fix = (
                "open the link in AWS's mail to that address. The link works for two days; afterwards run aws sns "
                f"subscribe --topic-arn {topic.topic} --protocol {one['Protocol']} with the same endpoint"
            )
            yield broken("subscription-unconfirmed", Link.ALERTS, topic.name, text, fix)


def _not_subscribed(
    topic: Subscribed, listed: Sequence[Mapping[str, Any]], endpoints: Sequence[Endpoint]
) -> Iterator[Finding]:
    """Yield the endpoints of the stack file without a subscription. Of encrypted addresses only the number is known."""
    there = {(one["Protocol"], one["Endpoint"]) for one in listed}
    known = [one for one in endpoints if not is_hidden(one.to)]
    missing = [shown(one.to) for one in known if (one.protocol, one.to) not in there]
    hidden = [one for one in endpoints if is_hidden(one.to)]
    others = [address for protocol, address in there if protocol == "https"]
    others = [address for address in others if address not in {one.to for one in known}]
    if len(hidden) > len(others):
        missing.append(f"{len(hidden) - len(others)} of the encrypted https addresses")
    for address in missing:
        text = f"{address} is in the stack file, but has no subscription, so it gets nothing"
        yield broken("alert-endpoint-not-subscribed", Link.ALERTS, topic.name, text, AGAIN)


def _changed_filters(
    topic: Subscribed, listed: Sequence[Mapping[str, Any]], endpoints: Sequence[Endpoint]
) -> Iterator[Finding]:
    wanted = {(one.protocol, one.to): one.filter_policy() for one in endpoints}
    for one in listed:
        answer = topic.attributes.get(one["SubscriptionArn"])
        expected = wanted.get((one["Protocol"], one["Endpoint"]))
        if answer is None or expected is None or isinstance(answer, Refused) or answer.value is None:
            continue
        policy, of_attributes = _filter(answer.value)
        same = {name: sorted(map(str, values)) for name, values in policy.items() if isinstance(values, list)}
        if same != expected or not of_attributes:
            text = f"the filter policy of {shown(one['Endpoint'])} is not that of the stack file: {json.dumps(policy)}"
            yield broken("subscription-filter-changed", Link.ALERTS, topic.name, text, AGAIN)


def _unheard(topic: Subscribed, listed: Sequence[Mapping[str, Any]], jobs: Mapping[str, JobFacts]) -> Iterator[Finding]:
    """Yield the jobs whose alerts nobody gets."""
    confirmed = [one["SubscriptionArn"] for one in listed if is_confirmed(one)]
    unseen = [answer for arn in confirmed if isinstance(answer := topic.attributes.get(arn), Refused)]
    if unseen:
        yield unchecked(Link.ALERTS, topic.name, "the filter policies of the subscriptions", unseen[0])
        return
    heard = {job: _is_heard(topic, confirmed, job, facts) for job, facts in jobs.items()}
    silent = [job for job, verdict in heard.items() if verdict is False]
    if confirmed and silent:
        text = "no confirmed subscription lets the alerts pass that a job failed, or that a tick was missed"
        fix = "name the job, its owner or its severity in a route under scheduled-jobs:alerts, and run pulumi up"
        yield broken("alert-unheard", Link.ALERTS, topic.name, text, fix, silent)
    unsure = [job for job, verdict in heard.items() if verdict is None]
    if unsure:
        reason = "a filter policy has a form that this command does not know"
        yield unchecked(Link.ALERTS, topic.name, "whether somebody gets the alerts", reason, unsure)


def _is_heard(topic: Subscribed, confirmed: Sequence[str], job: str, facts: JobFacts) -> bool | None:
    """Return whether somebody gets each of the judged alerts of a job; None if that is unknown."""
    verdicts = [_passes_one(topic, confirmed, _attributes(job, facts, name)) for name in _JUDGED]
    return False if False in verdicts else None if None in verdicts else True


def _passes_one(topic: Subscribed, confirmed: Sequence[str], attributes: Mapping[str, Sequence[str]]) -> bool | None:
    verdicts = [_passes(topic.attributes.get(arn), attributes) for arn in confirmed]
    return True if True in verdicts else None if None in verdicts else False


def _passes(
    answer: Known[Mapping[str, Any] | None] | Refused | None, attributes: Mapping[str, Sequence[str]]
) -> bool | None:
    if answer is None or isinstance(answer, Refused):
        return None
    if answer.value is None:
        return False
    policy, of_attributes = _filter(answer.value)
    return subscription_filter.passes(policy, attributes) if of_attributes or not policy else None


def _attributes(job: str, facts: JobFacts, kind: str) -> dict[str, list[str]]:
    """Return the attributes of an alert about a job, as `watch.alert.attributes` sets them."""
    owners = [facts.owner] if facts.owner else []
    return {"class": [kind], "severity": [facts.severity], "owner": owners, "job": [job], "kind": ["alert"]}


def _filter(answer: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return a subscription's filter policy, and whether it reads the attributes of messages."""
    attributes = answer["Attributes"]
    scope = attributes.get("FilterPolicyScope") or subscription_filter.OF_ATTRIBUTES
    return json.loads(attributes.get("FilterPolicy") or "{}"), scope == subscription_filter.OF_ATTRIBUTES


def is_confirmed(listed: Mapping[str, Any]) -> bool:
    """Return whether a subscription of a list is confirmed. Of others AWS lists a word in place of the ARN."""
    return str(listed["SubscriptionArn"]).startswith("arn:")
