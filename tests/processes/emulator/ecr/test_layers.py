"""A blob that is uploaded to ECR can be read at the URL that ECR tells."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.processes.emulator.world import client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

BLOB = b'{"architecture": "arm64", "os": "linux"}'
DIGEST = f"sha256:{hashlib.sha256(BLOB).hexdigest()}"


def uploaded(name: str) -> str:
    """Upload the blob in two parts to a new repository, and return its digest as ECR tells it."""
    ecr = client("ecr")
    ecr.create_repository(repositoryName=name)
    upload = {"repositoryName": name, "uploadId": ecr.initiate_layer_upload(repositoryName=name)["uploadId"]}
    ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=4, layerPartBlob=BLOB[:5])
    ecr.upload_layer_part(**upload, partFirstByte=5, partLastByte=len(BLOB) - 1, layerPartBlob=BLOB[5:])
    digest: str = ecr.complete_layer_upload(**upload, layerDigests=[DIGEST])["layerDigest"]
    return digest


def test_blob_is_read(world: World) -> None:
    """The URL leads to the bytes that were uploaded."""
    del world
    digest = uploaded("app")
    found = client("ecr").get_download_url_for_layer(repositoryName="app", layerDigest=digest)
    with urlopen(found["downloadUrl"]) as answer:  # noqa: S310 - a data URL
        assert (answer.read(), found["layerDigest"]) == (BLOB, DIGEST)


@pytest.mark.parametrize(
    ("name", "digest", "code"),
    [
        ("other", DIGEST, "LayersNotFoundException"),
        ("app", f"sha256:{'0' * 64}", "LayersNotFoundException"),
        ("nothing", DIGEST, "RepositoryNotFoundException"),
    ],
)
def test_refused(world: World, name: str, digest: str, code: str) -> None:
    """A repository has only its own blobs."""
    del world
    uploaded("app")
    client("ecr").create_repository(repositoryName="other")
    asked = {"repositoryName": name, "layerDigest": digest}
    assert refusal(lambda: client("ecr").get_download_url_for_layer(**asked))[0] == code
