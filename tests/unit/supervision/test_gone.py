"""A job that is removed, or no longer supervised, while ticks of it are in flight: no further attempt begins."""

from __future__ import annotations

import pytest

from supervision import progress
from supervision.flights import Launch
from supervision.progress import DIRECT, REMOVED
from supervision.traffic import Traffic
from tests.unit.supervision.flying import T, advance, flight, launched, running, with_limits

LIMITED = with_limits(timeout=600, retries=3)
ENDS = {REMOVED: ("skipped", REMOVED), DIRECT: ("not-launched", DIRECT)}
"""How a tick ends that has no task: nobody misses a removed job, but the other still is to run."""


@pytest.mark.parametrize("gone", ENDS)
def test_tick_without_a_task(gone: str) -> None:
    """It ends at once, whether it waits or its launch was decided."""
    assert advance([one := flight()], 0, gone=gone) == {one.tick: ENDS[gone]}
    assert advance([one := launched(launch=Launch(1, 1, T))], 1, gone=gone) == {one.tick: ENDS[gone]}


@pytest.mark.parametrize("gone", ENDS)
def test_tick_that_may_have_a_task(gone: str) -> None:
    """It waits for the task for as long as one may turn up."""
    one = launched()
    assert advance([one], 3299, gone=gone) == {}
    outcome, reason = advance([one], 3300, gone=gone)[one.tick]
    assert outcome == ENDS[gone][0]
    assert reason == (REMOVED if gone == REMOVED else "it is unknown whether a task was started")


@pytest.mark.parametrize("gone", ENDS)
def test_run_that_goes_on(gone: str) -> None:
    """A run keeps its limits, and is the last one."""
    one = running(limits=LIMITED, tasks=1)
    assert one.launch is not None
    one.launch.asked = T + 610
    assert advance([one], 610, gone=gone) == {}
    assert one.stop is not None
    assert one.stop.class_ == "timed-out"
    assert progress.run_ended(Traffic([one]), one, "timed-out", 137, T + 640)
    assert advance([one], 640, gone=gone) == {one.tick: ("as-last-run", gone)}
