"""By when the work of a tick must be done, and what the watch reports when it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cadence
from tests.unit.watch.world import EcsTask, World, facts, letter
from watch import digests, done_by, instants
from watch.due import Deployed
from watch.facts import ScheduleFacts
from watch.records import JobRecord, Storm, Tick

if TYPE_CHECKING:
    from watch.facts import Facts

BERLIN = "Europe/Berlin"
TICK = datetime(2027, 1, 4, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "tick", "expected"),
    [
        ("90m", "2026-11-26T01:00:00Z", "2026-11-26T02:30:00Z"),
        ("1h30m", "2026-11-26T01:00:00Z", "2026-11-26T02:30:00Z"),
        ("24h", "2026-11-26T01:00:00Z", "2026-11-27T01:00:00Z"),
        ("06:30", "2026-11-26T01:00:00Z", "2026-11-26T05:30:00Z"),
        ("06:30", "2026-07-01T01:00:00Z", "2026-07-01T04:30:00Z"),  # summer time
        ("01:00", "2026-11-26T01:00:00Z", "2026-11-27T00:00:00Z"),  # the tick is at 02:00 there
        ("02:00", "2026-11-26T01:00:00Z", "2026-11-27T01:00:00Z"),  # the tick itself is no deadline
        ("02:30", "2027-03-28T00:00:00Z", "2027-03-28T01:30:00Z"),  # the clocks skip 02:30, and show 03:30
        ("02:30", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"),  # the clocks show 02:30 twice
        ("00:00", "2026-11-26T22:30:00Z", "2026-11-26T23:00:00Z"),
    ],
)
def test_deadline(text: str, tick: str, expected: str) -> None:
    """A length counts from the tick; a time of the day is the next one in the schedule's zone."""
    assert instants.text(done_by.deadline(text, instants.read(tick), BERLIN)) == expected


@given(
    st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2035-01-01"), timezones=st.just(UTC)),
    st.times().map(lambda clock: f"{clock:%H:%M}"),
    st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]),
)
def test_a_time_of_the_day_comes_within_a_day(tick: datetime, text: str, zone: str) -> None:
    """It is after the tick, and at most a day and the hours of a clock change later."""
    until = done_by.deadline(text, tick, zone)
    assert timedelta(0) < until - tick <= timedelta(hours=26)


@pytest.mark.parametrize(
    "text", ["", "6:30", "24:00", "06:60", "0m", "25h", "24h1m", "m", "h", "90", "1h 30m", "-5m", "30m\n"]
)
def test_refuses(text: str) -> None:
    """Every other text is refused with what would be accepted."""
    with pytest.raises(ValueError, match=r"must be (more than 0 and at most 24 hours|a time of the day)"):
        done_by.read(text)


@pytest.mark.parametrize(
    ("text", "expression", "window", "expected"),
    [
        ("06:30", "cron(0 2 * * ? *)", 0, None),
        ("30m", "cron(*/5 * * * ? *)", 0, None),
        ("11m", "cron(0 2 * * ? *)", 10, None),
        ("06:30", "at(2026-11-26T02:00:00)", 0, None),
        ("10m", "cron(0 2 * * ? *)", 10, "must be longer than the window of 10 minutes"),
        ("02:30", "cron(0 2 * * ? *)", 60, "comes within the window of 60 minutes after a tick; must be later"),
        ("03:30", "cron(0 2 * * ? *)", 60, None),
        ("30m", "rate(1 day)", 0, "needs a cron or an at: "),
        ("06:30", "cron(*/5 * * * ? *)", 0, "is a time of the day, but the schedule has several ticks an hour; "),
    ],
)
def test_problem(text: str, expression: str, window: int, expected: str | None) -> None:
    """A deadline that contradicts the schedule's times is refused."""
    found = done_by.problem(text, cadence.Timetable(cadence.parse(expression), BERLIN, window=window))
    assert found == expected if expected is None else (found or "").startswith(expected)


def test_passed() -> None:
    """Ticks whose deadline has passed, later than the judged one, and not longer than a day ago."""
    nightly = ScheduleFacts(expression="cron(0 2 * * ? *)", timezone=BERLIN)
    now = instants.read("2026-11-26T06:00:00Z")
    latest = instants.read("2026-11-26T01:00:00Z")
    assert done_by.passed("06:30", nightly, None, now) == [latest]
    assert done_by.passed("06:30", nightly, latest - timedelta(days=1), now) == [latest]
    assert done_by.passed("06:30", nightly, latest, now) == []
    assert done_by.passed("07:30", nightly, None, now) == [latest - timedelta(days=1)]


def world_until(text: str, **changed: Any) -> World:  # noqa: ANN401 - facts of the group
    """Return a world in which the nightly report must be done by a time. Its tick is due now."""
    known: Facts = facts()
    job = replace(known.jobs["nightly-report"], done_by={"nightly-report": text}, longest_run=600 * 60)
    world = World(facts(jobs={"nightly-report": job}, **changed))
    world.look()
    world.now = TICK
    return world


def begin(world: World) -> EcsTask:
    """Let the tick's run begin."""
    task = EcsTask("nightly-report", TICK, id="0af3")
    for event in (task.moved("PROVISIONING", world.now), task.moved("RUNNING", world.now)):
        world.account.described[task.arn] = task.described()
        world.watch.take_event(event)
    return task


def told(world: World) -> list[str]:
    """Return the classes that were told."""
    return [class_ for class_, _, _ in world.told()]


def test_good_in_time() -> None:
    """Nothing is said of a tick that was good in time."""
    world = world_until("1h")
    task = begin(world)
    world.pass_time(minutes=55)
    world.watch.take_event(task.stopped(world.now, 0))
    world.pass_time(hours=3)
    assert told(world) == []


def test_still_running() -> None:
    """A run that goes on is reported once, with the command that stops it; its good end is the recovery."""
    world = world_until("1h")
    task = begin(world)
    world.pass_time(minutes=55)
    assert told(world) == []
    world.pass_time(minutes=10)
    [alert] = world.alerts()
    assert (alert["class"], alert["dueBy"]) == ("not-done", instants.text(TICK + timedelta(hours=1)))
    assert alert["summary"] == "nightly-report is not done: due by 03:00 UTC, and still running"
    assert alert["rerun"] is None
    assert alert["stop"] is not None
    world.pass_time(hours=2)
    world.watch.take_event(task.stopped(world.now, 0))
    world.pass_time(hours=1)
    assert told(world) == ["not-done", "recovered"]


def test_still_running_and_then_failed() -> None:
    """The end of a late run is told once."""
    world = world_until("1h")
    task = begin(world)
    world.pass_time(hours=2)
    world.watch.take_event(task.stopped(world.now, 1))
    world.pass_time(hours=1)
    kinds = [(alert["kind"], alert["class"]) for alert in world.alerts()]
    assert kinds == [("alert", "not-done"), ("ended", "not-done")]
    ended = world.alerts()[1]
    assert ended["summary"] == "nightly-report failed in the end: exit code 1"
    assert ended["dueBy"] == instants.text(TICK + timedelta(hours=1))


def test_stopped_before_the_deadline() -> None:
    """A run that somebody stopped, which was no alert, is neither running nor late."""
    world = world_until("1h")
    task = begin(world)
    world.watch.take_event(task.stopped(world.now, 143, "UserInitiated"))
    world.pass_time(hours=2)
    [alert] = world.alerts()
    assert alert["summary"] == "nightly-report is not done: due by 03:00 UTC, and not running"
    assert alert["cause"].startswith("somebody called StopTask")
    assert alert["stop"] is None


def test_nothing_has_begun() -> None:
    """A tick without a run is reported at its deadline, before it counts as missed, and not a second time."""
    world = world_until("10m")
    world.pass_time(minutes=15)
    [alert] = world.alerts()
    assert alert["summary"] == "nightly-report is not done: due by 02:10 UTC, and not running"
    assert alert["rerun"] is not None
    assert alert["stop"] is None
    assert "Scheduler may still launch one" in alert["cause"]
    assert world.tick("nightly-report", TICK).outcome == "not-done"
    world.pass_time(hours=1)
    assert told(world) == ["not-done"]
    assert world.tick("nightly-report", TICK).outcome == "missed"


def test_begins_after_the_deadline() -> None:
    """The bad end of a run that begins late is told too."""
    world = world_until("10m")
    world.pass_time(minutes=15)
    task = begin(world)
    world.watch.take_event(task.stopped(world.now, 2))
    assert [alert["kind"] for alert in world.alerts()] == ["alert", "ended"]


def test_launch_is_given_up_after_the_deadline() -> None:
    """AWS's reason is told, although the tick was reported before."""
    world = world_until("10m")
    world.pass_time(minutes=15)
    world.watch.take_dead_letter(letter("nightly-report", TICK))
    first, second = world.alerts()
    assert (first["kind"], second["kind"], second["summary"]) == ("alert", "ended", "nightly-report never started")
    assert "AccessDeniedException" in second["reason"]


@pytest.mark.parametrize("quiet", ["failed", "missed"])
def test_quiet_class_hides_no_deadline(quiet: str) -> None:
    """A tick whose failure is quiet is reported when its work is not done in time."""
    world = world_until("1h", quiet=(quiet,))
    if quiet == "failed":
        world.watch.take_event(begin(world).stopped(world.now, 1))
    world.pass_time(hours=2)
    assert told(world) == ["not-done"]


@pytest.mark.parametrize("ended", [True, False])
def test_lost_events(*, ended: bool) -> None:
    """ECS is asked before a tick without a known run is reported."""
    world = world_until("1h")
    task = EcsTask("nightly-report", TICK, id="0af3")
    task.moved("RUNNING", world.now)
    if ended:
        task.stopped(world.now + timedelta(minutes=30), 0)
    world.account.described[task.arn] = task.described()
    world.now += timedelta(minutes=65)
    world.look()
    assert [alert["summary"] for alert in world.alerts()] == (
        [] if ended else ["nightly-report is not done: due by 03:00 UTC, and still running"]
    )


def test_good_before_anybody_was_told() -> None:
    """A late tick that waits for the next message, and is good meanwhile, is not reported any more."""
    record = JobRecord("a", storm=Storm(messages=1, quiet_until="2027-01-04T09:00:00Z", since="2027-01-04T01:00:00Z"))
    tick = Tick("a", "a", instants.text(TICK))
    digests.raise_alert(record, tick, "not-done", TICK, ())
    assert record.storm is not None
    assert (record.storm.count, record.outbox) == (1, [])
    assert digests.drop(record, tick)
    assert (record.storm.count, record.storm.classes, record.storm.about) == (0, {}, [])
    assert not digests.drop(record, tick)


def test_earlier_versions_can_read_the_records() -> None:
    """A record of a job without deadlines has no field that earlier versions do not know."""
    record = JobRecord("a", facts=facts().jobs["nightly-report"])
    record.schedule("a").checked = "2027-01-04T01:00:00Z"
    plain = record.to_plain()
    assert "done" not in plain["schedules"]["a"]
    assert "done_by" not in plain["facts"]
    assert JobRecord.from_plain(plain, 0) == record


def test_failed_before_the_deadline() -> None:
    """A tick that was reported is not reported again at its deadline."""
    world = world_until("1h")
    task = begin(world)
    world.watch.take_event(task.stopped(world.now, 1))
    world.pass_time(hours=2)
    assert told(world) == ["failed"]


def test_a_change_of_the_schedule_does_not_hide_a_late_run() -> None:
    """A deployment between the tick and its deadline leaves the deadline of a tick that runs."""
    world = world_until("1h")
    begin(world)
    world.pass_time(minutes=30)
    world.account.listed["nightly-report"] = Deployed(enabled=True, changed=world.now)
    world.pass_time(minutes=40)
    assert told(world) == ["not-done"]


def test_a_disabled_schedule_has_no_deadlines() -> None:
    """Of a schedule that is off, only a tick that runs is late."""
    world = world_until("10m")
    world.account.unwanted.add("nightly-report")
    world.account.listed["nightly-report"] = Deployed(enabled=False, changed=TICK - timedelta(hours=1))
    world.pass_time(hours=2)
    assert told(world) == []
