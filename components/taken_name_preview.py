"""Asks AWS whether a name that a deployment would take is taken already: by another program, or by a lost stack.

A second program with the same names takes nothing over. The preview says so before `pulumi up` fails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components import provider_functions
from components.preview_refusal import PreviewRefusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NOT_FOUND = ("ResourceNotFoundException", "couldn't find resource", "empty result", ": INACTIVE")
"""Parts of the provider's answers for a resource that does not exist. The last is that for a deleted cluster."""


@dataclass(frozen=True)
class Kind:
    """A kind of resource whose name an operator knows, so that it is chosen and not generated."""

    words: str
    function: str
    """The provider's function that looks for one by its name."""
    arguments: Callable[[str], Mapping[str, str]]
    """Returns the function's arguments for a name."""
    arn: Callable[[Mapping[str, Any]], str]
    """Returns the ARN in the function's answer."""
    of_another: str
    """What to do if the resource belongs to another program."""
    delete: str
    """The command that deletes the resource of the name that follows."""
    effect: str
    """A warning about that command, in parentheses; empty for none."""
    refused: bool
    """Whether AWS refuses to create a second one. If not, this program refuses it, also without a preview."""


SCHEDULE_GROUP = Kind(
    words="schedule group",
    function="cloudcontrol/getResource",
    arguments=lambda name: {"typeName": "AWS::Scheduler::ScheduleGroup", "identifier": name},
    arn=lambda found: str(json.loads(found["properties"]).get("Arn")),
    of_another="choose another name for the project or the stack",
    delete="aws scheduler delete-schedule-group --name",
    effect=" (this deletes its schedules too)",
    refused=True,
)
"""Everything else of a job group comes after its schedule group."""
CLUSTER = Kind(
    words="cluster",
    function="ecs/getCluster",
    arguments=lambda name: {"clusterName": name},
    arn=lambda found: str(found["arn"]),
    of_another="name it as the placement's cluster, or choose another name",
    delete="aws ecs delete-cluster --cluster",
    effect="",
    refused=False,
)
"""CreateCluster returns a cluster that exists (terraform-provider-aws issue 44817), and `destroy` would delete it."""


class TakenNamePreview(PreviewRefusal):
    """A resource hook that asks, and the program's error for a name that is taken.

    The engine calls the hook only if the stack's state has no such resource.
    """

    def __init__(self, parent: pulumi.Resource, name: str, kind: Kind, wanted: str) -> None:
        """Take the resource's component, the component's name, and the name that the resource has in AWS."""
        super().__init__()
        self._parent, self._name, self._kind, self._wanted = parent, name, kind, wanted

    @property
    def binding(self) -> pulumi.ResourceHookBinding | None:
        """The value for `hooks` in the resource's options; None outside previews if AWS refuses by itself."""
        if self._kind.refused and not pulumi.runtime.is_dry_run():
            return None
        options = pulumi.ResourceHookOptions(on_dry_run=True)
        name = f"{self._name}:{self._kind.words.replace(' ', '-')}-preview"
        return pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook(name, self._ask, options)])

    async def _ask(self, _: pulumi.ResourceHookArgs) -> None:
        """Remember the refusal if the name is taken; warn if AWS does not say. Outside previews, raise it."""
        kind, wanted = self._kind, self._wanted
        try:
            found = await provider_functions.call(kind.function, kind.arguments(wanted), self._parent)
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exception for a function that failed
            reason = " ".join(str(error).split())
            if not any(part in reason for part in _NOT_FOUND):
                pulumi.log.warn(f"it was not checked whether the {kind.words} '{wanted}' exists already: {reason}")
            return
        self.refusal = (
            f"the {kind.words} '{wanted}' exists already ({kind.arn(found)}), but this stack's state does not have it. "
            f"If another program or stack made it, {kind.of_another}. "
            f"If it is left over from a stack whose state is lost, delete it: {kind.delete} {wanted}{kind.effect}"
        )
        if not pulumi.runtime.is_dry_run():
            self.refuse()
