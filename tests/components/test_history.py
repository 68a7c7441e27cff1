"""Tests of `python -m ops history` with a deployed program."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from emulator.iam.policy_evaluation import evaluate
from ops.looking import past_ticks
from supervision import waiting
from supervision.traffic import Traffic
from tests import permissions
from tests.components.embedded import ACCOUNT, REGION, EmbeddedCloud
from tests.components.operators import Operator, allowed, without
from tests.components.stacks import PLACE
from tests.components.test_list import GROUP, NOW, WHERE, deploy, program, table
from tests.components.watching import FUNCTION
from tests.unit.supervision.flying import flight, with_limits
from watch.records import JobRecord, Run, ScheduleRecord, Tick
from watch.table import BODY, DEPLOYED, KEY, SORT

if TYPE_CHECKING:
    from watch.ledger import Ledger

READS = ("lambda:GetFunctionConfiguration", *["dynamodb:BatchGetItem"] * 2, "dynamodb:Query", "dynamodb:BatchGetItem")
"""The calls for one schedule: the watch, record and item, the ticks, and the watch's last check."""
TRIED = (("0a", "failed", 1), ("0b", "good", 2))
"""Task, outcome and number of the attempts of a tick."""


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `history`."""
    return Operator(cloud, monkeypatch, capsys, "history", NOW)


def run(name: str, day: int, outcome: str, exit_code: int | None = None, *, by_hand: bool = False) -> Run:
    """Return a run that began on a day of February, twelve seconds after one o'clock, and took four minutes."""
    at = f"2027-02-0{day}T0{8 if by_hand else 1}"
    return Run(
        f"arn:aws:ecs:{PLACE}:task/staging/{name}",
        3,
        "RUNNING" if outcome == "running" else "STOPPED",
        created=f"{at}:00:02Z",
        started=f"{at}:00:12Z",
        stopped=None if outcome == "running" else f"{at}:04:12Z",
        exit_code=exit_code,
        outcome=outcome,
        by_hand=by_hand,
    )


def tick(day: int, outcome: str, *runs: Run, schedule: str = "nightly-report", **known: str) -> Tick:
    """Return the tick of a day of February."""
    at = f"2027-02-0{day}T01:00:00Z"
    made = {one.task.rpartition("/")[2]: one for one in runs}
    return Tick("nightly-report", schedule, at, outcome, runs=made, **known)  # type: ignore[arg-type]


def remember(ledger: Ledger) -> None:
    """Write three ticks: one that was run again, one that was not launched, and one that runs."""
    ticks = [
        tick(1, "good", run("0a", 1, "failed", 3), run("0b", 1, "good", 0, by_hand=True), alert="failed"),
        tick(2, "not-launched", alert="not-launched", reason="ThrottlingException: Rate exceeded"),
        tick(3, "running", run("0c", 3, "running")),
    ]
    assert ledger.save(JobRecord("nightly-report"), ticks, NOW)


def test_shows_what_has_run(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The newest tick comes first, each run has a line, and times are in the schedule's zone."""
    remember(deploy(cloud, program()))
    code, out, err = operator.runs("nightly-report", *WHERE)
    assert (code, err, operator.called()) == (0, "", READS)
    assert out.splitlines() == [
        (
            "TICK                      OUTCOME       ALERT         RUN      TOOK                    EXIT"
            "  UTC                   BY       TASK  REASON"
        ),
        (
            "Wed 2027-02-03 02:00 CET  running                     running  7 h 59 min 48 s so far        "
            "2027-02-03T01:00:00Z           0c"
        ),
        (
            "Tue 2027-02-02 02:00 CET  not launched  not launched                                       "
            "  2027-02-02T01:00:00Z                 ThrottlingException: Rate exceeded"
        ),
        (
            "Mon 2027-02-01 02:00 CET  good          failed        failed   4 min                   3     "
            "2027-02-01T01:00:00Z           0a"
        ),
        (
            "                                                      good     4 min  "
            "                 0                           by hand  0b"
        ),
    ]


def test_shows_who_stopped_a_run() -> None:
    """The reason of a run that was stopped is in the ledger. Another run's reason is not shown: its outcome tells."""
    stopped = run("0a", 1, "stopped")
    stopped.reason = "scheduled-jobs: stopped by oncall/ann: locks the orders table"
    failed = run("0b", 1, "failed", 1)
    failed.reason = "Essential container in task exited"
    found = [past_ticks.Line(tick(1, "failed", stopped, failed), "Europe/Berlin")]
    assert past_ticks.text(found, NOW, None)[1].endswith("  0a    stopped by oncall/ann: locks the orders table")
    assert past_ticks.text(found, NOW, None)[2].endswith("  0b")


def test_finds_the_ticks_in_flight(cloud: EmbeddedCloud, operator: Operator) -> None:
    """They are in the job's record. Reading it reads their ticks and locks too, in one more call."""
    at = "2027-02-03T01:00:00Z"
    waits = flight(schedule="nightly-report", tick=at, limits=with_limits(lock="db"), waits="waiting for the lock db")
    record = JobRecord("nightly-report", traffic=Traffic([waits]))
    assert deploy(cloud, program()).save(record, [tick(3, "waiting")], NOW)
    code, out, err = operator.runs("nightly-report", *WHERE, "--json")
    assert (code, err, operator.called()) == (0, "", (READS[0], "dynamodb:BatchGetItem", *READS[1:]))
    [shown] = json.loads(out)["ticks"]
    assert (shown["tick"], shown["outcome"], shown["waiting"][0]["reason"]) == (at, "waiting", waits.waits)


def test_a_narrow_terminal_has_two_lines_for_a_run() -> None:
    """The task and who started it are on the second one."""
    found = [past_ticks.Line(tick(1, "good", run("0b", 1, "good", 0, by_hand=True)), "Europe/Berlin")]
    assert past_ticks.text(found, NOW, 60) == [
        "TICK                      OUTCOME  RUN   TOOK   EXIT",
        "Mon 2027-02-01 02:00 CET  good     good  4 min  0",
        "    2027-02-01T01:00:00Z, task 0b, by hand",
    ]


def test_the_invocation_of_a_function_is_no_task() -> None:
    """The id of its request has a title and a word of its own, also where a job was a container before."""
    invoked = replace(run("0c", 2, "good"), task="arn:aws:lambda:eu-central-1:123456789012:function:rates:live/0c")
    ticks = [
        past_ticks.Line(tick(2, "good", invoked), "UTC"),
        past_ticks.Line(tick(1, "good", run("0b", 1, "good")), "UTC"),
    ]
    assert past_ticks.text(ticks[:1], NOW, None)[0].endswith("  INVOCATION")
    assert past_ticks.text(ticks, NOW, None)[0].endswith("  TASK OR INVOCATION")
    assert past_ticks.text(ticks, NOW, 60)[2::2] == [
        "    2027-02-02T01:00:00Z, invocation 0c",
        "    2027-02-01T01:00:00Z, task 0b",
    ]


def test_shows_which_attempt_a_run_was() -> None:
    """The ticks of a job with retries may have several runs."""
    runs = [replace(run(name, 1, outcome), attempt=number, attempts=3) for name, outcome, number in TRIED]
    found = [past_ticks.Line(tick(1, "good", *runs), "Europe/Berlin")]
    assert past_ticks.text(found, NOW, None) == [
        "TICK                      OUTCOME  RUN             TOOK   UTC                   TASK",
        "Mon 2027-02-01 02:00 CET  good     failed, 1 of 3  4 min  2027-02-01T01:00:00Z  0a",
        "                                   good, 2 of 3    4 min                        0b",
    ]


def test_shows_what_a_tick_waits_for() -> None:
    """A run that is to come is on a line below those that were, or beside the tick."""
    waits = tuple(waiting.waits([flight(tick="2027-02-01T01:00:00Z", waits="waiting for the lock db", rerun="0a")]))
    found = [
        past_ticks.Line(tick(1, "waiting", *runs), "Europe/Berlin", waits) for runs in ([], [run("0c", 1, "failed", 3)])
    ]
    assert past_ticks.text(found, NOW, None)[1:] == [
        (
            "Mon 2027-02-01 02:00 CET  waiting  waiting               2027-02-01T01:00:00Z  by hand"
            "        waiting for the lock db; too late after Fri 2027-01-15 09:15 CET"
        ),
        "Mon 2027-02-01 02:00 CET  waiting  failed   4 min  3     2027-02-01T01:00:00Z           0c",
        (
            "                                   waiting                                     by hand"
            "        waiting for the lock db; too late after Fri 2027-01-15 09:15 CET"
        ),
    ]
    assert found[0].to_plain()["waiting"] == [
        {
            "reason": "waiting for the lock db",
            "attempt": 1,
            "attempts": 1,
            "nextLaunch": None,
            "launchBy": "2027-01-15T08:15:00Z",
            "byHand": True,
        }
    ]


def test_shows_it_as_json(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The output with --json is JSON with all values, in UTC, and nothing else."""
    remember(deploy(cloud, program()))
    code, out, err = operator.runs("nightly-report", *WHERE, "--json", "--since", "2027-02-02")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert {name: found[name] for name in found if name != "ticks"} == {
        "group": GROUP,
        "region": REGION,
        "now": "2027-02-03T09:00:00Z",
        "since": "2027-02-02T00:00:00Z",
    }
    assert found["ticks"] == [
        {
            "schedule": "nightly-report",
            "tick": "2027-02-03T01:00:00Z",
            "timezone": "Europe/Berlin",
            "alert": None,
            "reason": "",
            "outcome": "running",
            "runs": [
                {
                    "task": f"arn:aws:ecs:{PLACE}:task/staging/0c",
                    "createdAt": "2027-02-03T01:00:02Z",
                    "startedAt": "2027-02-03T01:00:12Z",
                    "stoppedAt": None,
                    "outcome": "running",
                    "exitCode": None,
                    "byHand": False,
                    "worker": None,
                    "attempt": None,
                    "attempts": None,
                    "reason": "",
                }
            ],
            "waiting": [],
        },
        {
            "schedule": "nightly-report",
            "tick": "2027-02-02T01:00:00Z",
            "timezone": "Europe/Berlin",
            "alert": "not-launched",
            "reason": "ThrottlingException: Rate exceeded",
            "outcome": "not-launched",
            "runs": [],
            "waiting": [],
        },
    ]


def test_one_schedule_of_a_job(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A job has the ticks of all its schedules, and those of a schedule that was removed."""
    ledger = deploy(cloud, program("a", "b"))
    names = [f"nightly-report.{key}" for key in ("a", "b", "old")]
    ticks = [tick(1, "good", schedule=name) for name in names]
    record = JobRecord("nightly-report", schedules={names[2]: ScheduleRecord()})
    assert ledger.save(record, ticks, NOW)
    _, out, _ = operator.runs("nightly-report", *WHERE)
    assert [line.split()[4] for line in out.splitlines()[1:]] == names[::-1]
    _, out, _ = operator.runs("nightly-report.b", *WHERE)
    assert out.splitlines() == [
        "TICK                      OUTCOME  UTC",
        "Mon 2027-02-01 02:00 CET  good     2027-02-01T01:00:00Z",
    ]


def test_no_tick_is_no_error(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The line says since when."""
    remember(deploy(cloud, program()))
    said = "No tick of nightly-report is known since Wed 2027-02-03 09:00 CET.\n"
    assert operator.runs("nightly-report", *WHERE, "--since", "1h") == (0, said, "")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nightly", "; did you mean 'nightly-report'?"),
        ("nightly-report.c", "; did you mean 'nightly-report.b'?"),
        ("../x", "; must be one of: nightly-report"),
    ],
)
def test_an_unknown_job_is_one_line(cloud: EmbeddedCloud, operator: Operator, name: str, said: str) -> None:
    """The error names what there is."""
    ledger = deploy(cloud, program("a", "b"))
    assert ledger.save(JobRecord("placement:web"), [], NOW)
    assert operator.fails(name, *WHERE) == f"the ledger of group {GROUP} ({REGION}) knows no {name}{said}"


def test_what_the_watch_did_not_write_is_one_line(cloud: EmbeddedCloud, operator: Operator) -> None:
    """A foreign tick or item is left out, with a warning. Nothing is shown of a job with a foreign record."""
    remember(deploy(cloud, program()))
    for key, sort in (("schedule#nightly-report", "2027-02-02T01:00:00Z"), (DEPLOYED, "nightly-report")):
        put(cloud, key, sort)
    code, out, err = operator.runs("nightly-report", *WHERE)
    assert code == 1
    assert (out, err.splitlines()[0].partition(" was not")[0]) == (
        "",
        "warning: the ledger's item of 'nightly-report'",
    )
    put(cloud, "jobs", "nightly-report")
    refused = "the ledger's record of nightly-report was not written by the watch: "
    assert operator.fails("nightly-report", *WHERE).startswith(refused)


def test_a_foreign_tick_is_a_warning(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The other ticks are shown."""
    remember(deploy(cloud, program()))
    put(cloud, "schedule#nightly-report", "2027-02-02T01:00:00Z")
    code, out, err = operator.runs("nightly-report", *WHERE)
    assert (code, [line[4:14] for line in out.splitlines()[1:3]]) == (0, ["2027-02-03", "2027-02-01"])
    assert err.startswith("warning: the ledger's tick of 'nightly-report' was not written by this program")


def put(cloud: EmbeddedCloud, key: str, sort: str) -> None:
    """Write an item that is no record."""
    item = {KEY: {"S": key}, SORT: {"S": sort}, BODY: {"S": "[]"}, "version": {"N": "1"}}
    cloud.client("dynamodb").put_item(TableName=table(cloud), Item=item)


def test_who_looks_may_see_it(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The policy in docs/permissions.md allows every call. Without any action of them, one is refused."""
    remember(deploy(cloud, program()))
    policy = permissions.policy(permissions.LOOK, group=GROUP, account=ACCOUNT, region=REGION, watch=FUNCTION)
    for name, code in (("nightly-report", 0), ("nightly", 1)):
        assert operator.runs(name, *WHERE)[0] == code
        asked = operator.asked()
        assert {each.action for each in asked} == set(READS)
        assert [str(evaluate(each, [policy]).reason) for each in asked if not evaluate(each, [policy]).allowed] == []
        for action in set(READS):
            assert not allowed(asked, without(policy, action)), action
