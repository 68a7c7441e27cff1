"""Images that are pushed to ECR keep their digests, also when another image gets their tag."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.processes.emulator.world import client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World


def manifest(size: int) -> str:
    """Return the manifest of an image whose config has this size."""
    media_type = "application/vnd.oci.image.manifest.v1+json"
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + "0a" * 32, "size": size}
    return json.dumps({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": []})


def push(size: int, tag: str) -> str:
    """Push an image, and return its digest."""
    pushed = client("ecr").put_image(repositoryName="app", imageManifest=manifest(size), imageTag=tag)
    return str(pushed["image"]["imageId"]["imageDigest"])


@pytest.fixture
def repository(world: World) -> None:
    """Create a repository."""
    del world
    client("ecr").create_repository(repositoryName="app")


@pytest.mark.usefixtures("repository")
def test_digest() -> None:
    """It is the hash of the manifest, also of two images whose layers are the same."""
    assert push(2, "a") == f"sha256:{hashlib.sha256(manifest(2).encode()).hexdigest()}"
    assert push(2, "b") == push(2, "c") != push(3, "d")


@pytest.mark.usefixtures("repository")
def test_tag_that_moves() -> None:
    """The other image stays, without the tag, and can be read by its digest. The tag can move back."""
    old, new = push(2, "1.0"), push(3, "1.0")
    ids = client("ecr").list_images(repositoryName="app")["imageIds"]
    assert {(one["imageDigest"], one.get("imageTag")) for one in ids} == {(old, None), (new, "1.0")}
    by_tag, by_digest = (
        client("ecr").describe_images(repositoryName="app", imageIds=[one])["imageDetails"][0]
        for one in ({"imageTag": "1.0"}, {"imageDigest": old})
    )
    assert (by_tag["imageDigest"], by_digest["imageDigest"]) == (new, old)
    assert push(2, "1.0") == old


@pytest.mark.usefixtures("repository")
def test_tag_that_must_stay() -> None:
    """Where tags are immutable, the image keeps its own."""
    old = push(2, "1.0")
    client("ecr").put_image_tag_mutability(repositoryName="app", imageTagMutability="IMMUTABLE")
    assert refusal(lambda: push(3, "1.0"))[0].endswith("AlreadyExistsException")
    [kept] = client("ecr").list_images(repositoryName="app")["imageIds"]
    assert kept == {"imageDigest": old, "imageTag": "1.0"}
