"""IAM refuses a trust policy that names who does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.emulator.world import ACCOUNT, WATCH_ROLE, client, document, refusal

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
