"""Tests of following a run that the supervisor was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from ops.errors import OpsError
from ops.operator_account import NotStartedError
from ops.running import asked_run, following, waiting
from ops.running.asked_run import AskedRun
from ops.stack import Place
from supervision.flights import Launch
from tests.unit.supervision.flying import flight, with_limits
from tests.unit.supervisor.fake_lambda import alias
from watch import run_kinds
from watch.facts import InvokedFunction, JobFacts, WorkQueue
from watch.launches import Message
from watch.records import JobRecord, Run, Tick
from watch.watched_account import InvocationLog, LogLine

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.running.waiting import Ended

NOW = datetime(2027, 1, 15, 9, tzinfo=UTC)
A = "0000aaaa"
MESSAGE = Message(job="web", schedule="web", tick=flight().tick, rerun=A)
CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/production"


def arn(number: int) -> str:
    """Return the ARN of a task."""
    return f"arn:aws:ecs:eu-central-1:123456789012:task/production/{number}"


@dataclass
class World:
    """A supervisor, a ledger and an ECS. What happens is one step a look at the ledger; the last step stays."""

    steps: list[Callable[[World], None]]
    record: JobRecord = field(default_factory=lambda: JobRecord("web"))
    tick: Tick = field(default_factory=lambda: Tick("web", "web", MESSAGE.tick))
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    withdrawn: int = 0
    refusals: int = 0
    """How often ECS does not answer."""

    def ledger(self, _: Place) -> SimpleNamespace:
        """Return the opened ledger."""
        return SimpleNamespace(ledger=self)

    def load(self, job: str, keys: list[tuple[str, str]]) -> tuple[JobRecord, dict[tuple[str, str], Tick]]:
        """Let the next step happen, and return the records."""
        assert (job, keys) == ("web", [self.tick.key])
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        step(self)
        return self.record, {self.tick.key: self.tick}

    def tasks(self, cluster: str, arns: list[str]) -> list[dict[str, Any]]:
        """Return tasks as ECS describes them."""
        assert cluster == CLUSTER
        if self.refusals:
            self.refusals -= 1
            raise OpsError("Could not connect")
        return [self.described[one] for one in arns if one in self.described]

    def task_definition(self, _: str) -> dict[str, Any]:
        """Return that the definition is unknown, so that no log is read."""
        raise OpsError("unknown")

    def log_events(self, *_: object) -> tuple[list[Any], None]:
        """Return that no stream has lines."""
        return [], None

    def lines_of_invocation(self, group: str, name: str, _: datetime) -> InvocationLog:
        """Return what an invocation wrote."""
        assert group == "/aws/lambda/web"
        return InvocationLog("stream", [LogLine(NOW, f"line 1 of {name[:8]}")])

    def withdraw(self) -> None:
        """Withdraw the request."""
        self.withdrawn += 1


def taken(**changed: Any) -> Callable[[World], None]:  # noqa: ANN401 - fields of a flight
    """Return the step in which the supervisor has the request in flight."""

    def step(world: World) -> None:
        world.tick.orders[A] = {}
        world.record.traffic.flights = [flight(rerun=A, limits=with_limits(retries=2), **changed)]

    return step


def ends(number: int, exit_code: int, rerun: str = A) -> Callable[[World], None]:
    """Return the step in which a task has ended, as ECS and the ledger know it."""

    def step(world: World) -> None:
        outcome = "failed" if exit_code else "good"
        world.described[arn(number)] = {
            "taskArn": arn(number),
            "clusterArn": CLUSTER,
            "taskDefinitionArn": "",
            "lastStatus": "STOPPED",
            "startedBy": f"ops/rerun/{rerun}",
            "startedAt": NOW,
            "containers": [{"name": "app", "exitCode": exit_code}],
        }
        created = f"2027-01-15T09:00:0{number}Z"
        world.tick.runs[str(number)] = Run(
            arn(number), 3, "STOPPED", created=created, exit_code=exit_code, outcome=outcome, by_hand=True
        )

    return step


def launched(number: int, exit_code: int) -> Callable[[World], None]:
    """Return the step in which an attempt has a task, which has ended by the time at which ECS is asked."""

    def step(world: World) -> None:
        ends(number, exit_code)(world)
        taken(launch=Launch(number, number, 0, calls=1, task=arn(number), cluster=CLUSTER))(world)

    return step


def over(world: World) -> None:
    """End the flight."""
    world.tick.orders[A] = {}
    world.record.traffic.flights = []


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Count the seconds that pass."""
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds
        assert passed[0] < 2000

    for module in (asked_run, following):
        monkeypatch.setattr(module, "_sleep", sleep)
    for module in (asked_run, waiting):
        monkeypatch.setattr(module, "_now", lambda: passed[0])
    return passed


def follow(world: World, limit: timedelta | None = None) -> tuple[Ended, list[str], list[str]]:
    """Return how the run ended, what was said, and the followed tasks."""
    said: list[str] = []
    run = AskedRun(cast("Any", world), Place("eu-central-1", "jobs"), MESSAGE, limit, world.withdraw)
    ended = run.to_the_end(lambda _: None, said.append)
    return ended, said, [one.task for one in run.followed]


def test_follows_each_attempt() -> None:
    """What it waits for is said once each time it changes; the end is the last attempt's."""
    waits = taken(waits="waiting for the lock x, held by the tick t of y")
    steps = [lambda _: None, lambda _: None, waits, waits, launched(1, 3), launched(2, 0), over]
    ended, said, tasks = follow(World(steps))
    assert said == [
        "asked the supervisor",
        "waiting for the lock x, held by the tick t of y; too late after Fri 2027-01-15 08:15 UTC",
        "task 1 on cluster production",
        "task 2 on cluster production",
    ]
    assert (ended.code, ended.exit_code, tasks) == (0, 0, [arn(1), arn(2)])


def test_the_exit_code_is_the_job_s() -> None:
    """All attempts have failed."""
    ended, _, _ = follow(World([launched(1, 3), launched(2, 4), over]))
    assert (ended.code, ended.outcome) == (4, "failed")


def test_an_attempt_between_two_looks_is_not_missed() -> None:
    """Both attempts began and ended meanwhile. The run of another request of the same tick is left out."""

    def step(world: World) -> None:
        for happens in (ends(1, 3), ends(2, 5), ends(3, 0, rerun="0000bbbb"), over):
            happens(world)

    ended, _, tasks = follow(World([lambda _: None, step]))
    assert (ended.code, tasks) == (5, [arn(1), arn(2)])


def test_a_run_that_does_not_begin_says_why() -> None:
    """The exit code is that of a task that did not start."""

    def skipped(world: World) -> None:
        over(world)
        world.tick.reason = "the run that an operator asked for: an earlier tick still runs"

    ended, _, tasks = follow(World([lambda _: None, skipped]))
    assert (ended.code, ended.reason, tasks) == (
        120,
        "the run that an operator asked for: an earlier tick still runs",
        [],
    )


def test_a_request_that_waits_too_long_is_withdrawn_once(pauses: list[float]) -> None:
    """The command ends when the supervisor has taken it back."""

    def wait(world: World) -> None:
        (over if world.withdrawn and pauses[0] > 40 else taken(waits="waiting for capacity"))(world)

    world = World([wait])
    ended, _, _ = follow(world, timedelta(seconds=30))
    assert (world.withdrawn, ended.code, ended.timed_out) == (1, 121, True)


def test_a_supervisor_that_never_answers_is_an_error() -> None:
    """Otherwise a pipeline would wait for ever."""
    world = World([lambda _: None])
    with pytest.raises(OpsError, match=r"^the request was withdrawn, but the supervisor does not end it; "):
        follow(world, timedelta(seconds=30))
    assert world.withdrawn == 1


def test_a_request_that_is_never_taken_is_an_error() -> None:
    """Without a time limit, a pipeline would wait for ever."""
    with pytest.raises(NotStartedError, match=r"^the supervisor has not taken the request 0000aaaa in 15 minutes"):
        follow(World([lambda _: None]))


def test_an_ecs_that_does_not_answer_for_a_while_is_asked_again() -> None:
    """AWS may not answer for a minute. For longer it is an error."""
    world = World([launched(1, 0), over], refusals=29)
    assert follow(world)[0].code == 0
    with pytest.raises(OpsError, match="Could not connect"):
        follow(World([launched(1, 0), over], refusals=30))


def test_a_ledger_that_cannot_be_read_for_a_while_is_read_again() -> None:
    """AWS may not answer for a minute. For longer it is an error."""

    def fail(_: World) -> None:
        raise OpsError("Could not connect")

    assert follow(World([*[fail] * 29, launched(1, 0), *[fail] * 29, over]))[0].code == 0
    with pytest.raises(OpsError, match="Could not connect"):
        follow(World([fail]))


def test_follows_the_invocations_of_a_function() -> None:
    """Only the ledger knows of them. Each one's log is shown until the ledger has its end."""
    names = [f"{alias('web')}/0000000{number}-0000-4000-8000-000000000000" for number in (1, 2)]

    def runs(number: int, outcome: str, rerun: str = A) -> Callable[[World], None]:
        def step(world: World) -> None:
            name = names[number - 1]
            world.record.facts = JobFacts(function=InvokedFunction(alias=alias("web"), log_group="/aws/lambda/web"))
            world.tick.runs[name.rpartition("/")[2]] = Run(
                name, 1, "INVOKED", created=f"2027-01-15T09:00:0{number}Z", outcome=outcome, by_hand=True, rerun=rerun
            )
            taken(launch=Launch(number, number, 0, calls=1, task=name))(world)

        return step

    def ended_meanwhile(world: World) -> None:
        for happens in (runs(2, "failed"), over):
            happens(world)

    shown: list[str] = []
    said: list[str] = []
    world = World([runs(1, "running"), runs(1, "running"), runs(1, "failed"), runs(1, "failed"), ended_meanwhile])
    run = AskedRun(cast("Any", world), Place("eu-central-1", "jobs"), MESSAGE, None, world.withdraw)
    ended = run.to_the_end(lambda line: shown.append(line.text), said.append)
    assert said == [f"invocation {name.rpartition('/')[2]} of web" for name in names]
    assert shown == ["line 1 of 00000001", "line 1 of 00000002"]
    assert (ended.code, ended.outcome, ended.exit_code) == (1, "failed", None)


def test_a_function_goes_on_after_the_time_limit() -> None:
    """Nobody can stop it, so the command withdraws the request and does not wait for the end."""
    name = f"{alias('web')}/00000001-0000-4000-8000-000000000000"

    def runs(world: World) -> None:
        world.record.facts = JobFacts(function=InvokedFunction(alias=alias("web"), log_group="/aws/lambda/web"))
        world.tick.runs[name.rpartition("/")[2]] = Run(
            name, 1, "INVOKED", created="2027-01-15T09:00:01Z", outcome="running", by_hand=True, rerun=A
        )
        taken(launch=Launch(1, 1, 0, calls=1, task=name))(world)

    world = World([runs])
    ended, _, followed = follow(world, timedelta(seconds=30))
    assert (ended.code, ended.outcome, ended.timed_out) == (121, "running", True)
    assert ended.reason == "nobody can stop its invocation, which goes on; no attempt follows"
    assert (world.withdrawn, followed) == (1, [name])


@pytest.mark.parametrize(("limit", "code"), [(None, 3), (timedelta(seconds=3), waiting.TIMED_OUT)])
def test_follows_the_runs_of_workers(limit: timedelta | None, code: int) -> None:
    """The ledger has the end, with the exit code. The supervisor stops the run at the limit, which is waited for."""
    name = f"arn:aws:sqs:eu-central-1:123456789012:jobs-work-web/{'0' * 32}"
    work = WorkQueue(arn=name.rpartition("/")[0], url="https://q", task="web", claims="jobs-claims", log_group="")

    def runs(outcome: str, exit_code: int | None = None) -> Callable[[World], None]:
        def step(world: World) -> None:
            world.record.facts = JobFacts(work=work)
            world.tick.runs["0" * 32] = Run(
                name, 1, "RUNNING", created=MESSAGE.tick, outcome=outcome, exit_code=exit_code, by_hand=True, rerun=A
            )
            taken(launch=Launch(1, 1, 0, calls=1, task=name))(world)

        return step

    def ended(world: World) -> None:
        runs("failed", 3)(world)
        over(world)

    said: list[str] = []
    world = World([*[runs("running")] * 8, runs("failed", 3), runs("failed", 3), ended])
    run = AskedRun(cast("Any", world), Place("eu-central-1", "jobs"), MESSAGE, limit, world.withdraw)
    found = run.to_the_end(lambda _: None, said.append)
    assert said == [f"worker run {'0' * 32} of jobs-work-web", "its log group is not known, so its log is not shown"]
    assert (found.code, found.exit_code, world.withdrawn) == (code, 3, int(limit is not None))
    assert run.kind == run_kinds.WORKER_RUN
