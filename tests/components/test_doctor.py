"""Tests of `python -m ops doctor` with a deployed program: a sound stack, and faults that somebody has made by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from tests.components.embedded import PROJECT, REGION, STACK, EmbeddedCloud
from tests.components.operators import Operator
from tests.components.stacks import job
from tests.components.watching import FUNCTION, LOG_GROUPS, watched_group
from watch.function_variables import LEDGER
from watch.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

DEPLOYED_AT = datetime(2027, 2, 1, 12, tzinfo=UTC)
NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)
GROUP = f"{PROJECT}-{STACK}"
WHERE = ("--group", GROUP, "--region", REGION)


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `doctor` about a sound stack, which was deployed two days ago and checked now."""
    with time_machine.travel(DEPLOYED_AT, tick=False):
        cloud.run(program)
    ledger(cloud).note_check(NOW, supervises=False)
    return Operator(cloud, monkeypatch, capsys, "doctor", NOW)


def program() -> None:
    """Declare a group with a watch, and two jobs."""
    group = watched_group()
    for name in ("cleanup", "nightly-report"):
        job(group, name=name, log_groups=LOG_GROUPS, capacity={"FARGATE": 1})


def ledger(cloud: EmbeddedCloud) -> Ledger:
    """Return the ledger of the stack."""
    found = cloud.client("lambda").get_function_configuration(FunctionName=FUNCTION)
    return Ledger(cloud.client("dynamodb"), found["Environment"]["Variables"][LEDGER], 90)


def findings(operator: Operator, *arguments: str) -> list[dict[str, Any]]:
    """Return the findings of the command's JSON."""
    _, out, err = operator.runs(*WHERE, "--json", *arguments)
    assert err == ""
    found: list[dict[str, Any]] = json.loads(out)["findings"]
    return found


def of_state(found: list[dict[str, Any]], state: str) -> list[tuple[str, str]]:
    """Return code and link of the findings with a state."""
    return [(one["code"], one["link"]) for one in found if one["state"] == state]


def delete_cluster(cloud: EmbeddedCloud) -> None:
    """Delete the cluster; ECS goes on describing it as INACTIVE."""
    cloud.client("ecs").delete_service(cluster="staging", service="web", force=True)
    cloud.client("ecs").delete_cluster(cluster="staging")


def take_provider(cloud: EmbeddedCloud) -> None:
    """Take the capacity provider of the jobs from the cluster."""
    cloud.client("ecs").put_cluster_capacity_providers(
        cluster="staging", capacityProviders=["FARGATE_SPOT"], defaultCapacityProviderStrategy=[]
    )


FAULTS: list[tuple[Callable[[EmbeddedCloud], None], str]] = [
    (delete_cluster, "cluster-gone"),
    (take_provider, "capacity-provider-missing"),
]


def test_a_sound_stack_is_sound(operator: Operator) -> None:
    """Nothing is broken and nothing is hidden."""
    found = findings(operator)
    assert [one for one in found if one["state"] != "sound"] == []
    assert operator.runs(*WHERE)[0] == 0


@pytest.mark.parametrize(("stage", "code"), FAULTS, ids=[code for _, code in FAULTS])
def test_a_fault_is_found(
    stage: Callable[[EmbeddedCloud], None], code: str, cloud: EmbeddedCloud, operator: Operator
) -> None:
    """It is the only thing that is broken, and the command says so with its exit code."""
    stage(cloud)
    found = findings(operator)
    assert [one for one, _ in of_state(found, "broken")] == [code]
    assert operator.runs(*WHERE)[0] == 1
