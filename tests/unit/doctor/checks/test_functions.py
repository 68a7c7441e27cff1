"""Tests of what is found of the watch and the supervisor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.functions import GroupFunction, check
from doctor.finding import Link
from judgements.answers import Refused

NAME = "jobs-staging-supervisor"
CONFIGURATION = {
    "State": "Active",
    "LastUpdateStatus": "Successful",
    "Handler": "supervisor.handler.handle",
    "Environment": {"Variables": {"LEDGER_TABLE": "jobs-ledger", "LAUNCHES_QUEUE_URL": "https://sqs/1/jobs-launches"}},
}
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
MAPPING = {"FunctionArn": f"arn:aws:lambda:eu-central-1:1:function:{NAME}", "State": "Enabled", "UUID": "0a"}
LOG = {"logGroupName": f"/aws/lambda/{NAME}"}


def role(*statements: dict[str, Any]) -> Known[Any]:
    """Return GetRole's answer."""
    return Known({"Role": {"AssumeRolePolicyDocument": {"Statement": list(statements)}}})


SOUND = GroupFunction(
    link=Link.SUPERVISOR,
    name=NAME,
    duty="no supervised job is launched",
    handler="supervisor.handler.handle",
    variables={"LEDGER_TABLE": "jobs-ledger", "LAUNCHES_QUEUE_URL": "/jobs-launches"},
    queue="jobs-launches",
    configuration=Known(CONFIGURATION),
    concurrency=Known({}),
    mappings=Known({"EventSourceMappings": [{**MAPPING, "FunctionArn": "other"}, MAPPING]}),
    logs=Known({"logGroups": [{"logGroupName": f"{LOG['logGroupName']}-old"}, LOG]}),
    role=role(TRUST),
)
OTHER_VARIABLES = {"Variables": {"LEDGER_TABLE": "jobs-ledger"}}


def configured(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a configuration
    """Return the answer about a function with another configuration."""
    return {"configuration": Known({**CONFIGURATION, **changed})}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, ["sound"]),
        (configured(State="Inactive"), ["sound"]),
        (configured(LastUpdateStatus="InProgress"), ["sound"]),
        (configured(State="Failed", StateReason="the subnet is gone"), ["function-failed"]),
        (configured(LastUpdateStatus="Failed"), ["function-failed"]),
        (configured(Handler="main.run"), ["function-changed"]),
        (configured(Environment=OTHER_VARIABLES), ["function-changed"]),
        (configured(Environment={}), ["function-changed"]),
        ({"configuration": Known(None)}, ["function-missing"]),
        ({"concurrency": Known({"ReservedConcurrentExecutions": 0})}, ["function-stopped"]),
        ({"concurrency": Known({"ReservedConcurrentExecutions": 1})}, ["sound"]),
        ({"mappings": Known({"EventSourceMappings": []})}, ["mapping-missing"]),
        ({"mappings": Known({"EventSourceMappings": [{**MAPPING, "State": "Creating"}]})}, ["sound"]),
        ({"mappings": Known({"EventSourceMappings": [{**MAPPING, "State": "Disabled"}]})}, ["mapping-disabled"]),
        ({"mappings": Known({"EventSourceMappings": [{**MAPPING, "State": "Disabling"}]})}, ["mapping-disabled"]),
        ({"logs": Known({"logGroups": [{"logGroupName": f"{LOG['logGroupName']}-old"}]})}, ["function-log-missing"]),
        ({"role": Known(None)}, ["function-role"]),
        ({"role": role()}, ["function-role"]),
        ({"role": role({**TRUST, "Principal": {"Service": "ec2.amazonaws.com"}})}, ["function-role"]),
    ],
)
def test_a_function(changed: dict[str, Any], codes: list[str]) -> None:
    """It must exist as it was deployed, be able to run, and be invoked by its queue."""
    assert [one.code for one in check([replace(SOUND, **changed)])] == codes


@pytest.mark.parametrize("part", ["configuration", "concurrency", "mappings", "logs", "role"])
def test_a_refusal_is_no_fault(part: str) -> None:
    """Whoever may not see a part is told so."""
    hidden: dict[str, Any] = {part: Refused("no", "lambda:GetFunctionConfiguration")}
    assert [one.code for one in check([replace(SOUND, **hidden)])] == ["unchecked"]


def test_what_was_changed_is_told() -> None:
    """With the values that are there now."""
    [one] = check([replace(SOUND, **configured(Handler="main.run", Environment=OTHER_VARIABLES))])
    assert one.text == "the function is not as deployed: LAUNCHES_QUEUE_URL is '', its handler is 'main.run'"
