"""The requirements file of a folder: each package pinned to one version, with the hashes of its wheels. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handlers.target import Target

FILE = "requirements.txt"
_HOW = "`uv pip compile --generate-hashes` and `pip-compile --generate-hashes` write such files"
_COMMENT = re.compile(r"(^|\s)#.*")
_HASH = re.compile(r"--hash[= ](\w+:[0-9a-f]+)")


@dataclass(frozen=True)
class Pinned:
    """A package with its version and the hashes of the files that may be installed."""

    name: str
    """The normalized name."""
    version: str
    extras: frozenset[str]
    hashes: tuple[str, ...]

    def __str__(self) -> str:
        """Return the line for pip."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={one}" for one in self.hashes)])


@dataclass(frozen=True)
class Mistake:
    """A mistake in a file of the folder."""

    place: str
    """The file in the folder, with the number of its line."""
    reason: str


def read(text: str, target: Target) -> tuple[Sequence[Pinned], Sequence[Mistake]]:
    """Return the packages that the target needs, and the mistakes of the file."""
    pinned, mistakes = [], []
    for number, line in _lines(text):
        try:
            found = _read(line, target)
        except ValueError as error:
            mistakes.append(Mistake(f"{FILE}:{number}", str(error)))
        else:
            pinned += [found] if found is not None else []
    return pinned, mistakes


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines, with the number of the first of those that a backslash joins."""
    joined, first = "", 1
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if joined else number
        joined += _COMMENT.sub("", line)
        if joined.endswith("\\"):
            joined = joined[:-1] + " "
        elif joined.strip():
            yield first, joined.strip()
            joined = ""
        else:
            joined = ""


def _read(line: str, target: Target) -> Pinned | None:
    """Return what a line pins; None where its marker does not hold. Raises ValueError for any other line."""
    if line.startswith("-"):
        option, *_ = re.split(r"[ =]", line)
        raise ValueError(f"{option} is an option of pip; set it in pip's own configuration, or remove it")
    hashes = tuple(_HASH.findall(line))
    words = _HASH.sub("", line).strip()
    try:
        asked = Requirement(words)
    except InvalidRequirement as error:
        raise ValueError(f"{words!r} is not a requirement such as requests==2.32.3: {error}") from error
    if asked.url is not None:
        raise ValueError(f"{asked.name} has an address; must be a version of an index, such as {asked.name}==1.0")
    if asked.marker is not None and not asked.marker.evaluate(dict(target.markers)):
        return None
    version = re.fullmatch(r"==([^*,]+)", str(asked.specifier))
    if version is None:
        raise ValueError(f"{asked.name} must be pinned with ==, and have its hashes; {_HOW}")
    if not hashes:
        raise ValueError(f"{asked.name} has no --hash; {_HOW}")
    return Pinned(canonicalize_name(asked.name), version[1], frozenset(asked.extras), hashes)
