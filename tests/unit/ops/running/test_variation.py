"""Tests of what an operator changes for one run."""

from __future__ import annotations

from typing import Any

import pytest

from ops.errors import OpsError, WrongArgumentError
from ops.running import launch, variation

NOTHING: dict[str, Any] = {
    "environment": [],
    "command": [],
    "cpu": None,
    "memory": None,
    "revision": None,
    "key": None,
}
TICK = {"name": "JOB_SCHEDULED_TIME", "value": "2026-11-26T01:00:00Z"}
OWN = {"name": "app", "command": ["report"], "environment": [{"name": "FORMAT", "value": "csv"}, TICK]}
SIDECAR = {"name": "sidecar", "environment": [{"name": "FORMAT", "value": "x"}]}
PARAMS = {
    "taskDefinition": "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:3",
    "clientToken": "t",
    "overrides": {"cpu": "256", "containerOverrides": [OWN, SIDECAR]},
}


def changed(**typed: Any) -> dict[str, Any]:  # noqa: ANN401 - options
    """Return the request with these changes."""
    return variation.read(**{**NOTHING, **typed}).of(PARAMS, "nightly")


def test_nothing_changes_nothing() -> None:
    """Without options the request is the schedule's."""
    assert changed() == PARAMS


@pytest.mark.parametrize(
    ("typed", "overrides"),
    [
        (
            {"environment": ["FORMAT=a=b", "EMPTY="]},
            {
                "cpu": "256",
                "containerOverrides": [
                    {
                        **OWN,
                        "environment": [TICK, {"name": "FORMAT", "value": "a=b"}, {"name": "EMPTY", "value": ""}],
                    },
                    SIDECAR,
                ],
            },
        ),
        (
            {"command": ["sh", "-c", "x y"]},
            {"cpu": "256", "containerOverrides": [{**OWN, "command": ["sh", "-c", "x y"]}, SIDECAR]},
        ),
        ({"cpu": 512, "memory": 1024}, {"cpu": "512", "memory": "1024", "containerOverrides": [OWN, SIDECAR]}),
    ],
    ids=["variables", "command", "sizes"],
)
def test_the_overrides_change(typed: dict[str, Any], overrides: dict[str, Any]) -> None:
    """Only the job's own container changes, and its variables keep their order."""
    assert changed(**typed) == {**PARAMS, "overrides": overrides}


@pytest.mark.parametrize(("given", "family"), [("web", "web"), ("web:3", "web")], ids=["family", "revision"])
def test_another_revision(given: str, family: str) -> None:
    """The family stays, whether it was named with a revision, by an ARN, or alone."""
    assert changed(revision=7)["taskDefinition"] == PARAMS["taskDefinition"].replace(":3", ":7")  # type: ignore[attr-defined]
    other = variation.read(**{**NOTHING, "revision": 7}).of({**PARAMS, "taskDefinition": given}, "nightly")
    assert other["taskDefinition"] == f"{family}:7"


def test_a_key_makes_the_token() -> None:
    """The same key of the same schedule gives the same token, which ECS accepts."""
    token = changed(key="4711")["clientToken"]
    assert token == changed(key="4711")["clientToken"]
    assert len(token) <= 64
    others = {
        changed(key="4712")["clientToken"],
        variation.read(**{**NOTHING, "key": "4711"}).of(PARAMS, "x")["clientToken"],
    }
    assert token not in others
    assert len(others) == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"environment": ["FORMAT"]}, "--env 'FORMAT': must be NAME=VALUE"),
        ({"environment": ["=x"]}, "--env '=x': must be NAME=VALUE"),
        (
            {"environment": ["JOB_SCHEDULED_TIME=x"]},
            "--env 'JOB_SCHEDULED_TIME': the program sets this variable itself; use --tick to choose the tick",
        ),
        ({"cpu": 300}, "--cpu, --memory: cpu 300 is not a Fargate size; must be one of: 256, 512, "),
        ({"cpu": 256, "memory": 4096}, "--cpu, --memory: memory 4096 does not go with cpu 256 on Fargate; "),
        ({"revision": 0}, "--revision 0: must be 1 or more"),
        ({"key": " "}, "--idempotency-key ' ': must not be empty"),
    ],
)
def test_what_cannot_be_is_refused(typed: dict[str, Any], said: str) -> None:
    """The message has the option, what was received, and what is accepted."""
    with pytest.raises(OpsError) as refused:
        changed(**typed)
    assert str(refused.value).startswith(said)


def test_judges_a_size_by_what_the_tasks_run_on() -> None:
    """The table of Fargate does not count on the capacity providers that an account has made."""
    on_machines = {**PARAMS, "capacityProviderStrategy": [{"capacityProvider": "machines", "weight": 1}]}
    on_spot = {**PARAMS, "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}
    sized = variation.read(**{**NOTHING, "cpu": 3000})
    assert sized.of(on_machines, "nightly")["overrides"]["cpu"] == "3000"
    with pytest.raises(WrongArgumentError, match="cpu 3000 is not a Fargate size"):
        sized.of(on_spot, "nightly")
    with pytest.raises(WrongArgumentError, match="cpu 100 is not a size on EC2 or Managed Instances"):
        variation.read(**{**NOTHING, "cpu": 100}).of(on_machines, "nightly")


def test_a_request_without_an_override_has_no_container_to_change() -> None:
    """It is not known which container is the job's."""
    with pytest.raises(OpsError, match="nightly overrides no container"):
        variation.read(**{**NOTHING, "environment": ["A=b"]}).of({"taskDefinition": "web"}, "nightly")
    sized = variation.read(**{**NOTHING, "cpu": 256}).of({"taskDefinition": "web"}, "nightly")
    assert sized == {"taskDefinition": "web", "overrides": {"cpu": "256"}}


def test_secrets_are_not_shown() -> None:
    """A value whose name looks secret is replaced by its name, however short, and so is a password in an address."""
    pairs = {"API_TOKEN": "abc", "DB": "postgres://u:hunter22@db/x", "FORMAT": "csv"}
    environment = [{"name": name, "value": value} for name, value in pairs.items()]
    params = {**PARAMS, "overrides": {"containerOverrides": [{**OWN, "environment": environment}, {"name": "s"}]}}
    [own, other] = launch.shown(params)["overrides"]["containerOverrides"]
    assert [pair["value"] for pair in own["environment"]] == [
        "[API_TOKEN]",
        "postgres://u:[password of DB]@db/x",
        "csv",
    ]
    assert other == {"name": "s"}
    assert launch.shown({"taskDefinition": "web"}) == {"taskDefinition": "web"}
