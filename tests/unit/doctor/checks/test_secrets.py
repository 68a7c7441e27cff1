"""Tests of what is found of secrets."""

from __future__ import annotations

from typing import Any

import pytest

from aws_facts import value_from
from aws_facts.arn import Arn
from doctor.account import Known
from doctor.checks.secrets import UsedSecret, check
from judgements.answers import Refused

TASK = Arn.parse("arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1")
STORED = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"
FOUND = Known({"Name": "db"})


def used(answer: Known[Any] | Refused, key: Known[Any] | Refused | None = None, text: str = STORED) -> UsedSecret:
    """Return a secret that jobs read."""
    return UsedSecret(text, value_from.parse(text, TASK), ["b", "a"], answer, key)


@pytest.mark.parametrize(
    ("secret", "code", "about"),
    [
        (used(FOUND), "sound", "db-AbCdEf"),
        (used(FOUND, text="/team/token"), "sound", "/team/token"),
        (used(FOUND, Known({"KeyState": "Enabled"})), "sound", "db-AbCdEf"),
        (used(FOUND, Known({"KeyState": "PendingDeletion"})), "key-unusable", "db-AbCdEf"),
        (used(FOUND, Known(None)), "key-unusable", "db-AbCdEf"),
        (used(FOUND, Refused("no", "kms:DescribeKey")), "unchecked", "db-AbCdEf"),
        (used(Known({"DeletedDate": "2027"})), "secret-deleted", "db-AbCdEf"),
        (used(Known(None)), "secret-missing", "db-AbCdEf"),
        (used(Known(None), text="arn:aws:s3:::bucket/key"), "secret-missing", "arn:aws:s3:::bucket/key"),
        (used(Refused("no", "secretsmanager:DescribeSecret")), "unchecked", "db-AbCdEf"),
        (used(FOUND, text=f"{STORED}:password::"), "unchecked", "db-AbCdEf"),
    ],
)
def test_a_secret(secret: UsedSecret, code: str, about: str) -> None:
    """A secret exists, is not about to be deleted, and its key decrypts. The keys of its JSON are not seen."""
    [found] = check([secret])
    assert (found.code, found.about, found.jobs) == (code, about, ("a", "b"))


def test_what_is_missing_is_named_by_its_kind() -> None:
    """A secret and a parameter are made in different places."""
    texts = [one.text for one in check([used(Known(None)), used(Known(None), text="/team/token")])]
    assert texts == [f"there is no secret {STORED}", "there is no parameter /team/token"]
