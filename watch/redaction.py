"""Keeps values of environment variables out of what people and machines are sent. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from watch.names import RUN_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

SHORTEST_VALUE = 6
"""Characters; shorter values are words like `yes` and `prod`, which say nothing and stand everywhere."""


def values_of(task: Mapping[str, Any]) -> dict[str, str]:
    """Find the values in a task's overrides that must not be shown, each with its variable's name.

    Members may be in camelCase, as ECS describes tasks, or in PascalCase, as in a schedule's request.
    """
    found: dict[str, str] = {}
    for override in _member(_member(task, "overrides", {}), "containerOverrides", []):
        for pair in _member(override, "environment", []):
            name, value = _member(pair, "name", ""), _member(pair, "value", "")
            _hide(found, name, value)
    return found


def values_of_containers(definition: Mapping[str, Any]) -> dict[str, str]:
    """Find the values in a task definition's own environments."""
    found: dict[str, str] = {}
    for container in definition.get("containerDefinitions", []):
        for pair in container.get("environment", []):
            _hide(found, pair.get("name", ""), pair.get("value", ""))
    return found


def hidden(text: str, values: Mapping[str, str]) -> str:
    """Put the variable's name in the place of each of these values, the longest first."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, f"[{values[value]}]")
    return text


def _hide(found: dict[str, str], name: str, value: str) -> None:
    """Hide a value, each of its lines, since a log shows them one by one, and the form that it has inside JSON."""
    if name in RUN_VARIABLES:  # which every alert shows anyway
        return
    for form in (value, *value.splitlines(), json.dumps(value)[1:-1]):
        if len(form.strip()) >= SHORTEST_VALUE:
            found[form] = name


def _member(holder: Mapping[str, Any], name: str, default: Any) -> Any:  # noqa: ANN401 - JSON
    return holder.get(name, holder.get(name[0].upper() + name[1:], default))
