"""Tags: the program's plain mapping on one side, the list of keys and values that most AWS calls take on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.provider.core.properties import Json, Properties

RESERVED: Final = "aws:"
"""Tags under this prefix belong to AWS: they are neither shown nor changed."""


def to_list(tags: Mapping[str, str] | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Give AWS's list of `tags`, with the member names that the service uses."""
    return [{key: name, value: str(text)} for name, text in sorted((tags or {}).items())]


def from_list(tags: Iterable[Mapping[str, Json]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Give the mapping of AWS's list `tags`, without AWS's own."""
    return {item[key]: item[value] for item in tags or () if not item[key].startswith(RESERVED)}


def difference(old: Properties, new: Properties) -> tuple[dict[str, str], list[str]]:
    """Give the tags to set and the keys to remove so that a resource of inputs `old` gets those of `new`."""
    before, after = old.get("tags") or {}, new.get("tags") or {}
    changed = {key: str(value) for key, value in after.items() if before.get(key) != value}
    return changed, sorted(key for key in before if key not in after)
