"""Checks that each cluster is there and has the capacity providers that the jobs run on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor.account import Known
from doctor.finding import Link, broken, sound, unchecked
from judgements import capacity
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.finding import Finding
    from judgements.answers import CapacityProvider

_ACTIVE = "ACTIVE"


@dataclass(frozen=True)
class UsedCluster:
    """A cluster that jobs run on."""

    name: str
    """Its name or ARN, as the launches have it."""
    jobs: Sequence[str]
    providers: Mapping[str, Sequence[str]]
    """The jobs that run on each capacity provider, by provider."""
    answer: Known[Mapping[str, Any] | None] | Refused
    """DescribeClusters's answer."""
    own_providers: Known[Mapping[str, CapacityProvider]] | Refused | None = None
    """The cluster's capacity providers; None if all jobs run on Fargate."""


def check(clusters: Sequence[UsedCluster]) -> Iterator[Finding]:
    """Yield what is found of each cluster."""
    for cluster in clusters:
        found = list(_faults(cluster))
        yield from found or [sound(Link.CLUSTER, _short(cluster.name), cluster.jobs)]


def _faults(cluster: UsedCluster) -> Iterator[Finding]:
    name, answer = _short(cluster.name), cluster.answer
    if isinstance(answer, Refused):
        yield unchecked(Link.CLUSTER, name, "its status and capacity providers", answer, cluster.jobs)
    elif answer.value is None or answer.value["status"] != _ACTIVE:
        status = answer.value["status"] if answer.value else ""
        text = f"the cluster is {status}, not {_ACTIVE}" if status else "there is no such cluster"
        fix = f"create the cluster '{name}', or change the placement in the stack file and run pulumi up"
        yield broken("cluster-gone", Link.CLUSTER, name, text, fix, cluster.jobs)
    else:
        of_cluster = answer.value.get("capacityProviders") or []
        if isinstance(cluster.own_providers, Refused):
            what = "whether its capacity providers are of EC2 or of Managed Instances"
            yield unchecked(Link.CLUSTER, name, what, cluster.own_providers, cluster.jobs)
        for provider, jobs in cluster.providers.items():
            if problem := capacity.cluster_problem(provider, name, of_cluster, _own(cluster, provider)):
                text = f"the capacity provider {provider}: {problem.partition(';')[0]}"
                fix = (
                    f"associate {provider} with the cluster (aws ecs put-cluster-capacity-providers), or change the "
                    "placement's capacity and run pulumi up"
                )
                yield broken("capacity-provider-missing", Link.CLUSTER, name, text, fix, jobs)


def _own(cluster: UsedCluster, provider: str) -> CapacityProvider | None:
    return cluster.own_providers.value.get(provider) if isinstance(cluster.own_providers, Known) else None


def _short(name: str) -> str:
    return name.rpartition("/")[2]
