"""What jobs ask of their runs: who wins, what contradicts itself, and the limits that come of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import plan
import settings
from settings import Problems
from settings.job import Job
from supervision.limits import Closure, Limits

WHERE = "scheduled-jobs:schedules.report"
FILE = "jobs/report.py"
PLACES = "scheduled-jobs:placements"
SERVICE: dict[str, Any] = {"service": {"cluster": "staging", "name": "web"}}
PLACEMENTS = {
    "default": SERVICE,
    "pinned": {**SERVICE, "taskDefinition": "web:12"},
    "plain": {"cluster": "staging", "taskDefinition": "web", "subnets": ["subnet-0a"]},
}
NIGHTLY = "0 2 * * ? *"


def planned(entry: Any, job: dict[str, Any] | None = None, **config: Any) -> tuple[plan.PlannedJob, list[str]]:  # noqa: ANN401
    """Return the plan of a job with this entry and these fields, and the messages."""
    problems = Problems()
    jobs = [Job(name="report", command=["report"], owner="data", **(job or {}))]
    given = settings.parse({"placements": PLACEMENTS, "schedules": {"report": entry}, **config}, problems)
    [found] = plan.build(given, jobs, problems)
    return found, [str(problem) for problem in problems]


def limits(entry: Any, job: dict[str, Any] | None = None, **config: Any) -> list[Limits | None]:  # noqa: ANN401
    """Return the limits of a sound job's schedules."""
    found, problems = planned(entry, job, **config)
    assert problems == []
    return [schedule.limits for schedule in found.schedules]


EVERYTHING: dict[str, Any] = {
    "timeout": "90m",
    "start_timeout": "10m",
    "retries": 2,
    "backoff": "1m30s",
    "retry_on": [75],
    "total_timeout": "5h",
    "overlap": "skip",
    "lock": "db",
    "start_deadline": "2h",
    "late": "last",
    "not_on": ["holidays"],
    "run_revision": "service",
}
CALENDARS = {"holidays": ["2026-12-25"], "freeze": {"from": "2026-11-23", "until": "2026-11-29", "reason": "sale"}}
CHRISTMAS = Closure("holidays", "2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z")
FREEZE = Closure("freeze", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z", "sale")


def test_everything() -> None:
    """Each field reaches the limits, in seconds."""
    assert limits({"cron": NIGHTLY}, EVERYTHING, calendars=CALENDARS) == [
        Limits(
            start_deadline=7200,
            start_timeout=600,
            timeout=5400,
            total_timeout=18000,
            retries=2,
            backoff=90,
            retry_on=(75,),
            overlap="skip",
            lock="db",
            late="last",
            run_revision="service",
            closed=(CHRISTMAS,),
        )
    ]


def test_the_nearest_level_wins() -> None:
    """A schedule's value wins over its entry's, which wins over the job file's, field by field."""
    entry = {
        "timeout": "20m",
        "overlap": "queue",
        "notOn": ["freeze"],
        "daily": f"cron({NIGHTLY})",
        "weekly": {"cron": "0 2 ? * MON *", "timeout": "30m", "notOn": []},
    }
    job = {"timeout": "10m", "retries": 3, "not_on": ["holidays"]}
    daily = Limits(start_deadline=900, timeout=1200, retries=3, overlap="queue", closed=(FREEZE,))
    weekly = Limits(start_deadline=900, timeout=1800, retries=3, overlap="queue")
    assert limits(entry, job, calendars=CALENDARS) == [daily, weekly]


def test_a_job_without_these_fields_is_direct() -> None:
    """Nothing changes for a job that asks for nothing; a deadline for its work asks for nothing of its runs."""
    found, problems = planned({"cron": NIGHTLY, "doneBy": "06:30"})
    assert (found.asks, [one.limits for one in found.schedules], problems) == ((), [None], [])


@pytest.mark.parametrize(
    ("job", "entry"),
    [
        ({"retries": 0}, {}),
        ({"overlap": "allow", "late": "all", "run_revision": "newest", "not_on": []}, {}),
        ({"retries": 3, "backoff": "1m", "retry_on": [75]}, {"retries": 0}),
        ({"overlap": "skip"}, {"overlap": "allow"}),
        ({"run_revision": "service"}, {"runRevision": "newest"}),
        ({"not_on": ["holidays"]}, {"notOn": []}),
    ],
    ids=str,
)
def test_values_that_ask_for_nothing(job: dict[str, Any], entry: dict[str, Any]) -> None:
    """A stack can go back to a direct job."""
    found, problems = planned({"cron": NIGHTLY, **entry}, job, calendars=CALENDARS)
    assert (found.asks, [one.limits for one in found.schedules], problems) == ((), [None], [])


@pytest.mark.parametrize("name", sorted(set(EVERYTHING) - {"backoff", "retry_on"}))
def test_each_field_makes_a_job_supervised(name: str) -> None:
    """Any of them alone does, except those that need retries; a lock needs an overlap."""
    job = {name: EVERYTHING[name], **({"overlap": "skip"} if name == "lock" else {})}
    found, problems = planned({"cron": NIGHTLY}, job, calendars=CALENDARS)
    assert (problems, found.schedules[0].limits is not None) == ([], True)
    assert f"{FILE}.{name}" in found.asks


def test_one_supervised_schedule_makes_all_supervised() -> None:
    """The schedules of a job share its runs, so the supervisor launches them all."""
    entry = {"daily": {"cron": NIGHTLY, "timeout": "1h"}, "often": "rate(1 hour)", "weekly": "cron(0 2 ? * MON *)"}
    found, _ = planned(entry)
    assert found.asks == (f"{WHERE}.daily.timeout",)
    expected = [Limits(start_deadline=900, timeout=3600), Limits(start_deadline=900), Limits(start_deadline=900)]
    assert [one.limits for one in found.schedules] == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"cron": NIGHTLY}, 900),
        ({"at": "2027-01-01T00:00:00"}, 900),
        ({"rate": "15 minutes"}, 900),
        ({"rate": "5 minutes"}, 300),
        ({"rate": "1 minute"}, 60),
        ({"cron": "0,7 * * * ? *"}, 420),
        ({"cron": NIGHTLY, "window": "10 minutes"}, 1500),
        ({"rate": "15 minutes", "window": "10 minutes"}, 900),
        ({"rate": "5 minutes", "window": "10 minutes"}, 660),
        ({"cron": NIGHTLY, "window": "1440 minutes"}, 86400),
        ({"rate": "5 minutes", "startDeadline": "2h"}, 7200),
        ({"cron": NIGHTLY, "window": "10 minutes", "startDeadline": "10m1s"}, 601),
    ],
    ids=str,
)
def test_start_deadline(entry: dict[str, Any], expected: int) -> None:
    """Until 15 minutes after the window, or the next tick; never less than Scheduler's minute, or more than its day."""
    [found] = limits({**entry, "timeout": "1m"})
    assert found is not None
    assert found.start_deadline == expected


@given(st.integers(1, 3000), st.integers(0, 1440), st.sampled_from(["skip", "queue", "allow"]))
def test_start_deadline_keeps_its_bounds(minutes: int, window: int, overlap: str) -> None:
    """It lasts longer than the window where a day allows it, and with a queue never into the tick after the next."""
    entry = {"rate": f"{minutes} minutes", "overlap": overlap, "timeout": "1m"}
    found, problems = planned(entry | ({"window": f"{window} minutes"} if window else {}))
    [schedule] = found.schedules
    assert schedule.limits is not None
    deadline = timedelta(seconds=schedule.limits.start_deadline)
    assert timedelta(minutes=1) <= deadline <= timedelta(hours=24)
    assert deadline > timedelta(minutes=window) or window == 1440
    fits = deadline <= timedelta(minutes=minutes)
    assert bool(problems) == (overlap == "queue" and not fits)


CONTRADICTIONS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "timeout above total": (
        {"timeout": "2h"},
        {"total_timeout": "1h"},
        [f"{WHERE}.timeout: '2h': must be less than '1h' of {FILE}.total_timeout, which counts from the first launch"],
    ),
    "no room for a timeout": (
        {"totalTimeout": "60m"},
        {"timeout": "1h"},
        [f"{FILE}.timeout: '1h': must be less than '60m' of {WHERE}.totalTimeout, which counts from the first launch"],
    ),
    "no room for a start": (
        {"totalTimeout": "5m", "startTimeout": "5m"},
        {},
        [
            (
                f"{WHERE}.startTimeout: '5m': must be less than '5m' of {WHERE}.totalTimeout, "
                "which counts from the first launch"
            )
        ],
    ),
    "no room for a retry": (
        {"totalTimeout": "5m", "backoff": "10m"},
        {"retries": 1},
        [f"{WHERE}.backoff: '10m': must be less than '5m' of {WHERE}.totalTimeout, which counts from the first launch"],
    ),
    "backoff without retries": (
        {"backoff": "10m"},
        {},
        [f"{WHERE}.backoff: '10m': has no effect without retries; set {WHERE}.retries"],
    ),
    "codes without retries": (
        {},
        {"retry_on": (75,), "retries": 0},
        [f"{FILE}.retry_on: [75]: has no effect without retries; set {FILE}.retries"],
    ),
    "backoff over no retries": (
        {"backoff": "1m"},
        {"retries": 0},
        [f"{WHERE}.backoff: '1m': has no effect without retries; set {FILE}.retries"],
    ),
    "retries that are replaced": (
        {"overlap": "replace"},
        {"retries": 2},
        [f"{FILE}.retries: 2: with 'replace' of {WHERE}.overlap, retries need a timeout; set {FILE}.timeout"],
    ),
    "a lock that nobody minds": (
        {},
        {"lock": "db"},
        [
            (
                f"{FILE}.lock: 'db': needs to know what a tick does that finds the lock taken; "
                f"set {FILE}.overlap to skip, replace or queue"
            )
        ],
    ),
    "a lock that is allowed to be taken": (
        {"overlap": "allow"},
        {"lock": "db"},
        [
            (
                f"{FILE}.lock: 'db': needs to know what a tick does that finds the lock taken; "
                f"set {WHERE}.overlap to skip, replace or queue, not allow"
            )
        ],
    ),
    "a deadline in the window": (
        {"cron": NIGHTLY, "window": "10 minutes"},
        {"start_deadline": "10m"},
        [f"{FILE}.start_deadline: '10m': must be longer than the window of 10 minutes ({WHERE}.window)"],
    ),
    "a queue for two": (
        {"rate": "5 minutes", "startDeadline": "6m"},
        {"overlap": "queue"},
        [
            (
                f"{WHERE}.startDeadline: '6m': must not be longer than the 5 minutes between two ticks of {WHERE}, "
                f"for 'queue' of {FILE}.overlap: only one waits"
            )
        ],
    ),
    "a queue in a window": (
        {"rate": "5 minutes", "window": "5 minutes", "overlap": "queue"},
        {},
        [
            (
                f"{WHERE}.overlap: 'queue': needs a window ({WHERE}.window) that is shorter than "
                "the 5 minutes between two ticks"
            )
        ],
    ),
    "no service": (
        {"placement": "plain"},
        {"run_revision": "service"},
        [f"{FILE}.run_revision: 'service': needs a placement with a service; {PLACES}.plain has none"],
    ),
    "a pinned revision": (
        {"placement": "pinned", "runRevision": "service"},
        {},
        [
            (
                f"{WHERE}.runRevision: 'service': runs the task definition of the service; "
                f"remove 'web:12' of {PLACES}.pinned.taskDefinition"
            )
        ],
    ),
    "an unknown calendar": (
        {"notOn": ["freeze", "holydays"]},
        {},
        [f"{WHERE}.notOn[1]: 'holydays': no such calendar in scheduled-jobs:calendars; did you mean 'holidays'?"],
    ),
    "an unknown calendar of the job file": (
        {},
        {"not_on": ["x"]},
        [f"{FILE}.not_on[0]: 'x': no such calendar in scheduled-jobs:calendars; must be one of: freeze, holidays"],
    ),
}


@pytest.mark.parametrize(("entry", "job", "expected"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradictions(entry: dict[str, Any], job: dict[str, Any], expected: list[str]) -> None:
    """Each names both places, with what to write."""
    times = {} if entry.keys() & {"cron", "rate"} else {"cron": NIGHTLY}
    _, problems = planned({**times, **entry}, job, calendars=CALENDARS)
    assert problems == expected


def test_contradictions_of_a_schedule_with_a_key() -> None:
    """The place is that of the schedule, and a mistake of the job file is told once."""
    entry = {"daily": {"cron": NIGHTLY, "timeout": "2h"}, "weekly": "cron(0 2 ? * MON *)"}
    _, problems = planned(entry, {"total_timeout": "1h", "backoff": "1m"})
    assert problems == [
        (
            f"{WHERE}.daily.timeout: '2h': must be less than '1h' of {FILE}.total_timeout, "
            "which counts from the first launch"
        ),
        f"{FILE}.backoff: '1m': has no effect without retries; set {FILE}.retries",
    ]


@pytest.mark.parametrize(
    ("entry", "job", "expected"),
    [
        ({"totalTimeout": "1x"}, {"timeout": "2h", "total_timeout": "1h"}, f"{WHERE}.totalTimeout: '1x': "),
        ({"retries": -1, "backoff": "1m"}, {}, f"{WHERE}.retries: -1: "),
        ({"overlap": "no"}, {"lock": "db"}, f"{WHERE}.overlap: 'no': "),
        ({"timeout": 5, "overlap": "replace"}, {"retries": 2}, f"{WHERE}.timeout: 5: "),
        ({"startDeadline": "1s", "rate": "5 minutes", "overlap": "queue"}, {}, f"{WHERE}.startDeadline: '1s': "),
        ({"notOn": ["X"]}, {"not_on": ["x"]}, f"{WHERE}.notOn[0]: 'X': "),
    ],
    ids=str,
)
def test_a_mistake_hides_what_would_follow_from_it(entry: dict[str, Any], job: dict[str, Any], expected: str) -> None:
    """A field with a mistake is compared with nothing, not even by its value of another level."""
    _, problems = planned({**({} if "rate" in entry else {"cron": NIGHTLY}), **entry}, job, calendars=CALENDARS)
    [problem] = problems
    assert problem.startswith(expected)


def test_a_calendar_with_a_mistake_is_known() -> None:
    """Its own mistake is enough; those who name it are not told that it is unknown."""
    _, problems = planned({"cron": NIGHTLY, "notOn": ["holidays"]}, calendars={"holidays": ["25 December"]})
    [problem] = problems
    assert problem.startswith("scheduled-jobs:calendars.holidays[0]: '25 December': ")


def test_a_job_names_at_most_a_hundred_spans() -> None:
    """Its item stays small. Days that follow each other are one span."""
    weekly = [f"20{year}-{month:02}-{day:02}" for year in range(27, 36) for month in range(1, 13) for day in (1, 15)]
    long = {"a": weekly[:60], "b": weekly[60:100], "c": weekly[100:101]}
    assert planned({"cron": NIGHTLY, "notOn": ["a", "b"]}, calendars=long)[1] == []
    _, problems = planned({"cron": NIGHTLY, "notOn": ["a", "b", "c"]}, calendars=long)
    assert problems == [
        (
            f'{WHERE}.notOn: ["a", "b", "c"]: have 101 separate spans together in scheduled-jobs:calendars; '
            "must be at most 100"
        )
    ]


def test_tasks_of_supervised_jobs_have_room_for_one_tag_less() -> None:
    """They have a third tag of the program, and ECS takes 50."""
    tags = {f"k{number}": "v" for number in range(48)}
    assert planned({"cron": NIGHTLY}, tags=tags)[1] == []
    supervised = {"cron": NIGHTLY, "timeout": "1h"}
    assert planned(supervised, tags=dict(list(tags.items())[:47]))[1] == []
    assert planned(supervised, tags=tags)[1] == [
        (
            "scheduled-jobs:tags: has 48 tags; must be at most 47, since the program adds job, owner and "
            f"scheduled-jobs:group to the tasks of 'report', which is supervised ({WHERE}.timeout)"
        )
    ]


def test_a_message_shows_no_secret_of_another_field() -> None:
    """The value of the other field is hidden when it is a secret."""
    problems = Problems()
    problems.hide_values_under([f"{WHERE}.totalTimeout"])
    entry = {"cron": NIGHTLY, "timeout": "2h", "totalTimeout": "77m"}
    config = settings.parse({"placements": PLACEMENTS, "schedules": {"report": entry}}, problems)
    plan.build(config, [Job(name="report", command=["report"], owner="data")], problems)
    [problem] = [str(problem) for problem in problems]
    assert "must be less than [secret] of" in problem
    assert "77" not in problem
