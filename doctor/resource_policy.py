"""Whether the policy of a topic, queue or function lets a service or anybody use it. Pure.

A small part of IAM's evaluation: the conditions that such policies have in practice. What it does not know makes the
verdict None, so that nobody is told of a fault that may be none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EQUAL = frozenset({"arnequals", "arnlike", "stringequals", "stringlike"})
"""Operators that compare texts. In values of `StringEquals` a `*` is no wildcard, but no source has one either."""
_TLS = "aws:securetransport"


def lets(policy: Mapping[str, Any], service: str, action: str, resource: str, told: Mapping[str, str]) -> bool | None:
    """Return whether a policy lets a service do this; None if that depends on something unknown here.

    `service` may be `*`, for anybody. `told` are the condition keys that the caller tells, in lower case, such as
    `aws:sourcearn`; a boolean is told as `true` or `false`. Calls use TLS.
    """
    denied = [_applies(one, service, action, resource, told) for one in _statements(policy, "Deny")]
    allowed = [_applies(one, service, action, resource, told) for one in _statements(policy, "Allow")]
    if True in denied:
        return False
    if None in denied or (None in allowed and True not in allowed):
        return None
    return True in allowed


def _applies(
    statement: Mapping[str, Any], service: str, action: str, resource: str, told: Mapping[str, str]
) -> bool | None:
    if "NotPrincipal" in statement or "NotAction" in statement or "NotResource" in statement:
        return None
    if not _names(statement.get("Principal"), service):
        return False
    if not any(_matches(pattern.lower(), action.lower()) for pattern in _listed(statement.get("Action", ()))):
        return False
    if not any(_matches(pattern, resource) for pattern in _listed(statement.get("Resource", "*"))):
        return False
    return _met(statement.get("Condition") or {}, told)


def _names(principal: Any, service: str) -> bool:  # noqa: ANN401 - policy JSON
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    return service in _listed(principal.get("Service", ())) or "*" in _listed(principal.get("AWS", ()))


def _met(conditions: Mapping[str, Mapping[str, Any]], told: Mapping[str, str]) -> bool | None:
    """Return whether all conditions hold; None if one is not known here, and the others hold."""
    verdict: bool | None = True
    for operator, keys in conditions.items():
        for key, wanted in keys.items():
            one = _holds(operator.lower(), key.lower(), [str(each) for each in _listed(wanted)], told)
            if one is False:
                return False
            verdict = None if one is None else verdict
    return verdict


def _holds(operator: str, key: str, wanted: Sequence[str], told: Mapping[str, str]) -> bool | None:
    if operator == "bool":
        known = "true" if key == _TLS else told.get(key)
        return None if known is None else any(each.lower() == known for each in wanted)
    if operator not in _EQUAL or (key not in told and not key.startswith("aws:source")):
        return None
    return key in told and any(_matches(each, told[key]) for each in wanted)


def _matches(pattern: str, text: str) -> bool:
    """Return whether a text has the form of a pattern, in which `*` stands for any text and `?` for a character."""
    parts = re.split(r"([*?])", pattern)
    written = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(written, text, re.DOTALL) is not None


def _statements(policy: Mapping[str, Any], effect: str) -> list[Mapping[str, Any]]:
    return [one for one in _listed(policy.get("Statement", ())) if one.get("Effect") == effect]


def _listed(element: Any) -> list[Any]:  # noqa: ANN401 - policy JSON has one or many everywhere
    return list(element) if isinstance(element, list | tuple) else [element]
