"""Tests of the ticks to come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cadence
from ops.commands import next as command
from ops.looking.listing import ToCome
from ops.looking.timeline import MOST_COUNTED, MOST_EACH, timeline

NOW = datetime(2027, 3, 27, 9, tzinfo=UTC)
"""The day before the clocks go forward in Berlin, at 01:00 UTC."""
DAY = timedelta(days=1)


def schedule(expression: str, name: str = "report", zone: str = "Europe/Berlin", window: int = 0) -> ToCome:
    """Return an enabled schedule that was changed two hours ago."""
    table = cadence.Timetable(cadence.parse(expression), timezone=zone, window=window)
    return ToCome(name, name.partition(".")[0], "data", table, NOW - timedelta(hours=2, minutes=30))


@pytest.mark.parametrize(
    ("expression", "zone", "days", "entries"),
    [
        ("cron(0 4 * * ? *)", "UTC", 2, [("28 04:00", 1, ""), ("29 04:00", 1, "")]),
        ("at(2027-03-27T10:00:00)", "UTC", 1, [("27 10:00", 1, "")]),
        (
            "rate(12 hours)",
            "UTC",
            1,
            [
                ("27 18:30", 1, "about: AWS does not say from when a rate counts"),
                ("28 06:30", 1, "about: AWS does not say from when a rate counts"),
            ],
        ),
        (
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            2,
            [
                ("28 01:00", 0, "clocks go forward in Europe/Berlin, from 02:00 to 03:00"),
                ("28 01:00", 0, "skips 02:30, which the clocks leave out"),
                ("29 00:30", 1, ""),
            ],
        ),
        ("cron(0/30 * * * ? *)", "UTC", 1, [("27 09:30", 48, "every 30 minutes; 48 ticks")]),
        ("cron(* * * * ? *)", "UTC", 1, [("27 09:01", 1000, "every minute; more than 1000 ticks")]),
        ("cron(0 4 1 1 ? *)", "UTC", 2, []),
    ],
    ids=["cron", "once", "rate", "skipped", "often", "too often", "none"],
)
def test_what_comes(expression: str, zone: str, days: int, entries: list[tuple[str, int, str]]) -> None:
    """Each tick is an entry with its time in UTC; many ticks are one, and what the clocks do is said."""
    found = timeline([schedule(expression, zone=zone)], NOW, NOW + days * DAY)
    assert [(f"{entry.at:%d %H:%M}", entry.count, entry.note) for entry in found] == entries


def test_a_window_is_said() -> None:
    """The run may begin at any time within it."""
    [entry] = timeline([schedule("cron(0 12 * * ? *)", window=15)], NOW, NOW + DAY / 4)
    assert entry.note == "at any time within 15 min"


def test_clocks_that_go_back() -> None:
    """The change is between the ticks. A tick at a wall-clock time that comes twice comes once."""
    now = datetime(2027, 10, 30, 22, tzinfo=UTC)
    found = timeline([schedule("cron(30 * * * ? *)")], now, now + timedelta(hours=4))
    assert command.text(found, now + timedelta(hours=4), None) == [
        "WHEN                       UTC        SCHEDULE  OWNER  NOTE",
        "Sun 2027-10-31 00:30 CEST  Sat 22:30  report    data",
        "Sun 2027-10-31 01:30 CEST  Sat 23:30  report    data",
        "Sun 2027-10-31 02:30 CEST  Sun 00:30  report    data",
        "Sun 2027-10-31 02:00 CET   Sun 01:00                   clocks go back in Europe/Berlin, from 03:00 to 02:00",
        "3 ticks of 1 schedule until Sun 2027-10-31 02:00 UTC.",
    ]


def test_a_narrow_terminal_has_two_lines_for_an_entry() -> None:
    """The time in UTC and the note are on the second one."""
    found = timeline([schedule("cron(0 12 * * ? *)", window=15)], NOW, NOW + DAY / 4)
    assert command.text(found, NOW + DAY / 4, 60) == [
        "WHEN                      SCHEDULE  OWNER",
        "Sat 2027-03-27 12:00 CET  report    data",
        "    Sat 11:00 UTC; at any time within 15 min",
        "1 tick of 1 schedule until Sat 2027-03-27 15:00 UTC.",
    ]


def test_nothing_to_come() -> None:
    """The line says until when."""
    assert command.text([], NOW, None) == ["No tick until Sat 2027-03-27 09:00 UTC."]


EXPRESSIONS = ["cron(0 4 * * ? *)", "cron(0/7 * * * ? *)", "rate(5 hours)", "rate(1 minute)", "at(2027-03-28T02:30:00)"]


@given(
    st.lists(st.tuples(st.sampled_from(EXPRESSIONS), st.sampled_from(["UTC", "Europe/Berlin"])), max_size=4),
    st.integers(1, 31 * 24),
)
def test_every_tick_is_counted_once(chosen: list[tuple[str, str]], hours: int) -> None:
    """The entries are in order, lie in the span, and stand for all ticks of the timetables, up to the limit."""
    until = NOW + timedelta(hours=hours)
    schedules = [schedule(expression, f"job.{n}", zone) for n, (expression, zone) in enumerate(chosen)]
    found = timeline(schedules, NOW, until)
    assert [entry.at for entry in found] == sorted(entry.at for entry in found)
    assert all(NOW < entry.at <= until for entry in found)
    for one in schedules:
        entries = [entry for entry in found if entry.schedule == one.name and entry.count]
        ticks = list(one.table.between(NOW + timedelta(seconds=1), until, anchor=one.anchor))
        assert len(entries) == (len(ticks) if len(ticks) <= MOST_EACH else 1)
        assert sum(entry.count for entry in entries) == min(len(ticks), MOST_COUNTED)
