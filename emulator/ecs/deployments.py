"""The deployments of services by rolling update, which moto begins and never completes: each takes some minutes.

Follows the ECS API reference, Deployment. The newest deployment is PRIMARY, and IN_PROGRESS until the service has
reached a steady state. The one that it replaces is ACTIVE until then, and gone after it.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.moto_api._internal import mock_random

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LASTS = timedelta(minutes=3)
"""How long a deployment is in progress. ECS waits for the tasks and their health checks, which takes some minutes."""
_DEPLOYED = (
    "task_definition",
    "capacity_provider_strategy",
    "launch_type",
    "load_balancers",
    "network_configuration",
    "platform_version",
    "service_registries",
)
"""The properties whose change begins a deployment (ECS API reference, UpdateService); moto's names."""


@contextmanager
def carried_out() -> Iterator[None]:
    """Make moto begin a deployment where ECS does, and complete it by the clock."""
    update, describe = EC2ContainerServiceBackend.update_service, EC2ContainerServiceBackend.describe_services

    def update_service(backend: EC2ContainerServiceBackend, given: dict[str, Any]) -> Service:
        cluster, name, forced = given.get("cluster", "default"), given["service"], given.get("force_new_deployment")
        before = copy.copy(vars(_settled(backend._get_service(cluster, name.rpartition("/")[2]))))  # noqa: SLF001
        deployments = copy.deepcopy(before["deployments"])
        service = update(backend, given)
        service.task_definition = backend.describe_task_definition(str(service.task_definition)).arn
        if deployments:
            changed = any(vars(service).get(name) != before.get(name) for name in _DEPLOYED)
            service.deployments = _begun(service, deployments) if forced or changed else deployments
        return service

    def describe_services(
        backend: EC2ContainerServiceBackend, cluster: str, names: Sequence[str]
    ) -> tuple[list[Service], list[dict[str, str]]]:
        services, failures = describe(backend, cluster, list(names))
        return [_settled(service) for service in services], failures

    EC2ContainerServiceBackend.update_service = update_service  # type: ignore[method-assign, assignment]
    EC2ContainerServiceBackend.describe_services = describe_services  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        EC2ContainerServiceBackend.update_service = update  # type: ignore[method-assign]
        EC2ContainerServiceBackend.describe_services = describe  # type: ignore[method-assign]


def _begun(service: Service, known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the deployments of a service once a new one has begun."""
    id_ = f"ecs-svc/{mock_random.randint(0, 32**12)}"
    new = {
        **known[0],
        "id": id_,
        "createdAt": utcnow(),
        "updatedAt": utcnow(),
        "desiredCount": service.desired_count,
        "pendingCount": service.desired_count,
        "runningCount": 0,
        "launchType": service.launch_type,
        "platformVersion": service.platform_version,
        "networkConfiguration": service.network_configuration,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment {id_} in progress.",
        "taskDefinition": service.task_definition,
    }
    return [new, *({**one, "status": "ACTIVE"} for one in known)]


def _settled(service: Service) -> Service:
    """Complete the newest deployment of a service, if it has been in progress for long enough."""
    newest: dict[str, Any] | None = next(iter(service.deployments), None)
    if newest is not None and utcnow() >= newest["createdAt"] + LASTS:
        newest["rolloutState"] = "COMPLETED"
        newest["rolloutStateReason"] = f"ECS deployment {newest['id']} completed."
        newest["runningCount"], newest["pendingCount"] = service.desired_count, 0
        service.deployments = [newest]
    return service
