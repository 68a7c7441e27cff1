"""The policies of topics and queues. What they deny holds for every role, whatever its own policies allow.

Every request is judged as one over TLS. The sandbox listens in plain HTTP on loopback, where AWS has TLS.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from aws_facts.arn import Arn
from emulator.iam import policy_evaluation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.iam.policy_evaluation import Decision, Document, Request

_OVER_TLS = {"aws:SecureTransport": "true"}


def over_tls(request: Request) -> Request:
    """Return a request as one that was made over TLS."""
    return replace(request, context={**request.context, **_OVER_TLS})


def denial(principal: str, request: Request) -> Decision | None:
    """Return the denial of a request by the policy of its topic or queue; None when that policy denies nothing."""
    policy = _policy(request.resource)
    return None if policy is None else policy_evaluation.resource_denial(policy, principal, request)


def _policy(arn: str) -> Document | None:
    """Return the policy of a topic or queue; None when it has none, and for all other resources."""
    find = None if arn == "*" else _POLICIES.get(Arn.parse(arn).service)
    text = None if find is None else find(Arn.parse(arn))
    return json.loads(text) if text else None


def _of_topic(arn: Arn) -> str | None:
    topic = sns_backends[arn.account][arn.region].topics.get(str(arn))
    return None if topic is None else topic.policy


def _of_queue(arn: Arn) -> str | None:
    queue = sqs_backends[arn.account][arn.region].queues.get(arn.resource)
    return None if queue is None else queue.policy


_POLICIES: Mapping[str, Callable[[Arn], str | None]] = {"sns": _of_topic, "sqs": _of_queue}
