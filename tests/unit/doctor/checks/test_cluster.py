"""Tests of what is found of clusters."""

from __future__ import annotations

from typing import Any

import pytest

from aws_facts.launch_types import LaunchType
from doctor.account import Known
from doctor.checks.cluster import UsedCluster, check
from doctor.finding import State
from judgements.answers import CapacityProvider, Refused

NAME = "arn:aws:ecs:eu-central-1:123456789012:cluster/staging"
ACTIVE = {"status": "ACTIVE", "capacityProviders": ["FARGATE"]}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (Known(ACTIVE), [("sound", ("a", "b"))]),
        (Known({**ACTIVE, "capacityProviders": ["FARGATE_SPOT"]}), [("capacity-provider-missing", ("b",))]),
        (Known({**ACTIVE, "capacityProviders": []}), [("capacity-provider-missing", ("b",))]),
        (Known({**ACTIVE, "status": "INACTIVE"}), [("cluster-gone", ("a", "b"))]),
        (Known(None), [("cluster-gone", ("a", "b"))]),
        (Refused("no", "ecs:DescribeClusters"), [("unchecked", ("a", "b"))]),
    ],
    ids=["sound", "another provider", "no provider", "inactive", "gone", "refused"],
)
def test_a_cluster(answer: Known[Any] | Refused, found: list[tuple[str, tuple[str, ...]]]) -> None:
    """A fault names the jobs that have it; a sound cluster names all of its jobs."""
    cluster = UsedCluster(NAME, ["b", "a"], {"FARGATE": ["b"]}, answer)
    assert [(one.code, one.jobs) for one in check([cluster])] == found


def test_what_could_not_be_checked_names_the_permission() -> None:
    """Whoever reads it knows what to ask for."""
    [one] = check([UsedCluster(NAME, ["a"], {}, Refused("DescribeClusters: no", "ecs:DescribeClusters"))])
    assert (one.state, one.about) == (State.UNCHECKED, "staging")
    assert one.text == "its status and capacity providers: DescribeClusters: no"
    assert one.fix == "needs the permission ecs:DescribeClusters (docs/permissions.md, Who looks)"


MANAGED = CapacityProvider(LaunchType.MANAGED_INSTANCES, "staging")


def test_managed_instances_serve_one_cluster() -> None:
    """Their capacity provider need not be among the cluster's; one of another cluster is a fault."""
    for known, code in (
        (MANAGED, "sound"),
        (CapacityProvider(LaunchType.MANAGED_INSTANCES, "production"), "capacity-provider-missing"),
        (CapacityProvider(LaunchType.EC2), "capacity-provider-missing"),
    ):
        cluster = UsedCluster(NAME, ["a"], {"machines": ["a"]}, Known(ACTIVE), Known({"machines": known}))
        assert [one.code for one in check([cluster])] == [code]


def test_what_capacity_providers_are_may_be_unknown() -> None:
    """Whoever looks learns which permission is missing."""
    refused = Refused("no", "ecs:DescribeCapacityProviders")
    cluster = UsedCluster(NAME, ["a"], {"FARGATE": ["a"]}, Known(ACTIVE), refused)
    [one] = check([cluster])
    assert (one.state, one.text) == (
        State.UNCHECKED,
        "whether its capacity providers are of EC2 or of Managed Instances: no",
    )
