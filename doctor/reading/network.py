"""Asks EC2 about the networks of the jobs' tasks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_facts import ecr_image
from doctor.account import Known, first, part
from doctor.checks.network import Purpose, Service, UsedNetwork
from doctor.reading import tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Account
    from doctor.stack import Stack
    from doctor.tasks import UsedTask
    from doctor.ways import Described
    from judgements.answers import Refused

_NO_SUBNET = ("InvalidSubnetID.NotFound", "InvalidSubnetId.Malformed", "InvalidSubnetID.Malformed")
_NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")
_OF_THE_REGISTRY = ("ecr.api", "ecr.dkr", "s3")
"""ECR User Guide, "Amazon ECR interface VPC endpoints": the layers of images are in S3."""


@dataclass(frozen=True)
class _Place:
    """What launches say of the network of their tasks."""

    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    public_ip: bool


@dataclass
class _Wanted:
    """What the jobs of a place need."""

    jobs: list[str] = field(default_factory=list)
    services: dict[Service, None] = field(default_factory=dict)


def read(account: Account, stack: Stack) -> Sequence[UsedNetwork]:
    """Return each network once, with all services that tasks in it need."""
    wanted: dict[_Place, _Wanted] = {}
    for task, launches in tasks.with_launches(account, stack):
        for one in launches:
            if one.subnets:
                place = _Place(tuple(sorted(one.subnets)), tuple(sorted(one.security_groups)), one.public_ip)
                of_place = wanted.setdefault(place, _Wanted())
                of_place.jobs.append(one.job)
                of_place.services |= dict.fromkeys(_services(task))
    return list(account.each(wanted, lambda place: _network(account, place, wanted[place])).values())


def _services(task: UsedTask) -> Iterator[Service]:
    region = task.arn.region
    for image in task.images:
        known = ecr_image.parse(image)
        names = _OF_THE_REGISTRY if known and known.region == region else ("",)
        yield from (Service(Purpose.REGISTRY, name) for name in names)
    for log in task.logs:
        yield Service(Purpose.LOGS, "logs" if log.region == region else "")
    for _, named in task.secrets:
        if named is not None:
            yield Service(Purpose.SECRETS, named.service if named.region == region else "")


def _network(account: Account, place: _Place, wanted: _Wanted) -> UsedNetwork:
    """Return what EC2 says of the subnets, the security groups and what is in their VPC."""
    subnets = account.each(place.subnets, lambda name: _subnet(account, name))
    vpc = next((one.value["VpcId"] for one in subnets.values() if isinstance(one, Known) and one.value), None)
    groups = account.each(place.groups, lambda name: _group(account, name))
    given: dict[str, Any] = {}
    if vpc is not None:
        groups = groups or _default_group(account, vpc)
        given = account.each(_IN_A_VPC, lambda name: _of_vpc(account, vpc, *_IN_A_VPC[name]))
        given |= _of_endpoints(account, given["endpoints"])
    return UsedNetwork(
        jobs=wanted.jobs,
        subnets=subnets,
        groups=groups,
        public_ip=place.public_ip,
        services=list(wanted.services),
        **given,
    )


_IN_A_VPC = {
    "tables": ("describe_route_tables", "RouteTables", "Filters"),
    "endpoints": ("describe_vpc_endpoints", "VpcEndpoints", "Filters"),
    "gateways": ("describe_nat_gateways", "NatGateways", "Filter"),
}
"""What is asked about a VPC: operation, member of the answer, and parameter for filters, by field of UsedNetwork."""


def _subnet(account: Account, name: str) -> Known[Any] | Refused:
    return first(account.ask("ec2", "describe_subnets", absent=_NO_SUBNET, SubnetIds=[name]), "Subnets")


def _group(account: Account, name: str) -> Known[Any] | Refused:
    return first(account.ask("ec2", "describe_security_groups", absent=_NO_GROUP, GroupIds=[name]), "SecurityGroups")


def _default_group(account: Account, vpc: str) -> dict[str, Known[Any] | Refused]:
    """Return the VPC's default security group, which tasks without one of their own have."""
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    answer = first(account.ask("ec2", "describe_security_groups", Filters=filters), "SecurityGroups")
    name = answer.value["GroupId"] if isinstance(answer, Known) and answer.value else "default"
    return {name: answer}


def _of_vpc(account: Account, vpc: str, operation: str, member: str, filters: str) -> Known[Any] | Refused:
    given: dict[str, Any] = {filters: [{"Name": "vpc-id", "Values": [vpc]}]}
    return part(account.ask("ec2", operation, **given), member)


def _of_endpoints(account: Account, endpoints: Known[Sequence[Described]] | Refused) -> dict[str, Any]:
    """Return the subnets and security groups of the endpoints, as far as they are known."""
    known = endpoints.value if isinstance(endpoints, Known) else ()
    subnets = {name for one in known for name in one.get("SubnetIds") or ()}
    groups = {one["GroupId"] for endpoint in known for one in endpoint.get("Groups") or ()}
    return {
        "endpoint_subnets": _found(account.each(sorted(subnets), lambda name: _subnet(account, name))),
        "endpoint_groups": _found(account.each(sorted(groups), lambda name: _group(account, name))),
    }


def _found(answers: Mapping[str, Known[Any] | Refused]) -> dict[str, Described]:
    return {name: one.value for name, one in answers.items() if isinstance(one, Known) and one.value}
