"""EventBridge Scheduler's universal targets: an API call whose request is the schedule's input."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts import universal_input
from emulator.gateway import request_validation
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_ARN = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:(?P<call>[a-z0-9]+:[a-zA-Z0-9]+)")
"""Scheduler User Guide, "Using universal targets"."""
_OPERATIONS = {"ecs:runTask": ("ecs", "RunTask"), "sqs:sendMessage": ("sqs", "SendMessage")}
"""The calls that the sandbox's Scheduler can make, with botocore's names of the service and the operation."""


@dataclass(frozen=True)
class ApiCall:
    """The call that a universal target makes."""

    service: str
    """botocore's name for the service."""
    operation: str
    params: dict[str, Any]
    """The request, with the members named as in the service's model."""


def read(target: Mapping[str, Any]) -> ApiCall:
    """Return the call that a schedule's target makes.

    Raises ValidationException, as CreateSchedule does, for another target, an input that is not a JSON object, an
    unknown member (camelCase members among them), a missing required member, and a value of a wrong type or out of
    bounds.
    """
    found = _ARN.fullmatch(target["Arn"])
    if found is None or found["call"] not in _OPERATIONS:
        raise AwsError("ValidationException", f"Provided Arn is not in correct format: {target['Arn']}")
    service, operation = _OPERATIONS[found["call"]]
    try:
        given = json.loads(target.get("Input") or "{}")
    except ValueError as error:
        raise _invalid(str(error)) from error
    if not isinstance(given, dict):
        raise _invalid("Input must be a JSON object")
    try:
        request = universal_input.read(given, request_validation.input_shape(service, operation))
    except universal_input.InputError as error:
        raise _invalid(str(error)) from error
    violations = request_validation.violations(service, operation, request)
    if violations:
        raise _invalid("; ".join(violations))
    return ApiCall(service, operation, request)


def _invalid(reason: str) -> AwsError:
    return AwsError("ValidationException", f"Invalid RequestJson provided. Reason: {reason}")
