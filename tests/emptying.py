"""What tests leave behind in moto, and how to be rid of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.backends import get_backend

if TYPE_CHECKING:
    from moto.backends import SERVICE_NAMES

SERVICES: tuple[SERVICE_NAMES, ...] = (
    "cloudwatch",
    "dynamodb",
    "ecr",
    "ecs",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
)
"""What a test may leave something in. To empty all that moto has takes a second; the network stays."""


def empty() -> None:
    """Forget everything but the network."""
    for service in SERVICES:
        for backend in get_backend(service).values():
            backend.reset()
