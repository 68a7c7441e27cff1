"""What trust policies name: a role or user must exist, and IAM stores its id and not its name. moto does neither."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.iam.models import iam_backends

from emulator.gateway.gateway import AwsError
from emulator.iam import roles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.gateway.gateway import Call, Gateway

_POLICIES = {"CreateRole": "AssumeRolePolicyDocument", "UpdateAssumeRolePolicy": "PolicyDocument"}


def install(gateway: Gateway) -> None:
    """Refuse trust policies that name roles and users that do not exist, and keep the others about those that did."""
    for operation in _POLICIES:
        gateway.check("iam", operation, _check)
    gateway.check("iam", "DeleteRole", _keep_id)


def _check(call: Call) -> None:
    """Raise MalformedPolicyDocument for a principal of this account that does not exist (IAM User Guide, Principal)."""
    backend = iam_backends[call.account][call.partition]
    known = {role.arn for role in roles.every(call.account, call.partition)}
    known |= {user.arn for user in [*backend.users.values()]}
    for name in _named(json.loads(unquote(call.params[_POLICIES[call.operation]]))):
        here = name.startswith(tuple(f"arn:{call.partition}:iam::{call.account}:{kind}/" for kind in ("role", "user")))
        if here and name not in known:
            raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{name}"')


def _keep_id(call: Call) -> None:
    """Write the id of a role that is about to be deleted into the trust policies that name it.

    A role of the same name that is created later is another one, which they do not trust (IAM User Guide, "Principal").
    """
    known = roles.every(call.account, call.partition)
    gone = next((role for role in known if role.name == call.params["RoleName"]), None)
    if gone is None or gone.policies or gone.managed_policies:  # then it is not deleted
        return
    for role in known:
        trust = unquote(role.assume_role_policy_document)
        if f'"{gone.arn}"' in trust:
            role.assume_role_policy_document = trust.replace(f'"{gone.arn}"', f'"{gone.id}"')


def _named(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the AWS principals of a policy."""
    for statement in _listed(document.get("Statement", [])):
        principal = statement.get("Principal", {})
        if isinstance(principal, dict):
            yield from _listed(principal.get("AWS", []))


def _listed(element: Any) -> list[Any]:  # noqa: ANN401 - policy JSON has one or many everywhere
    return element if isinstance(element, list) else [element]
