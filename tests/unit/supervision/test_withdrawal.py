"""Launches that workers may take: one in doubt is withdrawn before its tick leaves its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supervision import calls, progress
from supervision.flights import Launch
from supervision.progress import DIRECT, LAST_MOMENT, REMOVED
from supervision.traffic import Traffic
from tests.unit.supervision.flying import T, advance, launched, running, with_limits

if TYPE_CHECKING:
    from supervision.flights import Flight

WORKER = with_limits(taken_by="worker")


def kinds(one: Flight, at: int) -> list[str]:
    """Return the calls that are due."""
    return [call.kind for call in calls.due(Traffic([one]), T + at)]


def test_a_launch_in_doubt_is_repeated() -> None:
    """The message may be sent again: each launch is claimed once."""
    one = launched(limits=WORKER)
    progress.unanswered(one, "ReadTimeoutError", T)
    assert kinds(one, 1) == []
    assert kinds(one, 60) == [calls.LAUNCH]


def test_it_is_withdrawn_when_nobody_has_answered_for_too_long() -> None:
    """Its message may lie in the queue, so the tick keeps its place until the answer to the withdrawal."""
    one = launched(limits=WORKER)
    progress.unanswered(one, "ReadTimeoutError", T + LAST_MOMENT - 10)
    assert calls.moments(Traffic([one]), T + LAST_MOMENT - 9) == [one.not_before], (
        "the moment at which that may be done"
    )
    one.not_before = 0
    one.launch = Launch(1, 1, T, calls=9, called=T + LAST_MOMENT - 1)
    assert kinds(one, LAST_MOMENT) == [], "the invocation that called last may go on"
    assert kinds(one, LAST_MOMENT + 59) == [calls.WITHDRAW]
    assert advance([one], 10 * LAST_MOMENT) == {}
    progress.not_answered(one, T + 10 * LAST_MOMENT)
    assert kinds(one, 10 * LAST_MOMENT) == []
    assert kinds(one, 10 * LAST_MOMENT + progress.CALL_AGAIN) == [calls.WITHDRAW]


def test_it_is_withdrawn_when_nobody_wants_it() -> None:
    """An operator has withdrawn the tick. What was not sent is not sent any more."""
    one = launched(limits=WORKER, launch=Launch(1, 1, T, calls=1))
    progress.withdraw(one, "an operator withdrew it", T + 5)
    assert advance([one], 5) == {}
    assert kinds(one, 60) == [calls.WITHDRAW]


def test_a_task_is_not_withdrawn() -> None:
    """Nobody can tell ECS not to start it."""
    one = launched()
    progress.withdraw(one, "an operator withdrew it", T + 5)
    assert kinds(one, 60) == [calls.LAUNCH]


@pytest.mark.parametrize(
    ("gone", "ending"),
    [(REMOVED, ("skipped", REMOVED)), (DIRECT, ("not-launched", progress.UNKNOWN_MESSAGE))],
)
def test_the_job_is_removed_while_its_launch_is_in_doubt(gone: str, ending: tuple[str, str]) -> None:
    """It is withdrawn at its last moment. If nobody answers that either, as there are no claims any more, it ends."""
    one = launched(limits=WORKER)
    assert advance([one], 100, gone=gone) == {}
    assert kinds(one, LAST_MOMENT - 1) == []
    assert kinds(one, LAST_MOMENT) == [calls.WITHDRAW]
    progress.not_answered(one, T + LAST_MOMENT)
    assert advance([one], 2 * LAST_MOMENT - 1, gone=gone) == {}
    assert kinds(one, 2 * LAST_MOMENT - 1) == [calls.WITHDRAW]
    assert advance([one], 2 * LAST_MOMENT, gone=gone)[one.tick] == ending


def test_a_run_that_is_known_is_stopped() -> None:
    """It is described and stopped like a task."""
    one = running(limits=with_limits(taken_by="worker", timeout=60))
    assert kinds(one, 70) == [calls.DESCRIBE]
    progress.withdraw(one, "an operator withdrew it", T + 20)
    assert kinds(one, 20) == [calls.STOP]
