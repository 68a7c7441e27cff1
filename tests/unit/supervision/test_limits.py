"""The limits of a supervised schedule, and their way through JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.limits import LATE, OVERLAPS, REVISIONS, Closure, Limits

SECONDS = st.integers(1, 10**8)
CLOSURES = st.builds(Closure, st.text(), st.text(), st.text(), st.text())
LIMITS = st.builds(
    Limits,
    start_deadline=SECONDS,
    start_timeout=SECONDS,
    timeout=st.none() | SECONDS,
    total_timeout=st.none() | SECONDS,
    retries=st.integers(0, 10),
    backoff=SECONDS,
    retry_on=st.lists(st.integers(1, 255)).map(tuple),
    overlap=st.sampled_from(OVERLAPS),
    lock=st.text(),
    late=st.sampled_from(LATE),
    run_revision=st.sampled_from(REVISIONS),
    closed=st.lists(CLOSURES).map(tuple),
)
CLOSURE = {"calendar": "holidays", "since": "2026-12-24T23:00:00Z", "until": "2026-12-25T23:00:00Z", "reason": "Xmas"}


@given(LIMITS)
def test_plain_data_survives_json(limits: Limits) -> None:
    """What the item keeps is what the plan asked for."""
    assert Limits.from_plain(json.loads(json.dumps(limits.to_plain()))) == limits


@pytest.mark.parametrize(
    ("limits", "plain"),
    [
        (Limits(start_deadline=900), {"start_deadline": 900}),
        (Limits(start_deadline=60, timeout=3600, retries=2), {"start_deadline": 60, "timeout": 3600, "retries": 2}),
        (Limits(start_deadline=60, retry_on=(75,)), {"start_deadline": 60, "retry_on": (75,)}),
        (Limits(start_deadline=60, overlap="skip", lock="db"), {"start_deadline": 60, "overlap": "skip", "lock": "db"}),
        (Limits(start_deadline=60, closed=(Closure(**CLOSURE),)), {"start_deadline": 60, "closed": (CLOSURE,)}),
    ],
    ids=["nothing", "numbers", "codes", "words", "closures"],
)
def test_an_item_has_only_what_differs_from_the_defaults(limits: Limits, plain: dict[str, Any]) -> None:
    """The item stays small, and a field that a new version adds changes no item."""
    assert limits.to_plain() == plain


def test_unknown_data_is_refused() -> None:
    """A limit that this version cannot keep is not dropped without a word."""
    with pytest.raises(TypeError, match="cooldown"):
        Limits.from_plain({"start_deadline": 60, "cooldown": 5})
