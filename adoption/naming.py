"""Names that jobs and placements can have, made from those of the source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 40
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")


def valid(name: str) -> str:
    """Return the valid name that is most like a name: `NightlyReport` becomes `nightly-report`."""
    text = _OTHER.sub("-", _CAPITAL.sub("-", name).lower()).strip("-")
    if not text[:1].isalpha():
        text = f"job-{text}".strip("-")
    return text[:_LONGEST].strip("-")


def each_once(names: Sequence[str]) -> list[str]:
    """Return valid names of which no two are equal: equal ones get a number from the second on."""
    wanted = [valid(name) for name in names]
    given: list[str] = []
    for name in wanted:
        number, chosen = 2, name
        while chosen in given or (chosen != name and chosen in wanted):
            chosen = f"{name[: _LONGEST - len(str(number)) - 1].rstrip('-')}-{number}"
            number += 1
        given.append(chosen)
    return given
