"""Holds: the watch applies them, lifts them, records their ticks, and alerts what is disabled without a hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from holds.hold import Hold
from tests.unit.watch.told import TEXT, TICK, nightly, only
from tests.unit.watch.world import START, EcsTask, World, events, facts, run
from watch import instants
from watch.due import Deployed
from watch.facts import ScheduleFacts
from watch.sweep import SweepError

if TYPE_CHECKING:
    from datetime import datetime

NAME = "nightly-report"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world() -> World:
    """Return a world at START, two hours before the nightly tick."""
    return World()


def put(world: World, begin: datetime, until: datetime | None, **changes: Any) -> Hold:  # noqa: ANN401 - parts of a hold
    """Store a hold that was made at its begin."""
    known = {"id": "ab12", "reason": "migration", "by": "ada", "made": begin, "begin": begin, "until": until}
    made = world.account.held[changes.get("id", "ab12")] = Hold(**{**known, **changes})
    return made


def pause(world: World, begin: datetime, until: datetime | None, **changes: Any) -> None:  # noqa: ANN401
    """Store a hold, and disable the nightly schedule, as `python -m ops pause` does."""
    world.now = max(world.now, begin)
    put(world, begin, until, **changes)
    world.account.listed[NAME] = Deployed(enabled=False, changed=begin)


def is_enabled(world: World) -> bool:
    """Return whether the nightly schedule is enabled."""
    return world.account.listed[NAME].enabled


def test_a_held_tick_is_recorded(world: World) -> None:
    """A tick in a hold is recorded with the hold's reason, and nobody is told that it did not run."""
    world.look()
    pause(world, TICK - HOUR, TICK + HOUR)
    world.pass_time(hours=12)
    tick = world.tick(NAME, TICK)
    assert (tick.outcome, tick.alert) == ("held", None)
    assert tick.reason == "held until 2027-01-04T03:00:00Z, by ada: migration"
    assert world.told() == []


def test_a_tick_in_a_hold_without_an_end(world: World) -> None:
    """A tick in a hold that has no end is recorded with the words for that, however long ago the hold was made."""
    world.look()
    pause(world, TICK - HOUR, None)
    world.pass_time(hours=12)
    assert world.tick(NAME, TICK).reason == "held until somebody resumes it, by ada: migration"
    assert (is_enabled(world), world.told()) == (False, [])


def test_lifts_what_is_over(world: World) -> None:
    """At the first check after its end a hold is lifted and removed, and the ticks from then on are judged."""
    world.look()
    pause(world, TICK - HOUR, TICK + 62 * MINUTE)
    world.now = TICK + HOUR
    world.look()
    assert (is_enabled(world), [*world.account.held]) == (False, ["ab12"])
    world.pass_time(minutes=5)
    assert (is_enabled(world), world.account.held) == (True, {})
    world.now = TICK + DAY
    world.pass_time(minutes=20)
    assert world.told() == [("missed", NAME, instants.text(TICK + DAY))]


def test_applies_what_nobody_has_applied(world: World) -> None:
    """A hold whose author was killed on the way is applied by the next check, and a planned one before its begin."""
    put(world, TICK - 10 * MINUTE, TICK + HOUR, made=START)
    world.now = TICK - 16 * MINUTE
    world.look()
    assert is_enabled(world)
    world.pass_time(minutes=5)
    assert not is_enabled(world)
    world.pass_time(hours=5)
    assert (world.tick(NAME, TICK).outcome, world.told()) == ("held", [])
    assert is_enabled(world)


def test_applies_again_what_a_deployment_undid(world: World) -> None:
    """A deployment that did not know of the hold enables the schedule; the next check disables it again."""
    world.look()
    pause(world, TICK - HOUR, TICK + HOUR)
    world.pass_time(minutes=10)
    world.account.listed[NAME] = Deployed(enabled=True, changed=world.now)
    world.pass_time(minutes=5)
    assert not is_enabled(world)
    world.pass_time(hours=1)
    assert (world.tick(NAME, TICK).outcome, world.told()) == ("held", [])


@pytest.mark.parametrize("begin", [-1, -0.5, 0.5], ids=["before the tick", "half a minute before", "as it is due"])
def test_a_hold_between_two_checks(world: World, begin: float) -> None:
    """A hold that begins and ends between two checks is known to the next one, and its tick is not missed."""
    world.now = TICK - 2 * MINUTE
    world.look()
    until = TICK + 2 * MINUTE
    put(world, TICK + begin * MINUTE, until)
    world.account.listed[NAME] = Deployed(enabled=True, changed=until)
    world.pass_time(hours=1)
    assert (world.tick(NAME, TICK).outcome, world.told(), world.account.held) == ("held", [], {})


def test_a_window_that_a_hold_cuts_off() -> None:
    """A tick whose window was still open when the hold began is held, unless it has run."""
    known = facts()
    schedules = {NAME: ScheduleFacts(expression="cron(0 2 * * ? *)", window=30)}
    world = World(replace(known, jobs={NAME: replace(known.jobs[NAME], schedules=schedules)}))
    world.look()
    pause(world, TICK + 10 * MINUTE, TICK + HOUR)
    world.pass_time(hours=5)
    assert (world.tick(NAME, TICK).outcome, world.told()) == ("held", [])


def test_a_hold_does_not_hide_a_miss(world: World) -> None:
    """A tick that was due before the hold and did not run is missed."""
    world.look()
    pause(world, TICK + 2 * MINUTE, TICK + 3 * HOUR)
    world.pass_time(hours=5)
    assert world.told() == [("missed", NAME, TEXT)]


def test_a_run_in_a_hold_counts(world: World) -> None:
    """Scheduler may launch a tick as the hold begins. Its run decides, whenever it is reported."""
    for late in (False, True):
        world.now = START
        task = nightly()
        world.look()
        pause(world, TICK, TICK + HOUR)
        world.now = TICK + MINUTE
        reported = events(world, task)
        for event in [] if late else reported:
            world.watch.take_event(event)
        world.pass_time(hours=2)
        for event in reported if late else []:
            world.watch.take_event(event)
        assert (world.tick(NAME, TICK).outcome, world.told()) == ("good", [])


def test_a_schedule_that_config_disables_is_not_held(world: World) -> None:
    """A schedule that config disables has no held ticks, and is not enabled by the end of a hold."""
    world.account.unwanted.add(NAME)
    world.look()
    pause(world, TICK - HOUR, TICK + HOUR)
    world.pass_time(hours=1)
    world.account.refused = {"UpdateSchedule"}  # the watch knows that there is nothing to enable
    world.pass_time(hours=4)
    assert world.ledger.all_ticks() == {}
    assert (is_enabled(world), world.account.held, world.told()) == (False, {}, [])


def test_two_holds(world: World) -> None:
    """A schedule stays disabled until the later of two holds is over, and the earlier one is removed at its end."""
    world.look()
    pause(world, START, TICK - HOUR)
    put(world, START, TICK + HOUR, id="other", jobs=(NAME,))
    world.pass_time(hours=1, minutes=30)
    assert (is_enabled(world), [*world.account.held]) == (False, ["other"])
    world.pass_time(hours=4)
    assert (is_enabled(world), world.account.held) == (True, {})
    assert (world.tick(NAME, TICK).outcome, world.told()) == ("held", [])


def test_a_hold_on_others(world: World) -> None:
    """A hold on other jobs and owners changes nothing."""
    put(world, START, TICK + HOUR, jobs=("hourly",), owners=("web",))
    world.pass_time(hours=5)
    assert world.told() == [("missed", NAME, TEXT)]


def test_a_hold_on_the_owner(world: World) -> None:
    """A hold on an owner is on the jobs of that owner."""
    put(world, START, TICK + HOUR, owners=("data",))
    world.pass_time(hours=5)
    assert (world.tick(NAME, TICK).outcome, world.told()) == ("held", [])


def test_disabled_by_hand(world: World) -> None:
    """A schedule that somebody disables without a hold is one alert, after two checks, and one when it is back."""
    world.look()
    world.account.listed[NAME] = Deployed(enabled=False, changed=START + MINUTE)
    world.pass_time(minutes=5)
    assert world.told() == []
    world.pass_time(hours=30)
    alert = only(world)
    assert (alert["class"], alert["schedule"], alert["tick"], alert["next"]) == ("drifted", NAME, None, None)
    assert alert["reason"] == "the schedule was disabled in AWS"
    assert alert["summary"] == "nightly-report will not run: its schedule was disabled in AWS"
    assert "AttributeValue=UpdateSchedule " in alert["proof"]
    world.account.listed[NAME] = Deployed(enabled=True, changed=world.now)
    world.pass_time(minutes=10)
    assert world.alerts()[1]["summary"] == "the schedule of nightly-report is as deployed again"


def test_disabled_by_hand_and_then_held(world: World) -> None:
    """A schedule that was disabled by hand and is then held is no trouble any more; the end of the hold enables it."""
    world.look()
    world.account.listed[NAME] = Deployed(enabled=False, changed=START + MINUTE)
    world.pass_time(minutes=15)
    put(world, world.now, TICK + HOUR)
    world.pass_time(hours=5)
    assert [class_ for class_, _, _ in world.told()] == ["drifted", "recovered"]
    assert is_enabled(world)


def test_a_hold_that_somebody_deletes(world: World) -> None:
    """Without its parameter a hold cannot be lifted: its schedules count as disabled by hand."""
    world.look()
    pause(world, TICK - HOUR, TICK + HOUR)
    world.pass_time(minutes=30)
    world.account.held.clear()
    world.pass_time(hours=1)
    assert only(world)["reason"] == "the schedule was disabled in AWS"


def test_trouble_outlasts_a_hold(world: World) -> None:
    """A job that fails, is held and then runs well has recovered."""
    run(world, EcsTask(NAME, START - HOUR, id="bad"), exit_code=1)
    pause(world, START, TICK + HOUR)
    world.pass_time(hours=5)
    run(world, EcsTask(NAME, TICK + DAY, id="good"))
    assert [class_ for class_, _, _ in world.told()] == ["failed", "recovered"]


def test_holds_that_cannot_be_read(world: World) -> None:
    """If the holds cannot be read, the check fails, judges the ticks, and takes nothing for disabled by hand."""
    world.look()
    pause(world, TICK - HOUR, TICK + HOUR)
    world.now = TICK - 30 * MINUTE
    world.account.refused = {"GetParametersByPath"}
    for _ in range(4):
        world.now += 5 * MINUTE
        with pytest.raises(SweepError, match="could not check holds"):
            world.look()
    assert world.told() == []
    world.account.refused = set()
    world.pass_time(hours=5)
    assert (world.tick(NAME, TICK).outcome, world.told(), is_enabled(world)) == ("held", [], True)


def test_a_schedule_that_cannot_be_enabled(world: World) -> None:
    """A hold whose schedules cannot all be enabled stays, its check fails, and the next one tries again."""
    world.look()
    pause(world, TICK - HOUR, TICK + HOUR)
    world.pass_time(hours=1, minutes=55)
    world.account.refused = {"UpdateSchedule"}
    for _ in range(3):
        world.now += 5 * MINUTE
        with pytest.raises(SweepError, match="could not check holds"):
            world.look()
    assert ([*world.account.held], world.told()) == (["ab12"], [])
    world.account.refused = set()
    world.pass_time(minutes=5)
    assert (is_enabled(world), world.account.held) == (True, {})


def schedule_as(world: World, expression: str) -> None:
    """Give the nightly job's schedule another expression, in AWS and in the item."""
    job = world.ledger.items[NAME]
    schedules = {NAME: ScheduleFacts(expression=expression)}
    world.ledger.items[NAME] = type(job)(**{**vars(job), "schedules": schedules})
    world.account.expressions[NAME] = (expression, "UTC")


def test_a_long_hold_of_a_frequent_schedule(world: World) -> None:
    """Each tick of a long hold is recorded, and a check reads and writes only the ticks since the one before."""
    schedule_as(world, "cron(* * * * ? *)")
    world.look()
    pause(world, START, START + 3 * DAY)
    world.pass_time(days=2)
    before = world.ledger.reads
    world.pass_time(minutes=5)
    assert world.ledger.reads - before < 30
    held = [tick for tick in world.ledger.all_ticks().values() if tick.outcome == "held"]
    assert len(held) == 2 * 24 * 60 + 5 + 2
    assert world.told() == []


def test_a_rate(world: World) -> None:
    """The ticks of a rate are expected at its distance after the last known one."""
    schedule_as(world, "rate(1 hour)")
    run(world, EcsTask(NAME, START + 10 * MINUTE))
    pause(world, START + 30 * MINUTE, START + 3 * HOUR)
    world.now = START + 30 * MINUTE
    world.pass_time(hours=3)
    held = sorted(tick for (_, tick), one in world.ledger.all_ticks().items() if one.outcome == "held")
    assert held == [f"2027-01-04T0{hour}:10:00Z" for hour in (1, 2)]
    assert world.told() == []
