"""Ticks whose runs are invocations of a function."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.limits import Limits
from tests.unit.supervisor import fake_lambda
from tests.unit.supervisor.fake_lambda import BROKEN, FAILS, GOOD, HANGS, SILENT, STARVES, THROTTLED, End, alias
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import START
from watch import instants, invocations, supervising
from watch.facts import InvokedFunction, JobFacts, Supervised
from watch.launches import Message

if TYPE_CHECKING:
    from watch.records import Tick

ENDS_WITHIN = 600
LIMITS = Limits(start_deadline=900, ends_within=ENDS_WITHIN)
RETRIED = Limits(start_deadline=900, ends_within=ENDS_WITHIN, retries=2, backoff=30)
TICK = instants.text(START)


def fleet_of(limits: Limits = LIMITS, *, minutes: int = 30) -> Fleet:
    """Return a stack whose job `web` is a function."""
    return Fleet({"web": (minutes, limits)})


def outcomes(tick: Tick) -> list[str]:
    """Return the outcomes of a tick's runs, the first one first."""
    return [run.outcome for run in sorted(tick.runs.values(), key=lambda run: run.created or "")]


def test_the_run_of_a_tick_is_an_invocation() -> None:
    """The event names the tick and the launch, and the record of its end ends the run."""
    fleet = fleet_of()
    fleet.pass_time(4)
    assert [*fleet.flights()] == [f"web/{TICK}"]
    fleet.pass_time(60)
    assert fleet.ecs.functions.events == [{"job": "web", "schedule": "web", "tick": TICK, "attempt": 1, "launch": 1}]
    [run] = fleet.world.tick("web", START).runs.values()
    assert invocations.read(run.task) == invocations.Invocation(alias("web"), "00000001-0000-4000-8000-000000000000")
    assert (run.outcome, run.started, run.stopped) == ("good", "2027-01-04T00:00:02Z", "2027-01-04T00:00:07Z")
    assert (fleet.flights(), fleet.world.alerts()) == ({}, [])


@pytest.mark.parametrize(
    ("end", "outcome", "reason"),
    [
        (FAILS, "failed", "ValueError: no rates today"),
        (HANGS, "timed-out", "Task timed out after 30.00 seconds"),
        (STARVES, "not-started", "Lambda did not run the function: EventAgeExceeded"),
    ],
)
def test_how_an_invocation_ends(end: End, outcome: str, reason: str) -> None:
    """Each bad end is an alert with Lambda's words."""
    fleet = fleet_of()
    fleet.ecs.functions.ends = [end]
    fleet.pass_time(1000)
    [run] = fleet.world.tick("web", START).runs.values()
    assert (run.outcome, run.reason, run.exit_code) == (outcome, reason, None)
    [alert] = fleet.world.alerts()
    assert (alert["class"], alert["reason"], alert["stop"]) == (outcome, reason, None)


def test_a_run_that_failed_is_repeated() -> None:
    """Each attempt is an invocation of its own, whose event says which attempt it is."""
    fleet = fleet_of(RETRIED)
    fleet.ecs.functions.ends = [FAILS, HANGS]
    fleet.pass_time(600)
    assert [(one["attempt"], one["launch"]) for one in fleet.ecs.functions.events] == [(1, 1), (2, 2), (3, 3)]
    tick = fleet.world.tick("web", START)
    assert (outcomes(tick), tick.outcome) == (["failed", "timed-out", "good"], "good")
    assert fleet.world.alerts() == []


def test_lambda_refuses_the_event() -> None:
    """What was refused is certain not to run, so it is invoked again, under another number."""
    fleet = fleet_of()
    fleet.ecs.functions.answers = [THROTTLED, THROTTLED]
    fleet.pass_time(120)
    assert [one["launch"] for one in fleet.ecs.functions.called] == [1, 2, 3]
    assert len(fleet.ecs.functions.events) == 1
    assert outcomes(fleet.world.tick("web", START)) == ["good"]


@pytest.mark.parametrize("end", [GOOD, FAILS, HANGS], ids=["good", "failed", "hung"])
def test_an_invocation_without_an_answer(end: End) -> None:
    """The record of its end names the launch. Until then nobody invokes the function again."""
    fleet = fleet_of()
    fleet.ecs.functions.answers, fleet.ecs.functions.ends = [SILENT], [end]
    fleet.pass_time(1500)
    assert len(fleet.ecs.functions.called) == 1
    assert fleet.flights() == {}
    [run] = fleet.world.tick("web", START).runs.values()
    assert run.outcome != "running"
    assert (run.outcome == "good") == (end is GOOD)


def test_nobody_learns_whether_the_function_was_invoked() -> None:
    """It is called once. The tick holds its place for as long as a run may go on, and then a person is told."""
    fleet = fleet_of()
    fleet.ecs.functions.answers = [BROKEN]
    fleet.pass_time(ENDS_WITHIN - 60)
    assert [*fleet.flights()] == [f"web/{TICK}"]
    fleet.pass_time(700)
    assert (fleet.flights(), len(fleet.ecs.functions.called)) == ({}, 1)
    tick = fleet.world.tick("web", START)
    assert (tick.outcome, tick.runs) == ("not-launched", {})
    assert tick.reason.startswith("it is unknown whether the function was invoked")
    [alert] = fleet.world.alerts()
    assert alert["cause"].startswith("Lambda did not answer the invocation")


def test_a_record_that_comes_after_all() -> None:
    """The tick was given up, and the function has run. The record corrects the outcome."""
    fleet = fleet_of()
    fleet.ecs.functions.answers, fleet.events_meet = [SILENT], ["late"]
    fleet.pass_time(1200)
    assert fleet.world.tick("web", START).outcome == "not-launched"
    fleet.pass_time(2000)
    assert fleet.world.tick("web", START).outcome == "good"


def test_no_record_comes() -> None:
    """A run that must have ended counts as failed. If the record comes after all, it counts as what it was."""
    fleet = fleet_of()
    fleet.events_meet = ["late"]
    fleet.pass_time(ENDS_WITHIN - 10)
    assert outcomes(fleet.world.tick("web", START)) == ["running"]
    fleet.pass_time(600)
    [run] = fleet.world.tick("web", START).runs.values()
    assert (run.outcome, run.status) == ("failed", "LOST")
    assert run.reason.startswith(
        "no record of its end came: the invocation 00000001-0000-4000-8000-000000000000 of web"
    )
    assert fleet.flights() == {}
    fleet.pass_time(2000)
    assert outcomes(fleet.world.tick("web", START)) == ["good"]


def test_lambda_delivers_twice() -> None:
    """A second record of a launch changes nothing, whether it is the same or of another delivery of the event."""
    fleet = fleet_of()
    fleet.events_meet, fleet.ecs.functions.ends = ["doubled"], [FAILS]
    fleet.pass_time(300)
    before = fleet.world.tick("web", START)
    again = fake_lambda.record(alias("web"), "0000beef", fleet.ecs.functions.events[0], GOOD, fleet.world.now)
    fleet.world.watch.take_record(again)
    assert fleet.world.tick("web", START) == before
    assert len(fleet.world.alerts()) == 1


@pytest.mark.parametrize("meets", ["doubled", "late", "lost", "given up"])
def test_a_tick_that_comes_in_another_way(meets: str) -> None:
    """The function is invoked once."""
    fleet = fleet_of()
    fleet.ticks_meet = [meets]
    fleet.pass_time(1000)
    assert len(fleet.ecs.functions.called) == 1
    assert fleet.world.tick("web", START).outcome == "good"


@pytest.mark.parametrize(("overlap", "runs"), [("allow", 3), ("skip", 1), ("queue", 2)])
def test_ticks_that_overlap(overlap: str, runs: int) -> None:
    """The supervisor keeps the order, not Lambda's concurrency."""
    fleet = fleet_of(Limits(start_deadline=300, ends_within=900, overlap=overlap), minutes=5)
    fleet.ecs.functions.usual = End(700)
    fleet.pass_time(899)
    assert len(fleet.ecs.functions.events) == runs
    assert fleet.ecs.functions.most == (3 if overlap == "allow" else 1)


def test_an_operator_withdraws_a_run() -> None:
    """Nothing can stop the invocation, and nothing is tried. No further attempt follows it."""
    fleet = fleet_of(RETRIED)
    fleet.ecs.functions.usual = End(100, FAILS.condition, FAILS.error)
    fleet.pass_time(60)
    fleet.send(Message(job="web", schedule="web", tick=TICK, withdraws=True, why="by ops"))
    fleet.pass_time(600)
    assert len(fleet.ecs.functions.events) == 1
    assert fleet.flights() == {}


def test_an_operators_run() -> None:
    """Its event names the request, and its record finds it again."""
    fleet = fleet_of()
    fleet.pass_time(60)
    fleet.send(Message(job="web", schedule="web", tick=TICK, rerun="0000aaaa"))
    fleet.pass_time(60)
    assert fleet.ecs.functions.events[1]["rerun"] == "0000aaaa"
    assert fleet.ecs.functions.events[1]["trigger"] == "manual"
    assert [run.by_hand for run in fleet.world.tick("web", START).runs.values()] == [False, True]
    assert outcomes(fleet.world.tick("web", START)) == ["good", "good"]
    assert fleet.flights() == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"tick": "2027-01-04T07:00:00Z"},
        {"launch": 2},
        {"rerun": "0000aaaa"},
    ],
)
def test_events_of_others_change_nothing(changed: dict[str, Any]) -> None:
    """Whoever may invoke the alias chooses the event. Only one that names a launch is believed."""
    fleet = fleet_of()
    fleet.ecs.functions.ends = [End(600)]
    fleet.pass_time(60)
    event = {**fleet.ecs.functions.events[0], **changed}
    fleet.world.watch.take_record(fake_lambda.record(alias("web"), "0000beef", event, FAILS, fleet.world.now))
    fleet.pass_time(60)
    assert [*fleet.flights()] == [f"web/{TICK}"]
    assert outcomes(fleet.world.tick("web", START)) == ["running"]


def test_records_of_other_functions_are_refused() -> None:
    """They end in the queue of what the watch could not handle."""
    fleet = fleet_of()
    fleet.pass_time(60)
    record = fake_lambda.record(alias("other"), "0000beef", fleet.ecs.functions.events[0], FAILS, fleet.world.now)
    with pytest.raises(ValueError, match="has no runs of"):
        fleet.world.watch.take_record(record)


def test_the_job_gets_another_function_while_it_runs() -> None:
    """The tick has kept what it invoked, so the record of the old function still ends it."""
    fleet = fleet_of()
    fleet.ecs.functions.ends = [End(300)]
    fleet.pass_time(60)
    other = fake_lambda.alias("other")
    known = fleet.ledger.items["web"]
    fleet.ledger.items["web"] = replace(known, function=InvokedFunction(alias=other, log_group="/aws/lambda/other"))
    fleet.pass_time(700)
    assert outcomes(fleet.world.tick("web", START)) == ["good"]


@settings(max_examples=25)
@given(
    kills=st.sets(st.integers(0, 60), max_size=4),
    answers=st.lists(st.sampled_from([THROTTLED, BROKEN, SILENT]), max_size=3),
    ends=st.lists(st.sampled_from([FAILS, HANGS, STARVES]), max_size=3),
    meets=st.lists(st.sampled_from(["", "late", "lost", "doubled"]), max_size=4),
)
def test_whatever_goes_wrong(kills: set[int], answers: list[str], ends: list[End], meets: list[str]) -> None:
    """No launch is called twice, no two attempts overlap, and every tick ends."""
    fleet = fleet_of(Limits(start_deadline=900, ends_within=ENDS_WITHIN, retries=1, overlap="skip"))
    fleet.kills, fleet.events_meet = kills, meets
    fleet.ecs.functions.answers, fleet.ecs.functions.ends = answers, ends
    fleet.pass_time(3 * 3600)
    launches = [(one["tick"], one["launch"]) for one in fleet.ecs.functions.called]
    assert len(launches) == len(set(launches))
    assert fleet.ecs.functions.most <= 1
    assert fleet.faults == []
    old = instants.text(fleet.world.now - timedelta(seconds=2 * ENDS_WITHIN))
    assert [one.tick for one in fleet.flights().values() if one.tick < old] == []


@pytest.mark.parametrize(
    ("now", "begun", "expected"),
    [
        ("web", {"role": "r", "function": alias("web")}, None),
        ("other", {"role": "r", "function": alias("web")}, {"role": "launch", "function": alias("other")}),
        ("web", {"role": "r", "request": {"Cluster": "c"}, "service": {}}, None),
        (None, {"role": "r", "function": alias("web")}, None),
    ],
    ids=["the same", "another function", "was a task", "is a task"],
)
def test_a_job_that_has_moved(now: str | None, begun: dict[str, Any], expected: dict[str, Any] | None) -> None:
    """A tick in flight takes the present function, and stays an invocation or a task: its limits are those of one."""
    facts = JobFacts(
        limits={"web": LIMITS},
        supervised=Supervised(role="launch", requests={} if now else {"web": {"Cluster": "c"}}),
        function=InvokedFunction(alias=alias(now), log_group="/x") if now else None,
    )
    assert supervising.instead(facts, "web", begun, for_good=True) == expected
