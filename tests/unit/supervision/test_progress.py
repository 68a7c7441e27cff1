"""Ticks in flight: how they begin, wait, are launched again, and end."""

from __future__ import annotations

from typing import Any

import pytest

from supervision import calls, progress
from supervision.locks import Lock
from supervision.traffic import Traffic
from tests.unit.supervision.flying import T, advance, flight, launched, running, with_limits


def started(flights: Traffic) -> list[str]:
    """Return the ticks that have a launch."""
    return [one.tick for one in flights.flights if one.launch is not None]


@pytest.mark.parametrize(
    ("limits", "changed", "at", "outcome"),
    [
        ({}, {}, 900, None),
        ({}, {"launch_by": T + 60}, 61, ("too-late", "")),
        ({"late": "none"}, {"arrived": T + 120}, 120, None),
        ({"late": "none"}, {"arrived": T + 121}, 121, ("skipped", "it could not begin at its time")),
        ({"late": "last"}, {"next_tick": T + 600}, 599, None),
        ({"late": "last"}, {"next_tick": T + 600}, 600, ("skipped", "a later tick was due before it began")),
        (
            {"late": "last"},
            {"next_tick": T + 600, "began": T},
            600,
            ("skipped", "a later tick was due before it began"),
        ),
        ({"late": "all"}, {"next_tick": T + 600, "arrived": T + 700}, 700, None),
    ],
)
def test_a_late_tick(limits: dict[str, Any], changed: dict[str, Any], at: int, outcome: tuple[str, str] | None) -> None:
    """It is launched until its deadline, if the job wants late ticks."""
    one = flight(limits=with_limits(**limits), **changed)
    flights = [one]
    assert advance(flights, at) == ({} if outcome is None else {one.tick: outcome})
    assert (one.launch is not None) is (outcome is None)


def test_the_end_of_one_tick_begins_the_next_in_the_same_change() -> None:
    """No time passes between them, and no invocation can be killed between them."""
    limits = with_limits(overlap="queue", lock="books")
    first, second = running(limits=limits), flight(60, limits=limits)
    traffic = Traffic([first, second], {"books": Lock("books", holder=first.name, job="web")})
    assert progress.advance(traffic, T + 60) == []
    assert second.waits == f"waiting for the tick {first.tick} to be over"
    assert not progress.run_ended(traffic, first, "good", 0, T + 70)
    progress.advance(traffic, T + 70)
    assert started(traffic) == [second.tick]
    assert traffic.locks["books"].holder == second.name


def test_a_lock_is_kept_between_two_attempts() -> None:
    """A tick of another job would find half of the work."""
    limits = with_limits(retries=1, lock="books")
    first, other = running(limits=limits), flight(30, job="mail", limits=limits)
    lock = Lock("books", holder=first.name, job="web")
    assert progress.run_ended(Traffic([first], {"books": lock}), first, "failed", 1, T + 60)
    mail = Traffic([other], {"books": lock})
    progress.advance(mail, T + 60)
    assert started(mail) == []
    assert other.waits == f"waiting for the lock books, held by the tick {first.tick} of web"
    assert calls.moments(mail, T + 60) == [T + 931]


def test_the_service_decides_the_revision() -> None:
    """A tick that begins asks the service first, waits for a deployment, and launches what the service runs then."""
    one = flight(limits=with_limits(run_revision="service"))
    traffic = Traffic([one])
    progress.advance(traffic, T)
    assert [call.kind for call in calls.due(traffic, T)] == [calls.ASK_SERVICE]
    progress.unresolved(one, "a deployment is in progress", T)
    assert advance([one], 29) == {}
    assert calls.moments(traffic, T + 1) == [T + 30]
    progress.advance(traffic, T + 30)
    progress.resolved(one, "web:8", T + 30)
    progress.advance(traffic, T + 30)
    assert one.launch is not None
    assert one.launch.revision == "web:8"


def test_an_old_answer_of_the_service_is_asked_again() -> None:
    """The tick has waited since for its lock. The service may run another revision now."""
    one = flight(limits=with_limits(run_revision="service"), revision="web:7", resolved=T - 61)
    traffic = Traffic([one])
    progress.advance(traffic, T)
    assert one.began == T
    assert [call.kind for call in calls.due(traffic, T)] == [calls.ASK_SERVICE]


@pytest.mark.parametrize("overlap", ["allow", "skip", "queue", "replace"])
def test_a_removed_job_begins_nothing(overlap: str) -> None:
    """A tick that waits is skipped, one that waits for its next attempt ends as its last run, and a run goes on."""
    limits = with_limits(overlap=overlap, retries=1)
    runs, again, waits = running(limits=limits), running(60, limits=limits), flight(120, limits=limits)
    progress.run_ended(Traffic([again]), again, "failed", 1, T + 100)
    again.tasks = 1
    flights = [runs, again, waits]
    removed = "the job was removed"
    assert advance(flights, 130, gone=progress.REMOVED) == {
        again.tick: ("as-last-run", removed),
        waits.tick: ("skipped", removed),
    }
    assert flights == [runs]
    assert runs.stop is None


@pytest.mark.parametrize("wait", [0, 600])
def test_a_retry_is_bounded(wait: int) -> None:
    """A second attempt for which there is no capacity ends the tick with its last run, within the hour."""
    one = launched(limits=with_limits(retries=1, total_timeout=wait or None), tasks=1)
    assert progress.run_ended(Traffic([one]), one, "failed", 1, T + 60)
    limit = wait or 60 + 38 + progress.LAST_MOMENT + 1
    assert advance([one], limit) == {one.tick: ("as-last-run", "")}


def test_refused_for_good() -> None:
    """Nobody waits for the deadline when every call is refused."""
    first, second = launched(), launched(60, tasks=1)
    for one, outcome in ((first, "not-launched"), (second, "as-last-run")):
        ending = progress.refused(Traffic([one]), one, "no such subnet", T, for_good=True, denied=False)
        assert ending is not None
        assert (ending.outcome, ending.reason) == (outcome, "no such subnet")


@pytest.mark.parametrize(
    ("calls_made", "changed", "ends"),
    [(1, {}, True), (2, {}, False), (1, {"tasks": 1}, False), (1, {"rerun": "0000aaaa"}, False)],
    ids=["first call", "called meanwhile", "has run", "by hand"],
)
def test_a_hold_ends_only_what_cannot_have_begun(calls_made: int, changed: dict[str, Any], *, ends: bool) -> None:
    """A launch that may have been called, and a tick that has run or that an operator wants, go on."""
    one = flight(limits=with_limits(lock="books", overlap="queue"), **changed)
    traffic = Traffic([one], {"books": Lock("books")})
    progress.advance(traffic, T)
    for _ in range(calls_made):
        assert [call.kind for call in calls.begin(traffic, T)] == [calls.LAUNCH]
        assert one.launch is not None
        one.launch.called = 0
    ending = progress.held(traffic, one, "held until noon")
    assert (ending is not None, traffic.flights == [], traffic.locks["books"].holder == "") == (ends, ends, ends)
    if ending is not None:
        assert (ending.outcome, ending.reason) == (progress.HELD, "held until noon")
