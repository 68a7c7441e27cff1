"""EC2: the way out of a network."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from emulator.provider.core import tags
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present
from emulator.provider.types.ec2 import arn_of, match_tags, tagged

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties


class InternetGateway(ResourceType):
    """An internet gateway, attached to a VPC or to none."""

    token = "aws:ec2/internetGateway:InternetGateway"
    label = "EC2 Internet Gateway"
    inputs = frozenset({"tags", "vpcId"})
    outputs = frozenset({"arn", "ownerId"})
    computed = frozenset({"vpcId"})
    gone = frozenset({"InvalidInternetGatewayID.NotFound"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(TagSpecifications=tagged("internet-gateway", inputs))
        return str(aws.client("ec2").create_internet_gateway(**request)["InternetGateway"]["InternetGatewayId"])

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        _attach(aws.client("ec2"), resource_id, {}, inputs)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        gateway = aws.client("ec2").describe_internet_gateways(InternetGatewayIds=[resource_id])["InternetGateways"][0]
        owner = gateway.get("OwnerId") or aws.account_id
        return {
            "arn": arn_of(aws, owner, "internet-gateway", resource_id),
            "ownerId": owner,
            "tags": tags.from_list(gateway.get("Tags")),
            "vpcId": next((one["VpcId"] for one in gateway.get("Attachments") or ()), ""),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("ec2")
        _attach(client, resource_id, old, new)
        match_tags(client, resource_id, old, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        client = aws.client("ec2")
        _attach(client, resource_id, state, {})
        client.delete_internet_gateway(InternetGatewayId=resource_id)


class Route(ResourceType):
    """A route of a route table to an internet gateway."""

    token = "aws:ec2/route:Route"
    label = "EC2 Route"
    inputs = frozenset({"destinationCidrBlock", "gatewayId", "routeTableId"})
    outputs = frozenset({"origin", "state"})
    required = frozenset({"destinationCidrBlock", "routeTableId"})
    replace_on = frozenset({"destinationCidrBlock", "routeTableId"})
    gone = frozenset({"InvalidRouteTableID.NotFound", "InvalidRoute.NotFound"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        table, destination = inputs["routeTableId"], inputs["destinationCidrBlock"]
        aws.client("ec2").create_route(**_route(table, destination, inputs))
        return _id(table, destination)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        table, destination = known.get("routeTableId"), known.get("destinationCidrBlock")
        if not table:  # an import names both
            table, _, destination = resource_id.partition("_")
        [found] = aws.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"]
        route = next((one for one in found["Routes"] if one.get("DestinationCidrBlock") == destination), None)
        if route is None:
            return None
        return {
            "id": _id(table, destination),
            "destinationCidrBlock": destination,
            "gatewayId": route.get("GatewayId", ""),
            "origin": route["Origin"],
            "routeTableId": table,
            "state": route["State"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del resource_id, old
        aws.client("ec2").replace_route(**_route(new["routeTableId"], new["destinationCidrBlock"], new))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del resource_id
        aws.client("ec2").delete_route(
            RouteTableId=state["routeTableId"], DestinationCidrBlock=state["destinationCidrBlock"]
        )

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("destinationCidrBlock", "new"))


def _attach(client: Client, gateway: str, old: Properties, new: Properties) -> None:
    """Move a gateway from the VPC of the inputs `old` to the one of `new`."""
    before, after = old.get("vpcId"), new.get("vpcId")
    if before and before != after:
        client.detach_internet_gateway(InternetGatewayId=gateway, VpcId=before)
    if after and before != after:
        client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=after)


def _route(table: Json, destination: Json, inputs: Properties) -> dict[str, Json]:
    return present(RouteTableId=table, DestinationCidrBlock=destination, GatewayId=inputs.get("gatewayId"))


def _id(table: Json, destination: Json) -> str:
    """Return the id that the real provider makes of a route table and the checksum of a destination."""
    return f"r-{table}{zlib.crc32(str(destination).encode())}"
