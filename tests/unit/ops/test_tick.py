from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ops import tick
from ops.errors import OpsError

TWO = datetime(2026, 11, 26, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["2026-11-26T02:00:00Z", "2026-11-26T03:00:00+01:00", "2026-11-26 02:00Z", "20261126T020000Z"]
)
def test_an_instant_with_an_offset_is_read(written: str) -> None:
    """An instant is read in any form of ISO 8601 with Z or an offset."""
    assert tick.read(written) == TWO


@pytest.mark.parametrize(
    "written",
    ["2026-11-26T02:00:00", "2026-11-26", "2026-11-26T02:00:00.5Z", "02:00", "", "0001-01-01T00:00:00+14:00"],
    ids=["no offset", "a day", "half a second", "a time", "nothing", "before the calendar"],
)
def test_anything_else_is_refused(written: str) -> None:
    """The message repeats the text and has an example."""
    with pytest.raises(OpsError) as refused:
        tick.read(written)
    assert str(refused.value) == (
        f"--tick '{written}': must be ISO 8601 to the second, with Z or an offset, such as 2026-11-26T02:00:00Z"
    )


def schedule(expression: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a schedule as GetSchedule describes it."""
    return {"Name": "report", "ScheduleExpression": expression, "FlexibleTimeWindow": {"Mode": "OFF"}, **more}


@pytest.mark.parametrize(
    "known",
    [
        schedule("cron(0 2 * * ? *)"),
        schedule("cron(0 3 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin"),
        schedule("at(2026-11-26T02:00:00)"),
        schedule("rate(1 hour)", StartDate=datetime(2026, 11, 25, 5, tzinfo=UTC)),
        schedule("rate(7 minutes)"),
        schedule("cron(of our own)"),
        schedule("cron(0 9 * * ? *)", ScheduleExpressionTimezone="Europe/Atlantis"),
    ],
    ids=["cron", "zone", "at", "rate from a start", "rate", "unreadable", "no such zone"],
)
def test_there_is_no_doubt(known: dict[str, Any]) -> None:
    """There is no doubt about a tick of the schedule, or when the ticks are unknown."""
    assert tick.not_a_tick(known, TWO) is None


def test_a_time_that_is_no_tick_is_doubted() -> None:
    """The message names the nearest ticks before and after."""
    known = schedule("cron(0 1 * * ? *)", ScheduleExpressionTimezone="Europe/Berlin")
    assert tick.not_a_tick(known, TWO) == (
        "2026-11-26T02:00:00Z is not a tick of report, which now runs at 01:00 every day, Europe/Berlin; "
        "nearest: 2026-11-26T00:00:00Z, 2026-11-27T00:00:00Z"
    )


def test_what_is_outside_start_and_end_is_doubted() -> None:
    """The message for a schedule that has ended names only its last tick."""
    ended = schedule("cron(0 2 * * ? *)", EndDate=datetime(2026, 11, 20, tzinfo=UTC))
    assert (tick.not_a_tick(ended, TWO) or "").endswith("nearest: 2026-11-19T02:00:00Z")
