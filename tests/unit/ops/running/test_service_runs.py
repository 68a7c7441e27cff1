"""The runs that processes of a service claim, as the operators' commands see them."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from holds.hold import Hold
from holds.standing import Schedule
from ops import known_jobs
from ops.commands import logs as logs_command
from ops.commands import stop
from ops.errors import OpsError
from ops.known_jobs import KnownJob
from ops.pausing.catching_up import CatchingUp, Caught
from ops.running import again, chosen_run, going_on, named_log, rerun_failed
from ops.stack import Place
from supervision.flights import Launch
from tests.unit.supervision.flying import CLUSTER, TASK, flight, with_limits
from tests.unit.watch.world import START
from watch import instants
from watch.claims import WorkRun
from watch.facts import InProcess, JobFacts, ScheduleFacts, Supervised, WorkQueue
from watch.launches import Message
from watch.names import claimed_run
from watch.records import JobRecord, OpenRun, Tick

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aws_facts.log_place import LogPlace
    from supervision.flights import Flight

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:jobs-production-work-web"
CLAIMS = "arn:aws:dynamodb:eu-central-1:123456789012:table/jobs-production-claims"
TICK, A = "2027-02-03T01:00:00Z", "0000aaaa"
PLACE = Place("eu-central-1", "jobs-production")
WORK = JobFacts(work=WorkQueue(arn=QUEUE, url="https://q", task="web", claims="jobs-production-claims", log_group="/s"))
PROCESS = JobFacts(in_process=InProcess(claims=CLAIMS, log_group="/s"))


def worked(*, started: int | None = None, rerun: str = "", last: bool = False) -> Flight:
    """Return a flight whose launch a worker takes, or has taken."""
    one = flight(rerun=rerun, limits=with_limits(taken_by="worker"), last=last)
    run = WorkRun.of(QUEUE, one, launch := Launch(1, 1, 0, calls=1, started=started))
    launch.task = str(run)
    one.launch = launch
    return one


def known(*flights: Flight, facts: JobFacts = WORK) -> KnownJob:
    """Return a job with these flights, whose runs go on."""
    runs = {one.launch.task: one for one in flights if one.launch is not None}
    opened = {run.rpartition("/")[2]: OpenRun(run, "", "web", one.tick, one.tick) for run, one in runs.items()}
    record = JobRecord("web", open=opened)
    record.traffic.flights = [*flights]
    return KnownJob("web", record, facts, {"web": "UTC"}, deployed=True)


def claimed_by_itself() -> KnownJob:
    """Return an in-process job of which a process has a run."""
    one = flight(limits=with_limits(taken_by="process"))
    one.launch = Launch(1, 1, 0, task=f"{CLAIMS}/{claimed_run('web', one.tick, '', 1)}")
    return known(one, facts=PROCESS)


def opened(job: KnownJob) -> Any:  # noqa: ANN401 - a ledger
    """Return the ledger of one job."""
    return SimpleNamespace(
        ledger=SimpleNamespace(jobs=lambda _: {"web": job.record}, deployed_jobs=lambda _: {"web": job.facts})
    )


def found(
    monkeypatch: pytest.MonkeyPatch, job: KnownJob, name: str = "web"
) -> tuple[list[going_on.Running], list[Flight], list[going_on.Running]]:
    """Return what stop finds of a name."""
    monkeypatch.setattr(known_jobs, "find", lambda *_: job)
    return stop._find(cast("Any", None), PLACE, opened(job), name)


@pytest.mark.parametrize(("started", "status"), [(None, "QUEUED"), (30, "RUNNING")])
def test_a_worker_run_goes_on_in_the_ledger(started: int | None, status: str) -> None:
    """AWS lists none. It waits for a worker, or has one."""
    one = worked(started=started, rerun="0000aaaa")
    [run] = going_on.of_known(cast("Any", None), PLACE, known(one), "web")
    assert one.launch is not None
    assert (run.task, run.status, run.by_hand, run.flight) == (one.launch.task, status, True, one)
    [line] = stop._lines([run])
    assert line.startswith(f"worker run {run.id} of jobs-production-work-web: web, tick {one.tick}, {status} since ")


@pytest.mark.parametrize("last", [False, True])
def test_a_job_s_worker_run_is_stopped(monkeypatch: pytest.MonkeyPatch, *, last: bool) -> None:
    """It is not only withdrawn: the supervisor lets its worker stop it."""
    one = worked(started=30, last=last)
    runs, waits, left = found(monkeypatch, known(one))
    assert ([run.flight for run in runs], waits, left) == ([one], [], [])


@pytest.mark.parametrize("by", ["id", "text"])
def test_a_worker_run_is_stopped_by_its_id(monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """Alerts name it by its id, which has the form of a task's; the stack may have no cluster."""
    one = worked(started=30)
    assert one.launch is not None
    name = one.launch.task.rpartition("/")[2] if by == "id" else one.launch.task
    runs, waits, left = found(monkeypatch, known(one), name)
    assert ([run.flight for run in runs], waits, left) == ([one], [], [])


def test_the_supervisor_is_asked_to_stop_a_worker_run() -> None:
    """ECS knows no such task."""
    asked: list[tuple[str, dict[str, Any]]] = []
    account: Any = SimpleNamespace(
        schedule=lambda _, name: {
            "Name": name,
            "Target": {
                "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
                "Input": '{"QueueUrl": "https://launches"}',
            },
        },
        send=lambda url, body: asked.append((url, json.loads(body))),
    )
    stops: Any = SimpleNamespace(account=account, by="ada", why="wrong input")
    one = worked(started=30)
    [run] = going_on.of_known(account, PLACE, known(one), "web")
    assert stop._stop(stops, PLACE, [run]) == {}
    [(url, body)] = asked
    assert (url, body["schedule"], body["tick"], body["withdraws"]) == ("https://launches", "web", one.tick, True)
    assert body["why"] == "stopped by ada: wrong input"


def test_a_run_that_the_supervisor_has_lost_is_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be false to say so."""
    job = known(worked(started=30))
    job.record.traffic.flights = []
    [id_] = job.record.open
    with pytest.raises(OpsError, match=f"^the supervisor no longer has the run {id_} of web, so it cannot stop it$"):
        found(monkeypatch, job, id_)
    assert [len(part) for part in found(monkeypatch, job)] == [0, 0, 1]
    job.record.open = {}
    with pytest.raises(OpsError, match=f"^no worker run {id_} goes on$"):
        found(monkeypatch, job, f"{QUEUE}/{id_}")


def test_nobody_stops_an_in_process_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the job, by the id and by the text: the reason says what can be done."""
    job = claimed_by_itself()
    [run] = job.record.open.values()
    for name in ("web", run.task, run.task.rpartition("/")[2]):
        with pytest.raises(OpsError, match=r"^the processes of a service begin and end the runs of web by themselves"):
            found(monkeypatch, job, name)
    job.record.open = {}
    job.record.traffic.flights = [flight(limits=with_limits(taken_by="process"))]
    with pytest.raises(OpsError, match=r"let the service end it"):
        found(monkeypatch, job)


def test_tasks_of_a_job_that_was_a_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that goes on is still stopped by ECS, on the cluster where it is."""
    job = claimed_by_itself()
    job.record.open["0af3"] = OpenRun(TASK, CLUSTER, "web", START.isoformat(), instants.text(START))
    described = {
        "taskArn": TASK,
        "clusterArn": CLUSTER,
        "taskDefinitionArn": "",
        "group": "jobs-production:web",
        "lastStatus": "RUNNING",
        "version": 1,
        "createdAt": START,
        "containers": [],
    }
    asked: list[tuple[str, Sequence[str]]] = []

    def tasks(cluster: str, arns: Sequence[str]) -> list[dict[str, Any]]:
        asked.append((cluster, arns))
        return [described]

    monkeypatch.setattr(known_jobs, "find", lambda *_: job)
    runs, _, left = stop._find(cast("Any", SimpleNamespace(tasks=tasks)), PLACE, opened(job), "web")
    assert asked == [(CLUSTER, [TASK])]
    assert ([run.task for run in runs], len(left)) == ([TASK], 1)


class Stream:
    """The log of a container in which a run goes on."""

    def __init__(self, *lines: str) -> None:
        """Write these lines, one a second."""
        self.lines = [*lines]
        self.asked: list[str | None] = []

    def lines_with(self, group: str, text: str, since: datetime) -> list[tuple[datetime, str, str]]:
        """Return the lines with a text; another process has named the run before."""
        assert (group, since) == ("/s", START - timedelta(minutes=5))
        older = (START, "app/0", f'{{"event": "run-started", "run": "{QUEUE}/{text}"}}')
        found = [(at, "app/1", line) for at, line in self._timed() if text in line]
        return [older, *found] if found else []

    def log_events(
        self, place: LogPlace, token: str | None, since: datetime
    ) -> tuple[list[tuple[datetime, str]], str | None]:
        """Return two lines at once."""
        assert (place.group, place.stream, place.region) == ("/s", "app/1", "eu-central-1")
        self.asked.append(token)
        seen = [line for line in self._timed() if line[0] >= since]
        begin = int(token or 0)
        return seen[begin : begin + 2], str(min(begin + 2, len(seen)))

    def _timed(self) -> list[tuple[datetime, str]]:
        return [(START + timedelta(seconds=number), line) for number, line in enumerate(self.lines)]


ID = "0" * 32
BEGIN, END = f'{{"event": "run-started", "run": "{QUEUE}/{ID}"}}', f'{{"event": "run-ended", "run": "{QUEUE}/{ID}"}}'


def test_the_log_of_a_run_that_ended() -> None:
    """It is what the container wrote from the line of the start to that of the end."""
    stream = Stream("before", BEGIN, "one", "two", END, "after", "later")
    logs = named_log.of(cast("Any", stream), f"{QUEUE}/{ID}", "/s", instants.text(START))
    assert [line.text for line in logs.new_lines()] == [BEGIN, "one", "two", END]
    assert [line.container for line in logs.new_lines()] == []


def test_the_log_of_a_run_that_goes_on() -> None:
    """Lines come as they are written, each once, and none after the end."""
    stream = Stream("before")
    logs = named_log.of(cast("Any", stream), f"{QUEUE}/{ID}", "/s", instants.text(START))
    seen = []
    for line in (BEGIN, "one", "two", END, "after"):
        stream.lines.append(line)
        seen.append([one.text for one in logs.new_lines()])
    assert seen == [[BEGIN], ["one"], ["two"], [END], []]


@pytest.mark.parametrize(("job", "kind"), [(known(worked()), "worker run"), (claimed_by_itself(), "in-process run")])
def test_what_logs_says_of_a_run(job: KnownJob, kind: str) -> None:
    """It says what cannot be told apart, and an unknown id is no task's."""
    [run] = going_on.of_known(cast("Any", None), PLACE, job, "web")
    chosen = chosen_run._of_running(run, job)
    first, second = logs_command._about(chosen)
    assert (chosen.log_group, f", {kind} {run.id}: running" in first, second) == ("/s", True, named_log.SHARED)
    assert chosen_run._none(job, "web", "0a", None) == "no run of web has the id 0a"


@pytest.mark.parametrize(("facts", "refused"), [(WORK, False), (PROCESS, True), (None, False)])
def test_nobody_asks_for_a_run_of_an_in_process_job(facts: JobFacts | None, *, refused: bool) -> None:
    """The reason says who runs it. A ledger that cannot be read is no reason: the supervisor refuses as well."""

    def ledger(_: Place) -> SimpleNamespace:
        if facts is None:
            raise OpsError("no ledger")
        return SimpleNamespace(ledger=SimpleNamespace(deployed_job=lambda *_: facts))

    account: Any = SimpleNamespace(ledger=ledger)
    with pytest.raises(OpsError, match=r"^web cannot be run from here: the processes ") if refused else nullcontext():
        again.check_asked(account, PLACE, {"Name": "web.night"})


def test_a_dry_run_shows_the_message_to_the_workers() -> None:
    """It has the name under which they know the function, and the run's text."""
    facts = replace(WORK, supervised=Supervised(role="r", requests={}), limits={"web": with_limits(timeout=60)})
    account: Any = SimpleNamespace(
        ledger=lambda _: SimpleNamespace(ledger=SimpleNamespace(deployed_job=lambda *_: facts))
    )
    asked = again.Supervised(account, PLACE, "https://launches", Message(job="web", schedule="web", tick=TICK, rerun=A))
    shown = asked.shown()["request"]
    body = shown["MessageBody"]
    assert (shown["QueueUrl"], body["task"], body["timeout"], body["trigger"]) == ("https://q", "web", 60, "manual")
    assert body["run"] == f"{QUEUE}/{claimed_run('web', TICK, A, 1)}"


@pytest.mark.parametrize(("facts", "ticks"), [(WORK, [TICK]), (None, [TICK]), (PROCESS, [])])
def test_what_failed_of_an_in_process_job_is_left_out(facts: JobFacts | None, ticks: list[str]) -> None:
    """`rerun --failed` runs what it can, and does not fail for what only a service can run."""
    ledger = SimpleNamespace(
        ticks=lambda *_: [Tick("web", "web", TICK, "too-late")], jobs=lambda _: {"web": JobRecord("web", facts=facts)}
    )
    opened: Any = SimpleNamespace(ledger=ledger)
    assert [one.tick for one in rerun_failed._not_good(opened, ["web"], TICK)] == ticks


@pytest.mark.parametrize(("facts", "started"), [(WORK, 1), (PROCESS, 0)])
def test_a_held_tick_of_an_in_process_job_is_left_out(
    monkeypatch: pytest.MonkeyPatch, facts: JobFacts, started: int
) -> None:
    """`resume --catch-up last` starts what it can."""
    hold = Hold(
        id="0a", made=START - timedelta(days=1), begin=START - timedelta(days=1), until=None, by="ada", reason="restore"
    )
    daily = ScheduleFacts(expression="cron(0 1 * * ? *)")
    held: Any = SimpleNamespace(
        now=START,
        records=dict,
        schedules=lambda: {"web": Schedule("web", "data", enabled=True)},
        jobs={"web": replace(facts, schedules={"web": daily})},
    )
    caught = Caught("web", TICK, "asked the supervisor")
    monkeypatch.setattr(CatchingUp, "_run", lambda *_: iter([caught]))
    assert [*CatchingUp(cast("Any", None), PLACE, held, [hold]).last()] == [caught] * started
