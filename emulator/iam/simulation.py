"""IAM's SimulatePrincipalPolicy, which moto lacks: what the policies of a role would decide about actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.gateway.gateway import AwsError
from emulator.iam import policy_evaluation, roles
from emulator.iam.policy_evaluation import Request, UnknownPolicyElement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moto.iam.models import Role

    from emulator.gateway.gateway import Call, Gateway
    from emulator.iam.conditions import Context

ALLOWED, IMPLICIT, EXPLICIT = "allowed", "implicitDeny", "explicitDeny"
_STRICTEST = (EXPLICIT, IMPLICIT, ALLOWED)
_EVERYTHING = "*"
_NOT_PLAYED = (
    "PolicyInputList",
    "PermissionsBoundaryPolicyInputList",
    "PolicyExclusionList",
    "ResourcePolicy",
    "ResourceOwner",
    "CallerArn",
    "ResourceHandlingOption",
    "Marker",
)
"""Parameters that the sandbox does not support."""


def install(gateway: Gateway) -> None:
    """Answer SimulatePrincipalPolicy."""
    gateway.answer("iam", "SimulatePrincipalPolicy", _simulate)


def _simulate(call: Call) -> dict[str, Any]:
    """Return a result for each action, with one for each resource in it.

    The policies of the resources themselves are not part of the simulation.
    """
    params = call.params
    for name in _NOT_PLAYED:
        if params.get(name):
            raise AwsError("InvalidInput", f"the sandbox does not support {name} of SimulatePrincipalPolicy")
    arn = params["PolicySourceArn"]
    try:
        role = roles.find(arn)
    except ValueError as error:
        raise AwsError(
            "InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name."
        ) from (error)
    if role is None:
        raise AwsError("NoSuchEntity", f"Entity {arn} does not exist or the entity type is not supported.")
    context = _context(params.get("ContextEntries") or [])
    resources = params.get("ResourceArns") or [_EVERYTHING]
    try:
        results = [_result(role, action, resources, context) for action in params["ActionNames"]]
    except UnknownPolicyElement as error:
        raise AwsError("PolicyEvaluation", f"the sandbox cannot judge the role's policies: {error}") from error
    return {"EvaluationResults": results, "IsTruncated": False}


def _context(entries: Sequence[Mapping[str, Any]]) -> Context:
    """Return the condition keys with their values; a list is the value of a key that was given as a list."""
    return {
        entry["ContextKeyName"]: entry["ContextKeyValues"]
        if entry["ContextKeyType"].endswith("List")
        else entry["ContextKeyValues"][0]
        for entry in entries
    }


def _result(role: Role, action: str, resources: Sequence[str], context: Context) -> dict[str, Any]:
    """Return the result for an action: the strictest decision of all resources, and the decision for each resource."""
    found = [_decision(role, Request(action, resource, context)) for resource in resources]
    strictest = min((one["EvalResourceDecision"] for one in found), key=_STRICTEST.index)
    limits = [one["PermissionsBoundaryDecisionDetail"] for one in found if "PermissionsBoundaryDecisionDetail" in one]
    whole: dict[str, Any] = {"EvalActionName": action, "EvalResourceName": _EVERYTHING, "EvalDecision": strictest}
    if limits:
        allowed = all(limit["AllowedByPermissionsBoundary"] for limit in limits)
        whole["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    if list(resources) == [_EVERYTHING]:
        return {**whole, "MissingContextValues": found[0]["MissingContextValues"]}
    return {**whole, "MissingContextValues": [], "ResourceSpecificResults": found}


def _decision(role: Role, request: Request) -> dict[str, Any]:
    own, boundary = roles.policies(role), roles.boundary(role)
    limits = [] if boundary is None else [boundary]
    decision = policy_evaluation.evaluate(request, own, boundary)
    found: dict[str, Any] = {
        "EvalResourceName": request.resource,
        "EvalResourceDecision": ALLOWED if decision.allowed else EXPLICIT if decision.explicit else IMPLICIT,
        "MissingContextValues": policy_evaluation.missing_keys(request, [*own, *limits]),
    }
    if limits:
        allowed = policy_evaluation.evaluate(request, limits).allowed
        found["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    return found
