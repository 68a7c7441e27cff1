"""Permissions boundaries: a role can have only one that exists. AWS's own policies exist in every account."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError, Call, Gateway

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_AWS = "aws"
"""The account part of the ARNs of AWS's own policies."""


def install(gateway: Gateway) -> None:
    """Refuse boundaries that do not exist, and let AWS's own policies be read."""
    for operation in ("CreateRole", "PutRolePermissionsBoundary"):
        gateway.check("iam", operation, _check)
    for operation in ("GetPolicy", "GetPolicyVersion"):
        gateway.check("iam", operation, _load)


def _check(call: Call) -> None:
    boundary = call.params.get("PermissionsBoundary")
    if boundary and not _exists(call, boundary):
        raise AwsError("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.")


def _load(call: Call) -> None:
    _exists(call, call.params["PolicyArn"])


def _exists(call: Call, arn: str) -> bool:
    """Return whether a policy exists. moto gets AWS's own policies only here: to load all of them takes long."""
    backend = iam_backends[call.account][call.partition]
    try:
        named = Arn.parse(arn)
    except ValueError:
        return False
    name = arn.rpartition("/")[2]
    if arn not in backend.managed_policies and named.account == _OF_AWS and name in _policies_of_aws():
        policy = AWSManagedPolicy.from_data(name, call.account, call.region, dict(_policies_of_aws()[name]))
        backend.managed_policies.setdefault(policy.arn, policy)
    return arn in backend.managed_policies


@cache
def _policies_of_aws() -> Mapping[str, Mapping[str, Any]]:
    policies: Mapping[str, Mapping[str, Any]] = json.loads(aws_managed_policies_data)
    return policies
