"""IAM's check of trust policies that moto lacks: a role or user that a trust policy names must exist."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.iam.models import iam_backends

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.gateway.gateway import Call, Gateway

_POLICIES = {"CreateRole": "AssumeRolePolicyDocument", "UpdateAssumeRolePolicy": "PolicyDocument"}


def install(gateway: Gateway) -> None:
    """Refuse trust policies that name roles and users that do not exist."""
    for operation in _POLICIES:
        gateway.check("iam", operation, _check)


def _check(call: Call) -> None:
    """Raise MalformedPolicyDocument for a principal of this account that does not exist (IAM User Guide, Principal)."""
    backend = iam_backends[call.account][call.partition]
    known = {role.arn for role in backend.roles.values()} | {user.arn for user in backend.users.values()}
    for name in _named(json.loads(unquote(call.params[_POLICIES[call.operation]]))):
        here = name.startswith(tuple(f"arn:{call.partition}:iam::{call.account}:{kind}/" for kind in ("role", "user")))
        if here and name not in known:
            raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{name}"')


def _named(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the AWS principals of a policy."""
    for statement in _listed(document.get("Statement", [])):
        principal = statement.get("Principal", {})
        if isinstance(principal, dict):
            yield from _listed(principal.get("AWS", []))


def _listed(element: Any) -> list[Any]:  # noqa: ANN401 - policy JSON has one or many everywhere
    return element if isinstance(element, list) else [element]
