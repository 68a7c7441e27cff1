"""Tests of `python -m ops rerun --failed`, and of the rerun of supervised jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from emulator.gateway.gateway import AwsError
from emulator.iam.policy_evaluation import evaluate
from ops.running import rerun_failed
from supervision.flights import Flight
from tests import permissions
from tests.components.embedded import ACCOUNT, PROJECT, REGION, STACK, EmbeddedCloud
from tests.components.operators import Operator
from tests.components.stacks import PLACE
from tests.components.test_list import DEPLOYED_AT, GROUP, NOW, WHERE, deploy, program
from tests.components.test_rerun import questions
from tests.components.watching import FUNCTION, LIMITS, supervised_program
from watch import classes, launches
from watch.records import JobRecord, Run, Tick

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call
    from watch.ledger import Ledger

JOBS = ("cleanup", "nightly-report")
FIRST, SECOND, THIRD = (f"2027-02-0{day}T01:00:00Z" for day in (1, 2, 3))


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `rerun`."""
    return Operator(cloud, monkeypatch, capsys, "rerun", NOW)


def run(name: str, outcome: str, *, by_hand: bool = False) -> Run:
    """Return a run with this id."""
    return Run(f"arn:aws:ecs:{PLACE}:task/staging/{name}", 3, "STOPPED", outcome=outcome, by_hand=by_hand)


def remember(ledger: Ledger, job: str, *ticks: tuple[str, str, list[Run]]) -> None:
    """Write ticks of a job, each with its outcome and runs."""
    made = [
        Tick(job, job, at, outcome, runs={one.task.rpartition("/")[2]: one for one in runs})
        for at, outcome, runs in ticks
    ]
    assert ledger.save(JobRecord(job), made, NOW)


@pytest.fixture
def ledger(cloud: EmbeddedCloud) -> Ledger:
    """Return the ledger after an incident of two jobs."""
    made = deploy(cloud, program(jobs=JOBS))
    remember(made, "nightly-report", (SECOND, "missed", []), (THIRD, "failed", [run("0a", "failed")]))
    remember(
        made,
        "cleanup",
        (FIRST, "failed", [run("1a", "failed")]),
        (SECOND, "failed", [run("1b", "failed"), run("1c", "good", by_hand=True)]),
        (THIRD, "interrupted", [run("1d", "interrupted")]),
    )
    return made


def started(cloud: EmbeddedCloud) -> list[tuple[str, str]]:
    """Return schedule and tick of each task, in the order of their launch."""
    found = []
    for task in cloud.embedded.tasks.all():
        [own] = task.params["overrides"]["containerOverrides"]
        values = {pair["name"]: pair["value"] for pair in own["environment"]}
        assert values["JOB_TRIGGER"] == "manual"
        found.append((values["JOB_SCHEDULE"], values["JOB_SCHEDULED_TIME"]))
    return found


INCIDENT = [("nightly-report", SECOND), ("cleanup", THIRD), ("nightly-report", THIRD)]
"""What is to be run of the last two days: the other tick has a good run by hand."""


def test_runs_each_tick_once_and_in_order(cloud: EmbeddedCloud, ledger: Ledger, operator: Operator) -> None:
    """A second command finds the first one's tasks, until the ledger has other runs."""
    code, out, err = operator.runs("--failed", "--since", "2d", *WHERE)
    assert (code, err, started(cloud)) == (0, "", INCIDENT)
    tasks = [task.id for task in cloud.embedded.tasks.all()]
    lines = [f"{name}, tick {tick}: started task {task}" for (name, tick), task in zip(INCIDENT, tasks, strict=True)]
    assert out.splitlines() == lines
    assert operator.runs("--failed", "--since", "2d", *WHERE)[1] == out
    assert len(cloud.embedded.tasks.all()) == 3
    version = ledger.load("cleanup", [("cleanup", THIRD)])
    tick = version[1]["cleanup", THIRD]
    tick.runs["1e"] = run("1e", "failed", by_hand=True)
    assert ledger.save(version[0], [tick], NOW)
    operator.runs("--failed", "--since", "2d", *WHERE)
    assert started(cloud) == [*INCIDENT, ("cleanup", THIRD)]


def test_a_job_or_schedule_limits_it(cloud: EmbeddedCloud, ledger: Ledger, operator: Operator) -> None:
    """By default it looks back for a day; the output with --json has all that was done."""
    code, out, err = operator.runs("--failed", "--job", "cleanup", *WHERE, "--json")
    [task] = cloud.embedded.tasks.all()
    assert (code, err) == (0, "")
    found = json.loads(out)
    [begun] = found["ticks"][0].pop("tasks")
    assert begun["task"] == task.arn
    assert found == {
        "group": GROUP,
        "region": REGION,
        "since": "2027-02-02T09:00:00Z",
        "ticks": [
            {"schedule": "cleanup", "tick": THIRD, "outcome": "interrupted", "request": None, "error": None},
        ],
    }


@pytest.mark.parametrize("outcome", sorted({*classes.BY_NAME} - {"will-not-launch", "drifted", "recovered"}))
def test_what_somebody_chose_or_what_goes_on_is_left(cloud: EmbeddedCloud, operator: Operator, outcome: str) -> None:
    """Only a tick that did not do its work, against everybody's will, is run."""
    made = deploy(cloud, program())
    runs = [run("0a", "running")] if outcome in {"overrun", "running", "not-done"} else []
    remember(made, "nightly-report", (THIRD, outcome, runs))
    assert operator.runs("--failed", *WHERE)[0] == 0
    chosen = {"failed", "interrupted", "missed", "not-launched", "not-started", "timed-out", "too-late"}
    assert (len(started(cloud)) == 1) == (outcome in chosen)
    assert chosen == {*rerun_failed.NOT_GOOD}


@pytest.mark.parametrize(("alert", "count"), [(None, 0), ("missed", 1)], ids=["run by hand", "missed"])
def test_what_was_run_by_hand_is_no_tick_of_an_incident(
    cloud: EmbeddedCloud, operator: Operator, alert: str | None, count: int
) -> None:
    """Whoever ran the job at a time of their own knows how it ended. A missed tick that was run again is one."""
    made = deploy(cloud, program())
    runs = {"0a": run("0a", "failed", by_hand=True)}
    tick = Tick("nightly-report", "nightly-report", THIRD, "failed", alert, runs=runs)
    assert made.save(JobRecord("nightly-report"), [tick], NOW)
    assert operator.runs("--failed", *WHERE)[0] == 0
    assert len(started(cloud)) == count


def test_nothing_to_run_is_no_error(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The line says from when on was looked."""
    deploy(cloud, program())
    expected = "No tick since 2027-02-03T08:00:00Z needs to be run again.\n"
    assert operator.runs("--failed", "--since", "1h", *WHERE) == (0, expected, "")


@pytest.mark.parametrize(("typed", "count"), [("y\n", 3), ("n\n", 0)], ids=["yes", "no"])
def test_asks_on_a_terminal(cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, typed: str, count: int) -> None:
    """The question shows the ticks."""
    operator.types(typed)
    code, _, err = operator.runs("--failed", "--since", "2d", *WHERE)
    assert (code, len(started(cloud))) == (0 if count else 1, count)
    assert err.splitlines()[:4] == [
        "TICK                  SCHEDULE        OUTCOME",
        "2027-02-02T01:00:00Z  nightly-report  missed",
        "2027-02-03T01:00:00Z  cleanup         interrupted",
        "2027-02-03T01:00:00Z  nightly-report  failed",
    ]
    assert "Run 3 ticks again? [y/N] " in err


def test_a_tick_that_cannot_be_run_does_not_stop_the_others(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, and the exit code says that something is left."""

    def refuse(call: Call) -> None:
        if call.params["group"].endswith("cleanup"):
            raise AwsError("ThrottlingException", "Rate exceeded")

    monkeypatch.setitem(cloud.embedded.gateway._checks, ("ecs", "RunTask"), [refuse])
    code, out, err = operator.runs("--failed", "--since", "2d", *WHERE)
    assert (code, len(out.splitlines()), started(cloud)) == (1, 2, [INCIDENT[0], INCIDENT[2]])
    assert err.startswith(f"error: cleanup, tick {THIRD} was not started: RunTask: Rate exceeded")


def test_a_misspelt_job_is_one_line(ledger: Ledger, operator: Operator) -> None:
    """Nothing is run."""
    said = f"--job 'clean': no schedule of group {GROUP} ({REGION}) belongs to it; did you mean 'cleanup'?"
    assert operator.fails("--failed", "--job", "clean", *WHERE) == said


def test_who_is_on_call_may_run_what_failed(ledger: Ledger, operator: Operator) -> None:
    """The policies in docs/permissions.md allow every call of the command."""
    assert operator.runs("--failed", *WHERE)[0] == 0
    asked = [request for call in operator.calls() for request in questions(call)]
    assert [str(evaluate(each, held()).reason) for each in asked if not evaluate(each, held()).allowed] == []


def held() -> list[permissions.Policy]:
    """Return the policies of who is on call."""
    names = {"project": PROJECT, "stack": STACK, "group": GROUP, "account": ACCOUNT, "region": REGION}
    places = {"watch": FUNCTION, "cluster": "staging", "family": "web"}
    roles = {"task_role": "task", "execution_role": "execution"}
    return [permissions.policy(title, **names, **places, **roles) for title in permissions.ROLES["on call"]]


def received(cloud: EmbeddedCloud) -> list[launches.Message]:
    """Return the messages of the launch queue."""
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{GROUP}-launches")["QueueUrl"]
    found: list[dict[str, Any]] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [launches.read(message["Body"]) for message in found]


@pytest.mark.parametrize("insists", [False, True], ids=["asks", "insists"])
def test_a_supervised_job_is_run_by_its_supervisor(cloud: EmbeddedCloud, operator: Operator, *, insists: bool) -> None:
    """The request names schedule and tick, and ECS is not called."""
    with time_machine.travel(DEPLOYED_AT, tick=False):
        cloud.run(supervised_program())
    options = ("--insist",) if insists else ()
    code, out, err = operator.runs("nightly-report", "--tick", THIRD, *options, *WHERE, "--json")
    assert (code, err, cloud.embedded.tasks.all()) == (0, "", [])
    found = json.loads(out)
    asked = operator.asked()
    assert "sqs:SendMessage" in {each.action for each in asked}
    assert [str(evaluate(each, held()).reason) for each in asked if not evaluate(each, held()).allowed] == []
    [message] = received(cloud)
    assert (found["tasks"], found["request"]) == ([], message.rerun)
    assert message == launches.Message(
        job="nightly-report", schedule="nightly-report", tick=THIRD, rerun=message.rerun, insists=insists
    )


def test_what_an_operator_has_asked_for_is_asked_for_once(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A tick whose request is in flight is left. A request that ended without a run is made again, with another id."""
    ledger = deploy(cloud, supervised_program())
    remember(ledger, "nightly-report", (THIRD, "failed", [run("0a", "failed")]))
    assert operator.runs("--failed", *WHERE)[0] == 0
    assert operator.runs("--failed", *WHERE)[0] == 0
    first, second = received(cloud)
    assert first == second
    record, ticks = ledger.load("nightly-report", [("nightly-report", THIRD)])
    flight = Flight("nightly-report", THIRD, LIMITS, 0, 0, 0, rerun=first.rerun)
    ticks["nightly-report", THIRD].orders[first.rerun] = {}
    record.traffic.flights = [flight]
    assert ledger.save(record, list(ticks.values()), NOW)
    assert operator.runs("--failed", *WHERE)[1] == "No tick since 2027-02-02T09:00:00Z needs to be run again.\n"
    record, _ = ledger.load("nightly-report")
    record.traffic.flights = []
    assert ledger.save(record, [], NOW)
    assert operator.runs("--failed", *WHERE)[0] == 0
    [third] = received(cloud)
    assert (third.tick, third.rerun != first.rerun) == (THIRD, True)


def test_says_who_runs_a_supervised_job(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The question says that overlap and lock hold, and the answer where to look."""
    with time_machine.travel(DEPLOYED_AT, tick=False):
        cloud.run(supervised_program())
    operator.types("y\n")
    code, out, err = operator.runs("nightly-report", "--tick", THIRD, *WHERE)
    assert code == 0
    assert "  the supervisor launches it when overlap and lock allow it\nRun it again? [y/N] " in err
    [message] = received(cloud)
    assert out == (
        f"Asked the supervisor to run it (request {message.rerun}).\n"
        "See what becomes of it: python -m ops history nightly-report\n"
    )


def test_only_a_supervisor_can_be_insisted_on(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A job without limits has nothing to insist against."""
    deploy(cloud, program())
    assert operator.fails("nightly-report", "--tick", THIRD, "--insist", *WHERE) == (
        "--insist: is for supervised jobs, but nightly-report is none: Scheduler launches it itself"
    )
