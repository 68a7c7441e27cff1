"""Tests of the ways that tasks have to services. The VPC is the smallest one in which a way can be open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doctor.ways import Cause, State, Task, Vpc, Way, to_internet, to_service

ANYWHERE = "0.0.0.0/0"
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
TASK = Task("subnet-a", ["sg-task"], public_ip=False)
OPEN = Way(State.OPEN)


def route(state: str = "active", destination: str = ANYWHERE, **target: str) -> dict[str, Any]:
    """Return a route, by default the default one."""
    return {"DestinationCidrBlock": destination, "State": state, **target}


def table(name: str, *routes: dict[str, Any], of: str = "", main: bool = False) -> dict[str, Any]:
    """Return a route table, of a subnet or the main one."""
    association = {"Main": main, **({"SubnetId": of} if of else {})}
    return {"RouteTableId": name, "Routes": [LOCAL, *routes], "Associations": [association] if of or main else []}


def rule(protocol: str = "tcp", port: int = 443, **allowed: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a rule
    """Return a rule of a security group."""
    ports = {} if protocol == "-1" else {"FromPort": port, "ToPort": port}
    return {"IpProtocol": protocol, **ports, **allowed}


def ranges(*blocks: str) -> list[dict[str, str]]:
    """Return blocks of addresses as a rule has them."""
    return [{"CidrIp": block} for block in blocks]


ALL = rule("-1", IpRanges=ranges(ANYWHERE))


def group(name: str, *, out: Any = (ALL,), into: Any = ()) -> dict[str, Any]:  # noqa: ANN401 - rules
    """Return a security group."""
    return {"GroupId": name, "IpPermissionsEgress": list(out), "IpPermissions": list(into)}


PUBLIC = table("rtb-public", route(GatewayId="igw-1"), of="subnet-public")
NAT = {"NatGatewayId": "nat-1", "SubnetId": "subnet-public", "State": "available", "ConnectivityType": "public"}
VPC = Vpc(
    tables=[table("rtb-main", route(NatGatewayId="nat-1"), main=True), PUBLIC],
    endpoints=[],
    gateways=[NAT],
    subnets={"subnet-a": {"CidrBlock": "10.0.0.0/24"}, "subnet-e": {"CidrBlock": "10.0.5.0/24"}},
    groups={
        "sg-task": group("sg-task"),
        "sg-endpoint": group("sg-endpoint", into=[rule(IpRanges=ranges("10.0.0.0/16"))]),
    },
)
ISOLATED = replace(VPC, tables=[table("rtb-main", main=True)], gateways=[])


def endpoint(service: str, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - members of an endpoint
    """Return an interface endpoint."""
    return {
        "VpcEndpointId": f"vpce-{service}",
        "ServiceName": f"com.amazonaws.eu-central-1.{service}",
        "VpcEndpointType": "Interface",
        "State": "available",
        "PrivateDnsEnabled": True,
        "SubnetIds": ["subnet-e"],
        "Groups": [{"GroupId": "sg-endpoint"}],
        "RouteTableIds": [],
        **changed,
    }


GATEWAY = endpoint("s3", VpcEndpointType="Gateway", RouteTableIds=["rtb-main"], Groups=[], SubnetIds=[])
TO_GATEWAY = {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-s3", "State": "active"}


def main(*routes: dict[str, Any]) -> Vpc:
    """Return the VPC with these routes in its main table."""
    return replace(VPC, tables=[table("rtb-main", *routes, main=True), PUBLIC])


def grouped(**groups: dict[str, Any]) -> Vpc:
    """Return the VPC with other security groups; an underscore stands for a hyphen."""
    return replace(VPC, groups={**VPC.groups, **{name.replace("_", "-"): one for name, one in groups.items()}})


@pytest.mark.parametrize(
    ("vpc", "state", "named"),
    [
        (VPC, State.OPEN, ""),
        (main(), State.CLOSED, "rtb-main has no default route"),
        (main(route("blackhole", NatGatewayId="nat-1")), State.CLOSED, "leads to nat-1, which is gone"),
        (main(route(GatewayId="igw-1")), State.CLOSED, "no public address"),
        (main(route(TransitGatewayId="tgw-1")), State.UNKNOWN, "leads to tgw-1"),
        (main(route(NetworkInterfaceId="eni-1", InstanceId="i-1")), State.UNKNOWN, "leads to eni-1"),
        (main(route(GatewayId="vpce-firewall")), State.UNKNOWN, "leads to vpce-firewall"),
        (main(route(destination="10.8.0.0/16", TransitGatewayId="tgw-1")), State.UNKNOWN, "behind tgw-1"),
        (main(route("blackhole", "10.8.0.0/16", TransitGatewayId="tgw-1")), State.CLOSED, "no default route"),
        (main(route(destination="10.8.0.0/16", GatewayId="vgw-1")), State.UNKNOWN, "behind vgw-1"),
        (main(route(destination="0.0.0.0/1", NatGatewayId="nat-1")), State.UNKNOWN, "behind nat-1"),
        (main(TO_GATEWAY), State.CLOSED, "no default route"),
        (replace(VPC, gateways=[]), State.UNKNOWN, "leads to nat-1"),
        (replace(VPC, gateways=[{**NAT, "ConnectivityType": "private"}]), State.UNKNOWN, "leads to nat-1"),
        (replace(VPC, gateways=[{**NAT, "SubnetId": None}]), State.OPEN, ""),
        (replace(VPC, gateways=[{**NAT, "SubnetId": "subnet-a"}]), State.UNKNOWN, "default route of rtb-main"),
        (
            replace(VPC, tables=[VPC.tables[0], table("rtb-public", of="subnet-public")]),
            State.CLOSED,
            "its NAT gateway",
        ),
        (replace(VPC, tables=[PUBLIC]), State.UNKNOWN, "route table is not known"),
    ],
)
def test_routes(vpc: Vpc, state: State, named: str) -> None:
    """A NAT gateway leads out if its own subnet has a way. What only its owner knows is neither open nor closed."""
    way = to_internet(vpc, TASK)
    assert (way.state, way.cause) == (state, Cause.ROUTE)
    assert named in way.why
    assert bool(way.fix) == (state is State.CLOSED)


def test_public_address() -> None:
    """An internet gateway serves tasks with a public address; a subnet's own table wins over the main one."""
    public = Task("subnet-public", ["sg-task"], public_ip=True)
    assert to_internet(VPC, public) == OPEN
    assert to_internet(VPC, replace(public, public_ip=False)).state is State.CLOSED


@pytest.mark.parametrize(
    ("rules", "state"),
    [
        ([ALL], State.OPEN),
        ([rule(IpRanges=ranges(ANYWHERE))], State.OPEN),
        ([rule("6", IpRanges=ranges(ANYWHERE))], State.OPEN),
        ([{"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": ranges(ANYWHERE)}], State.OPEN),
        ([], State.CLOSED),
        ([rule(port=5432, IpRanges=ranges(ANYWHERE))], State.CLOSED),
        ([rule("udp", IpRanges=ranges(ANYWHERE))], State.CLOSED),
        ([rule(UserIdGroupPairs=[{"GroupId": "sg-db"}])], State.CLOSED),
        ([rule(IpRanges=ranges("52.0.0.0/8"))], State.UNKNOWN),
        ([rule(PrefixListIds=[{"PrefixListId": "pl-1"}])], State.UNKNOWN),
    ],
)
def test_security_groups_of_the_tasks(rules: list[dict[str, Any]], state: State) -> None:
    """HTTPS must be let out; whether some addresses are those of a service is not seen."""
    way = to_internet(grouped(sg_task=group("sg-task", out=rules)), TASK)
    assert (way.state, way.cause) == (state, Cause.ROUTE if state is State.OPEN else Cause.EGRESS)
    assert ("sg-task" in way.why) == (state is not State.OPEN)


def test_several_security_groups() -> None:
    """It is enough that one of them lets traffic out."""
    vpc = grouped(sg_task=group("sg-task", out=[]), sg_out=group("sg-out"))
    assert to_internet(vpc, TASK).state is State.CLOSED
    assert to_internet(vpc, replace(TASK, groups=["sg-task", "sg-out"])) == OPEN


def test_closed_wins_over_unknown() -> None:
    """A security group that lets nothing out closes every way."""
    vpc = replace(grouped(sg_task=group("sg-task", out=[])), tables=main(route(TransitGatewayId="tgw-1")).tables)
    assert to_internet(vpc, TASK).cause is Cause.EGRESS


@pytest.mark.parametrize("vpc", [VPC, replace(VPC, endpoints=[endpoint("logs")])])
def test_unknown_security_group(vpc: Vpc) -> None:
    """Whoever may not see the security groups learns that the way could not be examined."""
    way = to_service(replace(vpc, groups={}), TASK, "logs")
    assert (way.state, "security groups of the tasks" in way.why) == (State.UNKNOWN, True)


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (endpoint("logs"), State.OPEN),
        (endpoint("ecr.api"), State.CLOSED),
        (endpoint("logs", State="pending"), State.CLOSED),
        (endpoint("logs", PrivateDnsEnabled=False), State.UNKNOWN),
        (endpoint("logs", VpcEndpointType="Gateway", RouteTableIds=["rtb-other"]), State.UNKNOWN),
    ],
)
def test_interface_endpoint(given: dict[str, Any], state: State) -> None:
    """Without another way, a service needs an endpoint of its own that has its private DNS name."""
    assert to_service(replace(ISOLATED, endpoints=[given]), TASK, "logs").state is state


@pytest.mark.parametrize(
    ("into", "state"),
    [
        ([rule(IpRanges=ranges("10.0.0.0/16"))], State.OPEN),
        ([rule(IpRanges=ranges("10.0.0.0/24"))], State.OPEN),
        ([rule("-1", UserIdGroupPairs=[{"GroupId": "sg-task"}])], State.OPEN),
        ([rule(IpRanges=ranges("10.0.0.0/25"))], State.UNKNOWN),
        ([rule(PrefixListIds=[{"PrefixListId": "pl-1"}])], State.UNKNOWN),
        ([rule(IpRanges=ranges("10.0.1.0/24"))], State.CLOSED),
        ([rule(UserIdGroupPairs=[{"GroupId": "sg-other"}])], State.CLOSED),
        ([rule(port=80, IpRanges=ranges(ANYWHERE))], State.CLOSED),
        ([], State.CLOSED),
    ],
)
def test_security_groups_of_an_endpoint(into: list[dict[str, Any]], state: State) -> None:
    """They must let the tasks in, also where there is another way: the private DNS name takes all traffic."""
    vpc = replace(grouped(sg_endpoint=group("sg-endpoint", into=into)), endpoints=[endpoint("logs")])
    way = to_service(vpc, TASK, "logs")
    assert way.state is state
    if state is not State.OPEN:
        assert (way.cause, "vpce-logs" in way.why) == (Cause.ENDPOINT, True)


@pytest.mark.parametrize(
    ("out", "state"),
    [
        ([rule(UserIdGroupPairs=[{"GroupId": "sg-endpoint"}])], State.OPEN),
        ([rule(IpRanges=ranges("10.0.0.0/16"))], State.OPEN),
        ([rule(IpRanges=ranges("10.0.5.0/28"))], State.UNKNOWN),
        ([rule(IpRanges=ranges("10.0.6.0/24"))], State.CLOSED),
        ([], State.CLOSED),
    ],
)
def test_security_groups_on_the_way_to_an_endpoint(out: list[dict[str, Any]], state: State) -> None:
    """They may name the endpoint's security group or its subnets."""
    vpc = replace(grouped(sg_task=group("sg-task", out=out)), endpoints=[endpoint("logs")])
    way = to_service(vpc, TASK, "logs")
    assert (way.state, way.cause) == (state, Cause.ROUTE if state is State.OPEN else Cause.EGRESS)


def test_endpoint_whose_subnets_are_not_known() -> None:
    """Then blocks of addresses in a rule say nothing."""
    groups = grouped(sg_task=group("sg-task", out=[rule(IpRanges=ranges("10.0.0.0/16"))]))
    vpc = replace(groups, endpoints=[endpoint("logs", SubnetIds=["subnet-unseen"])])
    assert to_service(vpc, TASK, "logs").state is State.UNKNOWN


@pytest.mark.parametrize(
    ("out", "state"),
    [
        ([ALL], State.OPEN),
        ([rule(PrefixListIds=[{"PrefixListId": "pl-s3"}])], State.OPEN),
        ([rule(PrefixListIds=[{"PrefixListId": "pl-db"}])], State.UNKNOWN),
        ([], State.CLOSED),
    ],
)
def test_gateway_endpoint(out: list[dict[str, Any]], state: State) -> None:
    """The route table of the subnet leads to it, and security groups can name its prefix list."""
    vpc = replace(
        grouped(sg_task=group("sg-task", out=out)),
        tables=[table("rtb-main", TO_GATEWAY, main=True)],
        endpoints=[GATEWAY],
    )
    assert to_service(vpc, TASK, "s3").state is state


def test_without_an_endpoint_the_internet_is_the_way() -> None:
    """AWS's services have public addresses."""
    assert to_service(VPC, TASK, "logs") == OPEN
    assert to_service(ISOLATED, TASK, "logs").why == "the route table rtb-main has no default route"
