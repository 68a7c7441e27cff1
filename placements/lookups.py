"""Looks things up in the account, through the stack's own provider. Each look-up is made once and remembered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi
from pulumi_aws import ec2, ecs, iam

if TYPE_CHECKING:
    from collections.abc import Callable

    from settings import StackOutput

T = TypeVar("T")

_WRAPPING = re.compile(
    r"^(error: )?(invoking \S+: )?(\d+ errors? occurred: )?(\* )?"
    r"|operation error [^:]+: \w+, (https response error StatusCode: \d+, RequestID: [^,]*, )?(api error )?"
)
"""The text that the SDK, the bridge and the AWS client add around a reason."""

_DENIED = re.compile(r"\bAccessDenied|\bUnauthorizedOperation\b|\bnot authorized to perform\b")
_PERMISSION = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")


class Refused(Exception):  # noqa: N818 - an answer, though not the one that was wanted
    """The account refused a look-up; `str()` is the reason, in one line."""

    def __init__(self, reason: str, permission: str | None = None) -> None:
        """Store the reason, and the permission that is missing if that is the reason."""
        self.permission = permission
        super().__init__(reason)


class Lookups:
    """The look-ups in the account. Each raises `Refused` when it gets no answer."""

    def __init__(self) -> None:
        """Start without any answers."""
        self._answers: dict[tuple[str, ...], Any] = {}
        self._stacks: dict[str, pulumi.StackReference] = {}

    def cluster(self, name: str) -> ecs.GetClusterResult:
        """Return a cluster by its name."""
        return self._ask(lambda: ecs.get_cluster(cluster_name=name), "ecs:DescribeClusters", name)

    def service(self, cluster_arn: str, name: str) -> ecs.GetServiceResult:
        """Return a service."""
        return self._ask(
            lambda: ecs.get_service(cluster_arn=cluster_arn, service_name=name),
            "ecs:DescribeServices",
            cluster_arn,
            name,
        )

    def task_definition(self, name: str) -> ecs.GetTaskDefinitionResult:
        """Return the newest active revision of a family, or the revision of `family:revision`."""
        return self._ask(lambda: ecs.get_task_definition(task_definition=name), "ecs:DescribeTaskDefinition", name)

    def role(self, arn: str) -> iam.GetRoleResult:
        """Return the role that has the name in this ARN. Its path may differ from the ARN's."""
        name = arn.rpartition("/")[2]
        return self._ask(lambda: iam.get_role(name=name), "iam:GetRole", name)

    def subnet(self, subnet_id: str) -> ec2.GetSubnetResult:
        """Return a subnet."""
        return self._ask(lambda: ec2.get_subnet(id=subnet_id), "ec2:DescribeSubnets", subnet_id)

    def security_group(self, group_id: str) -> ec2.GetSecurityGroupResult:
        """Return a security group."""
        return self._ask(lambda: ec2.get_security_group(id=group_id), "ec2:DescribeSecurityGroups", group_id)

    async def output(self, wanted: StackOutput, stack: str) -> object:
        """Return an output of another stack, given by its full name; None when the stack has no such output."""
        try:
            # A stack is registered once, even if several placements refer to it.
            reference = self._stacks.get(stack) or pulumi.StackReference(stack)
            self._stacks[stack] = reference
            details = await reference.get_output_details(wanted.output)
        except Exception as error:  # the SDK raises plain Exception for a stack that does not exist
            raise Refused(_reason(error)) from error
        return details.value if details.value is not None else details.secret_value

    def _ask(self, question: Callable[[], T], permission: str, *about: str) -> T:
        key = (permission, *about)
        if key not in self._answers:
            try:
                self._answers[key] = question()
            except Exception as error:  # noqa: BLE001 - the SDK raises plain Exception for a function that failed
                self._answers[key] = _refusal(_reason(error), permission)
        answer: T | Refused = self._answers[key]
        if isinstance(answer, Refused):
            raise answer
        return answer


def _refusal(reason: str, permission: str) -> Refused:
    """Return a refusal, with the permission if that is the reason. AWS does not always name the permission."""
    if not _DENIED.search(reason):
        return Refused(reason)
    named = _PERMISSION.search(reason)
    return Refused(reason, named[1] if named else permission)


def _reason(error: Exception) -> str:
    """Return the reason of an error, without the text about how the request reached AWS."""
    text = " ".join(str(error).split())
    return _WRAPPING.sub("", text.rpartition("returned an error: ")[2])
