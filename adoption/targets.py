"""ECS targets of EventBridge's rules and of Scheduler's templated schedules as requests to RunTask."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adoption.found import Note

_INPUT = re.compile(r"^overrides\b\.?")
_MEMBERS = {"taskDefinition": "TaskDefinitionArn", "count": "TaskCount"}
"""Members of RunTask that have another name in EcsParameters, beside the capital letter."""


def is_cluster(arn: str) -> bool:
    """Return whether a target is an ECS cluster."""
    try:
        found = Arn.parse(arn)
    except ValueError:
        return False
    return found.service == "ecs" and found.resource.startswith("cluster/")


def request(target: Mapping[str, Any], note: Note) -> dict[str, Any]:
    """Return the request to RunTask that a target makes. What cannot be read of its input is noted."""
    parameters = {_own_name(name): value for name, value in target.get("EcsParameters", {}).items()}
    network = parameters.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    return {
        **parameters,
        "networkConfiguration": {"awsvpcConfiguration": {_own_name(name): value for name, value in network.items()}},
        "cluster": target["Arn"],
        "overrides": _overrides(target.get("Input", ""), note),
    }


def field(path: str) -> str:
    """Return the name that a member of the request has in a target."""
    if path.startswith("overrides"):
        return f"Input.{_INPUT.sub('', path)}"
    first, dot, rest = path.partition(".")
    return f"EcsParameters.{_MEMBERS.get(first, first[:1].upper() + first[1:])}{dot}{rest}"


def _overrides(text: str, note: Note) -> dict[str, Any]:
    if not text:
        return {}
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if isinstance(read, dict):
        return read
    note("overrides", "is no JSON object with overrides, so it is left out")
    return {}


def _own_name(name: str) -> str:
    renamed = {theirs: ours for ours, theirs in _MEMBERS.items()}
    return renamed.get(name) or name[0].lower() + name[1:]
