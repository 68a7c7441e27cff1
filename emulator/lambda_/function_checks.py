"""Lambda's checks of functions, their destinations and queues' mappings that moto lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.awslambda.models import EventInvokeConfig, lambda_backends
from moto.sqs.models import sqs_backends

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from emulator.lambda_ import event_source_mappings
from emulator.lambda_.async_invocations import SENDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.awslambda.models import LambdaFunction

_NOT_PLAYED = ("FilterCriteria", "MaximumBatchingWindowInSeconds", "DestinationConfig")
"""Parameters of a mapping that the sandbox does not support."""
_LARGEST_BATCH = 10
"""Messages in a batch without a batching window (Lambda API reference, CreateEventSourceMapping, BatchSize)."""


def install(gateway: Gateway) -> None:
    """Check Lambda's calls, and make moto store the latest FunctionEventInvokeConfig instead of the first."""
    gateway.check("lambda", "CreateFunction", _check_role)
    gateway.check("lambda", "UpdateFunctionConfiguration", _check_role)
    gateway.check("lambda", "CreateEventSourceMapping", _check_mapping)
    gateway.check("lambda", "UpdateEventSourceMapping", _check_played)
    gateway.answer("lambda", "PutFunctionEventInvokeConfig", _put_invoke_config)
    gateway.answer("lambda", "UpdateFunctionEventInvokeConfig", _update_invoke_config)


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


def _put_invoke_config(call: Call) -> dict[str, Any]:
    return _configure(call, lambda _: {})


def _update_invoke_config(call: Call) -> dict[str, Any]:
    return _configure(call, lambda function: function.event_invoke_config[-1].config)


def _configure(call: Call, before: Callable[[LambdaFunction], dict[str, Any]]) -> dict[str, Any]:
    function = _function(call)
    given = {name: value for name, value in call.params.items() if name not in {"FunctionName", "Qualifier"}}
    config = EventInvokeConfig(function.function_arn, function.last_modified, {**before(function), **given})
    for when, destination in config.config.get("DestinationConfig", {}).items():
        if destination.get("Destination"):
            _check_destination(function, when, destination["Destination"])
    function.event_invoke_config = [config]
    response: dict[str, Any] = config.response()
    return response


def _check_destination(function: LambdaFunction, when: str, arn: str) -> None:
    service = Arn.parse(arn).service
    if service not in SENDING:
        raise _invalid(f"the sandbox cannot send to the destination {arn} for {when}")
    try:
        roles.authorize(function.role, Request(SENDING[service], arn))
    except AwsError as refusal:
        raise _invalid(
            f"The function's execution role does not have permissions to call {SENDING[service]} on {arn}: "
            f"{refusal.message}"
        ) from refusal


def _function(call: Call) -> LambdaFunction:
    return lambda_backends[call.account][call.region].get_function(call.params["FunctionName"])


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)
