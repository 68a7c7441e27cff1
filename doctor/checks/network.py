"""Checks that tasks get an address in their subnets, and reach the registry, the logs and the secrets. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from doctor import ways
from doctor.account import Known
from doctor.finding import Link, broken, sound, unchecked
from doctor.ways import Cause, State, Task, Vpc
from judgements import network
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.finding import Finding
    from doctor.ways import Described, Way


class Purpose(StrEnum):
    """What a task needs a service for before its containers start."""

    REGISTRY = "the registry"
    LOGS = "the logs"
    SECRETS = "the secrets"


@dataclass(frozen=True)
class Service:
    """A service that a task must reach."""

    purpose: Purpose
    name: str
    """As its endpoints have it, such as `ecr.api`; empty for what is only in the internet, or in another region."""


_NOTHING: Known[Sequence[Described]] = Known(())


@dataclass(frozen=True, kw_only=True)
class UsedNetwork:
    """Subnets and security groups that tasks get together."""

    jobs: Sequence[str]
    subnets: Mapping[str, Known[Described | None] | Refused]
    """By id; None for one that does not exist."""
    groups: Mapping[str, Known[Described | None] | Refused]
    """The security groups of the tasks, as `subnets`."""
    public_ip: bool
    services: Sequence[Service]
    tables: Known[Sequence[Described]] | Refused = _NOTHING
    """The route tables of the VPC, and next its endpoints and NAT gateways."""
    endpoints: Known[Sequence[Described]] | Refused = _NOTHING
    gateways: Known[Sequence[Described]] | Refused = _NOTHING
    endpoint_subnets: Mapping[str, Described] = field(default_factory=dict)
    """By id, as far as they are known, as `endpoint_groups`."""
    endpoint_groups: Mapping[str, Described] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """The ids of the subnets."""
        return ", ".join(sorted(self.subnets))


def check(networks: Sequence[UsedNetwork]) -> Iterator[Finding]:
    """Yield what is found of each network. Ways are examined where all that they lead through exists."""
    for one in networks:
        found = [*_of_answers(one), *_of_place(one)]
        found = found or [*_of_ways(one)]
        yield from found or [sound(Link.NETWORK, one.about, one.jobs)]


def _of_answers(used: UsedNetwork) -> Iterator[Finding]:
    """Yield what does not exist, and what could not be seen."""
    fix = "correct the placement in the stack file and run pulumi up, or correct the service that it follows"
    for name, answer in used.subnets.items():
        if isinstance(answer, Refused):
            yield unchecked(Link.NETWORK, name, "the subnet", answer, used.jobs)
        elif answer.value is None:
            yield broken("subnet-missing", Link.NETWORK, name, "there is no such subnet", fix, used.jobs)
    for name, answer in used.groups.items():
        if isinstance(answer, Refused):
            yield unchecked(Link.NETWORK, name, "the security group", answer, used.jobs)
        elif answer.value is None:
            text = "there is no such security group"
            yield broken("security-group-missing", Link.NETWORK, name, text, fix, used.jobs)
    for what, found in (
        ("the route tables", used.tables),
        ("the VPC endpoints", used.endpoints),
        ("the NAT gateways", used.gateways),
    ):
        if isinstance(found, Refused):
            yield unchecked(Link.NETWORK, used.about, what, found, used.jobs)


def _of_place(used: UsedNetwork) -> Iterator[Finding]:
    subnets, groups = _known(used.subnets), _known(used.groups)
    vpcs = ({name: one["VpcId"] for name, one in found.items()} for found in (subnets, groups))
    for part, problem in network.problems(*vpcs):
        fix = f"correct {part} of the placement in the stack file and run pulumi up"
        yield broken("vpcs-differ", Link.NETWORK, used.about, f"{part}: {problem}", fix, used.jobs)
    full = [name for name, one in subnets.items() if one["AvailableIpAddressCount"] == 0]
    if full and len(full) == len(used.subnets):
        fix = "use larger subnets or more of them, or remove what holds their addresses"
        yield broken("subnets-full", Link.NETWORK, used.about, "no subnet has a free address", fix, used.jobs)


def _of_ways(used: UsedNetwork) -> Iterator[Finding]:
    """Yield each thing that closes a way once, with all purposes that it closes it for."""
    known = _vpc(used)
    found: dict[Way, dict[Purpose, None]] = {}
    for subnet, one in _known(used.subnets).items():
        if one.get("Ipv6Native"):
            reason = f"{subnet} has IPv6 only, whose ways are not looked at"
            yield unchecked(Link.NETWORK, used.about, "the ways", reason, used.jobs)
            continue
        task = Task(subnet, tuple(used.groups), used.public_ip)
        for service in used.services:
            way = ways.to_service(known, task, service.name) if service.name else ways.to_internet(known, task)
            if way.state is not State.OPEN:
                found.setdefault(way, {})[service.purpose] = None
    for way, purposes in found.items():
        yield _of_way(used, way, list(purposes))


def _of_way(used: UsedNetwork, way: Way, purposes: Sequence[Purpose]) -> Finding:
    named, about, jobs = " and ".join(purposes), used.about, used.jobs
    if way.state is State.UNKNOWN:
        return unchecked(Link.NETWORK, about, f"the way to {named}", way.why, jobs)
    text = f"tasks do not reach {named}: {way.why}"
    if way.cause is Cause.EGRESS:
        return broken("security-group-closed", Link.NETWORK, about, text, way.fix, jobs)
    if way.cause is Cause.ENDPOINT:
        return broken("endpoint-closed", Link.NETWORK, about, text, way.fix, jobs)
    match purposes[0]:
        case Purpose.REGISTRY:
            return broken("no-way-to-registry", Link.NETWORK, about, text, way.fix, jobs)
        case Purpose.LOGS:
            return broken("no-way-to-logs", Link.NETWORK, about, text, way.fix, jobs)
    return broken("no-way-to-secrets", Link.NETWORK, about, text, way.fix, jobs)


def _vpc(used: UsedNetwork) -> Vpc:
    return Vpc(
        tables=_listed(used.tables),
        endpoints=_listed(used.endpoints),
        gateways=_listed(used.gateways),
        subnets={**used.endpoint_subnets, **_known(used.subnets)},
        groups={**used.endpoint_groups, **_known(used.groups)},
    )


def _known(answers: Mapping[str, Known[Described | None] | Refused]) -> dict[str, Described]:
    return {name: one.value for name, one in answers.items() if isinstance(one, Known) and one.value is not None}


def _listed(answer: Known[Any] | Refused) -> Sequence[Described]:
    return answer.value if isinstance(answer, Known) else ()
