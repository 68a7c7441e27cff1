"""The calendars of stack config: their forms, their mistakes, and the time that they close."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cadence
import settings
from settings import Problems, spans
from tests.unit.settings.test_schema import PLACEMENTS, accepted_by_program, accepted_by_schema
from watch import instants

MOMENT = "must be a day such as 2026-12-25, or a date and time such as 2026-12-25T18:00:00, with or without an offset"
ITEM = "must be a day such as 2026-12-25, or a mapping with from and until"
CALENDAR = 'must be a list of days, such as ["2026-12-25"], or a mapping with from and until'


def read(calendar: object, name: str = "c") -> tuple[Any, list[str]]:
    """Return a calendar and the mistakes in it."""
    problems = Problems()
    config = {"placements": PLACEMENTS, "schedules": {}, "calendars": {name: calendar}}
    found = settings.parse(config, problems).calendars.get(name)
    return found, [str(problem).removeprefix("scheduled-jobs:calendars.") for problem in problems]


MISTAKES: dict[str, tuple[object, list[str]]] = {
    "one day": ("2026-12-25", [f"c: '2026-12-25': {CALENDAR}"]),
    "nothing": (None, [f"c: null: {CALENDAR}"]),
    "no such day": (["2026-02-29"], [f"c[0]: '2026-02-29': {MOMENT}"]),
    "a time as a day": (["2026-12-25T10:00:00"], [f"c[0]: '2026-12-25T10:00:00': {ITEM}"]),
    "no quotes": (
        ["2026-12-25 00:00:00 +0000 UTC"],
        [f"c[0]: '2026-12-25 00:00:00 +0000 UTC': {ITEM}; quote it"],
    ),
    "a number": ([20261225], [f"c[0]: 20261225: {ITEM}"]),
    "no end": ([{"from": "2026-12-25"}], ["c[0].until: is missing"]),
    "unknown key": (
        {"from": "2026-12-25", "to": "2026-12-26"},
        ["c.until: is missing", "c.to: unknown key; must be one of: from, reason, until"],
    ),
    "wrong moment": ({"from": "soon", "until": "2026-12-25"}, [f"c.from: 'soon': {MOMENT}"]),
    "parts of a second": (
        {"from": "2026-12-25T10:00:00.5", "until": "2026-12-26"},
        ["c.from: '2026-12-25T10:00:00.5': has parts of a second; write whole seconds"],
    ),
    "a year": (["0001-01-01"], ["c[0]: '0001-01-01': must be in the years 2 to 9998"]),
    "the wrong way round": (
        {"from": "2026-12-25", "until": "2026-12-24"},
        [
            (
                'c: {"from": "2026-12-25", "until": "2026-12-24"}: '
                "until '2026-12-24' must be later than from '2026-12-25'"
            )
        ],
    ),
    "one offset": (
        {"from": "2026-12-25", "until": "2026-12-26T00:00Z"},
        [
            (
                'c: {"from": "2026-12-25", "until": "2026-12-26T00:00Z"}: '
                "from and until must both have an offset, or neither"
            )
        ],
    ),
    "reason as a number": (
        {"from": "2026-12-25", "until": "2026-12-26", "reason": 5},
        ['c.reason: 5: must be text; quote it: "5"'],
    ),
    "long reason": (
        {"from": "2026-12-25", "until": "2026-12-26", "reason": "x" * 101},
        [f"c.reason: '{'x' * 101}': string should have at most 100 characters"],
    ),
}


@pytest.mark.parametrize(("calendar", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(calendar: object, expected: list[str]) -> None:
    """Each names the key, the value and what would be accepted."""
    assert read(calendar) == (None, expected)


def test_a_mistake_in_one_calendar_hides_no_other() -> None:
    """Each calendar is read by itself, and so is its name."""
    problems = Problems()
    calendars = {"Off": ["2026-12-25"], "a": 5, "b": ["2026-12-25"]}
    found = settings.parse({"placements": PLACEMENTS, "schedules": {}, "calendars": calendars}, problems)
    assert [problem.where for problem in problems] == ["scheduled-jobs:calendars.Off", "scheduled-jobs:calendars.a"]
    assert found.calendars["b"] == ["2026-12-25"]


def test_calendars_are_a_mapping() -> None:
    """Any other value is a mistake of the whole section."""
    problems = Problems()
    settings.parse({"placements": PLACEMENTS, "schedules": {}, "calendars": ["2026-12-25"]}, problems)
    assert [str(problem) for problem in problems] == [
        'scheduled-jobs:calendars: ["2026-12-25"]: must be a mapping from names to calendars'
    ]


@pytest.mark.parametrize(
    "calendar",
    [
        [],
        ["2026-12-25"],
        ["2026-12-25", {"from": "2026-12-31", "until": "2027-01-01"}],
        {"from": "2026-12-25T18:00:00", "until": "2026-12-26", "reason": "freeze"},
    ],
    ids=str,
)
def test_program_and_editor_take_each_form(calendar: object) -> None:
    """A calendar that the program accepts is valid in the schema."""
    config = {"placements": PLACEMENTS, "schedules": {}, "calendars": {"c": calendar}}
    assert (accepted_by_program(config), accepted_by_schema(config)) == (True, True)


@pytest.mark.parametrize("calendar", ["2026-12-25", ["25.12.2026"], {"from": "2026-12-25"}, [{"until": "2026-12-25"}]])
def test_program_and_editor_refuse_the_same(calendar: object) -> None:
    """A calendar that the program refuses is invalid in the schema."""
    config = {"placements": PLACEMENTS, "schedules": {}, "calendars": {"c": calendar}}
    assert (accepted_by_program(config), accepted_by_schema(config)) == (False, False)


@pytest.mark.parametrize(
    ("calendar", "zone", "expected"),
    [
        (["2026-12-25"], "UTC", ("2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z")),
        (["2026-12-25"], "Europe/Berlin", ("2026-12-24T23:00:00Z", "2026-12-25T23:00:00Z")),
        (["2027-03-28"], "Europe/Berlin", ("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z")),  # 23 hours
        (["2026-10-25"], "Europe/Berlin", ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")),  # 25 hours
        (["2026-04-24"], "Africa/Cairo", ("2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z")),  # the clocks skip midnight
        ({"from": "2026-11-23", "until": "2026-11-29"}, "UTC", ("2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z")),
        (
            {"from": "2026-11-23T18:00:00", "until": "2026-11-29T06:00:00"},
            "Europe/Berlin",
            ("2026-11-23T17:00:00Z", "2026-11-29T05:00:00Z"),
        ),
        (
            {"from": "2026-11-23T18:00:00-05:00", "until": "2026-11-29T06:00:00Z"},
            "Europe/Berlin",
            ("2026-11-23T23:00:00Z", "2026-11-29T06:00:00Z"),
        ),
    ],
)
def test_closes(calendar: object, zone: str, expected: tuple[str, str]) -> None:
    """A day is closed as a whole, as the schedule's zone has it; a time is the first one that is open again."""
    found, problems = read(calendar)
    assert problems == []
    [span] = spans(found)
    since, until = span.bounds(cadence.zone(zone))
    assert (instants.text(since), instants.text(until)) == expected


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Beirut"]
    ),
)
def test_days_follow_each_other(day: date, zone: str) -> None:
    """No moment lies between a day and the next, and none in both."""
    [one, other] = spans([day.isoformat(), (day + timedelta(days=1)).isoformat()])
    (since, until), (later, _) = one.bounds(cadence.zone(zone)), other.bounds(cadence.zone(zone))
    assert since <= until == later
    assert since < until or not _exists(day, zone)


def _exists(day: date, zone: str) -> bool:
    """Return whether a zone had this day; an island beside the date line may have skipped it."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=cadence.zone(zone))
    return noon.astimezone(UTC).astimezone(noon.tzinfo).date() == day
