"""Finds misspelled namespaces of keys in stack config."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from settings import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from settings.problems import Problems

_NEAR = 0.85


def check(keys: Iterable[str], problems: Problems) -> None:
    """Report keys whose namespace is a misspelling of ours, since the program would silently ignore them."""
    for key in keys:
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE and difflib.get_close_matches(namespace.lower(), [NAMESPACE], cutoff=_NEAR):
            problems.add(key, f"no such namespace; did you mean '{NAMESPACE}:{name}'?")
