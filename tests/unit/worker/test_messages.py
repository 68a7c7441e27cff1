"""Messages of the work queue are read whole, or refused with what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduled_jobs_worker import names
from scheduled_jobs_worker.messages import MalformedError, Message
from scheduled_jobs_worker.runs import Run

TICK = "2027-01-04T02:00:00Z"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:shop-work-web"
GIVEN: dict[str, Any] = {
    "job": "rates",
    "task": "import rates",
    "schedule": "rates.night",
    "tick": TICK,
    "attempt": 2,
    "launch": 3,
    "rerun": "0a0b0c0d",
    "trigger": "manual",
    "run": f"{QUEUE}/{names.run_id('rates.night', TICK, '0a0b0c0d', 3)}",
    "timeout": 90,
}


def test_whole_message() -> None:
    """Each part of a message is read."""
    run = Run("rates", "rates.night", datetime(2027, 1, 4, 2, tzinfo=UTC), 2, 3, "0a0b0c0d", "manual")
    assert Message.read(json.dumps(GIVEN)) == Message(run, "import rates", GIVEN["run"], 90.0)


def test_message_of_a_schedule() -> None:
    """A run of the schedule has no request, and may have no time limit."""
    plain = {name: value for name, value in GIVEN.items() if name not in {"rerun", "trigger"}}
    plain |= {"run": f"{QUEUE}/{names.run_id('rates.night', TICK, '', 3)}", "timeout": None}
    found = Message.read(json.dumps(plain))
    assert (found.run.rerun, found.run.trigger, found.timeout) == ("", "", None)


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("job", None, "job: missing"),
        ("job", "a b", "job: 'a b'; must be a text like"),
        ("schedule", "-x", "schedule: '-x'"),
        ("tick", "2027-01-04", "tick: '2027-01-04' is not an instant such as 2026-11-26T02:00:00Z"),
        ("tick", "2027-13-04T02:00:00Z", "tick: "),
        ("attempt", 0, "attempt: 0; must be a whole number from 1 to 10000"),
        ("attempt", 10_001, "attempt: 10001; must be a whole number from 1 to 10000"),
        ("launch", True, "launch: True"),
        ("launch", 1.5, "launch: 1.5"),
        pytest.param("launch", 10**40, "launch: 1000", id="launch-no-number-of-dynamodb"),
        ("rerun", "0A0B0C0D", "rerun: '0A0B0C0D'"),
        ("trigger", "me", "trigger: 'me'; may be 'manual'"),
        ("task", "", "task: must have 1 to 255 characters"),
        ("timeout", 0, "timeout: 0; must be seconds, at most 1209600, or null"),
        ("timeout", float("inf"), "timeout: inf"),
        ("timeout", float("nan"), "timeout: nan"),
        pytest.param("timeout", 10**400, "timeout: 1000", id="timeout-no-float"),
        ("timeout", "90", "timeout: '90'"),
        ("schedule", "other.night", "schedule: 'other.night'; must be of the job 'rates'"),
        ("run", f"{QUEUE}/0", f"run: '{QUEUE}/0'; must be the queue's ARN and this launch's id, /"),
        ("run", f"a\n{GIVEN['run']}", f"run: 'a\\n{QUEUE}/"),
    ],
)
def test_part_that_is_wrong(name: str, value: object, wrong: str) -> None:
    """The part, its value and what it may be stand in the error."""
    with pytest.raises(MalformedError) as refused:
        Message.read(json.dumps({**GIVEN, name: value}))
    assert str(refused.value).startswith(wrong)


@given(
    st.one_of(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*GIVEN, "x"]), inner),
        ).map(json.dumps),
    )
)
def test_no_message_stops_the_worker(body: str) -> None:
    """Whatever a body is, it is refused as malformed."""
    with pytest.raises(MalformedError):
        Message.read(body)


def test_deep_body() -> None:
    """A body that is nested too deep for Python is refused as well."""
    with pytest.raises(MalformedError):
        Message.read("[" * 100_000)
