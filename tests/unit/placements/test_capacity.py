from __future__ import annotations

import pytest

from placements import capacity

UNCHECKED = "not checked: it is not one of AWS's own, and the placement has no service that uses it"
PROVIDERS: dict[str, tuple[str, str | None, str | None]] = {
    "Fargate": ("FARGATE", None, None),
    "Spot": ("FARGATE_SPOT", None, None),
    "lower case": ("fargate_spot", "no such capacity provider; did you mean 'FARGATE_SPOT'?", None),
    "hyphen": ("FARGATE-SPOT", "no such capacity provider; did you mean 'FARGATE_SPOT'?", None),
    "letter missing": ("FARGATE_SPT", "no such capacity provider; did you mean 'FARGATE_SPOT'?", None),
    "reserved": ("ecs-machines", "no such capacity provider; must be one of: FARGATE, FARGATE_SPOT", None),
    "near miss that may exist": ("FRAGATE_SPOT", None, f"{UNCHECKED}; did you mean 'FARGATE_SPOT'?"),
    "of the service": ("machines", None, None),
    "of nobody known": ("others", None, UNCHECKED),
}


@pytest.mark.parametrize(("provider", "problem", "warning"), PROVIDERS.values(), ids=PROVIDERS)
def test_tells_names_apart(provider: str, problem: str | None, warning: str | None) -> None:
    """AWS's and the service's names are valid, a name that cannot exist is a problem, and any other a warning."""
    assert capacity.problem(provider) == problem
    assert (capacity.warning(provider, {"machines"}) if problem is None else None) == warning


@pytest.mark.parametrize(
    ("providers", "expected"),
    [([], True), (["FARGATE"], True), (["FARGATE", "FARGATE_SPOT"], True), (["FARGATE", "machines"], False)],
    ids=["none named", "Fargate", "both", "machines too"],
)
def test_tells_fargate(providers: list[str], expected: bool) -> None:  # noqa: FBT001 - a case of a table
    """Tasks run on Fargate unless a provider that is not AWS's own is named."""
    assert capacity.is_fargate(providers) is expected
