from __future__ import annotations

import pytest

from judgements import capacity

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


@pytest.mark.parametrize(
    ("providers", "expected"),
    [([], True), (["FARGATE"], True), (["FARGATE", "FARGATE_SPOT"], True), (["FARGATE", "machines"], False)],
    ids=["none named", "Fargate", "both", "machines too"],
)
def test_tells_fargate(providers: list[str], expected: bool) -> None:  # noqa: FBT001 - a case of a table
    """Tasks run on Fargate unless a provider that is not AWS's own is named."""
    assert capacity.is_fargate(providers) is expected
