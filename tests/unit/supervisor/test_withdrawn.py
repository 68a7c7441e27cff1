"""An operator withdraws a run of a supervised job, or the tick of its schedule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import START
from watch import instants
from watch.launches import Message, read, written

FIRST = instants.text(START)
LIMITS = Limits(start_deadline=900, overlap="queue", retries=2, backoff=300)
A = "0000aaaa"


def message(rerun: str = A, *, withdraws: bool = False) -> Message:
    """Return an operator's message about the first tick."""
    why = "ada: wrong input" if withdraws else ""
    return Message(job="web", schedule="web", tick=FIRST, rerun=rerun, withdraws=withdraws, why=why)


def test_a_withdrawal_is_a_message() -> None:
    """Other messages do not have the member, so that an earlier version reads them."""
    assert read(written(message(withdraws=True))) == message(withdraws=True)
    assert "withdraws" not in written(message())
    assert "why" not in written(message())
    long = read(written(replace(message(withdraws=True), why="a\n" + "b" * 300)))
    assert long.why == r"a\n" + "b" * 197


@pytest.mark.parametrize("first", ["request", "withdrawal"])
def test_a_run_that_waits_does_not_begin(first: str) -> None:
    """The request waits for the schedule's own run. The queue may deliver it after its withdrawal."""
    fleet = Fleet({"web": (30, LIMITS)})
    fleet.ecs.lives = [Life(runs=400)]
    fleet.pass_time(60)
    asked, withdrawn = message(), message(withdraws=True)
    for one in (asked, withdrawn) if first == "request" else (withdrawn, asked):
        fleet.send(one)
        fleet.pass_time(20)
    assert list(fleet.flights()) == [f"web/{FIRST}"]
    fleet.pass_time(1200)
    assert [task.rerun for task in fleet.ecs.tasks] == [""]
    found = fleet.world.tick("web", START)
    assert (found.outcome, found.reason) == (
        "good",
        "the run that an operator asked for: an operator withdrew it: ada: wrong input",
    )
    assert fleet.world.told() == []


def test_a_run_that_goes_on_is_stopped() -> None:
    """The supervisor stops its task, and nothing is alerted or repeated."""
    fleet = Fleet({"web": (30, LIMITS)})
    fleet.ecs.lives = [Life(), Life(runs=1000)]
    fleet.pass_time(200)
    fleet.send(message())
    fleet.pass_time(60)
    fleet.send(message(withdraws=True))
    fleet.pass_time(1200)
    assert [(task.rerun, task.now["lastStatus"]) for task in fleet.ecs.tasks] == [("", "STOPPED"), (A, "STOPPED")]
    assert (fleet.flights(), fleet.world.told()) == ({}, [])


@pytest.mark.parametrize("rerun", ["", A], ids=["the schedule's own", "by hand"])
def test_between_two_attempts_no_further_one_follows(rerun: str) -> None:
    """The tick ends as its last run did, and nobody is told."""
    fleet = Fleet({"web": (30, LIMITS)})
    fleet.ecs.lives = [*([Life()] if rerun else []), Life(exit_code=3), Life()]
    fleet.pass_time(200)
    if rerun:
        fleet.send(message(rerun))
        fleet.pass_time(150)
    begun = len(fleet.ecs.tasks)
    assert [one.waits or "" for one in fleet.flights().values()] == [""]
    fleet.send(message(rerun, withdraws=True))
    fleet.pass_time(1200)
    assert (len(fleet.ecs.tasks), fleet.flights(), fleet.world.told()) == (begun, {}, [])
    assert fleet.world.tick("web", START).outcome == ("good" if rerun else "failed")


def test_what_has_ended_is_not_withdrawn() -> None:
    """The message changes nothing."""
    fleet = Fleet({"web": (30, LIMITS)})
    fleet.pass_time(200)
    before = fleet.world.tick("web", START)
    fleet.send(message("", withdraws=True))
    fleet.pass_time(60)
    assert fleet.world.tick("web", START) == before
