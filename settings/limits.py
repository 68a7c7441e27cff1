"""The limits that AWS sets for the values of stack config, as types. Every message names the limit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import urlsplit

import pydantic

from settings.patterns import matching
from settings.tag_text import TagKey, TagValue
from watch.names import GROUP_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

_LONGEST_HOST = 253
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
"""A part of a host's name (RFC 1035, section 2.3.4, with the underscores that resolvers take)."""

_MOST_TAGS = 48
"""AWS accepts 50 tags on a resource. The program adds two: job and owner."""

_OWN_TAGS = ("job", "owner", GROUP_TAG)
_LONGEST_ARN = 2048
"""IAM API reference, arnType."""
_LONGEST_URL = 2048
"""SNS names no limit. Servers and proxies are sure to take this many characters."""
_LONGEST_EMAIL, _LONGEST_LOCAL_PART = 254, 64
"""RFC 5321, section 4.5.3.1."""


def _not_ours(key: str) -> str:
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


def _is_host(host: str) -> bool:
    """Return whether a resolver takes a name, or it is an address of IPv6, which `urlsplit` has checked."""
    labels = host.removesuffix(".").split(".")
    return ":" in host or (len(host) <= _LONGEST_HOST and all(map(_LABEL.fullmatch, labels)))


def names_a_host(address: str) -> str:
    """Return an address that has a host; ValueError for another one."""
    try:
        parts = urlsplit(address)
        sound = _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("must have a host, and any port must be 1 to 65535, such as https://hooks.example.com/jobs")
    return address


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("contains a character that cannot be seen, which no name has")
    return text


def _fits_a_mailbox(address: str) -> str:
    if len(address.partition("@")[0]) > _LONGEST_LOCAL_PART:
        raise ValueError(f"must have at most {_LONGEST_LOCAL_PART} characters before the @")
    return address


def repeated(items: Iterable[T]) -> T | None:
    """Return the first item that is there twice, or else None."""
    seen: set[T] = set()
    for item in items:
        if item in seen:
            return item
        seen.add(item)
    return None


def _no_repeats(items: list[T]) -> list[T]:
    twice = repeated(items)
    if twice is not None:
        raise ValueError(f"lists '{twice}' more than once")
    return items


SecretName = Annotated[
    str, matching(r"^[A-Za-z0-9_*]{1,64}$", "letters, digits, underscores and stars, at most 64, such as *PASSWORD*")
]
"""A pattern of the names of variables that look secret, as `watch.redaction.looks_secret` reads it."""

Once = pydantic.AfterValidator(_no_repeats)
"""The validator for a list whose items must differ."""

RoleArn = Annotated[
    str,
    matching(
        r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$",
        "the ARN of one role, such as arn:aws:iam::111122223333:role/worker",
        max_length=_LONGEST_ARN,
    ),
]
PolicyArn = Annotated[
    str,
    matching(
        r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+$",
        "the ARN of a policy, such as arn:aws:iam::111122223333:policy/boundary",
        max_length=_LONGEST_ARN,
    ),
]
ContainerName = Annotated[
    str, matching(r"^[a-zA-Z0-9_-]{1,255}$", "letters, digits, hyphens and underscores, at most 255, such as worker")
]
"""A container's name in a task definition (ECS API reference, ContainerDefinition)."""
ClusterName = Annotated[
    str,
    matching(
        r"^([a-zA-Z0-9_-]{1,255}|arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster/[a-zA-Z0-9_-]{1,255})$",
        "a cluster's name or ARN, such as staging or arn:aws:ecs:eu-central-1:111122223333:cluster/staging",
    ),
]
NotBlank = Annotated[str, matching(r"\S", "text that is not empty"), pydantic.AfterValidator(_printable)]
PulumiName = Annotated[
    str,
    matching(
        r"^[A-Za-z0-9._-]{1,100}$", "letters, digits, dots, underscores and hyphens, at most 100, such as platform"
    ),
]
"""The name of a project, a stack or an organization in Pulumi."""
SubnetId = Annotated[str, matching(r"^subnet-[0-9a-z-]+$", "a subnet's id, such as subnet-0123456789abcdef0")]
SecurityGroupId = Annotated[str, matching(r"^sg-[0-9a-z-]+$", "a security group's id, such as sg-0123456789abcdef0")]
EGRESS_ONLY = "egress-only"
EgressOnly = Annotated[
    str,
    matching(rf"^{EGRESS_ONLY}$", f"{EGRESS_ONLY}, or a list of the ids of security groups, such as [sg-01]"),
]
"""Stands for a security group that the placement makes, which lets all traffic out and none in."""
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
        max_length=_LONGEST_EMAIL,
    ),
    pydantic.AfterValidator(_fits_a_mailbox),
]
HttpEndpoint = Annotated[
    str,
    matching(
        r"^(https://[!-~]+|http://127\.0\.0\.1(:[0-9]+)?/[!-~]*)$",
        "an https address in ASCII, such as https://hooks.example.com/jobs",
        max_length=_LONGEST_URL,
    ),
    pydantic.AfterValidator(names_a_host),
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
KeyArn = Annotated[
    str,
    matching(
        rf"^arn:aws[a-z-]*:kms:{_ARN_PLACE}:key/[A-Za-z0-9-]{{1,128}}$",
        "the ARN of a KMS key, not of an alias, such as "
        "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ),
]
"""IAM policies allow the use of a key by its ARN; an alias can be moved to another key."""
Days = Annotated[int, pydantic.Field(strict=True, ge=1, le=3650)]

Window = Annotated[str, matching(r"^[1-9][0-9]{0,3} minutes?$", "minutes, such as 15 minutes")]
CapacityProvider = Annotated[
    str,
    matching(r"^[a-zA-Z0-9_-]{1,255}$", "letters, digits, hyphens and underscores, at most 255, such as worker"),
]
"""ECS API reference, CreateCapacityProvider."""
Tags = Annotated[
    dict[Annotated[TagKey, pydantic.AfterValidator(_not_ours)], TagValue], pydantic.AfterValidator(_fit_together)
]

_LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""CloudWatch Logs API reference, PutRetentionPolicy."""


def _offered(days: int) -> int:
    if days not in _LOG_DAYS:
        raise ValueError(f"must be one of: {', '.join(map(str, _LOG_DAYS))}")
    return days


LogDays = Annotated[
    int, pydantic.Field(strict=True, json_schema_extra={"enum": list(_LOG_DAYS)}), pydantic.AfterValidator(_offered)
]
"""The days that CloudWatch Logs offers."""
