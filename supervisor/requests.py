"""RunTask's request for one launch of a tick. Equal launches give equal requests, so a call may be repeated. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from aws_facts.universal_target import SCHEDULED_TIME
from watch.names import BY_HAND, JOB_ATTEMPT, JOB_TRIGGER, MANUAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervision.flights import Flight, Launch

_HASHED = 32
"""Hexadecimal digits. With the tick, a hyphen and the launch's number a token stays within ECS's 64 characters."""


def of(request: Mapping[str, Any], flight: Flight, launch: Launch) -> dict[str, Any]:
    """Return the request, with members as Scheduler writes them, for a launch.

    `request` is that of the job's item, with the placeholder of the tick.
    """
    filled: dict[str, Any] = json.loads(json.dumps(request).replace(SCHEDULED_TIME, flight.tick))
    variables = {JOB_ATTEMPT: str(launch.attempt), **({JOB_TRIGGER: MANUAL} if flight.rerun else {})}
    return {
        **filled,
        "ClientToken": _token(str(filled["ClientToken"]), flight, launch),
        **({"StartedBy": f"{BY_HAND}/{flight.rerun}"} if flight.rerun else {}),
        "Overrides": _with_variables(filled["Overrides"], variables),
        **({"TaskDefinition": launch.revision} if launch.revision else {}),
    }


def _token(direct: str, flight: Flight, launch: Launch) -> str:
    """Return the launch's token. The first one is that of a job that Scheduler launches itself."""
    seed = direct.partition("-")[0]
    if flight.rerun:
        seed = hashlib.sha256(f"{seed}/{flight.rerun}".encode()).hexdigest()[:_HASHED]
        return f"{seed}-{flight.tick}-{launch.number}"
    return direct if launch.number == 1 else f"{direct}-{launch.number}"


def _with_variables(overrides: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the overrides with variables in the first container's environment, which is the job's own."""
    own, *others = overrides["ContainerOverrides"]
    pairs = {**{pair["Name"]: pair["Value"] for pair in own.get("Environment", [])}, **variables}
    environment = [{"Name": name, "Value": value} for name, value in sorted(pairs.items())]
    return {**overrides, "ContainerOverrides": [{**own, "Environment": environment}, *others]}
