"""The name of an image, and the sources of the variables that ECS reads for a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from settings.environment import EnvironmentName
from settings.patterns import matching

ImageUri = Annotated[
    str,
    matching(
        r"^[a-zA-Z0-9][a-zA-Z0-9.-]*(:\d{1,5})?(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*"
        r"(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$",
        "an image with its tag or its digest, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/report:1.4",
        max_length=512,
    ),
]
"""ECS takes the tag or the digest (ECS API reference, ContainerDefinition, image). The tag is required: without one,
`latest` would run."""

SecretSource = Annotated[
    str,
    matching(
        r"^(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-\w{6}(:[^:\s]*:[^:\s]*:[^:\s]*)?"
        r"|arn:[a-z-]+:ssm:[a-z0-9-]+:\d{12}:parameter/[\w./-]+|/?[\w.-]+(/[\w.-]+)*)$",
        "the whole ARN of a secret, with or without :<JSON key>:<version stage>:<version id>, or the name or ARN of a "
        "parameter, such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf:password::",
    ),
]
"""Where ECS reads a variable's value (ECS API reference, Secret)."""

Secrets = Mapping[EnvironmentName, SecretSource]
