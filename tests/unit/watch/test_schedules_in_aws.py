"""Schedules that AWS does not have as they were deployed, and ticks around a change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.watch.told import TEXT, TICK, nightly, only
from tests.unit.watch.world import START, EcsTask, World, facts, run
from watch import drift, instants
from watch.due import Deployed
from watch.facts import ScheduleFacts
from watch.records import ScheduleRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "nightly-report"
AT_TWO = ("cron(0 2 * * ? *)", "UTC")
AT_THREE = ("cron(0 3 * * ? *)", "UTC")
AT_FOUR = ("cron(0 4 * * ? *)", "UTC")


def change(world: World, expression: tuple[str, str], at: datetime, *, enabled: bool = True) -> None:
    """Deploy a change of the nightly job's schedule."""
    (world.account.unwanted.discard if enabled else world.account.unwanted.add)(NAME)
    world.account.expressions[NAME] = expression
    world.account.listed[NAME] = Deployed(enabled, at)


def deploy(world: World, expression: tuple[str, str]) -> None:
    """Change the nightly job's item."""
    job = world.ledger.items[NAME]
    schedules = {NAME: ScheduleFacts(expression=expression[0], timezone=expression[1])}
    world.ledger.items[NAME] = type(job)(**{**vars(job), "schedules": schedules})


def classes_of(world: World) -> list[str]:
    """Return the class of each message."""
    return [class_ for class_, _, _ in world.told()]


def test_deleted_by_hand(world: World) -> None:
    """A schedule that somebody deletes is one alert, after two checks; when it is back, it is as deployed again."""
    listed = world.account.listed.pop(NAME)
    world.pass_time(minutes=5)
    assert world.told() == []
    world.pass_time(hours=30)
    alert = only(world)
    assert (alert["class"], alert["schedule"], alert["tick"], alert["rerun"]) == ("drifted", NAME, None, None)
    assert alert["reason"] == "the schedule was deleted in AWS"
    assert (alert["owners"], alert["severity"]) == (["data"], "error")
    assert alert["summary"] == "nightly-report will not run: its schedule was deleted in AWS"
    assert (alert["next"], alert["missing"]) == (None, [])
    assert alert["proof"] == (
        "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=DeleteSchedule"
        ' --start-time 2027-01-03T02:10:00Z --end-time 2027-01-04T02:10:00Z --query "Events[?contains(CloudTrailEvent,'
        " 'jobs-production') && contains(CloudTrailEvent, 'nightly-report')].CloudTrailEvent\" --output text"
        " --region eu-central-1"
    )
    assert alert["reading"][1].startswith("no DeleteSchedule: ")
    world.account.listed[NAME] = Deployed(listed.enabled, world.now)
    world.pass_time(minutes=10)
    assert classes_of(world) == ["drifted", "recovered"]
    assert world.alerts()[1]["summary"] == "the schedule of nightly-report is as deployed again"


def test_switched_in_the_second_of_its_last_change(world: World) -> None:
    """The time of the change is the same to the second, so the state tells that it was changed. Somebody is told."""
    world.pass_time(minutes=5)
    last = world.account.listed[NAME].changed
    world.account.state = "DISABLED"
    world.account.listed[NAME] = Deployed(enabled=False, changed=last)
    world.pass_time(minutes=15)
    assert classes_of(world) == ["drifted"]


@pytest.mark.parametrize(("end", "what"), [(None, "disabled"), (1, "disabled"), (0, None), (-1, None)])
def test_disabled_until_after_its_end(end: int | None, what: str | None) -> None:
    """Nobody misses a schedule that has no tick any more. A hold that is lifted then leaves it disabled."""
    last = None if end is None else instants.text(TICK + timedelta(minutes=end))
    facts = ScheduleFacts(expression=AT_TWO[0], end=last)
    record = ScheduleRecord(facts=facts, changed=instants.text(START), enabled=False, paused=True)
    there = Deployed(enabled=False, changed=START)
    seen = drift.Sighting(facts, there, None, paused=True, held=False, last_there=TICK)
    seen.note(record, TICK)
    assert (record.drift and record.drift.what) == what


def test_changed_by_hand(world: World) -> None:
    """A schedule that somebody changes is one alert, and its ticks are those that AWS has."""
    change(world, AT_THREE, START + timedelta(hours=1))
    world.pass_time(hours=1, minutes=10)
    alert = only(world)
    assert alert["class"] == "drifted"
    assert alert["summary"] == "nightly-report has another schedule in AWS than was deployed"
    assert alert["next"] is None
    assert "AttributeValue=UpdateSchedule " in alert["proof"]
    assert alert["reading"][1].startswith("no UpdateSchedule: ")
    world.pass_time(minutes=10)
    assert [(alert["class"], alert["tick"]) for alert in world.alerts()][1:] == [("missed", "2027-01-04T03:00:00Z")]


def test_a_start_that_has_passed_is_no_difference(world: World) -> None:
    """A hold sends a schedule without its start once that has passed, because AWS refuses such a start."""
    job = world.ledger.items[NAME]
    for start, told in ((TICK - timedelta(days=1), []), (TICK + timedelta(days=9), ["drifted"])):
        schedules = {NAME: ScheduleFacts(expression=AT_TWO[0], start=start.isoformat())}
        world.ledger.items[NAME] = type(job)(**{**vars(job), "schedules": schedules})
        change(world, AT_TWO, world.now)
        world.pass_time(minutes=10)
        assert classes_of(world) == told


def test_deployment_that_failed_half_way(world: World) -> None:
    """An item that was changed without its schedule is one alert; the ticks are those that AWS has."""
    deploy(world, AT_FOUR)
    world.pass_time(hours=3)
    assert sorted(classes_of(world)) == ["drifted", "missed"]
    assert [alert["tick"] for alert in world.alerts() if alert["class"] == "missed"] == [TEXT]


def test_deployment_takes_a_few_minutes(world: World) -> None:
    """An item that is changed some minutes before its schedule is no trouble."""
    run(world, nightly())
    deploy(world, AT_FOUR)
    world.pass_time(minutes=5)
    change(world, AT_FOUR, world.now + timedelta(minutes=2))
    world.pass_time(hours=1)
    assert world.told() == []


@pytest.mark.parametrize("minutes", [1, 5, 14])
def test_deployment_does_not_hide_a_miss(world: World, minutes: int) -> None:
    """A tick without a run is missed although the schedule was changed before the tick was judged."""
    world.pass_time(minutes=minutes)
    deploy(world, AT_FOUR)
    change(world, AT_FOUR, TICK + timedelta(minutes=minutes))
    world.pass_time(hours=1)
    assert world.told() == [("missed", NAME, TEXT)]


@pytest.mark.parametrize("seconds", [0, 30, 59])
def test_tick_in_the_minute_of_a_change_is_not_judged(world: World, seconds: int) -> None:
    """Scheduler calls within the minute, so nobody can say whether a tick was due that was switched off in it."""
    change(world, AT_TWO, TICK + timedelta(seconds=seconds), enabled=False)
    world.pass_time(hours=12)
    assert world.told() == []


def test_two_recoveries_at_one_time_are_two_messages(world: World) -> None:
    """A schedule that is as deployed again at the time of a tick has another id than the recovery of that tick."""
    run(world, EcsTask(NAME, TICK - timedelta(days=1)), exit_code=1)
    change(world, AT_THREE, world.now)
    world.pass_time(minutes=10)
    change(world, AT_TWO, world.now)
    world.pass_time(minutes=5)
    run(world, EcsTask(NAME, world.now, id="good"))
    assert classes_of(world) == ["failed", "drifted", "recovered", "recovered"]
    ids = [alert["id"] for alert in world.alerts()]
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("expression", [AT_TWO, AT_FOUR], ids=["toggled", "toggled and changed"])
def test_disabling_does_not_hide_a_miss(world: World, expression: tuple[str, str]) -> None:
    """A tick that was due while the schedule was enabled is missed."""
    world.pass_time(minutes=5)
    deploy(world, expression)
    change(world, expression, TICK + timedelta(minutes=6), enabled=False)
    world.pass_time(hours=12)
    assert world.told() == [("missed", NAME, TEXT)]


def test_removal_of_the_job_does_not_hide_a_miss(world: World) -> None:
    """A tick that was due before its job was removed is missed. The alert has the job's owner and no rerun."""
    world.pass_time(minutes=10)
    del world.ledger.items[NAME], world.account.listed[NAME]
    world.pass_time(hours=26)
    alert = only(world)
    assert (alert["class"], alert["tick"], alert["owners"]) == ("missed", TEXT, ["data"])


def test_disabled_schedule_has_no_ticks(world: World) -> None:
    """A schedule that was disabled before its tick is not missed; enabled later, it has only the ticks from then on."""
    change(world, AT_TWO, START, enabled=False)
    world.pass_time(hours=1)
    change(world, AT_TWO, world.now)
    world.pass_time(hours=12)
    assert world.told() == []


def test_new_schedule_has_no_earlier_ticks() -> None:
    """The ticks before a schedule was created are not its ticks."""
    world = World()
    world.look()
    world.now = TICK + timedelta(minutes=1)
    known = facts().jobs["hourly"]
    schedules: Mapping[str, ScheduleFacts] = {"hourly.new": ScheduleFacts(expression="cron(0 2 * * ? *)")}
    world.ledger.items["hourly"] = type(known)(**{**vars(known), "schedules": {**known.schedules, **schedules}})
    world.account.listed["hourly.new"] = Deployed(enabled=True, changed=TICK + timedelta(seconds=30))
    world.account.expressions["hourly.new"] = AT_TWO
    run(world, nightly())
    world.pass_time(hours=3)
    assert world.told() == []


def test_a_check_reads_only_what_was_changed(world: World) -> None:
    """A check reads a schedule once after each change."""
    run(world, nightly())
    read: list[str] = []
    world.account.step = read.append
    world.pass_time(minutes=15)
    assert read.count("GetSchedule") == 0
    change(world, AT_TWO, world.now)
    world.pass_time(minutes=15)
    assert read.count("GetSchedule") == 1


def test_a_check_asks_for_the_one_before_when_a_schedule_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other check needs to know until when a schedule was there."""
    world.pass_time(minutes=5)
    asked: list[datetime] = []

    def last_check() -> datetime:
        asked.append(world.now)
        return world.now - timedelta(minutes=5)

    monkeypatch.setattr(world.ledger, "last_check", last_check)
    world.pass_time(minutes=10)
    assert asked == []
    del world.account.listed[NAME]
    world.pass_time(minutes=5)
    assert asked == [world.now]


def test_many_changed_schedules_are_read_in_several_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check reads a bounded number of schedules, so that it ends in time; the next checks read the others."""
    monkeypatch.setattr("watch.sweep.MOST_READ", 1)
    read: list[str] = []
    world = World(step=read.append)
    counts = []
    for _ in range(3):
        read.clear()
        world.look()
        counts.append(read.count("GetSchedule"))
    assert counts == [1, 1, 0]
