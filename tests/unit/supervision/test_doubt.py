"""Calls of RunTask whose answer is unknown: the tick keeps its place until it is certain that no task runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from supervision import calls, progress
from supervision.flights import Launch
from supervision.traffic import Traffic
from tests.unit.supervision.flying import T, advance, flight, launched, with_limits

if TYPE_CHECKING:
    from supervision.flights import Flight

LATE = 901
"""Seconds after T at which the tick may no longer be launched."""


def refuse(one: Flight, at: int, *, for_good: bool = False) -> progress.Ending | None:
    """Note that a call was refused."""
    return progress.refused(Traffic([one]), one, "no capacity", T + at, for_good=for_good, denied=False)


def test_a_call_is_in_the_record_before_it_is_made() -> None:
    """An invocation that is killed within the call leaves a trace of it, and no second one makes the same call."""
    traffic = Traffic([flight()])
    progress.advance(traffic, T)
    assert calls.begin(traffic, T) == [calls.Call(calls.LAUNCH, traffic.flights[0].name, 1)]
    launch = traffic.flights[0].launch
    assert launch is not None
    assert launch.in_doubt
    assert calls.begin(traffic, T + 59) == []
    assert calls.moments(traffic, T + 1) == [T + progress.LAST_MOMENT]
    assert [call.kind for call in calls.begin(traffic, T + 60)] == [calls.LAUNCH]


def test_a_launch_that_was_never_called_ends_at_its_last_moment() -> None:
    """While the supervisor was down, the deadline has passed, and RunTask is not called late."""
    one = flight()
    assert advance([one], 0) == {}
    assert calls.moments(Traffic([one]), T + 899) == [T + 899]
    assert advance([one], 900) == {}
    assert advance([one], LATE) == {one.tick: ("too-late", "")}


def test_refused_until_the_deadline() -> None:
    """A launch that was only refused is called the last time at its deadline, and is too late afterwards."""
    one = launched()
    assert refuse(one, 898) is None
    assert calls.moments(Traffic([one]), T + 899) == [one.not_before] == [T + 900]
    assert advance([one], LATE) == {one.tick: ("too-late", "no capacity")}


def test_a_task_may_run_although_the_last_call_was_refused() -> None:
    """The first call has no answer. So a refusal ends nothing: lock and slot would be free while a task runs."""
    one = launched()
    progress.unanswered(one, "ReadTimeoutError", T)
    one.launch = Launch(1, 1, T, calls=2)
    assert refuse(one, LATE, for_good=True) is None
    assert advance([one], 3299) == {}
    outcome, reason = advance([one], 3300)[one.tick]
    assert (outcome, reason) == ("not-launched", "it is unknown whether a task was started; no capacity")


def test_the_time_of_doubt_begins_with_the_first_call() -> None:
    """A launch that could not be called for an hour is in doubt for as long as any other."""
    one = launched(launch=Launch(1, 1, T), launch_by=T + 7200)
    calls.begin(Traffic([one]), T + 3600)
    calls.begin(Traffic([one]), T + 3661)
    assert advance([one], 3600 + 3299) == {}
    assert advance([one], 3600 + 3300) != {}


@pytest.mark.parametrize(("doubt", "until"), [(0, 0), (1, 3300)], ids=["certain", "in doubt"])
def test_the_job_is_removed_while_it_is_launched(doubt: int, until: int) -> None:
    """Nothing is launched any more. The tick keeps its lock for as long as a task of it may turn up."""
    one = launched(launch=Launch(1, 1, T, calls=2, refused=2 - doubt))
    traffic = Traffic([one])
    if until:
        assert progress.advance(traffic, T + until - 1, gone=progress.REMOVED) == []
        assert calls.due(traffic, T + until - 1) == []
    assert advance([one], until, gone=progress.REMOVED) == {one.tick: ("skipped", "the job was removed")}


def test_a_tick_that_is_replaced_before_its_call_starts_no_task() -> None:
    """A later tick has taken its place while it was called, and the call was refused."""
    limits = with_limits(overlap="replace")
    old, new = launched(limits=limits), flight(60, limits=limits)
    assert advance([old, new], 60) == {}
    ending = progress.refused(Traffic([old, new]), old, "no capacity", T + 61, for_good=False, denied=False)
    assert ending is not None
    assert (ending.outcome, ending.reason) == ("skipped", f"the tick {new.tick} replaces it")


def test_the_time_to_start_counts_from_the_task() -> None:
    """A task that is launched after minutes without capacity has as long to start as any other."""
    one = launched(launch=Launch(1, 1, T, calls=9, refused=8, task="arn", created=T + 800, asked=T + 1699))
    assert advance([one], 1699) == {}
    assert one.stop is None
    assert calls.moments(Traffic([one]), T + 1000) == [T + 1700]
