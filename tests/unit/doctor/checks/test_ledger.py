"""Tests of what is found of the ledger and of the watch's looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.ledger import LedgerTable, check
from judgements.answers import Refused

NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)
REFUSED = Refused("no", "dynamodb:DescribeTable")


def expiry(status: str, attribute: str = "expires") -> Known[Any]:
    """Return DescribeTimeToLive's answer."""
    return Known({"TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": attribute}})


def ago(minutes: int) -> datetime:
    """Return a time before now."""
    return NOW - timedelta(minutes=minutes)


SOUND = LedgerTable(
    name="jobs-staging-ledger",
    watch="jobs-staging-watch",
    table=Known({"Table": {"TableStatus": "ACTIVE"}}),
    expiry=expiry("ENABLED"),
    looked=Known(ago(4)),
    deployed=ago(6000),
    now=NOW,
)


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, ["sound", "sound"]),
        ({"table": Known({"Table": {"TableStatus": "UPDATING"}})}, ["sound", "sound"]),
        ({"table": Known({"Table": {"TableStatus": "ARCHIVED"}})}, ["ledger-inactive", "sound"]),
        ({"table": Known(None)}, ["ledger-missing"]),
        ({"expiry": expiry("ENABLING")}, ["sound", "sound"]),
        ({"expiry": expiry("DISABLED")}, ["ledger-grows", "sound"]),
        ({"expiry": expiry("ENABLED", "ttl")}, ["ledger-grows", "sound"]),
        ({"looked": Known(ago(15))}, ["sound", "sound"]),
        ({"looked": Known(ago(16))}, ["sound", "watch-silent"]),
        ({"looked": Known(None)}, ["sound", "watch-silent"]),
        ({"looked": Known(None), "deployed": ago(15)}, ["sound", "sound"]),
        ({"looked": Known(None), "deployed": None}, ["sound", "watch-silent"]),
        ({"table": REFUSED}, ["unchecked", "sound"]),
        ({"expiry": REFUSED}, ["unchecked", "sound"]),
        ({"looked": REFUSED}, ["sound", "unchecked"]),
    ],
)
def test_a_ledger(changed: dict[str, Any], codes: list[str]) -> None:
    """A new watch has a quarter of an hour for its first look."""
    assert [one.code for one in check(replace(SOUND, **changed))] == codes
