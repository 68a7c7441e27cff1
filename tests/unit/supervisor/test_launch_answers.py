"""What an error of RunTask or SendMessage means: whether a task may run, and whether it helps to call again."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ProxyConnectionError,
    ReadTimeoutError,
)

from supervisor import launch_answers

URL = "https://ecs.eu-central-1.amazonaws.com/"


def refused(code: str, status: int, text: str = "") -> ClientError:
    """Return boto3's error of a call that ECS answered."""
    answer: Any = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "RunTask")


@pytest.mark.parametrize(
    ("error", "unknown"),
    [
        (ConnectTimeoutError(endpoint_url=URL), False),
        (EndpointConnectionError(endpoint_url=URL, error="no such host"), False),
        (ProxyConnectionError(proxy_url=URL, error="refused"), False),
        (ParamValidationError(report="Unknown parameter"), False),
        (ReadTimeoutError(endpoint_url=URL), True),
        (ConnectionClosedError(endpoint_url=URL), True),
        (refused("ThrottlingException", 400), False),
        (refused("ServerException", 500), True),
        (refused("ServiceUnavailable", 503), True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BotoCoreError) else None,
)
def test_a_task_may_run_only_if_the_request_was_sent(error: Exception, *, unknown: bool) -> None:
    """A tick in doubt keeps its place for 55 minutes, and its launch is called again beyond the start deadline."""
    assert launch_answers.of_error(error).unknown is unknown


def test_a_request_that_boto3_refuses_is_refused_for_good() -> None:
    """The same request meets the same error again."""
    assert launch_answers.of_error(ParamValidationError(report="Unknown parameter")).for_good


@pytest.mark.parametrize(
    ("code", "status", "text", "for_good", "denied"),
    [
        ("AWS.SimpleQueueService.NonExistentQueue", 400, "The specified queue does not exist.", True, False),
        ("QueueDoesNotExist", 400, "The specified queue does not exist.", True, False),
        ("InvalidMessageContents", 400, "Invalid characters found.", True, False),
        ("AccessDenied", 403, "User x is not authorized to perform: sqs:sendmessage", False, True),
        ("RequestThrottled", 400, "Rate exceeded", False, False),
        ("KmsThrottled", 400, "Rate exceeded", False, False),
    ],
)
def test_what_sqs_refuses(code: str, status: int, text: str, *, for_good: bool, denied: bool) -> None:
    """A queue that does not exist is a mistake, a role may be too new, and the rest passes."""
    found = launch_answers.of_error(refused(code, status, text))
    assert (found.for_good, found.denied, found.unknown) == (for_good, denied, False)
