"""What must be there before a container of a job starts: its image, and the permissions of the execution role."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tests.components.embedded import ACCOUNT, REGION

if TYPE_CHECKING:
    from tests.components.embedded import EmbeddedCloud

REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app"
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/web"
LINUX, WINDOWS = ({"os": system, "architecture": "amd64"} for system in ("linux", "windows"))
START: dict[str, dict[str, Any]] = {
    "token": {"Action": "ecr:GetAuthorizationToken", "Resource": "*"},
    "image": {"Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "Resource": REPOSITORY},
    "log": {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{LOG_GROUP}:*"},
}
"""The statements of the execution role."""
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"


def make_ready(cloud: EmbeddedCloud) -> None:
    """Push the image of the usual task definition, and let its execution role pull it and write the log."""
    cloud.client("ecr").create_repository(repositoryName="app")
    push_index(cloud, "1", LINUX, WINDOWS)
    allow(cloud, *START.values())


def allow(cloud: EmbeddedCloud, *statements: dict[str, Any], role: str = "execution") -> None:
    """Replace what a role may do."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    cloud.client("iam").put_role_policy(RoleName=role, PolicyName="start", PolicyDocument=json.dumps(document))


def push(cloud: EmbeddedCloud, tag: str, platform: dict[str, str]) -> None:
    """Push an image for one platform, as `docker push` does: its config, and a manifest that names it."""
    blob = json.dumps({**platform, "rootfs": {}}).encode()
    digest = _upload(cloud, blob)
    layers: list[Any] = [{"digest": digest, "size": len(blob)}]
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": {"digest": digest, "size": 1}, "layers": layers}
    _put(cloud, tag, manifest)


def push_index(cloud: EmbeddedCloud, tag: str, *platforms: dict[str, str]) -> None:
    """Push an image for several platforms, with the attestation that Docker adds."""
    attestation = {"os": "unknown", "architecture": "unknown"}
    manifests = [{"digest": f"sha256:{number:064}", "platform": one} for number, one in enumerate(platforms, start=1)]
    manifests.append({"digest": f"sha256:{'f' * 64}", "platform": attestation})
    _put(cloud, tag, {"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests})


def _put(cloud: EmbeddedCloud, tag: str, manifest: dict[str, Any]) -> None:
    kind = manifest["mediaType"]
    cloud.client("ecr").put_image(
        repositoryName="app", imageTag=tag, imageManifest=json.dumps(manifest), imageManifestMediaType=kind
    )


def _upload(cloud: EmbeddedCloud, blob: bytes) -> str:
    ecr, named = cloud.client("ecr"), {"repositoryName": "app"}
    upload = {**named, "uploadId": ecr.initiate_layer_upload(**named)["uploadId"]}
    ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob)
    digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
    ecr.complete_layer_upload(**upload, layerDigests=[digest])
    return digest
