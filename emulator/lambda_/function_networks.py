"""The networks of functions: what Lambda checks when a function joins a VPC. Moto takes any ids.

The messages are those that people have published. Nobody has published the one about subnets of several VPCs.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.ec2.models import ec2_backends

from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from emulator.lambda_.function_lookup import find, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NEEDED = ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface")
"""The actions for which Lambda examines the role, before any interface exists, and so on all resources. The Lambda
Developer Guide, "Required IAM permissions", names three more, without which functions are known to be created."""
_SUBNETS, _GROUPS = "SubnetIds", "SecurityGroupIds"
_CONFIG = "VpcConfig"
_NONE: Mapping[str, Any] = {_SUBNETS: [], _GROUPS: []}


def install(gateway: Gateway) -> None:
    """Check the network of a function that is created or changed."""
    for operation in ("CreateFunction", "UpdateFunctionConfiguration"):
        gateway.check("lambda", operation, _check)


@contextmanager
def described() -> Iterator[None]:
    """Make moto describe the VPC of a function's subnets, and no network of a function that has left it."""
    moto: Any = LambdaFunction
    original = moto.vpc_config
    moto.vpc_config = property(_described)
    try:
        yield
    finally:
        moto.vpc_config = original


def groups(account: str, region: str) -> Iterator[str]:
    """Yield the security groups of the functions in a region."""
    for function in lambda_backends[account][region].list_functions():
        yield from _config(function).get(_GROUPS, [])


def _check(call: Call) -> None:
    config = call.params.get(_CONFIG) or _NONE
    subnets, groups = config.get(_SUBNETS) or [], config.get(_GROUPS) or []
    if bool(subnets) != bool(groups):
        raise _invalid("SubnetIds and SecurityIds must coexist or be both empty list.")
    if not subnets:
        return
    role = call.params.get("Role") or find(named(call).function).role
    for action in _NEEDED:
        _check_allowed(role, action)
    vpcs = _vpcs_of_subnets(call, subnets)
    if len(vpcs) > 1:
        raise _invalid("Subnets are required to be in the same VPC.")
    if _vpcs_of_groups(call, groups) != vpcs:
        raise _invalid("Security Groups are required to be in the same VPC.")


def _check_allowed(role: str, action: str) -> None:
    try:
        roles.authorize(role, Request(action, "*"))
    except AwsError as refusal:
        name = action.partition(":")[2]
        raise _invalid(f"The provided execution role does not have permissions to call {name} on EC2") from refusal


def _vpcs_of_subnets(call: Call, ids: Sequence[str]) -> set[str]:
    known = _known_subnets(call.account, call.region)
    _check_known(known, ids, "DescribeSubnets", "InvalidSubnetID.NotFound", "subnet ID")
    return {known[one] for one in ids}


def _vpcs_of_groups(call: Call, ids: Sequence[str]) -> set[str]:
    by_vpc = ec2_backends[call.account][call.region].groups
    known = {group.id: str(group.vpc_id) for groups in list(by_vpc.values()) for group in list(groups.values())}
    _check_known(known, ids, "DescribeSecurityGroups", "InvalidGroup.NotFound", "security group")
    return {known[one] for one in ids}


def _check_known(known: Mapping[str, str], ids: Sequence[str], operation: str, code: str, kind: str) -> None:
    for one in ids:
        if one not in known:
            raise _invalid(
                f"Error occurred while {operation}. EC2 Error Code: {code}. "
                f"EC2 Error Message: The {kind} '{one}' does not exist"
            )


def _described(function: LambdaFunction) -> Mapping[str, Any] | None:
    config = _config(function)
    if config is _NONE:
        return None
    subnets: Sequence[str] = config.get(_SUBNETS) or []
    if not subnets:
        return {**_NONE, "VpcId": "", "Ipv6AllowedForDualStack": False}
    known = _known_subnets(function.account_id, function.region)
    return {"Ipv6AllowedForDualStack": False, **config, "VpcId": known.get(subnets[0], "")}


def _known_subnets(account: str, region: str) -> Mapping[str, str]:
    """Return the VPC of each subnet."""
    zones = list(ec2_backends[account][region].subnets.values())
    return {subnet.id: subnet.vpc_id for zone in zones for subnet in list(zone.values())}


def _config(function: LambdaFunction) -> Mapping[str, Any]:
    """Return the network that was asked for."""
    return vars(function).get("_vpc_config") or _NONE


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")
