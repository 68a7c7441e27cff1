"""A schedule's ticks, from the fields that AWS returns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import cadence
from aws_facts.schedules import described_timetable, timetable

START = datetime(2027, 1, 4, tzinfo=UTC)


def test_all_fields_are_read() -> None:
    """Zone, start, end and window of a described schedule are those of its timetable."""
    described = {
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "StartDate": START,
        "EndDate": START + timedelta(days=9),
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10},
    }
    assert described_timetable(described) == cadence.Timetable(
        cadence.parse("cron(0 2 * * ? *)"),
        timezone="Europe/Berlin",
        start=START,
        end=START + timedelta(days=9),
        window=10,
    )


def test_defaults() -> None:
    """A schedule without a zone is in UTC, and one without a window has none."""
    found = described_timetable({"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}})
    assert found == cadence.Timetable(cadence.parse("rate(1 hour)"))


def test_one_time_schedules_have_no_start_and_no_end() -> None:
    """AWS ignores both dates of a one-time schedule."""
    found = timetable("at(2027-01-09T00:00:00)", None, start=START, end=START + timedelta(days=1))
    assert found is not None
    assert list(found.ticks(START)) == [datetime(2027, 1, 9, tzinfo=UTC)]


def test_a_schedule_that_never_runs_has_no_timetable() -> None:
    """AWS accepts a schedule without a tick between its start and its end, and never calls it."""
    assert timetable("cron(0 2 * * ? *)", "UTC", start=START, end=START + timedelta(hours=1)) is None
    assert timetable("rate(1 day)", "UTC", start=START, end=START - timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("expression", "zone", "error"),
    [("cron(x)", "UTC", cadence.ExpressionError), ("rate(1 day)", "Europe/Berln", cadence.ZoneError)],
    ids=["expression", "zone"],
)
def test_raises_for_values_that_aws_refuses(expression: str, zone: str, error: type[Exception]) -> None:
    """An expression or a zone that does not exist is an error, even where there is no tick."""
    with pytest.raises(error):
        timetable(expression, zone)
