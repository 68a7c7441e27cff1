"""Whether a tick begins while others of its job are in flight."""

from __future__ import annotations

import pytest

from supervision.slots import Answer, judge
from tests.unit.supervision.flying import T, flight, running, with_limits

FREE = Answer()


@pytest.mark.parametrize(
    ("overlap", "runs", "waits", "answer"),
    [
        ("allow", True, False, FREE),
        ("allow", True, True, FREE),
        ("skip", False, False, FREE),
        ("skip", True, False, Answer(skip="the tick {0} was not over")),
        ("skip", False, True, Answer(skip="the tick {1} was still waiting")),
        ("queue", False, False, FREE),
        ("queue", True, False, Answer(wait="waiting for the tick {0} to be over")),
        ("queue", True, True, Answer(skip="the tick {1} was already waiting")),
        ("queue", False, True, Answer(skip="the tick {1} was already waiting")),
        ("replace", False, False, FREE),
        ("replace", True, False, Answer(wait="waiting for the tick {0} to be stopped")),
        ("replace", False, True, FREE),
    ],
)
def test_the_four_ways(overlap: str, *, runs: bool, waits: bool, answer: Answer) -> None:
    """Each way, with a tick that runs and one that waits before it."""
    limits = with_limits(overlap=overlap)
    first, second, mine = running(limits=limits), flight(60, limits=limits), flight(120, limits=limits)
    flights = [*([first] if runs else []), *([second] if waits else []), mine]
    wanted = Answer(*(text.format(first.tick, second.tick) for text in (answer.skip, answer.wait)))
    assert judge(flights, mine, T) == wanted


def test_a_tick_replaces_all_that_run_and_all_that_wait() -> None:
    """The one that runs is stopped and tried no more. The one that waits is skipped when it is judged."""
    limits = with_limits(overlap="replace")
    runs, waits, mine = running(limits=limits), flight(60, limits=limits), flight(120, limits=limits)
    judge([runs, waits, mine], mine, T + 120)
    assert runs.stop is not None
    assert (runs.stop.class_, runs.stop.why) == ("stopped", f"the tick {mine.tick} replaces it")
    assert runs.last
    assert judge([runs, waits, mine], waits, T).skip == f"the tick {mine.tick} replaced it before it began"


@pytest.mark.parametrize("overlap", ["skip", "queue", "replace"])
def test_an_insisting_run_neither_waits_nor_blocks(overlap: str) -> None:
    """It begins beside the tick that runs, and the next tick begins beside it."""
    limits = with_limits(overlap=overlap)
    runs, insists = running(limits=limits), running(60, limits=limits, rerun="0000aaaa", insists=True)
    assert judge([runs, insists], insists, T) == FREE
    assert runs.stop is None
    mine = flight(120, limits=limits)
    assert judge([insists, mine], mine, T) == FREE


def test_skipped_ticks_are_counted_for_the_one_that_blocks() -> None:
    """The alert of an overrun says how many ticks were skipped for it."""
    skips, queues = with_limits(overlap="skip"), with_limits(overlap="queue")
    runs, waits = running(limits=skips), flight(60, limits=queues)
    for number, limits in enumerate((skips, queues), start=2):
        judge([runs, waits, mine := flight(60 * number, limits=limits)], mine, T)
    assert (runs.blocked, waits.blocked) == (2, 0)
