"""Tests of the list of a stack's schedules."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ops.commands import list as command
from ops.looking import listing
from ops.looking.timeline import timeline
from supervision.traffic import Traffic
from tests.unit.holds.test_hold import hold
from tests.unit.supervision.flying import flight
from watch import instants
from watch.due import Deployed
from watch.facts import JobFacts, ScheduleFacts
from watch.records import Drift, JobRecord, OpenRun, ScheduleRecord, Tick

if TYPE_CHECKING:
    from holds.hold import Hold
    from ops.looking.listing import Row

NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)
"""A Wednesday."""
CHANGED = NOW - timedelta(days=2)
FOUND = Deployed(enabled=True, changed=CHANGED)
NIGHTLY = ScheduleFacts(expression="cron(0 2 * * ? *)", timezone="Europe/Berlin")
HOURLY = ScheduleFacts(expression="rate(1 hour)")
TICK, EARLIER, LATER = "2027-02-03T01:00:00Z", "2027-02-02T01:00:00Z", "2027-02-04T01:00:00Z"
TASK, CLUSTER = ("arn:aws:ecs:eu-central-1:123456789012:" + name for name in ("task/main/0a", "cluster/main"))


def stack(
    facts: ScheduleFacts | None = NIGHTLY,
    record: ScheduleRecord | None = None,
    found: Deployed | None = FOUND,
    **known: Any,  # noqa: ANN401 - members of the job's record
) -> listing.Stack:
    """Return a stack with the schedule `report`: its facts in the item, its record, and how AWS has it."""
    job = JobRecord("report", schedules={"report": record} if record else {}, **known)
    return listing.Stack(
        items={"report": JobFacts(owner="data", schedules={"report": facts} if facts else {})},
        records={"report": job},
        deployed={"report": found} if found else {},
        now=NOW,
    )


def only(made: listing.Stack, *ticks: Tick) -> Row:
    """Return the row of the only schedule."""
    [row] = made.rows({}, {tick.key: tick for tick in ticks})
    return row


def opened(tick: str, since: str = "2027-02-03T08:50:00Z") -> OpenRun:
    """Return a run of a tick that has not ended."""
    return OpenRun(TASK, CLUSTER, "report", tick, since)


@pytest.mark.parametrize(
    ("record", "known", "latest"),
    [
        (None, {}, None),
        (ScheduleRecord(), {}, None),
        (ScheduleRecord(checked=TICK), {}, TICK),
        (ScheduleRecord(checked=EARLIER, seen=[TICK]), {}, TICK),
        (ScheduleRecord(checked=EARLIER, last_good=TICK), {}, TICK),
        (ScheduleRecord(checked=EARLIER), {"trouble": {"report": TICK, "other": LATER}}, TICK),
        (ScheduleRecord(checked=EARLIER), {"open": {"0a": opened(TICK)}}, TICK),
        (ScheduleRecord(checked=TICK), {"open": {"0a": opened(LATER)}}, TICK),
    ],
    ids=["no record", "no tick", "checked", "seen", "good", "trouble", "runs", "a run by hand before its tick"],
)
def test_the_latest_tick(record: ScheduleRecord | None, known: dict[str, Any], latest: str | None) -> None:
    """Whatever the record knows of a tick until now counts."""
    assert stack(record=record, **known).latest() == ([("report", latest)] if latest else [])


@pytest.mark.parametrize(
    ("ticks", "last_good", "outcome"),
    [
        ([Tick("report", "report", TICK, "missed", "missed")], None, "missed"),
        ([Tick("report", "report", TICK, "good", "overrun")], None, "overrun"),
        ([], TICK, "good"),
        ([], EARLIER, "none"),
    ],
    ids=["as recorded", "reported as late", "forgotten, but good", "forgotten"],
)
def test_the_outcome_of_the_latest_tick(ticks: list[Tick], last_good: str | None, outcome: str) -> None:
    """It is the outcome that the report shows."""
    record = ScheduleRecord(checked=TICK, last_good=last_good)
    assert only(stack(record=record), *ticks).outcome == outcome


def test_a_schedule_is_shown_as_aws_has_it() -> None:
    """What the watch read of it wins over the item, until AWS has changed the schedule again."""
    drift = Drift("changed", TICK)
    record = ScheduleRecord(facts=HOURLY, changed="2027-02-01T09:00:00Z", drift=drift)
    row = only(stack(record=record))
    assert (row.words, row.timezone, row.as_deployed) == ("every hour", "UTC", False)
    later = Deployed(enabled=True, changed=CHANGED + timedelta(hours=1))
    row = only(stack(record=dataclasses.replace(record, drift=None), found=later))
    assert (row.words, row.timezone, row.as_deployed) == ("at 02:00 every day, Europe/Berlin", "Europe/Berlin", True)


@pytest.mark.parametrize(
    ("facts", "record", "found", "coming"),
    [
        (NIGHTLY, None, FOUND, "2027-02-04 01:00"),
        (NIGHTLY, None, Deployed(enabled=False, changed=CHANGED), None),
        (NIGHTLY, None, None, None),
        (HOURLY, None, Deployed(enabled=True, changed=NOW - timedelta(minutes=50)), "2027-02-03 09:10"),
        (HOURLY, ScheduleRecord(seen=["2027-02-03T08:20:00Z"]), FOUND, "2027-02-03 09:20"),
        (ScheduleFacts(expression="at(2027-01-01T00:00:00)"), None, FOUND, None),
        (ScheduleFacts(expression="cron(0 2 * * ? *)", end="2026-01-01T00:00:00Z"), None, FOUND, None),
        (ScheduleFacts(expression="every(day)"), None, FOUND, None),
    ],
    ids=["cron", "off", "missing", "rate", "rate with a tick", "at, over", "ended", "of a later version"],
)
def test_the_next_tick(
    facts: ScheduleFacts, record: ScheduleRecord | None, found: Deployed | None, coming: str | None
) -> None:
    """Only an enabled schedule has one. A rate counts from its latest tick, or from its last change."""
    row = only(stack(facts, record, found))
    assert (row.next.strftime("%Y-%m-%d %H:%M") if row.next else None) == coming


def test_a_schedule_that_cannot_be_read_is_shown_as_it_is_written() -> None:
    """Its expression stands for the words."""
    assert only(stack(ScheduleFacts(expression="every(day)", timezone="Mars/Olympus"))).words == "every(day)"


def test_a_job_without_a_schedule_has_a_row() -> None:
    """Nothing launches it, and nobody forgets it."""
    row = only(stack(facts=None, found=None))
    assert (row.name, row.owner, row.state, row.to_plain()["schedule"]) == ("report", "data", "unscheduled", None)


def test_a_schedule_of_no_item_is_a_stray() -> None:
    """Its owner is known from the record of a job that was removed, and its times from GetSchedule."""
    removed = JobRecord("old", facts=JobFacts(owner="finance"))
    made = listing.Stack(items={}, records={"old": removed}, deployed={"old.a": FOUND}, now=NOW)
    assert made.undescribed() == ["old.a"]
    [row] = made.rows({"old.a": HOURLY}, {})
    assert (row.state, row.enabled, row.owner, row.words) == ("stray", True, "finance", "every hour")


def test_filters_are_combined() -> None:
    """A row must match each filter that is given, with any of its values."""
    rows = [
        only(stack(record=ScheduleRecord(last_good=TICK))),
        only(stack(found=Deployed(enabled=False, changed=CHANGED))),
        only(stack(facts=None, found=None)),
    ]
    everything: dict[str, list[str]] = {"owners": [], "states": [], "outcomes": []}

    def states(**given: list[str]) -> list[str]:
        return [row.state for row in listing.chosen(rows, **{**everything, **given})]

    assert states() == ["enabled", "off", "unscheduled"]
    assert states(owners=["finance"]) == []
    assert states(states=["off", "enabled"]) == ["enabled", "off"]
    assert states(outcomes=["good", "failed"]) == ["enabled"]
    assert states(states=["off"], outcomes=["good"]) == []


ROW = only(
    stack(record=ScheduleRecord(seen=[TICK], failures=3), open={"0a": opened(TICK), "0b": opened(TICK)}),
    Tick("report", "report", TICK, "not-launched", "not-launched"),
)


def test_a_narrow_terminal_has_two_lines_for_a_schedule() -> None:
    """What an operator looks for first is on the first line."""
    assert command.text([ROW], [ROW], NOW, 80) == [
        "SCHEDULE  STATE    LAST                    FAILS  NEXT",
        "report    enabled  not launched Wed 02:00  3      Thu 02:00 CET",
        "    at 02:00 every day; owner data; runs now: 2, since Wed 09:50",
        "1 job, 1 schedule; latest ticks: 1 not launched",
    ]


def test_a_wide_terminal_has_one() -> None:
    """A pipe has one too, so that a line can be searched for."""
    one_line_each = command.text([ROW], [ROW], NOW, None)
    widest = max(map(len, one_line_each))
    assert len(one_line_each) == 3
    assert command.text([ROW], [ROW], NOW, widest) == one_line_each
    assert len(command.text([ROW], [ROW], NOW, widest - 1)) == 4


def test_what_is_far_away_has_a_date() -> None:
    """A weekday names a day of the coming or the past six days only."""
    facts = ScheduleFacts(expression="cron(0 2 1 3 ? *)", timezone="Europe/Berlin")
    row = only(stack(facts, ScheduleRecord(last_good="2027-01-01T01:00:00Z")))
    _, line, _ = command.text([row], [row], NOW, None)
    assert "  good 01 Jan 2027  01 Mar 2027  at 02:00 on day 1 of March" in line


def test_what_is_wrong_is_said() -> None:
    """A stray that is disabled, and a schedule that is not as deployed, are told from others."""
    off = Deployed(enabled=False, changed=CHANGED)
    made = listing.Stack(items={}, records={}, deployed={"report": off}, now=NOW)
    [stray] = made.rows({"report": HOURLY}, {})
    changed = only(stack(record=ScheduleRecord(drift=Drift("changed", TICK))))
    _, *lines, _ = command.text([stray, changed], [stray, changed], NOW, None)
    assert [line.split("  ")[0] for line in lines] == ["report", "report"]
    assert "stray, off" in lines[0]
    assert lines[1].endswith("(not as deployed)")


def test_shows_what_a_tick_waits_for() -> None:
    """The first tick that waits says for what, and the later ones are counted. Other schedules' ticks are not shown."""
    early, late = (flight(at, "report", waits="waiting for the lock db") for at in (0, 600))
    early.launch_by = int(NOW.timestamp()) + 300
    row = only(
        stack(record=ScheduleRecord(), open={"0b": opened(TICK)}, traffic=Traffic([late, early, flight(0, "x")]))
    )
    _, line, _ = command.text([row], [row], NOW, None)
    waits = "tick 15 Jan 2027: waiting for the lock db; too late after Wed 10:05; 1 later tick in flight"
    assert f"  since Wed 09:50; {waits}  at 02:00 every day" in line
    assert [(one["tick"], one["reason"]) for one in row.to_plain()["waiting"]] == [
        (early.tick, "waiting for the lock db"),
        (late.tick, "waiting for the lock db"),
    ]


OFF = Deployed(enabled=False, changed=CHANGED)
HOLD = hold(begin=NOW - timedelta(hours=1), until=NOW + timedelta(days=2), by="ada")


@pytest.mark.parametrize(
    ("record", "holds", "state"),
    [
        (None, [HOLD], "held"),
        (ScheduleRecord(changed=instants.text(CHANGED), paused=True), [HOLD], "held"),
        (ScheduleRecord(changed=instants.text(CHANGED)), [HOLD], "off"),
        (ScheduleRecord(changed=TICK), [HOLD], "held"),
        (None, [], "off"),
        (None, [hold(begin=NOW - timedelta(hours=1), until=NOW)], "off"),
        (None, [hold(begin=NOW + timedelta(hours=1), until=NOW + timedelta(hours=2))], "off"),
        (None, [hold(begin=NOW, until=NOW + timedelta(hours=2), owners=("web",))], "off"),
    ],
    ids=["not seen yet", "seen", "off by config", "changed since", "no hold", "over", "to come", "on others"],
)
def test_held(record: ScheduleRecord | None, holds: list[Hold], state: str) -> None:
    """A disabled schedule is held if a hold is in force on it, unless the watch saw that config disables it."""
    assert only(dataclasses.replace(stack(record=record, found=OFF), holds=holds)).state == state


def test_a_held_schedule_in_words() -> None:
    """The line says by whom and until when, and the next tick is the first one after that."""
    row = only(dataclasses.replace(stack(found=OFF), holds=[HOLD]))
    _, line, _ = command.text([row], [row], NOW, None)
    assert "  held by ada until Fri 10:00  " in line
    assert "  Sat 02:00 CET  " in line
    assert row.to_plain()["hold"] == {
        "id": "ab12",
        "reason": "migration",
        "by": "ada",
        "from": "2027-02-03T08:00:00Z",
        "until": "2027-02-05T09:00:00Z",
        "jobs": [],
        "owners": [],
    }


def test_a_schedule_held_without_an_end() -> None:
    """The line says who must end the hold, and there is no next tick. All ticks to come are marked."""
    endless = hold(begin=NOW - timedelta(hours=1), until=None, by="the watch")
    made = dataclasses.replace(stack(found=OFF), holds=[endless, HOLD])
    row = only(made)
    _, line, _ = command.text([row], [row], NOW, None)
    assert "  held by the watch until somebody resumes it  " in line
    assert (row.next, row.to_plain()["hold"]["until"]) == (None, None)
    entries = timeline(made.to_come({}), NOW, NOW + timedelta(days=6))
    assert [one.note for one in entries] == ["held"] * 6


def test_ticks_to_come_of_a_held_schedule() -> None:
    """A held schedule has ticks to come, and those before the end of the hold are marked, as those of a planned one."""
    planned = hold(id="next", begin=NOW + timedelta(days=4), until=NOW + timedelta(days=5))
    for found, marked in ((OFF, {"4", "5", "8"}), (FOUND, {"4", "5", "8"})):
        made = dataclasses.replace(stack(found=found), holds=[HOLD, planned])
        entries = timeline(made.to_come({}), NOW, NOW + timedelta(days=6))
        assert {str(one.at.day) for one in entries if one.note == "held"} == marked
        assert len(entries) == 6
    assert list(stack(found=OFF).to_come({})) == []


def test_many_ticks_of_a_held_schedule() -> None:
    """Of a schedule with many ticks their number is shown."""
    facts = ScheduleFacts(expression="cron(0 * * * ? *)")
    [entry] = timeline(
        dataclasses.replace(stack(facts, found=OFF), holds=[HOLD]).to_come({}), NOW, NOW + timedelta(days=3)
    )
    assert "72 ticks; 47 of them held" in entry.note
