"""The reviewer reads old and new times of a schedule, and its next ticks."""

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
    """Across the spring change the wall time stays and UTC moves."""
    assert explain("report", None, NIGHTLY, NOW) == (
        "report: at 03:00 every day, Europe/Berlin\n"
        "    next: Sat 2027-03-27 03:00 CET (Sat 02:00 UTC)\n"
        "    next: Sun 2027-03-28 03:00 CEST (Sun 01:00 UTC)\n"
        "    next: Mon 2027-03-29 03:00 CEST (Mon 01:00 UTC)"
    )


def test_a_changed_schedule_is_told_with_what_it_was() -> None:
    """Old and new stand side by side."""
    new = NIGHTLY | {"scheduleExpression": "cron(0 12 ? * MON *)", "scheduleExpressionTimezone": "UTC"}
    text = explain("report", NIGHTLY, new, NOW) or ""

    assert text.splitlines()[0] == "report: at 12:00 on Mondays, UTC; was: at 03:00 every day, Europe/Berlin"
    assert text.splitlines()[1] == "    next: Mon 2027-03-29 12:00 UTC"


@pytest.mark.parametrize(
    "change",
    [{}, {"target": {"input": '{"Cpu": 1}'}}, {"description": "other"}, {"region": "eu-west-1"}],
    ids=["nothing", "override", "description", "region"],
)
def test_a_schedule_whose_times_stay_is_silent(change: dict[str, Any]) -> None:
    """Only what is new or changed about when it runs is worth a line."""
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
    """What changes must be seen to change."""
    text = explain("report", NIGHTLY, NIGHTLY | change, NOW) or ""

    assert text.splitlines()[0] == f"report: {words}; was: at 03:00 every day, Europe/Berlin"


def test_a_disabled_schedule_would_run() -> None:
    """Its ticks are shown as what they are."""
    assert "    would run: " in (explain("report", None, NIGHTLY | {"state": "DISABLED"}, NOW) or "")


def test_a_rate_counts_from_its_deployment() -> None:
    """No instant of it exists before."""
    assert explain("cache", None, {"scheduleExpression": "rate(1 hour)"}, NOW) == (
        "cache: every hour\n    first run 1 hour after deployment"
    )


def test_what_has_passed_has_no_tick_to_come() -> None:
    """An at in the past is said to be over."""
    assert "    no further tick" in (
        explain("once", None, {"scheduleExpression": "at(2026-01-01T00:00:00)"}, NOW) or ""
    )


def test_what_somebody_else_wrote_is_shown_as_it_is() -> None:
    """A schedule changed by hand may hold what we cannot read."""
    text = explain("report", NIGHTLY | {"scheduleExpression": "moon(full)"}, NIGHTLY, NOW) or ""

    assert "was: moon(full) Europe/Berlin" in text
