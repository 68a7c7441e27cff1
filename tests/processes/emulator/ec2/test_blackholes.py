"""A route to a gateway that is gone is a black hole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.processes.emulator.world import client

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

ANYWHERE = "0.0.0.0/0"


def table(vpc: str, **target: str) -> str:
    """Create a route table with a default route to a target, and return its id."""
    ec2 = client("ec2")
    made: str = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=made, DestinationCidrBlock=ANYWHERE, **target)
    return made


def states(name: str) -> dict[str, str]:
    """Return the states of a table's routes, by destination."""
    [found] = client("ec2").describe_route_tables(RouteTableIds=[name])["RouteTables"]
    routes: list[dict[str, Any]] = found["Routes"]
    return {route["DestinationCidrBlock"]: route["State"] for route in routes}


def test_gateway_that_is_gone(world: World) -> None:
    """The default route turns into a black hole with the end of its gateway, and the local route stays."""
    del world
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    public, private = table(vpc, GatewayId=internet), table(vpc, NatGatewayId=nat)
    assert [states(one) for one in (public, private)] == [{"10.9.0.0/16": "active", ANYWHERE: "active"}] * 2
    ec2.delete_nat_gateway(NatGatewayId=nat)
    assert states(private) == {"10.9.0.0/16": "active", ANYWHERE: "blackhole"}
    ec2.detach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    assert states(public) == {"10.9.0.0/16": "active", ANYWHERE: "blackhole"}
