"""Security groups that something uses cannot be deleted. moto deletes any of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from moto.ec2.models import ec2_backends

from emulator.gateway.gateway import AwsError
from emulator.lambda_ import function_networks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from moto.ec2.models.security_groups import SecurityGroup

    from emulator.ecs.task import Task
    from emulator.gateway.gateway import Call, Gateway


def install(gateway: Gateway, tasks: Callable[[], Sequence[Task]]) -> None:
    """Refuse DeleteSecurityGroup for a VPC's default group, and while an interface or a rule refers to the group.

    (EC2 API reference, DeleteSecurityGroup.) A task has a network interface until it has stopped, and a function has
    one until it leaves the VPC or is deleted.
    """
    gateway.check("ec2", "DeleteSecurityGroup", partial(_check_deleted, tasks))


def _check_deleted(tasks: Callable[[], Sequence[Task]], call: Call) -> None:
    group = _group(call)
    if group is None:
        return  # moto refuses it
    if group.is_default:
        raise AwsError("CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user')
    of_functions = function_networks.groups(call.account, call.region)
    if group.id in {*_of_tasks(tasks()), *of_functions, *_of_interfaces(call), *_of_rules(call, group)}:
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")


def _group(call: Call) -> SecurityGroup | None:
    backend = ec2_backends[call.account][call.region]
    named = call.params.get("GroupId") or call.params.get("GroupName")
    return None if named is None else backend.get_security_group_by_name_or_id(named)


def _of_tasks(tasks: Sequence[Task]) -> Iterator[str]:
    for task in tasks:
        if task.stopped_at is None:
            yield from (
                task.params.get("networkConfiguration", {}).get("awsvpcConfiguration", {}).get("securityGroups", [])
            )


def _of_interfaces(call: Call) -> Iterator[str]:
    for interface in ec2_backends[call.account][call.region].enis.values():
        yield from (group.id for group in interface.group_set)


def _of_rules(call: Call, deleted: SecurityGroup) -> Iterator[str]:
    """Yield the groups that rules of other groups name."""
    for groups in ec2_backends[call.account][call.region].groups.values():
        for group in groups.values():
            for rule in [*group.ingress_rules, *group.egress_rules] if group.id != deleted.id else []:
                yield rule.source_group.get("GroupId", "")
