"""Tests of what is found of the functions that run jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.invoked import InvokedAlias, check
from judgements.answers import Refused

ALIAS = "arn:aws:lambda:eu-central-1:123456789012:function:rates:jobs-production-import"
WATCH = "arn:aws:lambda:eu-central-1:123456789012:function:jobs-production-watch"
TOLD = {"Destination": WATCH}
EVENTS: dict[str, Any] = {
    "MaximumRetryAttempts": 0,
    "MaximumEventAgeInSeconds": 900,
    "DestinationConfig": {"OnSuccess": TOLD, "OnFailure": TOLD},
}
CONFIGURATION: dict[str, Any] = {"State": "Active", "Timeout": 60, "Role": "arn:aws:iam::123456789012:role/rates"}
SOUND = InvokedAlias(
    job="import",
    alias=ALIAS,
    watch=WATCH,
    ends_within=1260,
    configuration=Known(CONFIGURATION),
    events=Known(EVENTS),
    concurrency=Known({}),
    granted=Known({"EvaluationResults": [{"EvalDecision": "allowed"}]}),
)
REFUSED = Refused("no", "lambda:GetFunctionConfiguration")


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, ["sound"]),
        ({"configuration": Known({**CONFIGURATION, "State": "Inactive"})}, ["sound"]),
        ({"configuration": Known(None)}, ["function-gone"]),
        ({"configuration": Known({**CONFIGURATION, "State": "Failed"})}, ["function-cannot-run"]),
        ({"configuration": Known({**CONFIGURATION, "Timeout": 400})}, ["function-limit-longer"]),
        ({"events": Known(None)}, ["function-tells-nobody"]),
        ({"events": Known({**EVENTS, "MaximumRetryAttempts": 2})}, ["function-tells-nobody"]),
        ({"events": Known({**EVENTS, "DestinationConfig": {"OnFailure": TOLD}})}, ["function-tells-nobody"]),
        ({"granted": Known({"EvaluationResults": [{"EvalDecision": "implicitDeny"}]})}, ["function-may-not-tell"]),
        ({"concurrency": Known({"ReservedConcurrentExecutions": 0})}, ["function-never-runs"]),
        ({"concurrency": Known({"ReservedConcurrentExecutions": 1})}, ["sound"]),
        ({"configuration": REFUSED}, ["unchecked"]),
        ({"events": REFUSED, "granted": REFUSED, "concurrency": REFUSED}, ["unchecked"] * 3),
    ],
)
def test_a_function(changed: dict[str, Any], codes: list[str]) -> None:
    """Each fault is told with its repair, and the job that needs the function."""
    found = [*check([replace(SOUND, **changed)])]
    assert [one.code for one in found] == codes
    assert {(one.about, one.jobs) for one in found} == {(ALIAS, ("import",))}
    assert all(one.fix for one in found if one.code != "sound")


@pytest.mark.parametrize(("subnets", "routes"), [([], False), (["subnet-0a"], True)])
def test_what_nobody_can_see_of_a_receiver(subnets: list[str], *, routes: bool) -> None:
    """A sound function says nothing of what answers its requests, so doctor says how to see it."""
    configuration: Known[Any] = Known({**CONFIGURATION, "VpcConfig": {"SubnetIds": subnets}})
    [found] = check([replace(SOUND, receiver="fleet", configuration=configuration)])
    assert found.code == "sound"
    told = "whether the receiver fleet answers, only a run shows: python -m ops run import --wait"
    assert found.text.startswith(told)
    assert ("a route to the receiver and to Secrets Manager" in found.text) is routes
    [found] = check([replace(SOUND, configuration=configuration)])
    assert not found.text
