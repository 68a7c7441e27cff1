"""Tests that all forms of a schedule are read into the same settings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cadence import Timetable, parse
from settings import Defaults, JobEntry, OverrideForm, Problems, ScheduleEntry
from settings.forms import parse_schedules
from settings.models import JobForm

DAILY = parse("cron(0 2 * * ? *)")
QUARTERS = parse("rate(15 minutes)")


def schedule(expression: Any = DAILY, *, enabled: bool = True, **times: Any) -> ScheduleEntry:  # noqa: ANN401
    """Return an expected schedule; Berlin is the stack's default."""
    return ScheduleEntry(Timetable(expression, **{"timezone": "Europe/Berlin", **times}), enabled, OverrideForm())


def job(shared: JobForm | None = None, **schedules: ScheduleEntry) -> JobEntry:
    """Return an expected job entry; `only` is the schedule without a key."""
    return JobEntry(shared or JobForm(), {"" if key == "only" else key: form for key, form in schedules.items()})


FORMS: dict[str, tuple[Any, JobEntry | None]] = {
    "off, the word": ("off", None),
    "off, as most YAML readers take it": (False, None),
    "short cron": ("cron(0 2 * * ? *)", job(only=schedule())),
    "short rate": ("rate(15 minutes)", job(only=schedule(QUARTERS))),
    "short at": ("at(2026-12-31T23:00:00)", job(only=schedule(parse("at(2026-12-31T23:00:00)")))),
    "long cron": ({"cron": "0 2 * * ? *"}, job(only=schedule())),
    "long rate, disabled": ({"rate": "15 minutes", "enabled": False}, job(only=schedule(QUARTERS, enabled=False))),
    "long at": ({"at": "2026-12-31T23:00:00"}, job(only=schedule(parse("at(2026-12-31T23:00:00)")))),
    "its own time zone": (
        {"cron": "0 2 * * ? *", "timezone": "Asia/Tokyo"},
        job(only=schedule(timezone="Asia/Tokyo")),
    ),
    "window": ({"cron": "0 2 * * ? *", "window": "10 minutes"}, job(only=schedule(window=10))),
    "window of one": ({"cron": "0 2 * * ? *", "window": "1 minute"}, job(only=schedule(window=1))),
    "start and end by the wall": (
        {"cron": "0 2 * * ? *", "start": "2027-01-01T00:00:00", "end": "2027-07-01T00:00:00"},
        job(
            only=schedule(
                start=datetime(2026, 12, 31, 23, tzinfo=UTC),
                end=datetime(2027, 6, 30, 22, tzinfo=UTC),
            )
        ),
    ),
    "start with an offset": (
        {"cron": "0 2 * * ? *", "start": "2027-01-01T00:00:00+09:00"},
        job(only=schedule(start=datetime(2026, 12, 31, 15, tzinfo=UTC))),
    ),
    "overrides beside a single schedule": (
        {"rate": "15 minutes", "environment": {"A": "b"}, "cpu": 512, "memory": 1024, "placement": "batch"},
        job(JobForm(environment={"A": "b"}, cpu=512, memory=1024, placement="batch"), only=schedule(QUARTERS)),
    ),
    "keyed, short and long": (
        {"daily": "cron(0 2 * * ? *)", "often": {"rate": "15 minutes", "enabled": False}},
        job(daily=schedule(), often=schedule(QUARTERS, enabled=False)),
    ),
    "keyed, with keys that a CronJob has too": (
        {"schedule": "cron(0 2 * * ? *)", "suspend": {"rate": "15 minutes"}},
        job(schedule=schedule(), suspend=schedule(QUARTERS)),
    ),
    "keyed, with overrides for all and for one": (
        {"placement": "batch", "cpu": 512, "daily": {"cron": "0 2 * * ? *", "cpu": 1024, "environment": {"A": "b"}}},
        job(
            JobForm(placement="batch", cpu=512),
            daily=ScheduleEntry(
                Timetable(DAILY, timezone="Europe/Berlin"),
                enabled=True,
                override=OverrideForm(cpu=1024, environment={"A": "b"}),
            ),
        ),
    ),
}


def read(entry: object, defaults: Defaults) -> tuple[JobEntry | None, list[str]]:
    """Return the entry of one job, and the messages."""
    problems = Problems()
    found = parse_schedules({"report": entry}, "schedules", defaults, problems)
    return found["report"], [str(problem) for problem in problems]


@pytest.mark.parametrize(("entry", "expected"), FORMS.values(), ids=FORMS)
def test_reads_every_form(entry: object, expected: JobEntry | None) -> None:
    """Each form of a job's entry gives exactly these schedules, and no problem."""
    assert read(entry, Defaults(timezone="Europe/Berlin")) == (expected, [])


def test_is_utc_unless_told() -> None:
    """A schedule without a time zone, in a stack without a default, is in UTC."""
    found, problems = read("rate(1 day)", Defaults())
    assert found is not None
    timetable = found.schedules[""].timetable
    assert timetable is not None
    assert (timetable.timezone, problems) == ("UTC", [])


def test_the_long_form_overrides_nothing_twice() -> None:
    """Values next to a single schedule belong to the job, and are not repeated in the schedule."""
    found, _ = read({"rate": "1 day", "cpu": 512, "environment": {"A": "b"}}, Defaults())
    assert found is not None
    assert found.schedules[""].override == OverrideForm()
