"""Tests of what is found of KMS keys."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.keys import OF_SNS, UsedKey, check
from judgements.answers import Refused

KEY = "arn:aws:kms:eu-central-1:123456789012:key/0987dcba"


@pytest.mark.parametrize(
    ("key", "answer", "code"),
    [
        (KEY, Known({"KeyMetadata": {"KeyState": "Enabled"}}), "sound"),
        (KEY, Known({"KeyMetadata": {"KeyState": "Disabled"}}), "alert-key-unusable"),
        (KEY, Known({"KeyMetadata": {"KeyState": "PendingDeletion"}}), "alert-key-unusable"),
        (KEY, Known(None), "alert-key-unusable"),
        (KEY, Refused("no", "kms:DescribeKey"), "unchecked"),
        (OF_SNS, Known({"KeyMetadata": {"KeyState": "Enabled"}}), "alert-key-of-aws"),
    ],
)
def test_a_key(key: str, answer: Known[Any] | Refused, code: str) -> None:
    """It must be enabled, and its policy must be one's own."""
    assert [one.code for one in check([UsedKey(key=key, encrypts=["jobs-alerts"], answer=answer)])] == [code]


def test_a_key_that_is_to_be_deleted_is_kept_first() -> None:
    """Only then can it be enabled."""
    [one] = check(
        [UsedKey(key=KEY, encrypts=["a", "b"], answer=Known({"KeyMetadata": {"KeyState": "PendingDeletion"}}))]
    )
    assert one.text == "the key is PendingDeletion, so nothing can use a, b"
    assert one.fix == f"aws kms cancel-key-deletion --key-id {KEY} and then aws kms enable-key --key-id {KEY}"
