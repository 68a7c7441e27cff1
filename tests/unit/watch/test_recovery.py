"""Storms, quiet classes, and the recovery of a job."""

from __future__ import annotations

from datetime import timedelta

import jsonschema
import pytest

from tests.unit.watch.told import SCHEMA, TEXT, TICK, nightly
from tests.unit.watch.world import (
    CLUSTER,
    EcsTask,
    World,
    events,
    facts,
    refuse,
    run,
)
from watch.facts import JobFacts, ScheduleFacts
from watch.records import JobRecord


def test_recovers_once(world: World) -> None:
    """The first good run after an alert is reported, and later good runs are not."""
    run(world, nightly(), exit_code=1)
    for day in (1, 2, 3):
        world.now = TICK + timedelta(days=day)
        run(world, EcsTask("nightly-report", world.now, id=f"b{day}"))
    assert world.told() == [
        ("failed", "nightly-report", TEXT),
        ("recovered", "nightly-report", "2027-01-05T02:00:00Z"),
    ]


def test_earlier_run_does_not_recover(world: World) -> None:
    """A good run of an earlier tick is not a recovery, even when it ends later than the failed run."""
    run(world, nightly(), exit_code=1)
    run(world, EcsTask("nightly-report", TICK - timedelta(days=1), id="0e"))
    assert world.told() == [("failed", "nightly-report", TEXT)]


def test_storm_is_told_at_a_growing_distance(world: World) -> None:
    """A hundred failures cause one alert and then digests at growing intervals, and each tick is reported once."""
    for minute in range(0, 500, 5):
        run(world, EcsTask("nightly-report", world.now, id=f"c{minute}"), exit_code=1)
        world.pass_time(minutes=5)
    told = world.alerts()
    assert [alert["kind"] for alert in told] == ["alert", *["digest"] * 5]
    assert [alert["digest"]["count"] for alert in told[1:]] == [2, 6, 12, 24, 48]
    world.pass_time(hours=12)
    assert sum((alert["digest"] or {"count": 1})["count"] for alert in world.alerts()) == 100
    run(world, EcsTask("nightly-report", world.now, id="good"))
    assert world.alerts()[-1]["class"] == "recovered"
    for alert in world.alerts():
        jsonschema.validate(alert, SCHEMA)


def test_recovery_tells_what_was_still_to_be_told(world: World) -> None:
    """Ticks that wait for the next digest are reported with the recovery."""
    run(world, nightly(), exit_code=1)
    run(world, EcsTask("nightly-report", TICK + timedelta(minutes=1), id="0b"), exit_code=1)
    run(world, EcsTask("nightly-report", TICK + timedelta(minutes=2), id="0c"))
    first, second = world.alerts()
    assert (first["class"], second["class"]) == ("failed", "recovered")
    assert second["digest"] == {
        "count": 1,
        "classes": {"failed": 1},
        "ticks": [{"schedule": "nightly-report", "tick": "2027-01-04T02:01:00Z", "timezone": "UTC", "class": "failed"}],
    }


def test_quiet_class_is_recorded_only() -> None:
    """A quiet class is in the ledger, and neither its alert nor its recovery is sent."""
    world = World(facts(quiet=("failed",)))
    run(world, EcsTask("nightly-report", TICK), exit_code=1)
    run(world, EcsTask("nightly-report", TICK + timedelta(days=1), id="0b"))
    assert world.told() == []
    assert world.tick("nightly-report", TICK).alert == "failed"


def test_recovery_counts_all_ticks(world: World) -> None:
    """The recovery counts every tick that still has no good run, and not only those that it names."""
    begin = TICK - timedelta(days=1)
    for hour in range(24):
        world.now = begin + timedelta(hours=hour)
        run(world, EcsTask("hourly", world.now, id=f"{hour:04x}"), exit_code=1)
    world.now = begin + timedelta(hours=24)
    run(world, EcsTask("hourly", world.now, id="ffff"))
    [recovered] = [alert for alert in world.alerts() if alert["kind"] == "recovered"]
    assert recovered["summary"] == "hourly has recovered; 24 ticks still have no good run"
    assert (recovered["unresolved"]["count"], len(recovered["unresolved"]["ticks"])) == (24, 10)


@pytest.mark.parametrize("quiet", ["overrun", "missed", "interrupted"])
def test_quiet_class_hides_no_loud_one(quiet: str) -> None:
    """A tick with a quiet class is reported when a class that is not quiet follows."""
    world = World(facts(quiet=(quiet,)))
    world.look()
    world.now = TICK
    task = nightly()
    match quiet:
        case "missed":
            world.pass_time(minutes=20)
        case "interrupted":
            run(world, EcsTask("nightly-report", TICK, id="0b"), 137, "SpotInterruption")
        case _:
            world.ledger._jobs["nightly-report"] = JobRecord("nightly-report", durations=[60], version=1)
            for event in (task.moved("PROVISIONING", world.now), task.moved("RUNNING", world.now)):
                world.account.described[task.arn] = task.described()
                world.watch.take_event(event)
            world.pass_time(minutes=30)
    assert world.told() == []
    assert world.tick("nightly-report", TICK).alert == quiet
    run(world, task, exit_code=1)
    assert world.told() == [("failed", "nightly-report", TEXT)]


def two_schedules() -> World:
    """Return a stack with a job whose nightly and one-time schedules are both in trouble."""
    schedules = {
        "export.nightly": ScheduleFacts(expression="cron(0 2 * * ? *)"),
        "export.once": ScheduleFacts(expression="at(2027-01-04T02:00:00)"),
        "export.noon": ScheduleFacts(expression="cron(0 12 * * ? *)"),
    }
    world = World(facts(jobs={"export": JobFacts(container="app", cluster=CLUSTER, schedules=schedules)}))
    world.look()
    world.now = TICK + timedelta(minutes=1)
    for number, schedule in enumerate(("export.nightly", "export.once")):
        run(world, EcsTask(schedule, TICK, id=f"a{number}"), exit_code=1)
    return world


def test_one_time_schedule_keeps_no_other_from_recovering() -> None:
    """A one-time schedule that failed does not delay the recovery of its job."""
    world = two_schedules()
    world.now = TICK + timedelta(days=1)
    run(world, EcsTask("export.nightly", world.now, id="b"))
    assert world.alerts()[-1]["class"] == "recovered"
    assert world.alerts()[-1]["digest"]["count"] == 1


def test_recovers_when_every_schedule_has() -> None:
    """A job with two schedules in trouble recovers when the second one has a good run."""
    world = two_schedules()
    run(world, EcsTask("export.noon", TICK + timedelta(hours=10), id="c"), exit_code=1)
    world.now = TICK + timedelta(days=1)
    run(world, EcsTask("export.nightly", world.now, id="b"))
    assert "recovered" not in [alert["class"] for alert in world.alerts()]
    run(world, EcsTask("export.noon", TICK + timedelta(days=1, hours=10), id="d"))
    assert [alert["class"] for alert in world.alerts()].count("recovered") == 1


def test_schedule_that_was_switched_off_is_in_no_trouble(world: World) -> None:
    """The trouble of a schedule ends when the schedule is disabled, so later failures are reported at once again."""
    run(world, nightly(), exit_code=1)
    known = world.account.listed["nightly-report"]
    world.account.listed["nightly-report"] = type(known)(enabled=False, changed=world.now)
    world.pass_time(minutes=30)
    record = world.ledger.jobs(refuse)["nightly-report"]
    assert (record.trouble, record.storm) == ({}, None)


def test_end_that_is_told_after_all(world: World) -> None:
    """When the good end of a forgotten run is reported late, the tick is good and the job recovers."""
    task = nightly()
    first, second, last = events(world, task, exit_code=0)
    world.watch.take_event(first)
    world.watch.take_event(second)
    world.account.described.clear()
    world.pass_time(minutes=5)
    world.watch.take_event(last)
    assert [class_ for class_, _, _ in world.told()] == ["failed", "recovered"]
    assert world.tick("nightly-report", TICK).outcome == "good"


def test_a_streak_of_missed_ticks_recovers_once() -> None:
    """The recovery waits until earlier ticks are found missed, and comes after their alerts."""
    quarters = ScheduleFacts(expression="cron(0/15 * * * ? *)")
    job = JobFacts(container="app", cluster=CLUSTER, task_definition="web:7", schedules={"quarters": quarters})
    world = World(facts(jobs={"quarters": job}))
    world.look()
    for quarter in range(1, 17):
        world.pass_time(minutes=15)
        if quarter > 4:
            run(world, EcsTask("quarters", world.now, id=f"q{quarter}"))
    told = world.alerts()
    assert [alert["class"] for alert in told] == ["missed", "missed", "missed", "recovered"]
    assert told[-1]["firstFailed"] == "2027-01-04T00:15:00Z"
    ticks = [alert["digest"]["ticks"] if alert["digest"] else [{"tick": alert["tick"]}] for alert in told[:-1]]
    assert [one["tick"] for listed in ticks for one in listed] == [
        f"2027-01-04T{time}:00Z" for time in ("00:15", "00:30", "00:45", "01:00")
    ]


def test_a_good_tick_that_the_checks_pass_later_ends_no_new_failures() -> None:
    """A good tick counts when its run ends. When the checks pass it, later ticks may have failed already."""
    quarters = ScheduleFacts(expression="cron(0/15 * * * ? *)")
    job = JobFacts(container="app", cluster=CLUSTER, task_definition="web:7", schedules={"quarters": quarters})
    world = World(facts(jobs={"quarters": job}))
    world.look()
    for minutes, exit_code, failures in ((30, 0, 0), (15, 0, 0), (15, 1, 1), (15, 1, 2)):
        world.pass_time(minutes=minutes)
        run(world, EcsTask("quarters", world.now, id=f"q{world.now:%H%M}"), exit_code)
        assert world.ledger.all_jobs()["quarters"].schedule("quarters").failures == failures
    assert world.told()[0] == ("missed", "quarters", "2027-01-04T00:15:00Z")


def test_does_not_recover_while_the_run_goes_on() -> None:
    """A later good run does not recover a job while an overrun still goes on."""
    job = JobFacts(
        container="app",
        cluster=CLUSTER,
        longest_run=60,
        schedules={"often": ScheduleFacts(expression="cron(0 * * * ? *)")},
    )
    world = World(facts(jobs={"often": job}))
    world.now = TICK
    world.look()
    task = EcsTask("often", TICK)
    for event in (task.moved("PROVISIONING", world.now), task.moved("RUNNING", world.now)):
        world.account.described[task.arn] = task.described()
        world.watch.take_event(event)
    world.pass_time(minutes=10)
    run(world, EcsTask("often", TICK + timedelta(hours=1), id="next"))
    assert [class_ for class_, _, _ in world.told()] == ["overrun"]
    world.watch.take_event(task.stopped(world.now, 0))
    assert [class_ for class_, _, _ in world.told()] == ["overrun", "recovered"]
