"""Whether a subscription's filter policy lets an alert pass. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OF_ATTRIBUTES = "MessageAttributes"
"""The scope of a filter policy that reads a message's attributes (SNS API reference, SetSubscriptionAttributes)."""


def passes(policy: Mapping[str, Any], attributes: Mapping[str, Sequence[str]]) -> bool | None:
    """Return whether a message with these attributes passes; None if the policy has a form that is unknown here.

    A message passes if every key of the policy has a condition that one of the attribute's values meets (SNS Developer
    Guide, "Filter policy constraints").
    """
    verdict: bool | None = True
    for name, conditions in policy.items():
        one = _meets(conditions, attributes.get(name) or ()) if isinstance(conditions, list) else None
        if one is False:
            return False
        verdict = None if one is None else verdict
    return verdict


def _meets(conditions: Sequence[Any], values: Sequence[str]) -> bool | None:
    known = [_meets_one(condition, values) for condition in conditions]
    return True if True in known else None if None in known else False


def _meets_one(condition: Any, values: Sequence[str]) -> bool | None:  # noqa: ANN401 - a part of a filter policy
    match condition:
        case str():
            return condition in values
        case {"prefix": str() as prefix, **rest} if not rest:
            return any(value.startswith(prefix) for value in values)
        case {"anything-but": str() as other, **rest} if not rest:
            return any(value != other for value in values)
        case {"anything-but": [*others], **rest} if not rest:
            return any(value not in others for value in values)
        case {"exists": bool() as exists, **rest} if not rest:
            return bool(values) is exists
        case _:
            return None
