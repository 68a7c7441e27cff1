"""Asynchronous invocations of functions: tried again when they fail, and handed to a destination in the end.

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

from aws.arn import Arn
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from emulator.lambda_.functions import Functions, find

if TYPE_CHECKING:
    from emulator.lambda_.worker import Reply
    from emulator.timekeeping.timeline import Agenda

Send = Callable[[str, str], None]
"""Takes the ARN of a destination, and the text; AwsError when it is not there."""

WAITS = (timedelta(minutes=1), timedelta(minutes=2))
"""Before each retry (Lambda Developer Guide, Error handling for asynchronous invocation)."""
LONGEST_AGE = timedelta(seconds=21600)
"""Of an event, where the function says nothing (Lambda API reference, PutFunctionEventInvokeConfig)."""
SENDING = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
"""What the function's role must be allowed, by the service of the destination."""

_REMEMBERED_FAILURES = 1000


@dataclass(frozen=True)
class Failure:
    """An invocation that failed, or could not be made."""

    at: datetime
    function: str
    """Its name."""
    source: str
    """The ARN of what invoked it."""
    attempt: int
    error: str
    then: str
    """What happens with the event."""


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
        """Invoke again by `agenda`; `send` delivers to destinations, by their service."""
        self._functions = functions
        self._agenda = agenda
        self._send = {**send, "lambda": self._invoke_as_destination}
        self.failures: deque[Failure] = deque(maxlen=_REMEMBERED_FAILURES)
        """The latest, oldest first; also those of functions that are invoked in another way."""

    def invoke(self, arn: str, source_arn: str, payload: str, *, service: str) -> None:
        """Take an event of an AWS service; AwsError unless the function's own policy lets that source."""
        self._functions.permit(arn, source_arn, service)
        self._queue(arn, source_arn, payload)

    def _invoke_as_destination(self, arn: str, text: str) -> None:
        find(arn)
        self._queue(arn, arn, text)

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
        """Have the event tried again, or let it grow too old; None when it was tried often enough."""
        if event.attempts > config.get("MaximumRetryAttempts", len(WAITS)):
            return None
        again = datetime.now(UTC) + WAITS[event.attempts - 1]
        age = config.get("MaximumEventAgeInSeconds")
        expires = event.queued_at + (LONGEST_AGE if age is None else timedelta(seconds=age))
        if again <= expires:
            self._agenda.at(again, partial(self._try, event))
            return f"again at {again:%H:%M:%S}"
        self._agenda.at(expires, partial(self._expire, event, reply))
        return f"too old at {expires:%H:%M:%S}"

    def _expire(self, event: _Event, reply: Reply) -> None:
        self._note(event, reply, self._give_up(event, reply, "EventAgeExceeded"))

    def _give_up(self, event: _Event, reply: Reply, condition: str) -> str:
        """Hand the event to the destination for failures; tell where it went."""
        try:
            config = _config(event.function)
        except AwsError as gone:
            return f"lost: {gone.message}"
        destination = _destination(config, "OnFailure")
        return self._hand_over(event, reply, condition, destination) or "lost: the function has no destination"

    def _hand_over(self, event: _Event, reply: Reply, condition: str, destination: str | None) -> str | None:
        if destination is None:
            return None
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
    """Write the error of a reply in a line."""
    error = reply.error or {}
    return f"{error.get('errorType')}: {error.get('errorMessage')}"


def _config(arn: str) -> Mapping[str, Any]:
    """Return the function's FunctionEventInvokeConfig; empty when it has none."""
    configured = find(arn).event_invoke_config
    config: Mapping[str, Any] = configured[-1].config if configured else {}
    return config


def _destination(config: Mapping[str, Any], when: str) -> str | None:
    return config.get("DestinationConfig", {}).get(when, {}).get("Destination") or None


def _record(event: _Event, reply: Reply, condition: str) -> dict[str, Any]:
    """Write the invocation record (Lambda Developer Guide, Capturing records of asynchronous invocations)."""
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
