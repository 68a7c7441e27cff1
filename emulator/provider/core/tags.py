"""Conversion of tags between the program's mapping and the list of keys and values in most AWS calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emulator.provider.core.properties import Json, Properties

RESERVED: Final = "aws:"
"""The prefix of AWS's own tags, which are neither shown nor changed."""


def to_list(tags: Mapping[str, str] | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Return `tags` as AWS's list, with the member names that the service uses."""
    return [{key: name, value: str(text)} for name, text in sorted((tags or {}).items())]


def from_list(tags: Iterable[Mapping[str, Json]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Return AWS's list `tags` as a mapping, without AWS's own tags."""
    return {item[key]: item[value] for item in tags or () if not item[key].startswith(RESERVED)}


def difference(old: Properties, new: Properties) -> tuple[dict[str, str], list[str]]:
    """Return the tags to set and the keys to remove for a change of a resource's inputs from `old` to `new`."""
    before, after = old.get("tags") or {}, new.get("tags") or {}
    changed = {key: str(value) for key, value in after.items() if before.get(key) != value}
    return changed, sorted(key for key in before if key not in after)
