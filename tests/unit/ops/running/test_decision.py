"""What the command does with a tick: which states are doubted, and what follows from a doubt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.running import decision
from watch import classes
from watch.records import Run, Tick

TICK = datetime(2026, 11, 26, 1, tzinfo=UTC)
LATER = TICK + timedelta(days=1)
NAMED = "2026-11-26T01:00:00Z of report"
NIGHTLY: dict[str, Any] = {
    "Name": "report",
    "ScheduleExpression": "cron(0 2 * * ? *)",
    "ScheduleExpressionTimezone": "Europe/Berlin",
    "FlexibleTimeWindow": {"Mode": "OFF"},
}
COUNTING = {**NIGHTLY, "ScheduleExpression": "rate(7 minutes)"}
"""A schedule whose ticks nobody can tell: AWS does not say from when it counts."""
AT_THREE = {**NIGHTLY, "ScheduleExpression": "cron(0 3 * * ? *)"}
"""A schedule that does not have the tick."""
WINDOW = {**NIGHTLY, "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 10}}


def recorded(outcome: str, *runs: str) -> Tick:
    """Return a tick with this outcome, and runs with those outcomes, each an hour after the one before."""
    made = {
        str(hour): Run(f"task/{hour}", 1, "STOPPED", created=f"2026-11-26T0{hour}:00:00Z", outcome=one)
        for hour, one in enumerate(runs, start=1)
    }
    return Tick("report", "report", "2026-11-26T01:00:00Z", outcome, runs=made)


STATES: dict[str, tuple[dict[str, Any], Tick | None, datetime, list[str]]] = {
    "failed": (NIGHTLY, recorded("failed", "failed"), LATER, []),
    "not-started": (NIGHTLY, recorded("not-started", "not-started"), LATER, []),
    "interrupted": (NIGHTLY, recorded("interrupted", "interrupted"), LATER, []),
    "stopped": (NIGHTLY, recorded("stopped", "stopped"), LATER, []),
    "not-launched": (NIGHTLY, recorded("not-launched"), LATER, []),
    "missed": (NIGHTLY, recorded("missed"), LATER, []),
    "too-late": (NIGHTLY, recorded("too-late"), LATER, []),
    "timed-out": (NIGHTLY, recorded("timed-out", "timed-out"), LATER, []),
    "skipped": (NIGHTLY, recorded("skipped"), LATER, []),
    "waiting": (
        NIGHTLY,
        recorded("waiting", "failed"),
        LATER,
        [f"{NAMED} is still on its way: the supervisor will launch it"],
    ),
    "nothing known": (NIGHTLY, None, LATER, []),
    "nothing known, and no tick can be told": (COUNTING, None, LATER, []),
    "failed, and the schedule has changed": (AT_THREE, recorded("failed", "failed"), LATER, []),
    "not-launched in the window": (WINDOW, recorded("not-launched"), TICK + timedelta(minutes=2), []),
    "good": (
        NIGHTLY,
        recorded("good", "good"),
        LATER,
        [f"{NAMED} has had a good run: Thu 2026-11-26 02:00:00 CET, good"],
    ),
    "good at the second attempt": (
        NIGHTLY,
        recorded("good", "failed", "good", "stopped"),
        LATER,
        [f"{NAMED} has had a good run: Thu 2026-11-26 03:00:00 CET, good"],
    ),
    "held": (NIGHTLY, recorded("held"), LATER, []),
    "running": (
        NIGHTLY,
        recorded("running", "running"),
        LATER,
        [f"{NAMED} has a run that has not ended: Thu 2026-11-26 02:00:00 CET, running"],
    ),
    "running beside one that failed since": (
        NIGHTLY,
        recorded("failed", "running", "failed"),
        LATER,
        [f"{NAMED} has a run that has not ended: Thu 2026-11-26 02:00:00 CET, running"],
    ),
    "running after a good one": (
        NIGHTLY,
        recorded("running", "good", "running"),
        LATER,
        [f"{NAMED} has a run that has not ended: Thu 2026-11-26 03:00:00 CET, running"],
    ),
    "no tick": (
        AT_THREE,
        None,
        LATER,
        [
            (
                "2026-11-26T01:00:00Z is not a tick of report, which now runs at 03:00 every day, Europe/Berlin; "
                "nearest: 2026-11-25T02:00:00Z, 2026-11-26T02:00:00Z"
            )
        ],
    ),
    "to come": (
        NIGHTLY,
        None,
        TICK - timedelta(seconds=1),
        [(f"{NAMED} is still to come (it is now Thu 2026-11-26 01:59:59 CET); Scheduler will launch it then as well")],
    ),
    "to come, and no tick can be told": (
        COUNTING,
        None,
        TICK - timedelta(days=1),
        [(f"{NAMED} is still to come (it is now Wed 2026-11-25 02:00:00 CET); Scheduler will launch it then as well")],
    ),
    "to come, and failed by hand": (
        NIGHTLY,
        recorded("failed", "failed"),
        TICK - timedelta(hours=1),
        [(f"{NAMED} is still to come (it is now Thu 2026-11-26 01:00:00 CET); Scheduler will launch it then as well")],
    ),
    "to come, and good by hand": (
        NIGHTLY,
        recorded("good", "good"),
        TICK - timedelta(hours=1),
        [
            f"{NAMED} has had a good run: Thu 2026-11-26 02:00:00 CET, good",
            (
                f"{NAMED} is still to come (it is now Thu 2026-11-26 01:00:00 CET); "
                "Scheduler will launch it then as well"
            ),
        ],
    ),
    "due just now": (
        NIGHTLY,
        None,
        TICK + timedelta(seconds=59),
        [f"Scheduler may still launch {NAMED}, until Thu 2026-11-26 02:01:00 CET"],
    ),
    "due a minute ago": (NIGHTLY, None, TICK + timedelta(minutes=1), []),
    "in its window": (
        WINDOW,
        None,
        TICK + timedelta(minutes=10),
        [f"Scheduler may still launch {NAMED}, until Thu 2026-11-26 02:11:00 CET"],
    ),
    "after its window": (WINDOW, None, TICK + timedelta(minutes=11), []),
}


@pytest.mark.parametrize(("schedule", "known", "now", "doubts"), STATES.values(), ids=STATES)
def test_a_tick_that_needs_no_run_is_doubted(
    schedule: dict[str, Any], known: Tick | None, now: datetime, doubts: list[str]
) -> None:
    """The reasons name the tick and tell what speaks against a run; a tick that needs one has none."""
    assert decision.doubts(schedule, TICK, known, now) == doubts


def test_every_outcome_of_a_tick_is_in_the_table() -> None:
    """A new outcome of the ledger needs a decision here."""
    only_alerts = {classes.OVERRUN, classes.NOT_DONE, classes.WILL_NOT_LAUNCH, classes.DRIFTED, classes.RECOVERED}
    assert classes.BY_NAME.keys() - only_alerts <= STATES.keys()


RUNS, ASKS, REFUSES = decision.Course.RUN, decision.Course.ASK, decision.Course.REFUSE
NONE, YES, ANYWAY, BOTH = (
    {"yes": False, "anyway": False},
    {"yes": True, "anyway": False},
    {"yes": False, "anyway": True},
    {"yes": True, "anyway": True},
)


@pytest.mark.parametrize(
    ("doubted", "flags", "on_a_terminal", "in_a_pipe"),
    [
        (False, NONE, ASKS, RUNS),
        (False, YES, RUNS, RUNS),
        (False, ANYWAY, RUNS, RUNS),
        (False, BOTH, RUNS, RUNS),
        (True, NONE, ASKS, REFUSES),
        (True, YES, REFUSES, REFUSES),
        (True, ANYWAY, RUNS, RUNS),
        (True, BOTH, RUNS, RUNS),
    ],
)
def test_a_doubt_is_asked_about_or_refused(
    flags: dict[str, bool], on_a_terminal: decision.Course, in_a_pipe: decision.Course, *, doubted: bool
) -> None:
    """Only a person on a terminal is asked; without one, a tick that needs no run takes `--anyway`."""
    doubts = ["a reason"] if doubted else []
    assert decision.course(doubts, terminal=True, **flags) is on_a_terminal
    assert decision.course(doubts, terminal=False, **flags) is in_a_pipe
