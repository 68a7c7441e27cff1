"""The views show what happened, whatever characters the text has."""

from __future__ import annotations

import shlex
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from sandbox import views
from sandbox.event_view import EventsView
from tests.hostile import HOSTILE, is_seen
from tests.unit.sandbox.event_samples import EVENTS

if TYPE_CHECKING:
    from rich.console import RenderableType

ODD = ("[/red]", "[bold", "[red]x[/blue]", ":smile:", "\\[", "a\nb", "\x1b[31m", "", "é" * 300)
texts = st.sampled_from(ODD) | st.text(max_size=12)
maybe = st.none() | texts


def run(**changes: object) -> dict[str, Any]:
    """Return a run of the sandbox."""
    return {
        "job": "report",
        "schedule": "report",
        "tick": "2027-01-04T01:00:00Z",
        "status": "STOPPED",
        "exitCode": 0,
        "stopCode": "EssentialContainerExited",
        "logStream": "ecs/app/1",
        "task": "arn:aws:ecs:eu-central-1:123456789012:task/sandbox/1f",
        **changes,
    }


def shown(what: RenderableType) -> str:
    """Return the view as text for a pipe."""
    text = StringIO()
    Console(file=text, width=200, highlight=False).print(what)
    return text.getvalue()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"lines": ["one", "\ttwo\x1b"]}, "one\n        two\\x1b\n"),
        (
            {"lines": [], "exitCode": None, "stoppedReason": "CannotPullContainerError: app: not found"},
            "The run of 2027-01-04 01:00:00 UTC has no log: CannotPullContainerError: app: not found\n",
        ),
        (
            {"lines": [], "stoppedReason": None, "status": "PENDING"},
            "The run of 2027-01-04 01:00:00 UTC has no log: PENDING\n",
        ),
        ({"lines": [], "tick": None, "stoppedReason": "Wrong\x1b"}, "The run 1f has no log: Wrong\\x1b\n"),
    ],
)
def test_log(changes: dict[str, Any], expected: str) -> None:
    """A log is shown as it is. Without one, the reason of the end says why."""
    assert shown(views.log_view(run(**changes))) == expected


def test_no_runs() -> None:
    """Without runs there is no empty table."""
    assert shown(views.runs_table([])) == "No tasks ran.\n"


def test_runs() -> None:
    """Every failed run and each job's first two successful runs are listed, and the other runs are counted."""
    runs = [run(tick=f"2027-01-04T0{hour}:00:00Z") for hour in range(5)]
    found = shown(views.runs_table([*runs, run(tick="2027-01-04T09:00:00Z", exitCode=3), run(job="other", exitCode=1)]))
    assert [line.split() for line in found.splitlines() if "2027" in line] == [
        ["other", "2027-01-04", "01:00:00", "1", "ecs/app/1"],
        ["report", "2027-01-04", "00:00:00", "0", "ecs/app/1"],
        ["report", "2027-01-04", "01:00:00", "0", "ecs/app/1"],
        ["report", "2027-01-04", "09:00:00", "3", "ecs/app/1"],
    ]
    assert "Further successful runs: 3 of report" in found


FAILURES = {
    "one": ([run(exitCode=3)], "1 run failed: report (exit 3); see: py logs report"),
    "two": (
        [run(exitCode=3), run(), run(job="other", exitCode=127), run(exitCode=4)],
        "3 runs failed: report (exit 3), other (exit 127), report (exit 4); see: py logs report",
    ),
    "again": ([run(exitCode=3), run(exitCode=3)], "2 runs failed: report (exit 3, 2 times); see: py logs report"),
    "not started": (
        [run(exitCode=None, stopCode="TaskFailedToStart")],
        "1 run failed: report (TaskFailedToStart); see: py logs report",
    ),
    "good since": ([run(exitCode=3), run()], "1 run failed: report (exit 3); see: py logs 1f"),
}


@pytest.mark.parametrize(("runs", "expected"), FAILURES.values(), ids=FAILURES)
def test_failures(runs: list[dict[str, Any]], expected: str) -> None:
    """The last line counts the failed runs, and names the command that prints the log of one."""
    assert shown(views.runs_table(runs, "py")).splitlines()[-1] == expected


def test_no_failures() -> None:
    """Successful and running runs are not counted as failed."""
    assert "failed" not in shown(views.runs_table([run(), run(exitCode=None, stopCode=None, status="RUNNING")]))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exitCode": None, "stopCode": "TaskFailedToStart"}, "TaskFailedToStart"),
        ({"exitCode": None, "stopCode": None, "status": "RUNNING"}, "RUNNING"),
        ({"logStream": None}, "not logged"),
    ],
    ids=["not-started", "running", "no-log"],
)
def test_run_without(changes: dict[str, Any], expected: str) -> None:
    """A run without an exit code or a log shows its stop code, its status or that it has no log."""
    assert expected in shown(views.runs_table([run(**changes)]))


@given(
    st.lists(
        st.builds(
            run,
            job=texts,
            tick=maybe,
            status=texts,
            stopCode=maybe,
            logStream=maybe,
            exitCode=st.none() | st.integers(0, 255),
        ),
        max_size=6,
    )
)
def test_any_run(runs: list[dict[str, Any]]) -> None:
    """No text of a run is read as markup."""
    shown(views.runs_table(runs))


def test_mail() -> None:
    """A message shows its time, address, attributes, subject and body, and why it was not delivered."""
    mail = {"at": "2027-01-04T01:00:00+00:00", "to": "a@b", "subject": "[/bold]", "body": "x [1] :smile:"}
    plain: dict[str, Any] = {**mail, "attributes": {}, "undelivered": None}
    attributes = {"class": "failed", "jobs": '["[a]", "b"]'}
    found = shown(views.mail_view([plain, {**plain, "attributes": attributes, "undelivered": "[nobody]"}]))
    first = ["2027-01-04T01:00:00+00:00  to a@b", "[/bold]", "x [1] :smile:", ""]
    more = ["not delivered: [nobody]", 'class: failed, jobs: ["[a]", "b"]']
    assert found.splitlines() == [*first, first[0], *more, *first[1:]]
    assert shown(views.mail_view([])) == "No mail.\n"


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "at": texts,
                "to": texts,
                "subject": texts,
                "body": texts,
                "attributes": st.dictionaries(texts, texts, max_size=2),
                "undelivered": maybe,
            }
        ),
        max_size=3,
    )
)
def test_any_mail(mails: list[dict[str, Any]]) -> None:
    """No text of a message is read as markup."""
    shown(views.mail_view(mails))


FAULT = {
    "kind": "start",
    "job": "report",
    "left": 2,
    "reason": None,
    "refusal": "error",
    "fails": "crash",
    "code": None,
}
FAULT |= {"stop_code": None, "seconds": 21600.0, "status": None, "no_code": False, "warning": 0.0}
FAULT |= {
    "name": None,
    "until": None,
    "container": None,
    "operation": None,
    "error": "ThrottlingException",
    "lines": 10,
}
FAULTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "start": ({}, ["start", "report", "2"]),
    "given reason": ({"reason": "[No] image"}, ["start", "report", "2", "[No]", "image"]),
    "launch": ({"kind": "launch", "refusal": "throttle"}, ["launch", "report", "2", "throttle"]),
    "exit": ({"kind": "exit", "code": 0}, ["exit", "report", "2", "exit", "0"]),
    "exit by default": ({"kind": "exit"}, ["exit", "report", "2", "exit", "1"]),
    "stopped": (
        {"kind": "exit", "stop_code": "SpotInterruption"},
        ["exit", "report", "2", "SpotInterruption", "exit", "143"],
    ),
    "warned": (
        {"kind": "exit", "stop_code": "SpotInterruption", "code": 0, "warning": 90.0},
        ["exit", "report", "2", "SpotInterruption", "for", "90s", "exit", "0"],
    ),
    "lost host": (
        {"kind": "exit", "stop_code": "none", "no_code": True},
        ["exit", "report", "2", "no", "stop", "code", "no", "exit", "code"],
    ),
    "sidecar": ({"kind": "sidecar"}, ["sidecar", "report", "2", "exit", "137"]),
    "named sidecar": (
        {"kind": "sidecar", "container": "envoy", "code": 1, "reason": "No"},
        ["sidecar", "report", "2", "envoy", "exit", "1", "No"],
    ),
    "slow": ({"kind": "slow", "seconds": 60.0}, ["slow", "report", "2", "for", "0:01:00"]),
    "hang": ({"kind": "hang", "seconds": 5400.0}, ["hang", "report", "2", "for", "1:30:00"]),
    "hang for ever": ({"kind": "hang", "seconds": None}, ["hang", "report", "2", "for", "ever"]),
    "pending": ({"kind": "pending"}, ["pending", "report", "2", "PENDING", "for", "6:00:00"]),
    "pending elsewhere": (
        {"kind": "pending", "status": "PROVISIONING"},
        ["pending", "report", "2", "PROVISIONING", "for", "6:00:00"],
    ),
    "stale": ({"kind": "stale", "seconds": 120.0}, ["stale", "report", "2", "for", "0:02:00"]),
    "log": ({"kind": "lose-log"}, ["lose-log", "report", "2", "10", "lines"]),
    "last line": ({"kind": "lose-log", "lines": 1}, ["lose-log", "report", "2", "1", "line"]),
    "late": ({"kind": "delay-events", "seconds": 600.0}, ["delay-events", "report", "2", "for", "0:10:00"]),
    "late end": (
        {"kind": "delay-events", "seconds": 600.0, "status": "STOPPED"},
        ["delay-events", "report", "2", "STOPPED", "for", "0:10:00"],
    ),
    "lost": ({"kind": "lose-events"}, ["lose-events", "report", "2"]),
    "lost end": ({"kind": "lose-events", "status": "STOPPED"}, ["lose-events", "report", "2", "STOPPED"]),
    "call": (
        {"kind": "call", "job": None, "operation": "ecs:RunTask", "reason": "No."},
        ["call", "2", "ecs:RunTask", "ThrottlingException", "No."],
    ),
    "watch": ({"kind": "watch", "job": None}, ["watch", "2"]),
    "function": (
        {"kind": "function", "job": None, "name": "f", "reason": "No."},
        ["function", "2", "f", "crash", "No."],
    ),
    "slow function": (
        {"kind": "function", "job": None, "name": "f", "fails": "timeout"},
        ["function", "2", "f", "timeout"],
    ),
    "twice invoked": ({"kind": "duplicate-invocations", "job": None, "name": "f"}, ["duplicate-invocations", "2", "f"]),
    "outage": (
        {"kind": "queue", "job": None, "name": "q", "left": None, "until": "2027-01-04T02:00:00+00:00"},
        ["queue", "until", "2027-01-04", "02:00:00", "q"],
    ),
    "twice": ({"kind": "duplicate-messages", "job": None, "name": "q"}, ["duplicate-messages", "2", "q"]),
    "late messages": (
        {"kind": "delay-messages", "job": None, "name": "q", "seconds": 60.0},
        ["delay-messages", "2", "q", "for", "0:01:00"],
    ),
    "lost messages": ({"kind": "lose-messages", "job": None, "name": "q"}, ["lose-messages", "2", "q"]),
}


@pytest.mark.parametrize(("changes", "words"), FAULTS.values(), ids=FAULTS)
def test_faults(changes: dict[str, Any], words: list[str]) -> None:
    """A staged failure shows its kind, its job, how many times are left, and how it fails."""
    assert shown(views.faults_view([{**FAULT, **changes}])).strip().splitlines()[-1].split() == words


def test_no_faults() -> None:
    """The view says when nothing is staged."""
    assert shown(views.faults_view([])) == "Nothing is staged.\n"


def test_hints() -> None:
    """Hints are a column of commands, each with its purpose."""
    assert views.hints("Next:", {"a": "one", "bcd": "two"}) == "Next:\n  a      one\n  bcd    two"


def test_piped(capsys: pytest.CaptureFixture[str]) -> None:
    """Output to a pipe is not wrapped, and a name in colons is not replaced by a picture."""
    views.console().print("x" * 500 + " :smile:", markup=False)
    assert capsys.readouterr().out == "x" * 500 + " :smile:\n"


def test_text_from_outside() -> None:
    """No text of a job, a message or an event makes a line or an escape, and a hint is one command."""
    runs = [run(exitCode=1, **dict.fromkeys(("job", "tick", "logStream", "stopCode"), HOSTILE)) for _ in range(2)]
    missing = run(exitCode=None, stopCode=HOSTILE)
    hostile = dict.fromkeys(("at", "job", "schedule", "tick", "error", "dead_letter", "rule", "target"), HOSTILE)
    hostile |= dict.fromkeys(("detail_type", "status", "function", "source", "then", "alarm", "old", "reason"), HOSTILE)
    events = [{**event, **hostile, "kind": event["kind"]} for event in EVENTS]
    mail = {"at": HOSTILE, "to": HOSTILE, "subject": HOSTILE, "body": "first\nsecond\x1b[0m", "undelivered": HOSTILE}
    lost = launch(schedule=f"group/{HOSTILE}", dead_letter=HOSTILE)
    for view in (
        views.runs_table([*runs, missing], "py"),
        EventsView(events),
        EventsView([], HOSTILE),
        views.mail_view([{**mail, "attributes": {HOSTILE: HOSTILE}}]),
        views.faults_view([{**FAULT, "reason": HOSTILE}]),
        views.without_runs([lost], 0, "py"),
    ):
        text = StringIO()
        Console(file=text, width=20_000, highlight=False).print(view)
        assert is_seen(text.getvalue(), "\n")
        assert any(shown in text.getvalue() for shown in ("rm -rf /", "second", "evil.example"))
        assert not [line for line in text.getvalue().splitlines() if line.lstrip().startswith(("rm ", "Run it"))]
    hint = shown(views.runs_table(runs, "py")).replace("\n", "").partition("see: ")[2]
    assert shlex.split(hint)[:2] == ["py", "logs"]
    assert len(shlex.split(hint)) == 3


def launch(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a launch
    """Return a launch that started a task."""
    return {
        "schedule": "group/report",
        "failures": [],
        "sent_to": None,
        "dead_letter": None,
        "error": None,
        "tasks": ["arn"],
        **changes,
        "kind": "launch",
    }


def test_ticks_without_a_run() -> None:
    """Ticks without a run are counted by schedule and kind, and sent messages are counted too."""
    launches = [
        launch(),
        launch(failures=["Capacity is unavailable"]),
        launch(failures=["Capacity is unavailable"]),
        launch(schedule="group/a.b", dead_letter="queue"),
        launch(error="ThrottlingException"),
    ]
    options = "--outcome no-task --outcome not-launched"
    assert shown(views.without_runs(launches, 2, "py")).splitlines() == [
        "3 ticks have no run: report (no task, 2 times), a.b (not launched); see: py events " + options,
        "2 messages were sent; see: py mail",
    ]
    given_up = views.without_runs([launch(error="Denied", dead_letter="queue")], 0, "py")
    assert shown(given_up) == "1 tick has no run: report (not launched); see: py events --outcome not-launched\n"
    assert shown(views.without_runs([launch()], 0)) == ""
