"""IAM refuses a trust policy that names who does not exist, and keeps the others about those whom they named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.emulator.world import ACCOUNT, WATCH_ROLE, assumed, client, client_as, document, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

MISSING = f"arn:aws:iam::{ACCOUNT}:role/nobody"


def trusting(*names: str) -> str:
    """Return a trust policy for these principals."""
    return document({"Effect": "Allow", "Principal": {"AWS": list(names)}, "Action": "sts:AssumeRole"})


@pytest.mark.parametrize("missing", [MISSING, f"arn:aws:iam::{ACCOUNT}:user/nobody"])
def test_refused(world: World, missing: str) -> None:
    """A role or user of the account that does not exist is named, at the creation of a role and at a change."""
    del world
    iam, policy = client("iam"), trusting(WATCH_ROLE, missing)
    said = ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing}"')
    assert refusal(lambda: iam.create_role(RoleName="new", AssumeRolePolicyDocument=policy)) == said
    assert refusal(lambda: iam.update_assume_role_policy(RoleName="launch", PolicyDocument=policy)) == said
    assert "new" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]


@pytest.mark.parametrize("name", [WATCH_ROLE, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "*"])
def test_taken(world: World, name: str) -> None:
    """An existing role, an account and everybody are principals."""
    del world
    assert client("iam").create_role(RoleName="new", AssumeRolePolicyDocument=trusting(name))


def trust_of(name: str) -> object:
    """Return who may assume a role."""
    found = client("iam").get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    return found["Statement"][0]["Principal"]["AWS"]


def test_role_that_is_made_anew(world: World) -> None:
    """A trust policy is about the role that it named: another one of the same name is not trusted."""
    iam = client("iam")
    old = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=trusting("*"))["Role"]
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    iam.create_role(RoleName="target", AssumeRolePolicyDocument=trusting(old["Arn"], WATCH_ROLE))
    target = iam.get_role(RoleName="target")["Role"]["Arn"]

    def allow() -> None:
        iam.put_role_policy(RoleName="caller", PolicyName="own", PolicyDocument=document(assume))

    allow()
    caller = client_as(world.aws.identities.credentials(old["Arn"]), "sts")
    assert assumed(caller, target).token
    assert refusal(lambda: iam.delete_role(RoleName="caller"))[0] == "DeleteConflict"
    assert trust_of("target") == [old["Arn"], WATCH_ROLE]
    iam.delete_role_policy(RoleName="caller", PolicyName="own")
    iam.delete_role(RoleName="caller")
    assert trust_of("target") == [old["RoleId"], WATCH_ROLE]
    iam.create_role(RoleName="caller", AssumeRolePolicyDocument=trusting("*"))
    allow()
    assert refusal(lambda: assumed(caller, target))[0] == "AccessDenied"
    iam.update_assume_role_policy(RoleName="target", PolicyDocument=trusting(old["Arn"]))
    assert assumed(caller, target).token
