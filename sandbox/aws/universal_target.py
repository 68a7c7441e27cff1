"""EventBridge Scheduler's universal target: an API call whose whole request is the schedule's input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, Shape, StructureShape

from sandbox.aws import request_validation
from sandbox.aws.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN_TASK = "aws-sdk:ecs:runTask"
"""The last part of the target's ARN; the only universal target that the sandbox can call."""


def read_run_task(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return the RunTask request in a schedule's target, in the API's own camelCase.

    Raises ValidationException as CreateSchedule does: another target, input that is no JSON object, a member that the
    request does not have (camelCase members among them), a required one missing, a value of another type or out of
    bounds.
    """
    if not target["Arn"].endswith(f":scheduler:::{RUN_TASK}"):
        raise AwsError("ValidationException", f"Provided Arn is not in correct format: {target['Arn']}")
    try:
        given = json.loads(target.get("Input") or "{}")
    except ValueError as error:
        raise _invalid(str(error)) from error
    if not isinstance(given, dict):
        raise _invalid("a JSON object is accepted")
    request: dict[str, Any] = _structure(given, request_validation.input_shape("ecs", "RunTask"), "")
    violations = request_validation.violations("ecs", "RunTask", request)
    if violations:
        raise _invalid("; ".join(violations))
    return request


def _structure(given: Mapping[str, Any], shape: StructureShape, where: str) -> dict[str, Any]:
    """Turn PascalCase members into the model's; null is as good as left out."""
    members = {_pascal(name): name for name in shape.members}
    present = {name: value for name, value in given.items() if value is not None}
    for name in map(_pascal, shape.required_members):
        if name not in present:
            raise _invalid(f"missing field {where}{name}")
    for name in present:
        if name not in members:
            raise _invalid(f"unknown field {where}{name}")
    return {
        members[name]: _value(value, shape.members[members[name]], f"{where}{name}") for name, value in present.items()
    }


def _value(value: object, shape: Shape, where: str) -> object:
    """Turn what is inside a value; map keys and values are data and stay."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return _structure(value, shape, f"{where}.")
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_value(item, shape.member, where) for item in value]
    if isinstance(value, str) and shape.type_name in {"integer", "long", "float", "double", "boolean"}:
        # Protocols that know no types send text, and the model's check takes it; this is JSON.
        raise _invalid(f"Value '{value}' at '{where}': Member must be of type {shape.type_name}")
    return value


def _pascal(name: str) -> str:
    return name[0].upper() + name[1:]


def _invalid(reason: str) -> AwsError:
    return AwsError("ValidationException", f"Invalid RequestJson provided. Reason: {reason}")
