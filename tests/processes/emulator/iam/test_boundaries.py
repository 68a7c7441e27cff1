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


def names(**request: Any) -> set[str]:  # noqa: ANN401 - members of ListPolicies
    """Return the names of the listed policies, from all pages."""
    pages = aws("iam").get_paginator("list_policies").paginate(**request)
    return {policy["PolicyName"] for page in pages for policy in page["Policies"]}


def entities(**request: str) -> dict[str, set[str]]:
    """Return the names of those who use the account's own policy; kinds that nobody is of are left out."""
    found = aws("iam").list_entities_for_policy(PolicyArn=OWN, **request)
    kinds = {"PolicyRoles": "RoleName", "PolicyUsers": "UserName", "PolicyGroups": "GroupName"}
    return {kind: {one[name] for one in found[kind]} for kind, name in kinds.items() if found.get(kind)}


def test_listed() -> None:
    """The lists know AWS's own policies, and the policies that are boundaries; a policy tells for how many roles."""
    create(PermissionsBoundary=OWN)
    aws("iam").attach_role_policy(RoleName="task", PolicyArn=OF_AWS)
    assert {"ReadOnlyAccess", "AdministratorAccess", "boundary"} <= names()
    assert "boundary" not in names(Scope="AWS")
    assert names(Scope="Local") == {"boundary"} == names(PolicyUsageFilter="PermissionsBoundary")
    assert names(OnlyAttached=True) == {"ReadOnlyAccess"} == names(PolicyUsageFilter="PermissionsPolicy")
    assert names(PathPrefix="/team/") == {"boundary"}
    assert aws("iam").get_policy(PolicyArn=OWN)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    [listed] = aws("iam").list_policies(Scope="Local")["Policies"]
    assert (listed["AttachmentCount"], listed["PermissionsBoundaryUsageCount"]) == (0, 1)


def test_listed_users() -> None:
    """The list of those who use a policy has the roles that it bounds, and those that it is attached to."""
    create(PermissionsBoundary=OWN)
    aws("iam").attach_role_policy(RoleName="task", PolicyArn=OWN)
    aws("iam").create_user(UserName="me")
    aws("iam").attach_user_policy(UserName="me", PolicyArn=OWN)
    assert entities() == {"PolicyRoles": {"bounded", "task"}, "PolicyUsers": {"me"}}
    assert entities(PolicyUsageFilter="PermissionsBoundary") == {"PolicyRoles": {"bounded"}}
    assert entities(PolicyUsageFilter="PermissionsPolicy", EntityFilter="Role") == {"PolicyRoles": {"task"}}
    assert entities(PathPrefix="/elsewhere/") == {}
    gone = UNKNOWN["own"]
    assert refusal(lambda: aws("iam").list_entities_for_policy(PolicyArn=gone))[0] == "NoSuchEntity"
