"""The name of an image, and the sources of the variables that ECS reads for a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from settings.environment import EnvironmentName
from settings.patterns import matching

_HOST = r"[a-zA-Z0-9][a-zA-Z0-9.-]*(:[0-9]{1,5})?"
_PART = r"[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"
_OFFICIAL = r"[a-z0-9]+((_|__|-+)[a-z0-9]+)*"
"""An official image of Docker Hub, such as busybox. None has a dot, so a registry without a repository is none."""

ImageUri = Annotated[
    str,
    matching(
        rf"^({_HOST}(/{_PART})+|{_OFFICIAL})(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{{0,127}}|@sha256:[0-9a-f]{{64}})$",
        "an image with its tag or its digest, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/report:1.4",
        max_length=255,
    ),
]
"""ECS takes the tag or the digest, and 255 characters (ECS API reference, ContainerDefinition, image). The tag is
required: without one, `latest` would run."""

_PLACE = r"[a-z0-9-]+:[0-9]{12}"
_LEVEL = r"[A-Za-z0-9_.-]+"

SecretSource = Annotated[
    str,
    matching(
        rf"^(arn:aws[a-z-]*:secretsmanager:{_PLACE}:secret:[A-Za-z0-9_/+=.@-]+-[A-Za-z0-9]{{6}}"
        r"(:[^:\s]*:([^:\s]*:|:[^:\s]*))?"
        rf"|arn:aws[a-z-]*:ssm:{_PLACE}:parameter(/{_LEVEL}){{1,15}}|(/{_LEVEL}){{1,15}}|{_LEVEL})$",
        "the whole ARN of a secret, with or without :<JSON key>:<version stage>: or :<JSON key>::<version id>, or the "
        "ARN or the name of a parameter, which with a path begins with a slash, such as "
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf:password::",
        max_length=2048,
    ),
]
"""Where ECS reads a variable's value (ECS API reference, Secret).

A version has a stage or an id (ECS Developer Guide, "Pass Secrets Manager secrets through Amazon ECS environment
variables"). A parameter has at most 15 levels, and a slash before the first of several (Systems Manager API reference,
PutParameter); a call takes 2048 characters of its name (GetParameters).
"""

Secrets = Mapping[EnvironmentName, SecretSource]
