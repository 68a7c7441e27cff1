"""Finds keys in stack config whose namespace is not the project's, but was meant to be."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from settings import KEYS, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from settings.problems import Problems

_NEAR = 0.85


def check(keys: Iterable[str], problems: Problems) -> None:
    """Report keys that the program would silently ignore: misspelled namespaces, and those of a project since renamed.

    Keys of other namespaces belong to providers, none of which has a key with a name of ours.
    """
    for key in keys:
        namespace, _, name = key.partition(":")
        if namespace != NAMESPACE and (name in KEYS or _is_near(namespace)):
            problems.add(key, f"no such namespace; did you mean '{NAMESPACE}:{name}'?")


def _is_near(namespace: str) -> bool:
    return bool(difflib.get_close_matches(namespace.lower(), [NAMESPACE.lower()], cutoff=_NEAR))
