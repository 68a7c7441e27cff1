"""Tests that jobs, schedules and placements become a plan, and that every mistake names the place to fix it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

import plan
import settings
from aws_facts.fargate import FARGATE_SIZES_PAGE
from components import ScheduleArgs
from settings import Problems
from settings.job import Job
from tests.unit.json_values import values
from watch import done_by

SERVICE = {"service": {"cluster": "staging", "name": "web"}}
PLACE = {"cluster": "staging", "taskDefinition": "web", "subnets": ["subnet-0a"]}
REPORT = Job(
    name="nightly-report", command=["report"], owner="data", environment={"A": "job", "B": "job"}, cpu=512, memory=1024
)


def build(schedules: Any, jobs: list[Job] | None = None, **config: Any) -> tuple[list[plan.PlannedJob], list[str]]:  # noqa: ANN401
    """Return the plan of these schedules, and the messages."""
    problems = Problems()
    given = {"placements": {"default": PLACE, "batch": SERVICE}, "schedules": schedules, **config}
    found = plan.build(settings.parse(given, problems), [REPORT] if jobs is None else jobs, problems)
    return found, [str(problem) for problem in problems]


def test_plans_every_schedule() -> None:
    """A schedule's value wins over its entry's value, which wins over the job's."""
    found, problems = build(
        {
            "nightly-report": {
                "environment": {"B": "entry", "C": "entry"},
                "memory": 2048,
                "placement": "batch",
                "daily": {"cron": "0 2 * * ? *", "environment": {"C": "schedule"}, "memory": 4096},
                "often": {"rate": "15 minutes", "enabled": False, "cpu": 1024},
            }
        }
    )
    assert problems == []
    assert found == [
        plan.PlannedJob(
            job=REPORT,
            where="scheduled-jobs:schedules.nightly-report",
            placement="batch",
            schedules=(
                ScheduleArgs(
                    key="daily",
                    expression="cron(0 2 * * ? *)",
                    enabled=True,
                    environment={"A": "job", "B": "entry", "C": "schedule"},
                    cpu=512,
                    memory=4096,
                ),
                ScheduleArgs(
                    key="often",
                    expression="rate(15 minutes)",
                    enabled=False,
                    environment={"A": "job", "B": "entry", "C": "entry"},
                    cpu=1024,
                    memory=2048,
                ),
            ),
        )
    ]


def test_leaves_out_what_is_off() -> None:
    """A job that is off is not in the plan, without a problem."""
    assert build({"nightly-report": "off"}) == ([], [])


def test_deadline() -> None:
    """A schedule's deadline wins over its entry's, which wins over the job's."""
    jobs = [Job(name="report", command=["report"], owner="data", done_by="90m")]
    entry = {"doneBy": "06:30", "daily": "cron(0 2 * * ? *)", "weekly": {"cron": "0 2 ? * MON *", "doneBy": "2h"}}
    [planned], problems = build({"report": entry}, jobs)
    assert problems == []
    assert [one.done_by for one in planned.schedules] == ["06:30", "2h"]
    [planned], _ = build({"report": "cron(0 2 * * ? *)"}, jobs)
    assert [one.done_by for one in planned.schedules] == ["90m"]


def test_pause_after() -> None:
    """A schedule's number of ticks wins over its entry's, which wins over the job's."""
    jobs = [Job(name="report", command=["report"], owner="data", pause_after=5)]
    entry = {"pauseAfter": 4, "daily": "cron(0 2 * * ? *)", "weekly": {"cron": "0 2 ? * MON *", "pauseAfter": 3}}
    [planned], problems = build({"report": entry}, jobs)
    assert problems == []
    assert [one.pause_after for one in planned.schedules] == [4, 3]
    [planned], _ = build({"report": "cron(0 2 * * ? *)"}, jobs)
    assert [one.pause_after for one in planned.schedules] == [5]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1, "1: must be greater than or equal to 2"),
        (101, "101: must be less than or equal to 100"),
        ("3", "'3': must be an integer"),
        (True, "true: must be an integer"),
    ],
)
def test_mistakes_in_pause_after(given: object, expected: str) -> None:
    """The message names the key, the value and what would be accepted."""
    _, problems = build({"nightly-report": {"cron": "0 2 * * ? *", "pauseAfter": given}})
    assert problems == [f"scheduled-jobs:schedules.nightly-report.pauseAfter: {expected}"]


FORMS = f"must be {done_by.FORMS}"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"cron": "0 2 * * ? *", "doneBy": "6:30"}, f".doneBy: '6:30': {FORMS}"),
        ({"cron": "0 2 * * ? *", "doneBy": "2 days"}, f".doneBy: '2 days': {FORMS}"),
        (
            {"cron": "0 2 * * ? *", "doneBy": "25h"},
            ".doneBy: '25h': must be more than 0 and at most 24 hours after the tick",
        ),
        (
            {"cron": "0 2 * * ? *", "window": "10 minutes", "doneBy": "10m"},
            ".doneBy: '10m': must be longer than the window of 10 minutes",
        ),
        (
            {"rate": "1 day", "doneBy": "2h"},
            ".doneBy: '2h': needs a cron or an at: when a rate has its ticks is not known before they come",
        ),
    ],
)
def test_mistakes_in_a_deadline(entry: dict[str, Any], expected: str) -> None:
    """Each names the key, the value and what would be accepted."""
    _, problems = build({"nightly-report": entry})
    assert problems == [f"scheduled-jobs:schedules.nightly-report{expected}"]


def test_deadline_of_the_job_file_that_does_not_fit() -> None:
    """The message names the schedule, which a stack can change."""
    jobs = [Job(name="report", command=["report"], owner="data", done_by="06:30")]
    _, problems = build({"report": "rate(1 hour)"}, jobs)
    [problem] = problems
    assert problem.startswith("scheduled-jobs:schedules.report.doneBy: '06:30': needs a cron or an at: ")


SIZE = "memory 512 does not go with cpu 512 on Fargate; must be 1024 to 4096 MiB in steps of 1024"
CPU = "cpu 300 is not a Fargate size; must be one of: 256, 512, 1024, 2048, 4096, 8192, 16384"
MEMORY = f"memory 100 is not a Fargate size ({FARGATE_SIZES_PAGE})"
RESERVED = "the program sets this variable itself; choose another name"
DAILY = {"daily": "rate(1 day)", "often": "rate(1 hour)"}
MISTAKES: dict[str, tuple[Any, list[str]]] = {
    "no schedule": (
        {},
        [
            (
                "scheduled-jobs:schedules.nightly-report: is missing: "
                'jobs/nightly_report.py has no schedule in this stack; add one, or set it to "off"'
            )
        ],
    ),
    "no job": (
        {"nightly-report": "off", "nigthly-report": "off"},
        [
            (
                "scheduled-jobs:schedules.nigthly-report: no such job (a new one needs jobs/nigthly_report.py); "
                "did you mean 'nightly-report'?"
            )
        ],
    ),
    "placement": (
        {"nightly-report": {"placement": "bach", **DAILY}},
        [
            (
                "scheduled-jobs:schedules.nightly-report.placement: 'bach': no such placement in "
                "scheduled-jobs:placements; did you mean 'batch'?"
            )
        ],
    ),
    "size": (
        {"nightly-report": {"rate": "1 day", "memory": 512}},
        [f"scheduled-jobs:schedules.nightly-report: {SIZE}"],
    ),
    "size of one schedule": (
        {"nightly-report": {"daily": "rate(1 day)", "small": {"rate": "1 day", "memory": 512}}},
        [f"scheduled-jobs:schedules.nightly-report.small: {SIZE}"],
    ),
    "reserved in the entry": (
        {"nightly-report": {"environment": {"JOB_NAME": "x"}, **DAILY}},
        [f"scheduled-jobs:schedules.nightly-report.environment.JOB_NAME: {RESERVED}"],
    ),
    "reserved in a schedule": (
        {"nightly-report": {"daily": {"rate": "1 day", "environment": {"JOB_SCHEDULED_TIME": "x"}}}},
        [f"scheduled-jobs:schedules.nightly-report.daily.environment.JOB_SCHEDULED_TIME: {RESERVED}"],
    ),
    "an unknown key beside a wrong size": (
        {"nightly-report": {"rate": "1 day", "cpu": 300, "timezome": "UTC"}},
        [
            "scheduled-jobs:schedules.nightly-report.timezome: unknown key; did you mean 'timezone'?",
            f"scheduled-jobs:schedules.nightly-report: {CPU}",
        ],
    ),
    "a wrong size without a schedule": (
        {"nightly-report": {"cpu": 300, "timezome": "UTC"}},
        [
            "scheduled-jobs:schedules.nightly-report: needs exactly one of cron, rate, at; has none of them",
            "scheduled-jobs:schedules.nightly-report.timezome: unknown key; did you mean 'timezone'?",
            f"scheduled-jobs:schedules.nightly-report: {CPU}",
        ],
    ),
    "a wrong size beside what is no schedule": (
        {"nightly-report": {"cpu": 300, "daily": 5}},
        [
            (
                "scheduled-jobs:schedules.nightly-report.daily: 5: must be an expression such as 'cron(0 2 * * ? *)', "
                "or a mapping with one of cron, rate, at"
            ),
            f"scheduled-jobs:schedules.nightly-report: {CPU}",
        ],
    ),
    "two wrong sizes": (
        {"nightly-report": {"rate": "1 day", "cpu": 300, "memory": 100}},
        [f"scheduled-jobs:schedules.nightly-report: {CPU}", f"scheduled-jobs:schedules.nightly-report: {MEMORY}"],
    ),
    "a wrong size beside a wrong type": (
        {"nightly-report": {"a": {"rate": "1 dy", "cpu": 300, "memory": "512"}, "b": {"cpu": "1", "memory": 100}}},
        [
            (
                "scheduled-jobs:schedules.nightly-report.a.rate: '1 dy': rate's unit 'dy' is not understood; "
                "the unit must be one of: minutes, hours, days"
            ),
            "scheduled-jobs:schedules.nightly-report.a.memory: '512': must be an integer",
            "scheduled-jobs:schedules.nightly-report.b: needs exactly one of cron, rate, at; has none of them",
            "scheduled-jobs:schedules.nightly-report.b.cpu: '1': must be an integer",
            f"scheduled-jobs:schedules.nightly-report.a: {CPU}",
            f"scheduled-jobs:schedules.nightly-report.b: {MEMORY}",
        ],
    ),
    "a wrong placement beside a wrong time": (
        {"nightly-report": {"rate": "1 day", "placement": "bach", "start": "soon", "timezone": "No/X"}},
        [
            (
                "scheduled-jobs:schedules.nightly-report.timezone: 'No/X': no such time zone; must be a name of the "
                "IANA database such as Europe/Berlin or UTC"
            ),
            (
                "scheduled-jobs:schedules.nightly-report.start: 'soon': must be a date and time such as "
                "2027-01-31T06:00:00, with or without an offset"
            ),
            (
                "scheduled-jobs:schedules.nightly-report.placement: 'bach': no such placement in "
                "scheduled-jobs:placements; did you mean 'batch'?"
            ),
        ],
    ),
    "a placement that is no name": (
        {"nightly-report": {"placement": "B A", "rate": "1 day"}},
        [
            (
                "scheduled-jobs:schedules.nightly-report.placement: 'B A': must be lower-case letters, digits and "
                "hyphens, starting with a letter, at most 40 characters, such as nightly-report"
            )
        ],
    ),
    "reserved beside a wrong type": (
        {"nightly-report": {"rate": "1 day", "environment": {"JOB_NAME": 5, "PORT": 80, "JOB_SCHEDULE": "x"}}},
        [
            f"scheduled-jobs:schedules.nightly-report.environment.JOB_NAME: {RESERVED}",
            'scheduled-jobs:schedules.nightly-report.environment.JOB_NAME: 5: must be text; quote it: "5"',
            'scheduled-jobs:schedules.nightly-report.environment.PORT: 80: must be text; quote it: "80"',
            f"scheduled-jobs:schedules.nightly-report.environment.JOB_SCHEDULE: {RESERVED}",
        ],
    ),
    "long environment": (
        {"nightly-report": {"rate": "1 day", "environment": {"A": "x" * 8192}}},
        [
            (
                "scheduled-jobs:schedules.nightly-report: command and environment have 8881 characters; "
                "ECS accepts 8192 in an override"
            )
        ],
    ),
}


@pytest.mark.parametrize(("schedules", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_names_what_does_not_fit(schedules: object, expected: list[str]) -> None:
    """Schedules that do not fit the jobs or the placements give exactly these messages."""
    assert build(schedules)[1] == expected


HALF = "contains half of a surrogate pair, which is no character"
OWNER = "must be letters, digits, spaces and . : / = + @ - _, and not blank, such as data-team"
FIELDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "command as one text": ({"command": "python manage.py"}, [".command: 'python manage.py': must be a list"]),
    "empty command": ({"command": []}, [".command: []: value should have at least 1 item, not 0"]),
    "argument": ({"command": ["sleep", 5]}, ['.command[1]: 5: must be text; quote it: "5"']),
    "bytes": ({"description": b"x", "environment": {"A": b"x"}}, [
        ".description: \"b'x'\": must be text",
        ".environment.A: \"b'x'\": must be text",
    ]),
    "environment": ({"environment": {"a-b": "c", "PORT": 80}}, [
        (
            ".environment.a-b: 'a-b': must be letters, digits, underscores and dots, not starting with a digit, "
            "such as LOG_LEVEL"
        ),
        '.environment.PORT: 80: must be text; quote it: "80"',
    ]),
    "reserved": ({"environment": {"JOB_NAME": "x"}}, [f".environment.JOB_NAME: {RESERVED}"]),
    "reserved for runs by hand": ({"environment": {"JOB_TRIGGER": "x"}}, [f".environment.JOB_TRIGGER: {RESERVED}"]),
    "owner": ({"owner": "R&D"}, [f".owner: 'R&D': {OWNER}"]),
    "a runbook that is a number": ({"runbook": 5}, [".runbook: 5: write a text such as https://wiki.example.com/report"]),
    "an owner that AWS reserves": (
        {"owner": "AWS:a"},
        [".owner: 'AWS:a': AWS reserves tag values that begin with aws:; choose another value"],
    ),
    "letters beyond AWS's": ({"owner": "e\u0301quipe"}, [f".owner: 'e\u0301quipe': {OWNER}"]),
    "a runbook with a control character": (
        {"runbook": "https://a/\x07"},
        [".runbook: 'https://a/\\x07': must be an address such as https://wiki.example.com/report"],
    ),
    "runbook": ({"runbook": "see wiki"}, [".runbook: 'see wiki': must be an address such as https://wiki.example.com/report"]),
    "sizes": ({"cpu": 10**5000, "memory": "1024"}, [
        ".cpu: [int]: must be less than or equal to 196608",
        ".memory: '1024': must be an integer",
    ]),
    "blank owner": ({"owner": "  "}, [f".owner: '  ': {OWNER}"]),
    "no program": ({"command": ["", "a"]}, ['.command: ["", "a"]: the first word is empty; it must be the program']),
    "a NUL": ({"command": ["a\0"]}, [
        ".command[0]: 'a\\x00': contains a NUL character, which cannot be passed to a process",
    ]),
    "halves of surrogate pairs": ({"command": ["a\ud800"], "environment": {"A": "\udfff"}, "description": "\ud800"}, [
        f".command[0]: 'a\\ud800': {HALF}",
        f".description: '\\ud800': {HALF}",
        f".environment.A: '\\udfff': {HALF}",
    ]),
    "size of its own": ({"cpu": 512, "memory": 512}, [f": {SIZE}"]),
    "long command": ({"command": ["x" * 8000]}, [
        ": command and environment have 8632 characters; ECS accepts 8192 in an override",
    ]),
    "severity": ({"severity": "bad"}, [".severity: 'bad': must be 'critical', 'error', 'warning' or 'info'"]),
    "deadline": ({"done_by": "soon"}, [f".done_by: 'soon': {FORMS}"]),
    "pause after": ({"pause_after": 1}, [".pause_after: 1: must be greater than or equal to 2"]),
    "longest run": ({"longest_run": 0}, [".longest_run: 0: must be greater than or equal to 1"]),
    "everything": (
        {"cpu": 300, "memory": 100, "owner": "", "environment": {"JOB_NAME": "x"}, "placement": "other"},
        [
            f".owner: '': {OWNER}",
            f".environment.JOB_NAME: {RESERVED}",
            ".placement: 'other': no such placement in scheduled-jobs:placements; must be one of: batch, default",
            f": {CPU}",
            f": {MEMORY}",
        ],
    ),
    "launch retries": ({"launch_retries": 186}, [".launch_retries: 186: must be less than or equal to 185"]),
    "placement": (
        {"placement": "other"},
        [".placement: 'other': no such placement in scheduled-jobs:placements; must be one of: batch, default"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (PLACE, [CPU]),
        ({**PLACE, "capacity": {"FARGATE_SPOT": 1}}, [CPU]),
        ({**SERVICE, "capacity": {"FARGATE": 1}}, [CPU]),
        (SERVICE, []),
        ({**PLACE, "capacity": {"machines": 1}}, []),
        ({**SERVICE, "capacity": {"machines": 1}}, []),
    ],
    ids=["Fargate", "Spot", "a service on Fargate", "a service", "machines", "a service on machines"],
)
def test_judges_sizes_where_config_says_that_tasks_run_on_fargate(place: dict[str, Any], expected: list[str]) -> None:
    """What a service or another capacity provider runs on is known after the look-up, which judges the sizes then."""
    _, problems = build({"nightly-report": {"rate": "1 day", "cpu": 300}}, placements={"default": place})
    assert problems == [f"scheduled-jobs:schedules.nightly-report: {problem}" for problem in expected]


@pytest.mark.parametrize(("fields", "expected"), FIELDS.values(), ids=FIELDS)
def test_names_mistakes_in_a_job(fields: dict[str, Any], expected: list[str]) -> None:
    """A wrong field of a job is reported once, with the job's file, even if the job has several schedules."""
    job = Job(**{"name": "nightly-report", "command": ["report"], "owner": "data", **fields})
    problems = build({"nightly-report": DAILY}, [job])[1]
    assert problems == [f"jobs/nightly_report.py{line}" for line in expected]


def test_blames_no_job_for_a_broken_placement() -> None:
    """A placement with a mistake is not also reported as missing, and the others are still checked."""
    _, problems = build(
        {"nightly-report": "rate(1 day)", "a": {"rate": "1 day", "placement": "other"}},
        [REPORT, Job(name="a", command=["a"], owner="b")],
        placements={"default": {**SERVICE, "x": 1}, "batch": SERVICE},
    )
    assert [line.partition(": ")[0] for line in problems] == [
        "scheduled-jobs:placements.default.x",
        "scheduled-jobs:schedules.a.placement",
    ]


@pytest.mark.parametrize("placements", [5, {"default": {}}], ids=["no mapping", "all broken"])
def test_blames_no_job_for_broken_placements(placements: object) -> None:
    """If the placements cannot be read, that is the only message."""
    _, problems = build({"nightly-report": "rate(1 day)"}, placements=placements)
    assert len(problems) == 1


def test_misses_no_placement_silently() -> None:
    """An empty mapping of placements has no mistake of its own, so the job's placement is the problem."""
    _, problems = build({"nightly-report": "rate(1 day)"}, placements={})
    assert problems == ["jobs/nightly_report.py.placement: 'default': no such placement in scheduled-jobs:placements"]


def test_names_lists_of_stops_that_are_not_alerted() -> None:
    """Without `stops: true`, the class `stopped` in a route or in `quiet` is a problem, since it would do nothing."""
    alerts = {"quiet": ["missed", "stopped"], "email": [{"to": "a@example.com", "classes": ["stopped"]}]}
    why = "'stopped': a run that somebody stopped is not alerted; set scheduled-jobs:alerts.stops to true"
    assert build({"nightly-report": "off"}, alerts=alerts)[1] == [
        f"scheduled-jobs:alerts.quiet[1]: {why}",
        f"scheduled-jobs:alerts.email[0].classes[0]: {why}",
    ]
    assert build({"nightly-report": "off"}, alerts={**alerts, "stops": True})[1] == []


def test_names_routes_that_nothing_takes() -> None:
    """A route for a job or an owner that does not exist is a problem."""
    routes = [{"to": "a@example.com", "owners": ["date"], "jobs": ["nightly-report", "nightly-reprot"]}]
    alerts = {"email": ["b@example.com", *routes], "https": [{"to": "https://example.com", "owners": ["data"]}]}
    _, problems = build({"nightly-report": "rate(1 day)"}, alerts=alerts)
    assert problems == [
        "scheduled-jobs:alerts.email[1].jobs[1]: 'nightly-reprot': no such job; did you mean 'nightly-report'?",
        "scheduled-jobs:alerts.email[1].owners[0]: 'date': no job has this owner; did you mean 'data'?",
    ]


def test_blames_no_schedule_for_a_broken_job_file() -> None:
    """A job whose file cannot be read is not also reported as unknown."""
    problems = Problems()
    problems.add("jobs/nightly_report.py:3", "SyntaxError")
    config = {"placements": {"default": SERVICE}, "schedules": {"nightly-report": "rate(1 day)"}}
    assert plan.build(settings.parse(config, problems), [], problems) == []
    assert len(problems) == 1


def test_blames_no_schedule_for_a_broken_package_of_jobs() -> None:
    """If no job file can be read, no job is reported as unknown."""
    problems = Problems()
    problems.add("jobs/__init__.py:3", "SyntaxError: '(' was never closed")
    config = {"placements": {"default": SERVICE}, "schedules": {"nightly-report": "rate(1 day)"}}
    assert plan.build(settings.parse(config, problems), [], problems) == []
    assert len(problems) == 1


def test_names_twelve_mistakes_at_once() -> None:
    """A config and job files with twelve mistakes give twelve messages in one report."""
    _, problems = build(
        {
            "nightly-report": {"cron": "0 2 * * *", "window": "1 hour", "timezone": "Europe/Berln"},
            "cleanup": {"rate": "5 minuts", "start": "soon"},
            "unknown": "off",
            "export": {"weekdays": "rate(1 day)", "Year": {"at": "2027-01-01"}},
        },
        [
            REPORT,
            Job(name="cleanup", command="rm", owner="a"),
            Job(name="export", command=["a"], owner="b", placement="other"),
            Job(name="forgotten", command=["a"], owner="b"),
        ],
        tags={"team": 5},
    )
    assert len(problems) == 12
    assert len(set(problems)) == 12


anything = values | st.binary(max_size=3) | st.tuples(values) | st.dictionaries(st.tuples(st.integers()), values)


@limits(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*Job.__dataclass_fields__]).filter(lambda name: name != "name"), anything, max_size=4
    ),
    values,
)
def test_never_raises(fields: dict[str, Any], entry: object) -> None:
    """Any values in a job's fields and its entry give a report that can be printed."""
    job = Job(**{"name": "a", "command": ["true"], "owner": "data", **fields})
    found, problems = build({"a": entry}, [job])
    assert "\n".join(problems).encode().decode() == "\n".join(problems)
    assert found == [] or isinstance(found[0].job, Job)
