"""The roles of the embedded AWS, whose own policies decide who may assume them and what they may do."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.iam.models import ManagedPolicy, Role, iam_backends

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError
from emulator.iam import keys, policy_evaluation, resource_policies
from emulator.iam.policy_evaluation import Decision, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.gateway.gateway import Gateway


def install(gateway: Gateway) -> None:
    """Answer IAM's requests one after another: moto goes through all roles while others are created."""
    gateway.answer_in_turn("iam")


def every(account: str, partition: str) -> list[Role]:
    """Return the roles that exist now. Other requests may create and delete roles meanwhile."""
    return [*iam_backends[account][partition].roles.values()]


def find(arn: str) -> Role | None:
    """Return the role with this ARN, or None."""
    place = Arn.parse(arn)
    return next((role for role in every(place.account, place.partition) if role.arn == arn), None)


def assume(arn: str, principal: str, context: Mapping[str, str]) -> Decision:
    """Return whether the role's trust policy lets a service, or the principal with an ARN, assume the role."""
    role = find(arn)
    if role is None:
        return Decision(allowed=False, reason=f"the role {arn} does not exist")
    try:
        return policy_evaluation.assume(
            _document(role.assume_role_policy_document), principal=principal, context=context
        )
    except policy_evaluation.UnknownPolicyElement as error:
        return Decision(allowed=False, reason=f"the sandbox cannot judge the trust policy: {error}")


def assume_for_schedules(arn: str, group_arn: str) -> Decision:
    """Return whether EventBridge Scheduler may assume a role for the schedules of a schedule group."""
    account = Arn.parse(group_arn).account
    return assume(arn, "scheduler.amazonaws.com", {"aws:SourceAccount": account, "aws:SourceArn": group_arn})


def authorize(arn: str, request: Request) -> None:
    """Raise AWS's AccessDeniedException unless the role may make the request, and may use the key of its resource."""
    role = find(arn)
    for asked in (request, *keys.uses(request)):
        decision = (
            Decision(allowed=False, reason=f"the role {arn} does not exist") if role is None else _evaluate(role, asked)
        )
        if not decision.allowed:
            raise AwsError(
                "AccessDeniedException",
                f"User: {arn} is not authorized to perform: {asked.action} on resource: {asked.resource} "
                f"because {decision.reason}",
            )


def policies(role: Role) -> list[str]:
    """Return the texts of a role's own policies and of those that are attached to it."""
    return [*role.policies.values(), *map(_default_version, role.managed_policies.values())]


def boundary(role: Role) -> Mapping[str, Any] | str | None:
    """Return a role's permissions boundary; None when it has none."""
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    policy = iam_backends[role.account_id][role.partition].managed_policies.get(arn)
    # A boundary that does not exist allows nothing, as on AWS.
    return {"Version": "2012-10-17", "Statement": []} if policy is None else _default_version(policy)


def _evaluate(role: Role, request: Request) -> Decision:
    try:
        asked = _made_by(role, resource_policies.over_tls(request))
        decision = policy_evaluation.evaluate(asked, policies(role), boundary(role))
    except policy_evaluation.UnknownPolicyElement as error:
        return Decision(allowed=False, reason=f"the sandbox cannot judge the role's policies: {error}")
    try:
        return resource_policies.denial(role.arn, asked) or decision
    except policy_evaluation.UnknownPolicyElement as error:
        return Decision(allowed=False, reason=f"the sandbox cannot judge the policy of {request.resource}: {error}")


def _made_by(role: Role, request: Request) -> Request:
    """Return a request with the condition keys that tell its principal."""
    own = {"aws:PrincipalArn": role.arn, "aws:PrincipalAccount": role.account_id}
    return replace(request, context={**request.context, **own})


def _default_version(policy: ManagedPolicy) -> str:
    return next(v.document for v in policy.versions if v.version_id == policy.default_version_id)


def _document(text: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return _parsed(text) if isinstance(text, str) else text


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(unquote(text))
    return document
