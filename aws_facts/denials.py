"""The sentence with which AWS refuses a call for which a permission is missing. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})
_SENTENCE = re.compile(r"not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: (?P<resource>\S+))?")


@dataclass(frozen=True)
class Denial:
    """The permission that is missing, as the sentence names it."""

    action: str
    resource: str
    """Empty if the sentence has none."""
    why: str
    """The rest of the sentence, such as `no identity-based policy allows the action`."""


def is_denied(code: str) -> bool:
    """Return whether an error code of AWS means that a permission is missing."""
    return code in _DENIED


def read(message: str) -> Denial | None:
    """Return the missing permission that a message names; None when it names none."""
    found = _SENTENCE.search(message)
    if found is None:
        return None
    why = " ".join(message[found.end() :].split()).removeprefix("because ").rstrip(".")
    return Denial(found["action"], found["resource"] or "", why)
