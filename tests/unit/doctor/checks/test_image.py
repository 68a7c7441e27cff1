"""Tests of what is found of images."""

from __future__ import annotations

import pytest

from doctor.account import Known
from doctor.checks.image import StoredImage, UsedImage, check
from doctor.tasks import Platform
from judgements.answers import Refused

LINUX, ARM = Platform("linux", "amd64"), Platform("linux", "arm64")
HOST = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
DIGEST = f"sha256:{'ab' * 32}"


def used(answer: Known[StoredImage | None] | Refused, name: str = f"{HOST}/team/app:1") -> UsedImage:
    """Return an image that a job runs on Linux."""
    return UsedImage(name, LINUX, ["b", "a"], answer)


def stored(*platforms: Platform) -> Known[StoredImage | None]:
    """Return an image that is made for these platforms."""
    return Known(StoredImage(Known(list(platforms))))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (stored(LINUX), "sound"),
        (stored(ARM, LINUX), "sound"),
        (stored(ARM), "image-platform-wrong"),
        (stored(), "image-platform-wrong"),
        (Known(None), "image-missing"),
        (Refused("no", "ecr:BatchGetImage"), "unchecked"),
        (Known(StoredImage(Refused("no"))), "unchecked"),
    ],
)
def test_an_image(answer: Known[StoredImage | None] | Refused, code: str) -> None:
    """An image is there, and one of its platforms is the one of the tasks."""
    [found] = check([used(answer)])
    assert (found.code, found.about, found.jobs) == (code, "app:1", ("a", "b"))


def test_texts() -> None:
    """The platform that is needed is named as it is typed."""
    [found] = check([used(stored(ARM))])
    assert found.text == "the image is made for linux/arm64, and the task runs on linux/amd64"
    assert found.fix.startswith("build it with --platform linux/amd64")


def test_digest_is_cut() -> None:
    """A digest is known by its beginning."""
    [found] = check([used(stored(LINUX), f"{HOST}/app@{DIGEST}")])
    assert found.about == "app@sha256:abababababab"
