from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import cadence
from ops import tick_words
from watch.records import Run, Tick

BERLIN = cadence.zone("Europe/Berlin")
TASK = "arn:aws:ecs:eu-central-1:123456789012:task/production/"


def run(name: str, **known: Any) -> Run:  # noqa: ANN401
    """Return a run of a task with this id."""
    return Run(TASK + name, 1, "STOPPED", **known)


FAILED = run(
    "ff",
    created="2026-11-26T00:59:50Z",
    started="2026-11-26T01:00:12Z",
    stopped="2026-11-26T01:04:40Z",
    exit_code=3,
    outcome="failed",
)
AGAIN = run("0a", created="2026-11-26T08:10:00Z", by_hand=True)
TICK = Tick("report", "report", "2026-11-26T01:00:00Z", "running", runs={"0a": AGAIN, "ff": FAILED})


def test_a_tick_is_shown_with_its_runs() -> None:
    """The outcome comes first, then each run in the schedule's zone, the earliest first."""
    assert tick_words.lines(TICK, BERLIN) == [
        "outcome: running",
        "run: Thu 2026-11-26 02:00:12 CET, 4 minutes 28 seconds, failed, exit code 3",
        "run: Thu 2026-11-26 09:10:00 CET, running, by hand",
    ]


@pytest.mark.parametrize(
    ("tick", "shown"),
    [
        (None, "outcome: not known"),
        (Tick("report", "report", "2026-11-26T01:00:00Z", "missed"), "outcome: missed"),
    ],
    ids=["unknown", "no run"],
)
def test_a_tick_without_runs_is_one_line(tick: Tick | None, shown: str) -> None:
    """Without a run there is only the outcome."""
    assert tick_words.lines(tick, BERLIN) == [shown]


def test_an_attempt_is_shown_with_its_number() -> None:
    """A job with retries may have several runs for one tick, of which only the last one decides."""
    tried = replace(FAILED, attempt=1, attempts=3)
    said = "Thu 2026-11-26 02:00:12 CET, 4 minutes 28 seconds, attempt 1 of 3, failed, exit code 3"
    assert tick_words.run_words(tried, BERLIN) == said
    plain = tick_words.plain(replace(TICK, runs={"ff": tried}))
    assert plain is not None
    assert [(one["attempt"], one["attempts"]) for one in plain["runs"]] == [(1, 3)]


def test_a_run_that_never_began_is_shown_without_a_time() -> None:
    """ECS may not tell when a task was created."""
    assert tick_words.run_words(run("1", outcome="not-started"), BERLIN) == "at an unknown time, not-started"


def test_machines_get_all_values() -> None:
    """Times are in UTC, unknown values are null, and the names are those of alerts."""
    assert tick_words.plain(TICK) == {
        "outcome": "running",
        "runs": [
            {
                "task": TASK + "ff",
                "createdAt": "2026-11-26T00:59:50Z",
                "startedAt": "2026-11-26T01:00:12Z",
                "stoppedAt": "2026-11-26T01:04:40Z",
                "outcome": "failed",
                "exitCode": 3,
                "byHand": False,
                "worker": None,
                "attempt": None,
                "attempts": None,
                "reason": "",
            },
            {
                "task": TASK + "0a",
                "createdAt": "2026-11-26T08:10:00Z",
                "startedAt": None,
                "stoppedAt": None,
                "outcome": "running",
                "exitCode": None,
                "byHand": True,
                "worker": None,
                "attempt": None,
                "attempts": None,
                "reason": "",
            },
        ],
    }
    assert tick_words.plain(None) is None
