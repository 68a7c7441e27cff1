"""Lambda's Invoke, by which other functions invoke a function; moto needs Docker for it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.gateway.gateway import AwsError, Call, Gateway

if TYPE_CHECKING:
    from emulator.lambda_.async_invocations import AsyncInvocations
    from emulator.lambda_.functions import Functions


def install(gateway: Gateway, functions: Functions, invocations: AsyncInvocations) -> None:
    """Answer Invoke instead of moto."""
    gateway.answer("lambda", "Invoke", partial(_invoke, functions, invocations))


def _invoke(functions: Functions, invocations: AsyncInvocations, call: Call) -> dict[str, Any]:
    """Invoke a function, and return its reply; or, for the type `Event`, queue the event.

    The status is 200 also for an event, for which Lambda has 202.
    """
    name = call.params["FunctionName"]
    arn = (
        name if name.startswith("arn:") else f"arn:{call.partition}:lambda:{call.region}:{call.account}:function:{name}"
    )
    payload = _text(call.params.get("Payload"))
    match call.params.get("InvocationType", "RequestResponse"):
        case "Event":
            invocations.queue(arn, payload)
            return {}
        case "RequestResponse":
            reply = functions.invoke(arn, payload)
            failed = {} if reply.error is None else {"FunctionError": "Unhandled"}
            content = json.dumps(reply.result if reply.error is None else reply.error)
            return {"ExecutedVersion": "$LATEST", "Payload": content.encode(), **failed}
        case other:
            raise AwsError(
                "InvalidParameterValueException", f"the sandbox does not support the invocation type {other}"
            )


def _text(payload: bytes | str | None) -> str:
    """Return the event as JSON; raise InvalidRequestContentException for what is not JSON."""
    text = payload.decode() if isinstance(payload, bytes) else payload or "{}"
    try:
        json.loads(text)
    except ValueError as error:
        raise AwsError("InvalidRequestContentException", f"Could not parse request body into json: {error}") from error
    return text
