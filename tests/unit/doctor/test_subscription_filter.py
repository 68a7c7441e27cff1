"""Tests of what the filter policies of subscriptions let pass."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctor.subscription_filter import passes
from emulator.sns.filter_policy import FilterPolicy

ATTRIBUTES = {"class": ["failed"], "owner": ["data"], "job": ["nightly-report"], "severity": ["error"]}


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        ({}, True),
        ({"owner": ["data"]}, True),
        ({"owner": ["finance", "data"]}, True),
        ({"owner": ["finance"]}, False),
        ({"owner": ["data"], "class": ["missed"]}, False),
        ({"team": ["data"]}, False),
        ({"owner": [{"prefix": "da"}]}, True),
        ({"owner": [{"prefix": "fi"}]}, False),
        ({"owner": [{"anything-but": ["finance"]}]}, True),
        ({"owner": [{"anything-but": "data"}]}, False),
        ({"team": [{"exists": False}]}, True),
        ({"owner": [{"exists": False}]}, False),
        ({"owner": [{"suffix": "ta"}]}, None),
        ({"owner": [{"suffix": "ta"}, "data"]}, True),
        ({"owner": [{"suffix": "ta"}], "class": ["missed"]}, False),
        ({"$or": [{"owner": ["finance"]}, {"class": ["failed"]}]}, None),
        ({"owner": {"name": ["data"]}}, None),
    ],
)
def test_filters(policy: dict[str, Any], verdict: bool | None) -> None:  # noqa: FBT001 - expected value
    """Every key must have a condition that is met. A form that is unknown counts only where it can decide."""
    assert passes(policy, ATTRIBUTES) is verdict


WORDS = st.sampled_from(["data", "finance", "failed", "missed"])
KNOWN = st.one_of(
    WORDS,
    WORDS.map(lambda word: {"prefix": word[:2]}),
    st.lists(WORDS, min_size=1, max_size=2, unique=True).map(lambda words: {"anything-but": words}),
    st.booleans().map(lambda exists: {"exists": exists}),
)
POLICIES = st.dictionaries(st.sampled_from(["class", "owner", "team"]), st.lists(KNOWN, min_size=1, max_size=3))


@given(POLICIES)
def test_agrees_with_the_topics_of_the_sandbox(policy: dict[str, Any]) -> None:
    """The sandbox delivers by the same policies, to the letter of the SNS Developer Guide."""
    sent = {name: {"Type": "String.Array", "Value": json.dumps(values)} for name, values in ATTRIBUTES.items()}
    assert passes(policy, ATTRIBUTES) is FilterPolicy(policy, None).matches(sent, "")
