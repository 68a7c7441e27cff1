"""Tests of the explanation of a changed schedule: old and new times, and the next ticks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from components.schedule_changes import explain

NOW = datetime(2027, 3, 26, 12, 0, tzinfo=UTC)
NIGHTLY: dict[str, Any] = {
    "scheduleExpression": "cron(0 3 * * ? *)",
    "scheduleExpressionTimezone": "Europe/Berlin",
    "state": "ENABLED",
    "flexibleTimeWindow": {"mode": "OFF"},
    "target": {"input": "{}"},
}


def test_a_new_schedule_is_told_in_words_with_three_ticks_in_its_zone_and_utc() -> None:
    """When daylight saving begins, the wall time stays the same and the time in UTC changes."""
    assert explain("report", None, NIGHTLY, NOW) == (
        "report: at 03:00 every day, Europe/Berlin\n"
        "    next: Sat 2027-03-27 03:00 CET (Sat 02:00 UTC)\n"
        "    next: Sun 2027-03-28 03:00 CEST (Sun 01:00 UTC)\n"
        "    next: Mon 2027-03-29 03:00 CEST (Mon 01:00 UTC)"
    )


def test_a_changed_schedule_is_told_with_what_it_was() -> None:
    """A changed schedule is explained with its old and its new times."""
    new = NIGHTLY | {"scheduleExpression": "cron(0 12 ? * MON *)", "scheduleExpressionTimezone": "UTC"}
    text = explain("report", NIGHTLY, new, NOW) or ""

    assert text.splitlines()[0] == "report: at 12:00 on Mondays, UTC; was: at 03:00 every day, Europe/Berlin"
    assert text.splitlines()[1] == "    next: Mon 2027-03-29 12:00 UTC"


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"scheduleExpression": "cron(00  3 * 1-12 ? *)"},
        {"target": {"input": '{"Cpu": 1}'}},
        {"description": "other"},
        {"region": "eu-west-1"},
    ],
    ids=["nothing", "spelling", "override", "description", "region"],
)
def test_a_schedule_whose_times_stay_is_silent(change: dict[str, Any]) -> None:
    """A change that does not affect the times is not explained."""
    assert explain("report", NIGHTLY, NIGHTLY | change, NOW) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "DISABLED"}, "at 03:00 every day, Europe/Berlin, disabled"),
        ({"startDate": "2027-04-01T00:00:00Z"}, "at 03:00 every day, Europe/Berlin, from 2027-04-01 02:00"),
        (
            {"flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15.0}},
            "at 03:00 every day, Europe/Berlin, within 15 minutes",
        ),
    ],
    ids=["disabled", "start", "window"],
)
def test_each_part_of_the_times_is_in_the_words(change: dict[str, Any], words: str) -> None:
    """A change of any part of the times is in the words."""
    text = explain("report", NIGHTLY, NIGHTLY | change, NOW) or ""

    assert text.splitlines()[0] == f"report: {words}; was: at 03:00 every day, Europe/Berlin"


def test_a_disabled_schedule_would_run() -> None:
    """The ticks of a disabled schedule are shown as times at which it would run."""
    assert "    would run: " in (explain("report", None, NIGHTLY | {"state": "DISABLED"}, NOW) or "")


def test_a_rate_counts_from_its_deployment() -> None:
    """The ticks of a rate without a start count from its deployment."""
    assert explain("cache", None, {"scheduleExpression": "rate(1 hour)"}, NOW) == (
        "cache: every hour\n    first run 1 hour after deployment"
    )


def test_what_has_passed_has_no_tick_to_come() -> None:
    """A one-time schedule in the past is explained as over."""
    assert "    no further tick" in (
        explain("once", None, {"scheduleExpression": "at(2026-01-01T00:00:00)"}, NOW) or ""
    )


def test_what_somebody_else_wrote_is_shown_as_it_is() -> None:
    """An expression that cadence cannot read is shown as it is."""
    text = explain("report", NIGHTLY | {"scheduleExpression": "moon(full)"}, NIGHTLY, NOW) or ""

    assert "was: moon(full) Europe/Berlin" in text
