"""The watch's events and looks bring the ticks of supervised jobs on."""

from __future__ import annotations

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import START
from watch import instants
from watch.launches import Message

LIMITS = Limits(start_deadline=900, start_timeout=15, overlap="skip")


def test_events_name_their_tick_while_nothing_is_described() -> None:
    """An event says for which task it is. For which tick that is, the supervisor knows, and nobody has to guess."""
    fleet = Fleet({"web": (30, LIMITS)})
    fleet.ecs.usual = Life(starts=10)
    fleet.pass_time(2400)
    fleet.world.account.refused = {"DescribeTasks"}
    fleet.send(Message(job="web", schedule="web", tick=instants.text(START), rerun="0000aaaa"))
    fleet.pass_time(4800)
    assert fleet.flights() == {}
    assert [run.outcome for run in fleet.world.tick("web", START).runs.values()] == ["good", "good"]


def test_one_look_frees_a_tick_whose_end_no_event_told() -> None:
    """The task is a minute old and over. The next tick waits for it, so a look asks ECS about it too."""
    fleet = Fleet({"web": (30, LIMITS)})
    fleet.ecs.lives, fleet.events_meet = [Life(starts=1, runs=1)], ["", "", "lost"]
    fleet.ticks_meet = ["late"]
    fleet.pass_time(499)
    assert [*fleet.flights()] == ["web/2027-01-04T00:00:00Z"]
    fleet.pass_time(101)
    assert fleet.flights() == {}


def test_a_look_learns_that_a_task_runs() -> None:
    """The event was lost. The time limit counts from RUNNING all the same, and ends the run at the look."""
    fleet = Fleet({"web": (30, Limits(start_deadline=900, timeout=100))})
    fleet.ecs.lives, fleet.events_meet = [Life(runs=1000)], ["", "lost"]
    fleet.pass_time(320)
    assert fleet.world.tick("web", START).outcome == "timed-out"
