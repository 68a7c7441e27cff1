"""Keeps values of environment variables out of messages. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from watch.names import RUN_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_VALUE = 6
"""Characters. Shorter values are words such as `yes` and `prod`, which reveal nothing and occur everywhere."""


def values_of(task: Mapping[str, Any]) -> dict[str, str]:
    """Return the values in a task's overrides that no message may show, each with its variable's name.

    Members may be in camelCase, as in ECS's description of a task, or in PascalCase, as in a schedule's request.
    """
    found: dict[str, str] = {}
    for override in _member(_member(task, "overrides", {}), "containerOverrides", []):
        for pair in _member(override, "environment", []):
            name, value = _member(pair, "name", ""), _member(pair, "value", "")
            _hide(found, name, value)
    return found


def values_of_containers(definition: Mapping[str, Any]) -> dict[str, str]:
    """Return the values in a task definition's own environments, each with its variable's name."""
    found: dict[str, str] = {}
    for container in definition.get("containerDefinitions", []):
        for pair in container.get("environment", []):
            _hide(found, pair.get("name", ""), pair.get("value", ""))
    return found


def hidden(text: str, values: Mapping[str, str]) -> str:
    """Return the text with each of these values replaced by its variable's name, the longest values first."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, f"[{values[value]}]")
    return text


def _hide(found: dict[str, str], name: str, value: str) -> None:
    """Hide a value, its form inside JSON, and each of its lines, because a log shows lines one by one."""
    if name in RUN_VARIABLES:  # every alert shows their values anyway
        return
    for form in (value, *value.splitlines(), json.dumps(value)[1:-1]):
        if len(form.strip()) >= SHORTEST_VALUE:
            found[form] = name


def _member(holder: Mapping[str, Any], name: str, default: Any) -> Any:  # noqa: ANN401 - JSON
    return holder.get(name, holder.get(name[0].upper() + name[1:], default))
