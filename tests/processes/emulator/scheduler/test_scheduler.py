"""Schedules fire at the times at which EventBridge Scheduler would fire them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.timekeeping.timeline import Timeline
from tests.processes.emulator.world import GROUP, START, Host, client, opened

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

BERLIN = {"ScheduleExpressionTimezone": "Europe/Berlin"}


def window(minutes: int) -> dict[str, Any]:
    """Return a flexible time window."""
    return {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes}}


@pytest.mark.parametrize(
    ("expression", "changes", "hours", "expected"),
    [
        pytest.param("cron(0 2 * * ? *)", {}, 48, ["04 02:00", "05 02:00"], id="cron"),
        pytest.param("cron(0 2 * * ? *)", BERLIN, 24, ["04 01:00"], id="cron-in-a-zone"),
        pytest.param("rate(90 minutes)", {}, 4, ["04 01:30", "04 03:00"], id="rate-from-creation"),
        pytest.param("at(2027-01-04T05:00:00)", {}, 24, ["04 05:00"], id="at-once"),
        pytest.param("at(2027-01-04T05:00:00)", BERLIN, 24, ["04 04:00"], id="at-in-a-zone"),
        pytest.param("at(2027-01-03T05:00:00)", {}, 24, [], id="at-in-the-past"),
        pytest.param("cron(0 * * * ? *)", {"State": "DISABLED"}, 24, [], id="disabled"),
        pytest.param(
            "cron(0 * * * ? *)",
            {"StartDate": START + timedelta(hours=3), "EndDate": START + timedelta(hours=5)},
            24,
            ["04 03:00", "04 04:00", "04 05:00"],
            id="start-and-end",
        ),
        pytest.param(
            "rate(2 hours)",
            {"StartDate": START + timedelta(hours=1)},
            6,
            ["04 01:00", "04 03:00", "04 05:00"],
            id="rate-from-start",
        ),
    ],
)
def test_ticks(world: World, expression: str, changes: dict[str, Any], hours: int, expected: list[str]) -> None:
    """Every tick on the way is launched at its time, and no other."""
    world.schedule("report", expression, **changes)
    world.advance(hours=hours)
    assert world.ticks() == expected
    assert all(launch.at == launch.tick for launch in world.scheduler.launches)
    assert len(world.host.started) == len(expected)


@pytest.mark.parametrize(
    ("expression", "changes", "expected"),
    [
        pytest.param(
            "at(2027-01-04T05:00:00)", {"StartDate": START + timedelta(hours=9)}, ["04 05:00"], id="at-ignores"
        ),
        pytest.param("cron(0 2 30 2 ? *)", {}, [], id="no-such-day"),
        pytest.param(
            "cron(0 2 * * ? *)",
            {"StartDate": START + timedelta(hours=3), "EndDate": START + timedelta(hours=4)},
            [],
            id="none-between-start-and-end",
        ),
    ],
)
def test_what_never_fires(world: World, expression: str, changes: dict[str, Any], expected: list[str]) -> None:
    """A schedule that AWS accepts although its dates exclude every tick delays no other schedule."""
    world.schedule("odd", expression, **changes)
    world.schedule("report", "at(2027-01-04T06:00:00)")
    world.advance(hours=24)
    assert (world.ticks("odd"), world.ticks()) == (expected, ["04 06:00"])


def test_order(world: World) -> None:
    """Ticks fire in the order of time, and then of their schedules' names."""
    world.schedule("b", "cron(0 * * * ? *)")
    world.schedule("c", "cron(30 * * * ? *)")
    world.schedule("a", "cron(0 * * * ? *)")
    world.advance(hours=2)
    fired = [(launch.schedule.removeprefix(f"{GROUP}/"), f"{launch.tick:%H:%M}") for launch in world.scheduler.launches]
    assert fired == [("c", "00:30"), ("a", "01:00"), ("b", "01:00"), ("c", "01:30"), ("a", "02:00"), ("b", "02:00")]


def night(midnight: datetime) -> list[str]:
    """Return the ticks of the four hours after a midnight."""
    with opened(Host(), midnight - timedelta(hours=2)) as world:
        world.schedule("half", "cron(0/30 * * * ? *)", **BERLIN)
        world.schedule("daily", "cron(30 2 * * ? *)", **BERLIN)
        world.advance(hours=6)
        return [f"{launch.schedule.removeprefix(GROUP)} {launch.tick:%H:%M}" for launch in world.scheduler.launches]


def test_skipped_hour() -> None:
    """A wall time that the clocks skip is not a tick: 02:30 does not occur, and 03:00 follows 01:30."""
    spring = night(datetime(2027, 3, 28, tzinfo=UTC))
    assert not [tick for tick in spring if "daily" in tick]
    assert [tick.split()[1] for tick in spring] == [
        "22:30",
        "23:00",
        "23:30",
        "00:00",
        "00:30",
        "01:00",
        "01:30",
        "02:00",
        "02:30",
        "03:00",
        "03:30",
        "04:00",
    ]


def test_repeated_hour() -> None:
    """A wall time that the clocks show twice is one tick, the first; the schedule is silent in the repeated hour."""
    autumn = night(datetime(2027, 10, 31, tzinfo=UTC))
    assert [tick.split()[1] for tick in autumn if "daily" in tick] == ["00:30"]
    assert [tick.split()[1] for tick in autumn if "half" in tick] == [
        "22:30",
        "23:00",
        "23:30",
        "00:00",
        "00:30",
        "02:00",
        "02:30",
        "03:00",
        "03:30",
        "04:00",
    ]


def test_window() -> None:
    """Inside a flexible window the launch time is any, but the same each time; the tick is the start of the window."""
    launches = []
    for _ in range(2):
        with opened(Host()) as world:
            world.schedule("report", "cron(0 2 * * ? *)", **window(60))
            world.advance(days=20)
            launches.append([(launch.tick, launch.at) for launch in world.scheduler.launches])
    offsets = {at - tick for tick, at in launches[0]}
    assert launches[0] == launches[1]
    assert {f"{tick:%H:%M}" for tick, _ in launches[0]} == {"02:00"}
    assert len(offsets) > 1
    assert all(timedelta() <= offset < timedelta(hours=1) for offset in offsets)


def test_toggled(world: World) -> None:
    """A disabled schedule is silent, and an enabled one continues with its future ticks."""
    world.schedule("report", "cron(0 * * * ? *)")
    world.advance(hours=2)
    world.reschedule("report", "cron(0 * * * ? *)", State="DISABLED")
    world.advance(hours=2)
    world.reschedule("report", "cron(0 * * * ? *)", State="ENABLED")
    world.advance(hours=2)
    assert world.ticks() == ["04 01:00", "04 02:00", "04 05:00", "04 06:00"]


def test_an_update_without_a_state(world: World) -> None:
    """UpdateSchedule resets absent members: a schedule without a state is enabled, and is not deleted at its end."""
    world.schedule("report", State="DISABLED", ActionAfterCompletion="DELETE", Description="Off")
    world.reschedule("report", StartDate=START + timedelta(minutes=30))
    found = client("scheduler").get_schedule(GroupName=GROUP, Name="report")
    assert (found["State"], found.get("Description")) == ("ENABLED", None)
    assert found["ActionAfterCompletion"] == "NONE"
    assert found["StartDate"] == START + timedelta(minutes=30)
    world.advance(hours=1)
    assert world.ticks() == ["04 00:30"]


def test_changed_expression(world: World) -> None:
    """A new expression counts from the update; a changed description changes no tick."""
    world.schedule("report", "rate(1 hour)")
    world.advance(minutes=90)
    world.reschedule("report", "rate(1 hour)", Description="Changed")
    world.advance(minutes=60)
    world.reschedule("report", "cron(15 * * * ? *)")
    world.advance(minutes=60)
    assert world.ticks() == ["04 01:00", "04 02:00", "04 03:15"]


def test_deleted(world: World) -> None:
    """A schedule that is deleted during its window is not launched any more, and has no further ticks."""
    world.schedule("report", "cron(0 1 * * ? *)", **window(1440))
    world.advance(hours=1)
    client("scheduler").delete_schedule(GroupName=GROUP, Name="report")
    world.advance(days=3)
    assert world.ticks() == []


def test_made_anew(world: World) -> None:
    """A schedule that is deleted and created again is a new one: its rate counts from its own creation."""
    world.schedule()
    world.advance(minutes=90)
    client("scheduler").delete_schedule(GroupName=GROUP, Name="report")
    world.schedule()
    world.advance(minutes=90)
    assert world.ticks() == ["04 01:00", "04 02:30"]


def test_time_waits_for_runs(world: World) -> None:
    """At each moment the clock waits for the runs that started there before it moves on."""
    waited: list[datetime] = []
    timeline = Timeline(world.clock, [world.scheduler], lambda: waited.append(world.clock.now()))
    world.schedule()
    timeline.advance(START + timedelta(minutes=130))
    assert waited == [START + timedelta(hours=1), START + timedelta(hours=2)]


def test_deleted_when_complete(world: World) -> None:
    """With ActionAfterCompletion DELETE a schedule is deleted after its last tick; without it the schedule stays."""
    world.schedule("gone", "at(2027-01-04T01:00:00)", ActionAfterCompletion="DELETE")
    world.schedule("ended", "rate(1 hour)", ActionAfterCompletion="DELETE", EndDate=START + timedelta(hours=2))
    world.schedule("kept", "at(2027-01-04T01:00:00)", ActionAfterCompletion="NONE")
    world.schedule("later", "rate(1 hour)", ActionAfterCompletion="DELETE")
    world.advance(hours=1)
    assert names() == ["ended", "kept", "later"]
    world.advance(hours=1)
    assert names() == ["kept", "later"]
    assert world.ticks("gone") == ["04 01:00"]


def test_switched_off_is_not_complete(world: World) -> None:
    """A schedule that is disabled during its window still has ticks, and so is not deleted."""
    world.schedule("report", "cron(0 1 * * ? *)", ActionAfterCompletion="DELETE", **window(1440))
    world.advance(hours=1)
    off = {"ActionAfterCompletion": "DELETE", "State": "DISABLED", **window(1440)}
    world.reschedule("report", "cron(0 1 * * ? *)", **off)
    world.advance(days=2)
    assert names() == ["report"]


def names() -> list[str]:
    """Return the names of the schedules that exist."""
    return sorted(schedule["Name"] for schedule in client("scheduler").list_schedules()["Schedules"])


def test_progress(world: World) -> None:
    """An advance reports each moment at which it stops, and ends at its target."""
    world.schedule("a", "cron(0 * * * ? *)")
    world.schedule("b", "cron(0,30 * * * ? *)")
    told: list[datetime] = []
    world.timeline.advance(START + timedelta(minutes=70), told.append)
    assert told == [START + timedelta(minutes=30), START + timedelta(minutes=60)]
    assert world.clock.now() == START + timedelta(minutes=70)
    assert world.timeline.next_moment() == START + timedelta(minutes=90)


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(st.integers(1, 700), min_size=1, max_size=12))
def test_one_advance_is_many(steps: list[int], whole: list[tuple[str, datetime, datetime]]) -> None:
    """An advance that is split into pieces fires the same ticks at the same moments in the same order."""
    with opened(Host()) as world:
        busy(world)
        for minutes in steps:
            world.advance(minutes=minutes)
        now = world.clock.now()
        assert fired(world) == [launch for launch in whole if launch[2] <= now]


@pytest.fixture(scope="module")
def whole() -> list[tuple[str, datetime, datetime]]:
    """Return the launches of one long advance."""
    with opened(Host()) as world:
        busy(world)
        world.advance(minutes=12 * 700)
        return fired(world)


def busy(world: World) -> None:
    """Create schedules of every kind."""
    world.schedule("cron", "cron(0/20 6-9 * * ? *)", **BERLIN)
    world.schedule("rate", "rate(3 hours)")
    world.schedule("at", "at(2027-01-05T12:00:00)", ActionAfterCompletion="DELETE")
    world.schedule("window", "rate(5 hours)", **window(45))


def fired(world: World) -> list[tuple[str, datetime, datetime]]:
    """Return the launches with their times."""
    return [(launch.schedule, launch.tick, launch.at) for launch in world.scheduler.launches]
