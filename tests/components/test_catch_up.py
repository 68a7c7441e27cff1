"""Tests of `python -m ops resume --catch-up last`: the latest held tick of each schedule is run, once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.gateway.gateway import AwsError
from holds.storage import Storage
from tests.components.operators import Operator
from tests.components.test_list import BEFORE, GROUP, NOW, TICK, WHERE, deploy, table
from tests.components.test_pause import program
from tests.unit.holds.test_hold import hold
from watch.ledger import Ledger
from watch.records import JobRecord, Run, Tick

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.gateway.gateway import Call
    from tests.components.embedded import EmbeddedCloud

CATCH_UP = (*WHERE, "--catch-up", "last")


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Deploy three jobs, hold them since yesterday evening, and return an operator who types `resume`."""
    deploy(cloud, program)
    Storage(cloud.client("ssm"), GROUP).put(hold(begin=NOW - timedelta(hours=12), until=NOW + timedelta(hours=1)))
    return Operator(cloud, monkeypatch, capsys, "resume", NOW)


def launched(operator: Operator) -> dict[str, str]:
    """Return the ticks that the command launched, by schedule."""
    found = {}
    for call in operator.calls():
        if call.operation == "RunTask":
            [override] = call.params["overrides"]["containerOverrides"]
            values = {one["name"]: one["value"] for one in override["environment"]}
            assert values["JOB_TRIGGER"] == "manual"
            found[values["JOB_SCHEDULE"]] = values["JOB_SCHEDULED_TIME"]
    return found


def test_runs_the_latest_held_tick(operator: Operator) -> None:
    """Each schedule that config wants enabled has one run, of its latest tick in the hold."""
    code, out, err = operator.runs(*CATCH_UP)
    assert (code, err) == (0, "")
    assert launched(operator) == dict.fromkeys(("export", "report.daily", "sync"), TICK)
    assert [line.partition(": started task ")[0] for line in out.splitlines()[2:]] == [
        f"{name}, tick {TICK}" for name in ("export", "report.daily", "sync")
    ]


def test_runs_nothing_unless_it_is_asked_for(operator: Operator) -> None:
    """Without the option, or with `none`, no tick is run."""
    assert operator.runs(*WHERE, "--catch-up", "none")[0] == 0
    assert launched(operator) == {}
    assert operator.runs(*WHERE, "--catch-up", "all")[0] == 2


def test_again_starts_nothing_twice(operator: Operator) -> None:
    """The same command again gets the same tasks from ECS."""
    made = [json.loads(operator.runs(*CATCH_UP, "ab12", "--json")[1])["caughtUp"] for _ in range(2)]
    assert made[0] == made[1]
    assert [one["schedule"] for one in made[0]] == ["export", "report.daily", "sync"]


def recorded(cloud: EmbeddedCloud, job: str, outcome: str, *runs: str) -> None:
    """Record the latest tick of a job with this outcome."""
    found = Tick(job, job, TICK, outcome)
    task = "arn:aws:ecs:eu-central-1:123456789012:task/staging/0a"
    definition = "arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1"
    for run in runs:
        found.runs["0a"] = Run(task, 1, "STOPPED", definition, created=TICK, outcome=run)
    Ledger(cloud.client("dynamodb"), table(cloud), 90).save(JobRecord(job), [found], NOW)


def test_leaves_what_has_run(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A tick that has a run, good or not, is not run again; one that is recorded as held is."""
    recorded(cloud, "export", "failed", "failed")
    recorded(cloud, "sync", "held")
    assert operator.runs(*CATCH_UP)[0] == 0
    assert launched(operator) == {"report.daily": TICK, "sync": TICK}


def test_leaves_what_was_not_held(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A tick before the hold, and a schedule that another hold is still on, are left."""
    kept = Storage(cloud.client("ssm"), GROUP)
    kept.put(hold(begin=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1), jobs=("export",)))
    kept.put(hold(id="other", begin=NOW - timedelta(hours=12), until=NOW + timedelta(hours=1), jobs=("sync",)))
    assert BEFORE < TICK
    assert operator.runs(*CATCH_UP, "ab12")[0] == 0
    assert launched(operator) == {}


def refuse(call: Call) -> None:
    """Let RunTask be denied for one job."""
    if call.params["group"].endswith(":sync"):
        raise AwsError("AccessDeniedException", "not this one")


def test_names_what_was_not_started(cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ECS refuses is named, the others are started, and the exit code tells it."""
    checks: dict[Any, list[Callable[[Call], None]]] = cloud.embedded.gateway._checks
    key = ("ecs", "RunTask")
    monkeypatch.setitem(checks, key, [*checks.get(key, []), refuse])
    code, _, err = operator.runs(*CATCH_UP)
    assert code == 3
    assert err.startswith(f"error: sync, tick {TICK}: you may not RunTask: ")
    assert len(launched(operator)) == 3
