"""Whose a key of stack config is."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from settings import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from settings.problems import Problems

_NEAR = 0.85


def check(keys: Iterable[str], problems: Problems) -> None:
    """Refuse keys whose namespace is ours but for a slip: what they say would silently be left out."""
    for key in keys:
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE and difflib.get_close_matches(namespace.lower(), [NAMESPACE], cutoff=_NEAR):
            problems.add(key, f"no such namespace; did you mean '{NAMESPACE}:{name}'?")
