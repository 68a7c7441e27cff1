"""ECR keeps the blobs that are uploaded, and tells where they can be read. moto keeps only their sizes."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from moto.ecr.models import ecr_backends

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from moto.ecr.models import Repository

    from emulator.gateway.gateway import Call, Gateway

_BLOBS = "blobs"
"""The attribute that is added to moto's repositories: the blobs, by digest."""


def install(gateway: Gateway) -> None:
    """Keep the blobs, and answer GetDownloadUrlForLayer, which moto lacks."""
    gateway.check("ecr", "CompleteLayerUpload", _keep)
    gateway.answer("ecr", "GetDownloadUrlForLayer", _url)


def _keep(call: Call) -> None:
    repository = _repository(call)
    upload = repository.uploads.get(call.params["uploadId"]) if repository else None
    if repository and upload:  # else moto refuses the call
        uploaded = bytes(upload.layer_parts)
        vars(repository).setdefault(_BLOBS, {})[f"sha256:{hashlib.sha256(uploaded).hexdigest()}"] = uploaded


def blob(repository: Repository, digest: str) -> bytes | None:
    """Return a blob that was uploaded to a repository; None if none was."""
    found: bytes | None = vars(repository).get(_BLOBS, {}).get(digest)
    return found


def _url(call: Call) -> dict[str, Any]:
    """Answer with a URL that has the blob itself in it. AWS's is one of a bucket in S3 (ECR API reference)."""
    digest, repository = call.params["layerDigest"], _repository(call)
    name = call.params["repositoryName"]
    if repository is None:
        raise AwsError(
            "RepositoryNotFoundException",
            f"The repository with name '{name}' does not exist in the registry with id '{call.account}'",
        )
    found = blob(repository, digest)
    if found is None:
        raise AwsError(
            "LayersNotFoundException",
            f"The layer with digest '{digest}' does not exist in the repository with name '{name}' in registry with id "
            f"'{call.account}'",
        )
    url = f"data:application/octet-stream;base64,{base64.b64encode(found).decode()}"
    return {"downloadUrl": url, "layerDigest": digest}


def _repository(call: Call) -> Repository | None:
    backend = ecr_backends[call.params.get("registryId") or call.account][call.region]
    return backend.repositories.get(call.params["repositoryName"])
