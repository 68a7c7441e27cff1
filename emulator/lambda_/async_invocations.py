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
from aws_facts.function_name import LATEST, FunctionName
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from emulator.lambda_ import event_invoke_configs
from emulator.lambda_.concurrency import THROTTLED, reserved_for
from emulator.lambda_.event_invoke_configs import SENDING, destination
from emulator.lambda_.function_lookup import find

if TYPE_CHECKING:
    from emulator.lambda_.functions import Functions
    from emulator.lambda_.replies import Reply
    from emulator.timekeeping.timeline import Agenda

Send = Callable[[str, str], None]
"""A function that sends a text to the ARN of a destination; it raises AwsError when there is no such destination."""

WAITS = (timedelta(minutes=1), timedelta(minutes=2))
"""The wait before each retry (Lambda Developer Guide, Error handling for asynchronous invocation)."""
THROTTLED_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(minutes=5)
"""The wait after the first throttling, which doubles each time, and the longest wait (as above)."""
LONGEST_AGE = timedelta(seconds=21600)
"""The maximum age of an event where the function sets none (Lambda API reference, PutFunctionEventInvokeConfig)."""

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

    function: FunctionName
    source: str
    payload: str
    queued_at: datetime
    request_id: str
    attempts: int = 0
    throttled: int = 0
    """The number of attempts in a row that were throttled."""


@dataclass(frozen=True)
class _Outcome:
    """The outcome of an attempt: the members of the record that tell it, and one line that tells it."""

    told: Mapping[str, Any]
    error: str = ""


class AsyncInvocations:
    """The queue between the services that invoke functions and the functions."""

    deliveries: Callable[[str], int] | None = None
    """A hook that takes the ARN of a function, and returns how often Lambda delivers the event; usually once."""

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
        self._queue(arn, source_arn, payload, str(uuid.uuid4()))

    def queue(self, arn: str, payload: str, request_id: str | None = None) -> None:
        """Queue an event of a caller who may invoke the function; raise AwsError when there is no such function."""
        find(arn)
        self._queue(arn, arn, payload, request_id or str(uuid.uuid4()))

    def _queue(self, arn: str, source_arn: str, payload: str, request_id: str) -> None:
        event = _Event(FunctionName.of_arn(arn), source_arn, payload, datetime.now(UTC), request_id)
        for _ in range(1 if self.deliveries is None else self.deliveries(arn)):
            self._try(event)

    def _try(self, event: _Event) -> None:
        tried = replace(event, attempts=event.attempts + 1, throttled=0)
        try:
            self._functions.invoke_when_free(
                str(event.function), event.payload, event.request_id, partial(self._answered, tried)
            )
        except AwsError as refusal:
            if refusal.code == THROTTLED:
                self._throttled(event, refusal.message)

    def _answered(self, event: _Event, reply: Reply) -> None:
        config, outcome = event_invoke_configs.of(event.function), _answer(event, reply)
        if reply.error is None:
            self._hand_over(event, outcome, "Success", destination(config, "OnSuccess"))
            return
        then = self._retry(event, outcome, config) or self._give_up(event, outcome, "RetriesExhausted")
        self._note(event, outcome, then)

    def _retry(self, event: _Event, outcome: _Outcome, config: Mapping[str, Any]) -> str | None:
        """Schedule a retry, or the expiry of the event, and return which; return None when no attempts are left."""
        if event.attempts > config.get("MaximumRetryAttempts", len(WAITS)):
            return None
        return self._again(event, outcome, config, WAITS[event.attempts - 1])

    def _throttled(self, event: _Event, message: str) -> None:
        """Schedule another try; a function that may not run at all has none.

        The record of an event that was never handled has no payload of a response (stackd's recordings of AWS).
        """
        if reserved_for(str(event.function)) == 0:
            never = _Outcome({}, message)
            self._note(event, never, self._give_up(event, never, "ZeroReservedConcurrency"))
            return
        outcome = _Outcome({"responseContext": {"statusCode": 429}}, message)
        wait = min(THROTTLED_WAIT * 2**event.throttled, LONGEST_WAIT)
        config = event_invoke_configs.of(event.function)
        self._note(event, outcome, self._again(replace(event, throttled=event.throttled + 1), outcome, config, wait))

    def _again(self, event: _Event, outcome: _Outcome, config: Mapping[str, Any], wait: timedelta) -> str:
        """Schedule another try, or the expiry of the event, and return which."""
        again = datetime.now(UTC) + wait
        age = config.get("MaximumEventAgeInSeconds")
        expires = event.queued_at + (LONGEST_AGE if age is None else timedelta(seconds=age))
        if again <= expires:
            self._agenda.at(again, partial(self._try, event))
            return f"retry at {again:%H:%M:%S}"
        self._agenda.at(max(expires, datetime.now(UTC)), partial(self._expire, event, outcome))
        return f"too old at {expires:%H:%M:%S}"

    def _expire(self, event: _Event, outcome: _Outcome) -> None:
        self._note(event, outcome, self._give_up(event, outcome, "EventAgeExceeded"))

    def _give_up(self, event: _Event, outcome: _Outcome, condition: str) -> str:
        """Send the event to the destination for failures, and return that destination or why the event is lost."""
        try:
            config = event_invoke_configs.of(event.function)
        except AwsError as gone:
            return f"lost: {gone.message}"
        to = destination(config, "OnFailure")
        return self._hand_over(event, outcome, condition, to) or "lost: the function has no destination"

    def _hand_over(self, event: _Event, outcome: _Outcome, condition: str, to: str | None) -> str | None:
        if to is None:
            return None
        if to.endswith(".fifo"):  # Lambda stores such a destination, and fails to send to it
            return f"lost: the destination {to} is a FIFO {_FIFO[Arn.parse(to).service]}"
        service = Arn.parse(to).service
        try:
            roles.authorize(find(str(event.function)).role, Request(SENDING[service], to))
            self._send[service](to, json.dumps(_record(event, outcome, condition)))
        except AwsError as refusal:
            return f"lost: {refusal.message}"
        return to

    def _note(self, event: _Event, outcome: _Outcome, then: str) -> None:
        self.failures.append(
            Failure(
                at=datetime.now(UTC),
                function=event.function.name,
                source=event.source,
                attempt=event.attempts,
                error=outcome.error,
                then=then,
            )
        )


def error_text(reply: Reply) -> str:
    """Return the error of a reply as one line."""
    error = reply.error or {}
    return f"{error.get('errorType')}: {error.get('errorMessage')}"


def _answer(event: _Event, reply: Reply) -> _Outcome:
    """Return the outcome of an attempt in which the handler ran."""
    context = {"statusCode": 200, "executedVersion": str(find(str(event.function)).version)}
    if reply.error is None:
        return _Outcome({"responseContext": context, "responsePayload": reply.result})
    failed = {**context, "functionError": "Unhandled"}
    return _Outcome({"responseContext": failed, "responsePayload": reply.error}, error_text(reply))


def _record(event: _Event, outcome: _Outcome, condition: str) -> dict[str, Any]:
    """Return the invocation record (Lambda Developer Guide, Capturing records of asynchronous invocations)."""
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": f"{event.function.function}:{event.function.qualifier or LATEST}",
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.payload),
        **outcome.told,
    }
