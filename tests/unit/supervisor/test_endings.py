"""How ticks in flight end, and what is told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import Life, error
from tests.unit.supervisor.fleet import INVISIBLE, Fleet
from tests.unit.watch.world import START
from watch import instants, supervising
from watch.launches import Message

if TYPE_CHECKING:
    import pytest


def request(*, insists: bool = False) -> Message:
    """Return an operator's request for a run of the first tick."""
    return Message(job="web", schedule="web", tick=instants.text(START), rerun="0000aaaa", insists=insists)


def told(fleet: Fleet) -> list[str]:
    """Return the class of each message."""
    return [class_ for class_, _, _ in fleet.world.told()]


def test_a_tick_that_is_not_tried_again_ends_as_its_own_last_run() -> None:
    """Meanwhile an operator's run of the tick was good. The job is removed, and the failed attempt is told."""
    fleet = Fleet({"web": (30, Limits(start_deadline=900, retries=1, backoff=600))})
    fleet.ecs.lives = [Life(exit_code=1)]
    fleet.pass_time(120)
    fleet.send(request())
    fleet.pass_time(180)
    assert told(fleet) == []
    fleet.remove("web")
    fleet.pass_time(600)
    assert told(fleet) == ["failed"]
    assert fleet.world.tick("web", START).outcome == "good"
    assert fleet.flights() == {}


def test_an_operators_request_survives_the_queue() -> None:
    """The supervisor fails five times, and the watch takes the request over. It still insists."""
    fleet = Fleet({"web": (30, Limits(start_deadline=3600, overlap="skip"))})
    fleet.ecs.lives = [Life(runs=10**4)]
    fleet.pass_time(300)
    fleet.send(request(insists=True))
    for _ in range(5):
        fleet.kills = {fleet.steps + number for number in range(1, 30)}
        fleet.pass_time(INVISIBLE)
    fleet.kills = set()
    assert len(fleet.dead) == 1
    fleet.pass_time(1200)
    assert [task.rerun for task in fleet.ecs.tasks if task.due == START] == ["", "0000aaaa"]


def test_a_tick_without_room_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message was lost, and too many ticks of the job are in flight. It begins as soon as there is room."""
    monkeypatch.setattr(supervising, "MOST_FLIGHTS", 1)
    fleet = Fleet({"web": (10, Limits(start_deadline=1800))})
    fleet.ecs.lives, fleet.ticks_meet = [Life(runs=1700)], ["", "lost"]
    fleet.pass_time(1680)
    assert fleet.faults == []
    assert len(fleet.flights()) == 1
    fleet.pass_time(600)
    assert fleet.world.tick("web", START + timedelta(minutes=10)).outcome == "good"


def test_a_job_with_an_unreadable_item_is_not_removed() -> None:
    """A function of an earlier version may not know a field. The retry follows, and the next tick begins later."""
    fleet = Fleet({"web": (10, Limits(start_deadline=1800, retries=1, backoff=200))})
    fleet.ecs.lives = [Life(exit_code=1)]
    fleet.pass_time(120)
    fleet.ledger.unreadable_items = {"web"}
    fleet.pass_time(660)
    assert [task.attempt for task in fleet.ecs.tasks] == [1, 2]
    fleet.ledger.unreadable_items = set()
    fleet.pass_time(400)
    assert [fleet.world.tick("web", START + timedelta(minutes=at)).outcome for at in (0, 10)] == ["good", "good"]
    assert told(fleet) == []


class Mute(Fleet):
    """A stack in which the supervisor cannot let the watch send messages."""

    def _tell(self, name: str) -> None:
        del name
        raise error("Invoke", "throttled")


def test_a_launch_does_not_wait_for_an_alert() -> None:
    """The next check sends the alert about the first tick. The second one is launched before that."""
    fleet = Mute({"web": (2, Limits(start_deadline=600))})
    fleet.ecs.answers = ["wrong"]
    fleet.pass_time(140)
    assert [task.due for task in fleet.ecs.tasks] == [START + timedelta(minutes=2)]
    fleet.pass_time(200)
    assert told(fleet)[:1] == ["not-launched"]
