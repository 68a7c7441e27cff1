from __future__ import annotations

import json

import pytest

from aws_facts.launch_types import ON_FARGATE, ON_INSTANCES, LaunchType, LaunchTypes
from judgements import capacity
from judgements.answers import Answer, CapacityProvider, Refused

NAMES: dict[str, tuple[str, str | None]] = {
    "Fargate": ("FARGATE", None),
    "Spot": ("FARGATE_SPOT", None),
    "lower case": ("fargate_spot", "no such capacity provider; did you mean 'FARGATE_SPOT'?"),
    "hyphen": ("FARGATE-SPOT", "no such capacity provider; did you mean 'FARGATE_SPOT'?"),
    "letter missing": ("FARGATE_SPT", "no such capacity provider; did you mean 'FARGATE_SPOT'?"),
    "reserved": ("ecs-machines", "no such capacity provider; must be one of: FARGATE, FARGATE_SPOT"),
    "near miss that may exist": ("FRAGATE_SPOT", None),
    "the team's own": ("machines", None),
}


@pytest.mark.parametrize(("provider", "problem"), NAMES.values(), ids=NAMES)
def test_tells_names_apart(provider: str, problem: str | None) -> None:
    """AWS's names and those that a team may choose are valid; a name that cannot exist is a problem."""
    assert capacity.name_problem(provider) == problem


LACKS = "the cluster 'main' does not have this capacity provider"


@pytest.mark.parametrize(
    ("of_cluster", "problem"),
    [
        (["machines", "FARGATE"], None),
        (["FARGATE_SPOT", "FARGATE"], f"{LACKS} (it has: FARGATE, FARGATE_SPOT); associate it with the cluster"),
        ([], f"{LACKS} (it has none); associate it with the cluster"),
    ],
    ids=["has it", "has others", "has none"],
)
def test_compares_with_the_cluster(of_cluster: list[str], problem: str | None) -> None:
    """A provider that the cluster does not have is a problem, which lists those that it has."""
    assert capacity.cluster_problem("machines", "main", of_cluster) == problem


EC2, MANAGED = CapacityProvider(LaunchType.EC2), CapacityProvider(LaunchType.MANAGED_INSTANCES, "main")
DENIED = Refused("not authorized", "ecs:DescribeCapacityProviders")


def test_a_provider_of_managed_instances_serves_its_cluster_alone() -> None:
    """It need not be among the cluster's, and no other cluster can have it."""
    assert capacity.cluster_problem("managed", "main", [], MANAGED) is None
    assert capacity.cluster_problem("managed", "other", ["managed"], MANAGED) == (
        "serves the cluster 'main' alone, and not 'other'; make one for this cluster"
    )
    assert (
        capacity.cluster_problem("machines", "main", [], EC2) == f"{LACKS} (it has none); associate it with the cluster"
    )
    assert capacity.cluster_problem("machines", "main", ["machines"], DENIED) is None


TYPES: dict[str, tuple[list[str], dict[str, Answer[CapacityProvider]], LaunchTypes]] = {
    "none named": ([], {}, ON_FARGATE),
    "Fargate": (["FARGATE", "FARGATE_SPOT"], {}, ON_FARGATE),
    "EC2": (["machines"], {"machines": EC2}, (LaunchType.EC2,)),
    "Managed Instances": (["managed"], {"managed": MANAGED, "machines": EC2}, (LaunchType.MANAGED_INSTANCES,)),
    "refused": (["machines"], {"machines": DENIED}, ON_INSTANCES),
    "not asked": (["machines"], {}, ON_INSTANCES),
    "one refused": (["machines", "managed"], {"machines": DENIED, "managed": MANAGED}, (LaunchType.MANAGED_INSTANCES,)),
    "both": (["managed", "machines"], {"machines": EC2, "managed": MANAGED}, ON_INSTANCES),
}


@pytest.mark.parametrize(("providers", "known", "expected"), TYPES.values(), ids=TYPES)
def test_tells_launch_types(
    providers: list[str], known: dict[str, Answer[CapacityProvider]], expected: LaunchTypes
) -> None:
    """Tasks run on Fargate unless a provider of the account's own is named; an unknown one has either kind."""
    assert capacity.launch_types(providers, known) == expected


def test_a_strategy_has_providers_of_one_kind() -> None:
    """EC2 and Managed Instances cannot be mixed."""
    assert capacity.mix_problem([MANAGED, DENIED, EC2]) == (
        "launch tasks on EC2 instances and on Managed Instances; a strategy has providers of one kind"
    )
    assert capacity.mix_problem([EC2, EC2, DENIED]) is None


def test_only_tasks_on_fargate_have_public_addresses() -> None:
    """Elsewhere ECS refuses the launch."""
    assert capacity.address_problem(ON_FARGATE) is None
    assert capacity.address_problem((LaunchType.EC2,)) == (
        "tasks on EC2 instances get no public address; must be false, and the subnets need another way out"
    )
    assert str(capacity.address_problem(ON_INSTANCES)).startswith("tasks on EC2 instances or Managed Instances get no")


def test_windows_runs_on_some_capacity() -> None:
    """It runs neither on Fargate Spot nor on Managed Instances."""
    assert capacity.system_problem("FARGATE", "web", windows=True) is None
    assert capacity.system_problem("machines", "web", (LaunchType.EC2,), windows=True) is None
    assert capacity.system_problem("managed", "web", (LaunchType.MANAGED_INSTANCES,), windows=False) is None
    assert capacity.system_problem("managed", "web", (LaunchType.MANAGED_INSTANCES,), windows=True) == (
        "runs no Windows containers, as those of 'web' are: Managed Instances have Linux alone"
    )


DESCRIBED = {"name": "x", "cluster": "arn:aws:ecs:eu-central-1:123456789012:cluster/main"}


def test_reads_a_capacity_provider() -> None:
    """The two interfaces of AWS tell the same of a provider."""
    group = json.dumps({"Name": "x", "AutoScalingGroupProvider": {"AutoScalingGroupArn": "arn"}})
    managed = json.dumps({"Name": "x", "ClusterName": "main", "ManagedInstancesProvider": {"PropagateTags": "NONE"}})
    assert CapacityProvider.read({"properties": group}) == EC2
    assert CapacityProvider.read({"properties": managed}) == MANAGED
    assert CapacityProvider.described({"name": "x", "autoScalingGroupProvider": {"autoScalingGroupArn": "arn"}}) == EC2
    assert CapacityProvider.described({**DESCRIBED, "managedInstancesProvider": {"propagateTags": "NONE"}}) == MANAGED
