"""Tests that the plan's warnings are the useful ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from components import ScheduleArgs
from plan import PlannedJob, advice
from settings import Image, Sidecar, Worker
from settings.job import Job

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PATH = "scheduled-jobs:schedules.report"
OFF = f'set {PATH} to "off"'


def planned(  # the times are the fields of Timetable
    expression: str,
    *,
    key: str = "",
    enabled: bool = True,
    name: str = "report",
    **times: Any,  # noqa: ANN401
) -> PlannedJob:
    """Return a planned job with one schedule."""
    schedule = ScheduleArgs(key=key, expression=expression, enabled=enabled, **times)
    job = Job(name=name, command=["true"], owner="data")
    return PlannedJob(job=job, where=f"scheduled-jobs:schedules.{name}", placement="default", schedules=(schedule,))


@pytest.mark.parametrize(
    ("job", "warnings"),
    [
        (planned("cron(0 6 * * ? *)", timezone="Europe/Berlin"), []),
        (planned("rate(15 minutes)"), []),
        (planned("at(2026-11-21T12:00:01)"), []),
        (planned("at(2026-11-21T12:00:00)"), [f"{PATH}: at(2026-11-21T12:00:00) has passed; {OFF}"]),
        (
            planned("at(2026-01-01T00:00:00)", key="new-year"),
            [f"{PATH}.new-year: at(2026-01-01T00:00:00) has passed; {OFF}"],
        ),
        (planned("cron(0 6 * * ? 2020-2025)"), [f"{PATH}: cron(0 6 * * ? 2020-2025) has passed; {OFF}"]),
        (planned("cron(0 6 21 11 ? 2026)"), [f"{PATH}: cron(0 6 21 11 ? 2026) has passed; {OFF}"]),
        (planned("cron(1 12 21 11 ? 2026)"), []),
        (
            planned("cron(0 6 1 * ? *)", end=datetime(2026, 11, 30, tzinfo=UTC)),
            [f"{PATH}: cron(0 6 1 * ? *) has passed; {OFF}"],
        ),
        (
            planned("cron(0 6 * * ? *)", start=datetime(2026, 1, 1, tzinfo=UTC)),
            [f"{PATH}.start: 2026-01-01T00:00:00+0000 has passed and is not sent to AWS; delete it"],
        ),
        (planned("cron(0 6 * * ? *)", start=datetime(2027, 1, 1, tzinfo=UTC)), []),
        (
            planned("rate(4 hours)", start=datetime(2026, 1, 1, 3, 30, tzinfo=UTC)),
            [
                (
                    f"{PATH}.start: 2026-01-01T03:30:00+0000 has passed and is not sent to AWS: the first deployment "
                    'after it begins a new count; to keep its ticks, write {cron: "30 3/4 * * ? *", timezone: UTC} '
                    "instead of rate and start"
                )
            ],
        ),
        (
            planned("rate(5 hours)", start=datetime(2026, 1, 1, tzinfo=UTC)),
            [
                (
                    f"{PATH}.start: 2026-01-01T00:00:00+0000 has passed and is not sent to AWS: the first deployment "
                    "after it begins a new count; delete it"
                )
            ],
        ),
        (
            planned("rate(7 days)", start=datetime(2027, 1, 1, tzinfo=UTC)),
            [
                (
                    f"{PATH}.start: the first deployment after 2027-01-01T00:00:00+0000 begins a new count, since AWS "
                    'accepts no start in the past; to keep its ticks, write {cron: "0 0 ? * FRI *", timezone: UTC} '
                    "instead of rate"
                )
            ],
        ),
        (
            planned("rate(5 hours)", start=datetime(2027, 1, 1, tzinfo=UTC)),
            [
                (
                    f"{PATH}.start: the first deployment after 2027-01-01T00:00:00+0000 begins a new count, since AWS "
                    "accepts no start in the past"
                )
            ],
        ),
        (
            planned("cron(0 6 * * ? *)", end=datetime(2026, 1, 1, tzinfo=UTC)),
            [f"{PATH}.end: 2026-01-01T00:00:00+0000 has passed, so the schedule will not run again; {OFF}"],
        ),
        (
            planned("rate(1 day)", end=datetime(2026, 1, 1, tzinfo=UTC)),
            [f"{PATH}.end: 2026-01-01T00:00:00+0000 has passed, so the schedule will not run again; {OFF}"],
        ),
        (
            planned("cron(0 22-2 31W 1,2 ? *)"),
            [
                (
                    f"{PATH}: hours '22-2' runs past the end of the field, which Scheduler's guide does not show; "
                    "22,23,0,1,2 means the same"
                ),
                (
                    f"{PATH}: day-of-month '31W' skips the months without day 31: February; "
                    "LW is the last Monday to Friday of every month"
                ),
            ],
        ),
        (
            planned("cron(30 2 * * ? *)", timezone="Europe/Berlin"),
            [f"{PATH}: does not run at 2027-03-28 02:30 Europe/Berlin: daylight saving skips that time"],
        ),
        (planned("cron(30 2 * * ? *)", timezone="Europe/Berlin", enabled=False), []),
        (planned("cron(0/10 * * * ? *)", timezone="Europe/Berlin"), []),
        (
            planned("rate(5 minutes)", window=15),
            [
                (
                    f"{PATH}.window: 15 minutes is longer than the 5 minutes between two ticks, "
                    "so runs may start in another order"
                )
            ],
        ),
        (planned("rate(15 minutes)", window=15), []),
    ],
    ids=lambda value: None if isinstance(value, PlannedJob) else value[0][:60] if value else "silent",
)
def test_each_schedule_is_judged_by_its_own_times(job: PlannedJob, warnings: list[str]) -> None:
    """The warning for a passed time says what to set or delete, and the warning for a skipped tick names the day."""
    assert advice.advise([job], NOW) == warnings


def test_a_schedule_that_is_over_is_answered_with_what_works() -> None:
    """A schedule that is over can be deleted beside another one; a job without another one must be turned off."""
    over, later = planned("at(2026-01-01T00:00:00)", key="over"), planned("rate(1 day)", key="later")
    both = replace(over, schedules=(*over.schedules, *later.schedules))
    assert advice.advise([both], NOW) == [f"{PATH}.over: at(2026-01-01T00:00:00) has passed; delete this schedule"]
    again = replace(over, schedules=(*over.schedules, *planned("cron(0 6 * * ? 2025)", key="old").schedules))
    assert advice.advise([again], NOW) == [
        f"{PATH}.over: at(2026-01-01T00:00:00) has passed; {OFF}",
        f"{PATH}.old: cron(0 6 * * ? 2025) has passed; {OFF}",
    ]


def crowd(size: int, expression: str = "cron(0 6 * * ? *)", **times: Any) -> list[PlannedJob]:  # noqa: ANN401
    """Return jobs that all start in the same minute."""
    return [planned(expression, name=f"job-{i}", **times) for i in range(size)]


def test_a_crowded_minute_is_named_with_a_way_to_spread() -> None:
    """A minute with more launches than Fargate accepts gives a warning that says how to spread them."""
    assert advice.advise(crowd(51), NOW) == [
        (
            "51 jobs start at 2026-11-22 06:00 UTC; Fargate may throttle above 50 per minute: spread them over other "
            "minutes, or set a window, such as window: 15 minutes"
        )
    ]


@pytest.mark.parametrize(
    "jobs",
    [
        crowd(50),
        crowd(60, window=15),
        crowd(60, "rate(1 day)"),
        crowd(30) + crowd(30, "cron(1 6 * * ? *)"),
        [replace(one, runner=Worker()) for one in crowd(60)],
    ],
    ids=["fifty", "spread by windows", "rates", "two minutes", "without tasks"],
)
def test_what_is_spread_is_no_crowd(jobs: list[PlannedJob]) -> None:
    """Launches in windows, in different minutes or without a task give no warning."""
    assert advice.advise(jobs, NOW) == []


@pytest.mark.parametrize(
    ("jobs", "quotas"),
    [(1000, []), (1001, ["1001 IAM roles in an account; the quota is 1000, unless"])],
    ids=str,
)
def test_quotas_are_named_before_aws_says_no(jobs: int, quotas: list[str]) -> None:
    """More jobs than the quota of roles give a warning, since each job has one."""
    found = advice.advise(crowd(jobs, "rate(1 day)"), NOW)

    assert len(found) == len(quotas)
    assert all(quota in text for quota, text in zip(quotas, found, strict=True))


CLEAR = "ECS and EventBridge Scheduler store and show this value in clear; put it into the task definition's secrets"
BY_NAME = f"the name looks secret. {CLEAR}, or leave the name out of scheduled-jobs:alerts.secretNames"
BY_VALUE = f"the value is an address with a password. {CLEAR}"


def with_variables(job: PlannedJob, *schedules: dict[str, str], **own: str) -> PlannedJob:
    """Return a job with variables of its own, and a schedule for each of these mappings of further ones."""
    [first] = job.schedules
    keys = [""] if len(schedules) == 1 else "abc"
    made = [replace(first, key=key, environment={**own, **more}) for key, more in zip(keys, schedules, strict=False)]
    return replace(job, job=replace(job.job, environment=own), schedules=tuple(made))


@pytest.mark.parametrize(
    ("job", "warnings"),
    [
        (with_variables(planned("rate(1 day)"), {}, API_KEY="x"), [f"jobs/report.py.environment.API_KEY: {BY_NAME}"]),
        (
            with_variables(planned("rate(1 day)"), {"DB_PASSWORD": "x"}, DB_PASSWORD="y"),  # noqa: S106
            [f"{PATH}.environment.DB_PASSWORD: {BY_NAME}"],
        ),
        (
            with_variables(planned("rate(1 day)"), {"TOKEN": "x"}, {"TOKEN": "x"}),
            [f"{PATH}.environment.TOKEN: {BY_NAME}"],
        ),
        (
            with_variables(planned("rate(1 day)"), {}, {"TOKEN": "x"}),
            [f"{PATH}.b.environment.TOKEN: {BY_NAME}"],
        ),
        (
            with_variables(planned("rate(1 day)"), {}, DATABASE_URL="postgres://app:hunter2@db/app"),
            [f"jobs/report.py.environment.DATABASE_URL: {BY_VALUE}"],
        ),
        (
            with_variables(
                planned("rate(1 day)"),
                {},
                DB_SECRET="arn:aws:secretsmanager:eu-central-1:123456789012:secret:db",  # noqa: S106
                EMPTY_KEY="",
                DATABASE_URL="postgres://db/app",
                FORMAT="csv",
            ),
            [],
        ),
    ],
)
def test_secrets_in_clear_are_named(job: PlannedJob, warnings: list[str]) -> None:
    """A variable that seems to hold a secret gives one warning, with its place and without its value."""
    assert advice.advise([job], NOW) == warnings


def test_secrets_of_sidecars_in_clear_are_named() -> None:
    """Their variables stand in the task definition."""
    variables = {"DB_PASSWORD": "x", "FORMAT": "csv"}
    sidecars = [Sidecar("first", "a:1"), Sidecar("second", "a:1", environment=variables)]
    job = replace(planned("rate(1 day)"), image=Image("a:1", sidecars=sidecars))
    clear = "ECS stores and shows this value in clear; put it into the sidecar's secrets"
    why = f"the name looks secret. {clear}, or leave the name out of scheduled-jobs:alerts.secretNames"
    assert advice.advise([job], NOW) == [f"jobs/report.py.image.sidecars[1].environment.DB_PASSWORD: {why}"]


def test_the_stack_chooses_which_names_look_secret() -> None:
    """The stack's patterns decide about names."""
    job = with_variables(planned("rate(1 day)"), {}, API_KEY="x", LICENCE="y")
    assert advice.advise([job], NOW, ["LICENCE"]) == [f"jobs/report.py.environment.LICENCE: {BY_NAME}"]
    assert advice.advise([job], NOW, []) == []
