"""Tests of what `python -m ops doctor` finds of requests and of the services that run jobs, by faults made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.service_policy import take_work
from tests.components import doctored
from tests.components.doctored import GROUP, Doctor
from tests.components.ready import allow
from tests.components.stacks import PLACE
from tests.components.test_operators_permissions import (
    ASKS,
    CALLER,
    DIRECT,
    QUEUE,
    SECRET,
    SUPERVISED,
    SWEEPS,
    WORKS,
    program,
)
from tests.components.watching import WATCH_ARN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import EmbeddedCloud

    Stage = Callable[[EmbeddedCloud], object]

ALIAS = {"FunctionName": CALLER, "Qualifier": f"{GROUP}-{ASKS}"}
GRANTS = {
    one["Sid"]: {"Action": one["Action"], "Resource": one["Resource"]}
    for one in take_work(
        queue_arn=f"arn:aws:sqs:{PLACE}:{QUEUE}",
        claims_arn=f"arn:aws:dynamodb:{PLACE}:table/{GROUP}-claims",
        watch_arn=WATCH_ARN,
    )
}
"""What the owner of the service adds to its task role."""


@pytest.fixture
def doctor(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return an operator who examines a stack whose fleet is sound."""
    cloud.client("secretsmanager").create_secret(Name=SECRET, SecretString="a-secret-of-more-than-24-bytes")
    doctored.deploy(cloud, program, jobs=(DIRECT, SUPERVISED, ASKS, SWEEPS, WORKS))
    allow(cloud, *GRANTS.values(), role="task")
    return Doctor(cloud, monkeypatch, capsys)


def lacking(sid: str) -> Stage:
    """Return a stage that takes a statement away."""
    return lambda cloud: allow(cloud, *(one for name, one in GRANTS.items() if name != sid), role="task")


def closed(cloud: EmbeddedCloud) -> None:
    """Remove one of the statements with which anybody may use the address."""
    cloud.client("lambda").remove_permission(**ALIAS, StatementId="FunctionURLAllowInvokeAction")


FAULTS: list[tuple[Stage, str, list[str]]] = [
    (lacking(""), "", []),
    (lacking("TakeWork"), "service-role-cannot-take", [SWEEPS, WORKS]),
    (lacking("KeepClaims"), "service-role-cannot-claim", [SWEEPS, WORKS]),
    (lacking("TellTheWatch"), "service-role-cannot-tell", [SWEEPS, WORKS]),
    (lambda cloud: cloud.client("lambda").delete_function_url_config(**ALIAS), "callback-gone", [ASKS]),
    (closed, "callback-closed", [ASKS]),
]


@pytest.mark.parametrize(("stage", "code", "jobs"), FAULTS, ids=[code or "sound" for _, code, _ in FAULTS])
def test_a_fault_is_found(stage: Stage, code: str, jobs: list[str], cloud: EmbeddedCloud, doctor: Doctor) -> None:
    """It is the only thing of the fleet that is broken."""
    stage(cloud)
    found = [one for one in doctor.findings() if {ASKS, SWEEPS, WORKS} & {*one["jobs"]} and one["state"] == "broken"]
    assert [(one["code"], one["jobs"]) for one in found] == ([(code, jobs)] if code else [])
