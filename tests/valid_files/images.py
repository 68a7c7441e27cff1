"""Draws images of jobs that have one of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.valid_files.account import ACCOUNT, KEY, REGION, ROLES, SECRET
from tests.valid_files.calls import Call
from tests.valid_files.chance import Chance

if TYPE_CHECKING:
    from tests.valid_files.places import Place

_URIS = (
    "busybox:1.37",
    "docker.io/library/busybox@sha256:" + "0a" * 32,
    "localhost:5000/team/tools/report:v1_2.3-x",
    "public.ecr.aws/docker/library/python:3.14-slim",
)
_SOURCES = (
    SECRET,
    f"{SECRET}:password::",
    f"{SECRET}:user:AWSCURRENT:",
    f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/valid/token",
    "/valid/token",
    "token",
)
_NAMES = ("DB_PASSWORD", "_TOKEN", "a.secret")
_STATEMENTS = (
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::valid/*"},
    {"Sid": "Send", "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ["*"]},
)


_EBS: tuple[tuple[Call, dict[str, Any]], ...] = (
    (Call("Ebs('/disk', 1)"), {"VolumeType": "gp3", "SizeInGiB": 1, "FilesystemType": "xfs"}),
    (
        Call(f"Ebs('/disk', 500, iops=16000, throughput=1000, kms_key={KEY!r}, file_system='ext4')"),
        {
            "VolumeType": "gp3",
            "SizeInGiB": 500,
            "Iops": 16000,
            "Throughput": 1000,
            "KmsKeyId": KEY,
            "FilesystemType": "ext4",
        },
    ),
    (
        Call("Ebs('/disk', type='io2', iops=100, snapshot='snap-0123456789abcdef0', read_only=True)"),
        {"VolumeType": "io2", "Iops": 100, "SnapshotId": "snap-0123456789abcdef0", "FilesystemType": "xfs"},
    ),
)
_OF_EACH = {
    "Encrypted": True,
    "TagSpecifications": [{"ResourceType": "volume", "PropagateTags": "TASK_DEFINITION"}],
    "TerminationPolicy": {"DeleteOnTermination": True},
}
"""What RunTask is told of each volume of EBS."""


def own(chance: Chance, place: Place, family: str, fields: dict[str, Any], entry: dict[str, Any]) -> Place:
    """Give a job an image of its own, in its file and in its entry; return where it runs then."""
    parts = Chance(chance.number(0, 2**32))
    optional: dict[str, Any] = {
        "secrets": _secrets(chance),
        "secret_keys": [KEY],
        "architecture": chance.one(("x86_64", "arm64")),
        "ephemeral_storage": chance.one((21, 200)),
        "stop_timeout": chance.one((1, 120)),
        "log_mode": chance.one(("blocking", "non-blocking")),
        **({"task_role": chance.one(ROLES)} if chance.says() else {"statements": chance.some(_STATEMENTS)}),
    }
    drawn = {key: value for key, value in optional.items() if chance.says()}
    if parts.says():
        drawn["sidecars"] = _sidecars(parts)
    if parts.says():
        drawn["volumes"] = _volumes(parts, shared="sidecars" in drawn)
    volume: dict[str, Any] = {}
    if parts.says(0.3):
        drawn["ebs"], asked = parts.one(_EBS)
        volume = {"VolumeConfigurations": [{"Name": "disk", "ManagedEBSVolume": {**asked, **_OF_EACH}}]}
    given = "".join(f", {key}={value!r}" for key, value in drawn.items())
    built = chance.says(0.2)
    source = _build(chance) if built else repr(chance.one(_URIS))
    fields["image"] = Call(f"Image({source}{given})")
    if built or chance.says(0.3):  # nothing builds images here, so that of the stack replaces one
        entry["image"] = chance.one(_URIS)
    if chance.says(0.3):
        entry["secrets"] = _secrets(chance)
    request = {**place.request, "TaskDefinition": family, **volume}
    return replace(place, container="job", request=request, of_service=False)


def _build(chance: Chance) -> str:
    optional = {"file": "docker/report", "target": "run", "args": {"PYTHON_VERSION": "3.14"}}
    given = "".join(f", {key}={value!r}" for key, value in optional.items() if chance.says())
    return f"build=Dockerfile({chance.one(('.', 'images/report'))!r}{given})"


def _secrets(chance: Chance) -> dict[str, str]:
    return {name: chance.one(_SOURCES) for name in chance.some(_NAMES)}


def _sidecars(chance: Chance) -> list[Call]:
    """Draw the sidecars `one` and `two`: one that the job waits for, and one that may be essential."""
    first: dict[str, Any] = {
        "command": ["run", "now"],
        "environment": {"LOG_LEVEL": "debug"},
        "secrets": _secrets(chance),
        "cpu": chance.one((1, 128)),
        "memory": chance.one((6, 128)),
        "stop_timeout": chance.one((1, 120)),
    }
    check = Call("HealthCheck(['check'], interval=5, timeout=2, retries=10, start_period=300)")
    waits: dict[str, Any] = chance.one(
        (
            {},
            {"job_waits_for": "start", "essential": True},
            {"job_waits_for": "health", "health_check": check, "start_timeout": 120, "essential": True},
            {"job_waits_for": "success", "start_timeout": 2},
        )
    )
    optional = {key: value for key, value in first.items() if chance.says()}
    return [_call("Sidecar", "one", chance.one(_URIS), **optional), _call("Sidecar", "two", chance.one(_URIS), **waits)]


def _volumes(chance: Chance, *, shared: bool) -> list[Call]:
    """Draw volumes, which the sidecars have too if they are shared."""
    access = {name: chance.one(("read", "write")) for name in ("one", "two") if shared}
    points: dict[str, Any] = chance.one(({}, {"access_point": "fsap-0123456789abcdef0"}, {"root": "/exports"}))
    return [
        *chance.some(
            [
                _call("Scratch", "/var/lib/work", sidecars=access),
                _call("Efs", "/data.d/in_1", "fs-0123456789abcdef0", **points, iam=chance.says(), read_only=True),
                _call("Efs", "/data", "fs-01234567"),
            ]
        )
    ]


def _call(name: str, *given: Any, **named: Any) -> Call:  # noqa: ANN401 - arguments of any type
    """Return a call as a job file writes it."""
    return Call(f"{name}({', '.join([*map(repr, given), *(f'{key}={value!r}' for key, value in named.items())])})")
