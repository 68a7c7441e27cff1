"""Questions to the account, through the stack's own provider; each is asked once, however many placements have it."""

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
"""What the SDK, the bridge and the AWS client put around a reason."""

_DENIED = re.compile(r"\bAccessDenied|\bUnauthorizedOperation\b|\bnot authorized to perform\b")
_PERMISSION = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")


class Refused(Exception):  # noqa: N818 - an answer, though not the one that was wanted
    """The account gave no answer; `str()` is its reason, in one line."""

    def __init__(self, reason: str, permission: str | None = None) -> None:
        """Take the permission that was missing, if that was the reason."""
        self.permission = permission
        super().__init__(reason)


class Lookups:
    """What can be asked. Every question raises `Refused` when it is not answered."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._answers: dict[tuple[str, ...], Any] = {}
        self._stacks: dict[str, pulumi.StackReference] = {}

    def cluster(self, name: str) -> ecs.GetClusterResult:
        """Look at a cluster by its name."""
        return self._ask(lambda: ecs.get_cluster(cluster_name=name), "ecs:DescribeClusters", name)

    def service(self, cluster_arn: str, name: str) -> ecs.GetServiceResult:
        """Look at a service."""
        return self._ask(
            lambda: ecs.get_service(cluster_arn=cluster_arn, service_name=name),
            "ecs:DescribeServices",
            cluster_arn,
            name,
        )

    def task_definition(self, name: str) -> ecs.GetTaskDefinitionResult:
        """Look at the newest active revision of a family, or at `family:revision`."""
        return self._ask(lambda: ecs.get_task_definition(task_definition=name), "ecs:DescribeTaskDefinition", name)

    def role(self, arn: str) -> iam.GetRoleResult:
        """Look at the role that has the name in this ARN; its path may be another one."""
        name = arn.rpartition("/")[2]
        return self._ask(lambda: iam.get_role(name=name), "iam:GetRole", name)

    def subnet(self, subnet_id: str) -> ec2.GetSubnetResult:
        """Look at a subnet."""
        return self._ask(lambda: ec2.get_subnet(id=subnet_id), "ec2:DescribeSubnets", subnet_id)

    def security_group(self, group_id: str) -> ec2.GetSecurityGroupResult:
        """Look at a security group."""
        return self._ask(lambda: ec2.get_security_group(id=group_id), "ec2:DescribeSecurityGroups", group_id)

    async def output(self, wanted: StackOutput, stack: str) -> object:
        """Read what another stack, given by its full name, exports; None when it exports no such thing."""
        try:
            # A stack is registered once, however many placements refer to it.
            reference = self._stacks.get(stack) or pulumi.StackReference(stack)
            self._stacks[stack] = reference
            details = await reference.get_output_details(wanted.output)
        except Exception as error:  # the SDK raises plain Exception for a stack that is not there
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
    """Tell a missing permission from all else; AWS does not always name the one that it misses."""
    if not _DENIED.search(reason):
        return Refused(reason)
    named = _PERMISSION.search(reason)
    return Refused(reason, named[1] if named else permission)


def _reason(error: Exception) -> str:
    """Leave out of an error how the question reached AWS, which says nothing to who reads the message."""
    text = " ".join(str(error).split())
    return _WRAPPING.sub("", text.rpartition("returned an error: ")[2])
