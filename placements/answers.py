"""The account's answers about the parts of a placement, as far as placements need them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from judgements.capacity import share
from placements import parts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from judgements.answers import Answer, CapacityProvider, TaskDefinition


@dataclass(frozen=True)
class Cluster:
    """An ECS cluster."""

    arn: str
    status: str

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer of `aws.ecs.get_cluster`."""
        return cls(arn=answer["arn"], status=answer["status"])


@dataclass(frozen=True)
class Network:
    """The awsvpc configuration of a service."""

    subnets: Sequence[str]
    security_groups: Sequence[str]
    assign_public_ip: bool


@dataclass(frozen=True)
class Service:
    """An ECS service."""

    task_definition: str
    """The ARN of its present revision; empty for a service whose deployments another controller makes."""
    capacity: Mapping[str, int | Mapping[str, int]]
    """A weight, or weight and base, by capacity provider."""
    network: Network | None

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """Read the answer of `aws.ecs.get_service`."""
        networks = answer.get("networkConfigurations") or []
        strategies = answer.get("capacityProviderStrategies") or []
        return cls(
            task_definition=answer.get("taskDefinition") or "",
            capacity={item["capacityProvider"]: share(int(item["weight"]), int(item["base"])) for item in strategies},
            network=Network(
                subnets=networks[0]["subnets"],
                security_groups=networks[0]["securityGroups"],
                assign_public_ip=bool(networks[0].get("assignPublicIp")),
            )
            if networks
            else None,
        )

    def with_only(self, needed: frozenset[str]) -> Self:
        """Return the service without the capacity and the network that no job needs of it."""
        return replace(
            self,
            capacity=self.capacity if parts.CAPACITY in needed else {},
            network=self.network if parts.NETWORK in needed else None,
        )


@dataclass(frozen=True)
class Reference:
    """The cluster that config names."""

    value: object
    """Its name or ARN; or the output of another stack, which can be anything, or `Refused`."""
    stack: str = ""
    """The full name of the other stack."""

    @property
    def text(self) -> str | None:
        """The cluster's name or ARN; None when the other stack has no such text."""
        return self.value if isinstance(self.value, str) else None

    @property
    def name(self) -> str | None:
        """The cluster's name, which is also the end of its ARN."""
        return None if self.text is None else self.text.rpartition("/")[2]

    @property
    def arn(self) -> str | None:
        """The cluster's ARN, if config or the other stack has it."""
        return self.text if self.text is not None and self.text.startswith("arn:") else None


@dataclass(frozen=True)
class Answers:
    """All answers about one placement. None means that there was nothing to ask for."""

    reference: Reference
    cluster: Answer[Cluster] | None
    cluster_arn: str | None
    """The ARN of the cluster. An ARN in config stands also if the cluster may not be looked at."""
    new_cluster: Answer[str] | None
    """The ARN of the cluster that the placement makes; None for a placement that names one."""
    providers: Answer[Collection[str]] | None
    """The capacity providers of the cluster."""
    own_providers: Mapping[str, Answer[CapacityProvider]]
    """The capacity providers of the strategy that the account has made, by name."""
    service: Answer[Service] | None
    family: str | None
    """The family or `family:revision` that runs."""
    definition: Answer[TaskDefinition] | None
    roles: Mapping[str, Answer[str]] = field(default_factory=dict)
    """By ARN: the ARN of the role that has this name."""
    subnets: Mapping[str, Answer[str]] = field(default_factory=dict)
    """By id: the id of the VPC."""
    security_groups: Mapping[str, Answer[str]] = field(default_factory=dict)
    """By id: the id of the VPC."""
