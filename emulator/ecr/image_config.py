"""What an image runs, as far as its config says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageConfig:
    """What an image runs (OCI Image Format Specification, image configuration). A part that is not known is empty."""

    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
