"""Messages that no receiver has any more, whose visibility cannot be changed. moto hides them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.sqs.models import sqs_backends

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from moto.sqs.models import Queue

    from emulator.gateway.gateway import Call, Gateway


def install(gateway: Gateway) -> None:
    """Refuse ChangeMessageVisibility for a message that is not in flight, in the words of SQS that people have met."""
    gateway.check("sqs", "ChangeMessageVisibility", _check)


def _check(call: Call) -> None:
    queue = sqs_backends[call.account][call.region].queues.get(call.params["QueueUrl"].rpartition("/")[2])
    handle = call.params["ReceiptHandle"]
    if queue is not None and _is_over(queue, handle):
        raise AwsError(
            "InvalidParameterValue",
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not "
            "available for visibility timeout change.",
        )


def _is_over(queue: Queue, handle: str) -> bool:
    """Return whether the message of a receipt is deleted, or can be received again."""
    messages = list(queue._messages)  # noqa: SLF001 - moto looks through them too
    return handle in queue.deleted_messages or any(
        message.visible for message in messages if message.had_receipt_handle(handle)
    )
