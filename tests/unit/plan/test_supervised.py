"""What a preview says about supervised jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import plan
import settings
from plan import advice, supervised
from settings import InProcess, Problems, Worker
from settings.job import Job

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
WHERE = "scheduled-jobs:schedules.report"
CALENDARS = {
    "holidays": ["2026-11-30", "2026-12-25", "2026-12-26", "2027-01-01"],
    "freeze": {"from": "2026-12-24T00:00:00", "until": "2026-12-25T12:00:00", "reason": "no changes"},
    "old": ["2026-11-01", "2026-11-30"],
    "open": [],
}


def planned(entry: Any, **job: Any) -> list[plan.PlannedJob]:  # noqa: ANN401
    """Return the plan of a job with this entry and these fields."""
    problems = Problems()
    placements = {"default": {"service": {"cluster": "staging", "name": "web"}}}
    config = {"placements": placements, "schedules": {"report": entry}, "calendars": CALENDARS}
    jobs = [Job(**{"name": "report", "command": ["report"], "owner": "data", **job})]
    found = plan.build(settings.parse(config, problems), jobs, problems)
    assert list(problems) == []
    return found


def skipped(entry: Any, **job: Any) -> list[str]:  # noqa: ANN401
    """Return the notes about what is skipped."""
    first, *others = supervised.notes(planned(entry, **job), NOW)
    assert " is supervised, because of " in first
    return others


def test_says_why_a_job_is_supervised_and_what_it_costs() -> None:
    """It names each field with its place once."""
    entry = {"overlap": "skip", "daily": {"cron": "0 2 * * ? *", "retries": 1}, "weekly": "cron(0 2 ? * MON *)"}
    assert supervised.notes(planned(entry, timeout="1h"), NOW) == [
        (
            f"{WHERE}: is supervised, because of jobs/report.py.timeout, {WHERE}.daily.retries, {WHERE}.overlap. "
            "Each attempt costs about 3 requests to SQS, 2 invocations of Lambda and 4 writes to DynamoDB"
        )
    ]


@pytest.mark.parametrize(
    ("runner", "cost"),
    [
        ({"worker": Worker()}, "; its worker adds 3, 2 and 3 of them, and one to SQS and one to DynamoDB for "),
        ({"in_process": InProcess()}, "; the process adds 2 invocations of Lambda, and with DynamoDB as its store 3 "),
    ],
)
def test_what_a_service_adds(runner: dict[str, Any], cost: str) -> None:
    """A run that a service takes costs more calls than its launch."""
    [note] = supervised.notes(planned("cron(0 2 * * ? *)", **{"command": None, **runner}), NOW)
    assert f"costs about {supervised.COST}{cost}" in note


def test_says_nothing_of_direct_jobs() -> None:
    """They have no note."""
    assert supervised.notes(planned("cron(0 2 * * ? *)"), NOW) == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"cron": "0 2 * * ? *", "notOn": ["holidays"]},
            (
                "at Fri 2026-12-25 02:00 UTC (holidays), at Sat 2026-12-26 02:00 UTC (holidays), "
                "at Fri 2027-01-01 02:00 UTC (holidays)"
            ),
        ),
        (
            {"cron": "0 2 * * ? *", "timezone": "Europe/Berlin", "notOn": ["holidays", "freeze"]},
            (
                "at Thu 2026-12-24 02:00 CET (Thu 01:00 UTC) (freeze: no changes), "
                "at Fri 2026-12-25 02:00 CET (Fri 01:00 UTC) (freeze: no changes), "
                "at Sat 2026-12-26 02:00 CET (Sat 01:00 UTC) (holidays)"
            ),
        ),
        ({"cron": "30 12 * * ? *", "notOn": ["freeze"]}, "at Thu 2026-12-24 12:30 UTC (freeze: no changes)"),
        (
            {"rate": "1 hour", "notOn": ["freeze"]},
            "from Thu 2026-12-24 00:00 UTC to Fri 2026-12-25 12:00 UTC (freeze: no changes)",
        ),
        (
            {"rate": "5 hours", "start": "2026-12-24T08:00:00", "notOn": ["freeze"]},
            (
                "at Thu 2026-12-24 08:00 UTC (freeze: no changes), at Thu 2026-12-24 13:00 UTC (freeze: no changes), "
                "at Thu 2026-12-24 18:00 UTC (freeze: no changes)"
            ),
        ),
        ({"at": "2027-01-01T00:00:00", "notOn": ["holidays"]}, "at Fri 2027-01-01 00:00 UTC (holidays)"),
    ],
    ids=str,
)
def test_says_which_of_the_next_ticks_are_skipped(entry: dict[str, Any], expected: str) -> None:
    """With the calendar and its reason. Days that have passed are not told."""
    assert skipped(entry) == [f"{WHERE}: does not run {expected}"]


def test_names_the_schedule_that_skips() -> None:
    """A schedule that is open on all of its ticks, or disabled, has no note."""
    entry = {
        "notOn": ["holidays"],
        "first": "cron(0 2 1 JAN ? *)",
        "second": "cron(0 2 2 JAN ? *)",
        "third": {"cron": "0 2 1 JAN ? *", "enabled": False},
    }
    assert skipped(entry) == [f"{WHERE}.first: does not run at Fri 2027-01-01 02:00 UTC (holidays)"]


def test_warns_about_a_calendar_of_the_past() -> None:
    """Somebody has to add the holidays of the next year. A calendar without days is meant to be so."""
    entry = {"daily": "cron(0 2 * * ? *)", "weekly": "cron(0 2 ? * MON *)"}
    old = (
        "scheduled-jobs:calendars.old: all of its days have passed, so it skips no further tick; add the next ones, "
        "or write []"
    )
    assert advice.advise(planned(entry, not_on=["holidays", "old", "open"]), NOW) == [old]
    assert advice.advise(planned(entry, not_on=["holidays", "open"]), NOW) == []
    assert advice.advise(planned(entry, not_on=["old"]), datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == []
    assert advice.advise(planned(entry, not_on=["old"]), datetime(2026, 12, 1, tzinfo=UTC)) == [old]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"rate": "5 minutes", "late": "last"},
            [
                (
                    f"{WHERE}: late 'last' has no effect, since a tick is launched within 5 minutes or not at all, and "
                    "the next one comes 5 minutes later; set a longer startDeadline"
                )
            ],
        ),
        ({"rate": "5 minutes", "late": "last", "startDeadline": "5m1s"}, []),
        ({"rate": "5 minutes", "late": "none"}, []),
        ({"at": "2027-01-01T00:00:00", "late": "last"}, [f"{WHERE}: late 'last' has no effect on a single tick"]),
    ],
    ids=str,
)
def test_warns_about_late_ticks_that_cannot_be(entry: dict[str, Any], expected: list[str]) -> None:
    """Ticks pile up only when the deadline of one is later than the next."""
    assert advice.advise(planned(entry), NOW) == expected
