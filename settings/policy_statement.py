"""The type `Statement`: a statement of the policy of a job's own role, as IAM takes it.

A mistake in one shows at `pulumi up` at the earliest, after the role has been made (IAM User Guide, "Grammar of the IAM
JSON policy language").
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator

from settings.problems import show

_MEMBERS = ("Sid", "Effect", "Action", "Resource", "Condition")
_REQUIRED = ("Effect", "Action", "Resource")
_EFFECTS = ("Allow", "Deny")
_SID = re.compile(r"[A-Za-z0-9]*")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_RESOURCE = re.compile(r"\*|arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S.*")
_MOST = 10240
"""Characters of all inline policies of a role, without white space (IAM quotas)."""


def _is_a_statement(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    for member in _REQUIRED:
        if member not in statement:
            raise ValueError(f"has no {member}; must be a policy statement with Effect, Action and Resource")
    unknown = next((member for member in statement if member not in _MEMBERS), None)
    if unknown is not None:
        raise ValueError(f"has {unknown}; must have only {', '.join(_MEMBERS)}")
    if statement["Effect"] not in _EFFECTS:
        raise ValueError(f"the Effect is {show(statement['Effect'])}; must be Allow or Deny")
    if "Sid" in statement and not _is_text(statement["Sid"], _SID):
        raise ValueError(f"the Sid is {show(statement['Sid'])}; must be letters and digits, such as ReadReports")
    if not _are_texts(statement["Action"], _ACTION):
        raise ValueError(f"the Action is {show(statement['Action'])}; must be actions, such as s3:GetObject")
    if not _are_texts(statement["Resource"], _RESOURCE):
        raise ValueError(
            f"the Resource is {show(statement['Resource'])}; must be * or ARNs, such as arn:aws:s3:::reports/*"
        )
    if "Condition" in statement and not _is_a_condition(statement["Condition"]):
        raise ValueError('the Condition must be like {"StringEquals": {"aws:PrincipalTag/team": "data"}}')
    return statement


def _is_text(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _are_texts(value: object, pattern: re.Pattern[str]) -> bool:
    """Return whether a value is text of this pattern, or a list of such texts that is not empty."""
    return _is_text(value, pattern) or (
        isinstance(value, list | tuple) and bool(value) and all(_is_text(one, pattern) for one in value)
    )


def _is_a_condition(value: object) -> bool:
    """Return whether a value has keys by operator, and for each key one or several plain values."""
    return isinstance(value, Mapping) and all(
        isinstance(operator, str) and isinstance(keys, Mapping) and all(map(_is_plain, keys, keys.values()))
        for operator, keys in value.items()
    )


def _is_plain(key: object, given: object) -> bool:
    values = given if isinstance(given, list | tuple) else [given]
    return isinstance(key, str) and all(isinstance(one, str | bool | int) for one in values)


Statement = Annotated[Mapping[str, Any], AfterValidator(_is_a_statement)]


def _fit_together(statements: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    twice = next((sid for index, sid in enumerate(sids) if sid in sids[:index]), None)
    if twice is not None:
        raise ValueError(f"has two statements with the Sid {twice}; each must have another one")
    size = len(json.dumps(statements, separators=(",", ":"), ensure_ascii=False))
    if size > _MOST:
        raise ValueError(f"has {size} characters; IAM takes {_MOST} in the policies of a role")
    return statements


Statements = Annotated[Sequence[Statement], AfterValidator(_fit_together)]
