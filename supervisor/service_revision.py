"""Which revision of its task definition a service really runs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Found:
    """The revision's ARN, or why there is no settled one."""

    revision: str = ""
    reason: str = ""


def of(answer: Mapping[str, Any], service: str) -> Found:
    """Return the revision of a service from the answer of DescribeServices.

    A service has one deployment when none is in progress, and that one is PRIMARY (ECS API reference, Deployment). A
    deployment that the circuit breaker rolls back is not COMPLETED, and the one that replaces it becomes PRIMARY.
    """
    found = next(iter(answer.get("services", [])), None)
    if found is None or found.get("status") != "ACTIVE":
        return Found(reason=f"the service {service} does not exist")
    if found.get("deploymentController", {}).get("type", "ECS") != "ECS":
        return Found(reason=f"the service {service} has a deployment controller other than ECS")
    deployments = found.get("deployments", [])
    if len(deployments) != 1:
        return Found(reason=f"a deployment of the service {service} is in progress")
    [deployment] = deployments
    if deployment.get("rolloutState", "COMPLETED") != "COMPLETED":
        return Found(reason=f"the deployment of the service {service} is {deployment['rolloutState']}")
    return Found(revision=deployment["taskDefinition"])
