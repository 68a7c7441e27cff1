"""Lambda's event source mappings: they poll queues, and invoke functions with the messages."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from moto.awslambda.models import EventSourceMapping, lambda_backends
from moto.sqs.models import Queue, sqs_backends

from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from emulator.lambda_.async_invocations import Failure, error_text
from emulator.lambda_.function_lookup import find
from emulator.lambda_.replies import Reply
from emulator.sqs import queue_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moto.sqs.models import Message

    from emulator.lambda_.functions import Functions

POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""The permissions of the function's role that polling needs (Lambda Developer Guide, Using Lambda with Amazon SQS)."""
_MAPPINGS = "lambda_event_source_mappings"
"""The attribute in which moto's queues store their functions."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(milliseconds=1)


class EventSourceMappings:
    """The mappings of one account, in all regions; a source on the sandbox's timeline."""

    def __init__(self, account: str, functions: Functions, note: Callable[[Failure], None]) -> None:
        """Invoke functions through `functions`, and report failures to `note`."""
        self._account = account
        self._functions = functions
        self._note = note
        self._idle: dict[str, str] = {}

    @contextmanager
    def polling(self) -> Iterator[None]:
        """Prevent moto from invoking functions in Docker as soon as a message is sent."""
        before = vars(Queue).get(_MAPPINGS)
        setattr(Queue, _MAPPINGS, property(lambda _: {}, lambda *_: None))
        try:
            yield
        finally:
            if before is None:
                delattr(Queue, _MAPPINGS)
            else:
                setattr(Queue, _MAPPINGS, before)

    def next_moment(self) -> datetime | None:
        """Return the next time at which a message can be received, or None."""
        moments = [_visible_from(queue) for _, queue in self._polled()]
        return min((moment for moment in moments if moment is not None), default=None)

    def fire(self, moment: datetime) -> None:
        """Invoke functions with the messages that can be received, mapping by mapping, until none are left."""
        del moment  # moto uses the clock
        for mapping, queue in self._polled():
            _drop_expired(queue)
            while messages := _receive(queue, mapping.batch_size):
                self._deliver(mapping, queue, messages)

    def _polled(self) -> Iterator[tuple[EventSourceMapping, Queue]]:
        """Yield the enabled mappings whose queue has messages, in the order of their creation."""
        for region, backend in list(lambda_backends[self._account].items()):
            for mapping in list(backend._event_source_mappings.values()):  # noqa: SLF001 - moto lists by HTTP only
                queue = sqs_backends[self._account][region].queues.get(mapping.event_source_arn.rpartition(":")[2])
                if mapping.enabled and queue is not None and queue._messages and self._may_poll(mapping):  # noqa: SLF001
                    yield mapping, queue

    def _may_poll(self, mapping: EventSourceMapping) -> bool:
        """Return whether the function's role may read the queue; report each reason why not only once."""
        try:
            check(find(mapping.function_arn).role, mapping.event_source_arn)
        except AwsError as refusal:
            if self._idle.get(mapping.uuid) != refusal.message:
                self._idle[mapping.uuid] = refusal.message
                self._failed(mapping, refusal.message, "the mapping delivers nothing", attempt=0)
            return False
        self._idle.pop(mapping.uuid, None)
        return True

    def _deliver(self, mapping: EventSourceMapping, queue: Queue, messages: list[Message]) -> None:
        event = queue_events.event(mapping.event_source_arn, messages)
        reply = self._invoked(mapping.function_arn, json.dumps(event))
        ids = [message.id for message in messages]
        failed = ids
        if reply.error is None:
            partial = queue_events.PARTIAL in (mapping.function_response_types or [])
            failed = queue_events.failed(reply.result, ids) if partial else []
        for message in messages:
            if message.id not in failed:
                queue.delete_message(str(message.receipt_handle))
        if failed:
            error = error_text(reply) if reply.error is not None else f"{len(failed)} of {len(ids)} messages failed"
            again = max(message.approximate_receive_count for message in messages if message.id in failed)
            self._failed(mapping, error, f"visible again after {visibility_timeout(queue)} seconds", attempt=again)

    def _invoked(self, arn: str, event: str) -> Reply:
        """Return the reply of a function, or an error for one that is throttled."""
        try:
            return self._functions.invoke(arn, event)
        except AwsError as throttled:
            return Reply([], error={"errorType": throttled.code, "errorMessage": throttled.message})

    def _failed(self, mapping: EventSourceMapping, error: str, then: str, *, attempt: int) -> None:
        self._note(
            Failure(
                at=datetime.now(UTC),
                function=mapping.function_arn.rpartition(":")[2],
                source=mapping.event_source_arn,
                attempt=attempt,
                error=error,
                then=then,
            )
        )


def check(role_arn: str, queue_arn: str) -> None:
    """Raise AwsError unless the role has all permissions on the queue that a mapping needs."""
    for action in POLLING:
        roles.authorize(role_arn, Request(action, queue_arn))


def visibility_timeout(queue: Queue) -> int:
    """Return the seconds for which a received message is hidden."""
    seconds: int = vars(queue)["visibility_timeout"]  # moto counts the messages when it is asked for its attributes
    return seconds


def _receive(queue: Queue, count: int) -> list[Message]:
    """Return messages as ReceiveMessage does; moto moves those received too often to the dead-letter queue."""
    backend = sqs_backends[queue.account_id][queue.region]
    hidden = max(visibility_timeout(queue), 1)  # with 0, a failing message would be received endlessly at one moment
    messages: list[Message] = backend.receive_message(queue.name, count, 0, hidden, ["All"])
    return messages


def _drop_expired(queue: Queue) -> None:
    """Remove messages older than the retention period; moto does not return them, but stores them for ever."""
    backend = sqs_backends[queue.account_id][queue.region]
    queue._messages = [  # noqa: SLF001 - see above
        message
        for message in queue._messages  # noqa: SLF001
        if backend.is_message_valid_based_on_retention_period(queue.name, message)
    ]


def _visible_from(queue: Queue) -> datetime | None:
    """Return when the first message can be received: a millisecond late, so that no rounding hides it for ever."""
    times = [max(message.visible_at, message.delayed_until) for message in queue._messages]  # noqa: SLF001 - see above
    if not times:
        return None
    first = min(times)
    return datetime.now(UTC) if first == 0 else max(_EPOCH + timedelta(milliseconds=first) + _STEP, datetime.now(UTC))
