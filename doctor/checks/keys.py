"""Checks that the KMS keys of the group's topics, queues and ledger can be used. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctor.finding import Link, broken, sound, unchecked
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doctor.account import Known
    from doctor.finding import Finding

OF_SNS = "alias/aws/sns"
"""AWS's own key for topics, whose policy nobody can change."""


@dataclass(frozen=True, kw_only=True)
class UsedKey:
    """A key, and what it encrypts."""

    key: str
    """Its id, ARN or alias."""
    encrypts: Sequence[str]
    """Names of topics, queues and tables."""
    answer: Known[Mapping[str, Any] | None] | Refused
    """DescribeKey's answer."""


def check(keys: Sequence[UsedKey]) -> Iterator[Finding]:
    """Yield what is found of each key."""
    for key in keys:
        found = list(_faults(key))
        yield from found or [sound(Link.ALERTS, _about(key))]


def _faults(key: UsedKey) -> Iterator[Finding]:
    encrypted = ", ".join(key.encrypts)
    if key.key == OF_SNS:
        text = f"AWS's own key encrypts {encrypted}, and its policy does not let CloudWatch and EventBridge publish"
        fix = "encrypt the topic with a key of your own (docs/encryption.md), or with none"
        yield broken("alert-key-of-aws", Link.ALERTS, _about(key), text, fix)
    elif isinstance(key.answer, Refused):
        yield unchecked(Link.ALERTS, _about(key), "the key's state", key.answer)
    elif key.answer.value is None:
        text = f"there is no such key, so nothing can use {encrypted}"
        fix = "name another key under scheduled-jobs:encryption in the stack file, and run pulumi up"
        yield broken("alert-key-unusable", Link.ALERTS, _about(key), text, fix)
    elif (state := key.answer.value["KeyMetadata"]["KeyState"]) != "Enabled":
        text = f"the key is {state}, so nothing can use {encrypted}"
        cancel = f"aws kms cancel-key-deletion --key-id {key.key} and then " if state == "PendingDeletion" else ""
        yield broken(
            "alert-key-unusable", Link.ALERTS, _about(key), text, f"{cancel}aws kms enable-key --key-id {key.key}"
        )


def _about(key: UsedKey) -> str:
    return f"key {key.key.rpartition('/')[2]}"
