"""Puts the images and the values of secrets that a platform's stack file lists into the embedded AWS.

AWS's Pulumi provider has no resource for an image, and values of secrets belong into no state.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml

from aws_facts import ecr_image
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from aws_facts.ecr_image import EcrImage

    Client = Callable[[str], Any]
    """Returns the boto3 client of a service, in the region of the platform."""

_IMAGES, _SECRETS = "platform:images", "platform:secrets"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"


def plant(file: Path, client: Client) -> None:
    """Put images and values of secrets in place, as a platform's stack file has them; what is there already stays.

    Raises SandboxError for an entry that cannot be in the account and region of the platform.
    """
    config: Mapping[str, Any] = (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("config") or {}
    images, secrets = config.get(_IMAGES) or [], config.get(_SECRETS) or {}
    if not images and not secrets:
        return
    account = str(client("sts").get_caller_identity()["Account"])
    region = str(client("ecr").meta.region_name)
    for i, image in enumerate(images):
        _push(_image(f"{file.name}: {_IMAGES}[{i}]", image, account, region), client("ecr"))
    for arn, values in secrets.items():
        _check_secret(f"{file.name}: {_SECRETS}", arn, account, region)
        _set_value(arn, values, client("secretsmanager"))


def _image(where: str, given: object, account: str, region: str) -> EcrImage:
    image = ecr_image.parse(str(given))
    if image is None or not image.tag or (image.account, image.region) != (account, region):
        example = f"{account}.dkr.ecr.{region}.amazonaws.com/db-cleanup:1.4"
        raise SandboxError(
            f"{where}: '{given}' must be an image of this account and region with its tag, such as {example}"
        )
    return image


def _push(image: EcrImage, ecr: Any) -> None:  # noqa: ANN401 - a boto3 client
    """Push an image without layers, which no other name has."""
    with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=image.repository)
    digest = hashlib.sha256(f"{image.repository}:{image.tag}".encode()).hexdigest()
    config = {"mediaType": _CONFIG, "digest": f"sha256:{digest}", "size": 2}
    manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": []}
    try:
        ecr.describe_images(repositoryName=image.repository, imageIds=[{"imageTag": image.tag}])
    except ecr.exceptions.ImageNotFoundException:
        ecr.put_image(repositoryName=image.repository, imageManifest=json.dumps(manifest), imageTag=image.tag)


def _check_secret(where: str, given: str, account: str, region: str) -> None:
    prefix = f":secretsmanager:{region}:{account}:secret:"
    name, _, end = given.partition(prefix)[2].rpartition("-")
    if not name or not end or ":" in name + end:
        raise SandboxError(
            f"{where}: '{given}' must be the ARN of a secret of this account and region, without a JSON key, such as "
            f"arn:aws{prefix}db-AbCdEf"
        )


def _set_value(arn: str, values: object, secrets: Any) -> None:  # noqa: ANN401 - a boto3 client
    """Give a secret its first value: a text as it is, or names and values as a JSON object."""
    try:
        secrets.get_secret_value(SecretId=arn)
    except secrets.exceptions.ResourceNotFoundException:
        text = values if isinstance(values, str) else json.dumps(values)
        secrets.put_secret_value(SecretId=arn, SecretString=text)
