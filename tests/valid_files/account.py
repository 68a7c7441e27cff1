"""What the account of the valid files already has, and what of it each place and family means to a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACCOUNT = "123456789012"
REGION = "eu-central-1"
CLUSTER = "valid"
CLUSTER_ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"
CLUSTER_OUTPUT = {"project": "platform", "stack": CLUSTER, "output": "clusterArn"}
SUBNETS = ("subnet-0a0000000000000a1", "subnet-0b0000000000000b1", "subnet-0c0000000000000c1")
GROUPS = ("sg-010000000000000a1", "sg-020000000000000b1")
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/valid-boundary"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:valid/db-AbCdEf"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-4000-8000-0123456789ab"
QUEUES = tuple(f"arn:aws:sqs:{REGION}:{ACCOUNT}:valid-{name}" for name in ("alerts", "pager"))
FUNCTIONS = tuple(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:valid-{name}" for name in ("notify", "page"))
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:valid-alerts"
ROLES = tuple(f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("coming", "team/data/later"))
"""Further task roles."""


@dataclass(frozen=True)
class Family:
    """A family of task definitions, with the numbers that decide which sizes it can have."""

    cpu: int
    memory: int
    least_memory: int
    """What its containers need, in MiB."""
    containers: Sequence[str]
    """The essential ones."""
    windows: bool = False


FAMILIES: Mapping[str, Family] = {
    "valid-web": Family(512, 1024, 640, ("app",)),
    "valid-batch": Family(1024, 3072, 1024, ("worker", "loader")),
    "valid-windows": Family(1024, 2048, 512, ("app",), windows=True),
}
OWN = Family(256, 512, 0, ("job",))
"""The family that the program makes for a job with an image of its own and no sizes."""


@dataclass(frozen=True)
class Service:
    """A service of the cluster, with what its jobs take from it."""

    family: str
    capacity: Mapping[str, Mapping[str, int]]
    subnets: Sequence[str] = SUBNETS
    groups: Sequence[str] = GROUPS
    public: bool = False


SERVICES: Mapping[str, Service] = {
    "web": Service("valid-web", {}, public=True),
    "spot": Service(
        "valid-batch",
        {"FARGATE": {"weight": 1, "base": 2}, "FARGATE_SPOT": {"weight": 3, "base": 0}},
        SUBNETS[1:],
        GROUPS[1:],
        public=True,
    ),
}


def platform() -> dict[str, Any]:
    """Return the config of the sandbox's platform that makes all this, without the prefix of its keys."""
    return {
        "cluster": CLUSTER,
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "subnets": list(SUBNETS),
        "securityGroups": list(GROUPS),
        "taskDefinitions": {
            "valid-web": {"image": "app", "sidecar": True},
            "valid-batch": _BATCH,
            "valid-windows": _WINDOWS,
        },
        "services": {
            "web": "valid-web",
            "spot": {
                "taskDefinition": "valid-batch",
                "capacityProviderStrategy": [
                    {"capacityProvider": name, **share} for name, share in SERVICES["spot"].capacity.items()
                ],
                "networkConfiguration": {
                    "awsvpcConfiguration": {
                        "subnets": list(SERVICES["spot"].subnets),
                        "securityGroups": list(SERVICES["spot"].groups),
                        "assignPublicIp": "ENABLED",
                    }
                },
            },
        },
        "roles": list(ROLES),
        "policies": [_name(BOUNDARY)],
        "keys": [_name(KEY)],
        "secrets": {SECRET: {}},
        "queues": [_name(arn) for arn in QUEUES],
        "topics": [_name(TOPIC)],
        "functions": [_name(arn) for arn in FUNCTIONS],
    }


def _name(arn: str) -> str:
    return arn.replace("/", ":").rpartition(":")[2]


_BATCH = {
    "cpu": "1 vCPU",
    "memory": "3 GB",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/team/valid-batch-execution",
    "containerDefinitions": [
        {
            "name": "worker",
            "image": "worker",
            "essential": True,
            "cpu": 128,
            "memory": 1024,
            "memoryReservation": 256,
            "entryPoint": ["/sbin/tini", "--"],
        },
        {"name": "loader", "image": "loader", "essential": True, "memory": 512},
    ],
}
_WINDOWS = {
    "cpu": "1024",
    "memory": "2048",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"},
    "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/valid-windows-execution",
    "containerDefinitions": [{"name": "app", "image": "app", "essential": True, "memory": 512}],
}
