"""Tests of the mistakes in a job's arguments that other programs are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from components.argument_problems import problems
from components.function_place import FunctionPlace
from components.job_args import ScheduledJobArgs
from components.job_group import JobGroupArgs
from components.placement import PlacementArgs
from components.schedule import ScheduleArgs
from components.work_place import ProcessPlace, WorkPlace
from supervision.limits import Closure, Limits

UNUSED: Any = None


def of(name: str = "report", *schedules: ScheduleArgs, **args: Any) -> list[str]:  # noqa: ANN401 - a job's arguments
    """Return the mistakes of a job that has these schedules, or a daily one."""
    known: dict[str, Any] = {
        "group": UNUSED,
        "placement": UNUSED,
        "command": ["true"],
        "owner": "data",
        "schedules": schedules or [times("rate(1 day)")],
    }
    return problems(name, ScheduledJobArgs(**{**known, **args}))


def times(expression: str, **more: Any) -> ScheduleArgs:  # noqa: ANN401 - a schedule's arguments
    """Return a schedule."""
    return ScheduleArgs(expression=expression, **more)


def test_accepts_what_aws_accepts() -> None:
    """A job whose arguments AWS accepts has no mistakes."""
    daily, hourly = (
        times("cron(0 2 * * ? *)", timezone="Europe/Berlin", key="daily"),
        times("rate(1 hour)", key="often"),
    )
    assert of("nightly-report", daily, hourly, severity="critical", launch_retries=185, longest_run=1) == []


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (times("cron(0 2 * * *)"), "schedules[0].expression: 'cron(0 2 * * *)': five fields are Unix cron, "),
        (times("every day"), "schedules[0].expression: 'every day': "),
        (times("cron(0 2 30 2 ? *)"), "schedules[0].expression: 'cron(0 2 30 2 ? *)' never fires"),
        (times("rate(1 day)", timezone="Europe/Berlln"), "schedules[0].timezone: "),
        (times("rate(1 day)", window=2000), "schedules[0]: window of 2000 minutes is out of range; "),
        (times("rate(1 day)", start=datetime(2026, 1, 1)), "schedules[0]: start "),  # noqa: DTZ001 - the mistake
        (
            times("rate(1 day)", start=datetime(2026, 1, 2, tzinfo=UTC), end=datetime(2026, 1, 1, tzinfo=UTC)),
            "schedules[0]: end ",
        ),
        (times("rate(1 day)", done_by="06:30"), "schedules[0].done_by: '06:30' needs a cron or an at: "),
        (times("cron(0 2 * * ? *)", done_by="6:30"), "schedules[0].done_by: '6:30' must be a time of the day "),
        (times("rate(1 day)", pause_after=1), "schedules[0].pause_after: 1 must be 2 to 100"),
        (times("rate(1 day)", key="two words"), "schedules[0].key: the schedule's name 'report.two words' must be "),
    ],
)
def test_mistakes_in_a_schedule(schedule: ScheduleArgs, expected: str) -> None:
    """Each names the argument and the value."""
    [found] = of("report", schedule)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"command": "python job.py"}, "command: 'python job.py' is one text; must be a list of words, such as "),
        ({"command": []}, "command: is empty; must have at least one word, or be left out"),
        ({"severity": "fatal"}, "severity: 'fatal' must be one of: critical, error, warning, info"),
        ({"launch_retries": 186}, "launch_retries: 186 must be 0 to 185"),
        ({"longest_run": 0}, "longest_run: 0 must be at least 1 minute"),
        ({"schedules": []}, "schedules: is empty; must have at least one ScheduleArgs"),
    ],
)
def test_other_mistakes(args: dict[str, Any], expected: str) -> None:
    """Each names the argument, the value and what would be accepted."""
    [found] = of(**args)
    assert found.startswith(expected)


@dataclass
class Group:
    """The part of a group that the checks of supervised jobs look at."""

    supervisor: str | None = "a supervisor"
    tags: int = 0

    @property
    def args(self) -> JobGroupArgs:
        """The group's arguments."""
        return JobGroupArgs(tags={f"tag-{number}": "x" for number in range(self.tags)})


LIMITED = times("rate(1 day)", limits=Limits(start_deadline=900))
FOLLOWING = times("rate(1 day)", limits=Limits(start_deadline=900, run_revision="service"))
PLACE: dict[str, Any] = {
    "cluster_arn": "arn:aws:ecs:eu-central-1:111122223333:cluster/main",
    "task_definition": "web",
    "container": "app",
    "passed_roles": [],
    "subnets": ["subnet-1"],
}
NO_SUPERVISOR = (
    "schedules: have limits, which only a supervisor keeps, and the group has none; set `supervised` of `JobGroupArgs`"
)
SUPERVISED: dict[str, tuple[list[ScheduleArgs], Group, PlacementArgs, list[str]]] = {
    "nothing wrong": ([LIMITED], Group(tags=47), PlacementArgs(**PLACE), []),
    "follows a service": ([FOLLOWING], Group(), PlacementArgs(**PLACE, service="web"), []),
    "follows no service": (
        [FOLLOWING],
        Group(),
        PlacementArgs(**PLACE),
        ["schedules[0].limits: run_revision 'service' needs the `service` of `PlacementArgs`"],
    ),
    "one of two schedules": (
        [LIMITED, times("rate(1 hour)", key="often")],
        Group(),
        PlacementArgs(**PLACE),
        ["schedules[1].limits: is missing; if one schedule of a job has limits, each must have them"],
    ),
    "no supervisor": (
        [LIMITED],
        Group(supervisor=None),
        PlacementArgs(**PLACE),
        [NO_SUPERVISOR],
    ),
    "too many tags": (
        [LIMITED],
        Group(tags=48),
        PlacementArgs(**PLACE),
        ["group: has 48 tags; a task has at most 50, of which three are the program's own"],
    ),
}


@pytest.mark.parametrize(("schedules", "group", "placement", "expected"), SUPERVISED.values(), ids=SUPERVISED)
def test_mistakes_of_a_supervised_job(
    schedules: list[ScheduleArgs], group: Group, placement: PlacementArgs, expected: list[str]
) -> None:
    """A supervised job needs a supervisor, limits on each schedule, room for a tag, and a service if it follows one."""
    assert of("report", *schedules, group=group, placement=placement) == expected


def test_all_mistakes_at_once() -> None:
    """Nobody has to repair one mistake to learn of the next."""
    one, other = times("cron(0 2 * * *)", key="a"), times("every day", key="a")
    found = of("x" * 57, one, other, severity="fatal")
    assert [line.partition(":")[0] for line in found] == [
        "the name has 57 characters; must have at most 56",
        "schedules[0].expression",
        "schedules[1].key",
        "schedules[1].expression",
        "severity",
    ]


def test_mistakes_of_a_function() -> None:
    """What belongs to a container, and what nobody can keep for an invocation."""
    place = FunctionPlace(alias_arn="", log_group="", ends_within=600)
    limits = Limits(start_deadline=60, total_timeout=60, retry_on=(1,), overlap="replace", run_revision="service")
    mistakes = of(
        "report",
        times("rate(1 day)"),
        times("rate(1 day)", key="b", limits=limits, cpu=256, memory=512),
        placement=place,
        group=Group(),
    )
    assert mistakes == [
        "command: belongs to a container; a function has none",
        "schedules[0].limits: is missing; the supervisor must know the runs of a function, and needs them",
        "schedules[1]: has an environment, cpu or memory, which belong to a container; a function has its own",
        "schedules[1].limits: total_timeout cannot be kept for a function",
        "schedules[1].limits: retry_on cannot be kept for a function",
        "schedules[1].limits: run_revision cannot be kept for a function",
        "schedules[1].limits: overlap 'replace' would stop a run, and nobody can stop a function",
        "schedules[0].limits: is missing; if one schedule of a job has limits, each must have them",
    ]


WORK = WorkPlace(queue_arn="", queue_url="", claims="", task="refresh")
PROCESS = ProcessPlace(claims_arn="")


def test_mistakes_of_a_worker() -> None:
    """It stops and repeats work as a task does, and has the revision that its service has."""
    kept = Limits(start_deadline=60, timeout=30, retries=1, retry_on=(1,), overlap="replace", lock="a", total_timeout=9)
    assert of("report", times("rate(1 day)", limits=kept), placement=WORK, group=Group(tags=48), command=None) == []
    revised = Limits(start_deadline=60, run_revision="service")
    assert of("report", times("rate(1 day)", limits=revised, cpu=256), placement=WORK, group=Group()) == [
        "command: belongs to a container; a worker has none",
        "schedules[0]: has an environment, cpu or memory, which belong to a container; a worker has its own",
        "schedules[0].limits: run_revision cannot be kept for a worker",
    ]


def test_mistakes_of_a_process() -> None:
    """Nothing is launched, so nothing can be kept from beginning, stopped or repeated."""
    late = Limits(start_deadline=60)
    assert of("report", times("cron(0 2 * * ? *)", limits=late), placement=PROCESS, group=Group(), command=None) == []
    closed = (Closure("days", "2026-12-24T00:00:00Z", "2026-12-27T00:00:00Z"),)
    asked: dict[str, Any] = {
        "start_timeout": 60,
        "timeout": 30,
        "total_timeout": 60,
        "retries": 1,
        "backoff": 5,
        "retry_on": (1,),
        "overlap": "skip",
        "lock": "a",
        "late": "last",
        "run_revision": "service",
        "closed": closed,
    }
    limits = Limits(start_deadline=60, **asked)
    given = times("rate(1 day)", limits=limits, window=5, pause_after=3)
    assert of("report", given, placement=PROCESS, group=Group(), command=None) == [
        "schedules[0].expression: 'rate(1 day)' is counted by AWS, so no process can know its ticks",
        "schedules[0].window: 5 spreads launches, and a process is not launched",
        "schedules[0].pause_after: 3 would make a hold, which keeps no process from its work",
        *(f"schedules[0].limits: {name} cannot be kept for a process of the service" for name in asked),
    ]
    [missing] = of("report", times("cron(0 2 * * ? *)"), placement=PROCESS, group=Group(), command=None)
    assert missing.startswith("schedules[0].limits: is missing")
