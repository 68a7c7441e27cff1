"""The sandbox's SNS: topics deliver to queues, functions, loopback addresses and a mailbox, as their policies allow."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from moto.sns.models import Subscription, Topic, sns_backends
from moto.sqs.models import sqs_backends

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import keys, policy_evaluation, resource_policies
from emulator.iam.policy_evaluation import Request
from emulator.loopback import is_loopback
from emulator.sns import filter_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROTOCOLS = ("email", "email-json", "http", "https", "sqs", "lambda")
_HTTP_TIMEOUT = 5.0
_DEFAULT_SUBJECT = "AWS Notification Message"
_LONGEST_SUBJECT = 100
"""The most characters of a subject, which must be ASCII without control characters."""
_EVENTBRIDGE = "events.amazonaws.com"
"""EventBridge tells a topic neither rule nor account, so no condition on them holds.

EventBridge User Guide, "Using resource-based policies", Amazon SNS permissions: "You can't use `Condition` blocks".
"""
_OWNERS_SERVICES = {"cloudwatch.amazonaws.com"}
"""Services that publish in the name of the publishing resource's account, which a topic's default policy allows."""


@dataclass(frozen=True)
class Mail:
    """A message that was sent to an e-mail address, or that could not be delivered to an endpoint."""

    at: datetime
    to: str
    topic: str
    subject: str
    body: str
    attributes: Mapping[str, str]
    undelivered: str | None = None
    """Why the message was not delivered; for example, addresses other than loopback are never called."""


class Topics:
    """The delivery side of SNS."""

    def __init__(self, invoke: Callable[[str, str, str], None]) -> None:
        """Call functions with `invoke`, which takes the ARNs of function and topic, and the payload."""
        self._invoke = invoke
        self.mailbox: list[Mail] = []

    def install(self, gateway: Gateway) -> None:
        """Refuse subscriptions that the sandbox cannot deliver to, and messages that SNS refuses."""
        gateway.check("sns", "Subscribe", _check_subscription)
        gateway.check("sns", "Publish", _check_message)

    @contextmanager
    def delivering(self) -> Iterator[None]:
        """Deliver the messages that are published in this process instead of moto."""
        original = Subscription.publish

        def publish(subscription: Subscription, message: str, message_id: str, **given: object) -> None:
            self._deliver(subscription, message, message_id, given, original)

        Subscription.publish = publish  # type: ignore[assignment, method-assign]
        try:
            with filter_policy.judging():
                yield
        finally:
            Subscription.publish = original  # type: ignore[method-assign]

    def publish(
        self,
        arn: str,
        source_arn: str,
        message: str,
        *,
        service: str = _EVENTBRIDGE,
        subject: str | None = None,
    ) -> None:
        """Publish on behalf of an AWS service; raise AwsError when the topic is gone or its policy forbids it."""
        topic = _topic(arn)
        account = Arn.parse(arn).account
        told = {"aws:SourceArn": source_arn, "aws:SourceAccount": account}
        context = {} if service == _EVENTBRIDGE else told
        if service in _OWNERS_SERVICES:
            context["AWS:SourceOwner"] = account
        request = resource_policies.over_tls(Request("sns:Publish", arn, context))
        decision = policy_evaluation.evaluate_resource_policy(json.loads(topic.policy), service, request)
        if not decision.allowed:
            raise AwsError("AuthorizationErrorException", f"{service} may not publish to {arn}: {decision.reason}")
        for use in keys.uses(request):
            keys.let_service(service, use)
        topic.publish(message, subject=subject)

    @staticmethod
    def publish_for_role(arn: str, message: str) -> None:
        """Publish without attributes on behalf of an authorized role; raise AwsError when the topic is gone."""
        _topic(arn).publish(message)

    def _deliver(
        self,
        subscription: Subscription,
        message: str,
        message_id: str,
        given: Mapping[str, Any],
        moto: Callable[..., None],
    ) -> None:
        matcher = subscription._filter_policy_matcher  # noqa: SLF001 - moto offers no public way to ask
        if matcher is not None and not matcher.matches(given.get("message_attributes"), message):
            return
        text = message
        if given.get("message_structure") == "json":
            parts = json.loads(message)
            text = parts.get(subscription.protocol, parts["default"])
        match subscription.protocol:
            case "email" | "email-json":
                self._post(subscription, text, given, None)
            case "sqs":
                refused = _queue_refuses(subscription)
                if refused:
                    self._post(subscription, text, given, refused)
                else:
                    moto(subscription, message, message_id, **given)
            case "lambda":
                record = subscription.get_post_data(
                    text, message_id, given.get("subject"), given.get("message_attributes")
                )
                envelope = {"EventSource": "aws:sns", "EventSubscriptionArn": subscription.arn, "Sns": record}
                try:
                    self._invoke(subscription.endpoint, subscription.topic.arn, json.dumps({"Records": [envelope]}))
                except AwsError as refused:
                    self._post(subscription, text, given, str(refused))
            case "http" | "https":
                failure = self._call(subscription, text, message_id, given)
                if failure:
                    self._post(subscription, text, given, failure)

    def _call(self, subscription: Subscription, text: str, message_id: str, given: Mapping[str, Any]) -> str | None:
        if not is_loopback(subscription.endpoint):
            return "the sandbox calls loopback addresses only"
        body = subscription.get_post_data(text, message_id, given.get("subject"), given.get("message_attributes"))
        try:
            httpx.post(
                subscription.endpoint,
                json=body,
                headers={"content-type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"},
                timeout=_HTTP_TIMEOUT,
                trust_env=False,
            ).raise_for_status()
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        return None

    def _post(self, subscription: Subscription, text: str, given: Mapping[str, Any], undelivered: str | None) -> None:
        attributes = given.get("message_attributes") or {}
        self.mailbox.append(
            Mail(
                at=datetime.now(UTC),
                to=subscription.endpoint,
                topic=subscription.topic.arn,
                subject=given.get("subject") or _DEFAULT_SUBJECT,
                body=text,
                attributes={name: str(attribute["Value"]) for name, attribute in attributes.items()},
                undelivered=undelivered,
            )
        )


def _topic(arn: str) -> Topic:
    """Return the topic with this ARN; raise AwsError when there is none."""
    place = Arn.parse(arn)
    topic = sns_backends[place.account][place.region].topics.get(arn)
    if topic is None:
        raise AwsError("NotFoundException", f"Topic does not exist: {arn}")
    return topic


def _check_subscription(call: Call) -> None:
    protocol = call.params["Protocol"]
    if protocol not in PROTOCOLS:
        raise AwsError("InvalidParameter", f"Invalid parameter: the sandbox does not support the protocol {protocol}")


def _check_message(call: Call) -> None:
    """Check the subject and the structure of a message (SNS API reference, Publish)."""
    subject = call.params.get("Subject", "")
    if len(subject) > _LONGEST_SUBJECT or not (subject.isascii() and subject.isprintable()):
        raise AwsError("InvalidParameter", "Invalid parameter: Subject")
    if call.params.get("MessageStructure") != "json":
        return
    try:
        parts = json.loads(call.params["Message"])
    except ValueError:
        parts = None
    if not isinstance(parts, dict):
        raise AwsError("InvalidParameter", "Invalid parameter: Message Structure - JSON message body failed to parse")
    if not isinstance(parts.get("default"), str):
        raise AwsError(
            "InvalidParameter", "Invalid parameter: Message Structure - No default entry in JSON message body"
        )


def _queue_refuses(subscription: Subscription) -> str | None:
    arn = Arn.parse(subscription.endpoint)
    queue = sqs_backends[arn.account][arn.region].queues.get(arn.resource)
    if queue is None:
        return f"the queue {subscription.endpoint} does not exist"
    policy = json.loads(queue.policy) if queue.policy else {"Version": "2012-10-17", "Statement": []}
    request = Request("sqs:SendMessage", subscription.endpoint, {"aws:SourceArn": subscription.topic.arn})
    try:
        decision = policy_evaluation.evaluate_resource_policy(
            policy, "sns.amazonaws.com", resource_policies.over_tls(request)
        )
    except policy_evaluation.UnknownPolicyElement as error:
        return f"the sandbox cannot judge the queue's policy: {error}"
    return None if decision.allowed else f"the queue's policy: {decision.reason}"
