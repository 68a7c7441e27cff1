"""Clusters as ECS keeps them: none is removed while something uses it, and none is made twice. moto lacks both."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.ecs.models import Cluster, EC2ContainerServiceBackend, ecs_backends

from emulator.gateway.gateway import AwsError, Call, Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from emulator.ecs.task import Task

_INSIGHTS = "containerInsights"
_GONE = "INACTIVE"


def install(gateway: Gateway, tasks: Callable[[], Sequence[Task]]) -> None:
    """Refuse to delete a cluster, and to take a capacity provider from it, while something uses them."""
    gateway.check("ecs", "DeleteCluster", partial(_check_deleted, tasks))
    gateway.check("ecs", "PutClusterCapacityProviders", partial(_check_providers, tasks))


@contextmanager
def taken_over() -> Iterator[None]:
    """Make CreateCluster return an active cluster of the same name as it is, and heed the account's settings.

    ECS reports no error for a name that exists (terraform-provider-aws issues 38875 and 44817). Without a setting of
    its own a new cluster has the account's (ECS Developer Guide, "Account settings", containerInsights).
    """
    create = EC2ContainerServiceBackend.create_cluster

    def create_cluster(
        backend: EC2ContainerServiceBackend,
        cluster_name: str,
        tags: Any = None,  # noqa: ANN401 - this and the rest as the original takes them
        cluster_settings: Any = None,  # noqa: ANN401
        *given: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> Cluster:
        known = backend.clusters.get(cluster_name)
        if known is not None and known.status != _GONE:
            return known
        account = backend.account_settings.get(_INSIGHTS)
        if account is not None and not cluster_settings:
            cluster_settings = [{"name": _INSIGHTS, "value": account.value}]
        return create(backend, cluster_name, tags, cluster_settings, *given, **named)

    EC2ContainerServiceBackend.create_cluster = create_cluster  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        EC2ContainerServiceBackend.create_cluster = create  # type: ignore[method-assign]


def _check_deleted(tasks: Callable[[], Sequence[Task]], call: Call) -> None:
    cluster = _cluster(call)
    if cluster is None:
        return  # moto refuses it
    for exception, things, there in (
        ("ClusterContainsServicesException", "Services", bool(_services(call, cluster))),
        ("ClusterContainsTasksException", "Tasks", bool(_active(tasks(), cluster))),
    ):
        if there:
            raise AwsError(exception, f"The Cluster cannot be deleted while {things} are active.")


def _check_providers(tasks: Callable[[], Sequence[Task]], call: Call) -> None:
    """Refuse to remove a provider that a task or a service uses (ECS API reference, PutClusterCapacityProviders)."""
    cluster = _cluster(call)
    if cluster is None:
        return
    removed = set(cluster.capacity_providers or []) - set(call.params["capacityProviders"])
    strategies = [task.params.get("capacityProviderStrategy") for task in _active(tasks(), cluster)]
    # Only a service that was created with a strategy has this attribute.
    strategies += [vars(service).get("capacity_provider_strategy") for service in _services(call, cluster)]
    used = {item["capacityProvider"] for strategy in strategies for item in strategy or []}
    if removed & used:
        raise AwsError("ResourceInUseException", "The specified capacity provider is in use and cannot be removed.")


def _cluster(call: Call) -> Cluster | None:
    """Return the cluster of a call, which has its name or its ARN; None if there is none."""
    found = ecs_backends[call.account][call.region].clusters.get(call.params["cluster"].rpartition("/")[2])
    return None if found is None or found.status == _GONE else found


def _services(call: Call, cluster: Cluster) -> list[Any]:
    services = ecs_backends[call.account][call.region].services.values()
    return [one for one in services if one.cluster_arn == cluster.arn and one.status != _GONE]


def _active(tasks: Sequence[Task], cluster: Cluster) -> list[Task]:
    return [task for task in tasks if task.cluster_arn == cluster.arn and task.stopped_at is None]
