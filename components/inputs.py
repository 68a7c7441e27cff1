"""Computes with inputs of components: at once when all are plain values, later when some are outputs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pulumi

T = TypeVar("T")


def computed(function: Callable[..., T], **inputs: Any) -> pulumi.Input[T]:  # noqa: ANN401 - inputs of any type
    """Return `function(**inputs)`, as an output when an input is an output or contains one.

    Outputs cost the engine's SDK many objects and tasks each, so a preview of a thousand jobs avoids them.
    """
    later = {name: value for name, value in inputs.items() if not is_plain(value)}
    if not later:
        return function(**inputs)
    now = {name: value for name, value in inputs.items() if name not in later}
    return pulumi.Output.all(**later).apply(lambda known: function(**now, **known))


def is_plain(value: object) -> bool:
    """Return whether a value is known now: it is no output and nothing awaitable.

    A mapping, list or tuple is known when each of its values is. `pulumi.Output.all` looks into the same containers.
    """
    if isinstance(value, Mapping):
        return all(is_plain(part) for part in value.values())
    if isinstance(value, list | tuple):
        return all(is_plain(part) for part in value)
    return not (isinstance(value, pulumi.Output | asyncio.Future) or inspect.isawaitable(value))
