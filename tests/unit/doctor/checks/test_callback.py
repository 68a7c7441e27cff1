"""Tests of what is found of the addresses at which receivers tell the end of what they have accepted."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.callback import UsedCallback, check
from judgements.answers import Refused

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:jobs-production-job-import"
ALIAS = f"{FUNCTION}:jobs-production-import"
ADDRESS = "https://a1b2.lambda-url.eu-central-1.on.aws/"
THERE = {"FunctionUrl": ADDRESS, "AuthType": "NONE"}
CALL = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "lambda:InvokeFunctionUrl",
    "Resource": ALIAS,
    "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
}
INVOKE = {
    **CALL,
    "Action": "lambda:InvokeFunction",
    "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
}


def policy(*statements: dict[str, Any]) -> Known[Any]:
    """Return GetPolicy's answer."""
    return Known({"Policy": json.dumps({"Version": "2012-10-17", "Statement": statements})})


SOUND = UsedCallback(job="import", alias=ALIAS, address=ADDRESS, answer=Known(THERE), policy=policy(CALL, INVOKE))


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, ["sound"]),
        ({"policy": policy({**CALL, "Condition": {}}, {**INVOKE, "Principal": {"AWS": "*"}})}, ["sound"]),
        ({"answer": Known(None), "policy": Known(None)}, ["callback-gone"]),
        ({"answer": Known({**THERE, "FunctionUrl": "https://other"})}, ["callback-changed"]),
        ({"answer": Known({**THERE, "AuthType": "AWS_IAM"})}, ["callback-changed"]),
        ({"policy": Known(None)}, ["callback-closed"]),
        ({"policy": policy(CALL)}, ["callback-closed"]),
        ({"policy": policy(INVOKE)}, ["callback-closed"]),
        ({"policy": policy(CALL, INVOKE, {**CALL, "Effect": "Deny"})}, ["callback-closed"]),
        ({"policy": policy(CALL, {**INVOKE, "Principal": {"AWS": "210987654321"}})}, ["callback-closed"]),
        ({"policy": policy(CALL, {**INVOKE, "Resource": FUNCTION})}, ["callback-closed"]),
        ({"answer": Refused("no", "lambda:GetFunctionUrlConfig")}, ["unchecked"]),
        ({"policy": Refused("no", "lambda:GetPolicy")}, ["unchecked"]),
        (
            {"policy": policy({**CALL, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, INVOKE)},
            ["unchecked"],
        ),
    ],
)
def test_an_address(changed: dict[str, Any], codes: list[str]) -> None:
    """Each fault is told with its repair, and the job whose ends nobody learns."""
    found = [*check([replace(SOUND, **changed)])]
    assert [one.code for one in found] == codes
    assert {(one.about, one.jobs) for one in found} == {(f"callback {ADDRESS}", ("import",))}


@pytest.mark.parametrize(
    ("left", "option"),
    [(CALL, ["--invoked-via-function-url"]), (INVOKE, ["--function-url-auth-type", "NONE"])],
)
def test_the_repair_adds_what_is_missing(left: dict[str, Any], option: list[str]) -> None:
    """A permission of the alias, under the name that the provider gives it."""
    [found] = check([replace(SOUND, policy=policy(left))])
    typed = shlex.split(found.fix)
    assert typed[:3] == ["aws", "lambda", "add-permission"]
    given = dict(zip(typed[3 : -len(option) : 2], typed[4::2], strict=False))
    missing = INVOKE if left is CALL else CALL
    assert (given["--function-name"], given["--qualifier"]) == (FUNCTION, "jobs-production-import")
    assert (given["--action"], given["--principal"]) == (missing["Action"], "*")
    assert typed[-len(option) :] == option
