"""EventBridge Scheduler's universal target: an API call whose request is the schedule's input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_facts import universal_input
from aws_facts.universal_target import calls_run_task
from emulator.gateway import request_validation
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_run_task(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return the RunTask request in a schedule's target, in the API's own camelCase.

    Raises ValidationException, as CreateSchedule does, for another target, an input that is not a JSON object, an
    unknown member (camelCase members among them), a missing required member, and a value of a wrong type or out of
    bounds.
    """
    if not calls_run_task(target["Arn"]):  # the only universal target that the sandbox can call
        raise AwsError("ValidationException", f"Provided Arn is not in correct format: {target['Arn']}")
    try:
        given = json.loads(target.get("Input") or "{}")
    except ValueError as error:
        raise _invalid(str(error)) from error
    if not isinstance(given, dict):
        raise _invalid("Input must be a JSON object")
    try:
        request = universal_input.read(given, request_validation.input_shape("ecs", "RunTask"))
    except universal_input.InputError as error:
        raise _invalid(str(error)) from error
    violations = request_validation.violations("ecs", "RunTask", request)
    if violations:
        raise _invalid("; ".join(violations))
    return request


def _invalid(reason: str) -> AwsError:
    return AwsError("ValidationException", f"Invalid RequestJson provided. Reason: {reason}")
