from __future__ import annotations

from typing import Any

import pytest

from doctor.trust import Caller, trusts

ACCOUNT = "123456789012"
GROUP = f"arn:aws:scheduler:eu-central-1:{ACCOUNT}:schedule-group/jobs"
SUPERVISOR = f"arn:aws:iam::{ACCOUNT}:role/jobs/supervisor"
SCHEDULER = Caller("Service", "scheduler.amazonaws.com", {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": GROUP})
TASKS = Caller(
    "Service",
    "ecs-tasks.amazonaws.com",
    {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:*"},
)
ROLE = Caller("AWS", SUPERVISOR, {"aws:PrincipalArn": SUPERVISOR})


def statement(principal: object, condition: object = None, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - elements
    """Return a statement that lets a principal assume the role."""
    given = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **changed}
    return given if condition is None else {**given, "Condition": condition}


def document(*statements: object) -> dict[str, Any]:
    """Return a trust policy."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


OF_SCHEDULER = {"Service": "scheduler.amazonaws.com"}
OF_TASKS = {"Service": "ecs-tasks.amazonaws.com"}
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


@pytest.mark.parametrize(
    ("given", "caller", "expected"),
    [
        (statement(OF_SCHEDULER), SCHEDULER, True),
        (statement({"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}), TASKS, True),
        (statement("*"), SCHEDULER, True),
        (statement(OF_SCHEDULER), TASKS, False),
        (statement({"AWS": "*"}), TASKS, False),
        (statement(OF_SCHEDULER, Action=["sts:TagSession", "sts:Assume*"]), SCHEDULER, True),
        (statement(OF_SCHEDULER, Action="sts:TagSession"), SCHEDULER, False),
        (statement(OF_SCHEDULER, {"StringEquals": {"aws:SourceArn": GROUP}}), SCHEDULER, True),
        (statement(OF_SCHEDULER, {"StringEquals": {"AWS:sourcearn": GROUP}}), SCHEDULER, True),
        (statement(OF_SCHEDULER, {"StringEquals": {"aws:SourceArn": f"{GROUP}-2"}}), SCHEDULER, False),
        (statement(OF_SCHEDULER, {"StringEquals": {"aws:SourceArn": f"{GROUP[:-4]}*"}}), SCHEDULER, False),
        (statement(OF_SCHEDULER, {"ArnLike": {"aws:SourceArn": f"{GROUP[:-4]}*"}}), SCHEDULER, True),
        (statement(OF_SCHEDULER, {"StringEquals": {"aws:SourceAccount": [ACCOUNT, "1"]}}), SCHEDULER, True),
        (statement(OF_SCHEDULER, {"StringEquals": {"aws:SourceAccount": "1"}}), SCHEDULER, False),
        (
            statement(OF_SCHEDULER, {"StringEquals": {"aws:SourceAccount": "1", "aws:SourceVpc": "vpc-1"}}),
            SCHEDULER,
            False,
        ),
        (statement(OF_TASKS, {"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:*"}}), TASKS, True),
        (statement(OF_TASKS, {"ArnLike": {"aws:SourceArn": "arn:aws:ecs:us-east-1:*"}}), TASKS, False),
        (statement(ROOT, {"ArnEquals": {"aws:PrincipalArn": SUPERVISOR}}), ROLE, True),
        (statement(ROOT, {"ArnEquals": {"aws:PrincipalArn": f"{SUPERVISOR}-2"}}), ROLE, False),
        (statement({"AWS": ACCOUNT}), ROLE, True),
        (statement({"AWS": SUPERVISOR}), ROLE, True),
        (statement({"AWS": "AROAEXAMPLEID"}), ROLE, False),
    ],
)
def test_one_statement(given: dict[str, Any], caller: Caller, expected: bool) -> None:  # noqa: FBT001 - a table
    """A statement holds if it names the caller and the action, and each of its conditions is met."""
    assert trusts(document(given), caller) is expected


@pytest.mark.parametrize(
    ("given", "caller", "named"),
    [
        (statement(OF_SCHEDULER, {"StringEquals": {"aws:SourceVpc": "vpc-1"}}), SCHEDULER, "aws:SourceVpc"),
        (statement(OF_SCHEDULER, {"StringNotEquals": {"aws:SourceAccount": "1"}}), SCHEDULER, "StringNotEquals"),
        (statement(OF_SCHEDULER, {"StringLike": {"aws:SourceArn": "${aws:PrincipalArn}"}}), SCHEDULER, "variable"),
        (statement(OF_SCHEDULER, NotAction="iam:*"), SCHEDULER, "NotAction"),
        (
            statement(OF_TASKS, {"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:cluster/main"}}),
            TASKS,
            "cluster/main",
        ),
        (
            statement(OF_TASKS, {"StringEquals": {"aws:SourceArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:*"}}),
            TASKS,
            "aws:SourceArn",
        ),
    ],
)
def test_what_cannot_be_told(given: dict[str, Any], caller: Caller, named: str) -> None:
    """What is not known makes neither a grant nor a fault: the answer is a text that names it."""
    found = trusts(document(given), caller)
    assert isinstance(found, str)
    assert named in found


def test_several_statements() -> None:
    """A denial wins, a doubtful denial leaves doubt, and a doubtful grant does not matter next to a sure one."""
    sure, denial = statement(OF_SCHEDULER), statement("*", Effect="Deny")
    doubtful = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    assert trusts(document(sure, denial), SCHEDULER) is False
    assert trusts(document(sure, statement(OF_SCHEDULER, doubtful)), SCHEDULER) is True
    assert isinstance(trusts(document(sure, statement("*", doubtful, Effect="Deny")), SCHEDULER), str)
    assert trusts(document(sure, statement(OF_TASKS, Effect="Deny")), SCHEDULER) is True
    assert trusts(document(), SCHEDULER) is False


def test_one_statement_without_a_list() -> None:
    """A policy may have its only statement without a list."""
    assert trusts({"Statement": statement(OF_TASKS)}, TASKS) is True
