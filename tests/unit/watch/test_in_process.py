"""Ticks whose runs the processes of a service begin by themselves. Nothing is launched, and reports tell of runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.limits import Limits
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import PLACE, START
from watch import instants
from watch.facts import InProcess, JobFacts, ScheduleFacts, Supervised
from watch.launches import Message
from watch.names import claimed_run

if TYPE_CHECKING:
    from datetime import datetime

    from watch.records import Run, Tick

TABLE = f"arn:aws:dynamodb:{PLACE}:table/jobs-production-claims"
TICK = instants.text(START)
DEADLINE = 600
LIMITS = Limits(start_deadline=DEADLINE, taken_by="process")
FACTS = JobFacts(
    owner="data",
    schedules={"web": ScheduleFacts(expression="cron(0/30 * * * ? *)")},
    limits={"web": LIMITS},
    supervised=Supervised(role="", requests={}),
    in_process=InProcess(claims=TABLE),
)


def fleet_of(**changed: Any) -> Fleet:  # noqa: ANN401 - a fact
    """Return a stack whose job `web` is in-process, with a tick every half hour."""
    fleet = Fleet({"web": (30, LIMITS)})
    facts = replace(FACTS, **changed)
    fleet.ledger.items["web"] = facts
    fleet.world.account.known = replace(fleet.world.account.known, jobs={"web": facts})
    return fleet


def report(state: str, at: datetime, outcome: str = "good", tick: str = TICK, **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - a field
    """Return what a process reports of a tick."""
    ended = {"outcome": outcome, "exit_code": None, "reason": ""} if state == "ended" else {}
    run = f"{TABLE}/{claimed_run('web', tick, '', 1)}"
    told = {"run": run, "schedule": "web", "tick": tick, "launch": 1, "rerun": "", "state": state, "worker": "web-1"}
    return {**told, "at": instants.text(at), **ended, **changed}


def tell(fleet: Fleet, state: str, outcome: str = "good", **changed: Any) -> None:  # noqa: ANN401 - a field
    """Let a process report now."""
    fleet.world.watch.take_report(report(state, fleet.world.now, outcome, **changed))


def first(fleet: Fleet) -> Tick:
    """Return the first tick."""
    return fleet.world.tick("web", START)


def only_run(fleet: Fleet) -> Run:
    """Return the run of the first tick."""
    [run] = first(fleet).runs.values()
    return run


def test_a_process_claims_a_tick() -> None:
    """The tick waits, nothing is called, and the reports give its run."""
    fleet = fleet_of()
    fleet.pass_time(10)
    assert (first(fleet).outcome, first(fleet).reason) == ("waiting", "")
    assert [one.waits for one in fleet.flights().values()] == ["no process has claimed it"]
    tell(fleet, "started")
    assert (first(fleet).outcome, only_run(fleet).status, only_run(fleet).worker) == ("running", "RUNNING", "web-1")
    fleet.pass_time(60)
    tell(fleet, "ended")
    run = only_run(fleet)
    assert (run.outcome, run.started, run.stopped) == ("good", "2027-01-04T00:00:10Z", "2027-01-04T00:01:10Z")
    fleet.pass_time(1200)
    assert (fleet.flights(), fleet.world.alerts(), fleet.ecs.asked) == ({}, [], [])


def test_a_process_begins_before_its_tick_is_taken() -> None:
    """The run is as old as its work, so that an alert reads the log from the beginning."""
    fleet = fleet_of()
    fleet.pass_time(10)
    fleet.world.watch.take_report(report("started", START))
    assert (only_run(fleet).created, only_run(fleet).started) == (TICK, TICK)
    tell(fleet, "ended", "failed")
    assert (only_run(fleet).created, only_run(fleet).started) == (TICK, TICK)


def test_nobody_claims_a_tick() -> None:
    """It is too late at its deadline, and the alert says why. A late run corrects that."""
    fleet = fleet_of()
    fleet.pass_time(DEADLINE - 1)
    assert first(fleet).outcome == "waiting"
    fleet.pass_time(400)
    assert (first(fleet).outcome, first(fleet).reason, fleet.flights()) == ("too-late", "no process has claimed it", {})
    [alert] = fleet.world.alerts()
    assert (alert["class"], alert["reason"]) == ("too-late", "no process has claimed it")
    tell(fleet, "started")
    assert first(fleet).outcome == "running"
    tell(fleet, "ended")
    assert first(fleet).outcome == "good"
    fleet.pass_time(5)
    assert [one["class"] for one in fleet.world.alerts()] == ["too-late", "recovered"]


def test_a_run_fails() -> None:
    """It is alerted with the reason of the process, and not repeated: the processes decide that."""
    fleet = fleet_of()
    fleet.pass_time(10)
    tell(fleet, "started")
    tell(fleet, "ended", "failed", reason="ValueError: no rates today")
    fleet.pass_time(900)
    [alert] = fleet.world.alerts()
    assert (alert["class"], alert["reason"]) == ("failed", "ValueError: no rates today")
    assert len(first(fleet).runs) == 1


@pytest.mark.parametrize("meets", ["lost", "late", "doubled", "given up"])
def test_a_tick_arrives_after_its_report(meets: str) -> None:
    """The processes do not wait for Scheduler. The tick is known by its report."""
    fleet = fleet_of()
    fleet.ticks_meet = [meets]
    tell(fleet, "started")
    fleet.pass_time(1000)
    assert (first(fleet).outcome, len(first(fleet).runs)) == ("running", 1)
    tell(fleet, "ended")
    fleet.pass_time(600)
    assert (first(fleet).outcome, fleet.flights(), fleet.world.alerts()) == ("good", {}, [])


def test_an_operator_asks_for_a_run() -> None:
    """It is refused with the reason, and the tick goes on as it was."""
    fleet = fleet_of()
    fleet.pass_time(10)
    fleet.send(Message(job="web", schedule="web", tick=TICK, rerun="0000aaaa", insists=True))
    fleet.pass_time(60)
    assert first(fleet).reason == (
        "the run that an operator asked for: the processes of the service begin its runs by themselves, "
        "so nobody else can"
    )
    assert (first(fleet).outcome, [*fleet.flights()]) == ("waiting", [f"web/{TICK}"])
    assert (fleet.ecs.asked, fleet.world.alerts()) == ([], [])


def test_nobody_can_stop_a_run() -> None:
    """Nothing is called for a withdrawal, neither before nor after a process has claimed the tick."""
    fleet = fleet_of()
    fleet.pass_time(10)
    tell(fleet, "started")
    fleet.send(Message(job="web", schedule="web", tick=TICK, withdraws=True, why="by ops"))
    fleet.pass_time(700)
    assert first(fleet).outcome == "running"
    tell(fleet, "ended")
    assert (first(fleet).outcome, fleet.flights()) == ("good", {})


def test_nobody_reports_the_end() -> None:
    """The run counts as failed a day later. A report that comes after all corrects it."""
    fleet = fleet_of()
    fleet.pass_time(10)
    tell(fleet, "started")
    fleet.pass_time(24 * 3600 - 400)
    assert (only_run(fleet).outcome, only_run(fleet).status) == ("running", "RUNNING")
    fleet.pass_time(900)
    assert (only_run(fleet).outcome, only_run(fleet).status) == ("failed", "LOST")
    assert only_run(fleet).reason == (
        "no report of its end came: the run began at 2027-01-04T00:00:10Z, on web-1, and may have done its work"
    )
    tell(fleet, "ended", started="2027-01-04T00:00:10Z")
    assert only_run(fleet).outcome == "good"


def claim(fleet: Fleet, lease: datetime, state: str = "claimed", **texts: str) -> None:
    """Let the first tick have a claim in the table."""
    id_ = claimed_run("web", TICK, "", 1)
    given = {
        "run": id_,
        "schedule": "web",
        "tick": TICK,
        "rerun": "",
        "state": state,
        "holder": "web-1",
        "started": TICK,
    }
    numbers = {"launch": {"N": "1"}, "lease": {"N": str(int(lease.timestamp()))}}
    fleet.work.table.items[id_] = {**{name: {"S": text} for name, text in {**given, **texts}.items()}, **numbers}


def test_a_process_is_lost() -> None:
    """Its lease has ended, which the check finds. Another process may take the claim over, and its report counts."""
    fleet = fleet_of()
    fleet.pass_time(10)
    claim(fleet, START + timedelta(seconds=290))
    tell(fleet, "started")
    fleet.pass_time(300)
    assert only_run(fleet).outcome == "running"
    fleet.pass_time(300)
    assert (only_run(fleet).outcome, only_run(fleet).status) == ("interrupted", "LOST")
    assert only_run(fleet).reason == "its process has not extended its lease, which ended at 2027-01-04T00:04:50Z"
    assert fleet.work.table.items[claimed_run("web", TICK, "", 1)]["state"] == {"S": "claimed"}
    tell(fleet, "started", worker="web-2")
    tell(fleet, "ended", worker="web-2")
    assert (only_run(fleet).outcome, only_run(fleet).worker) == ("good", "web-2")


def test_the_reports_of_a_run_are_lost() -> None:
    """The check finds in the claim how it ended."""
    fleet = fleet_of()
    fleet.pass_time(10)
    tell(fleet, "started")
    ended = {"ended": "2027-01-04T00:02:00Z", "outcome": "failed", "reason": "ValueError: x"}
    claim(fleet, START + timedelta(days=1), state="ended", **ended)
    fleet.pass_time(300)
    run = only_run(fleet)
    assert (run.outcome, run.reason, run.stopped) == ("failed", "ValueError: x", "2027-01-04T00:02:00Z")


def test_a_claim_goes_on_for_more_than_a_day() -> None:
    """A lease that is extended says that the run goes on, however long it takes."""
    fleet = fleet_of()
    fleet.pass_time(10)
    claim(fleet, START + timedelta(days=9))
    tell(fleet, "started")
    fleet.pass_time(25 * 3600)
    assert only_run(fleet).outcome == "running"


def test_a_run_takes_long() -> None:
    """It is an overrun like any other."""
    fleet = fleet_of(longest_run=300)
    fleet.pass_time(10)
    tell(fleet, "started")
    fleet.pass_time(700)
    [alert] = fleet.world.alerts()
    assert (alert["class"], alert["limit"]) == ("overrun", 300)


def test_a_tick_is_not_done_in_time() -> None:
    """`done_by` holds for it too."""
    fleet = fleet_of(done_by={"web": "5m"})
    fleet.pass_time(400)
    [alert] = fleet.world.alerts()
    assert (alert["class"], alert["task"]) == ("not-done", None)


def test_the_job_is_removed_while_a_run_goes_on() -> None:
    """Its run still ends. Later ticks of the service are nobody's."""
    fleet = fleet_of()
    fleet.pass_time(10)
    tell(fleet, "started")
    fleet.remove("web")
    tell(fleet, "ended")
    assert only_run(fleet).outcome == "good"
    fleet.pass_time(1800)
    tell(
        fleet,
        "started",
        tick="2027-01-04T00:30:00Z",
        run=f"{TABLE}/{claimed_run('web', '2027-01-04T00:30:00Z', '', 1)}",
    )
    assert ("web", "2027-01-04T00:30:00Z") not in fleet.ledger.all_ticks()


def test_a_tick_of_the_future_is_refused() -> None:
    """It would be the latest good tick for ever."""
    fleet = fleet_of()
    fleet.pass_time(10)
    with pytest.raises(ValueError, match="is not due yet"):
        tell(fleet, "started", tick="2027-01-04T00:30:00Z")


def test_a_tick_older_than_any_claim_is_refused() -> None:
    """Nobody can have claimed it once alone, and its record would be the first one for ever."""
    fleet = fleet_of()
    fleet.pass_time(10)
    for tick in ("2020-01-01T00:00:00Z", "2026-12-20T00:00:00Z"):
        with pytest.raises(ValueError, match="is older than any claim"):
            tell(fleet, "started", tick=tick)
    tell(fleet, "started", tick="2026-12-22T00:00:00Z")


def test_an_item_that_nobody_can_read() -> None:
    """Lambda brings a report again that may be of a run. The end of a known run is taken all the same."""
    fleet = fleet_of()
    fleet.pass_time(10)
    tell(fleet, "started")
    fleet.ledger.unreadable_items = {"web"}
    tell(fleet, "ended")
    assert only_run(fleet).outcome == "good"
    fleet.world.now = START + timedelta(minutes=30)
    tick = "2027-01-04T00:30:00Z"
    with pytest.raises(LookupError, match="must come again"):
        tell(fleet, "started", tick=tick, run=f"{TABLE}/{claimed_run('web', tick, '', 1)}")


def test_a_job_of_another_kind_takes_no_such_report() -> None:
    """Only the processes of an in-process job begin runs by themselves."""
    fleet = fleet_of(limits={"web": Limits(start_deadline=600, taken_by="worker")})
    fleet.ticks_meet = ["lost"]
    tell(fleet, "started")
    assert ("web", TICK) not in fleet.ledger.all_ticks()


ENDS = ("good", "failed", "interrupted", "timed-out", "stopped", "not-started")
AGAIN = (0, 60, 180)
"""Seconds after which Lambda invokes the watch again that was killed (Lambda Developer Guide, "Understanding retry
behavior in Lambda")."""


@settings(max_examples=100, deadline=None)
@given(
    outcome=st.sampled_from(ENDS),
    meets=st.sampled_from(["", "late", "lost", "doubled", "given up"]),
    begins=st.lists(st.integers(0, 1500), min_size=1, max_size=3),
    ends=st.lists(st.integers(0, 1500), min_size=1, max_size=3),
    kills=st.sets(st.integers(0, 60), max_size=2),
)
def test_whatever_order_reports_come_in(
    outcome: str, meets: str, begins: list[int], ends: list[int], kills: set[int]
) -> None:
    """The tick has one run with the end that was reported, and each trouble is alerted once.

    Both reports come, once or several times, before or after the tick and its deadline, in any order.
    """
    fleet = fleet_of()
    fleet.kills, fleet.ticks_meet = kills, [meets]
    began, ended = report("started", START), report("ended", START + timedelta(seconds=30), outcome)
    for event, moments in ((began, begins), (ended, ends)):
        for moment in moments:
            for again in AGAIN:
                fleet.after(moment + again, partial(_deliver, fleet, event))
    fleet.pass_time(1795)
    [run] = first(fleet).runs.values()
    assert (run.outcome, first(fleet).outcome, run.status) == (outcome, outcome, "STOPPED")
    assert (fleet.flights(), fleet.faults, fleet.ecs.asked) == ({}, [], [])
    told = [*{one["id"]: one["class"] for one in fleet.world.alerts() if one["kind"] == "alert"}.values()]
    may_be_late = min(*begins, *ends) + AGAIN[-1] > DEADLINE
    if outcome in ("good", "stopped"):
        assert told == [] or (may_be_late and told == ["too-late"])
    else:
        assert len(told) == 1  # one that was killed between sending and recording sends the same message again


def _deliver(fleet: Fleet, event: dict[str, Any]) -> None:
    fleet.invoke(lambda: fleet.world.watch.take_report(event))
