"""Packages the folder of a handler with its requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import archive, folder, requirements, wheels
from handlers.requirements import FILE, Mistake

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from handlers.entry import Entry
    from handlers.target import Target


def package(place: Path, handler: str, target: Target, cache: Path) -> tuple[Path | None, Sequence[Mistake]]:
    """Return the archive of a folder's code, and None with the mistakes that prevent it.

    The archive is the same for the same folder and target. What pip fetches stays in `cache`.
    """
    if not place.is_dir():
        return None, [Mistake("", "is not a folder")]
    own = folder.files(place)
    mistakes = list(folder.check_handler(handler, own))
    listed = place / FILE
    text = listed.read_text(encoding="utf-8") if listed.is_file() else ""
    pinned, wrong = requirements.read(text, target)
    mistakes += wrong
    if mistakes:
        return None, mistakes
    try:
        fetched = wheels.fetch(pinned, target, cache)
    except wheels.NotFetchedError as error:
        return None, [Mistake(FILE, f"cannot be had for {target}: {error}")]
    whole, mistakes = _joined(own, fetched)
    mistakes += wheels.missing(fetched, pinned, target)
    if problem := archive.too_large(whole):
        mistakes.append(Mistake("", problem))
    if mistakes:
        return None, mistakes
    made = archive.write(whole, cache)
    problem = archive.too_large(whole, made)
    return (made, []) if problem is None else (None, [Mistake("", problem)])


def _joined(own: Mapping[str, Entry], fetched: Sequence[Path]) -> tuple[dict[str, Entry], list[Mistake]]:
    """Return the files of the folder and of the wheels, and a mistake for each that two of them have differently."""
    whole, sources, mistakes = dict(own), dict.fromkeys(own, "the folder"), []
    for wheel in fetched:
        for name, entry in wheels.files(wheel).items():
            if whole.setdefault(name, entry) != entry:
                mistakes.append(Mistake(name, f"is in {sources[name]} and in {wheel.name}; rename or remove one"))
            sources.setdefault(name, wheel.name)
    return whole, mistakes
