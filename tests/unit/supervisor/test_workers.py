"""Ticks whose runs the workers of a service take."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from supervision.limits import Limits
from supervision.progress import LAST_MOMENT
from supervision.retrying import MOST_SETBACKS
from tests.unit.supervisor.fake_work import WorkLife, queue
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import CLUSTER, START
from watch import instants, supervising
from watch.facts import InvokedFunction, JobFacts, Supervised
from watch.launches import Message

if TYPE_CHECKING:
    from watch.records import Run, Tick

LIMITS = Limits(start_deadline=900, taken_by="worker")
TICK = instants.text(START)
DIES = WorkLife(dies=20)


def fleet_of(limits: Limits = LIMITS, *, minutes: int = 720) -> Fleet:
    """Return a stack whose job `web` is done by workers."""
    return Fleet({"web": (minutes, limits)})


def runs(tick: Tick) -> list[Run]:
    """Return the runs of a tick, the first one first."""
    return sorted(tick.runs.values(), key=lambda run: run.created or "")


def outcomes(fleet: Fleet) -> list[str]:
    """Return the outcomes of the first tick's runs."""
    return [run.outcome for run in runs(fleet.world.tick("web", START))]


def test_a_worker_takes_the_run() -> None:
    """The message names the tick, the launch and the run. The worker's reports say when it began, and how it ended."""
    fleet = fleet_of(replace(LIMITS, timeout=600))
    fleet.work.leave()
    fleet.pass_time(30)
    [run] = runs(fleet.world.tick("web", START))
    assert (run.status, run.created, run.started) == ("QUEUED", "2027-01-04T00:00:02Z", None)
    fleet.work.come(1)
    fleet.pass_time(30)
    [run] = runs(fleet.world.tick("web", START))
    assert (run.status, run.started, run.worker) == ("RUNNING", "2027-01-04T00:00:31Z", "web-4")
    fleet.pass_time(60)
    assert fleet.work.sent == [
        {
            "job": "web",
            "schedule": "web",
            "tick": TICK,
            "attempt": 1,
            "launch": 1,
            "task": "refresh",
            "run": run.task,
            "timeout": 600,
        }
    ]
    [run] = runs(fleet.world.tick("web", START))
    assert (run.outcome, run.exit_code, run.stopped) == ("good", 0, "2027-01-04T00:01:31Z")
    assert (run.created, run.started) == ("2027-01-04T00:00:02Z", "2027-01-04T00:00:31Z")
    assert (fleet.flights(), fleet.world.alerts(), fleet.work.letters) == ({}, [], [])


def test_an_operators_run() -> None:
    """Its message names the request, and its claim is another one."""
    fleet = fleet_of()
    fleet.pass_time(120)
    fleet.send(Message(job="web", schedule="web", tick=TICK, rerun="0000aaaa"))
    fleet.pass_time(120)
    assert (fleet.work.sent[1]["rerun"], fleet.work.sent[1]["trigger"]) == ("0000aaaa", "manual")
    assert [(run.by_hand, run.outcome) for run in runs(fleet.world.tick("web", START))] == [
        (False, "good"),
        (True, "good"),
    ]


def test_a_failed_run_is_repeated() -> None:
    """Each attempt has a message and a claim of its own."""
    fleet = fleet_of(replace(LIMITS, retries=1))
    fleet.work.lives = [WorkLife(exit_code=3)]
    fleet.pass_time(600)
    assert [(one["attempt"], one["launch"]) for one in fleet.work.sent] == [(1, 1), (2, 2)]
    assert [run.exit_code for run in runs(fleet.world.tick("web", START))] == [3, 0]
    assert fleet.world.alerts() == []


def test_a_worker_dies() -> None:
    """The tick runs once more elsewhere, also without `retries`, and nobody is alerted."""
    fleet = fleet_of()
    fleet.work.lives = [DIES]
    fleet.pass_time(600)
    assert outcomes(fleet) == ["interrupted", "good"]
    assert [one["attempt"] for one in fleet.work.sent] == [1, 1]
    assert [run.worker.name for run in fleet.work.runs] == ["web-1", "web-2"]
    assert (fleet.world.alerts(), fleet.work.letters) == ([], [])


def test_workers_die_again_and_again() -> None:
    """After some launches the tick ends, and somebody is told."""
    fleet = fleet_of()
    fleet.work.lives = [DIES] * 9
    fleet.pass_time(3000)
    assert outcomes(fleet) == ["interrupted"] * (MOST_SETBACKS + 1)
    assert [alert["class"] for alert in fleet.world.alerts()] == ["interrupted"]


@pytest.mark.parametrize("life", [WorkLife(hangs=20, lasts=400), WorkLife(cut_off=20, lasts=400)], ids=["hangs", "cut"])
def test_a_worker_is_silent_for_longer_than_its_lease(life: WorkLife) -> None:
    """Another one does the work. The first one finds that the run is its own no more, and stops."""
    fleet = fleet_of()
    fleet.work.lives = [replace(life, runs=300)]
    for _ in range(60):
        fleet.pass_time(10)
        assert len(fleet.work.working()) <= 1
    assert outcomes(fleet) == ["interrupted", "good"]
    assert fleet.world.alerts() == []


def test_the_last_worker_dies() -> None:
    """Nobody receives the message any more, so the watch's check finds that the worker is lost."""
    fleet = fleet_of()
    fleet.work.lives = [DIES]
    fleet.pass_time(10)
    del fleet.work.workers[1:]
    fleet.pass_time(11)
    fleet.work.leave()
    fleet.pass_time(400)
    first, *_ = runs(fleet.world.tick("web", START))
    assert first.outcome == "interrupted"
    assert first.reason == "its worker has not extended its lease, which ended at 2027-01-04T00:01:18Z"
    fleet.work.come(1)
    fleet.pass_time(200)
    assert outcomes(fleet) == ["interrupted", "good"]


def test_nobody_takes_it() -> None:
    """At its start limit it is withdrawn. A worker that comes later finds that, and begins nothing."""
    fleet = fleet_of()
    fleet.work.leave()
    fleet.pass_time(1000)
    [run] = runs(fleet.world.tick("web", START))
    assert (run.outcome, run.started) == ("not-started", None)
    assert run.reason == "the supervisor stopped the run: no worker took it within 15 minutes"
    assert [alert["class"] for alert in fleet.world.alerts()] == ["not-started"]
    fleet.work.come()
    fleet.pass_time(120)
    assert (fleet.work.runs, fleet.work.letters) == ([], [])


@pytest.mark.parametrize(("stubborn", "ended"), [(0, "00:02:18"), (40, "00:02:58")])
def test_a_run_takes_too_long(stubborn: int, ended: str) -> None:
    """The worker learns of it at its next heartbeat, and stops the process. It keeps its lease until that has ended."""
    fleet = fleet_of(replace(LIMITS, timeout=120, overlap="skip"))
    fleet.work.lives = [WorkLife(runs=900, stubborn=stubborn)]
    fleet.pass_time(600)
    [run] = runs(fleet.world.tick("web", START))
    assert (run.outcome, run.exit_code, run.stopped) == ("timed-out", 143, f"2027-01-04T{ended}Z")
    assert run.reason == "the supervisor stopped the run: it ran longer than 2 minutes"
    assert [alert["class"] for alert in fleet.world.alerts()] == ["timed-out"]


def test_all_attempts_take_too_long() -> None:
    """What is in the queue then is withdrawn, and no attempt follows."""
    fleet = fleet_of(replace(LIMITS, total_timeout=300, retries=9, backoff=200))
    fleet.work.lives = [WorkLife(runs=30, exit_code=1)]
    fleet.pass_time(60)
    fleet.work.leave()
    fleet.pass_time(600)
    assert outcomes(fleet) == ["failed", "timed-out"]
    assert len(fleet.work.table.items) == 2
    assert fleet.flights() == {}


@pytest.mark.parametrize("stubborn", [0, 30])
def test_a_tick_replaces_the_one_before(stubborn: int) -> None:
    """The next one begins when the process of the other one has ended, and not before."""
    fleet = fleet_of(replace(LIMITS, overlap="replace", start_deadline=600), minutes=10)
    fleet.work.lives = [WorkLife(runs=3000, stubborn=stubborn)]
    fleet.pass_time(800)
    assert outcomes(fleet) == ["stopped"]
    assert runs(fleet.world.tick("web", START))[0].reason.endswith("the tick 2027-01-04T00:10:00Z replaces it")
    first, second = fleet.work.runs
    assert (first.over, second.began - first.began) == (True, 603 + stubborn)
    assert fleet.world.tick("web", START + timedelta(minutes=10)).outcome == "good"
    assert fleet.world.alerts() == []


@pytest.mark.parametrize("taken", [True, False])
def test_an_operator_withdraws_a_run(*, taken: bool) -> None:
    """A run that a worker has is stopped, and one that is in the queue is not begun. Nobody is alerted."""
    fleet = fleet_of(replace(LIMITS, retries=2))
    fleet.work.lives = [WorkLife(runs=3000)]
    if not taken:
        fleet.work.leave()
    fleet.pass_time(60)
    fleet.send(Message(job="web", schedule="web", tick=TICK, withdraws=True, why="by ops"))
    fleet.pass_time(60)
    fleet.work.come()
    fleet.pass_time(600)
    assert (outcomes(fleet), fleet.flights(), fleet.world.alerts()) == (["stopped"], {}, [])
    assert len(fleet.work.runs) == taken


@pytest.mark.parametrize(
    ("answers", "launches"),
    [
        (["broken"], [1, 1]),
        (["sent, but broken"], [1]),
        (["throttled", "not authorized"], [1, 2, 3]),
        (["no queue"], [1]),
        (["doubled"], [1]),
    ],
    ids=lambda value: value[0] if isinstance(value[0], str) else None,
)
def test_what_sqs_answers(answers: list[str], launches: list[int]) -> None:
    """A message may be sent twice, and delivered twice. The run is claimed once."""
    fleet = fleet_of()
    fleet.work.answers = [*answers]
    fleet.pass_time(600)
    assert [one["launch"] for one in fleet.work.sent] == launches
    assert len({str(one) for one in fleet.work.sent}) == len({*launches}), "equal launches have equal messages"
    refused = answers == ["no queue"]
    assert outcomes(fleet) == ([] if refused else ["good"])
    assert [alert["class"] for alert in fleet.world.alerts()] == ["not-launched"] * refused
    assert fleet.work.faults == []


@pytest.mark.parametrize("answer", ["broken", "sent, but broken"])
def test_sqs_does_not_answer_for_an_hour(answer: str) -> None:
    """The launch is withdrawn before the tick leaves its place, so nobody begins it behind the next tick's back."""
    fleet = fleet_of(replace(LIMITS, overlap="skip"))
    fleet.work.leave()
    fleet.work.answers = [answer] * 999
    fleet.pass_time(LAST_MOMENT)
    assert [*fleet.flights()] == [f"web/{TICK}"]
    fleet.pass_time(180)
    [run] = runs(fleet.world.tick("web", START))
    assert (run.outcome, run.started) == ("not-started", None)
    assert run.reason.startswith("it is unknown whether the work queue has the run, so it was withdrawn; ")
    assert [alert["class"] for alert in fleet.world.alerts()] == ["not-started"]
    assert fleet.flights() == {}
    fleet.work.come()
    fleet.pass_time(60)
    assert (fleet.work.runs, fleet.work.letters) == ([], [])


def test_a_worker_has_what_nobody_knows_to_be_sent() -> None:
    """The supervisor sends it again and again. When it may no longer, the claim shows that the run goes on."""
    fleet = fleet_of(replace(LIMITS, overlap="skip"))
    fleet.work.answers, fleet.events_meet = ["sent, but broken"] * 999, ["lost"]
    fleet.work.lives = [WorkLife(runs=5000)]
    fleet.pass_time(LAST_MOMENT + 120)
    [run] = runs(fleet.world.tick("web", START))
    assert (run.status, run.started) == ("RUNNING", "2027-01-04T00:00:03Z")
    assert fleet.world.alerts() == []


@pytest.mark.parametrize("lost", [1, 2])
def test_reports_are_lost(lost: int) -> None:
    """The watch's check reads the claim: how the run goes on, and how it has ended."""
    fleet = fleet_of()
    fleet.events_meet = ["lost"] * lost
    fleet.work.lives = [WorkLife(runs=400, exit_code=2)]
    fleet.pass_time(310)
    [run] = runs(fleet.world.tick("web", START))
    assert (run.status, run.started) == ("RUNNING", "2027-01-04T00:00:03Z")
    fleet.pass_time(300)
    [run] = runs(fleet.world.tick("web", START))
    assert (run.outcome, run.exit_code, run.stopped) == ("failed", 2, "2027-01-04T00:06:43Z")


def test_a_limit_counts_from_the_claim_although_the_report_was_lost() -> None:
    """The claim says when the run began, so it is not stopped as one that nobody took."""
    fleet = fleet_of(replace(LIMITS, start_timeout=60, timeout=200))
    fleet.events_meet = ["lost"]
    fleet.work.lives = [WorkLife(runs=150)]
    fleet.pass_time(600)
    assert outcomes(fleet) == ["good"]


def test_the_claims_are_removed() -> None:
    """With the last job that workers run, a deployment removes the table. The run is given up."""
    fleet = fleet_of()
    fleet.work.lives = [WorkLife(runs=3000)]
    fleet.pass_time(60)
    fleet.work.table.gone = True
    fleet.pass_time(600)
    assert (outcomes(fleet), fleet.flights()) == (["failed"], {})
    assert runs(fleet.world.tick("web", START))[0].reason.startswith("no claim tells how the run ended")


def test_the_claims_are_removed_before_a_worker_comes() -> None:
    """What is withdrawn then cannot be claimed either."""
    fleet = fleet_of()
    fleet.work.leave()
    fleet.work.table.gone = True
    fleet.pass_time(1200)
    assert (outcomes(fleet), fleet.flights()) == (["not-started"], {})


def test_nobody_may_read_claims_any_more() -> None:
    """No job of the stack is run by workers any more, so the roles have lost that permission. The tick still ends."""
    fleet = fleet_of()
    fleet.work.leave()
    fleet.pass_time(60)
    fleet.remove("web")
    fleet.world.account.refused = {"GetItem", "UpdateItem"}
    fleet.pass_time(900 + LAST_MOMENT + 600)
    assert fleet.flights() == {}


def test_a_claim_that_no_worker_writes() -> None:
    """Whoever may write claims cannot stop the job from being run: the tick ends at its limit."""
    fleet = fleet_of(replace(LIMITS, start_timeout=120))
    fleet.work.leave()
    fleet.pass_time(30)
    [name] = fleet.world.tick("web", START).runs
    fleet.work.table.items[name] = {"run": {"S": name}, "state": {"S": "claimed"}, "launch": {"N": "7"}}
    fleet.pass_time(400)
    assert (outcomes(fleet), fleet.flights(), fleet.faults) == (["not-started"], {}, [])


def test_the_job_moves_to_another_placement() -> None:
    """What has not begun goes to the queue to which the launch role may send now, and the run is named after it."""
    fleet = fleet_of(replace(LIMITS, retries=1, backoff=300))
    fleet.work.lives = [WorkLife(runs=30, exit_code=1)]
    fleet.pass_time(200)
    batch = queue("batch")
    fleet.ledger.items["web"] = replace(fleet.ledger.items["web"], work=batch)
    fleet.work.closed = {queue().url}
    fleet.pass_time(600)
    assert outcomes(fleet) == ["failed", "good"]
    assert [run.task.rpartition("/")[0] for run in runs(fleet.world.tick("web", START))] == [queue().arn, batch.arn]


TASK: dict[str, Any] = {"role": "r", "request": {"Cluster": CLUSTER}, "service": {}}
ALIAS = "arn:aws:lambda:eu-central-1:123456789012:function:web:jobs-web"
WORK: dict[str, Any] = {"role": "r", "queue": queue().arn, "url": queue().url, "task": "refresh"}
FUNCTION: dict[str, Any] = {"role": "r", "function": ALIAS}


@pytest.mark.parametrize(
    ("now", "begun", "moved"),
    [
        ({"work": queue()}, WORK, False),
        ({"work": queue("batch")}, WORK, True),
        ({"work": replace(queue(), task="other")}, WORK, False),
        ({"work": queue()}, TASK, False),
        ({"work": queue()}, FUNCTION, False),
        ({"function": InvokedFunction(alias=ALIAS, log_group="/x")}, WORK, False),
        ({}, WORK, False),
        ({}, {**TASK, "request": {"Cluster": "other"}}, True),
    ],
    ids=[
        "same",
        "another queue",
        "another task",
        "was a task",
        "was a function",
        "is one",
        "is a task",
        "another cluster",
    ],
)
def test_what_is_launched_instead(now: dict[str, Any], begun: dict[str, Any], *, moved: bool) -> None:
    """A tick in flight goes where the job is now, but stays of the kind that its limits are made for."""
    requests = {} if now else {"web": TASK["request"]}
    facts = JobFacts(limits={"web": LIMITS}, supervised=Supervised(role="r", requests=requests), **now)
    found = supervising.instead(facts, "web", begun, for_good=True)
    assert found == (supervising.order(facts, "web") if moved else None)
