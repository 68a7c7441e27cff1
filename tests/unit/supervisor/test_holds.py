"""Holds and supervised jobs: a tick that waits is not launched in a hold, and a job that keeps failing is paused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from supervision.limits import Limits
from tests.unit.holds.test_hold import hold
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import START
from watch import instants
from watch.launches import Message

if TYPE_CHECKING:
    import pytest

    from holds.hold import Hold

QUEUE = Limits(start_deadline=1800, overlap="queue")
SECOND = START + timedelta(minutes=10)


def waiting(limits: Limits = QUEUE, *, until: timedelta | None = None, **jobs: tuple[int, Limits]) -> Fleet:
    """Return a stack in which the second tick waits for the first one's run, and a hold was made meanwhile."""
    fleet = Fleet({"web": (10, limits), **jobs})
    fleet.ecs.lives = [Life(runs=900)]
    fleet.pass_time(660)
    assert fleet.flights()[f"web/{instants.text(SECOND)}"].began is None
    fleet.world.account.held["ab12"] = made(until)
    return fleet


def made(until: timedelta | None) -> Hold:
    """Return a hold on the job that was made after its second tick; `until` is how long after the first one it ends."""
    begin = START + timedelta(minutes=11)
    return hold(begin=begin, until=until and START + until, jobs=("web",), by="ada")


def test_a_tick_that_waits_is_held() -> None:
    """Its turn comes within the hold, so it is recorded as held with the hold's reason, and nobody is told."""
    fleet = waiting(until=timedelta(hours=2))
    fleet.pass_time(500)
    tick = fleet.world.tick("web", SECOND)
    assert (tick.outcome, tick.reason) == ("held", "held until 2027-01-04T02:00:00Z, by ada: migration")
    assert [task.due for task in fleet.ecs.tasks] == [START]
    assert (fleet.flights(), fleet.world.told(), fleet.faults) == ({}, [], [])


def test_a_tick_whose_turn_comes_after_the_hold_runs() -> None:
    """A hold that has ended keeps nothing from its launch."""
    fleet = waiting(until=timedelta(minutes=14))
    fleet.pass_time(1200)
    assert fleet.world.tick("web", SECOND).outcome == "good"


def test_a_held_tick_leaves_its_lock() -> None:
    """The next job in line gets the lock, and a hold on one job keeps no other from running."""
    locking = replace(QUEUE, lock="db")
    fleet = waiting(locking, other=(20, locking))
    fleet.pass_time(1200)
    assert fleet.world.tick("web", SECOND).outcome == "held"
    ticks = [START, START + timedelta(minutes=20)]
    assert [fleet.world.tick("other", tick).outcome for tick in ticks] == ["good", "good"]
    assert [lock.holder for lock in fleet.ledger.all_locks().values()] == [""]


def test_launches_when_holds_cannot_be_read() -> None:
    """A refusal of AWS loses no tick."""
    fleet = waiting()
    fleet.world.account.refused = {"GetParametersByPath"}
    fleet.pass_time(480)
    assert SECOND in [task.due for task in fleet.ecs.tasks]


def test_an_operators_run_is_not_held() -> None:
    """Whoever runs a tick by hand during a hold wants it to run."""
    fleet = waiting()
    fleet.send(Message(job="web", schedule="web", tick=instants.text(START), rerun="0000aaaa"))
    fleet.pass_time(1200)
    assert [task.due for task in fleet.ecs.tasks if task.rerun] == [START]


def test_a_tick_that_has_begun_goes_on() -> None:
    """Further attempts of a tick that has run are launched in a hold too."""
    fleet = Fleet({"web": (10, Limits(start_deadline=1800, retries=1, backoff=200))})
    fleet.ecs.lives = [Life(exit_code=1)]
    fleet.pass_time(30)
    fleet.world.account.held["ab12"] = hold(begin=START + timedelta(seconds=30), until=None, jobs=("web",))
    fleet.pass_time(400)
    assert [task.attempt for task in fleet.ecs.tasks] == [1, 2]


def test_reads_the_holds_once_for_a_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a further attempt nor the supervisor's other work reads them again."""
    fleet = Fleet({"web": (30, Limits(start_deadline=1800, retries=1, backoff=20))})
    fleet.ecs.lives = [Life(exit_code=1)]
    read, account = [], fleet.world.account
    listing = account.holds

    def counted(group: str, unreadable: object) -> list[Hold]:
        read.append(fleet.second)
        return listing(group, unreadable)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(account, "holds", counted)
    fleet.pass_time(250)
    assert len(fleet.ecs.tasks) == 2
    assert [at for at in read if at % 300] == [fleet.second - 250 + 2]


def test_killed_in_any_step() -> None:
    """Wherever the supervisor is killed as it finds the hold, the tick is held or launched once, and its flight ends.

    It is launched if nobody can say whether it was launched before the kill.
    """
    ends = []
    for step in range(1, 30):
        fleet = waiting()
        fleet.pass_time(230)
        while len(fleet.flights()) == 2:
            fleet.pass_time(1)
        fleet.kills = {fleet.steps + step}
        fleet.pass_time(1800)
        ends.append((fleet.world.tick("web", SECOND).outcome, len([1 for one in fleet.ecs.tasks if one.due == SECOND])))
        assert (fleet.killed != [], fleet.flights(), fleet.faults) == (True, {}, [])
    assert {*ends} == {("held", 0), ("good", 1)}


def failing(limits: Limits, *exits: int) -> Fleet:
    """Return a stack with a job that is paused after two bad ticks, and whose tasks end like this."""
    fleet = Fleet({"web": (10, limits)})
    fleet.ledger.items["web"] = replace(fleet.ledger.items["web"], pause_after={"web": 2})
    fleet.ecs.lives = [Life(exit_code=code) for code in exits]
    return fleet


def paused(fleet: Fleet) -> list[str]:
    """Return the ticks of the alerts that tell of a pause."""
    return [alert["tick"] for alert in fleet.world.alerts() if alert["paused"]]


def test_a_tick_counts_after_its_last_attempt() -> None:
    """Three bad attempts of two ticks, and a good one between, are no row; two ticks without a good attempt are."""
    fleet = failing(Limits(start_deadline=1800, retries=1, backoff=20), 1, 0, 1, 1, 1, 1)
    fleet.pass_time(1150)
    assert (fleet.world.account.put, paused(fleet)) == (0, [])
    fleet.pass_time(600)
    assert (fleet.world.account.put, paused(fleet)) == (1, [instants.text(START + timedelta(minutes=20))])
    assert not fleet.world.account.listed["web"].enabled


def test_the_watch_stores_what_the_supervisor_decides() -> None:
    """A launch that ECS refuses for good is the supervisor's to know; the watch, which may, stores the hold."""
    fleet = failing(Limits(start_deadline=1800))
    fleet.ecs.answers = ["wrong", "wrong"]
    fleet.pass_time(700)
    assert (fleet.world.account.put, paused(fleet)) == (1, [instants.text(SECOND)])
    assert [alert["class"] for alert in fleet.world.alerts()] == ["not-launched"] * 2


def test_what_an_operator_withdraws_does_not_count() -> None:
    """The first attempt was bad, and an operator has withdrawn the tick before the next one."""
    fleet = failing(Limits(start_deadline=1800, retries=1, backoff=300), 1, 1, 1)
    for minutes in (0, 10):
        fleet.pass_time(200)
        tick = instants.text(START + timedelta(minutes=minutes))
        fleet.send(Message(job="web", schedule="web", tick=tick, withdraws=True))
        fleet.pass_time(400)
    assert (fleet.world.account.put, fleet.world.tick("web", START).outcome) == (0, "failed")
