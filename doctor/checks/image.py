"""Checks that each image is in its registry, and is made for the platform of the tasks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doctor.finding import Link, broken, sound, unchecked
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doctor.account import Known
    from doctor.finding import Finding
    from doctor.tasks import Platform


@dataclass(frozen=True)
class StoredImage:
    """An image in a registry of ECR."""

    platforms: Known[Sequence[Platform]] | Refused
    """What it is made for."""


@dataclass(frozen=True)
class UsedImage:
    """An image that tasks run on a platform."""

    name: str
    """As the task definitions have it."""
    platform: Platform
    jobs: Sequence[str]
    answer: Known[StoredImage | None] | Refused
    """None when the registry does not have it."""


def check(images: Sequence[UsedImage]) -> Iterator[Finding]:
    """Yield what is found of each image."""
    for image in images:
        yield _finding(image)


def _finding(image: UsedImage) -> Finding:
    name = _short(image.name)
    if isinstance(image.answer, Refused):
        return unchecked(Link.IMAGE, name, "whether the image is there", image.answer, image.jobs)
    if image.answer.value is None:
        text = f"ECR does not have the image {image.name}"
        fix = "push the image, or register a revision of the task definition with one that is there"
        return broken("image-missing", Link.IMAGE, name, text, fix, image.jobs)
    platforms = image.answer.value.platforms
    if isinstance(platforms, Refused):
        return unchecked(Link.IMAGE, name, "the platform of the image", platforms, image.jobs)
    if image.platform not in platforms.value:
        made_for = ", ".join(map(str, platforms.value)) or "no platform"
        text = f"the image is made for {made_for}, and the task runs on {image.platform}"
        fix = f"build it with --platform {image.platform}, or change runtimePlatform of the task definition"
        return broken("image-platform-wrong", Link.IMAGE, name, text, fix, image.jobs)
    return sound(Link.IMAGE, name, image.jobs)


def _short(image: str) -> str:
    """Return the image without its host, and with the beginning of its digest only."""
    name, at, digest = image.rpartition("/")[2].partition("@")
    return f"{name}{at}{digest[:19]}"
