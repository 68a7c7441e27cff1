"""The request to launch one tick by hand: the schedule's request with the tick, a new token and two marks. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from aws_facts import universal_input, universal_target
from aws_facts.universal_target import SCHEDULED_TIME
from ops.errors import OpsError
from watch import instants, redaction
from watch.names import BY_HAND, JOB_SCHEDULED_TIME, JOB_TRIGGER, MANUAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from botocore.model import StructureShape

NONCE = 8
"""The number of hexadecimal digits that make the token of each launch by hand unique for its tick."""

_TOKEN = "ClientToken"  # noqa: S105 - the name of a member
_SEED = 32
_CONTEXT = re.compile(r"<aws\.scheduler\.[a-z-]+>")


def request(schedule: Mapping[str, Any], instant: str, nonce: str, shape: StructureShape) -> dict[str, Any]:
    """Return RunTask's parameters for one tick of a schedule of GetSchedule; `shape` is that of RunTask's request.

    The token is new, since ECS answers a token that it knows with the earlier task and starts nothing. The marks of a
    run by hand are `startedBy`, and JOB_TRIGGER for the job. They replace nothing that the schedule sets. Raises
    OpsError when the schedule does not run a task, or its input needs a value that only Scheduler knows.
    """
    name, target = schedule["Name"], schedule["Target"]
    if universal_target.sends_message(target["Arn"]):
        raise OpsError(
            f"{name} is supervised: run one of its ticks with `python -m ops rerun`, which asks the supervisor"
        )
    if not universal_target.calls_run_task(target["Arn"]):
        raise OpsError(f"{name} does not call RunTask; its target is {target['Arn']}")
    given = read_input(name, target.get("Input") or "{}", instant)
    own = str(given.pop(_TOKEN, None) or "")
    left = sorted(set(_CONTEXT.findall(json.dumps(given))))
    if left:
        raise OpsError(
            f"{name} cannot be run by hand: its input has {', '.join(left)}, which only Scheduler can fill in"
        )
    return _marked(named({**given, _TOKEN: token(own, name, instant, nonce)}, shape, name))


def token(own: str, name: str, instant: str, nonce: str) -> str:
    """Return a new client token for a tick. It begins as the schedule's own token, if that has the usual form."""
    return f"{_seed(own, name)}-{instant}-{nonce}"


def template(schedule: Mapping[str, Any], shape: StructureShape) -> dict[str, Any]:
    """Return RunTask's parameters as a schedule of GetSchedule has them, with Scheduler's placeholders in them."""
    name = schedule["Name"]
    return named(read_input(name, schedule["Target"].get("Input") or "{}", SCHEDULED_TIME), shape, name)


def named(given: Mapping[str, Any], shape: StructureShape, name: str) -> dict[str, Any]:
    """Return a universal target's input with RunTask's own names; OpsError for the input of another operation."""
    try:
        return universal_input.read(given, shape)
    except universal_input.InputError as error:
        raise _unusable(name, str(error)) from None


def container(params: Mapping[str, Any]) -> str | None:
    """Return the name of the container that the request overrides; None when it overrides none."""
    return next((str(one["name"]) for one in _overrides(params) if "name" in one), None)


def command(params: Mapping[str, Any]) -> list[str] | None:
    """Return the command that the request sets; None when the container uses its own."""
    return next((list(one["command"]) for one in _overrides(params) if "command" in one), None)


def tick(request: Mapping[str, Any]) -> datetime | None:
    """Return the tick in the overrides of a request or of a task; None when there is none."""
    for one in _overrides(request):
        values = {pair["name"]: pair["value"] for pair in one.get("environment", [])}
        if JOB_SCHEDULED_TIME in values:
            return instants.read_or_none(values[JOB_SCHEDULED_TIME])
    return None


def shown(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request as people may see it: values of variables that look secret are replaced by their names."""
    secret = redaction.values_of(params)
    overrides = [
        {**one, "environment": [{**pair, "value": _hidden(pair, secret)} for pair in one["environment"]]}
        if "environment" in one
        else one
        for one in _overrides(params)
    ]
    if not overrides:
        return dict(params)
    return {**params, "overrides": {**params["overrides"], "containerOverrides": overrides}}


def _hidden(pair: Mapping[str, str], secret: Mapping[str, str]) -> str:
    """Return the value of a variable; a value of a secret one is hidden even if it is short."""
    if redaction.looks_secret(pair["name"]) and not redaction.is_arn(pair["value"]):
        return f"[{pair['name']}]"
    return redaction.hidden(pair["value"], secret)


def _marked(params: Mapping[str, Any]) -> dict[str, Any]:
    marked = {"startedBy": BY_HAND, **params}
    name = container(params)
    if name is None:
        return marked
    overrides = [_triggered(one) if one.get("name") == name else one for one in _overrides(params)]
    return {**marked, "overrides": {**params["overrides"], "containerOverrides": overrides}}


def _triggered(override: Mapping[str, Any]) -> Mapping[str, Any]:
    environment = override.get("environment", [])
    if any(pair.get("name") == JOB_TRIGGER for pair in environment):
        return override
    return {**override, "environment": [*environment, {"name": JOB_TRIGGER, "value": MANUAL}]}


def _overrides(params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(params.get("overrides", {}).get("containerOverrides", []))


def read_input(name: str, text: str, tick: str) -> dict[str, Any]:
    """Return a schedule's input as Scheduler reads it: the tick replaces the context attribute in the text.

    OpsError for an input that is no JSON object. `name` is the schedule's.
    """
    try:
        given = json.loads(text.replace(SCHEDULED_TIME, tick))
    except ValueError as error:
        raise _unusable(name, str(error)) from None
    if not isinstance(given, dict):
        raise _unusable(name, "it is not a JSON object")
    return given


def _seed(token: str, name: str) -> str:
    """Return the prefix of the schedule's own token, or a hash of that length: a token has at most 64 characters."""
    own = re.match(rf"[0-9a-f]{{{_SEED}}}", token)
    return own[0] if own else hashlib.sha256(name.encode()).hexdigest()[:_SEED]


def _unusable(name: str, reason: str) -> OpsError:
    return OpsError(f"the input of {name} is not a RunTask request: {reason}")
