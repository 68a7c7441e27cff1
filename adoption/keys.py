"""A mapping whose keys are each read once, so that what nobody has read can be listed: nothing is lost unseen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Keys:
    """A mapping of a source, with its path."""

    def __init__(self, value: object, path: str = "") -> None:
        """Begin with all keys unread. What is no mapping has no keys."""
        self._unread: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {}
        self.path = path

    def at(self, key: str) -> str:
        """Return the path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def take(self, key: str) -> Any:  # noqa: ANN401 - a source holds anything
        """Return the value of a key that is now read; None when there is none."""
        return self._unread.pop(key, None)

    def text(self, key: str) -> str:
        """Return the value of a key as text; empty when there is none."""
        value = self.take(key)
        return value if isinstance(value, str) else "" if value is None else str(value)

    def below(self, key: str) -> Keys:
        """Return the mapping below a key that is now read."""
        return Keys(self.take(key), self.at(key))

    def all_of(self, key: str) -> list[Keys]:
        """Return the mappings in the list below a key that is now read."""
        listed = self.take(key)
        items = listed if isinstance(listed, list) else []
        return [Keys(item, f"{self.at(key)}[{place}]") for place, item in enumerate(items)]

    def number(self, key: str) -> int | None:
        """Return the value of a key that is now read; None when it is no whole number."""
        value = self.take(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def words(self, key: str) -> list[str]:
        """Return the texts in the list below a key that is now read."""
        value = self.take(key)
        return list(map(str, value)) if isinstance(value, list) else []

    def unread(self) -> Iterator[tuple[str, Any]]:
        """Yield the keys that nobody has read and that have a value, each with its value."""
        yield from ((key, value) for key, value in self._unread.items() if value not in (None, "", [], {}))
