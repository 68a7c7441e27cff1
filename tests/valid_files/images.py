"""Draws images of jobs that have one of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.valid_files.account import ACCOUNT, KEY, REGION, ROLES

if TYPE_CHECKING:
    from tests.valid_files.chance import Chance
    from tests.valid_files.places import Place

_URIS = (
    "busybox:1.37",
    "docker.io/library/busybox@sha256:" + "0a" * 32,
    "localhost:5000/team/tools/report:v1_2.3-x",
    "public.ecr.aws/docker/library/python:3.14-slim",
)
_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:valid/db-AbCdEf"
_SOURCES = (
    _SECRET,
    f"{_SECRET}:password::",
    f"{_SECRET}:user:AWSCURRENT:",
    f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/valid/token",
    "/valid/token",
    "token",
)
_NAMES = ("DB_PASSWORD", "_TOKEN", "a.secret")
_STATEMENTS = (
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::valid/*"},
    {"Sid": "Send", "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ["*"]},
)


@dataclass(frozen=True)
class _Call:
    """A call as a job file writes it."""

    text: str

    def __repr__(self) -> str:
        return self.text


def own(chance: Chance, place: Place, family: str, fields: dict[str, Any], entry: dict[str, Any]) -> Place:
    """Give a job an image of its own, in its file and in its entry; return where it runs then."""
    optional: dict[str, Any] = {
        "secrets": _secrets(chance),
        "secret_keys": [KEY],
        "architecture": chance.one(("x86_64", "arm64")),
        "ephemeral_storage": chance.one((21, 200)),
        "stop_timeout": chance.one((1, 120)),
        "log_mode": chance.one(("blocking", "non-blocking")),
        **({"task_role": chance.one(ROLES)} if chance.says() else {"statements": chance.some(_STATEMENTS)}),
    }
    given = "".join(f", {key}={value!r}" for key, value in optional.items() if chance.says())
    fields["image"] = _Call(f"Image({chance.one(_URIS)!r}{given})")
    if chance.says(0.3):
        entry["image"] = chance.one(_URIS)
    if chance.says(0.3):
        entry["secrets"] = _secrets(chance)
    request = {**place.request, "TaskDefinition": family}
    return replace(place, container="job", request=request, of_service=False)


def _secrets(chance: Chance) -> dict[str, str]:
    return {name: chance.one(_SOURCES) for name in chance.some(_NAMES)}
