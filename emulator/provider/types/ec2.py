"""EC2: the network that tasks run in."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core import tags
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties


class Vpc(ResourceType):
    """A VPC with an IPv4 block."""

    token = "aws:ec2/vpc:Vpc"
    label = "EC2 VPC"
    inputs = frozenset({"cidrBlock", "enableDnsHostnames", "enableDnsSupport", "instanceTenancy", "tags"})
    outputs = frozenset(
        {
            "arn",
            "defaultNetworkAclId",
            "defaultRouteTableId",
            "defaultSecurityGroupId",
            "dhcpOptionsId",
            "mainRouteTableId",
            "ownerId",
        }
    )
    required = frozenset({"cidrBlock"})
    replace_on = frozenset({"cidrBlock", "instanceTenancy"})
    defaults: ClassVar = {"enableDnsSupport": True, "instanceTenancy": "default"}
    computed = frozenset({"enableDnsHostnames"})
    gone = frozenset({"InvalidVpcID.NotFound"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            CidrBlock=inputs["cidrBlock"],
            InstanceTenancy=inputs.get("instanceTenancy"),
            TagSpecifications=tagged("vpc", inputs),
        )
        return str(aws.client("ec2").create_vpc(**request)["Vpc"]["VpcId"])

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        self._set(aws.client("ec2"), resource_id, {"enableDnsSupport": True, "enableDnsHostnames": False}, inputs)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("ec2")
        vpc = client.describe_vpcs(VpcIds=[resource_id])["Vpcs"][0]
        of_vpc = {"Filters": [{"Name": "vpc-id", "Values": [resource_id]}]}
        main = [{"Name": "association.main", "Values": ["true"]}, *of_vpc["Filters"]]
        named = [{"Name": "group-name", "Values": ["default"]}, *of_vpc["Filters"]]
        table = _first(client.describe_route_tables(Filters=main)["RouteTables"], "RouteTableId")
        acl = _first(client.describe_network_acls(**of_vpc)["NetworkAcls"], "NetworkAclId")
        group = _first(client.describe_security_groups(Filters=named)["SecurityGroups"], "GroupId")
        owner = vpc.get("OwnerId") or aws.account_id
        return {
            "arn": arn_of(aws, owner, "vpc", resource_id),
            "cidrBlock": vpc["CidrBlock"],
            "defaultNetworkAclId": acl,
            "defaultRouteTableId": table,
            "defaultSecurityGroupId": group,
            "dhcpOptionsId": vpc.get("DhcpOptionsId"),
            "enableDnsHostnames": _attribute(client, resource_id, "enableDnsHostnames", "EnableDnsHostnames"),
            "enableDnsSupport": _attribute(client, resource_id, "enableDnsSupport", "EnableDnsSupport"),
            "instanceTenancy": vpc["InstanceTenancy"],
            "mainRouteTableId": table,
            "ownerId": owner,
            "tags": tags.from_list(vpc.get("Tags")),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("ec2")
        self._set(client, resource_id, old, new)
        match_tags(client, resource_id, old, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("ec2").delete_vpc(VpcId=resource_id)

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("cidrBlock", "new"))

    @staticmethod
    def _set(client: Client, vpc: str, old: Properties, new: Properties) -> None:
        # ModifyVpcAttribute changes one attribute per call; host names need DNS support first.
        for key, name in (("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")):
            if key in new and new[key] != old.get(key):
                client.modify_vpc_attribute(VpcId=vpc, **{name: {"Value": new[key]}})


class Subnet(ResourceType):
    """A subnet with an IPv4 block."""

    token = "aws:ec2/subnet:Subnet"
    label = "EC2 Subnet"
    inputs = frozenset({"availabilityZone", "availabilityZoneId", "cidrBlock", "mapPublicIpOnLaunch", "tags", "vpcId"})
    outputs = frozenset({"arn", "ownerId"})
    required = frozenset({"cidrBlock", "vpcId"})
    replace_on = frozenset({"availabilityZone", "availabilityZoneId", "cidrBlock", "vpcId"})
    defaults: ClassVar = {"mapPublicIpOnLaunch": False}
    computed = frozenset({"availabilityZone", "availabilityZoneId"})
    gone = frozenset({"InvalidSubnetID.NotFound"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            VpcId=inputs["vpcId"],
            CidrBlock=inputs["cidrBlock"],
            AvailabilityZone=inputs.get("availabilityZone"),
            AvailabilityZoneId=inputs.get("availabilityZoneId"),
            TagSpecifications=tagged("subnet", inputs),
        )
        return str(aws.client("ec2").create_subnet(**request)["Subnet"]["SubnetId"])

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        self._set(aws.client("ec2"), resource_id, {"mapPublicIpOnLaunch": False}, inputs)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        subnet = aws.client("ec2").describe_subnets(SubnetIds=[resource_id])["Subnets"][0]
        owner = subnet.get("OwnerId") or aws.account_id
        return {
            "arn": subnet.get("SubnetArn") or arn_of(aws, owner, "subnet", resource_id),
            "availabilityZone": subnet["AvailabilityZone"],
            "availabilityZoneId": subnet.get("AvailabilityZoneId", ""),
            "cidrBlock": subnet["CidrBlock"],
            "mapPublicIpOnLaunch": bool(subnet.get("MapPublicIpOnLaunch")),
            "ownerId": owner,
            "tags": tags.from_list(subnet.get("Tags")),
            "vpcId": subnet["VpcId"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("ec2")
        self._set(client, resource_id, old, new)
        match_tags(client, resource_id, old, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("ec2").delete_subnet(SubnetId=resource_id)

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("cidrBlock", "new"))

    @staticmethod
    def _set(client: Client, subnet: str, old: Properties, new: Properties) -> None:
        public = bool(new.get("mapPublicIpOnLaunch"))
        if public != bool(old.get("mapPublicIpOnLaunch")):
            client.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": public})


def _first(found: list[dict[str, Json]], key: str) -> str | None:
    return str(found[0][key]) if found else None


def arn_of(aws: Aws, owner: str, kind: str, resource_id: str) -> str:
    """Return the ARN of an EC2 resource of `kind`, such as vpc."""
    return f"arn:{aws.partition}:ec2:{aws.region}:{owner}:{kind}/{resource_id}"


def _attribute(client: Client, vpc: str, name: str, member: str) -> bool:
    return bool(client.describe_vpc_attribute(VpcId=vpc, Attribute=name)[member]["Value"])


def tagged(kind: str, inputs: Properties) -> list[dict[str, Json]]:
    """Return the TagSpecifications that create a resource of `kind` with the tags of `inputs`."""
    listed = tags.to_list(inputs.get("tags"))
    return [{"ResourceType": kind, "Tags": listed}] if listed else []


def match_tags(client: Client, resource_id: str, old: Properties, new: Properties) -> None:
    """Change the tags of a resource from those of the inputs `old` to those of `new`."""
    added, removed = tags.difference(old, new)
    if removed:
        client.delete_tags(Resources=[resource_id], Tags=[{"Key": key} for key in removed])
    if added:
        client.create_tags(Resources=[resource_id], Tags=tags.to_list(added))
