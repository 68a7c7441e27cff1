"""Reports changes of the jobs' times in the preview."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pulumi

from components import clock
from components.schedule_changes import explain
from watch.wording import counted


class SchedulePreview:
    """A resource hook that gets the old and new inputs of each schedule that a preview would create or update.

    It runs only in previews and is not part of the state, so it does not affect the next run. The engine calls it only
    for real changes, so unchanged schedules cost nothing.
    """

    def __init__(self, name: str) -> None:
        """Register the hook under a name that is unique in the program."""
        self._told: Counter[str] = Counter()
        self._sender = ThreadPoolExecutor(max_workers=1)
        """Sends the messages in their order. The SDK's own threads wait for registrations, and these for this hook."""
        self._hook = None
        if pulumi.runtime.is_dry_run():
            options = pulumi.ResourceHookOptions(on_dry_run=True, ignore_errors=True)
            self._hook = pulumi.ResourceHook(f"{name}:schedule-preview", self._tell, options)

    @property
    def binding(self) -> pulumi.ResourceHookBinding | None:
        """The value for `hooks` in the resource options of a schedule; None outside previews."""
        if self._hook is None:
            return None
        return pulumi.ResourceHookBinding(before_create=[self._hook], before_update=[self._hook])

    def summary(self, schedules: int) -> str:
        """Return a line that sums up the changes of the stack's schedules."""
        changed = ", ".join(f"{count} {kind}" for kind, count in sorted(self._told.items()))
        return f"{counted(schedules, 'schedule')}: {changed or 'no changed times'}"

    async def _tell(self, args: pulumi.ResourceHookArgs) -> None:
        """Log a schedule's change. Meanwhile the program registers other resources, though the SDK's call blocks."""
        text = explain(args.name, args.old_inputs, args.new_inputs or {}, clock.now())
        if text is not None:
            self._told["changed" if args.old_inputs else "new"] += 1
            await asyncio.get_running_loop().run_in_executor(self._sender, pulumi.log.info, text)
