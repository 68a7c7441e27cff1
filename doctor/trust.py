"""Whether the trust policy of a role lets somebody assume it. Pure.

No call of AWS answers that: SimulatePrincipalPolicy knows a role's permissions only. So this reads the policy, and says
that it cannot tell when it meets what it does not know. It errs in neither direction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ASSUME = "sts:AssumeRole"
_OPERATOR = re.compile(r"(?P<name>StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|Bool)(IfExists)?")
"""IAM User Guide, "Condition operators"; others are not read. A value that is known meets IfExists as it meets none."""
_EXACT = "StringEquals"
_KNOWN = frozenset({"Sid", "Effect", "Principal", "Action", "Condition"})


@dataclass(frozen=True)
class Caller:
    """Who assumes a role, with what is known of the request."""

    kind: str
    """`Service` or `AWS`, as a policy has it."""
    name: str
    """The service's name, such as `ecs-tasks.amazonaws.com`, or the ARN of a role."""
    context: Mapping[str, str]
    """The values of condition keys. A `*` at the end of one stands for a part that is not known."""

    def is_named_by(self, kind: str, names: object) -> bool:
        """Return whether a principal names the caller. An account stands for all its roles."""
        account = self.name.split(":")[4] if self.kind == "AWS" else ""
        own = {self.name, "*"} | ({account, f"{self.name.rpartition('::')[0]}::{account}:root"} if account else set())
        return kind == self.kind and any(name in own for name in _listed(names))


def trusts(document: Mapping[str, Any], caller: Caller) -> bool | str:
    """Return whether a trust policy lets a caller assume the role, or why that cannot be told."""
    found = [(statement, _applies(statement, caller)) for statement in _listed(document.get("Statement", []))]
    denials = [applies for statement, applies in found if statement.get("Effect") == "Deny"]
    grants = [applies for statement, applies in found if statement.get("Effect") != "Deny"]
    if True in denials:
        return False
    doubts = [one for one in denials if isinstance(one, str)]
    if doubts:
        return doubts[0]
    return True in grants or next((one for one in grants if isinstance(one, str)), False)


def _applies(statement: Mapping[str, Any], caller: Caller) -> bool | str:
    strange = sorted(statement.keys() - _KNOWN)
    if strange:
        return f"its trust policy has {strange[0]}"
    principal = statement.get("Principal", {})
    given = principal.items() if isinstance(principal, Mapping) else [(caller.kind, principal)]
    if not any(caller.is_named_by(kind, names) for kind, names in given):
        return False
    if not any(_matches(action.lower(), _ASSUME.lower()) for action in _listed(statement.get("Action", []))):
        return False
    found = [
        _is_met(operator, key, wanted, caller.context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    ]
    if False in found:
        return False
    return next((one for one in found if isinstance(one, str)), True)


def _is_met(operator: str, key: str, wanted: object, context: Mapping[str, str]) -> bool | str:
    """Return whether a condition is met; a text when that depends on what is not known."""
    known = {name.lower(): value for name, value in context.items()}.get(key.lower())
    read = _OPERATOR.fullmatch(operator)
    if known is None or read is None:
        return f"its trust policy has the condition {operator} on {key}"
    values = [str(one) for one in _listed(wanted)]
    if any("${" in one for one in values):
        return f"its trust policy has a variable in the condition on {key}"
    if known.endswith("*"):
        return _is_met_in_part(key, known.removesuffix("*"), values, exact=read["name"] == _EXACT)
    if read["name"] == _EXACT:
        return known in values
    if read["name"] in {"StringEqualsIgnoreCase", "Bool"}:
        return known.lower() in {one.lower() for one in values}
    return any(_matches(one, known) for one in values)


def _is_met_in_part(key: str, beginning: str, patterns: list[str], *, exact: bool) -> bool | str:
    """Return whether a value with this beginning matches a pattern, whatever its end is; `exact` is without `*`."""
    if not exact and any(one.endswith("*") and _matches(one, beginning) for one in patterns):
        return True
    if any(one.startswith(beginning) if exact else _may_begin(one, beginning) for one in patterns):
        return f"its trust policy limits {key} to {', '.join(patterns)}"
    return False


def _may_begin(pattern: str, beginning: str) -> bool:
    """Return whether a text that a pattern matches can have this beginning."""
    fixed = re.split(r"[*?]", pattern, maxsplit=1)[0]
    return fixed.startswith(beginning) or (fixed != pattern and beginning.startswith(fixed))


def _matches(pattern: str, text: str) -> bool:
    regex = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)
    return re.fullmatch(regex, text, re.DOTALL) is not None


def _listed(element: Any) -> list[Any]:  # noqa: ANN401 - policies have one or many everywhere
    return element if isinstance(element, list) else [element]
