"""ECS pulls the images of tasks, with the permissions of the execution role, and learns what an image runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.ecr.models import ecr_backends

from aws_facts import ecr_image
from aws_facts.arn import Arn
from emulator.ecr.image_config import ImageConfig
from emulator.ecr.layers import blob
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request

if TYPE_CHECKING:
    from moto.ecr.models import Repository

    from aws_facts.ecr_image import EcrImage

_NO_LOGIN = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable "
    "to retrieve ecr registry auth: service call has been retried 1 time(s): {code}: {message}"
)
"""ECS's reason for a task whose execution role may not log in to ECR (recorded)."""
_NOT_PULLED = (
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {why}"
)
"""ECS's reason for a task whose image it could not pull (recorded), as the fault of the sandbox has it."""
_FORBIDDEN = "unexpected status from HEAD request to {url}: 403 Forbidden"
"""The registry's answer to a role that may not pull (recorded)."""
_PULLS = ("BatchGetImage", "BatchCheckLayerAvailability", "GetDownloadUrlForLayer")
"""ECR User Guide, "Repository policy examples": what pulling an image needs."""


class PullError(Exception):
    """An image that a task cannot pull; the text is ECS's reason."""


def pull(role: str | None, name: str) -> ImageConfig:
    """Return what an image runs, as far as it is known; PullError if ECR has no such image, or `role` may not pull it.

    `role` is the execution role. Without one, the role of an instance pulls, which is not known or judged. Neither are
    the images of other registries.
    """
    image = ecr_image.parse(name)
    if image is None:
        return ImageConfig()
    repository = ecr_backends[image.account][image.region].repositories.get(image.repository)
    if role:
        _authorize(role, image, name)
    if repository is not None:
        for one in repository.images:
            if image.digest == one.get_image_digest() or image.tag in one.image_tags:
                return _config(one.image_manifest, repository)
    raise PullError(_NOT_PULLED.format(image=name, why=f"{name}: not found"))


def _authorize(role: str, image: EcrImage, name: str) -> None:
    try:
        roles.authorize(role, Request("ecr:GetAuthorizationToken", "*"))
    except AwsError as refusal:
        raise PullError(_NO_LOGIN.format(code=refusal.code, message=refusal.message)) from refusal
    arn, (host, _, _) = image.repository_arn(Arn.parse(role).partition), name.partition("/")
    try:
        for action in _PULLS:
            roles.authorize(role, Request(f"ecr:{action}", arn))
    except AwsError as refusal:
        url = f"https://{host}/v2/{image.repository}/manifests/{image.digest or image.tag}"
        raise PullError(_NOT_PULLED.format(image=name, why=_FORBIDDEN.format(url=url))) from refusal


def _config(manifest: str, repository: Repository) -> ImageConfig:
    """Return what an image runs; nothing is known of a list of images, and of one whose config was not pushed."""
    found = blob(repository, (json.loads(manifest).get("config") or {}).get("digest", ""))
    try:
        config = json.loads(found or b"{}").get("config") or {}
    except (ValueError, AttributeError):
        return ImageConfig()
    return ImageConfig(tuple(config.get("Entrypoint") or ()), tuple(config.get("Cmd") or ()))
