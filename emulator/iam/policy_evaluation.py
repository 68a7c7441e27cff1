"""An evaluator of IAM policies: it decides whether a request is allowed, and gives the reason.

Follows "Policy evaluation logic" of the IAM User Guide for the policies that the embedded AWS needs: identity policies
with a permissions boundary, role trust policies and resource policies. It refuses unknown elements by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from aws_facts.arn import Arn
from emulator.iam.conditions import Condition, Context, UnknownPolicyElement, glob, parse_conditions

__all__ = [
    "Decision",
    "Document",
    "Request",
    "UnknownPolicyElement",
    "assume",
    "evaluate",
    "evaluate_resource_policy",
    "missing_keys",
    "resource_denial",
]

Document = Mapping[str, Any]
"""A policy document, parsed from JSON."""
_REMEMBERED = 1024
"""Policies whose statements are remembered."""


@dataclass(frozen=True)
class Request:
    """An action on a resource ARN (`*` where the action has no resources), with the request's known condition keys."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The result for a request: whether it is allowed, and a reason for use in an error message."""

    allowed: bool
    reason: str
    explicit: bool = False
    """Whether a statement denies the request, so that no other statement could allow it."""


def evaluate(request: Request, identity: Sequence[Document | str], boundary: Document | str | None = None) -> Decision:
    """Return the decision of a principal's identity policies, and of its permissions boundary if it has one.

    A policy may also be the text of a document, as IAM keeps it. Its statements are remembered.
    An explicit Deny in any of them wins. Otherwise at least one identity policy, and the boundary, must allow the
    request. Raises `UnknownPolicyElement` for any unknown element of any document, even if it does not affect the
    decision.
    """
    granting = [statement for document in identity for statement in _identity_statements(document)]
    limiting = None if boundary is None else _identity_statements(boundary)
    denied = _denial(request, [*granting, *(limiting or [])], "")
    if denied is not None:
        return denied
    decision = _allowance(request, granting, "")
    if decision.allowed and limiting is not None:
        limit = _allowance(request, limiting, "")
        return decision if limit.allowed else Decision(allowed=False, reason=f"permissions boundary: {limit.reason}")
    return decision


def assume(trust: Document, *, principal: str, context: Context) -> Decision:
    """Return whether a role's trust policy lets a service (`scheduler.amazonaws.com`) or an ARN assume it."""
    statements = [_parse(raw, place, {"Principal"}) for place, raw in _raw_statements(trust)]
    request = Request("sts:AssumeRole", "*", context)
    return _decide_for(principal, statements, request, "the role")


def evaluate_resource_policy(document: Document, principal_service_or_arn: str, request: Request) -> Decision:
    """Return the decision of a topic's, queue's or function's policy on a request by a service or an ARN's principal.

    A principal that is a whole account (its id or `:root`) matches each identity of the account. It only delegates the
    permission to the account: an identity of the account also needs an identity policy of its own.
    """
    return _decide_for(principal_service_or_arn, _resource_statements(document), request, request.resource)


def resource_denial(document: Document, principal_service_or_arn: str, request: Request) -> Decision | None:
    """Return the explicit denial of a resource's policy; None when it denies nothing, whatever it allows."""
    own = [one for one in _resource_statements(document) if one.names_principal(principal_service_or_arn)]
    return _denial(request, own, f" by {principal_service_or_arn}")


def missing_keys(request: Request, policies: Iterable[Document | str]) -> list[str]:
    """Return the condition keys of statements about the request's action for which the request has no value."""
    given = {name.lower() for name in request.context}
    about = [one for policy in policies for one in _identity_statements(policy) if one.names_action(request.action)]
    keys = {condition.key for statement in about for condition in statement.conditions}
    return sorted(key for key in keys if key.lower() not in given)


@dataclass(frozen=True)
class _Statement:
    name: str
    denies: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    principals: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...]

    def names_action(self, action: str) -> bool:
        return any(glob(pattern.lower(), action.lower()) for pattern in self.actions) != self.not_actions

    def names_resource(self, resource: str) -> bool:
        return any(_resource_matches(pattern, resource) for pattern in self.resources) != self.not_resources

    def names_principal(self, principal: str) -> bool:
        return any(_principal_matches(kind, name, principal) for kind, name in self.principals)

    def unmet(self, context: Context) -> Condition | None:
        return next((condition for condition in self.conditions if not condition.is_met(context)), None)

    def applies_to(self, request: Request) -> bool:
        named = self.names_action(request.action) and self.names_resource(request.resource)
        return named and self.unmet(request.context) is None


def _decide_for(principal: str, statements: Sequence[_Statement], request: Request, where: str) -> Decision:
    own = [statement for statement in statements if statement.names_principal(principal)]
    by = f" by {principal}"
    denied = _denial(request, own, by)
    if denied is not None:
        return denied
    decision = _allowance(request, own, by, where)
    if own:
        return decision
    return Decision(allowed=False, reason=f"{decision.reason}; no statement names that principal")


def _denial(request: Request, statements: Iterable[_Statement], by: str) -> Decision | None:
    for statement in statements:
        if statement.denies and statement.applies_to(request):
            reason = f"{request.action} on {request.resource}{by} is explicitly denied by {statement.name}"
            return Decision(allowed=False, reason=reason, explicit=True)
    return None


def _allowance(request: Request, statements: Iterable[_Statement], by: str, where: str | None = None) -> Decision:
    """Return the decision of a statement that allows the request, or a refusal that names the closest statement."""
    elsewhere = unmet = None
    for statement in statements:
        if statement.denies or not statement.names_action(request.action):
            continue
        if not statement.names_resource(request.resource):
            elsewhere = elsewhere or f"{statement.name} allows it only {_places(statement)}"
            continue
        condition = statement.unmet(request.context)
        if condition is None:
            return Decision(allowed=True, reason=f"allowed by {statement.name}")
        unmet = unmet or f"{statement.name} matches except for {condition.explain(request.context)}"
    missed = f"no statement allows {request.action} on {where or request.resource}{by}"
    nearest = unmet or elsewhere
    return Decision(allowed=False, reason=f"{missed}; {nearest}" if nearest else missed)


def _places(statement: _Statement) -> str:
    return f"{'outside' if statement.not_resources else 'on'} {', '.join(statement.resources)}"


def _identity_statements(policy: Document | str) -> Sequence[_Statement]:
    if isinstance(policy, str):
        return _remembered_statements(policy)
    return [_parse(raw, place, {"Resource"}) for place, raw in _raw_statements(policy)]


@lru_cache(maxsize=_REMEMBERED)
def _remembered_statements(text: str) -> Sequence[_Statement]:
    return _identity_statements(json.loads(unquote(text)))


def _resource_statements(document: Document) -> list[_Statement]:
    return [_parse(raw, place, {"Principal", "Resource"}) for place, raw in _raw_statements(document)]


def _raw_statements(document: Document) -> list[tuple[str, Mapping[str, Any]]]:
    for name in document:
        if name not in {"Version", "Id", "Statement"}:
            raise UnknownPolicyElement(f"policy element {name}")
    statements = _listed(document.get("Statement", []))
    return [(f"statement {raw.get('Sid', number)!r}", raw) for number, raw in enumerate(statements, start=1)]


_ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "Condition"}


def _parse(raw: Mapping[str, Any], name: str, required: set[str]) -> _Statement:
    """Return one parsed statement; `required` names its required elements in addition to Effect and Action."""
    misplaced = {"Resource", "Principal"} - required
    for key in raw:
        if key not in _ELEMENTS or key.removeprefix("Not") in misplaced:
            raise UnknownPolicyElement(f"{name}: element {key}")
    for key in sorted({"Action"} | required):
        if (key in raw) == (f"Not{key}" in raw):
            raise UnknownPolicyElement(f"{name}: needs exactly one of {key} and Not{key}")
    if raw.get("Effect") not in {"Allow", "Deny"}:
        raise UnknownPolicyElement(f"{name}: Effect {raw.get('Effect')!r}")
    resources = tuple(_listed(raw.get("Resource", raw.get("NotResource", "*"))))
    for resource in resources:
        if "${" in resource:
            raise UnknownPolicyElement(f"{name}: policy variable in {resource}")
    return _Statement(
        name=name,
        denies=raw["Effect"] == "Deny",
        actions=tuple(_listed(raw.get("Action", raw.get("NotAction")))),
        not_actions="NotAction" in raw,
        resources=resources,
        not_resources="NotResource" in raw,
        principals=_principals(raw.get("Principal", {}), name),
        conditions=parse_conditions(raw.get("Condition", {})),
    )


def _principals(element: object, name: str) -> tuple[tuple[str, str], ...]:
    if element == "*":
        return (("AWS", "*"),)
    if not isinstance(element, Mapping) or not element.keys() <= {"AWS", "Service", "Federated"}:
        raise UnknownPolicyElement(f"{name}: Principal {element!r}")
    return tuple((kind, principal) for kind, names in element.items() for principal in _listed(names))


def _principal_matches(kind: str, name: str, principal: str) -> bool:
    """Return whether a policy's principal matches; `*` matches services too, which S3's rights on topics rely on."""
    if kind == "AWS" and name == "*":
        return True
    if not principal.startswith("arn:"):
        return kind == "Service" and name == principal
    account = Arn.parse(principal).account
    whole_account = name == account or name.endswith(f"::{account}:root")
    return kind == "AWS" and (name == principal or whole_account)


def _resource_matches(pattern: str, resource: str) -> bool:
    return _compiled_arn(pattern).fullmatch(resource) is not None


@lru_cache(maxsize=1024)
def _compiled_arn(pattern: str) -> re.Pattern[str]:
    """Return a Resource as a pattern: only a `*` that ends a segment matches colons (IAM User Guide, Resource)."""
    regex = re.sub(r"\\\*(?=:|$)", ".*", re.escape(pattern))
    return re.compile(regex.replace(r"\*", "[^:]*").replace(r"\?", "[^:]"), re.DOTALL)


def _listed(element: Any) -> list[Any]:  # noqa: ANN401 - policy JSON has one or many everywhere
    return element if isinstance(element, list) else [element]
