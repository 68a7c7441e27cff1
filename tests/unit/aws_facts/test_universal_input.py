from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.model import StructureShape

from aws_facts.universal_input import InputError, read
from components.run_task_request import (
    capacity,
    client_token,
    container_override,
    network_configuration,
    run_task_request,
    task_override,
)

OPERATION = botocore.session.get_session().get_service_model("ecs").operation_model("RunTask")
SHAPE = OPERATION.input_shape
LEAST = {"TaskDefinition": "web"}


def read_run_task(given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a RunTask request."""
    assert isinstance(SHAPE, StructureShape)
    return read(given, SHAPE)


def test_the_request_of_a_schedule_is_the_api_s() -> None:
    """Every member that the program writes is renamed, at every depth, and values stay."""
    request = run_task_request(
        cluster="main",
        task_definition="web",
        task_group="group:job",
        client_token=client_token("project", "stack", "job"),
        network=network_configuration(["subnet-1"], ["sg-1"], assign_public_ip=False),
        capacity=capacity({"FARGATE_SPOT": 1}),
        container_override=container_override("App", ["Do", "It"], {"Name": "Value"}, job="job", schedule="job.key"),
        task_override=task_override(256, 512),
        tags={"Key": "Value"},
    )
    environment = {"JOB_NAME": "job", "JOB_SCHEDULE": "job.key", "JOB_SCHEDULED_TIME": "<aws.scheduler.scheduled-time>"}
    assert read_run_task(request) == {
        "cluster": "main",
        "taskDefinition": "web",
        "count": 1,
        "clientToken": client_token("project", "stack", "job"),
        "group": "group:job",
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": ["subnet-1"],
                "securityGroups": ["sg-1"],
                "assignPublicIp": "DISABLED",
            }
        },
        "overrides": {
            "containerOverrides": [
                {
                    "name": "App",
                    "command": ["Do", "It"],
                    "environment": [
                        *({"name": name, "value": value} for name, value in environment.items()),
                        {"name": "Name", "value": "Value"},
                    ],
                }
            ],
            "cpu": "256",
            "memory": "512",
        },
        "enableECSManagedTags": True,
        "tags": [{"key": "Key", "value": "Value"}],
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "missing field TaskDefinition"),
        ({"TaskDefinition": None}, "missing field TaskDefinition"),
        ({**LEAST, "cluster": "main"}, "unknown field cluster"),
        (
            {**LEAST, "Overrides": {"ContainerOverrides": [{"command": []}]}},
            "unknown field Overrides.ContainerOverrides.command",
        ),
        ({**LEAST, "Count": "1"}, "Value '1' at 'Count': Member must be of type integer"),
    ],
    ids=["left out", "null", "camelCase", "camelCase deep inside", "text for a number"],
)
def test_what_is_no_request_is_refused(given: dict[str, Any], reason: str) -> None:
    """The reason names the place of the mistake."""
    with pytest.raises(InputError) as refused:
        read_run_task(given)
    assert str(refused.value) == reason


def test_null_is_left_out() -> None:
    """A member that is null is left out."""
    assert read_run_task({**LEAST, "Cluster": None}) == {"taskDefinition": "web"}
