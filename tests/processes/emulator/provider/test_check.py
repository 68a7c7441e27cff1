"""Check fills in defaults and names, and refuses invalid inputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.proto import provider_pb2

from emulator.provider.core.properties import DEFAULTS_KEY, UNKNOWN, encode
from tests.processes.emulator.provider.case import SQS, TARGET, TOPIC, trust
from tests.processes.emulator.provider.harness import AbortedError, Engine

if TYPE_CHECKING:
    from emulator.provider.servicer import AwsServicer

ROLE = "aws:iam/role:Role"
SCHEDULE = "aws:scheduler/schedule:Schedule"
Autonaming = provider_pb2.CheckRequest.AutonamingOptions


def test_defaults_and_name_are_filled_in(engine: Engine) -> None:
    """Check completes the inputs as the real provider does, and records the inputs that the program did not set."""
    checked = engine.check(ROLE, "launch", {"assumeRolePolicy": trust("x")})

    name = checked.pop("name")
    assert name.startswith("launch-")
    assert len(name) == len("launch-") + 7
    assert int(name.removeprefix("launch-"), 16) >= 0
    assert checked == {
        "assumeRolePolicy": trust("x"),
        "forceDetachPolicies": False,
        "maxSessionDuration": 3600,
        "path": "/",
        DEFAULTS_KEY: ["forceDetachPolicies", "maxSessionDuration", "name", "path"],
    }


def test_nested_defaults_need_their_parent(engine: Engine) -> None:
    """A default inside a block is filled in only where the block exists."""
    schedule = {"name": "s", "scheduleExpression": "rate(1 hour)", "flexibleTimeWindow": {"mode": "OFF"}}

    without = engine.check(SCHEDULE, "s", {**schedule, "target": TARGET})
    with_ = engine.check(SCHEDULE, "s", {**schedule, "target": {**TARGET, "retryPolicy": {"maximumRetryAttempts": 0}}})

    assert without["target"] == TARGET
    assert with_["target"]["retryPolicy"] == {"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 86400}
    assert (without["state"], without["scheduleExpressionTimezone"], without["region"]) == (
        "ENABLED",
        "UTC",
        "eu-central-1",
    )


def test_unknowns_survive(engine: Engine) -> None:
    """An unknown stays unknown, even inside JSON that is set as an object."""
    checked = engine.check(ROLE, "r", {"name": UNKNOWN, "path": UNKNOWN, "assumeRolePolicy": {"Statement": [UNKNOWN]}})

    assert (checked["name"], checked["path"], checked["assumeRolePolicy"]) == (UNKNOWN, UNKNOWN, UNKNOWN)


def test_json_given_as_object_becomes_text(engine: Engine) -> None:
    """A policy that is set as an object becomes text."""
    document = {"Version": "2012-10-17", "Statement": []}

    assert json.loads(engine.check(ROLE, "r", {"assumeRolePolicy": document})["assumeRolePolicy"]) == document


def test_invented_name_stays(engine: Engine) -> None:
    """A later check keeps the generated name of an earlier one, with any seed."""
    first = engine.check(TOPIC, "t", {})

    assert engine.check(TOPIC, "t", {}, first, randomSeed=b"other")["name"] == first["name"]
    assert engine.check(TOPIC, "t", {}, randomSeed=b"other")["name"] != first["name"]
    assert engine.check(TOPIC, "t", {})["name"] == first["name"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(Autonaming(proposed_name="dev-t", mode=Autonaming.PROPOSE), "dev-t", id="proposed"),
        pytest.param(Autonaming(proposed_name="dev-t", mode=Autonaming.ENFORCE), "dev-t", id="enforced"),
    ],
)
def test_name_that_the_stack_configures(engine: Engine, options: provider_pb2.CheckRequest, expected: str) -> None:
    """The engine's autonaming configuration overrides the provider's own names."""
    assert engine.check(TOPIC, "t", {}, autonaming=options)["name"] == expected


@pytest.mark.parametrize(("token", "flag"), [(SQS, "fifoQueue"), (TOPIC, "fifoTopic")], ids=["queue", "topic"])
def test_fifo_names_end_as_aws_demands(engine: Engine, token: str, flag: str) -> None:
    """A generated FIFO name ends in .fifo, and any other name does not."""
    assert engine.check(token, "q", {flag: True})["name"].endswith(".fifo")
    assert not engine.check(token, "q", {})["name"].endswith(".fifo")


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        pytest.param("q" * 73, {}, "more than the maximum of 80", id="too long"),
        pytest.param(
            "q", {"autonaming": Autonaming(mode=Autonaming.DISABLE)}, "automatic naming is disabled", id="forbidden"
        ),
    ],
)
def test_names_that_cannot_be_invented(engine: Engine, name: str, more: dict[str, Any], message: str) -> None:
    """A generated name that AWS would refuse, or that the stack forbids, is an error that states the reason."""
    with pytest.raises(AbortedError, match=message):
        engine.check(SQS, name, {}, **more)
    assert len(engine.check(SQS, "q" * 72, {})["name"]) == 80


def test_default_tags(servicer: AwsServicer) -> None:
    """The provider's default tags become tags of the resource, and the resource's own tags win."""
    engine = Engine(servicer, defaultTags='{"tags": {"team": "data", "stack": "dev"}}')

    assert engine.check(TOPIC, "t", {"tags": {"team": "own"}})["tags"] == {"team": "own", "stack": "dev"}
    assert engine.check(TOPIC, "t", {})["tags"] == {"team": "data", "stack": "dev"}
    assert engine.check(TOPIC, "t", {"tags": UNKNOWN})["tags"] == UNKNOWN


@pytest.mark.parametrize(
    ("token", "inputs", "failures"),
    [
        pytest.param(ROLE, {}, {"assumeRolePolicy": "Missing required argument"}, id="missing"),
        pytest.param(SQS, {"namePrefix": "a"}, {"namePrefix": "has no input 'namePrefix'"}, id="not carried out"),
        pytest.param(
            "aws:cloudwatch/eventRule:EventRule", {}, {"eventPattern": "is required"}, id="rule without pattern"
        ),
        pytest.param(
            "aws:cloudwatch/eventTarget:EventTarget",
            {"rule": "r", "arn": "a", "input": "{}", "inputPath": "$"},
            {"inputPath": "conflicts with 'input'"},
            id="conflict",
        ),
        pytest.param(
            "aws:ecs/taskDefinition:TaskDefinition",
            {"family": "f", "containerDefinitions": "[{"},
            {"containerDefinitions": "invalid JSON"},
            id="broken containers",
        ),
    ],
)
def test_refused_inputs(engine: Engine, token: str, inputs: dict[str, Any], failures: dict[str, str]) -> None:
    """Each invalid input is named with the reason."""
    found = {failure.property: failure.reason for failure in engine.checked(token, "it", inputs).failures}

    assert found.keys() == failures.keys()
    assert all(reason in found[key] for key, reason in failures.items())


@pytest.mark.parametrize(
    ("config", "failures"),
    [({"region": "eu-central-1"}, []), ({"region": UNKNOWN}, []), ({}, ["region"]), ({"profile": "p"}, ["region"])],
    ids=["region", "unknown region", "nothing", "profile only"],
)
def test_provider_configuration(
    engine: Engine, servicer: AwsServicer, config: dict[str, str], failures: list[str]
) -> None:
    """A provider without a region is refused with an error that names the region."""
    response = servicer.CheckConfig(provider_pb2.CheckRequest(news=encode(config)), engine.call())

    assert [failure.property for failure in response.failures] == failures
