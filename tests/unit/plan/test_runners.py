"""Tests of what runs a job in place of a container: what job file and stack config say together, and mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from settings import Function, Handler, Image
from settings.job import Job
from tests.unit.plan.test_plan import build

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:rates"
FILE, ENTRY = "jobs/a.py", "scheduled-jobs:schedules.a"
OF_TASKS = "remove it, because a function runs this job"
IN_CONTAINER = f"belongs to a container, and {FILE}.function runs this job; remove it"


def job(function: object, **fields: Any) -> Job:  # noqa: ANN401 - fields of a job
    """Return a job with a function, as a job file has it."""
    return Job(**{"name": "a", "owner": "data", "function": function, **fields})


def messages(given: Job, entry: object = "rate(1 day)") -> list[str]:
    """Return the messages about a job, in a stack without placements."""
    return build({"a": entry}, [given], placements={})[1]


def test_a_function_needs_no_placement() -> None:
    """It is always supervised, with the usual limits."""
    [found], problems = build({"a": "rate(1 day)"}, [job(Function(f"{ARN}:7"))], placements={})
    assert problems == []
    assert (found.runner, found.placement, found.image) == (Function(f"{ARN}:7"), "", None)
    assert found.asks == (f"{FILE}.function",)
    [schedule] = found.schedules
    assert schedule.limits is not None
    assert schedule.limits.start_deadline == 900


@pytest.mark.parametrize(
    ("arn", "name", "version"),
    [(ARN, "rates", "$LATEST"), (f"{ARN}:$LATEST", "rates", "$LATEST"), (f"{ARN}:7", "rates", "7")],
)
def test_the_version_that_runs(arn: str, name: str, version: str) -> None:
    """Without a version it is the newest code."""
    assert (Function(arn).name, Function(arn).version) == (name, version)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            ARN,
            (
                f'\'{ARN}\': must be Function("...") or Handler("..."), such as '
                'Function("arn:aws:lambda:eu-central-1:123456789012:function:rates")'
            ),
        ),
        (
            Function("rates"),
            f"'rates': must be the ARN of a function, such as {ARN}, or of one of its versions, such as {ARN}:7",
        ),
        (
            Function(f"{ARN}:live"),
            (
                f"'{ARN}:live': is an alias, and an alias cannot point to another one; name the function, whose newest "
                f"code then runs ({ARN}), or one of its versions ({ARN}:7)"
            ),
        ),
    ],
)
def test_what_is_no_function(function: object, message: str) -> None:
    """The mistake is the only message: no placement is missed."""
    [found] = messages(job(function))
    assert found.partition(": ")[2] == message
    assert found.startswith(f"{FILE}.function")


@pytest.mark.parametrize(
    ("fields", "entry", "expected"),
    [
        ({"command": ["a"]}, {}, f"{FILE}.command: {IN_CONTAINER}"),
        ({"container": "app"}, {}, f"{FILE}.container: {IN_CONTAINER}"),
        ({"image": Image("registry.example.com/a:1")}, {}, f"{FILE}.image: {IN_CONTAINER}"),
        ({"cpu": 256, "memory": 512}, {}, f"{FILE}.cpu: {IN_CONTAINER}"),
        ({"environment": {"A": "b"}}, {}, f"{FILE}.environment: {IN_CONTAINER}"),
        ({}, {"environment": {"A": "b"}}, f"{ENTRY}.environment: {IN_CONTAINER}"),
        ({}, {"cpu": 256, "memory": 512}, f"{ENTRY}.memory: {IN_CONTAINER}"),
        ({"placement": "batch"}, {}, f"{FILE}.placement: 'batch': a function has no placement; remove it"),
        ({}, {"placement": "batch"}, f"{ENTRY}.placement: 'batch': a function has no placement; remove it"),
        (
            {"overlap": "replace"},
            {},
            (
                f"{FILE}.overlap: 'replace': would stop the earlier run, but nobody can stop a function; use skip, "
                "queue or allow"
            ),
        ),
        (
            {"start_timeout": "5m"},
            {},
            f"{FILE}.start_timeout: '5m': is the time until a task is RUNNING; {OF_TASKS}",
        ),
        (
            {},
            {"totalTimeout": "2h"},
            f"{ENTRY}.totalTimeout: '2h': would stop a run, and nobody can stop a function; {OF_TASKS}",
        ),
        (
            {"retries": 1, "retry_on": [3]},
            {},
            f"{FILE}.retry_on: [3]: names exit codes, and functions have none; {OF_TASKS}",
        ),
        (
            {"run_revision": "service"},
            {},
            f"{FILE}.run_revision: 'service': is of a task definition; {OF_TASKS}",
        ),
    ],
)
def test_what_a_function_cannot_have(fields: dict[str, Any], entry: dict[str, Any], expected: str) -> None:
    """Each is a mistake at its place: it would be accepted and do nothing."""
    assert expected in messages(job(Function(ARN), **fields), {"rate": "1 day", **entry})


def test_what_a_schedule_sets() -> None:
    """The place is the schedule's own."""
    entry = {"night": {"rate": "1 day", "environment": {"A": "b"}}, "day": "rate(2 days)"}
    assert f"{ENTRY}.night.environment: {IN_CONTAINER}" in messages(job(Function(ARN)), entry)


def test_what_the_supervisor_keeps() -> None:
    """Retries, locks, deadlines, overlap and calendars are as those of tasks."""
    asked = {"retries": 2, "backoff": "1m", "overlap": "queue", "lock": "db", "start_deadline": "10m", "late": "last"}
    [found], problems = build({"a": "rate(1 day)"}, [job(Function(ARN), **asked)], placements={})
    assert problems == []
    limits = found.schedules[0].limits
    assert limits is not None
    assert (limits.retries, limits.backoff, limits.overlap, limits.lock, limits.late) == (2, 60, "queue", "db", "last")


@pytest.mark.parametrize(
    ("handler", "field", "reason"),
    [
        (Handler("/x", handler="app.handle"), "folder", "'/x': must be the path of a folder in this project"),
        (Handler("a/../b", handler="app.handle"), "folder", "'a/../b': must be the path of a folder in this project"),
        (Handler("a", handler="app"), "handler", "'app': must be a module and a function of it, such as app.handle"),
        (Handler("a", handler="app.handle", memory=127), "memory", "127: must be greater than or equal to 128"),
        (Handler("a", handler="app.handle", memory=10241), "memory", "10241: must be less than or equal to 10240"),
        (Handler("a", handler="b.c", runtime="python2.7"), "runtime", "'python2.7': must be 'python3.10', "),  # type: ignore[arg-type]
        (
            Handler("a", handler="b.c", environment={"AWS_X": "1"}),
            "environment.AWS_X",
            "Lambda sets such variables itself; choose another name",
        ),
        (Handler("a", handler="b.c", environment={"x": "1"}), "environment.x", "'x': must be letters, digits and"),
        (
            Handler("a", handler="b.c", statements=[{}]),
            "statements[0]",
            "{}: has no Effect; must be a policy statement",
        ),
    ],
)
def test_what_is_no_handler(handler: Handler, field: str, reason: str) -> None:
    """Each field is named with its value and what would be accepted."""
    [found] = messages(job(handler))
    assert found.startswith(f"{FILE}.function.{field}: {reason}")


def test_variables_that_are_too_large() -> None:
    """Lambda has 4 KB for all variables of a function together."""
    assert messages(job(Handler("a", handler="b.c", environment={"BIG": "x" * 4093}))) == []
    [found] = messages(job(Handler("a", handler="b.c", environment={"BIG": "x" * 4094})))
    assert found.endswith("has 4097 bytes; Lambda takes 4096 for all variables together")


def test_a_handler_needs_no_placement() -> None:
    """It is planned as a function is, and what belongs to a container is a mistake for it too."""
    handler = Handler("functions/rates", handler="app.handle")
    [found], problems = build({"a": "rate(1 day)"}, [job(handler)], placements={})
    assert (found.runner, found.placement, problems) == (handler, "", [])
    assert messages(job(handler, command=["x"])) == [f"{FILE}.command: {IN_CONTAINER}"]
