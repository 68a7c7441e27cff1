"""What an answer of RunTask, Invoke or SendMessage, or its error, means for the launch. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ProxyConnectionError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_WRONG = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "BlockedException",
        "ClientException",
        "ClusterNotFoundException",
        "ConflictException",
        "InvalidMessageContents",
        "InvalidParameterException",
        "InvalidParameterValueException",
        "PlatformTaskDefinitionIncompatibilityException",
        "PlatformUnknownException",
        "QueueDoesNotExist",
        "RequestTooLargeException",
        "ResourceNotFoundException",
        "UnsupportedFeatureException",
    }
)
"""Errors that the same request meets again (ECS API reference, RunTask, "Errors"; Lambda API reference, Invoke; SQS API
reference, SendMessage). SQS's code for a queue that does not exist has two forms."""
_NOT_YET = ("unable to assume the role", "is not authorized to perform")
"""Words of errors that a new role meets until IAM knows it everywhere (IAM User Guide, "Changes that I make are not
always immediately visible")."""
_PASSES = ("Throttl", "TooManyRequests", "LimitExceeded", "Rate exceeded", "PROVISIONING")
"""Parts of codes and words of errors that pass. ECS hands on those of EC2, which it asks about the network, as
InvalidParameterException, and says with a ClientException that too many tasks of a capacity provider are PROVISIONING.
"""
_MISFITS = ("ATTRIBUTE", "LOCATION", "MemberOf placement constraint unsatisfied")
"""How the reasons of failures begin that say that an EC2 instance does not fit the task, whatever room it has (ECS
Developer Guide, "API failure reasons")."""
_UNKNOWN_FROM = 500
_NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
"""Errors of boto3 before it has sent anything, because there was no connection. RunTask is called with one attempt, so
no earlier one was sent either."""


@dataclass(frozen=True)
class Refusal:
    """A call that started nothing, or may have."""

    reason: str
    for_good: bool = False
    """Whether the same request is always refused."""
    denied: bool = False
    """Whether a permission is missing, or is too new."""
    unknown: bool = False
    """Whether a run may have been started all the same."""


def of_failures(failures: list[Mapping[str, Any]]) -> Refusal:
    """Return the meaning of an answer without a task. RunTask answers so when ECS cannot place the task.

    On EC2 there is a failure for each container instance. If one of them only lacks room, the next call may succeed.
    """
    said = [": ".join(filter(None, (one.get("reason", ""), one.get("detail", "")))) for one in failures]
    return Refusal(
        "; ".join(dict.fromkeys(said)) or "ECS started no task and gave no reason",
        for_good=bool(said) and all(one.startswith(_MISFITS) for one in said),
    )


def of_error(error: Exception) -> Refusal:
    """Return the meaning of an error of boto3 in a call of RunTask, Invoke or SendMessage."""
    if not isinstance(error, ClientError):
        wrong = isinstance(error, ParamValidationError)
        sent = not wrong and not isinstance(error, _NOT_SENT)
        return Refusal(f"{type(error).__name__}: {error}", for_good=wrong, unknown=sent)
    said = error.response["Error"]
    code, words = said.get("Code", ""), said.get("Message", "")
    reason = f"{error.operation_name}: {code}: {words}"
    denied = any(part in words for part in _NOT_YET)
    if code in _WRONG and not denied and not any(part in words for part in _PASSES):
        return Refusal(reason, for_good=True)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return Refusal(reason, denied=denied, unknown=status >= _UNKNOWN_FROM)
