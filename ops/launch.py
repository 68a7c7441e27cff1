"""The launch of one tick by hand: the schedule's request, with the tick in its place and a token of its own. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from aws import universal_input
from aws.universal_target import SCHEDULED_TIME, calls_run_task
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import StructureShape

NONCE = 8
"""Hexadecimal digits that tell a launch by hand from every other one of its tick."""

_TOKEN = "ClientToken"  # noqa: S105 - a member of the request
_SEED = 32
_CONTEXT = re.compile(r"<aws\.scheduler\.[a-z-]+>")


def request(schedule: Mapping[str, Any], tick: str, nonce: str, shape: StructureShape) -> dict[str, Any]:
    """Return RunTask's parameters for one tick of a schedule of GetSchedule; `shape` is that of RunTask's request.

    ECS answers a token that it knows with the task of that time, so the schedule's own would start nothing.
    OpsError when the schedule does not run a task, or needs to know of its launch what only Scheduler knows.
    """
    name, target = schedule["Name"], schedule["Target"]
    if not calls_run_task(target["Arn"]):
        raise OpsError(f"{name} does not call RunTask; its target is {target['Arn']}")
    given = _object(name, target.get("Input") or "{}", tick)
    token = str(given.pop(_TOKEN, None) or "")
    left = sorted(set(_CONTEXT.findall(json.dumps(given))))
    if left:
        raise OpsError(f"{name} cannot be run by hand: its input has {', '.join(left)}, which only Scheduler knows")
    try:
        return universal_input.read({**given, _TOKEN: f"{_seed(token, name)}-{tick}-{nonce}"}, shape)
    except universal_input.InputError as error:
        raise _unusable(name, str(error)) from None


def container(params: Mapping[str, Any]) -> str | None:
    """Return the name of the container whose command the request sets; None when it sets none."""
    return next((str(one["name"]) for one in _overrides(params) if "name" in one), None)


def command(params: Mapping[str, Any]) -> list[str] | None:
    """Return the command that the request sets; None when the container keeps its own."""
    return next((list(one["command"]) for one in _overrides(params) if "command" in one), None)


def _overrides(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(params.get("overrides", {}).get("containerOverrides", []))


def _object(name: str, text: str, tick: str) -> dict[str, Any]:
    """Read an input as Scheduler does: the attribute is replaced in its text."""
    try:
        given = json.loads(text.replace(SCHEDULED_TIME, tick))
    except ValueError as error:
        raise _unusable(name, str(error)) from None
    if not isinstance(given, dict):
        raise _unusable(name, "it is no JSON object")
    return given


def _seed(token: str, name: str) -> str:
    """Take what the schedule's own token begins with, else something as long: the whole must fit into 64 characters."""
    own = re.match(rf"[0-9a-f]{{{_SEED}}}", token)
    return own[0] if own else hashlib.sha256(name.encode()).hexdigest()[:_SEED]


def _unusable(name: str, reason: str) -> OpsError:
    return OpsError(f"the input of {name} is no RunTask request: {reason}")
