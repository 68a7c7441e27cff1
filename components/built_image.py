"""The image of a job that is built from a Dockerfile, with the repository that it is pushed to."""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_aws import ecr

from components.build_preview import BuildPreview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.image_task_args import BuildArgs

KEPT = 10
"""The images that are kept besides the one in use: those of the revisions that tasks may still start from."""

_PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}


class BuiltImage:
    """The repository of a job, and the image in it that awsx builds with BuildKit and pushes.

    Each deployment builds where a file of the build's folder has changed. The name of the image is by its digest.
    """

    repository: ecr.Repository
    uri: pulumi.Output[str]
    """The name of the image to run. A preview does not know it where the image has to be built."""
    preview: BuildPreview
    """For the task definition: it fails a preview where the image has to be built and cannot be."""

    def __init__(  # noqa: PLR0913 - the parts of an image's name, and what it is made from
        self,
        job: str,
        build: BuildArgs,
        *,
        group: str,
        architecture: str,
        tags: Mapping[str, str],
        parent: pulumi.Resource,
    ) -> None:
        """Declare the repository, its lifecycle policy and the image."""
        from pulumi_awsx import ecr as awsx  # noqa: PLC0415 - only stacks that build an image load it: it costs 0.2 s

        # aws.ecr, because all that awsx.ecr.Repository adds is a default lifecycle policy, which keeps one image.
        self.repository = ecr.Repository(
            job,
            name=repository_name(group, job),
            image_scanning_configuration={"scan_on_push": True},
            image_tag_mutability="MUTABLE",  # awsx pushes each build to the same tag
            force_delete=True,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        ecr.LifecyclePolicy(
            job,
            repository=self.repository.name,
            policy=json.dumps(lifecycle(KEPT)),
            # A change replaces the policy, and a repository has one: the deletion would come last.
            opts=pulumi.ResourceOptions(parent=parent, delete_before_replace=True),
        )
        image = awsx.Image(
            job,
            repository_url=self.repository.repository_url,
            # The name of the image in awsx; without it, two jobs with the same folder would be one resource.
            image_tag=job,
            # Relative: Pulumi runs providers in the project's folder, and the state is to be the same everywhere.
            context=build.context,
            dockerfile=posixpath.normpath(posixpath.join(build.context, build.file)),
            target=build.target,
            args=dict(build.args) or None,
            platform=_PLATFORMS[architecture],
            opts=pulumi.ResourceOptions(parent=parent),
        )
        self.uri = pulumi.Output.unsecret(image.image_uri)
        self.preview = BuildPreview(job, build.context)


def repository_name(group: str, job: str) -> str:
    """Return the name of a job's repository: lower case, no signs at the ends of a part or side by side.

    This is the pattern of ECR's CreateRepository.
    """
    return "/".join(re.sub("[^a-z0-9]+", "-", part.lower()).strip("-") for part in (group, job))


def lifecycle(kept: int) -> dict[str, Any]:
    """Return the lifecycle policy: images that the job's tag has left expire, except the last ones."""
    selection = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": kept}
    rule = {"rulePriority": 1, "description": f"Keep {kept} images that were in use", "selection": selection}
    return {"rules": [{**rule, "action": {"type": "expire"}}]}
