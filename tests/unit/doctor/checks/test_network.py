"""Tests of what is found of networks. What ways there are is tested with `ways`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from doctor.account import Known
from doctor.checks.network import Purpose, Service, UsedNetwork, check
from judgements.answers import Refused
from tests.unit.doctor.test_ways import GATEWAY, ISOLATED, VPC, endpoint, group, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.ways import Described

SUBNET = {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24", "AvailableIpAddressCount": 9}
IN_VPC = {"VpcId": "vpc-1"}
REGISTRY = [Service(Purpose.REGISTRY, name) for name in ("ecr.api", "ecr.dkr", "s3")]
LOGS, SECRETS = Service(Purpose.LOGS, "logs"), Service(Purpose.SECRETS, "ssm")
USED = UsedNetwork(
    jobs=["b", "a"],
    subnets={"subnet-a": Known(SUBNET)},
    groups={"sg-task": Known({**group("sg-task"), **IN_VPC})},
    public_ip=False,
    services=[*REGISTRY, LOGS, SECRETS],
    tables=Known(VPC.tables),
    gateways=Known(VPC.gateways),
    endpoint_subnets=VPC.subnets,
    endpoint_groups={"sg-endpoint": VPC.groups["sg-endpoint"]},
)
ALONE = replace(USED, tables=Known(ISOLATED.tables))


def known(things: Sequence[Described]) -> Known[Sequence[Described]]:
    """Return EC2's answer with these things."""
    return Known(things)


def changed(**members: Any) -> Known[Any]:  # noqa: ANN401 - members of a subnet
    """Return a subnet that differs."""
    return Known({**SUBNET, **members})


@pytest.mark.parametrize(
    ("used", "codes"),
    [
        (USED, ["sound"]),
        (replace(USED, subnets={**USED.subnets, "subnet-b": Known(None)}), ["subnet-missing"]),
        (replace(USED, subnets={"subnet-a": Refused("no", "ec2:DescribeSubnets")}), ["unchecked"]),
        (replace(USED, groups={"sg-task": Known(None)}), ["security-group-missing"]),
        (replace(USED, groups={"sg-task": Refused("no")}), ["unchecked"]),
        (replace(USED, subnets={**USED.subnets, "subnet-b": changed(VpcId="vpc-2")}), ["vpcs-differ"]),
        (replace(USED, groups={"sg-task": Known({"VpcId": "vpc-2"})}), ["vpcs-differ"]),
        (replace(USED, subnets={"subnet-a": changed(AvailableIpAddressCount=0)}), ["subnets-full"]),
        (replace(USED, subnets={**USED.subnets, "subnet-b": changed(AvailableIpAddressCount=0)}), ["sound"]),
        (replace(USED, subnets={"subnet-a": changed(Ipv6Native=True)}), ["unchecked"]),
        (replace(USED, tables=Refused("no", "ec2:DescribeRouteTables")), ["unchecked"]),
        (replace(USED, endpoints=Refused("no")), ["unchecked"]),
        (replace(USED, gateways=Refused("no")), ["unchecked"]),
        (ALONE, ["no-way-to-registry"]),
        (replace(ALONE, services=[LOGS]), ["no-way-to-logs"]),
        (replace(ALONE, services=[SECRETS]), ["no-way-to-secrets"]),
        (replace(ALONE, services=[]), ["sound"]),
        (replace(USED, groups={"sg-task": Known({**group("sg-task", out=[]), **IN_VPC})}), ["security-group-closed"]),
        (
            replace(USED, endpoints=known([endpoint("logs")]), endpoint_groups={"sg-endpoint": group("sg-endpoint")}),
            ["endpoint-closed"],
        ),
    ],
)
def test_a_network(used: UsedNetwork, codes: list[str]) -> None:
    """Ways are examined when all that they lead through is there and seen."""
    found = list(check([used]))
    assert [one.code for one in found] == codes
    assert {one.jobs for one in found} == {("a", "b")}


def test_one_cause_is_told_once() -> None:
    """A route that is missing closes all ways at once, for all that is on them."""
    [found] = check([ALONE])
    assert found.text == (
        "tasks do not reach the registry and the logs and the secrets: the route table rtb-main has no default route"
    )


def test_endpoints_instead_of_a_way_out() -> None:
    """Each service that a task needs has to have its endpoint, and the layers of images are in S3."""
    names = ("ecr.api", "ecr.dkr", "logs", "ssm")
    leading = {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-s3", "State": "active"}
    tables = known([table("rtb-main", leading, main=True)])
    made = [*map(endpoint, names), GATEWAY]
    whole = replace(ALONE, tables=tables, endpoints=known(made))
    assert [one.code for one in check([whole])] == ["sound"]
    for left_out, code in zip(made, ["registry", "registry", "logs", "secrets", "registry"], strict=True):
        endpoints = known([one for one in made if one is not left_out])
        assert [one.code for one in check([replace(whole, endpoints=endpoints)])] == [f"no-way-to-{code}"]


def test_what_is_in_the_internet_needs_a_way_there() -> None:
    """No endpoint leads to another registry, or to a service of another region."""
    made = known([endpoint("logs")])
    outside = Service(Purpose.LOGS, "")
    assert [one.code for one in check([replace(ALONE, services=[outside], endpoints=made)])] == ["no-way-to-logs"]
    assert [one.code for one in check([replace(USED, services=[outside], endpoints=made)])] == ["sound"]
