"""Functions join only networks that exist, with a role that may make their interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import World, client, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

ACTIONS = ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface")
CODE = "def handle(event, context): pass"
NOWHERE: dict[str, Any] = {"SubnetIds": [], "SecurityGroupIds": []}


def may(*actions: str, resource: str = "*") -> dict[str, Any]:
    """Return a statement about EC2."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def subnet(vpc: str, block: str) -> str:
    """Make a subnet, and return its id."""
    return str(client("ec2").create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"])


def group(vpc: str, name: str) -> str:
    """Make a security group, and return its id."""
    return str(client("ec2").create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"])


@pytest.fixture
def network(world: World) -> dict[str, Any]:
    """Make a network, and let the functions' role make interfaces."""
    world.allow_watch(may(*ACTIONS))
    vpc = str(client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])
    subnets = [subnet(vpc, f"10.1.{number}.0/24") for number in range(2)]
    return {"vpc": vpc, "config": {"SubnetIds": subnets, "SecurityGroupIds": [group(vpc, "jobs")]}}


@pytest.fixture
def elsewhere() -> dict[str, str]:
    """Make a subnet and a group of another VPC."""
    vpc = str(client("ec2").create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"])
    return {"SubnetIds": subnet(vpc, "10.2.0.0/24"), "SecurityGroupIds": group(vpc, "jobs")}


def described() -> dict[str, Any] | None:
    """Return what Lambda tells of the function's network."""
    answer: dict[str, Any] = client("lambda").get_function_configuration(FunctionName="watch")
    return answer.get("VpcConfig")


def test_a_function_joins_and_leaves_a_network(world: World, network: dict[str, Any]) -> None:
    """Lambda tells the VPC, and the group cannot be deleted meanwhile."""
    world.deploy(CODE)
    assert described() is None
    config, (used,) = network["config"], network["config"]["SecurityGroupIds"]
    client("lambda").update_function_configuration(FunctionName="watch", VpcConfig=config)
    assert described() == {**config, "VpcId": network["vpc"], "Ipv6AllowedForDualStack": False}
    assert refusal(lambda: client("ec2").delete_security_group(GroupId=used))[0] == "DependencyViolation"
    client("lambda").update_function_configuration(FunctionName="watch", Timeout=9)
    assert described() == {**config, "VpcId": network["vpc"], "Ipv6AllowedForDualStack": False}
    client("lambda").update_function_configuration(FunctionName="watch", VpcConfig=NOWHERE)
    assert described() == {**NOWHERE, "VpcId": "", "Ipv6AllowedForDualStack": False}
    client("ec2").delete_security_group(GroupId=used)


@pytest.mark.parametrize("missing", ACTIONS)
def test_the_role_may_make_interfaces(world: World, network: dict[str, Any], missing: str) -> None:
    """Lambda examines it before it creates the function, on all resources."""
    others = [action for action in ACTIONS if action != missing]
    for statements in ([may(*others)], [may(*others), may(missing, resource="arn:aws:ec2:*:*:network-interface/*")]):
        world.allow_watch(*statements)
        code, message = refusal(lambda: world.deploy(CODE, VpcConfig=network["config"]))
        name = missing.partition(":")[2]
        assert code == "InvalidParameterValueException"
        assert message == f"The provided execution role does not have permissions to call {name} on EC2"
    world.allow_watch(may(*ACTIONS))
    world.deploy(CODE, VpcConfig=network["config"])


UNKNOWN = "Error occurred while {}. EC2 Error Code: {}. EC2 Error Message: The {} does not exist"
REFUSED: dict[str, tuple[Callable[[dict[str, Any], dict[str, str]], dict[str, Any]], str]] = {
    "no group": (
        lambda config, _: {**config, "SecurityGroupIds": []},
        "SubnetIds and SecurityIds must coexist or be both empty list.",
    ),
    "no subnet": (
        lambda config, _: {**config, "SubnetIds": []},
        "SubnetIds and SecurityIds must coexist or be both empty list.",
    ),
    "unknown subnet": (
        lambda config, _: {**config, "SubnetIds": ["subnet-0"]},
        UNKNOWN.format("DescribeSubnets", "InvalidSubnetID.NotFound", "subnet ID 'subnet-0'"),
    ),
    "unknown group": (
        lambda config, _: {**config, "SecurityGroupIds": ["sg-0"]},
        UNKNOWN.format("DescribeSecurityGroups", "InvalidGroup.NotFound", "security group 'sg-0'"),
    ),
    "two VPCs": (
        lambda config, other: {**config, "SubnetIds": [*config["SubnetIds"], other["SubnetIds"]]},
        "Subnets are required to be in the same VPC.",
    ),
    "a group elsewhere": (
        lambda config, other: {**config, "SecurityGroupIds": [other["SecurityGroupIds"]]},
        "Security Groups are required to be in the same VPC.",
    ),
}


@pytest.mark.parametrize(("changed", "expected"), REFUSED.values(), ids=REFUSED)
def test_refused(
    world: World,
    network: dict[str, Any],
    elsewhere: dict[str, str],
    changed: Callable[[dict[str, Any], dict[str, str]], dict[str, Any]],
    expected: str,
) -> None:
    """When the function is created, and when it is changed."""
    config = changed(network["config"], elsewhere)
    create = refusal(lambda: world.deploy(CODE, VpcConfig=config))
    world.deploy(CODE)
    update = refusal(lambda: client("lambda").update_function_configuration(FunctionName="watch", VpcConfig=config))
    assert create == update == ("InvalidParameterValueException", expected)
