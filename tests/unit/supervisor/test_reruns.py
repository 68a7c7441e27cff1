"""An operator's runs of a supervised job's ticks go through its supervisor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from supervision.flights import Launch
from supervision.limits import Limits
from tests.unit.supervision.flying import CLUSTER, TASK, flight
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import START
from watch import instants, supervising
from watch.launches import Message
from watch.records import JobRecord, Tick
from watch.task import Task

FIRST = instants.text(START)
LIMITS = Limits(start_deadline=900, overlap="skip")
A, B = "0000aaaa", "0000bbbb"


def request(name: str = A, tick: str = FIRST, *, insists: bool = False) -> Message:
    """Return an operator's request for a run of a tick."""
    return Message(job="web", schedule="web", tick=tick, rerun=name, insists=insists)


def runs(fleet: Fleet, tick: datetime = START) -> list[str]:
    """Return the id of the request of each of a tick's tasks, in order; empty for the schedule's own."""
    return [task.rerun for task in fleet.ecs.tasks if task.due == tick]


def test_a_request_that_is_delivered_twice_runs_once() -> None:
    """The queue may deliver a message again after the run is over, and after an hour ECS no longer knows its token."""
    for later in (600, 7200):
        fleet = Fleet({"web": (30, LIMITS)})
        fleet.pass_time(300)
        fleet.send(request())
        fleet.pass_time(later)
        fleet.send(request())
        fleet.pass_time(600)
        assert runs(fleet) == ["", A]
        assert sum(FIRST in token for _, token in fleet.ecs.asked) == 2


def test_a_skipped_request_does_not_stand_for_the_tick() -> None:
    """The tick's own message is late. The request before it is skipped, and then the tick runs."""
    fleet = Fleet({"web": (10, LIMITS)})
    fleet.ticks_meet, fleet.ecs.lives = ["", "late"], [Life(runs=700)]
    fleet.pass_time(605)
    second = START + timedelta(minutes=10)
    fleet.send(request(tick=instants.text(second)))
    fleet.pass_time(590)
    assert runs(fleet, second) == [""]
    assert fleet.world.tick("web", second).outcome == "good"


def test_a_deployment_between_a_tick_and_its_rerun() -> None:
    """The tick's own launch is repeated with the request that it had, or ECS would refuse it for its token."""
    fleet = Fleet({"web": (30, LIMITS)})
    fleet.ecs.answers, fleet.events_meet = ["started, but broken"], ["lost", "lost", "lost"]
    fleet.pass_time(2)
    fleet.change("web", LIMITS)
    fleet.send(request(insists=True))
    fleet.pass_time(1800)
    assert runs(fleet) == ["", A]
    assert [task.request["Tags"][0]["Value"] for task in fleet.ecs.tasks[:2]] == ["1", "2"]
    assert fleet.world.tick("web", START).outcome == "good"


def test_an_event_finds_the_run_of_its_own_request() -> None:
    """Two requests for one tick are launched at the same time. One of them insists, and holds no lock."""
    own, first, second = (flight(rerun=name, launches=1, launch=Launch(1, 1, 0)) for name in ("", A, B))
    record = JobRecord("web")
    record.traffic.flights = [own, first, second]
    tick = Tick("web", "web", own.tick)
    for by_hand, rerun, found in ((True, B, second), (True, A, first), (False, "", own), (True, "", None)):
        task = Task(
            arn=TASK,
            cluster=CLUSTER,
            definition="",
            group="jobs:web",
            version=1,
            status="PENDING",
            created=datetime.now(UTC),
            by_hand=by_hand,
            rerun=rerun,
        )
        assert supervising.of_task(record, tick, task) is found
