"""The limits that AWS sets for the values of stack config, as types. Every message names the limit."""

from __future__ import annotations

from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import pydantic

from settings.patterns import matching

T = TypeVar("T")

_MOST_TAGS = 48
"""AWS accepts 50 tags on a resource. The program adds two: job and owner."""

_OWN_TAGS = ("job", "owner")
_FARGATE = ("FARGATE", "FARGATE_SPOT")


def _not_reserved(key: str) -> str:
    if key.lower().startswith("aws:"):
        raise ValueError("AWS reserves tag keys that begin with aws:; choose another key")
    if key.lower() in _OWN_TAGS:
        raise ValueError("the program sets this tag on every job; choose another key")
    return key


def _fit_together(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > _MOST_TAGS:
        raise ValueError(f"has {len(tags)} tags; must be at most {_MOST_TAGS}, since the program adds job and owner")
    seen: dict[str, str] = {}
    for key in tags:
        other = seen.setdefault(key.lower(), key)
        if other != key:
            raise ValueError(f"'{other}' and '{key}' differ only in case, and IAM ignores the case")
    return tags


def _names_a_host(address: str) -> str:
    try:
        parts = urlsplit(address)
        sound = bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("must have a host, and any port must be 1 to 65535, such as https://hooks.example.com/jobs")
    return address


def _can_be_met(weights: dict[str, int]) -> dict[str, int]:
    if not any(weights.values()):
        raise ValueError("at least one weight must be greater than 0")
    others = [provider for provider in weights if provider not in _FARGATE]
    if others and len(others) < len(weights):
        raise ValueError("FARGATE and FARGATE_SPOT cannot be combined with other capacity providers")
    return weights


def _no_repeats(items: list[T]) -> list[T]:
    twice = next((item for item in items if items.count(item) > 1), None)
    if twice is not None:
        raise ValueError(f"lists '{twice}' more than once")
    return items


Once = pydantic.AfterValidator(_no_repeats)
"""The validator for a list whose items must differ."""

RoleArn = Annotated[
    str,
    matching(
        r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$",
        "the ARN of one role, such as arn:aws:iam::111122223333:role/worker",
    ),
]
PolicyArn = Annotated[
    str,
    matching(
        r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+$",
        "the ARN of a policy, such as arn:aws:iam::111122223333:policy/boundary",
    ),
]
ClusterName = Annotated[
    str,
    matching(
        r"^([a-zA-Z0-9_-]{1,255}|arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster/[a-zA-Z0-9_-]{1,255})$",
        "a cluster's name or ARN, such as staging or arn:aws:ecs:eu-central-1:111122223333:cluster/staging",
    ),
]
NotBlank = Annotated[str, matching(r"\S", "text that is not empty")]
SubnetId = Annotated[str, matching(r"^subnet-[0-9a-z-]+$", "a subnet's id, such as subnet-0123456789abcdef0")]
SecurityGroupId = Annotated[str, matching(r"^sg-[0-9a-z-]+$", "a security group's id, such as sg-0123456789abcdef0")]
TaskDefinitionRef = Annotated[
    str,
    matching(
        r"^[a-zA-Z0-9_-]{1,255}(:[1-9][0-9]*)?$",
        "a task definition's family or family:revision, such as worker or worker:12",
    ),
]
EmailAddress = Annotated[
    str,
    matching(
        r"^[!-\-/-?A-~]+(\.[!-\-/-?A-~]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$",
        "an e-mail address in ASCII, such as on-call@example.com",
        max_length=320,
    ),
]
HttpEndpoint = Annotated[
    str,
    matching(
        r"^(https://\S+|http://127\.0\.0\.1(:[0-9]+)?/\S*)$",
        "an https address, such as https://hooks.example.com/jobs",
    ),
    pydantic.AfterValidator(_names_a_host),
]
"""Plain http is valid only on loopback, for the sandbox."""

_ARN_PLACE = r"[a-z0-9-]+:[0-9]{12}"
TopicArn = Annotated[
    str,
    matching(
        rf"^arn:aws[a-z-]*:sns:{_ARN_PLACE}:[A-Za-z0-9_-]{{1,256}}$",
        "the ARN of a standard topic, such as arn:aws:sns:eu-central-1:111122223333:alerts",
    ),
]
QueueArn = Annotated[
    str,
    matching(
        rf"^arn:aws[a-z-]*:sqs:{_ARN_PLACE}:[A-Za-z0-9_-]{{1,80}}$",
        "the ARN of a standard queue, such as arn:aws:sqs:eu-central-1:111122223333:alerts",
    ),
]
FunctionArn = Annotated[
    str,
    matching(
        rf"^arn:aws[a-z-]*:lambda:{_ARN_PLACE}:function:[A-Za-z0-9_-]{{1,64}}$",
        "the ARN of a function, such as arn:aws:lambda:eu-central-1:111122223333:function:on-alert",
    ),
]
Days = Annotated[int, pydantic.Field(strict=True, ge=1, le=3650)]

Window = Annotated[str, matching(r"^[1-9][0-9]{0,3} minutes?$", "minutes, such as '10 minutes'")]
Capacity = Annotated[
    dict[str, Annotated[int, pydantic.Field(ge=0, le=1000)]],
    pydantic.Field(min_length=1),
    pydantic.AfterValidator(_can_be_met),
]
_TAG_CHARACTERS = "letters, digits, spaces and . : / = + @ - _, such as cost-center"
TagKey = Annotated[
    str, matching(r"^[\w .:/=+@-]+$", _TAG_CHARACTERS, max_length=128), pydantic.AfterValidator(_not_reserved)
]
TagValue = Annotated[str, matching(r"^[\w .:/=+@-]*$", _TAG_CHARACTERS, max_length=256)]
Tags = Annotated[dict[TagKey, TagValue], pydantic.AfterValidator(_fit_together)]
