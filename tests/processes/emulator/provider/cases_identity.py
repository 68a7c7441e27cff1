"""Cases of IAM, KMS and Secrets Manager."""

# ruff: noqa: ARG005 - each function takes what every case gives it; tokens are no passwords

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.processes.emulator.provider.case import ACCOUNT, Case, a_policy, a_role, policy, trust

if TYPE_CHECKING:
    from tests.processes.emulator.provider.harness import Deployed


def _policy_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    boto("iam").create_policy_version(
        PolicyArn=deployed.id, PolicyDocument=policy("s3:DeleteObject"), SetAsDefault=True
    )


IDENTITY: Final = [
    Case(
        "aws:iam/role:Role",
        lambda needs: {"assumeRolePolicy": trust("scheduler.amazonaws.com"), "path": "/p/", "tags": {"a": "1"}},
        lambda needs: {
            "assumeRolePolicy": trust("ecs.amazonaws.com"),
            "description": "d",
            "maxSessionDuration": 7200,
            "permissionsBoundary": needs["policy"],
            "managedPolicyArns": [needs["policy"]],
            "tags": {"a": "2"},
        },
        (
            "assumeRolePolicy",
            "description",
            "managedPolicyArns",
            "maxSessionDuration",
            "permissionsBoundary",
            "tags.a",
        ),
        {"name": "other", "path": "/q/"},
        lambda boto, it: boto("iam").update_role(RoleName=it.id, Description="behind", MaxSessionDuration=3600),
        ("description",),
        a_policy,
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda needs: {"role": needs["role"], "policy": policy("ecs:RunTask")},
        lambda needs: {"policy": policy("ecs:StopTask")},
        ("policy",),
        {"name": "other", "role": "other"},
        lambda boto, it: boto("iam").put_role_policy(
            RoleName="launch", PolicyName=it.outputs["name"], PolicyDocument=policy("*")
        ),
        ("policy",),
        a_role,
        id=lambda it: f"launch:{it.outputs['name']}",
    ),
    Case(
        "aws:kms/key:Key",
        lambda needs: {"description": "c", "policy": policy("kms:*"), "deletionWindowInDays": 7, "tags": {"a": "1"}},
        lambda needs: {"description": "d", "policy": policy("kms:Decrypt"), "tags": {"a": "2"}},
        ("description", "policy", "tags.a"),
        behind=lambda boto, it: boto("kms").update_key_description(KeyId=it.id, Description="behind"),
        drift=("description",),
        id=lambda it: it.outputs["keyId"],
        unknown=("deletionWindowInDays",),
    ),
    Case(
        "aws:secretsmanager/secret:Secret",
        lambda needs: {"description": "c", "recoveryWindowInDays": 0, "tags": {"a": "1"}},
        lambda needs: {"description": "d", "recoveryWindowInDays": 7, "tags": {"a": "2", "b": "1"}},
        ("description", "recoveryWindowInDays", "tags.a", "tags.b"),
        {"name": "other"},
        lambda boto, it: boto("secretsmanager").update_secret(SecretId=it.id, Description="behind"),
        ("description",),
        id=lambda it: it.outputs["arn"],
        unknown=("recoveryWindowInDays",),
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda needs: {"policy": policy("s3:GetObject"), "description": "d", "tags": {"a": "1"}},
        lambda needs: {"policy": policy("s3:PutObject"), "tags": {"b": "1"}},
        ("policy", "tags.a", "tags.b"),
        {"name": "other", "path": "/q/", "description": "e"},
        _policy_behind,
        ("policy",),
        id=lambda it: f"arn:aws:iam::{ACCOUNT}:policy/{it.outputs['name']}",
    ),
]
