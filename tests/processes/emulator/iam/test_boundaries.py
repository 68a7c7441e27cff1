"""A role can have only a permissions boundary that exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from tests.processes.emulator.world import ACCOUNT, document, refusal, trust
from tests.processes.emulator.world import client as aws

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

pytestmark = pytest.mark.usefixtures("world")

OWN = f"arn:aws:iam::{ACCOUNT}:policy/team/boundary"
OF_AWS = "arn:aws:iam::aws:policy/ReadOnlyAccess"
UNKNOWN = {
    "own": f"arn:aws:iam::{ACCOUNT}:policy/gone",
    "another path": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "another account": "arn:aws:iam::210987654321:policy/team/boundary",
    "AWS's": "arn:aws:iam::aws:policy/ReadOnlyAcces",
    "AWS's under another path": "arn:aws:iam::aws:policy/job-function/ReadOnlyAccess",
}


@pytest.fixture(autouse=True)
def _with_policy(world: World) -> None:
    """Create the account's own boundary, which allows reading objects."""
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    aws("iam").create_policy(PolicyName="boundary", Path="/team/", PolicyDocument=document(allowed))


def create(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of CreateRole
    """Create a role, and return it."""
    aws("iam").create_role(RoleName="bounded", AssumeRolePolicyDocument=trust(), **changes)
    found: dict[str, Any] = aws("iam").get_role(RoleName="bounded")["Role"]
    return found


@pytest.mark.parametrize("boundary", UNKNOWN.values(), ids=UNKNOWN)
def test_refused(boundary: str) -> None:
    """CreateRole and PutRolePermissionsBoundary refuse a boundary that does not exist, in IAM's words."""
    expected = ("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.")
    assert refusal(lambda: create(PermissionsBoundary=boundary)) == expected
    create()
    put = aws("iam").put_role_permissions_boundary
    assert refusal(lambda: put(RoleName="bounded", PermissionsBoundary=boundary)) == expected


@pytest.mark.parametrize("boundary", [OWN, OF_AWS], ids=["own", "AWS's"])
def test_accepted(boundary: str) -> None:
    """A policy of the account and a policy of AWS can be boundaries."""
    assert create(PermissionsBoundary=boundary)["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert aws("iam").get_policy(PolicyArn=boundary)["Policy"]["Arn"] == boundary


@pytest.mark.parametrize("boundary", [OWN, OF_AWS], ids=["own", "AWS's"])
def test_bounds(boundary: str) -> None:
    """A boundary limits what the role's policy allows; one of AWS's does too."""
    role = create(PermissionsBoundary=boundary)["Arn"]
    everything = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
    aws("iam").put_role_policy(RoleName="bounded", PolicyName="all", PolicyDocument=document(everything))
    roles.authorize(role, Request("s3:GetObject", "arn:aws:s3:::bucket/key"))
    with pytest.raises(AwsError, match="boundary"):
        roles.authorize(role, Request("s3:PutObject", "arn:aws:s3:::bucket/key"))
