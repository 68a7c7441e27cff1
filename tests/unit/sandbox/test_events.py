from __future__ import annotations

from typing import Any

import pytest

from sandbox.events import Outcome, chosen, outcome
from tests.unit.sandbox.event_samples import ALARM, DELIVERY, EVENTS, INVOCATION, LAUNCH

OUTCOMES: dict[Outcome, dict[str, Any]] = {
    Outcome.STARTED: LAUNCH,
    Outcome.NO_TASK: {**LAUNCH, "tasks": [], "failures": ["No capacity"]},
    Outcome.RETRIED: {**LAUNCH, "tasks": [], "error": "ThrottlingException"},
    Outcome.NOT_LAUNCHED: {**LAUNCH, "tasks": [], "error": "Denied", "dead_letter": "lost: no queue"},
    Outcome.DELIVERED: DELIVERY,
    Outcome.FAILED: {**DELIVERY, "error": "Refused"},
    Outcome.OK: {**ALARM, "new": "OK"},
    Outcome.ALARM: ALARM,
    Outcome.INSUFFICIENT_DATA: {**ALARM, "new": "INSUFFICIENT_DATA"},
}


@pytest.mark.parametrize(("expected", "event"), OUTCOMES.items(), ids=OUTCOMES)
def test_outcome(expected: Outcome, event: dict[str, Any]) -> None:
    """Each event has one outcome; a launch without a task is no task even where Scheduler does not give it up."""
    assert outcome(event) is expected


def test_message() -> None:
    """The message of a schedule is delivered to its queue; nothing was started yet."""
    assert outcome({**LAUNCH, "tasks": [], "sent_to": "launches"}) is Outcome.DELIVERED


def test_every_outcome_happens() -> None:
    """No outcome is offered that no event has, and an invocation is an event only when it failed."""
    assert set(OUTCOMES) == set(Outcome)
    assert outcome(INVOCATION) is Outcome.FAILED


def test_chosen() -> None:
    """Events are chosen by job, by some outcomes, or by both; their order stays."""
    other = {**LAUNCH, "job": "other"}
    events = [*EVENTS, other]
    assert chosen(events, None, ()) == events
    assert chosen(events, "report", ()) == [LAUNCH, DELIVERY]
    assert chosen(events, None, (Outcome.STARTED, Outcome.ALARM)) == [LAUNCH, ALARM, other]
    assert chosen(events, "other", (Outcome.STARTED, Outcome.ALARM)) == [other]
    assert chosen(events, "other", (Outcome.FAILED,)) == []
