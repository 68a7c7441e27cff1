"""Makes plain values of a user's own, so that none of their methods is called later."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

_EXACT: Mapping[type, Callable[[Any], object]] = {str: str.__str__, int: int.__int__, float: float.__float__}
"""The methods of Python's own that make a value of a subclass plain."""
_PLAIN = (type(None), bool, int, float, str, bytes)


@dataclass(frozen=True)
class Foreign:
    """Stands for an object that no field of a job accepts."""

    type_name: str

    def __str__(self) -> str:
        """Return the text for messages."""
        return f"[{self.type_name}]"


def plain(value: object, own: Collection[type] = ()) -> object:
    """Return text, numbers, lists and mappings without classes of their own, and `Foreign` for anything else.

    An instance of one of the data classes `own` is made anew, with plain fields. It calls methods of the value, which
    may raise anything.
    """
    if type(value) in _PLAIN:
        return value
    for kind, exact in _EXACT.items():
        if isinstance(value, kind):
            return exact(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(part, own) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, own) for part in value]
    if type(value) in own:
        return type(value)(**{name: plain(part, own) for name, part in vars(value).items()})
    return Foreign(type(value).__name__)
