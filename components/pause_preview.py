"""Reports in the preview after how many ticks that go wrong a job is paused."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pulumi

from components.pause_changes import explain

if TYPE_CHECKING:
    from collections.abc import Mapping


class PausePreview:
    """A resource hook that gets the old inputs of the item of each job that can be paused.

    It runs only in previews, as that of the schedules. A job that cannot be paused does not bind it, and costs nothing.
    The new number comes from the arguments: the new inputs may be unknown while a part of the item is.
    """

    def __init__(self, name: str) -> None:
        """Register the hook under a name that is unique in the program."""
        self._wanted: dict[str, Mapping[str, int]] = {}
        self._sender = ThreadPoolExecutor(max_workers=1)
        self._hook = None
        if pulumi.runtime.is_dry_run():
            options = pulumi.ResourceHookOptions(on_dry_run=True, ignore_errors=True)
            self._hook = pulumi.ResourceHook(f"{name}:pause-preview", self._tell, options)

    def binding(self, job: str, wanted: Mapping[str, int]) -> pulumi.ResourceHookBinding | None:
        """Return the value for `hooks` in the resource options of a job's item; None where there is nothing to tell.

        `wanted` are the numbers of ticks by schedule, for those that can pause the job.
        """
        if self._hook is None or not wanted:
            return None
        self._wanted[job] = wanted
        return pulumi.ResourceHookBinding(before_create=[self._hook], before_update=[self._hook])

    async def _tell(self, args: pulumi.ResourceHookArgs) -> None:
        """Log what changes. Meanwhile the program registers other resources, though the SDK's call blocks."""
        text = explain(args.old_inputs, self._wanted[args.name])
        if text is not None:
            await asyncio.get_running_loop().run_in_executor(self._sender, pulumi.log.info, text)
