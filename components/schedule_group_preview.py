"""Asks AWS in a preview whether the schedule group that a deployment would create exists already.

AWS refuses to create a group that exists, and everything else of the stack comes after the group. So a second program
with the same names takes nothing over. The preview says so before `pulumi up` fails.
"""

from __future__ import annotations

import json
from importlib import metadata

import pulumi

_FUNCTION = "aws:cloudcontrol/getResource:getResource"
_TYPE = "AWS::Scheduler::ScheduleGroup"
_NOT_FOUND = ("ResourceNotFoundException", "couldn't find resource", "empty result")
"""Parts of the provider's answers for a resource that does not exist."""


def binding(parent: pulumi.Resource, name: str, group: str) -> pulumi.ResourceHookBinding | None:
    """Return the value for `hooks` in the schedule group's resource options; None outside previews.

    `parent` and `name` are the group's component and its name. The engine calls the hook only if the stack's state has
    no such group.
    """
    if not pulumi.runtime.is_dry_run():
        return None

    async def check(_: pulumi.ResourceHookArgs) -> None:
        await _refuse_existing(group, pulumi.InvokeOptions(parent=parent, version=metadata.version("pulumi_aws")))

    hook = pulumi.ResourceHook(f"{name}:schedule-group-preview", check, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_create=[hook])


async def _refuse_existing(group: str, options: pulumi.InvokeOptions) -> None:
    """Raise RunError if the group exists; warn if AWS does not say."""
    try:
        found = await pulumi.runtime.invoke_async(_FUNCTION, {"typeName": _TYPE, "identifier": group}, options)
    except Exception as error:  # noqa: BLE001 - the SDK raises plain Exception for a function that failed
        reason = " ".join(str(error).split())
        if not any(part in reason for part in _NOT_FOUND):
            pulumi.log.warn(f"it was not checked whether the schedule group '{group}' exists already: {reason}")
        return
    arn = json.loads(found["properties"]).get("Arn", group)
    raise pulumi.RunError(
        f"the schedule group '{group}' exists already ({arn}), but this stack's state does not have it. "
        "If another program or stack made it, choose another name for the project or the stack. "
        "If it is left over from a stack whose state is lost, delete it: "
        f"aws scheduler delete-schedule-group --name {group} (this deletes its schedules too)"
    )
