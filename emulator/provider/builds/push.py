"""Puts an image into a repository of the embedded ECR, with the calls that a push makes."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from emulator.provider.core.errors import doing

if TYPE_CHECKING:
    from emulator.provider.builds.docker import BuiltImage
    from emulator.provider.core.clients import Aws, Client


def push(aws: Aws, image: BuiltImage, name: str) -> str:
    """Push an image under a name with a tag, and return its digest. Raises ProviderError when ECR refuses it."""
    repository, _, tag = name.partition("/")[2].rpartition(":")
    client, digest = aws.client("ecr"), _digest(image.manifest)
    with doing("pushing", "image", name):
        for blob in image.blobs:
            _upload(client, repository, blob)
        # An image that is there already with this tag is what a push wants.
        with suppress(client.exceptions.ImageAlreadyExistsException):
            client.put_image(
                repositoryName=repository,
                imageManifest=image.manifest.decode(),
                imageManifestMediaType=image.media_type,
                imageTag=tag,
                imageDigest=digest,
            )
    return digest


def _upload(client: Client, repository: str, blob: bytes) -> None:
    upload = client.initiate_layer_upload(repositoryName=repository)["uploadId"]
    client.upload_layer_part(
        repositoryName=repository, uploadId=upload, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob
    )
    client.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[_digest(blob)])


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
