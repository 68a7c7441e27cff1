"""Tests of how the runs of a backfill get on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from ops.backfilling import flying
from ops.backfilling.flying import End, Observer, Request, Tasks
from supervision.flights import Flight
from supervision.limits import Limits
from supervision.traffic import Traffic
from watch.records import JobRecord, Run, Tick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watch.ledger import TickKey

AT = "2027-02-02T01:00:00Z"
KEY = ("report", AT)
CLUSTER = "arn:aws:ecs:eu-central-1:123456789012:cluster/staging"
A, B = (f"arn:aws:ecs:eu-central-1:123456789012:task/staging/{name}" for name in ("0a", "0b"))


def run(arn: str, outcome: str, *, by_hand: bool = False, created: str = AT) -> Run:
    """Return a run of a task."""
    return Run(arn, 3, "STOPPED", outcome=outcome, by_hand=by_hand, created=created, exit_code=0)


def tick(*runs: Run, outcome: str = "failed", reason: str = "", orders: Sequence[str] = ()) -> Tick:
    """Return a tick with these runs, and these requests."""
    made = {one.task.rpartition("/")[2]: one for one in runs}
    return Tick("report", *KEY, outcome, reason=reason, runs=made, orders={name: {} for name in orders})


def flight(rerun: str = "") -> Flight:
    """Return the tick in flight."""
    return Flight(*KEY, Limits(start_deadline=900), 0, 0, 0, rerun=rerun)


def described(arn: str, exit_code: int | None = None) -> dict[str, Any]:
    """Return a task as ECS describes it: one that runs has no exit code."""
    status = "RUNNING" if exit_code is None else "STOPPED"
    container = {"name": "app", **({} if exit_code is None else {"exitCode": exit_code})}
    return {"taskArn": arn, "clusterArn": CLUSTER, "lastStatus": status, "containers": [container]}


@dataclass
class Aws:
    """ECS and the ledger, which change between two looks."""

    tasks_: list[dict[str, Any]] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    flights: list[Flight] = field(default_factory=list)

    def tasks(self, cluster: str, arns: Sequence[str]) -> list[dict[str, Any]]:
        """Return those of these tasks that ECS knows."""
        assert cluster == CLUSTER
        return [one for one in self.tasks_ if one["taskArn"] in arns]

    def some_ticks(self, keys: Sequence[TickKey], _unreadable: object) -> dict[TickKey, Tick]:
        """Return those of these ticks that the ledger has."""
        return {one.key: one for one in self.ticks if one.key in keys}

    def load(self, job: str, *, locks: Sequence[str]) -> tuple[JobRecord, dict[TickKey, Tick]]:
        """Return the job's record."""
        assert not locks
        return JobRecord(job, traffic=Traffic(self.flights)), {}


@pytest.fixture
def aws() -> Aws:
    """Return ECS and the ledger, which know nothing."""
    return Aws()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds that the clock shows, as a list of one."""
    shown = [100.0]
    monkeypatch.setattr(flying, "_now", lambda: shown[0])
    return shown


def look(aws: Aws, one: Tasks | Request) -> End | None:
    """Return the end of the tick, if it has ended."""
    return Observer(cast("Any", aws), cast("Any", aws), "report", "report").ended({AT: one}).get(AT)


def tasks(*arns: str, began: float = 100.0) -> Tasks:
    """Return tasks that were started."""
    return Tasks(cluster=CLUSTER, arns=arns, container="app", began=began)


def request(*, sent: float = 100.0) -> Request:
    """Return a request that was sent, of a tick with a run before."""
    return Request(id="0c0c0c0c", before=frozenset({"0a"}), sent=sent)


def test_a_tick_ends_with_the_last_of_its_tasks(aws: Aws) -> None:
    """It is good if all are, and each task is looked at until its end."""
    one = tasks(A, B)
    aws.tasks_ = [described(A, 3), described(B)]
    assert look(aws, one) is None
    aws.tasks_ = [described(B, 0)]
    end = look(aws, one)
    assert end is not None
    assert (end.outcome, end.exit_code) == ("failed", 3)


def test_a_new_task_may_be_unknown(aws: Aws, clock: list[float]) -> None:
    """After a minute it counts as lost."""
    one = tasks(A)
    clock[0] = 160.0
    assert look(aws, one) is None
    clock[0] = 160.1
    assert look(aws, one) == End(outcome="failed", reason=f"ECS does not know the task {A}; how it ended is not known")


@pytest.mark.parametrize(("outcome", "expected"), [("good", "good"), ("running", "failed")])
def test_the_ledger_knows_how_a_task_ended_that_ecs_has_forgotten(aws: Aws, outcome: str, expected: str) -> None:
    """A machine that slept for an hour asks too late."""
    one = tasks(A)
    aws.tasks_ = [described(A)]
    assert look(aws, one) is None
    aws.tasks_, aws.ticks = [], [tick(run(A, outcome))]
    end = look(aws, one)
    assert end is not None
    assert end.outcome == expected


@pytest.mark.usefixtures("clock")
def test_a_request_is_over_when_it_has_arrived_and_is_not_in_flight(aws: Aws) -> None:
    """It ends as its run, not as a run before."""
    one = request()
    aws.ticks = [tick(run(A, "good"), orders=[""])]
    assert look(aws, one) is None
    aws.flights = [flight(one.id)]
    aws.ticks = [tick(run(A, "good"), orders=["", one.id])]
    assert look(aws, one) is None
    aws.flights = [flight("0d0d0d0d")]
    aws.ticks = [tick(run(A, "good"), run(B, "failed", by_hand=True), orders=["", one.id])]
    assert look(aws, one) == End(outcome="failed", exit_code=0)


def test_a_request_that_nobody_takes(aws: Aws, clock: list[float]) -> None:
    """After a quarter of an hour the backfill does not wait any longer."""
    one = request()
    clock[0] = 1000.0
    assert look(aws, one) is None
    clock[0] = 1000.1
    said = "the supervisor has not taken the request 0c0c0c0c in 15 minutes, but still may"
    assert look(aws, one) == End(outcome="not-launched", reason=said)


@pytest.mark.parametrize(
    ("recorded", "id_", "outcome"),
    [
        (tick(run(B, "failed"), run(A, "good")), "0c0c0c0c", "failed"),
        (tick(run(A, "good")), "0c0c0c0c", "not-launched"),
        (tick(outcome="skipped"), "", "skipped"),
        (tick(run(B, "good", created="1"), run(B[:-1] + "c", "failed", created="2")), "0c0c0c0c", "good"),
        (tick(run(B, "failed", created="1"), run(B[:-1] + "c", "stopped", created="2")), "0c0c0c0c", "stopped"),
    ],
    ids=["its run", "no run", "no run of the schedule", "a good attempt", "the last attempt"],
)
def test_how_a_request_has_ended(recorded: Tick, id_: str, outcome: str) -> None:
    """By the runs that are new."""
    assert flying.end_of(recorded, Request(id=id_, before=frozenset({"0a"}))).outcome == outcome


@pytest.mark.parametrize(("rerun", "before"), [("0c0c0c0c", {"0a"}), ("", {"0b"})], ids=["by hand", "of the schedule"])
def test_what_the_supervisor_has_in_flight_is_a_request(rerun: str, before: set[str]) -> None:
    """The runs of the other kind are not its own."""
    recorded = tick(run(A, "failed"), run(B, "running", by_hand=True))
    found = flying.goes_on(recorded, JobRecord("report", traffic=Traffic([flight(rerun)])))
    assert isinstance(found, Request)
    assert (found.id, {*found.before}) == (rerun, before)


def test_what_else_runs_are_tasks() -> None:
    """Only those that have not ended."""
    found = flying.goes_on(tick(run(A, "failed"), run(B, "running")), JobRecord("report"))
    assert isinstance(found, Tasks)
    assert (found.cluster, found.arns) == (CLUSTER, [B])
