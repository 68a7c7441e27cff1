"""Asynchronous invocations of functions: retried when they fail, and finally sent to a destination.

Follows "Invoking a Lambda function asynchronously" of the Lambda Developer Guide.
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from emulator.lambda_.functions import Functions, find

if TYPE_CHECKING:
    from emulator.lambda_.function_process import Reply
    from emulator.timekeeping.timeline import Agenda

Send = Callable[[str, str], None]
"""A function that sends a text to the ARN of a destination; it raises AwsError when there is no such destination."""

WAITS = (timedelta(minutes=1), timedelta(minutes=2))
"""The wait before each retry (Lambda Developer Guide, Error handling for asynchronous invocation)."""
LONGEST_AGE = timedelta(seconds=21600)
"""The maximum age of an event where the function sets none (Lambda API reference, PutFunctionEventInvokeConfig)."""
SENDING = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
"""The permission that the function's role needs, by the service of the destination."""

_FIFO = {"sns": "topic", "sqs": "queue"}

_REMEMBERED_FAILURES = 1000


@dataclass(frozen=True)
class Failure:
    """An invocation that failed or could not be made."""

    at: datetime
    function: str
    """The name of the function."""
    source: str
    """The ARN of the resource that invoked the function."""
    attempt: int
    error: str
    then: str
    """The next step for the event: a retry, its expiry, the destination that received it, or why it is lost."""


@dataclass(frozen=True)
class _Event:
    """An event on its way to a function."""

    function: str
    source: str
    payload: str
    queued_at: datetime
    request_id: str
    attempts: int = 0


class AsyncInvocations:
    """The queue between the services that invoke functions and the functions."""

    def __init__(self, functions: Functions, agenda: Agenda, send: Mapping[str, Send]) -> None:
        """Schedule retries on `agenda`; `send` has a function for each service of destinations."""
        self._functions = functions
        self._agenda = agenda
        self._send = {**send, "lambda": self.queue}
        self.failures: deque[Failure] = deque(maxlen=_REMEMBERED_FAILURES)
        """The latest failures, oldest first; with those of functions that are invoked in another way."""

    def invoke(self, arn: str, source_arn: str, payload: str, *, service: str) -> None:
        """Queue an event of an AWS service; raise AwsError unless the function's own policy allows the source."""
        self._functions.permit(arn, source_arn, service)
        self._queue(arn, source_arn, payload)

    def queue(self, arn: str, payload: str) -> None:
        """Queue an event of a caller who may invoke the function; raise AwsError when there is no such function."""
        find(arn)
        self._queue(arn, arn, payload)

    def _queue(self, arn: str, source_arn: str, payload: str) -> None:
        self._try(_Event(arn, source_arn, payload, datetime.now(UTC), str(uuid.uuid4())))

    def _try(self, event: _Event) -> None:
        tried = replace(event, attempts=event.attempts + 1)
        self._functions.invoke_when_free(
            event.function, event.payload, event.request_id, partial(self._answered, tried)
        )

    def _answered(self, event: _Event, reply: Reply) -> None:
        config = _config(event.function)
        if reply.error is None:
            self._hand_over(event, reply, "Success", _destination(config, "OnSuccess"))
            return
        then = self._retry(event, reply, config) or self._give_up(event, reply, "RetriesExhausted")
        self._note(event, reply, then)

    def _retry(self, event: _Event, reply: Reply, config: Mapping[str, Any]) -> str | None:
        """Schedule a retry, or the expiry of the event, and return which; return None when no attempts are left."""
        if event.attempts > config.get("MaximumRetryAttempts", len(WAITS)):
            return None
        again = datetime.now(UTC) + WAITS[event.attempts - 1]
        age = config.get("MaximumEventAgeInSeconds")
        expires = event.queued_at + (LONGEST_AGE if age is None else timedelta(seconds=age))
        if again <= expires:
            self._agenda.at(again, partial(self._try, event))
            return f"retry at {again:%H:%M:%S}"
        self._agenda.at(expires, partial(self._expire, event, reply))
        return f"too old at {expires:%H:%M:%S}"

    def _expire(self, event: _Event, reply: Reply) -> None:
        self._note(event, reply, self._give_up(event, reply, "EventAgeExceeded"))

    def _give_up(self, event: _Event, reply: Reply, condition: str) -> str:
        """Send the event to the destination for failures, and return that destination or why the event is lost."""
        try:
            config = _config(event.function)
        except AwsError as gone:
            return f"lost: {gone.message}"
        destination = _destination(config, "OnFailure")
        return self._hand_over(event, reply, condition, destination) or "lost: the function has no destination"

    def _hand_over(self, event: _Event, reply: Reply, condition: str, destination: str | None) -> str | None:
        if destination is None:
            return None
        if destination.endswith(".fifo"):  # Lambda stores such a destination, and fails to send to it
            return f"lost: the destination {destination} is a FIFO {_FIFO[Arn.parse(destination).service]}"
        service = Arn.parse(destination).service
        try:
            roles.authorize(find(event.function).role, Request(SENDING[service], destination))
            self._send[service](destination, json.dumps(_record(event, reply, condition)))
        except AwsError as refusal:
            return f"lost: {refusal.message}"
        return destination

    def _note(self, event: _Event, reply: Reply, then: str) -> None:
        self.failures.append(
            Failure(
                at=datetime.now(UTC),
                function=event.function.rpartition(":")[2],
                source=event.source,
                attempt=event.attempts,
                error=error_text(reply),
                then=then,
            )
        )


def error_text(reply: Reply) -> str:
    """Return the error of a reply as one line."""
    error = reply.error or {}
    return f"{error.get('errorType')}: {error.get('errorMessage')}"


def _config(arn: str) -> Mapping[str, Any]:
    """Return the function's FunctionEventInvokeConfig, or an empty mapping when it has none."""
    configured = find(arn).event_invoke_config
    config: Mapping[str, Any] = configured[-1].config if configured else {}
    return config


def _destination(config: Mapping[str, Any], when: str) -> str | None:
    return config.get("DestinationConfig", {}).get(when, {}).get("Destination") or None


def _record(event: _Event, reply: Reply, condition: str) -> dict[str, Any]:
    """Return the invocation record (Lambda Developer Guide, Capturing records of asynchronous invocations)."""
    failed = {"functionError": "Unhandled"} if reply.error is not None else {}
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": f"{event.function}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.payload),
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", **failed},
        "responsePayload": reply.error if reply.error is not None else reply.result,
    }
