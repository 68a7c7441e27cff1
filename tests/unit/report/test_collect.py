"""A schedule is read as AWS describes it, also one that somebody else has made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from report import collect
from report.coming import coming

SECRET = {"Overrides": {"ContainerOverrides": [{"Environment": [{"Name": "API_TOKEN", "Value": "0123456789"}]}]}}


@pytest.mark.parametrize(
    ("target", "secrets"),
    [
        ({"Input": json.dumps(SECRET)}, {"0123456789": "API_TOKEN"}),
        ({"Input": "hello"}, {}),
        ({"Input": "[1]"}, {}),
        ({}, {}),
    ],
    ids=["a job", "any text", "no object", "no input"],
)
def test_secrets_of_the_input(target: dict[str, Any], secrets: dict[str, str]) -> None:
    """An input that is no request of RunTask has none."""
    assert collect._secrets({"Target": target}) == secrets


@pytest.mark.parametrize(
    ("expression", "timezone", "words"),
    [
        ("rate(1 hour)", "UTC", "every hour"),
        ("every(day)", "UTC", "every(day)"),
        ("rate(1 hour)", "Mars/Olympus", "rate(1 hour)"),
    ],
)
def test_words(expression: str, timezone: str, words: str) -> None:
    """An expression that this version cannot read is shown as it is, and its ticks are not known."""
    described = {"ScheduleExpression": expression, "ScheduleExpressionTimezone": timezone, "State": "ENABLED"}
    changed = {"LastModificationDate": datetime(2027, 1, 4, tzinfo=UTC)}
    assert collect._words(described) == words
    assert bool(coming({**described, **changed}, datetime(2027, 1, 5, tzinfo=UTC))) == (words == "every hour")
