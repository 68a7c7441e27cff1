"""Asks AWS in a preview whether the schedule group that a deployment would create exists already.

AWS refuses to create a group that exists, and everything else of the stack comes after the group. So a second program
with the same names takes nothing over. The preview says so before `pulumi up` fails.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi

from components import provider_functions

if TYPE_CHECKING:
    from pulumi_aws.scheduler import ScheduleGroup

_TYPE = "AWS::Scheduler::ScheduleGroup"
_NOT_FOUND = ("ResourceNotFoundException", "couldn't find resource", "empty result")
"""Parts of the provider's answers for a resource that does not exist."""


class ScheduleGroupPreview:
    """A resource hook that asks, and the program's error for a group that exists.

    The engine calls the hook only if the stack's state has no such group. The hook itself raises nothing: the engine
    would interrupt the program, and Python would print where.
    """

    def __init__(self, parent: pulumi.Resource, name: str, group: str) -> None:
        """Take the group's component, the component's name, and the name that the group has in AWS."""
        self._parent, self._name, self._group = parent, name, group
        self._refusal: str | None = None

    @property
    def binding(self) -> pulumi.ResourceHookBinding | None:
        """The value for `hooks` in the schedule group's resource options; None outside previews."""
        if not pulumi.runtime.is_dry_run():
            return None
        options = pulumi.ResourceHookOptions(on_dry_run=True)
        hook = pulumi.ResourceHook(f"{self._name}:schedule-group-preview", self._ask, options)
        return pulumi.ResourceHookBinding(before_create=[hook])

    def check(self, registered: ScheduleGroup) -> None:
        """End the program with RunError if the group exists already, once the engine has called the hook."""
        if pulumi.runtime.is_dry_run():
            registered.urn.apply(self._refuse)

    def _refuse(self, _: str) -> None:
        if self._refusal is not None:
            raise pulumi.RunError(self._refusal)

    async def _ask(self, _: pulumi.ResourceHookArgs) -> None:
        """Remember the refusal if the group exists; warn if AWS does not say."""
        arguments = {"typeName": _TYPE, "identifier": self._group}
        try:
            found = await provider_functions.call("cloudcontrol/getResource", arguments, self._parent)
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exception for a function that failed
            reason = " ".join(str(error).split())
            if not any(part in reason for part in _NOT_FOUND):
                pulumi.log.warn(
                    f"it was not checked whether the schedule group '{self._group}' exists already: {reason}"
                )
            return
        arn = json.loads(found["properties"]).get("Arn", self._group)
        self._refusal = (
            f"the schedule group '{self._group}' exists already ({arn}), but this stack's state does not have it. "
            "If another program or stack made it, choose another name for the project or the stack. "
            "If it is left over from a stack whose state is lost, delete it: "
            f"aws scheduler delete-schedule-group --name {self._group} (this deletes its schedules too)"
        )
