"""Asks ECR about the images of the jobs' tasks. It tells the platform of a single image only in the image's config."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from aws_facts import ecr_image
from doctor.account import Known
from doctor.checks.image import StoredImage, UsedImage
from doctor.reading import tasks
from doctor.tasks import Platform
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_facts.ecr_image import EcrImage
    from doctor.account import Account
    from doctor.stack import Stack

_MANIFESTS = [
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
]
"""Without these ECR converts a list of manifests to one of its images (ECR API reference, BatchGetImage)."""
_SECONDS = 10
_UNKNOWN = "unknown"
"""The platform of attestations, which stand among the images of a list (Docker, "Attestation storage")."""


def read(account: Account, stack: Stack) -> Sequence[UsedImage]:
    """Return each image once for each platform that tasks run it on."""
    used: dict[tuple[str, Platform], list[str]] = {}
    for task in tasks.read(account, stack):
        for image in task.images:
            used.setdefault((image, task.platform), []).extend(task.jobs)
    answers = account.each((image for image, _ in used), lambda image: _stored(account, image))
    return [UsedImage(image, platform, jobs, answers[image]) for (image, platform), jobs in used.items()]


def _stored(account: Account, name: str) -> Known[StoredImage | None] | Refused:
    image = ecr_image.parse(name)
    if image is None:
        return Refused("its registry is no private one of ECR, and doctor asks no other")
    answer = account.ask(
        "ecr",
        "batch_get_image",
        absent=("RepositoryNotFoundException",),
        region=image.region,
        registryId=image.account,
        repositoryName=image.repository,
        imageIds=[dict(image.id)],
        acceptedMediaTypes=_MANIFESTS,
    )
    if isinstance(answer, Refused):
        return answer
    images = answer.value["images"] if answer.value else []
    if not images:
        return Known(None)
    return Known(StoredImage(_platforms(account, image, json.loads(images[0]["imageManifest"]))))


def _platforms(account: Account, image: EcrImage, manifest: Mapping[str, Any]) -> Known[Sequence[Platform]] | Refused:
    if "manifests" in manifest:
        given = [one.get("platform") or {} for one in manifest["manifests"]]
        return Known([_platform(one) for one in given if one.get("os", _UNKNOWN) != _UNKNOWN])
    digest = (manifest.get("config") or {}).get("digest")
    if not digest:
        return Refused("its manifest does not name a config")
    answer = account.ask(
        "ecr",
        "get_download_url_for_layer",
        region=image.region,
        registryId=image.account,
        repositoryName=image.repository,
        layerDigest=digest,
    )
    if isinstance(answer, Refused):
        return answer
    try:
        with urlopen(answer.value["downloadUrl"], timeout=_SECONDS) as found:  # noqa: S310 - ECR has given it
            return Known([_platform(json.load(found))])
    except (OSError, ValueError, KeyError) as error:
        return Refused(f"the config of the image cannot be read: {error}")


def _platform(given: Mapping[str, Any]) -> Platform:
    return Platform(given["os"], given["architecture"])
