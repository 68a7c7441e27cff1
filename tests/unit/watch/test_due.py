"""The ticks that were due, and those of them that are missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cadence
from watch import due, instants
from watch.due import Deployed, Judgement
from watch.facts import JobFacts, ScheduleFacts
from watch.records import ScheduleRecord

NOW = datetime(2027, 1, 4, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
HOURLY = ScheduleFacts(expression="cron(0 * * * ? *)")
RATE = ScheduleFacts(expression="rate(1 hour)")


def judged(facts: ScheduleFacts, record: ScheduleRecord | None = None, **changed: Any) -> Judgement:  # noqa: ANN401
    """Return the judgement with a grace of 15 minutes, by default of an old, enabled schedule."""
    given = {"since": LONG_AGO, "now": NOW, "grace": 900, "changed": LONG_AGO, "enabled": True, **changed}
    deployed = Deployed(enabled=given.pop("enabled"), changed=given.pop("changed"))
    return due.judge(facts, record or ScheduleRecord(), deployed, **given)


def at(hour: int, minute: int = 0) -> str:
    """Return a time of the test's day."""
    return f"2027-01-04T{hour:02}:{minute:02}:00Z"


def test_judges_what_is_late_enough() -> None:
    """A tick is judged when its window, one minute and the grace have passed, and not before."""
    record = ScheduleRecord(checked=at(9))
    for now, expected in ((at(10, 15), ()), (at(10, 16), (at(10),))):
        assert judged(HOURLY, record, now=instants.read(now)).missed == expected
    windowed = ScheduleFacts(expression="cron(0 * * * ? *)", window=20)
    for now, expected in ((at(10, 35), ()), (at(10, 36), (at(10),))):
        assert judged(windowed, record, now=instants.read(now)).missed == expected


def test_judges_a_tick_once() -> None:
    """The next check begins after the judged ticks, and a tick with a run is not missed."""
    record = ScheduleRecord(checked=at(7), seen=[at(9)])
    found = judged(HOURLY, record)
    assert found == Judgement((at(8), at(10), at(11)), at(11), 4)
    due.settle(record, found.checked or "")
    assert record == ScheduleRecord(checked=at(11), seen=[])
    assert judged(HOURLY, record) == due.NOTHING


def test_disabled_is_not_judged() -> None:
    """The ticks of a disabled schedule are not judged."""
    assert judged(HOURLY, ScheduleRecord(checked=at(7)), enabled=False) == due.NOTHING


def test_first_tick_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check before the next tick is due looks for the tick only if the one before has not."""
    record = ScheduleRecord(checked=at(9, 59))
    assert judged(HOURLY, record, now=instants.read(at(10))) == due.NOTHING
    with monkeypatch.context() as patch:
        patch.setattr(cadence.Timetable, "ticks", None)
        assert judged(HOURLY, record, now=instants.read(at(10, 15))) == due.NOTHING
    assert judged(HOURLY, record, now=instants.read(at(10, 16))).missed == (at(10),)


@pytest.mark.parametrize("facts", [HOURLY, RATE], ids=["cron", "rate"])
def test_begins_where_the_schedule_does(facts: ScheduleFacts) -> None:
    """No tick counts before the last change, within the minute that a change takes, or before the first check."""
    assert judged(facts, changed=instants.read(at(10, 30))).missed == ((at(11),) if facts is HOURLY else (at(11, 30),))
    assert judged(facts, since=instants.read(at(10, 30))).missed == ((at(11),) if facts is HOURLY else (at(11, 30),))
    assert judged(HOURLY, changed=instants.read("2027-01-04T10:59:30Z")).missed == ()


def test_rate_counts_from_its_last_tick() -> None:
    """A rate's next tick is expected one period after the latest known tick."""
    record = ScheduleRecord(checked=at(7, 10), seen=[at(8, 10), at(9, 10)])
    assert judged(RATE, record) == Judgement((at(10, 10), at(11, 10)), at(11, 10), 4)


def test_rate_finds_a_gap_between_known_ticks() -> None:
    """Ticks of a rate that are absent between two known ticks are missed."""
    record = ScheduleRecord(checked=at(7, 10), seen=[at(10, 10)])
    assert judged(RATE, record).missed == (at(8, 10), at(9, 10), at(11, 10))


def test_rate_takes_its_first_tick_wherever_it_comes() -> None:
    """After a change it is unknown when a rate counts from, so any tick within the first period is accepted."""
    record = ScheduleRecord(seen=[at(10, 40)])
    assert judged(RATE, record, changed=instants.read(at(10, 15))).missed == (at(11, 40),)


def test_rate_with_a_start_and_an_end() -> None:
    """The first tick of a rate with a start is the start, and no tick comes after its end."""
    facts = ScheduleFacts(expression="rate(1 hour)", start=at(9, 20), end=at(10, 30))
    assert judged(facts) == Judgement((at(9, 20), at(10, 20)), at(10, 20), 2)


def test_once() -> None:
    """A one-time schedule is missed once."""
    facts = ScheduleFacts(expression="at(2027-01-04T10:00:00)")
    found = judged(facts)
    assert found == Judgement((at(10),), at(10), 1)
    assert judged(facts, ScheduleRecord(checked=found.checked)) == due.NOTHING


def test_wall_clock_time() -> None:
    """Ticks follow the schedule's own time zone through daylight saving."""
    facts = ScheduleFacts(expression="cron(30 2 * * ? *)", timezone="Europe/Berlin")
    spring = datetime(2027, 3, 29, 12, tzinfo=UTC)
    record = ScheduleRecord(checked="2027-03-27T01:30:00Z")
    # On the 28th that time is skipped.
    assert judged(facts, record, now=spring).missed == ("2027-03-29T00:30:00Z",)


def test_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a long pause a check judges a limited number of ticks, and the next check continues from there."""
    monkeypatch.setattr(due, "MOST_JUDGED", 3)
    record = ScheduleRecord(checked=at(1))
    first = judged(HOURLY, record)
    assert first.missed == (at(2), at(3), at(4))
    due.settle(record, first.checked or "")
    assert judged(HOURLY, record).missed == (at(5), at(6), at(7))


@given(seen=st.sets(st.integers(0, 200)), looks=st.lists(st.integers(1, 90), min_size=1, max_size=20))
def test_each_tick_is_missed_or_seen(seen: set[int], looks: list[int]) -> None:
    """Whenever the checks run, each tick is missed once, or was seen."""
    facts = ScheduleFacts(expression="cron(0/10 * * * ? *)")
    start = NOW - timedelta(days=2)
    ticks = [start + timedelta(minutes=10 * n) for n in range(1, 200)]
    known = {instants.text(ticks[n - 1]) for n in seen if 0 < n < len(ticks)}
    record, now = ScheduleRecord(checked=instants.text(start)), start
    missed: list[str] = []
    for minutes in looks:
        now += timedelta(minutes=minutes)
        record.seen = sorted(tick for tick in known if tick > (record.checked or ""))
        found = judged(facts, record, now=now)
        missed += found.missed
        if found.checked:
            due.settle(record, found.checked)
    horizon = now - timedelta(minutes=16)
    expected = [text for tick in ticks if tick <= horizon and (text := instants.text(tick)) not in known]
    assert missed == expected


def test_nearest_tick() -> None:
    """A launch without a tick counts for the latest tick that was due, of any schedule of the job."""
    job = JobFacts(schedules={"a.daily": ScheduleFacts(expression="cron(0 2 * * ? *)"), "a.hourly": HOURLY})
    assert due.nearest(job, instants.read(at(2))) in {("a.daily", at(2)), ("a.hourly", at(2))}
    assert due.nearest(job, instants.read(at(5, 3))) == ("a.hourly", at(5))
    assert due.nearest(JobFacts(), NOW) is None
