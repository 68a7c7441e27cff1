"""Whether a task in a subnet can reach a service: by an endpoint of the VPC, or by the internet. Pure.

Network ACLs, the policies of endpoints and resolvers of one's own are not looked at. A way that leads through something
that only its owner understands, such as a transit gateway, is neither open nor closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

Described: TypeAlias = Mapping[str, Any]
"""A thing as EC2 describes it."""

_ANYWHERE = "0.0.0.0/0"
_HTTPS = 443
_ALL, _TCP = "-1", ("tcp", "6")
_BLACKHOLE, _LOCAL = "blackhole", "local"
_INTERNET = "igw-"
_TARGETS = (
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "EgressOnlyInternetGatewayId",
    "GatewayId",
)
"""The members of a route that name its target (EC2 API reference, Route)."""
_ELSEWHERE = ("NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "CoreNetworkArn", "LocalGatewayId")
"""Targets behind which a company may have its own way to AWS's services."""
_AVAILABLE = "available"


class State(StrEnum):
    """Whether traffic passes."""

    OPEN = "open"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """What a way is closed by."""

    ROUTE = "route"
    EGRESS = "egress"
    """The security groups of the tasks."""
    ENDPOINT = "endpoint"
    """The security groups of an endpoint."""


@dataclass(frozen=True)
class Way:
    """What is known of a way; `why` and `fix` are empty for one that is open."""

    state: State
    cause: Cause = Cause.ROUTE
    why: str = ""
    fix: str = ""


_OPEN = Way(State.OPEN)


@dataclass(frozen=True, kw_only=True)
class Vpc:
    """What is in a VPC."""

    tables: Sequence[Described]
    endpoints: Sequence[Described]
    gateways: Sequence[Described]
    """NAT gateways."""
    subnets: Mapping[str, Described]
    """By id: those of the tasks and those of the endpoints. The others are not known."""
    groups: Mapping[str, Described]
    """The security groups of the tasks and of the endpoints, by id."""

    def table_of(self, subnet: str) -> Described | None:
        """Return the route table of a subnet, which is the VPC's main one unless it has its own."""
        associations = [(table, one) for table in self.tables for one in table.get("Associations") or ()]
        own = (table for table, one in associations if one.get("SubnetId") == subnet)
        return next(own, next((table for table, one in associations if one.get("Main")), None))


@dataclass(frozen=True)
class Task:
    """The place of a task in a VPC."""

    subnet: str
    groups: Collection[str]
    """The ids of its security groups."""
    public_ip: bool


def to_internet(vpc: Vpc, task: Task) -> Way:
    """Return the way to addresses of the internet, which AWS's services have too."""
    egress = _egress(vpc, task, None)
    if egress.state is State.CLOSED:
        return egress
    route = _route(vpc, task)
    return egress if route.state is State.OPEN else route


def to_service(vpc: Vpc, task: Task, name: str) -> Way:
    """Return the way to a service of AWS in the VPC's region, such as `ecr.api`.

    An interface endpoint with a private DNS name takes all traffic to the service, whatever other way there is (VPC
    User Guide, "Private DNS for VPC endpoints").
    """
    named = [one for one in vpc.endpoints if one["ServiceName"].endswith(f".{name}") and one["State"] == _AVAILABLE]
    for endpoint in named:
        if endpoint["VpcEndpointType"] == "Interface" and endpoint.get("PrivateDnsEnabled"):
            return _through(vpc, task, endpoint)
    table = vpc.table_of(task.subnet)
    for endpoint in named:
        if endpoint["VpcEndpointType"] == "Gateway" and table and table["RouteTableId"] in endpoint["RouteTableIds"]:
            return _egress(vpc, task, _prefix_lists(table, endpoint))
    way = to_internet(vpc, task)
    unused = [one["VpcEndpointId"] for one in named]
    if way.state is not State.CLOSED or way.cause is not Cause.ROUTE or not unused:
        return way
    why = f"{way.why}; the endpoint {unused[0]} has no private DNS name, or is not in the subnet's route table"
    return Way(State.UNKNOWN, why=why)


def _route(vpc: Vpc, task: Task) -> Way:
    table = vpc.table_of(task.subnet)
    if table is None:
        return Way(State.UNKNOWN, why="its route table is not known")
    return _of_default(vpc, task, table) or _without_default(table)


def _of_default(vpc: Vpc, task: Task, table: Described) -> Way | None:
    """Return the way of the default route; None without one."""
    route = next((one for one in table["Routes"] if one.get("DestinationCidrBlock") == _ANYWHERE), None)
    if route is None:
        return None
    target, name = _target(route), table["RouteTableId"]
    if route.get("State") == _BLACKHOLE:
        why = f"the default route of {name} leads to {target}, which is gone"
        return Way(State.CLOSED, why=why, fix=f"let the default route of {name} lead to a gateway that exists")
    if target.startswith(_INTERNET):
        if task.public_ip:
            return _OPEN
        why = f"the default route of {name} leads to an internet gateway, and the tasks have no public address"
        return Way(
            State.CLOSED, why=why, fix="set assignPublicIp of the placement, or use subnets behind a NAT gateway"
        )
    gateway = next((one for one in vpc.gateways if one["NatGatewayId"] == target), None)
    if gateway is None or gateway.get("ConnectivityType", "public") != "public":
        return Way(
            State.UNKNOWN, why=f"the default route of {name} leads to {target}, and what is behind it is not seen"
        )
    return _of_nat(vpc, gateway)


def _of_nat(vpc: Vpc, gateway: Described) -> Way:
    """Return the way through a NAT gateway, whose own subnet needs a way to the internet; a regional one has none."""
    table = vpc.table_of(gateway["SubnetId"]) if gateway.get("SubnetId") else None
    if table is None:
        return _OPEN
    defaults = [one for one in table["Routes"] if one.get("DestinationCidrBlock") == _ANYWHERE]
    if any(_target(one).startswith(_INTERNET) and one.get("State") != _BLACKHOLE for one in defaults):
        return _OPEN
    if any(one.get("State") != _BLACKHOLE for one in defaults):
        why = f"what is behind the default route of {table['RouteTableId']}, which its NAT gateway uses, is not seen"
        return Way(State.UNKNOWN, why=why)
    why = f"its NAT gateway {gateway['NatGatewayId']} is in a subnet without a route to an internet gateway"
    return Way(
        State.CLOSED, why=why, fix=f"let the default route of {table['RouteTableId']} lead to an internet gateway"
    )


def _without_default(table: Described) -> Way:
    name = table["RouteTableId"]
    others = [
        _target(route)
        for route in table["Routes"]
        if route.get("State") != _BLACKHOLE
        and (any(route.get(kind) for kind in _ELSEWHERE) or str(route.get("GatewayId") or "").startswith("vgw-"))
    ]
    if others:
        why = f"{name} has no default route, and what is behind {', '.join(dict.fromkeys(others))} is not seen"
        return Way(State.UNKNOWN, why=why)
    fix = "use subnets behind a NAT gateway, or make the VPC endpoints that are missing"
    return Way(State.CLOSED, why=f"the route table {name} has no default route", fix=fix)


def _through(vpc: Vpc, task: Task, endpoint: Described) -> Way:
    """Return the way through an interface endpoint."""
    name = endpoint["VpcEndpointId"]
    groups = {one["GroupId"] for one in endpoint.get("Groups") or ()}
    if any(group not in vpc.groups for group in (*task.groups, *groups)):
        return Way(State.UNKNOWN, why=f"the security groups of the tasks or of the endpoint {name} are not known")
    places = [_networks(vpc.subnets.get(subnet)) for subnet in endpoint.get("SubnetIds") or ()]
    egress = _allowed(
        _rules(vpc, task.groups, "IpPermissionsEgress"), groups, [network for found in places for network in found]
    )
    if egress is not State.OPEN:
        why = f"{_listed(task.groups)} {_LETS_OUT[egress]} to the endpoint {name}"
        return Way(
            egress, Cause.EGRESS, why, f"allow TCP {_HTTPS} to {_listed(groups) or name} in {_listed(task.groups)}"
        )
    ingress = _allowed(_rules(vpc, groups, "IpPermissions"), task.groups, _networks(vpc.subnets.get(task.subnet)))
    if ingress is State.OPEN:
        return _OPEN
    why = f"{_listed(groups)} of the endpoint {name} {_LETS_IN[ingress]} from {task.subnet}"
    return Way(ingress, Cause.ENDPOINT, why, f"allow TCP {_HTTPS} from {_listed(task.groups)} in {_listed(groups)}")


_LETS_OUT = {
    State.CLOSED: f"lets no TCP {_HTTPS} out",
    State.UNKNOWN: f"limits TCP {_HTTPS} to addresses, of which it is not seen whether they lead",
}
_LETS_IN = {
    State.CLOSED: f"lets no TCP {_HTTPS} in",
    State.UNKNOWN: f"limits TCP {_HTTPS} to addresses, of which it is not seen whether it takes traffic",
}


def _egress(vpc: Vpc, task: Task, prefix_lists: Collection[str] | None) -> Way:
    """Return whether the security groups let a task out, to a gateway endpoint's prefix lists or to the internet."""
    if any(group not in vpc.groups for group in task.groups):
        return Way(State.UNKNOWN, why="the security groups of the tasks are not known")
    rules = list(_rules(vpc, task.groups, "IpPermissionsEgress"))
    listed = {one["PrefixListId"] for rule in rules for one in rule.get("PrefixListIds") or ()}
    ranges = [one["CidrIp"] for rule in rules for one in rule.get("IpRanges") or ()]
    if _ANYWHERE in ranges or listed & set(prefix_lists or ()):
        return _OPEN
    state = State.UNKNOWN if listed or ranges else State.CLOSED
    why = f"{_listed(task.groups)} {_LETS_OUT[state]} to the internet"
    return Way(state, Cause.EGRESS, why, f"allow TCP {_HTTPS} to {_ANYWHERE} in {_listed(task.groups)}")


def _rules(vpc: Vpc, groups: Collection[str], member: str) -> Iterator[Described]:
    """Yield the rules of security groups that are about HTTPS."""
    for rule in (rule for group in groups for rule in (vpc.groups.get(group) or {}).get(member) or ()):
        protocol = rule["IpProtocol"]
        in_range = protocol in _TCP and rule.get("FromPort", 0) <= _HTTPS <= rule.get("ToPort", 65535)
        if protocol == _ALL or in_range:
            yield rule


def _allowed(rules: Iterator[Described], groups: Collection[str], networks: Sequence[IPv4Network]) -> State:
    """Return whether rules allow traffic with members of these security groups, or with these networks."""
    state = State.CLOSED
    for rule in rules:
        if any(one.get("GroupId") in groups for one in rule.get("UserIdGroupPairs") or ()):
            return State.OPEN
        ranges = [IPv4Network(one["CidrIp"], strict=False) for one in rule.get("IpRanges") or ()]
        if networks and all(any(network.subnet_of(one) for one in ranges) for network in networks):
            return State.OPEN
        unseen = rule.get("PrefixListIds") or (ranges and not networks)
        if unseen or any(one.overlaps(network) for one in ranges for network in networks):
            state = State.UNKNOWN
        if any(str(one) == _ANYWHERE for one in ranges):
            return State.OPEN
    return state


def _networks(subnet: Described | None) -> list[IPv4Network]:
    return [IPv4Network(subnet["CidrBlock"])] if subnet and subnet.get("CidrBlock") else []


def _prefix_lists(table: Described, endpoint: Described) -> list[str]:
    """Return the prefix lists whose routes lead to a gateway endpoint."""
    routes = [route for route in table["Routes"] if route.get("GatewayId") == endpoint["VpcEndpointId"]]
    return [route["DestinationPrefixListId"] for route in routes if route.get("DestinationPrefixListId")]


def _target(route: Described) -> str:
    return next((str(route[kind]) for kind in _TARGETS if route.get(kind)), "nothing")


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
