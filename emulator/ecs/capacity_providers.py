"""The capacity providers that an account makes. moto has only those of Auto Scaling groups, and checks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from moto.ecs.models import CapacityProvider, Cluster, EC2ContainerServiceBackend, ecs_backends

from aws_facts.fargate import PROVIDERS
from aws_facts.launch_types import LaunchType
from emulator.gateway.gateway import AwsError, Call, Gateway

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aws_facts.launch_types import LaunchTypes

_RESERVED = ("aws", "ecs", "fargate")
"""Prefixes that no name may have (ECS API reference, CreateCapacityProvider)."""


class ManagedInstances(CapacityProvider):
    """A capacity provider whose instances ECS manages. It serves one cluster."""

    def __init__(self, call: Call, cluster: str) -> None:
        """Create it for a cluster, given by its name."""
        super().__init__(call.account, call.region, call.params["name"], {}, call.params.get("tags"))
        self.cluster = cluster
        self.managed = call.params["managedInstancesProvider"]


def install(gateway: Gateway) -> None:
    """Answer the operations on capacity providers, and check those that clusters are associated with."""
    gateway.answer("ecs", "CreateCapacityProvider", _create)
    gateway.answer("ecs", "DescribeCapacityProviders", _describe)
    gateway.answer("ecs", "DeleteCapacityProvider", _delete)
    for operation in ("CreateCluster", "PutClusterCapacityProviders"):
        gateway.check("ecs", operation, _check_associated)


def launch_types(backend: EC2ContainerServiceBackend, providers: Iterable[str]) -> LaunchTypes:
    """Return what tasks on these capacity providers run on."""
    return tuple(sorted({_launch_type(backend, provider) for provider in providers}))


def _launch_type(backend: EC2ContainerServiceBackend, provider: str) -> LaunchType:
    if provider in PROVIDERS:
        return LaunchType.FARGATE
    managed = isinstance(backend.capacity_providers.get(provider), ManagedInstances)
    return LaunchType.MANAGED_INSTANCES if managed else LaunchType.EC2


def _create(call: Call) -> dict[str, Any]:
    """Create a capacity provider.

    The words about Managed Instances are those of the ECS Developer Guide, "Troubleshooting Amazon ECS Managed
    Instances errors".
    """
    params, backend = call.params, ecs_backends[call.account][call.region]
    name = params["name"]
    if name.lower().startswith(_RESERVED):  # ECS's words for it are not known
        _refuse("InvalidParameterException", f"The capacity provider name '{name}' has a reserved prefix.")
    if ("autoScalingGroupProvider" in params) == ("managedInstancesProvider" in params):  # nor for this
        _refuse("InvalidParameterException", "Specify an autoScalingGroupProvider or a managedInstancesProvider.")
    if "managedInstancesProvider" not in params:
        if name in backend.capacity_providers:
            _refuse(
                "ClientException",
                "The specified capacity provider already exists. To change the configuration of an existing capacity "
                "provider, update the capacity provider.",
            )
        created = backend.create_capacity_provider(name, params["autoScalingGroupProvider"], params.get("tags"))
        return {"capacityProvider": _described(created)}
    if not params.get("cluster"):
        _refuse("ClientException", "Managed Instances Provider is not supported without a Cluster Name")
    if name in backend.capacity_providers:
        _refuse("ClientException", "The specified capacity provider already exists with account or a different cluster")
    cluster = _cluster(backend, params["cluster"])
    created = backend.capacity_providers[name] = ManagedInstances(call, str(cluster.name))
    cluster.capacity_providers = [*(cluster.capacity_providers or []), name]
    return {"capacityProvider": _described(created)}


def _describe(call: Call) -> dict[str, Any]:
    """Describe providers by name or ARN, or all that the account or the given cluster has."""
    params, backend = call.params, ecs_backends[call.account][call.region]
    known: dict[str, Any] = {
        **{name: {"name": name, "status": "ACTIVE", "type": name} for name in PROVIDERS},
        **{name: _described(one) for name, one in backend.capacity_providers.items()},
    }
    if params.get("cluster"):
        of_cluster = _cluster(backend, params["cluster"]).capacity_providers or []
        known = {name: one for name, one in known.items() if name in of_cluster}
    asked = [name.rpartition("/")[2] for name in params.get("capacityProviders", known)]
    place = f"arn:{call.partition}:ecs:{call.region}:{call.account}:capacity-provider"
    return {
        "capacityProviders": [known[name] for name in asked if name in known],
        "failures": [{"arn": f"{place}/{name}", "reason": "MISSING"} for name in asked if name not in known],
    }


def _delete(call: Call) -> dict[str, Any]:
    params, backend = call.params, ecs_backends[call.account][call.region]
    name = params["capacityProvider"].rpartition("/")[2]
    provider = backend.capacity_providers.get(name)
    if provider is None:
        _refuse_unknown()
    users = [cluster for cluster in backend.clusters.values() if name in (cluster.capacity_providers or [])]
    if isinstance(provider, ManagedInstances):
        if params.get("cluster", "").rpartition("/")[2] != provider.cluster:
            _refuse("ClientException", "The specified capacity provider already exists with cluster scope")
        for cluster in users:
            cluster.capacity_providers = [one for one in cluster.capacity_providers or [] if one != name]
    elif users:
        _refuse(
            "ClientException",
            f"The capacity provider cannot be deleted because it is associated with cluster: {users[0].name}. Remove "
            "the capacity provider from the cluster and try again.",
        )
    del backend.capacity_providers[name]
    return {"capacityProvider": {**_described(provider), "status": "INACTIVE"}}


def _check_associated(call: Call) -> None:
    known = ecs_backends[call.account][call.region].capacity_providers
    wanted: Sequence[str] = call.params.get("capacityProviders") or ()
    if any(name not in known for name in wanted if name not in PROVIDERS):
        _refuse_unknown()


def _refuse_unknown() -> NoReturn:
    _refuse(
        "InvalidParameterException",
        "The specified capacity provider was not found. Specify a valid name or ARN and try again.",
    )


def _cluster(backend: EC2ContainerServiceBackend, name: str) -> Cluster:
    found = backend.clusters.get(name.rpartition("/")[2])
    if found is None:
        _refuse("ClusterNotFoundException", "Cluster not found.")
    return found


def _described(provider: CapacityProvider) -> dict[str, Any]:
    own: dict[str, Any] = {
        "capacityProviderArn": provider.capacity_provider_arn,
        "name": provider.name,
        "status": provider.status,
        "tags": provider.tags or [],
    }
    if isinstance(provider, ManagedInstances):
        managed = {"managedInstancesProvider": provider.managed, "cluster": provider.cluster}
        return {**own, **managed, "type": LaunchType.MANAGED_INSTANCES.value}
    group = {"autoScalingGroupProvider": provider.auto_scaling_group_provider}
    return {**own, **group, "type": "EC2_AUTOSCALING"}


def _refuse(code: str, message: str) -> NoReturn:
    raise AwsError(code, message)
