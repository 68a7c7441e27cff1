"""Checks that the queues and functions that get alerts are there, and that SNS may reach them. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor import resource_policy
from doctor.checks.topics import told
from doctor.finding import Link, broken, sound, unchecked
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding

SNS = "sns.amazonaws.com"
ACTIONS = {"sqs": "sqs:SendMessage", "lambda": "lambda:InvokeFunction"}
"""What SNS does with the endpoints of each protocol that has a policy of its own."""


@dataclass(frozen=True, kw_only=True)
class ReachedEndpoint:
    """A queue or a function that is subscribed."""

    protocol: str
    arn: str
    topics: Sequence[str]
    """The ARNs of the topics to which it is subscribed."""
    exists: Known[bool] | Refused
    policy: Known[str] | Refused
    """The text of its policy; empty without one."""

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition(":")[2]

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return "queue" if self.protocol == "sqs" else "function"


def check(endpoints: Sequence[ReachedEndpoint]) -> Iterator[Finding]:
    """Yield what is found of each endpoint."""
    for endpoint in endpoints:
        found = list(_faults(endpoint))
        yield from found or [sound(Link.ALERTS, endpoint.name)]


def _faults(endpoint: ReachedEndpoint) -> Iterator[Finding]:
    if isinstance(endpoint.exists, Refused):
        yield unchecked(Link.ALERTS, endpoint.name, f"the subscribed {endpoint.kind}", endpoint.exists)
    elif not endpoint.exists.value:
        text = f"the {endpoint.kind} is subscribed, but does not exist, so its alerts are lost"
        fix = f"create the {endpoint.kind} {endpoint.arn}, or remove it from scheduled-jobs:alerts and run pulumi up"
        yield broken("alert-endpoint-missing", Link.ALERTS, endpoint.name, text, fix)
    elif isinstance(endpoint.policy, Refused):
        yield unchecked(Link.ALERTS, endpoint.name, f"the policy of the {endpoint.kind}", endpoint.policy)
    else:
        yield from _closed(endpoint, json.loads(endpoint.policy.value or "{}"))


def _closed(endpoint: ReachedEndpoint, policy: Mapping[str, Any]) -> Iterator[Finding]:
    action = ACTIONS[endpoint.protocol]
    for topic in endpoint.topics:
        verdict = resource_policy.lets(policy, SNS, action, endpoint.arn, told(SNS, topic))
        if verdict is False:
            text = f"the policy of the {endpoint.kind} does not let {SNS} deliver the messages of {topic}"
            fix = f"allow {action} for {SNS} in the policy of {endpoint.arn}, with the topic as aws:SourceArn"
            yield broken("alert-endpoint-closed", Link.ALERTS, endpoint.name, text, fix)
        elif verdict is None:
            reason = "the policy has conditions that this command does not know"
            yield unchecked(Link.ALERTS, endpoint.name, f"whether {SNS} may deliver the messages of {topic}", reason)
