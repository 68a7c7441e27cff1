"""Tests of what is found of roles."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.roles import Asked, Kind, Purpose, Simulated, UsedRole, check
from doctor.trust import Caller
from judgements.answers import Refused

ROLE = "arn:aws:iam::123456789012:role/team/task"
TASKS = Caller("Service", "ecs-tasks.amazonaws.com", {})
ALLOWED = Simulated("allowed", [], bounded=False, kept_back=False)
DENIED = replace(ALLOWED, decision="implicitDeny")


def trusting(service: str, **changed: Any) -> Known[Any]:  # noqa: ANN401 - members of a role
    """Return a role that a service may assume."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return Known({"Arn": ROLE, "AssumeRolePolicyDocument": {"Statement": [statement]}, **changed})


def used(kind: Kind, answer: Known[Any] | Refused, *asked: Asked) -> UsedRole:
    """Return a role that ECS assumes."""
    return UsedRole(kind, ROLE, ["b", "a"], answer, [TASKS], asked)


def asked(purpose: Purpose, found: Simulated | Refused, action: str = "a:B", elsewhere: str = "") -> Asked:
    """Return a permission that a role needs."""
    return Asked(purpose, action, "arn:r", found if isinstance(found, Refused) else Known(found), elsewhere)


def codes(role: UsedRole) -> list[str]:
    """Return the codes of what is found."""
    return [one.code for one in check([role])]


SOUND = trusting("ecs-tasks.amazonaws.com")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (SOUND, "sound"),
        (Known(None), "missing"),
        (trusting("ecs-tasks.amazonaws.com", Arn="arn:aws:iam::123456789012:role/task"), "missing"),
        (trusting("ec2.amazonaws.com"), "not-assumable"),
    ],
)
def test_role_itself(kind: Kind, answer: Known[Any], code: str) -> None:
    """A role exists under its whole ARN, and trusts who assumes it."""
    named = "service-role" if kind is Kind.SERVICE else kind.replace(" ", "-")
    assert codes(used(kind, answer)) == [code if code == "sound" else f"{named}-{code}"]


@pytest.mark.parametrize(
    ("purpose", "code"),
    [
        (Purpose.PULL, "execution-role-cannot-pull"),
        (Purpose.LOG, "execution-role-cannot-log"),
        (Purpose.SECRETS, "execution-role-cannot-read-secrets"),
        (Purpose.DECRYPT, "execution-role-cannot-decrypt"),
        (Purpose.RUN, "launch-role-cannot-run"),
        (Purpose.PASS, "launch-role-cannot-pass-roles"),
        (Purpose.SEND, "launch-role-cannot-send"),
        (Purpose.TAKE, "service-role-cannot-take"),
        (Purpose.CLAIM, "service-role-cannot-claim"),
        (Purpose.TELL, "service-role-cannot-tell"),
    ],
)
def test_permission(purpose: Purpose, code: str) -> None:
    """Each purpose has its code. What is denied of one purpose is told at once."""
    kinds = {"execution": Kind.EXECUTION, "launch": Kind.LAUNCH, "service": Kind.SERVICE}
    kind = kinds[code.partition("-")[0]]
    assert codes(used(kind, SOUND, asked(purpose, ALLOWED))) == ["sound"]
    [found] = check([used(kind, SOUND, asked(purpose, DENIED), asked(purpose, DENIED, "a:C"))])
    assert (found.code, found.jobs) == (code, ("a", "b"))
    assert found.text == (
        f"it may not {purpose}: none of its policies allows a:B on arn:r; none of its policies allows a:C on arn:r"
    )


@pytest.mark.parametrize(
    ("denial", "text", "fix"),
    [
        (DENIED, "none of its policies allows a:B on arn:r", "allow a:B in a policy of the role"),
        (
            replace(DENIED, decision="explicitDeny"),
            "one of its policies denies a:B on arn:r",
            "remove the statement that denies a:B",
        ),
        (
            replace(DENIED, bounded=True),
            "its permissions boundary does not allow a:B on arn:r",
            "allow a:B in the permissions boundary",
        ),
        (
            replace(DENIED, kept_back=True),
            "a policy of the organization does not allow a:B on arn:r",
            "allow a:B in the policies of the organization",
        ),
    ],
)
def test_reason_of_a_denial(denial: Simulated, text: str, fix: str) -> None:
    """Where something else than a missing permission is the reason, no policy of the role helps."""
    [found] = check([used(Kind.EXECUTION, SOUND, asked(Purpose.LOG, denial))])
    assert found.text == f"it may not write the log: {text}"
    assert found.fix.startswith(fix)


@pytest.mark.parametrize(
    "one",
    [
        asked(Purpose.LOG, Refused("no", "iam:SimulatePrincipalPolicy")),
        asked(Purpose.LOG, replace(DENIED, missing=["aws:SourceVpc"])),
        asked(Purpose.LOG, DENIED, elsewhere="the policy of r may allow it"),
    ],
)
def test_doubt(one: Asked) -> None:
    """What cannot be told is no fault, and is told once."""
    [found] = check([used(Kind.EXECUTION, SOUND, one, one)])
    assert (found.code, found.text.startswith("what it may do: ")) == ("unchecked", True)


def test_an_allowed_action_leaves_no_doubt() -> None:
    """A condition that was met without a key, and a policy elsewhere, do not matter then."""
    one = asked(Purpose.LOG, replace(ALLOWED, missing=["aws:SourceVpc"]), elsewhere="it may")
    assert codes(used(Kind.EXECUTION, SOUND, one)) == ["sound"]


def test_role_that_cannot_be_read() -> None:
    """What it may do is examined all the same."""
    role = used(Kind.EXECUTION, Refused("no", "iam:GetRole"), asked(Purpose.LOG, DENIED))
    assert codes(role) == ["unchecked", "execution-role-cannot-log"]


def test_doubtful_trust() -> None:
    """A trust policy that is not understood is no fault."""
    statement = {"Effect": "Allow", "Principal": {"Service": TASKS.name}, "Action": "sts:AssumeRole"}
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    document = {"Statement": [{**statement, "Condition": condition}]}
    assert codes(used(Kind.TASK, Known({"Arn": ROLE, "AssumeRolePolicyDocument": document}))) == ["unchecked"]
