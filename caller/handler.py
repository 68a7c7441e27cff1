"""The entry of the function: an event of the supervisor is a launch, and one of the function's URL is a callback."""

from __future__ import annotations

import json
import os
import sys
import time
from functools import cache
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from caller import answer, callback, exchange, request
from caller.account import Account
from caller.callback import RefusedError
from caller.failures import RequestFailed, RequestTimedOut
from caller.proof import Proof
from caller.settings import Settings
from caller.words import told


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's has no type
    """Handle one invocation."""
    settings, account = Settings.of(os.environ), _account()
    if callback.is_call(event):
        return _take_callback(event, context.invoked_function_arn, settings, account)
    return _send_request(event, context, settings, account)


def _send_request(event: dict[str, Any], context: Any, settings: Settings, account: Account) -> dict[str, Any]:  # noqa: ANN401
    """Send the request of a launch, and return what its answer means; RequestFailed or RequestTimedOut with the reason.

    What leaves the function, by its log or by an error, passes `told` first.
    """
    secrets: list[str] = []
    begun = time.monotonic()
    try:
        secrets = account.secrets(settings.secret)
        alias, name = context.invoked_function_arn, context.aws_request_id
        launch = request.launch_id(alias, event)
        body = request.body(event, f"{alias}/{name}", settings.jobs)
        proven = Proof(settings.proof, secrets).headers(launch, time.time(), body)
        deadline = exchange.Deadline(settings.timeout)
        got = exchange.send(settings.address, request.headers(launch) | proven, body, deadline)
        _log(answer=told(got.line, got.text, secrets), seconds=round(time.monotonic() - begun, 3), id=launch)
        return answer.result(got, callback="callback" in event)
    except (RequestFailed, RequestTimedOut) as failure:
        raise type(failure)(told(failure.why, failure.quote, secrets)) from None


def _take_callback(event: dict[str, Any], alias: str, settings: Settings, account: Account) -> dict[str, Any]:
    """Tell the watch what a receiver says, and return the answer for the receiver."""
    now = time.time()
    try:
        call = callback.message(event)
        callback.check_form(call, settings.proof, now)
        callback.check_proof(call, Proof(settings.proof, account.secrets(settings.secret)))
        report = callback.report(call.body, alias=alias, job=settings.job, now=now)
        account.tell(settings.watch, report)
    except RefusedError as refused:
        return _reply(refused.status, refused.why)
    except (RequestFailed, ClientError, BotoCoreError) as error:
        _log(callback=told("the callback is not handed on", str(error), []))
        return _reply(HTTPStatus.SERVICE_UNAVAILABLE, "this cannot be taken now; send it again")
    return {"statusCode": HTTPStatus.NO_CONTENT.value}


def _reply(status: HTTPStatus, why: str) -> dict[str, Any]:
    """Return an answer in payload format 2.0 of function URLs."""
    _log(callback=f"{status.value} {why}")
    body = json.dumps({"error": why})
    return {"statusCode": status.value, "headers": {"Content-Type": "application/json"}, "body": body}


def _log(**fields: str | float) -> None:
    """Write one structured line to the log."""
    sys.stdout.write(json.dumps(fields) + "\n")


@cache
def _account() -> Account:
    return Account()
