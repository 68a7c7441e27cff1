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


def no_job(name: str, known: Iterable[str], listed: str) -> SandboxError:
    """Return the error for the name of no job: it has the nearest known name, or else what is known in words."""
    near = difflib.get_close_matches(name, known, n=1)
    return SandboxError(f"no job '{name}' here; " + (f"did you mean '{near[0]}'?" if near else listed))
