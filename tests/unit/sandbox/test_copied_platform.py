"""What of an account is copied into a platform's stack file, and what is left out."""

from __future__ import annotations

from typing import Any

import yaml

from sandbox import copied_platform

PLACE = "eu-central-1:111122223333"
DEFINITION: dict[str, Any] = {
    "taskDefinitionArn": f"arn:aws:ecs:{PLACE}:task-definition/web:12",
    "family": "web",
    "revision": 12,
    "status": "ACTIVE",
    "taskRoleArn": "arn:aws:iam::111122223333:role/team/web-task",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "512",
    "memory": "1024",
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "volumes": [{"name": "data", "configuredAtLaunch": True}, {"name": "cache", "host": {"sourcePath": "/s3cret"}}],
    "registeredBy": "arn:aws:iam::111122223333:user/s3cret",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "registry.example.com/app:7",
            "cpu": 0,
            "memoryReservation": 256,
            "essential": True,
            "entryPoint": ["/start.sh"],
            "command": ["serve", "--token", "s3cret"],
            "environment": [{"name": "TOKEN", "value": "s3cret"}],
            "secrets": [{"name": "KEY", "valueFrom": "arn:aws:ssm:s3cret"}],
            "dockerLabels": {"a": "s3cret"},
            "portMappings": [],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/ecs/web",
                    "awslogs-region": "eu-central-1",
                    "awslogs-stream-prefix": "ecs",
                    "awslogs-create-group": "true",
                    "mode": "non-blocking",
                },
            },
        },
        {
            "name": "proxy",
            "image": "proxy",
            "essential": False,
            "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "s3cret"}},
        },
    ],
}
COPIED = {
    "cpu": "512",
    "memory": "1024",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
    "taskRoleArn": "arn:aws:iam::111122223333:role/team/web-task",
    "containerDefinitions": [
        {
            "name": "app",
            "image": "registry.example.com/app:7",
            "essential": True,
            "entryPoint": ["/start.sh"],
            "memoryReservation": 256,
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/ecs/web",
                    "awslogs-region": "eu-central-1",
                    "awslogs-stream-prefix": "ecs",
                    "awslogs-create-group": "true",
                },
            },
        },
        {
            "name": "proxy",
            "image": "proxy",
            "essential": False,
            "logConfiguration": {"logDriver": "splunk", "options": {}},
        },
    ],
    "volumes": [{"name": "data", "configuredAtLaunch": True}, {"name": "cache"}],
}


def test_a_task_definition_is_copied_without_what_may_be_secret() -> None:
    """Sizes, roles, platform, volumes and containers are copied; commands, variables and other values are not."""
    assert copied_platform.task_definition(DEFINITION) == COPIED
    assert "s3cret" not in str(COPIED)


def test_a_service_is_copied_with_its_strategy_and_network() -> None:
    """The family, the strategy with its weights and bases, and the network are copied."""
    network = {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    described = {
        "serviceName": "web",
        "taskDefinition": f"arn:aws:ecs:{PLACE}:task-definition/web:12",
        "capacityProviderStrategy": strategy,
        "networkConfiguration": {"awsvpcConfiguration": network},
        "events": [{"message": "s3cret"}],
    }
    copied = copied_platform.service(described)
    assert copied == {
        "taskDefinition": "web",
        "capacityProviderStrategy": strategy,
        "networkConfiguration": {"awsvpcConfiguration": network},
    }
    assert copied_platform.network_of([copied, {"taskDefinition": "x"}], "subnets") == ["subnet-1"]
    assert copied_platform.service({"taskDefinition": f"arn:aws:ecs:{PLACE}:task-definition/web:1"}) == {
        "taskDefinition": "web"
    }


def test_the_file_keeps_other_keys() -> None:
    """Copied keys replace those of the file, and every other key stays."""
    earlier = {"platform:cluster": "old", "platform:queues": ["pager"]}
    text = copied_platform.text("production", earlier, {"account": "011122223333", "cluster": "production"})
    assert text.startswith("# The resources on the embedded AWS before a preview of stack `production`.")
    assert yaml.safe_load(text) == {
        "config": {
            "platform:account": "011122223333",
            "platform:cluster": "production",
            "platform:queues": ["pager"],
        }
    }
