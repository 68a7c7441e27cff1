"""Fails a preview that could not be deployed from here, because an image has to be built and Docker is not there."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pulumi

from components import docker_host, own_task_definition
from components.preview_refusal import PreviewRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping


class BuildPreview(PreviewRefusal):
    """A resource hook that gets the inputs of the task definition of a job whose image is built.

    The engine calls it only in previews, and only for a task definition that changes. awsx builds no image in a
    preview, so the image's digest is then unknown if the image has to be built. An image that stays needs no Docker.
    """

    def __init__(self, job: str, build: str) -> None:
        """Take the name of a job, and the folder that its image is built from, for the message."""
        super().__init__()
        self._job, self._build = job, build

    @property
    def binding(self) -> pulumi.ResourceHookBinding | None:
        """The value for `hooks` in the resource options of the task definition; None outside previews."""
        if not pulumi.runtime.is_dry_run():
            return None
        options = pulumi.ResourceHookOptions(on_dry_run=True)
        hook = pulumi.ResourceHook(f"{self._job}:build-preview", self._look, options)
        return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])

    async def _look(self, args: pulumi.ResourceHookArgs) -> None:
        """Remember the refusal if the image has to be built and cannot be."""
        if has_digest(args.new_inputs or {}):
            return
        reason = await asyncio.get_running_loop().run_in_executor(None, docker_host.why_not)
        if reason is not None:
            self.refusal = (
                f"the image of the job '{self._job}' has to be built from {self._build}, and {reason}. "
                "Deploy where Docker runs, or build and push the image elsewhere and name it by its tag: `image` of "
                "the job in stack config"
            )


def has_digest(inputs: Mapping[str, Any]) -> bool:
    """Return whether the inputs of a task definition name the digest of its image. Unknown inputs do not."""
    containers = inputs.get("containerDefinitions")
    if not isinstance(containers, str):
        return False
    images = [one["image"] for one in json.loads(containers) if one["name"] == own_task_definition.CONTAINER]
    return all("@sha256:" in image for image in images)
