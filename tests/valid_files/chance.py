"""Chooses at random, by a seed, so that each file can be drawn again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Chance:
    """A row of choices that a seed decides."""

    def __init__(self, seed: int) -> None:
        """Begin the row of this seed."""
        self._random = random.Random(seed)  # noqa: S311 - for tests

    def says(self, share: float = 0.5) -> bool:
        """Return True in this share of the cases."""
        return self._random.random() < share

    def number(self, first: int, last: int) -> int:
        """Return a whole number, both ends included."""
        return self._random.randint(first, last)

    def one(self, options: Sequence[T]) -> T:
        """Return one of some options."""
        return self._random.choice(options)

    def some(self, options: Sequence[T], least: int = 0, most: int | None = None) -> list[T]:
        """Return different options, in any order."""
        largest = len(options) if most is None else min(most, len(options))
        return self._random.sample(list(options), self.number(least, largest))
