"""Tests of `python -m ops backfill` with a deployed program."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.gateway.gateway import AwsError
from emulator.iam.policy_evaluation import Request, evaluate
from holds.hold import Hold
from holds.storage import Storage
from ops.backfilling import backfill
from ops.cli import main
from ops.looking import hold_words
from supervision.flights import Flight
from supervision.limits import Closure, Limits
from supervision.locks import Lock
from tests.components.embedded import REGION, EmbeddedCloud
from tests.components.operators import Operator, allowed, without
from tests.components.stacks import job, schedule
from tests.components.test_list import GROUP, NOW, WHERE, deploy, program, table
from tests.components.test_rerun import questions
from tests.components.test_rerun_failed import held, remember, run, started
from tests.components.watching import LOG_GROUPS, supervised_program, watched_group
from watch import launches
from watch.records import Run, Tick
from watch.table import BODY, KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.ecs.task import Task
    from emulator.gateway.gateway import Call
    from watch.ledger import Ledger

DAYS = [f"2027-01-{day}T01:00:00Z" for day in (29, 30, 31)] + [f"2027-02-0{day}T01:00:00Z" for day in (1, 2, 3)]
"""Six ticks of the nightly job."""
PERIOD = ("nightly-report", "--from", DAYS[0], "--to", DAYS[-1], *WHERE)


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `backfill`."""
    return Operator(cloud, monkeypatch, capsys, "backfill", NOW)


@pytest.fixture
def ledger(cloud: EmbeddedCloud) -> Ledger:
    """Return the ledger of a job that was good, failed, and was held, in this order, after three unknown ticks."""
    made = deploy(cloud, program())
    remember(
        made,
        "nightly-report",
        (DAYS[3], "good", [run("0a", "good")]),
        (DAYS[4], "failed", [run("0b", "failed")]),
        (DAYS[5], "held", []),
    )
    return made


@pytest.fixture
def ends(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """Return a function that makes all tasks end in each pause with these exit codes, by tick; 0 for others.

    It returns a list, into which the number of running tasks at each pause is written.
    """

    def choose(codes: dict[str, int] | None = None) -> list[int]:
        counts: list[int] = []

        def pause(_: float) -> None:
            going = [task for task in cloud.embedded.tasks.all() if task.last_status != "STOPPED"]
            counts.append(len(going))
            for task in going:
                exits(task, (codes or {}).get(tick_of(task), 0))

        monkeypatch.setattr(backfill, "_sleep", pause)
        return counts

    return choose


def exits(task: Task, code: int) -> None:
    """Let a task end with an exit code."""
    task.moved_to("RUNNING", NOW)
    task.exited(code, NOW)
    task.deprovisioned(NOW)


def tick_of(task: Task) -> str:
    """Return the tick that a task is for."""
    [own] = task.params["overrides"]["containerOverrides"]
    return str({pair["name"]: pair["value"] for pair in own["environment"]}["JOB_SCHEDULED_TIME"])


def begun(cloud: EmbeddedCloud) -> list[str]:
    """Return the ticks of the launched tasks, in order."""
    return [tick for _, tick in started(cloud)]


def courses(operator: Operator, *arguments: str) -> dict[str, tuple[str, str | None]]:
    """Return course and reason of each tick in the plan."""
    code, out, err = operator.runs(*arguments, "--json")
    assert (code, err) == (0, "")
    return {one["tick"]: (one["course"], one["reason"]) for one in json.loads(out)["ticks"]}


def test_shows_the_plan_and_starts_nothing(cloud: EmbeddedCloud, ledger: Ledger, operator: Operator) -> None:
    """Each tick has its outcome now and what would become of it, and the last line says how to run them."""
    code, out, err = operator.runs(*PERIOD)
    assert (code, err, begun(cloud)) == (0, "", [])
    assert out == (
        f"nightly-report of group {GROUP} ({REGION}), at 02:00 every day, Europe/Berlin\n"
        "TICK                      OUTCOME    BACKFILL\n"
        "Fri 2027-01-29 02:00 CET  not known  runs\n"
        "Sat 2027-01-30 02:00 CET  not known  runs\n"
        "Sun 2027-01-31 02:00 CET  not known  runs\n"
        "Mon 2027-02-01 02:00 CET  good       left out: it has had a good run\n"
        "Tue 2027-02-02 02:00 CET  failed     runs\n"
        "Wed 2027-02-03 02:00 CET  held       runs\n"
        "5 of 6 ticks to run, the earliest first, one at a time; 1 left out.\n"
        "Nothing is known of 3 ticks to run. The ledger forgets ticks after 90 days, unless config says another time, "
        "and knows none from before the deployment.\n"
        "Nothing keeps the runs of this job apart: they may go on beside a run of the schedule itself.\n"
        "Nothing was started. Add --run to run them.\n"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--only", "missing"), [0, 1, 2, 4, 5]),
        (("--only", "failed"), [4]),
        (("--only", "all"), [0, 1, 2, 3, 4, 5]),
        (("--only", "all", "--good-since", "2027-01-01"), [0, 1, 2, 4, 5]),
    ],
    ids=["missing", "failed", "all", "all since"],
)
def test_what_runs(
    ledger: Ledger, operator: Operator, ends: Callable[..., list[int]], options: tuple[str, ...], expected: list[int]
) -> None:
    """What was good, failed or is unknown runs or not, as the operator wants."""
    record, ticks = ledger.load("nightly-report", [("nightly-report", DAYS[3])])
    [good] = ticks["nightly-report", DAYS[3]].runs.values()
    good.created = DAYS[3]
    assert ledger.save(record, list(ticks.values()), NOW)
    found = courses(operator, *PERIOD, *options)
    assert [day for day in DAYS if found[day][0] == "runs"] == [DAYS[place] for place in expected]


def test_runs_in_order_and_one_at_a_time(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, ends: Callable[..., list[int]]
) -> None:
    """Each tick is begun when the one before has ended, and each start and end is told."""
    counts = ends()
    code, out, err = operator.runs(*PERIOD, "--run")
    wanted = [DAYS[place] for place in (0, 1, 2, 4, 5)]
    assert (code, err, begun(cloud), counts) == (0, "", wanted, [1] * 5)
    told = out.splitlines()
    go_on = f"--group {GROUP} --region {REGION} --from {DAYS[0]} --to {DAYS[-1]} --only missing --parallel 1 --run"
    assert told[0] == f"To go on after an interruption: python -m ops backfill nightly-report {go_on}"
    for place, task in enumerate(cloud.embedded.tasks.all()):
        pair = told[1 + 2 * place : 3 + 2 * place]
        assert pair == [
            f"tick {wanted[place]}: started task {task.id}",
            f"tick {wanted[place]}: good, exit code 0 ({place + 1} of 5)",
        ]
    assert told[-1] == "5 ticks ended: 5 good, 0 not."


def test_several_at_a_time_and_the_newest_first(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, ends: Callable[..., list[int]]
) -> None:
    """So many begin at once, and with --json standard output has JSON only."""
    counts = ends()
    code, out, err = operator.runs(*PERIOD, "--run", "--parallel", "3", "--newest-first", "--json")
    wanted = [DAYS[place] for place in (5, 4, 2, 1, 0)]
    assert (code, begun(cloud), counts) == (0, wanted, [3, 2])
    assert len(err.splitlines()) == 1 + 2 * 5
    found = json.loads(out)
    assert (found["ran"], found["atOnce"], found["hold"]) == (True, 3, None)
    assert [one["tick"] for one in found["ticks"]] == DAYS[::-1]
    tasks = [task.arn for task in cloud.embedded.tasks.all()]
    assert found["ticks"][0] == {
        "tick": DAYS[5],
        "outcome": "held",
        "course": "runs",
        "reason": None,
        "tasks": tasks[:1],
        "request": None,
        "end": {"outcome": "good", "exitCode": 0, "reason": "Essential container in task exited"},
    }
    assert found["ticks"][2]["end"] is None


@pytest.mark.parametrize("keep_going", [False, True], ids=["stops", "keeps going"])
def test_stops_after_a_run_that_is_not_good(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, ends: Callable[..., list[int]], *, keep_going: bool
) -> None:
    """What runs then is awaited, and what is left is told with the command that goes on."""
    ends({DAYS[1]: 3})
    options = ("--keep-going",) if keep_going else ()
    code, out, err = operator.runs(*PERIOD, "--run", "--parallel", "2", *options)
    assert (code, len(begun(cloud))) == (3, 5 if keep_going else 2)
    assert f"tick {DAYS[1]}: failed, exit code 3" in out
    assert out.splitlines()[-1] == ("5 ticks ended: 4 good, 1 not." if keep_going else "2 ticks ended: 1 good, 1 not.")
    assert err.startswith("" if keep_going else "3 ticks not begun. To go on: python -m ops backfill nightly-report ")


def test_a_launch_that_is_refused_ends_it(
    cloud: EmbeddedCloud,
    ledger: Ledger,
    operator: Operator,
    ends: Callable[..., list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It counts as a tick that is not good."""
    ends()

    def refuse(call: Call) -> None:
        raise AwsError("ThrottlingException", "Rate exceeded")

    monkeypatch.setitem(cloud.embedded.gateway._checks, ("ecs", "RunTask"), [refuse])
    code, out, _ = operator.runs(*PERIOD, "--run")
    assert (code, begun(cloud)) == (3, [])
    assert f"tick {DAYS[0]}: not launched: RunTask: Rate exceeded (ThrottlingException) (1 of 5)" in out


def test_a_long_failure_of_aws_ends_the_command(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names what goes on. A short failure is no matter."""
    pauses: list[float] = []

    def refuse(call: Call) -> None:
        raise AwsError("AccessDeniedException", "not now")

    monkeypatch.setattr(backfill, "_sleep", pauses.append)
    monkeypatch.setitem(cloud.embedded.gateway._checks, ("ecs", "DescribeTasks"), [refuse])
    code, _, err = operator.runs(*PERIOD, "--run")
    assert (code, len(pauses), begun(cloud)) == (1, 30, DAYS[:1])
    assert err.startswith("error: you may not DescribeTasks: not now; ")
    assert err.endswith(f"; these ticks go on: {DAYS[0]}\n")


@pytest.mark.parametrize("ended", [False, True], ids=["it runs", "it has ended"])
def test_a_command_that_was_killed_is_gone_on_with(
    cloud: EmbeddedCloud,
    ledger: Ledger,
    operator: Operator,
    ends: Callable[..., list[int]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    ended: bool,
) -> None:
    """Also before the ledger knows what was begun, no tick is begun twice, and none is left."""
    ends()
    pause = backfill._sleep
    passed = []

    def killed(seconds: float) -> None:
        passed.append(seconds)
        if len(passed) == 3:
            if ended:
                pause(seconds)
            raise KeyboardInterrupt
        pause(seconds)

    monkeypatch.setattr(backfill, "_sleep", killed)
    code, _, err = operator.runs(*PERIOD, "--run")
    assert (code, begun(cloud)) == (130, DAYS[:3])
    assert err.splitlines()[1:2] == [f"interrupted; what runs goes on: {DAYS[2]}"]
    assert err.splitlines()[2].startswith("To go on: python -m ops backfill nightly-report ")
    assert "ecs:StopTask" not in operator.called()
    monkeypatch.setattr(backfill, "_sleep", pause)
    assert operator.runs(*PERIOD, "--run")[0] == 0
    assert begun(cloud) == [DAYS[place] for place in (0, 1, 2, 4, 5)]


def test_what_goes_on_already_is_awaited(
    cloud: EmbeddedCloud,
    ledger: Ledger,
    operator: Operator,
    ends: Callable[..., list[int]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It takes the place of a run, and its end counts."""
    assert main(["rerun", "nightly-report", "--tick", DAYS[2], "--anyway", *WHERE]) == 0
    capsys.readouterr()
    [task] = cloud.embedded.tasks.all()
    record, _ = ledger.load("nightly-report")
    going = Run(task.arn, 1, "RUNNING", container="app", created="2027-02-03T08:00:00Z", by_hand=True)
    tick = Tick("nightly-report", "nightly-report", DAYS[2], runs={task.id: going})
    assert ledger.save(record, [tick], NOW)
    assert courses(operator, *PERIOD)[DAYS[2]] == ("goes on", None)
    counts = ends({DAYS[2]: 3})
    code, out, _ = operator.runs(*PERIOD, "--run")
    assert (code, begun(cloud), counts) == (3, [DAYS[2]], [1])
    assert f"tick {DAYS[2]}: goes on already" in out
    assert f"tick {DAYS[2]}: failed, exit code 3: Essential container in task exited (1 of 5)" in out


def test_a_tick_that_somebody_else_has_run_is_left(
    cloud: EmbeddedCloud,
    ledger: Ledger,
    operator: Operator,
    ends: Callable[..., list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is known of a tick is read again before it begins."""
    ends()
    pause = backfill._sleep

    def meanwhile(seconds: float) -> None:
        record, ticks = ledger.load("nightly-report", [("nightly-report", DAYS[5])])
        tick = ticks["nightly-report", DAYS[5]]
        tick.runs["0c"] = run("0c", "good", by_hand=True)
        assert ledger.save(record, [tick], NOW)
        pause(seconds)

    monkeypatch.setattr(backfill, "_sleep", meanwhile)
    code, out, _ = operator.runs(*PERIOD, "--run")
    assert (code, begun(cloud)) == (0, [DAYS[place] for place in (0, 1, 2, 4)])
    assert f"tick {DAYS[5]}: left out, it has had a good run" in out


def test_ticks_that_scheduler_may_still_launch_are_left(ledger: Ledger, operator: Operator) -> None:
    """So are those to come."""
    late = datetime(2027, 2, 4, 1, 10, tzinfo=UTC)
    ledger.note_check(late, supervises=False)
    operator._now = late
    found = courses(operator, "nightly-report", "--from", DAYS[5], "--to", "2027-02-05T01:00:00Z", *WHERE)
    assert found == {
        DAYS[5]: ("runs", None),
        "2027-02-04T01:00:00Z": (
            "left out",
            "it may still be launched by itself, until Thu 2027-02-04 02:15:00 CET",
        ),
        "2027-02-05T01:00:00Z": ("left out", "it is still to come"),
    }


PART = "backfill a part first: --to 2026-09-29T00:00:00Z has 1000 ticks"
TIMES = "2027-03-28T03:00 (UTC) or 2027-03-28T03:00+02:00"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("nightly-report", "--from", "2024-01-01"),
            f"more than 1000 ticks are between 2024-01-01T00:00:00Z and {NOW:%Y-%m-%dT%H:%M:%SZ}; {PART}",
        ),
        (
            ("nightly-report", "--from", "2027-01-02", "--to", "2027-01-01"),
            "--from 2027-01-02T00:00:00Z is after --to 2027-01-01T00:00:00Z",
        ),
        (
            ("nightly-report", "--from", "x"),
            f"--from 'x': must be a time before now, such as 36h or 7d, or a date and time, such as {TIMES}",
        ),
        (
            ("nightly", "--from", "7d"),
            f"there is no schedule nightly in group {GROUP} ({REGION}); did you mean 'nightly-report'?",
        ),
    ],
    ids=["many", "backwards", "from", "name"],
)
def test_refuses_in_one_line(ledger: Ledger, operator: Operator, arguments: tuple[str, ...], said: str) -> None:
    """The line has what was received and what would be accepted."""
    wanted = 2 if said.startswith("--from") else 1
    assert operator.fails(*arguments, *WHERE, wanted=wanted) == said


@pytest.mark.parametrize("options", [("--yes",), ("--good-since", "7d"), ("--parallel", "21")])
def test_options_that_need_others(operator: Operator, options: tuple[str, ...]) -> None:
    """They are wrong usage without."""
    assert operator.runs(*PERIOD, *options)[0] == 2


@pytest.mark.parametrize(("typed", "count"), [("y\n", 5), ("n\n", 0)], ids=["yes", "no"])
def test_asks_on_a_terminal(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, ends: Callable[..., list[int]], typed: str, count: int
) -> None:
    """The question shows the plan. With --yes nobody is asked."""
    ends()
    operator.types(typed)
    code, _, err = operator.runs(*PERIOD, "--run")
    assert (code, len(begun(cloud))) == (0 if count else 1, count)
    assert "\nRun 5 ticks? [y/N] " in err
    assert "Tue 2027-02-02 02:00 CET  failed     runs\n" in err
    assert operator.runs(*PERIOD, "--run", "--yes")[2] == ""


def hold(cloud: EmbeddedCloud, **changed: Any) -> Hold:  # noqa: ANN401 - fields of a hold
    """Store a hold on the jobs of the owner, which is in force."""
    made = Hold(
        **{
            "id": "3fa9c1",
            "reason": "restore",
            "by": "user/jane",
            "made": NOW,
            "begin": NOW,
            "until": NOW + timedelta(hours=2),
            "owners": ("data",),
            **changed,
        }
    )
    Storage(cloud.client("ssm"), GROUP).put(made)
    return made


def test_a_hold_keeps_ticks_from_running(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, ends: Callable[..., list[int]]
) -> None:
    """The plan says so, --run is refused, and --anyway runs them."""
    ends()
    line = hold_words.line(hold(cloud))
    assert f"\n{line}. Nothing is started while it is in force, unless you add --anyway.\n" in operator.runs(*PERIOD)[1]
    assert operator.fails(*PERIOD, "--run") == (
        f"a hold keeps the job from running; add --anyway to run it all the same. {line}"
    )
    assert operator.runs(*PERIOD, "--run", "--anyway")[0] == 0
    assert len(begun(cloud)) == 5


def test_a_hold_that_comes_meanwhile(
    cloud: EmbeddedCloud,
    ledger: Ledger,
    operator: Operator,
    ends: Callable[..., list[int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No further tick begins, also with --keep-going. A hold on other jobs is no matter."""
    hold(cloud, owners=("web",))
    ends()
    pause = backfill._sleep

    def meanwhile(seconds: float) -> None:
        hold(cloud)
        pause(seconds)

    monkeypatch.setattr(backfill, "_sleep", meanwhile)
    code, out, err = operator.runs(*PERIOD, "--run", "--keep-going")
    assert (code, begun(cloud)) == (3, DAYS[:1])
    assert f"tick {DAYS[1]}: not begun, because of a hold. Hold 3fa9c1 on owner data, " in out
    assert err.startswith("4 ticks not begun. To go on: ")


def test_a_rate_counts_from_the_ticks_that_are_known(cloud: EmbeddedCloud, operator: Operator) -> None:
    """Between and around them every period has one; of what runs by hand at its own time nothing is counted."""
    made = deploy(cloud, stacks_program("rate(1 day)"))
    odd = "2027-02-01T17:20:00Z"
    remember(
        made,
        "nightly-report",
        ("2027-01-30T06:00:00Z", "good", [run("0a", "good")]),
        ("2027-02-02T06:01:00Z", "missed", []),
        (odd, "failed", [run("0b", "failed", by_hand=True)]),
    )
    code, out, _ = operator.runs("nightly-report", "--from", "2027-01-29", "--to", "2027-02-03", *WHERE, "--json")
    assert code == 0
    found = json.loads(out)
    assert [one["tick"] for one in found["ticks"]] == [
        "2027-01-29T06:00:00Z",
        "2027-01-30T06:00:00Z",
        "2027-01-31T06:00:00Z",
        "2027-02-01T06:00:00Z",
        "2027-02-02T06:01:00Z",
    ]
    assert any("AWS does not say from when a rate counts" in note for note in found["notes"])


def test_ticks_of_other_times_are_in_the_plan(ledger: Ledger, operator: Operator) -> None:
    """A tick that the ledger knows was one of the schedule's, and the plan says that the schedule was changed."""
    remember(ledger, "cleanup")
    record, _ = ledger.load("nightly-report")
    other = Tick("nightly-report", "nightly-report", "2027-01-30T05:00:00Z", "missed", "missed")
    assert ledger.save(record, [other], NOW)
    code, out, _ = operator.runs(*PERIOD)
    assert (code, "Sat 2027-01-30 06:00 CET  missed     runs\n" in out) == (0, True)
    assert "The ledger has 1 tick at times that the schedule does not have now: it was changed." in out


def test_a_record_that_the_watch_did_not_write_is_one_line(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator
) -> None:
    """What is in flight is not known then, so nothing is planned."""
    item = {KEY: {"S": "jobs"}, SORT: {"S": "nightly-report"}, BODY: {"S": "[]"}, "version": {"N": "1"}}
    cloud.client("dynamodb").put_item(TableName=table(cloud), Item=item)
    said = operator.fails(*PERIOD)
    assert said.startswith("the ledger's record of nightly-report was not written by the watch: ")


def test_who_is_on_call_may_backfill(
    cloud: EmbeddedCloud, ledger: Ledger, operator: Operator, ends: Callable[..., list[int]]
) -> None:
    """The policies in docs/permissions.md allow every call. Without any action, one is refused. Who looks may plan."""
    ends()
    assert operator.runs(*PERIOD)[0] == 0
    assert allowed(operator.asked(), held()[0])
    assert operator.runs(*PERIOD, "--run")[0] == 0
    asked = [request for call in operator.calls() for request in questions(call)]
    assert [str(evaluate(each, held()).reason) for each in asked if not evaluate(each, held()).allowed] == []
    for action in {each.action for each in asked}:
        assert not all(evaluate(each, [without(one, action) for one in held()]).allowed for each in asked), action


def stacks_program(expression: str) -> Callable[[], object]:
    """Return a program with a watch and a job of this expression."""
    return lambda: job(watched_group(), schedule(expression), log_groups=LOG_GROUPS)


def supervised(cloud: EmbeddedCloud, **limits: Any) -> Ledger:  # noqa: ANN401 - limits
    """Deploy a supervised job, and return its ledger."""
    wanted = Limits(start_deadline=7200, **limits)
    return deploy(cloud, supervised_program(schedule(limits=wanted)))


class Supervisor:
    """Stands for the supervisor: takes a request at each pause, and ends it at the next one."""

    def __init__(self, cloud: EmbeddedCloud, ledger: Ledger, outcomes: dict[str, str] | None = None) -> None:
        """End runs as `outcomes` says by tick: good for others, and an empty outcome for none."""
        self._cloud, self._ledger, self._outcomes = cloud, ledger, outcomes or {}
        self.taken: list[tuple[str, str]] = []
        """Tick and id of each request."""
        self.most = 0

    def pause(self, _: float) -> None:
        """Take new requests, and end the earlier ones."""
        record, _found = self._ledger.load("nightly-report")
        for flight in list(record.traffic.flights):
            self._end(flight.tick, flight.rerun)
        for message in self._messages():
            self._take(message)

    def _messages(self) -> list[launches.Message]:
        sqs = self._cloud.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{GROUP}-launches")["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for one in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return [launches.read(one["Body"]) for one in found]

    def _take(self, message: launches.Message) -> None:
        self.taken.append((message.tick, message.rerun))
        key = message.schedule, message.tick
        record, ticks = self._ledger.load("nightly-report", [key])
        if message.rerun in ticks[key].orders:
            return
        flight = Flight(*key, Limits(start_deadline=7200), 0, 0, 0, rerun=message.rerun)
        record.traffic.flights = [*record.traffic.flights, flight]
        self.most = max(self.most, len(record.traffic.flights))
        ticks[key].orders[message.rerun] = {}
        assert self._ledger.save(record, list(ticks.values()), NOW)

    def _end(self, at: str, rerun: str) -> None:
        key = "nightly-report", at
        record, ticks = self._ledger.load("nightly-report", [key])
        record.traffic.flights = [one for one in record.traffic.flights if one.rerun != rerun]
        outcome = self._outcomes.get(at, "good")
        if outcome:
            ticks[key].runs[rerun] = run(rerun, outcome, by_hand=True)
        else:
            ticks[key].reason = "the run that an operator asked for: the tick x was not over"
        assert self._ledger.save(record, list(ticks.values()), NOW)


SHORT = ("nightly-report", "--from", DAYS[0], "--to", DAYS[2], *WHERE)


@pytest.mark.parametrize(
    ("limits", "parallel", "most"),
    [({"overlap": "skip"}, 3, 1), ({"overlap": "allow", "retries": 2}, 2, 2), ({"overlap": "replace"}, 1, 1)],
    ids=["skip", "allow", "replace"],
)
def test_a_supervised_job(
    cloud: EmbeddedCloud,
    operator: Operator,
    monkeypatch: pytest.MonkeyPatch,
    limits: dict[str, Any],
    parallel: int,
    most: int,
) -> None:
    """Each tick is a request to the supervisor, as many at a time as may overlap, and ends as the ledger says."""
    ledger = supervised(cloud, **limits)
    supervisor, asked = Supervisor(cloud, ledger), list[Request]()

    def pause(seconds: float) -> None:
        asked.extend(operator.asked())
        supervisor.pause(seconds)
        cloud.embedded.gateway.calls.clear()

    monkeypatch.setattr(backfill, "_sleep", pause)
    code, out, err = operator.runs(*SHORT, "--run", "--parallel", str(parallel))
    assert (code, err, supervisor.most) == (0, "", most)
    assert [tick for tick, _ in supervisor.taken] == DAYS[:3]
    for place, (tick, request) in enumerate(supervisor.taken, 1):
        assert f"tick {tick}: asked the supervisor (request {request})" in out
        assert f"tick {tick}: good ({place} of 3)" in out
    assert {"sqs:SendMessage", "ssm:GetParametersByPath"} <= {each.action for each in asked}
    assert [str(evaluate(each, held()).reason) for each in asked if not evaluate(each, held()).allowed] == []


def test_a_request_that_ends_without_a_run_can_be_made_again(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backfill stops. The same command asks with another id, so that the supervisor takes the request."""
    ledger = supervised(cloud, overlap="skip")
    first = Supervisor(cloud, ledger, {DAYS[0]: ""})
    monkeypatch.setattr(backfill, "_sleep", first.pause)
    code, out, err = operator.runs(*SHORT, "--run")
    reason = "the run that an operator asked for: the tick x was not over"
    assert (code, f"tick {DAYS[0]}: not launched: {reason} (1 of 3)" in out) == (3, True)
    assert err.startswith("2 ticks not begun. To go on: ")
    second = Supervisor(cloud, ledger)
    monkeypatch.setattr(backfill, "_sleep", second.pause)
    assert operator.runs(*SHORT, "--run")[0] == 0
    assert [tick for tick, _ in second.taken] == DAYS[:3]
    assert first.taken[0] != second.taken[0]


@pytest.mark.parametrize("taken", [False, True], ids=["not taken", "taken"])
def test_a_request_of_a_command_that_was_killed(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch, *, taken: bool
) -> None:
    """The next command asks with the same id if the supervisor has not taken it, and otherwise waits for its end."""
    ledger = supervised(cloud, overlap="skip")
    supervisor = Supervisor(cloud, ledger)

    def killed(seconds: float) -> None:
        if taken:
            supervisor.pause(seconds)
        raise KeyboardInterrupt

    monkeypatch.setattr(backfill, "_sleep", killed)
    assert operator.runs(*SHORT, "--run")[0] == 130
    monkeypatch.setattr(backfill, "_sleep", supervisor.pause)
    code, out, _ = operator.runs(*SHORT, "--run")
    assert code == 0
    assert (f"tick {DAYS[0]}: goes on already" in out) == taken
    assert {tick for tick, _ in supervisor.taken} == {*DAYS[:3]}
    assert len({request for _, request in supervisor.taken}) == 3
    for tick in DAYS[:3]:
        found = ledger.tick(("nightly-report", tick))
        assert found is not None
        assert len(found.runs) == 1


def test_waits_while_another_tick_is_in_flight(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick of the schedule itself that is in flight would have a request skipped, so it is awaited first."""
    ledger = supervised(cloud, overlap="skip", lock="orders")
    record, _ = ledger.load("nightly-report")
    own = Tick("nightly-report", "nightly-report", DAYS[5], "waiting", orders={"": {}})
    record.traffic.flights = [Flight("nightly-report", DAYS[5], Limits(start_deadline=7200), 0, 0, 0, began=1)]
    assert ledger.save(record, [own], NOW, [Lock("orders", "other/x", "other")])
    supervisor, pauses = Supervisor(cloud, ledger), []

    def pause(seconds: float) -> None:
        pauses.append(len(supervisor.taken))
        if len(pauses) == 1:
            supervisor._end(DAYS[5], "")
        elif len(pauses) == 3:
            record, _ = ledger.load("nightly-report", locks=["orders"])
            record.traffic.locks["orders"].holder = ""
            assert ledger.save(record, [], NOW, list(record.traffic.locks.values()))
        elif len(pauses) > 3:
            supervisor.pause(seconds)

    monkeypatch.setattr(backfill, "_sleep", pause)
    assert operator.runs(*SHORT, "--run")[0] == 0
    assert pauses[:4] == [0, 0, 0, 0]
    assert [tick for tick, _ in supervisor.taken] == DAYS[:3]


def test_replace_allows_one_at_a_time_only(cloud: EmbeddedCloud, operator: Operator) -> None:
    """Otherwise each run would stop the one before, also in the plan."""
    supervised(cloud, overlap="replace")
    assert operator.fails(*SHORT, "--parallel", "2") == (
        "--parallel 2: the job has overlap=replace, so each run would stop the one before; must be 1, which sends each "
        "tick when the one before has ended"
    )


def test_days_on_which_a_calendar_is_closed_are_left(cloud: EmbeddedCloud, operator: Operator) -> None:
    """Only --only all runs them."""
    closure = Closure("holidays", "2027-01-30T00:00:00Z", "2027-01-31T00:00:00Z", "moving")
    supervised(cloud, closed=(closure,))
    assert courses(operator, *SHORT)[DAYS[1]] == ("left out", "the calendar holidays is closed: moving")
    assert courses(operator, *SHORT, "--only", "all")[DAYS[1]] == ("runs", None)
