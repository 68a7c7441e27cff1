"""Errors that the sandbox's commands report in one line."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class SandboxError(Exception):
    """An error that the user can fix; the message says how."""


class StoppedError(Exception):
    """The user stopped the command; the message says how far the command came."""


def not_here(what: str, name: str, known: Iterable[str], listed: str) -> SandboxError:
    """Return the error for the name of no job, function or queue: it has the nearest name, or else `listed`.

    `listed` tells in words what is known.
    """
    near = difflib.get_close_matches(name, known, n=1)
    return SandboxError(f"no {what} '{name}' here; " + (f"did you mean '{near[0]}'?" if near else listed))
