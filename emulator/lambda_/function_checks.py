"""Lambda's checks of functions and queues' mappings that moto lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.awslambda.models import lambda_backends
from moto.sqs.models import sqs_backends

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import roles
from emulator.lambda_ import event_source_mappings

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

_NOT_PLAYED = ("FilterCriteria", "MaximumBatchingWindowInSeconds", "DestinationConfig")
"""Parameters of a mapping that the sandbox does not support."""
_LARGEST_BATCH = 10
"""Messages in a batch without a batching window (Lambda API reference, CreateEventSourceMapping, BatchSize)."""


def install(gateway: Gateway) -> None:
    """Check Lambda's calls."""
    gateway.check("lambda", "CreateFunction", _check_role)
    gateway.check("lambda", "UpdateFunctionConfiguration", _check_role)
    gateway.check("lambda", "CreateEventSourceMapping", _check_mapping)
    gateway.check("lambda", "UpdateEventSourceMapping", _check_played)


def _check_role(call: Call) -> None:
    role = call.params.get("Role")
    if role and roles.find(role) and not roles.assume(role, "lambda.amazonaws.com", {}).allowed:
        raise _invalid("The role defined for the function cannot be assumed by Lambda.")


def _check_mapping(call: Call) -> None:
    """Check the role's permissions on the queue, and that no message becomes visible while the function handles it."""
    _check_played(call)
    queue_arn = call.params["EventSourceArn"]
    if Arn.parse(queue_arn).service != "sqs":
        raise _invalid(f"the sandbox polls SQS queues only, not {queue_arn}")
    function = _function(call)
    try:
        event_source_mappings.check(function.role, queue_arn)
    except AwsError as refusal:
        raise _invalid(
            f"The function execution role does not have permissions to call the queue: {refusal.message}"
        ) from refusal
    queue = sqs_backends[call.account][call.region].queues.get(queue_arn.rpartition(":")[2])
    hidden = None if queue is None else event_source_mappings.visibility_timeout(queue)
    if hidden is not None and hidden < int(function.timeout):
        raise _invalid(
            f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {function.timeout} seconds"
        )


def _check_played(call: Call) -> None:
    for name in _NOT_PLAYED:
        if call.params.get(name):
            raise _invalid(f"the sandbox does not support {name} of a mapping")
    if call.params.get("BatchSize", 0) > _LARGEST_BATCH:
        raise _invalid(
            f"Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than "
            f"{_LARGEST_BATCH}"
        )


def _function(call: Call) -> LambdaFunction:
    return lambda_backends[call.account][call.region].get_function(call.params["FunctionName"])


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)
