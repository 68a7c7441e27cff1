"""Tests of `python -m ops doctor` with a deployed program: a sound stack, and faults that somebody has made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.components import doctored
from tests.components.doctored import WHERE, Doctor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import EmbeddedCloud


@pytest.fixture
def doctor(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return an operator who examines a sound stack."""
    doctored.deploy(cloud)
    return Doctor(cloud, monkeypatch, capsys)


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


def test_a_sound_stack_is_sound(doctor: Doctor) -> None:
    """Nothing is broken, and nothing could not be checked."""
    assert doctor.unsound() == []
    assert doctor.runs(*WHERE)[0] == 0


@pytest.mark.parametrize(("stage", "code"), FAULTS, ids=[code for _, code in FAULTS])
def test_a_fault_is_found(
    stage: Callable[[EmbeddedCloud], None], code: str, cloud: EmbeddedCloud, doctor: Doctor
) -> None:
    """It is the only thing that is broken, and the command says so with its exit code."""
    stage(cloud)
    assert doctor.broken() == [code]
    assert doctor.runs(*WHERE)[0] == 1
