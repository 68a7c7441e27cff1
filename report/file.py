"""The file of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class PageError(Exception):
    """A page that cannot be written; the message is one line."""


def check(file: Path, option: str) -> None:
    """Raise PageError for a file that cannot be written, before any data is collected. `option` is how it was given."""
    try:
        folder, has_place = file.is_dir(), file.parent.is_dir()
    except OSError as error:
        raise _error(file, error) from None
    if folder:
        raise PageError(f"{file} is a folder; {option} must be a file")
    if not has_place:
        raise PageError(f"{file} cannot be written: the folder {file.parent} does not exist")


def write(file: Path, text: str) -> None:
    """Write a page; PageError when that is not possible."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _error(file, error) from None


def _error(file: Path, error: OSError) -> PageError:
    return PageError(f"{file} cannot be written: {error.strerror}")
