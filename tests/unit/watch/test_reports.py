"""What those that do the work report of a run, and which reports are refused."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.supervisor.fake_lambda import alias
from tests.unit.watch.world import PLACE, START
from watch import instants, news, reports
from watch.names import claimed_run
from watch.records import Run, Tick

TICK = "2027-01-04T00:00:00Z"
QUEUE = f"arn:aws:sqs:{PLACE}:jobs-production-work-web"
TABLE = f"arn:aws:dynamodb:{PLACE}:table/jobs-production-claims"
RUN = f"{QUEUE}/{claimed_run('web', TICK, '', 2)}"
AT = "2027-01-04T00:05:00Z"
NOW = START + timedelta(minutes=10)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


def report(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return the report of the end of a worker's run."""
    told = {
        "run": RUN,
        "schedule": "web",
        "tick": TICK,
        "launch": 2,
        "rerun": "",
        "state": "ended",
        "at": AT,
        "outcome": "failed",
        "exit_code": 3,
        "reason": "ValueError: no rates today",
        "worker": "ip-10-0-1-7",
    }
    return {**told, **changed}


def test_the_end_of_a_run() -> None:
    """It names the launch, and says how the run ended, when, and where."""
    found = reports.read(report(started="2027-01-04T00:01:00Z"), NOW)
    assert (found.run, found.schedule, found.tick, found.launch, found.rerun) == (RUN, "web", TICK, 2, "")
    task = found.task(RUN, START, None)
    assert (task.id, task.status, task.over, task.version) == (claimed_run("web", TICK, "", 2), "STOPPED", True, 3)
    assert (task.created, task.started, task.stopped) == (START, START + timedelta(minutes=1), instants.read(AT))
    assert task.verdict is not None
    assert (task.verdict.outcome, task.verdict.exit_code) == ("failed", 3)
    assert (task.verdict.reason, task.worker) == ("ValueError: no rates today", "ip-10-0-1-7")


def test_the_start_of_a_run() -> None:
    """It is running since then."""
    task = reports.read(report(state="started"), NOW).task(RUN, START, None)
    assert (task.status, task.over, task.started, task.verdict) == (news.RUNNING, False, instants.read(AT), None)


def test_an_end_keeps_what_is_known_of_the_start() -> None:
    """The report of the start is another one, and may never have come."""
    known = Run(RUN, 2, "RUNNING", created=TICK, started="2027-01-04T00:02:00Z")
    assert reports.read(report(), NOW).task(RUN, START, known).started == START + timedelta(minutes=2)
    assert reports.read(report(), NOW).task(RUN, START, None).started is None
    assert reports.read(report(outcome="not-started"), NOW).task(RUN, START, known).started is None


def test_nothing_has_happened_in_the_future() -> None:
    """The clock of another machine may be wrong."""
    found = reports.read(report(at="2099-01-01T00:00:00Z", started="2099-01-01T00:00:00Z"), NOW)
    assert (found.at, found.started) == (NOW, NOW)


def test_nothing_has_happened_before_the_tick() -> None:
    """A run of thousands of years would be the measure of the next ones, and no log begins then."""
    found = reports.read(report(at="0001-01-01T00:00:00Z", started="0001-01-01T00:00:00Z"), NOW)
    assert (found.at, found.started) == (START - timedelta(minutes=5), START - timedelta(minutes=5))


@pytest.mark.parametrize(
    "changed",
    [
        {"run": f"{TABLE}/{claimed_run('web', TICK, '', 1)}", "launch": 1},
        {"run": f"{QUEUE}/{claimed_run('web', TICK, '0000aaaa', 2)}", "rerun": "0000aaaa"},
        {"run": f"{alias('web')}/0000beef"},
        {"rerun": None, "exit_code": None, "reason": None, "worker": None},
    ],
    ids=["in-process", "by hand", "request", "nothing else is known"],
)
def test_reports_that_are_read(changed: dict[str, Any]) -> None:
    """Workers, processes and receivers send the same form."""
    assert reports.is_report(report(**changed))
    assert reports.read(report(**changed), NOW).run == report(**changed)["run"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (
            "run",
            [
                "arn:aws:ecs:eu-central-1:123456789012:task/production/0af3",
                f"{QUEUE}/{claimed_run('web', TICK, '', 1)}",
                f"{RUN}\n",
                "web",
                "",
                None,
                7,
            ],
        ),
        ("schedule", ["a b", "", "-x", None, 7]),
        ("tick", ["now", "2027-01-04", "2027-13-04T00:00:00Z", None, 7]),
        ("launch", [0, -1, 1.5, "2", True, None, 10**9]),
        ("rerun", ["x; rm", "0000AAAA", 7]),
        ("state", ["", "good", None, ["ended"]]),
        ("at", ["soon", "", None, 7]),
        ("started", ["soon", 7]),
        ("outcome", ["running", "", None, ["good"], "missed"]),
        ("exit_code", ["3", 1.5, True, 2**32, -(2**31) - 1, 10**4000, float("inf"), float("nan")]),
    ],
)
def test_reports_that_are_refused(field: str, values: list[object]) -> None:
    """Anyone who may invoke the watch can send one."""
    for value in values:
        with pytest.raises(ValueError, match=r"."):
            reports.read(report(**{field: value}), NOW)


@pytest.mark.parametrize("tick", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"])
def test_ticks_before_any_schedule(tick: str) -> None:
    """They are refused, although their run has the right name."""
    with pytest.raises(ValueError, match="is before any schedule"):
        reports.read(report(tick=tick, run=f"{QUEUE}/{claimed_run('web', tick, '', 2)}"), NOW)


@given(st.sampled_from(sorted(report())), JSON)
def test_any_value_is_read_or_refused(field: str, value: object) -> None:
    """Nothing that JSON can say is read as something else, or breaks the reading."""
    with contextlib.suppress(ValueError):
        found = reports.read(report(**{field: value}), NOW)
        assert found.run == RUN or field == "run"
        assert found.worker.isprintable()


def test_words_from_outside_are_made_visible_and_short() -> None:
    """They never begin a line, and never reach a terminal as they are."""
    found = reports.read(report(reason="a\x1b[31m\nb" + "x" * 5000, worker="w\n" * 500), NOW)
    assert found.verdict is not None
    assert found.verdict.reason.startswith(r"a\x1b[31m\nb")
    assert (len(found.verdict.reason), len(found.worker)) == (1000, 200)
    assert found.worker.startswith(r"w\nw\n")


def test_a_record_without_a_worker_is_written_as_before() -> None:
    """Functions of earlier versions read it."""
    tick = Tick("web", "web", TICK, runs={"0af3": Run(RUN, 1, "QUEUED")})
    assert "worker" not in tick.to_plain()["runs"]["0af3"]
    tick.runs["0af3"].worker = "ip-10-0-1-7"
    assert Tick.from_plain(tick.to_plain(), 0) == tick
