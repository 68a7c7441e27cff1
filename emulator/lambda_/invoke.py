"""Lambda's Invoke; moto needs Docker for it."""

from __future__ import annotations

import json
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.lambda_.function_lookup import find, named

if TYPE_CHECKING:
    from emulator.lambda_.async_invocations import AsyncInvocations
    from emulator.lambda_.functions import Functions

LARGEST_EVENT, LARGEST_REQUEST = 1024**2, 6 * 1024**2
"""The largest payload of an event, and of a request that waits, in bytes (Lambda API reference, Invoke)."""


def install(gateway: Gateway, functions: Functions, invocations: AsyncInvocations) -> None:
    """Answer Invoke instead of moto."""
    gateway.answer("lambda", "Invoke", partial(_invoke, functions, invocations))


def _invoke(functions: Functions, invocations: AsyncInvocations, call: Call) -> dict[str, Any]:
    """Invoke a function, and return its reply; queue an event for the type `Event`; do neither for `DryRun`.

    The id of the request is that of the invocation.
    """
    arn = str(named(call))
    kind = call.params.get("InvocationType", "RequestResponse")
    payload = _text(kind, call.params.get("Payload"))
    function = find(arn)
    match kind:
        case "Event":
            invocations.queue(arn, payload, call.request_id)
            return {"StatusCode": int(HTTPStatus.ACCEPTED)}
        case "DryRun":
            return {"StatusCode": int(HTTPStatus.NO_CONTENT)}
        case _:
            reply = functions.invoke(arn, payload, call.request_id)
            failed = {} if reply.error is None else {"FunctionError": "Unhandled"}
            content = json.dumps(reply.result if reply.error is None else reply.error)
            return {"ExecutedVersion": str(function.version), "Payload": content.encode(), **failed}


def _text(kind: str, payload: bytes | str | None) -> str:
    """Return the event as JSON; raise AwsError for one that is too large or is not JSON."""
    content = payload.encode() if isinstance(payload, str) else payload or b"{}"
    if kind == "Event" and len(content) > LARGEST_EVENT:
        raise _too_large(
            f"{len(content)} byte payload is too large for the Event invocation type (limit {LARGEST_EVENT} bytes)"
        )
    if len(content) > LARGEST_REQUEST:
        raise _too_large(f"Request must be smaller than {LARGEST_REQUEST} bytes for the InvokeFunction operation")
    try:
        json.loads(content)
    except ValueError as error:
        raise AwsError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}", Type="User"
        ) from error
    return content.decode()


def _too_large(message: str) -> AwsError:
    """Return the error for a payload; its code is the one that SDKs report, which Lambda's model does not have."""
    return AwsError("RequestEntityTooLargeException", message, Type="User")
