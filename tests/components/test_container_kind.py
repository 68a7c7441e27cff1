"""Tests that a job's container and sizes are checked against its placement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import kinds
import plan
import settings
from aws_facts.launch_types import ON_FARGATE, LaunchType
from components.placement import PlacementArgs
from settings import Problems
from settings.job import Job
from tests.components.placing import APP, EXPLICIT, SIDECAR, WEB, messages, placed

if TYPE_CHECKING:
    from placements import Placement

OWN_LOG = "/aws/ecs/staging-cron-jobs"
PAIR: dict[str, Any] = {"task_definition": "pair", "containers": [APP, {**APP, "name": "worker"}], "container": None}


def fit(entry: object, place: Placement, **fields: Any) -> tuple[dict[str, PlacementArgs], list[str]]:  # noqa: ANN401
    """Return the result for one job in a placement, and all messages."""
    problems = Problems()
    settled = {**EXPLICIT, "capacity": place.capacity} if place.capacity else EXPLICIT
    config = settings.parse({"placements": {"default": settled}, "schedules": {"nightly-report": entry}}, problems)
    job = Job(**{"name": "nightly-report", "command": ["report"], "owner": "data", **fields})
    planned = plan.build(config, [job], problems)
    problems.raise_if_any()
    found = kinds.fit(kinds.of(planned, OWN_LOG), {"default": place}, problems)
    return found, messages(problems)


def test_fits_a_job() -> None:
    """A job gets the values of its placement, and its own container if it names one."""
    found, problems = fit("rate(1 day)", placed(**{**WEB, **PAIR}), container="worker")
    known = {**WEB, **PAIR, "log_groups": ["/ecs/web"], "service": None, "launch_types": ON_FARGATE, "volume": None}
    places = {key: known[key] for key in PlacementArgs.__dataclass_fields__}
    assert (found["nightly-report"], problems) == (PlacementArgs(**{**places, "container": "worker"}), [])
    assert fit("rate(1 day)", placed(**WEB))[0]["nightly-report"].container == "app"


MACHINES: dict[str, Any] = {"capacity": {"machines": 1}, "launch_types": (LaunchType.EC2,)}
MANAGED: dict[str, Any] = {"capacity": {"managed": 1}, "launch_types": (LaunchType.MANAGED_INSTANCES,)}
INSTANCE_CPU = "is not a size on EC2 or Managed Instances; must be 128 to 196608"
BIG = {**WEB, "cpu": 1024, "memory": 4096, "containers": [{**APP, "memory": 3000, "cpu": 500}, SIDECAR]}
WINDOWS = {**WEB, "cpu": 2048, "memory": 4096, "windows": True}
UNFIT: dict[str, tuple[dict[str, Any], dict[str, Any], object, list[str]]] = {
    "several essential containers": (
        {**WEB, **PAIR},
        {},
        "rate(1 day)",
        [
            (
                "jobs/nightly_report.py.container: is missing: 'pair' has several essential containers; "
                "must be one of: app, worker"
            )
        ],
    ),
    "several, and one is named": ({**WEB, **PAIR}, {"container": "worker"}, "rate(1 day)", []),
    "container": (
        WEB,
        {"container": "ap"},
        "rate(1 day)",
        ["jobs/nightly_report.py.container: 'ap': no such container in 'web'; did you mean 'app'?"],
    ),
    "container that is not essential": (
        WEB,
        {"container": "sidecar"},
        "rate(1 day)",
        [
            (
                "jobs/nightly_report.py.container: 'sidecar': is not essential in 'web', so the task would "
                "keep running after the job's container ends; must be one of: app"
            )
        ],
    ),
    "container without a log": (
        {**WEB, "containers": [APP, {"name": "worker", "essential": True}]},
        {"container": "worker"},
        "rate(1 day)",
        [
            (
                "warning: jobs/nightly_report.py.container: 'worker': logs with no log driver in 'web', not with "
                "awslogs, so alerts cannot name its log"
            )
        ],
    ),
    "memory that the containers exceed": (
        BIG,
        {},
        {"rate": "1 day", "memory": 3072},
        [
            (
                "scheduled-jobs:schedules.nightly-report: memory 3072 is less than the 3256 that the containers of "
                "'web' need together (app 3000, sidecar 256)"
            )
        ],
    ),
    "cpu that the containers exceed": (
        {**BIG, "memory": 2048},
        {},
        {"rate": "1 day", "cpu": 256, "memory": 2048},
        [
            (
                "scheduled-jobs:schedules.nightly-report: cpu 256 is less than the 500 that the containers of "
                "'web' need together (app 500)"
            ),
            (
                "scheduled-jobs:schedules.nightly-report: memory 2048 is less than the 3256 that the containers of "
                "'web' need together (app 3000, sidecar 256)"
            ),
        ],
    ),
    "memory beside the task definition's cpu": (
        WEB,
        {},
        {"rate": "1 day", "memory": 8192},
        [
            (
                "scheduled-jobs:schedules.nightly-report: memory 8192 does not go with cpu 512 on Fargate; "
                "must be 1024 to 4096 MiB in steps of 1024; only memory is set, so the other is the task definition's"
            )
        ],
    ),
    "cpu beside the task definition's memory": (
        WEB,
        {},
        {"rate": "1 day", "cpu": 1024},
        [
            (
                "scheduled-jobs:schedules.nightly-report: memory 1024 does not go with cpu 1024 on Fargate; "
                "must be 2048 to 8192 MiB in steps of 1024; only cpu is set, so the other is the task definition's"
            )
        ],
    ),
    "one that fits": (WEB, {}, {"rate": "1 day", "memory": 2048}, []),
    "less than one vCPU on Windows": (
        WINDOWS,
        {"cpu": 512, "memory": 4096},
        "rate(1 day)",
        [
            (
                "scheduled-jobs:schedules.nightly-report: cpu 512 is not a Fargate size for Windows; "
                "must be one of: 1024, 2048, 4096"
            )
        ],
    ),
    "less than one vCPU on Windows, alone": (
        WINDOWS,
        {},
        {"rate": "1 day", "cpu": 512},
        [
            (
                "scheduled-jobs:schedules.nightly-report: cpu 512 is not a Fargate size for Windows; "
                "must be one of: 1024, 2048, 4096"
            )
        ],
    ),
    "one vCPU on Windows": (WINDOWS, {"cpu": 1024, "memory": 4096}, "rate(1 day)", []),
    "the task definition's own size on Windows": (WINDOWS, {}, "rate(1 day)", []),
    "a size on EC2 that Fargate does not have": ({**WEB, **MACHINES}, {}, {"rate": "1 day", "cpu": 3000}, []),
    "too small for EC2": (
        {**WEB, **MACHINES},
        {},
        {"rate": "1 day", "cpu": 100},
        [f"scheduled-jobs:schedules.nightly-report: cpu 100 {INSTANCE_CPU}"],
    ),
    "too small for EC2, in the job file": (
        {**WEB, **MACHINES},
        {"cpu": 100},
        "rate(1 day)",
        [f"jobs/nightly_report.py: cpu 100 {INSTANCE_CPU}"],
    ),
    "Windows on EC2": (
        {**WINDOWS, **MACHINES},
        {},
        {"rate": "1 day", "memory": 8192},
        [
            (
                "scheduled-jobs:schedules.nightly-report: ECS ignores cpu and memory of a task with Windows containers "
                "on EC2; set them in the task definition's containers"
            )
        ],
    ),
    "Windows on EC2 with its own size": ({**WINDOWS, **MACHINES}, {}, "rate(1 day)", []),
    "containers on EC2": (
        {**BIG, **MACHINES},
        {},
        {"rate": "1 day", "memory": 3000},
        [
            (
                "scheduled-jobs:schedules.nightly-report: memory 3000 is less than the 3256 that the containers of "
                "'web' need together (app 3000, sidecar 256)"
            )
        ],
    ),
    "more than the page on Managed Instances names": (
        {**WEB, **MANAGED},
        {},
        {"rate": "1 day", "cpu": 16384},
        [
            (
                "warning: scheduled-jobs:schedules.nightly-report.cpu: 16384: ECS Developer Guide names 10240 as the "
                "most cpu of a task on Managed Instances"
            )
        ],
    ),
    "no sizes in the task definition": ({**WEB, "cpu": None, "memory": None}, {}, {"rate": "1 day", "cpu": 512}, []),
}


@pytest.mark.parametrize(("place", "fields", "entry", "expected"), UNFIT.values(), ids=UNFIT)
def test_names_what_does_not_fit(
    place: dict[str, Any], fields: dict[str, Any], entry: object, expected: list[str]
) -> None:
    """A container or size that does not fit the placement is reported with the possible ones."""
    assert fit(entry, placed(**place), **fields)[1] == expected


def test_judges_the_size_of_a_service_s_tasks_when_it_is_known() -> None:
    """Only its look-up tells whether they run on Fargate. The place of the mistake is as precise as in the plan."""
    problems = Problems()
    entries = {"weekly": {"rate": "7 days", "cpu": 300}, "daily": {"rate": "1 day", "cpu": 512, "memory": 512}}
    service = {"service": {"cluster": "staging", "name": "web"}}
    config = settings.parse({"placements": {"default": service}, "schedules": {"nightly-report": entries}}, problems)
    job = Job(name="nightly-report", command=["report"], owner="data")
    running = kinds.of(plan.build(config, [job], problems), OWN_LOG)
    assert messages(problems) == []
    kinds.fit(running, {"default": placed(**{**WEB, **MACHINES})}, problems)
    assert messages(problems) == []
    kinds.fit(running, {"default": placed(**WEB)}, problems)
    where = "scheduled-jobs:schedules.nightly-report"
    assert messages(problems) == [
        (f"{where}.weekly: cpu 300 is not a Fargate size; must be one of: 256, 512, 1024, 2048, 4096, 8192, 16384"),
        (f"{where}.daily: memory 512 does not go with cpu 512 on Fargate; must be 1024 to 4096 MiB in steps of 1024"),
    ]


def in_container(entry_point: list[str]) -> Placement:
    """Return a placement whose container has this entry point."""
    return placed(**{**WEB, "containers": [{**APP, "entryPoint": entry_point}, SIDECAR]})


REPORT = ["python", "manage.py", "report"]


def test_refuses_a_command_of_which_a_shell_runs_one_word() -> None:
    """A shell as entry point gets the command as one word; the message shows what would run, and how to write it."""
    assert fit("rate(1 day)", in_container(["sh", "-c"]), command=REPORT)[1] == [
        (
            'jobs/nightly_report.py.command: ["python", "manage.py", "report"]: in the container \'app\' of \'web\', '
            'the entry point is ["sh", "-c"], so ECS would run: sh -c python manage.py report; of this the shell runs '
            'only: python; write one word: command=["python manage.py report"]'
        )
    ]


def test_notes_what_runs_without_a_command() -> None:
    """A job without a command runs what its container does, which its entry point cannot lose. It may be secret."""
    problems = Problems()
    schedules = {"nightly-report": "rate(1 day)"}
    config = settings.parse({"placements": {"default": EXPLICIT}, "schedules": schedules}, problems)
    planned = plan.build(config, [Job(name="nightly-report", owner="data")], problems)
    kinds.fit(kinds.of(planned, OWN_LOG), {"default": in_container(["sh", "-c"])}, problems)
    assert (messages(problems), [str(note) for note in problems.notes]) == (
        [],
        [
            (
                "jobs/nightly_report.py.command: is not set, so the container 'app' of 'web' runs its own, or else "
                "that of its image"
            )
        ],
    )


@pytest.mark.parametrize("command", [["python manage.py report"], ["true"]], ids=["a line", "a program"])
def test_lets_a_shell_run_one_word(command: list[str]) -> None:
    """A command of one word runs whole in a shell."""
    assert fit("rate(1 day)", in_container(["/bin/sh", "-c"]), command=command)[1] == []


def test_notes_an_entry_point_once_for_a_placement() -> None:
    """An entry point that gets the command as arguments is noted once, however many jobs run in the container."""
    problems = Problems()
    schedules = {"nightly-report": "rate(1 day)", "cleanup": "rate(1 day)"}
    config = settings.parse({"placements": {"default": EXPLICIT}, "schedules": schedules}, problems)
    jobs = [Job(name=name, command=REPORT, owner="data") for name in schedules]
    planned = plan.build(config, jobs, problems)
    kinds.fit(kinds.of(planned, OWN_LOG), {"default": in_container(["/start.sh", "--quiet"])}, problems)
    assert (messages(problems), [str(note) for note in problems.notes]) == (
        [],
        [
            (
                "scheduled-jobs:placements.default: in the container 'app' of 'web', commands run as arguments of the "
                'entry point ["/start.sh", "--quiet"]'
            )
        ],
    )


def test_leaves_a_placement_that_was_not_found() -> None:
    """A job whose placement cannot be looked up gets no second message."""
    problems = Problems()
    config = settings.parse({"placements": {"default": EXPLICIT}, "schedules": {"a": "rate(1 day)"}}, problems)
    planned = plan.build(config, [Job(name="a", command=["a"], owner="b")], problems)
    assert kinds.fit(kinds.of(planned, OWN_LOG), {}, problems) == {}
    assert not len(problems)


SUPERVISED = {"cron": "0 2 * * ? *", "timeout": "1h"}


def with_stop(seconds: int, **place: Any) -> Placement:  # noqa: ANN401 - parts of a placement
    """Return a placement whose containers have this stopTimeout."""
    return placed(**{**WEB, **place, "containers": [{**APP, "stopTimeout": seconds}, SIDECAR]})


def test_refuses_a_stop_timeout_beyond_that_of_fargate() -> None:
    """A run that is to be stopped could not be given that time. Direct jobs are not stopped, nor are they checked."""
    problem = (
        "scheduled-jobs:schedules.nightly-report.timeout: needs runs that can be stopped, but the stopTimeout of the "
        "container 'app' of 'web' (scheduled-jobs:placements.default) is 121 seconds; Fargate takes at most 120"
    )
    assert fit(SUPERVISED, with_stop(121))[1] == [problem]
    assert fit(SUPERVISED, with_stop(121, capacity={"FARGATE_SPOT": 1}))[1] == [problem]
    assert fit(SUPERVISED, with_stop(121, **MACHINES))[1] == []
    assert fit(SUPERVISED, with_stop(120))[1] == []
    assert fit("rate(1 day)", with_stop(121))[1] == []


@pytest.mark.parametrize(("place", "seconds"), [(placed(**WEB), 30), (with_stop(0), 0), (with_stop(90), 90)])
def test_notes_how_a_run_is_stopped(place: Placement, seconds: int) -> None:
    """Once for a placement with supervised jobs."""
    problems = Problems()
    jobs = [Job(name=name, command=["true"], owner="data", timeout="1h") for name in ("a", "b")]
    entries = {"placements": {"default": EXPLICIT}, "schedules": {"a": "rate(1 day)", "b": "rate(1 day)"}}
    planned = plan.build(settings.parse(entries, problems), jobs, problems)
    kinds.fit(kinds.of(planned, OWN_LOG), {"default": place}, problems)
    assert [str(note) for note in problems.notes] == [
        (
            f"scheduled-jobs:placements.default: a stopped run gets SIGTERM, and SIGKILL {seconds} seconds later: the "
            "stopTimeout of the container 'app' of 'web'"
        )
    ]


def test_names_the_service_of_the_placement() -> None:
    """The supervisor asks it for its revision."""
    assert fit("rate(1 day)", placed(**WEB, service="web"))[0]["nightly-report"].service == "web"
    assert fit("rate(1 day)", placed(**WEB))[0]["nightly-report"].service is None
