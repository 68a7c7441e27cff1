"""Tests of what `python -m ops doctor` finds of networks: ways that are open, and faults made by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.components import doctored
from tests.components.doctored import JOBS, Doctor
from tests.components.embedded import ANYWHERE, REGION, let_out
from tests.components.stacks import job
from tests.components.watching import LOG_GROUPS, watched_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import EmbeddedCloud


@dataclass
class Network:
    """A VPC of its own with two subnets, of which one is small, a security group and a NAT gateway."""

    ec2: Any
    vpc: str
    large: str
    small: str
    group: str
    gateway: str

    @property
    def table(self) -> str:
        """The main route table."""
        main = [{"Name": "vpc-id", "Values": [self.vpc]}, {"Name": "association.main", "Values": ["true"]}]
        [found] = self.ec2.describe_route_tables(Filters=main)["RouteTables"]
        return str(found["RouteTableId"])

    def endpoint(self, service: str, group: str = "") -> None:
        """Make an interface endpoint of a service."""
        self.ec2.create_vpc_endpoint(
            VpcId=self.vpc,
            ServiceName=f"com.amazonaws.{REGION}.{service}",
            VpcEndpointType="Interface",
            SubnetIds=[self.large],
            SecurityGroupIds=[group or self.group],
            PrivateDnsEnabled=True,
        )


def make_network(cloud: EmbeddedCloud) -> Network:
    """Create the VPC. Its addresses may be those of another one."""
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    large, small = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"] for block in ("10.7.0.0/24", "10.7.1.0/28")
    )
    group = ec2.create_security_group(VpcId=vpc, GroupName="tasks", Description="Tasks")["GroupId"]
    return Network(ec2, vpc, large, small, group, let_out(cloud, vpc, "10.7.255.0/24"))


@pytest.fixture
def network(cloud: EmbeddedCloud) -> Network:
    """Return the network of the jobs."""
    return make_network(cloud)


def deploy(cloud: EmbeddedCloud, network: Network, **place: Any) -> None:  # noqa: ANN401 - of the placement
    """Deploy jobs in the network."""

    def program() -> None:
        group = watched_group()
        usual = {"subnets": [network.large], "security_groups": [network.group]}
        for name in JOBS:
            job(group, name=name, log_groups=LOG_GROUPS, capacity={"FARGATE": 1}, **{**usual, **place})

    doctored.deploy(cloud, program)


@pytest.fixture
def doctor(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return an operator."""
    return Doctor(cloud, monkeypatch, capsys)


def delete_route(network: Network) -> None:
    """Take the way out from the subnets."""
    network.ec2.delete_route(RouteTableId=network.table, DestinationCidrBlock=ANYWHERE)


def make_black_hole(network: Network) -> None:
    """Delete the NAT gateway, which leaves the route to it."""
    network.ec2.delete_nat_gateway(NatGatewayId=network.gateway)


def make_public(network: Network) -> None:
    """Let the subnet lead to an internet gateway, without addresses for the tasks."""
    found = network.ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [network.vpc]}])
    [internet] = found["InternetGateways"]
    network.ec2.replace_route(
        RouteTableId=network.table, DestinationCidrBlock=ANYWHERE, GatewayId=internet["InternetGatewayId"]
    )


def close_group(network: Network) -> None:
    """Let the security group let nothing out."""
    everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}]
    network.ec2.revoke_security_group_egress(GroupId=network.group, IpPermissions=everything)


def make_closed_endpoint(network: Network) -> None:
    """Make an endpoint whose security group lets nobody in."""
    closed = network.ec2.create_security_group(VpcId=network.vpc, GroupName="endpoint", Description="e")["GroupId"]
    network.endpoint("logs", closed)


def delete_subnet(network: Network) -> None:
    """Delete the subnet of the tasks."""
    network.ec2.delete_subnet(SubnetId=network.large)


def delete_group(network: Network) -> None:
    """Delete the security group of the tasks."""
    network.ec2.delete_security_group(GroupId=network.group)


FAULTS: list[tuple[Callable[[Network], None], str]] = [
    (delete_route, "no-way-to-registry"),
    (make_black_hole, "no-way-to-registry"),
    (make_public, "no-way-to-registry"),
    (close_group, "security-group-closed"),
    (make_closed_endpoint, "endpoint-closed"),
    (delete_subnet, "subnet-missing"),
    (delete_group, "security-group-missing"),
]


@pytest.mark.parametrize(("stage", "code"), FAULTS, ids=[stage.__name__ for stage, _ in FAULTS])
def test_a_fault_is_found(
    stage: Callable[[Network], None], code: str, cloud: EmbeddedCloud, network: Network, doctor: Doctor
) -> None:
    """It is the only thing that is broken, and before it nothing is."""
    deploy(cloud, network)
    assert doctor.unsound() == []
    stage(network)
    assert doctor.broken() == [code]


def test_full_subnets(cloud: EmbeddedCloud, network: Network, doctor: Doctor) -> None:
    """AWS keeps five of a subnet's sixteen addresses (VPC User Guide, "Subnet sizing")."""
    taken = [
        network.ec2.create_network_interface(SubnetId=network.small)["NetworkInterface"]["NetworkInterfaceId"]
        for _ in range(11)
    ]
    deploy(cloud, network, subnets=[network.small])
    assert doctor.broken() == ["subnets-full"]
    network.ec2.delete_network_interface(NetworkInterfaceId=taken.pop())
    assert doctor.unsound() == []


def test_another_vpc(cloud: EmbeddedCloud, network: Network, doctor: Doctor) -> None:
    """Subnets and security groups share a VPC, as a preview asks for."""
    deploy(cloud, network, security_groups=[make_network(cloud).group])
    assert doctor.broken() == ["vpcs-differ"]


def test_endpoints(cloud: EmbeddedCloud, network: Network, doctor: Doctor) -> None:
    """Without a way to the internet, each service needs an endpoint that the tasks reach."""
    deploy(cloud, network)
    delete_route(network)
    own = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": network.group}]}]
    network.ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=own)
    network.ec2.create_vpc_endpoint(
        VpcId=network.vpc,
        ServiceName=f"com.amazonaws.{REGION}.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[network.table],
    )
    for service in ("ecr.api", "ecr.dkr"):
        network.endpoint(service)
    assert doctor.broken() == ["no-way-to-logs"]
    network.endpoint("logs")
    assert doctor.unsound() == []


def test_public_address(cloud: EmbeddedCloud, network: Network, doctor: Doctor) -> None:
    """With a public address, tasks leave by an internet gateway."""
    deploy(cloud, network, assign_public_ip=True)
    make_public(network)
    assert doctor.unsound() == []


def test_default_security_group(cloud: EmbeddedCloud, network: Network, doctor: Doctor) -> None:
    """Without a security group of their own, tasks have the VPC's default one."""
    deploy(cloud, network, security_groups=[])
    assert doctor.unsound() == []
    [found] = network.ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    network.group = found["GroupId"]
    close_group(network)
    assert doctor.broken() == ["security-group-closed"]


def test_transit_gateway(cloud: EmbeddedCloud, network: Network, doctor: Doctor) -> None:
    """What is behind a transit gateway, only its owner knows."""
    deploy(cloud, network)
    transit = network.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    network.ec2.replace_route(RouteTableId=network.table, DestinationCidrBlock=ANYWHERE, TransitGatewayId=transit)
    [found] = doctor.unsound()
    assert (found["state"], f"leads to {transit}" in found["text"]) == ("could not check", True)
