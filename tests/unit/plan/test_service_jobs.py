"""Tests of jobs that the containers of a service run: what they cannot have, each with its reason."""

from __future__ import annotations

from typing import Any

import pytest

import plan
import settings
from plan.guarantees import FIELDS
from settings import InProcess, Problems, Worker
from settings.job import Job
from tests.unit.plan.test_plan import PLACE, SERVICE, build

FILE, ENTRY = "jobs/a.py", "scheduled-jobs:schedules.a"
PLACES = {"default": SERVICE, "bare": PLACE}
VALUES: dict[str, Any] = {
    "timeout": "10m",
    "start_timeout": "5m",
    "retries": 2,
    "backoff": "1m",
    "retry_on": [75],
    "total_timeout": "2h",
    "overlap": "replace",
    "lock": "db",
    "start_deadline": "30m",
    "late": "last",
    "not_on": ["holidays"],
    "run_revision": "service",
}
"""A value for each guarantee; together they contradict each other in nothing."""
WORKER: dict[str, Any] = {"worker": Worker("refresh")}
PROCESS: dict[str, Any] = {"in_process": InProcess()}
KEEPS_NOT = (
    (WORKER, {"run_revision"}),
    (PROCESS, set(FIELDS) - {"start_deadline"}),
)


def job(runner: dict[str, Any], **fields: Any) -> Job:  # noqa: ANN401 - fields of a job
    """Return a job that a service runs."""
    return Job(**{"name": "a", "owner": "shop", **runner, **fields})


def messages(given: Job, entry: object = "cron(0 * * * ? *)") -> list[str]:
    """Return the messages about a job."""
    calendars = {"holidays": ["2026-12-25"]}
    return build({"a": entry}, [given], placements=PLACES, calendars=calendars)[1]


@pytest.mark.parametrize("runner", [WORKER, PROCESS])
def test_is_supervised(runner: dict[str, Any]) -> None:
    """It has a placement, and the limits of a supervised job."""
    [found], problems = build({"a": "cron(0 * * * ? *)"}, [job(runner)], placements=PLACES)
    [name] = runner
    assert (found.runner, found.placement, problems) == (runner[name], "default", [])
    assert found.asks == (f"{FILE}.{name}",)
    [schedule] = found.schedules
    assert schedule.limits is not None


@pytest.mark.parametrize(("runner", "refused"), KEEPS_NOT)
def test_what_can_be_kept(runner: dict[str, Any], refused: set[str]) -> None:
    """A field is kept or refused, never accepted without an effect. No refused one has a second message."""
    found = messages(job(runner, **VALUES))
    assert {one.partition(":")[0] for one in found} == {f"{FILE}.{name}" for name in refused}
    assert len(found) == len(refused)
    assert messages(job(runner, **{name: value for name, value in VALUES.items() if name not in refused})) == []


BECAUSE = "remove it, because a process of the service runs this job"


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("timeout", f"'10m': would stop a run, and nobody outside the process can; {BECAUSE}"),
        ("overlap", f"'replace': decides whether a run begins, and the process alone decides that; {BECAUSE}"),
        ("retries", f"2: would launch the work again, and nothing is launched; {BECAUSE}"),
        (
            "late",
            f"'last': decides which late ticks are launched, and nothing is launched; {BECAUSE}",
        ),
        ("run_revision", f"'service': is of a task definition, and the process is what its service runs; {BECAUSE}"),
    ],
)
def test_why_a_process_cannot(field: str, reason: str) -> None:
    """The reason is in the message."""
    assert messages(job(PROCESS, **{field: VALUES[field]})) == [f"{FILE}.{field}: {reason}"]


def test_a_hold_keeps_no_process_from_its_work() -> None:
    """At no level may a number of failures pause the job."""
    entry = {"pauseAfter": 4, "night": {"cron": "0 2 * * ? *", "pauseAfter": 3}, "noon": "cron(0 12 * * ? *)"}
    why = "would keep the job from running, and a hold cannot keep a process from its work; remove it"
    assert messages(job(PROCESS, pause_after=2), entry) == [
        f"{FILE}.pause_after: 2: {why}",
        f"{ENTRY}.pauseAfter: 4: {why}",
        f"{ENTRY}.night.pauseAfter: 3: {why}",
    ]
    assert messages(job(WORKER, pause_after=2), entry) == []


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            "rate(5 minutes)",
            (
                f"{ENTRY}: rate(5 minutes) is counted by AWS from a deployment, so no process can know its ticks, as "
                f"{FILE}.in_process must; use a cron, such as cron(0/5 * * * ? *)"
            ),
        ),
        (
            {"night": {"rate": "7 minutes"}},
            (
                f"{ENTRY}.night: rate(7 minutes) is counted by AWS from a deployment, so no process can know its "
                f"ticks, as {FILE}.in_process must; use a cron, or an at"
            ),
        ),
        (
            {"cron": "0 2 * * ? *", "window": "10 minutes"},
            f"{ENTRY}.window: 10: spreads launches, and {FILE}.in_process is not launched; remove it",
        ),
    ],
)
def test_times_that_no_process_knows(entry: object, expected: str) -> None:
    """A process reads the clock: it knows the times of a cron, and nothing that AWS counts or draws."""
    assert messages(job(PROCESS), entry) == [expected]
    assert messages(job(WORKER), entry) == []


@pytest.mark.parametrize("runner", [WORKER, PROCESS])
def test_a_placement_without_a_service(runner: dict[str, Any]) -> None:
    """Its containers run the job, so there must be some."""
    [name] = runner
    why = (
        f"'bare': has no service, and {FILE}.{name} is run by one; name the service in "
        "scheduled-jobs:placements.bare.service, or choose another placement"
    )
    assert messages(job(runner, placement="bare")) == [f"{FILE}.placement: {why}"]
    assert messages(job(runner), {"cron": "0 2 * * ? *", "placement": "bare"}) == [f"{ENTRY}.placement: {why}"]
    [missing] = messages(job(runner, placement="gone"))
    assert missing.startswith(f"{FILE}.placement: 'gone': no such placement")


@pytest.mark.parametrize("runner", [WORKER, PROCESS])
def test_what_belongs_to_a_container_of_its_own(runner: dict[str, Any]) -> None:
    """The container is the service's, with what the service gives it."""
    [name] = runner
    why = f"belongs to a container, and {FILE}.{name} runs this job; remove it"
    fields = {"command": ["x"], "container": "app", "cpu": 256, "memory": 512, "environment": {"A": "b"}}
    assert messages(job(runner, **fields)) == [f"{FILE}.{field}: {why}" for field in fields]
    assert messages(job(runner), {"cron": "0 2 * * ? *", "environment": {"A": "b"}}) == [f"{ENTRY}.environment: {why}"]


def test_only_one_thing_runs_a_job() -> None:
    """Two are a mistake that names both."""
    [found] = messages(job({**WORKER, **PROCESS}))
    assert found == f"{FILE}: has worker, in_process; only one of them can run the job: remove the others"


@pytest.mark.parametrize(
    ("runner", "expected"),
    [
        (
            {"worker": Worker("two words")},
            (
                "worker.task: 'two words': must be letters, digits, dots, underscores and hyphens, starting with a "
                "letter or an underscore, at most 64, such as refresh_cache"
            ),
        ),
        ({"worker": "refresh"}, "worker: 'refresh': must be Worker(...), such as Worker(task=\"refresh\")"),
        ({"in_process": InProcess("memory")}, "in_process.store: 'memory': must be 'dynamodb' or 'redis'"),  # type: ignore[arg-type]
        ({"in_process": True}, "in_process: true: must be InProcess(...), such as InProcess()"),
    ],
)
def test_what_is_neither(runner: dict[str, Any], expected: str) -> None:
    """The mistake is the only message: no command is missed."""
    assert messages(job(runner)) == [f"{FILE}.{expected}"]


@pytest.mark.parametrize("task", ["refresh", "_a.b-c", "R2", "a" * 64])
def test_names_of_tasks(task: str) -> None:
    """They can be those of functions, with their modules."""
    assert messages(job({"worker": Worker(task)})) == []
    assert messages(job({"worker": Worker(f"{task} ")})) != []


@pytest.mark.parametrize(("runner", "expected"), [(PROCESS, [f"{ENTRY}.night"]), (WORKER, [])])
def test_a_schedule_that_is_not_enabled(runner: dict[str, Any], expected: list[str]) -> None:
    """The timer is the service's, so it goes on, which is a note."""
    problems = Problems()
    entry = {"night": {"cron": "0 2 * * ? *", "enabled": False}, "noon": "cron(0 12 * * ? *)"}
    config = settings.parse({"placements": PLACES, "schedules": {"a": entry}}, problems)
    plan.build(config, [job(runner)], problems)
    assert list(problems) == []
    why = f"is not enabled, so nobody waits for its ticks; only the service can stop the timer of {FILE}.in_process"
    assert [str(one) for one in problems.notes] == [f"{where}: {why}" for where in expected]


@pytest.mark.parametrize("runner", [WORKER, PROCESS])
def test_has_no_tasks_whose_tags_count(runner: dict[str, Any]) -> None:
    """ECS takes 50 tags with a task, of which three are the program's own in a supervised job."""
    tags = {f"k{number}": "v" for number in range(48)}
    assert build({"a": "cron(0 * * * ? *)"}, [job(runner)], placements=PLACES, tags=tags)[1] == []
