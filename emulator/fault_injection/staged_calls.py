"""Makes staged failures of launches, of calls, and of invocations of a function happen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.function_name import FunctionName
from emulator.fault_injection.faults import Faults, FunctionFailure, Kind, Naming, Refusal
from emulator.gateway.gateway import AwsError
from emulator.lambda_.functions import StagedEnd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.gateway.gateway import Call

_NO_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
_USUAL_WORDS = {
    "AccessDeniedException": "User is not authorized to perform: {operation}",
    "ThrottlingException": "Rate exceeded",
}
_CRASHED = "Runtime exited with error: exit status 1"
_KILLED = "Runtime exited with error: signal: killed"
_STARTED_BY = "chronos-schedule/"


def refuse_launch(
    faults: Faults, naming: Naming, params: Mapping[str, Any], principal: str, definition_arn: str
) -> str | None:
    """Fail a launch if that is staged: raise AWS's error, or return the reason why there is no task."""
    fault = faults.take(Kind.LAUNCH, _job_of_request(params, naming))
    if fault is None:
        return None
    match fault.refusal:
        case Refusal.THROTTLE:
            raise AwsError("ThrottlingException", fault.reason or "Rate exceeded")
        case Refusal.FAILURES:
            return fault.reason or _NO_CAPACITY
        case Refusal.ERROR:
            denied = (
                f"User: {principal} is not authorized to perform: ecs:RunTask on resource: {definition_arn} "
                "because no identity-based policy allows the ecs:RunTask action"
            )
            raise AwsError("AccessDeniedException", fault.reason or denied)


def fail_call(faults: Faults, call: Call) -> None:
    """Raise AWS's error if that is staged for a call of this operation."""
    operation = f"{call.service}:{call.operation}"
    fault = faults.take(Kind.CALL, fits=lambda fault: fault.operation == operation)
    if fault is not None:
        usual = _USUAL_WORDS.get(fault.error, "The request failed.").format(operation=operation)
        raise AwsError(fault.error, fault.reason or usual)


def fail_invocation(faults: Faults, naming: Naming, function_arn: str) -> StagedEnd | None:
    """Return the staged end of an invocation of a function, or None."""
    name = FunctionName.of_arn(function_arn).name
    fault = faults.take(
        Kind.FUNCTION, fits=lambda fault: fault.name == name and fault.fails is not FunctionFailure.THROTTLE
    )
    if fault is None and naming.is_watched(name):
        fault = faults.take(Kind.INVOCATION)
    if fault is None:
        return None
    match fault.fails:
        case FunctionFailure.TIMEOUT:
            return StagedEnd()
        case FunctionFailure.MEMORY:
            return StagedEnd(fault.reason or _KILLED, out_of_memory=True)
        case _:
            return StagedEnd(fault.reason or _CRASHED)


def throttle(faults: Faults, function_arn: str) -> bool:
    """Return whether an invocation of a function is staged to be throttled."""
    name = FunctionName.of_arn(function_arn).name
    found = faults.take(
        Kind.FUNCTION, fits=lambda fault: fault.name == name and fault.fails is FunctionFailure.THROTTLE
    )
    return found is not None


def deliveries(faults: Faults, function_arn: str) -> int:
    """Return how often Lambda delivers an event to a function."""
    name = FunctionName.of_arn(function_arn).name
    if faults.take(Kind.LOSE_INVOCATIONS, fits=lambda fault: fault.name == name):
        return 0
    return 2 if faults.take(Kind.DUPLICATE_INVOCATIONS, fits=lambda fault: fault.name == name) else 1


def _job_of_request(params: Mapping[str, Any], naming: Naming) -> str:
    """Return the job of a RunTask request, by its group or else by the schedule that made the request."""
    if "group" in params:
        return naming.job_of_task_group(params["group"])
    return naming.job_of_schedule(params.get("startedBy", "").removeprefix(_STARTED_BY))
