"""Permissions boundaries: a role can have only one that exists, and the lists of policies and of their users show it.

AWS's own policies exist in every account.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, ManagedPolicy, iam_backends

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import roles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OF_AWS = "aws"
"""The account part of the ARNs of AWS's own policies."""
_ATTACHING = ("AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy")
_PERMISSIONS, _BOUNDARY = "PermissionsPolicy", "PermissionsBoundary"
_COUNT = "permissions_boundary_usage_count"
"""The attribute that is added to moto's policies."""
_PAGE = 100
"""Policies in one answer (IAM API reference, ListPolicies, MaxItems)."""


def install(gateway: Gateway) -> None:
    """Refuse boundaries that do not exist, let AWS's own policies be used, and list who has which."""
    for operation in ("CreateRole", "PutRolePermissionsBoundary"):
        gateway.check("iam", operation, _check)
    for operation in ("GetPolicy", "GetPolicyVersion", "ListPolicyVersions", *_ATTACHING):
        gateway.check("iam", operation, _load)
    gateway.check("iam", "GetPolicy", _count)
    gateway.answer("iam", "ListPolicies", _list)
    gateway.answer("iam", "ListEntitiesForPolicy", _list_entities)


def _check(call: Call) -> None:
    boundary = call.params.get("PermissionsBoundary")
    if boundary and not _exists(call, boundary):
        raise AwsError("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.")


def _load(call: Call) -> None:
    _exists(call, call.params["PolicyArn"])


def _list(call: Call) -> dict[str, Any]:
    """Answer ListPolicies, of which moto knows neither AWS's policies nor `PolicyUsageFilter`."""
    params, backend = call.params, iam_backends[call.account][call.partition]
    if params.get("Scope") != "Local":
        for name in _policies_of_aws():
            _add(call, name)
    found = [
        policy
        for policy in _counted(call, backend.managed_policies.values())
        if params.get("Scope", "All") in {"All", "AWS" if isinstance(policy, AWSManagedPolicy) else "Local"}
        and policy.path.startswith(params.get("PathPrefix", "/"))
        and (policy.attachment_count or params.get("OnlyAttached", "false") not in {True, "true"})
        and _is_used(policy, params.get("PolicyUsageFilter"))
    ]
    start, most = int(params.get("Marker", 0)), int(params.get("MaxItems", _PAGE))
    more = len(found) > start + most
    marker = {"Marker": str(start + most)} if more else {}
    return {"Policies": found[start : start + most], "IsTruncated": more, **marker}


def _is_used(policy: ManagedPolicy, usage: str | None) -> bool:
    counts = {_PERMISSIONS: policy.attachment_count, _BOUNDARY: vars(policy)[_COUNT]}
    return usage is None or bool(counts[usage])


def _list_entities(call: Call) -> dict[str, Any]:
    """Answer ListEntitiesForPolicy, of which moto leaves out the roles whose boundary the policy is."""
    params, backend = call.params, iam_backends[call.account][call.partition]
    arn, usage, wanted = params["PolicyArn"], params.get("PolicyUsageFilter"), params.get("EntityFilter")
    if not _exists(call, arn):
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")

    def using(entities: Iterable[Any]) -> list[Any]:
        return [
            one
            for one in entities
            if one.path.startswith(params.get("PathPrefix", "/"))
            and (
                (usage != _BOUNDARY and arn in one.managed_policies)
                or (usage != _PERMISSIONS and getattr(one, "permissions_boundary_arn", None) == arn)
            )
        ]

    kinds: Mapping[str, Mapping[str, Any]] = {"Role": backend.roles, "User": backend.users, "Group": backend.groups}
    found = {f"Policy{kind}s": using(known.values()) for kind, known in kinds.items() if wanted in {None, kind}}
    return {**found, "IsTruncated": False}


def _count(call: Call) -> None:
    backend = iam_backends[call.account][call.partition]
    _counted(call, filter(None, [backend.managed_policies.get(call.params["PolicyArn"])]))


def _counted(call: Call, policies: Iterable[ManagedPolicy]) -> list[ManagedPolicy]:
    """Return policies with the number of roles whose boundary each is."""
    counts = Counter(role.permissions_boundary_arn for role in roles.every(call.account, call.partition))
    counted = list(policies)
    for policy in counted:
        vars(policy)[_COUNT] = counts[policy.arn]
    return counted


def _exists(call: Call, arn: str) -> bool:
    """Return whether a policy exists. moto gets one of AWS's own policies when it is asked for."""
    backend = iam_backends[call.account][call.partition]
    try:
        named = Arn.parse(arn)
    except ValueError:
        return False
    name = arn.rpartition("/")[2]
    if arn not in backend.managed_policies and named.account == _OF_AWS and name in _policies_of_aws():
        _add(call, name)
    return arn in backend.managed_policies


def _add(call: Call, name: str) -> None:
    """Add one of AWS's own policies to those that moto knows."""
    policy = AWSManagedPolicy.from_data(name, call.account, call.region, dict(_policies_of_aws()[name]))
    iam_backends[call.account][call.partition].managed_policies.setdefault(policy.arn, policy)


@cache
def _policies_of_aws() -> Mapping[str, Mapping[str, Any]]:
    policies: Mapping[str, Mapping[str, Any]] = json.loads(aws_managed_policies_data)
    return policies
