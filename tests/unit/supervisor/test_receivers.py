"""Ticks whose runs are requests to a receiver, which may tell the end later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision.limits import Limits
from tests.unit.supervisor import fake_lambda
from tests.unit.supervisor.fake_lambda import FAILS, GOOD, SILENT, End, alias
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import START
from watch import instants
from watch.facts import InvokedFunction

ENDS_WITHIN = 3600
LIMITS = Limits(start_deadline=900, ends_within=ENDS_WITHIN)
TICK = instants.text(START)
CALLBACK = "https://abc.lambda-url.eu-central-1.on.aws/"
ACCEPTS = End(answer={"state": "accepted"})
ELSEWHERE = End(answer={"state": "elsewhere"})
TIMES_OUT = End(60, "RetriesExhausted", ("RequestTimedOut", "no answer within 60 seconds"))
REFUSES = End(condition="RetriesExhausted", error=("RequestFailed", "answered 503 Service Unavailable: no database"))


def fleet_of(limits: Limits = LIMITS, *ends: End, receiver: str = "fleet") -> Fleet:
    """Return a stack whose job `web` is a request to a receiver. `ends` are those of the first requests."""
    fleet = Fleet({"web": (30, limits)})
    function = InvokedFunction(
        alias=alias("web"), log_group="/aws/lambda/web", receiver=receiver, callback=CALLBACK if receiver else ""
    )
    fleet.ledger.items["web"] = replace(fleet.ledger.items["web"], function=function)
    fleet.ecs.functions.ends = [*ends]
    return fleet


def report(fleet: Fleet, outcome: str = "good", **changed: Any) -> dict[str, Any]:  # noqa: ANN401 - a field
    """Return the report of the end of the first request."""
    [run, *_] = fleet.world.tick("web", START).runs.values()
    told = {"run": run.task, "schedule": "web", "tick": TICK, "launch": 1, "state": "ended", "outcome": outcome}
    return {**told, "at": instants.text(fleet.world.now), **changed}


def outcomes(fleet: Fleet) -> list[tuple[str, str]]:
    """Return the status and the outcome of each run of the first tick, the first one first."""
    runs = fleet.world.tick("web", START).runs.values()
    return [(run.status, run.outcome) for run in sorted(runs, key=lambda run: run.created or "")]


def test_the_event_has_the_address_for_the_callback() -> None:
    """It is that of the item when the tick arrived."""
    fleet = fleet_of()
    fleet.pass_time(60)
    assert [one["callback"] for one in fleet.ecs.functions.events] == [CALLBACK]
    assert fleet.world.tick("web", START).orders[""]["receiver"] == "fleet"
    assert outcomes(fleet) == [("STOPPED", "good")]


def test_a_receiver_tells_the_end_later() -> None:
    """The run goes on until its report. It began with the request."""
    fleet = fleet_of(LIMITS, ACCEPTS)
    fleet.pass_time(1800)
    assert outcomes(fleet) == [("ACCEPTED", "running")]
    assert [*fleet.flights()] == [f"web/{TICK}"]
    fleet.world.watch.take_report(report(fleet))
    [run] = fleet.world.tick("web", START).runs.values()
    assert (run.outcome, run.started, run.stopped) == ("good", "2027-01-04T00:00:02Z", "2027-01-04T00:30:00Z")
    assert (fleet.flights(), fleet.world.alerts()) == ({}, [])


@pytest.mark.parametrize(("first", "helps"), [(TIMES_OUT, None), (REFUSES, True)])
def test_an_earlier_request_may_have_done_the_work(first: End, helps: bool | None) -> None:  # noqa: FBT001
    """The alert does not say that the tick can be run again at once, though the last request began nothing."""
    fleet = fleet_of(replace(LIMITS, retries=1, backoff=10), first, REFUSES)
    fleet.pass_time(900)
    [alert] = fleet.world.alerts()
    assert (alert["attempts"], alert["rerunHelps"]) == (2, helps)
    assert ("an earlier attempt may have done the work" in alert["cause"]) is (helps is None)


def test_a_receiver_reports_a_failure() -> None:
    """The alert has its reason, and a retry follows where the job has one."""
    fleet = fleet_of(replace(LIMITS, retries=1, backoff=10), ACCEPTS)
    fleet.pass_time(60)
    fleet.world.watch.take_report(report(fleet, "failed", reason="no rates\ntoday"))
    fleet.pass_time(60)
    assert outcomes(fleet) == [("STOPPED", "failed"), ("STOPPED", "good")]
    alone = fleet_of(LIMITS, ACCEPTS)
    alone.pass_time(60)
    alone.world.watch.take_report(report(alone, "failed", reason="no rates\ntoday"))
    alone.pass_time(5)
    [alert] = alone.world.alerts()
    assert (alert["class"], alert["reason"]) == ("failed", r"no rates\ntoday")


def test_no_callback_comes() -> None:
    """The run counts as failed once it must have ended. A report that comes after all corrects that."""
    fleet = fleet_of(LIMITS, ACCEPTS)
    fleet.pass_time(ENDS_WITHIN - 10)
    assert outcomes(fleet) == [("ACCEPTED", "running")]
    fleet.pass_time(600)
    assert outcomes(fleet) == [("LOST", "failed")]
    assert fleet.flights().keys() <= {"web/2027-01-04T01:00:00Z"}
    late, alert = fleet.world.alerts()
    assert (late["class"], alert["kind"]) == ("overrun", "ended")
    assert alert["reason"] == (
        "no callback came within 1 hour of the request; the receiver has accepted it, and may have done its work"
    )
    fleet.world.watch.take_report(report(fleet))
    assert outcomes(fleet) == [("STOPPED", "good")]


@pytest.mark.parametrize("answer", [ACCEPTS, ELSEWHERE, GOOD], ids=["accepted", "elsewhere", "good"])
def test_a_report_before_the_record(answer: End) -> None:
    """A record that comes after the report changes nothing."""
    fleet = fleet_of(LIMITS, replace(answer, after=120))
    fleet.pass_time(60)
    assert outcomes(fleet) == [("INVOKED", "running")]
    fleet.world.watch.take_report(report(fleet, "failed"))
    before = fleet.world.tick("web", START)
    fleet.pass_time(300)
    assert fleet.world.tick("web", START) == before
    assert outcomes(fleet) == [("STOPPED", "failed")]


@pytest.mark.parametrize("end", [TIMES_OUT, REFUSES], ids=["timed out", "failed"])
def test_the_answer_was_lost(end: End) -> None:
    """The receiver has the work, and says that it is done. That it is not done is known already."""
    fleet = fleet_of(LIMITS, end)
    fleet.pass_time(100)
    before = fleet.world.tick("web", START)
    fleet.world.watch.take_report(report(fleet, "failed", reason="another one"))
    assert fleet.world.tick("web", START) == before
    fleet.world.watch.take_report(report(fleet))
    [run] = fleet.world.tick("web", START).runs.values()
    assert (run.outcome, run.reason, fleet.world.tick("web", START).outcome) == ("good", "", "good")
    fleet.world.watch.take_report(report(fleet, "failed"))
    assert fleet.world.tick("web", START).outcome == "good"
    fleet.pass_time(5)
    assert [one["class"] for one in fleet.world.alerts()] == [before.alert, "recovered"]


def test_a_retry_has_begun_when_the_receiver_tells_the_end() -> None:
    """It goes on, and the tick stays good."""
    fleet = fleet_of(replace(LIMITS, retries=1, backoff=10), TIMES_OUT, replace(REFUSES, after=600))
    fleet.pass_time(200)
    assert outcomes(fleet) == [("STOPPED", "timed-out"), ("INVOKED", "running")]
    fleet.world.watch.take_report(report(fleet))
    assert fleet.world.tick("web", START).outcome == "good"
    fleet.pass_time(1000)
    assert outcomes(fleet) == [("STOPPED", "good"), ("STOPPED", "failed")]
    assert fleet.world.tick("web", START).outcome == "good"


def test_no_retry_follows_work_that_is_done() -> None:
    """The retry was to begin a minute later."""
    fleet = fleet_of(replace(LIMITS, retries=1, backoff=300), TIMES_OUT)
    fleet.pass_time(100)
    assert fleet.world.tick("web", START).outcome == "waiting"
    fleet.world.watch.take_report(report(fleet))
    assert (fleet.world.tick("web", START).outcome, fleet.flights()) == ("good", {})
    fleet.pass_time(1000)
    assert (len(fleet.ecs.functions.called), fleet.world.alerts()) == (1, [])


def test_a_second_delivery_says_nothing_of_an_accepted_run() -> None:
    """Lambda may deliver an event twice. The receiver has the work, whatever becomes of the second request."""
    fleet = fleet_of(LIMITS, ACCEPTS)
    fleet.pass_time(60)
    for end in (REFUSES, TIMES_OUT, ELSEWHERE, GOOD, ACCEPTS):
        again = fake_lambda.record(alias("web"), "0000beef", fleet.ecs.functions.events[0], end, fleet.world.now)
        fleet.world.watch.take_record(again)
        assert outcomes(fleet) == [("ACCEPTED", "running")]


def test_the_other_delivery_tells_the_end() -> None:
    """A receiver that has the work already answers 409, and that is no end."""
    fleet = fleet_of(LIMITS, ELSEWHERE)
    fleet.pass_time(60)
    assert outcomes(fleet) == [("INVOKED", "running")]
    other = fake_lambda.record(alias("web"), "0000beef", fleet.ecs.functions.events[0], GOOD, fleet.world.now)
    fleet.world.watch.take_record(other)
    assert outcomes(fleet) == [("STOPPED", "good")]


def test_an_accepted_run_whose_launch_had_no_answer() -> None:
    """The record names the launch, and gives it its run."""
    fleet = fleet_of(LIMITS, ACCEPTS)
    fleet.ecs.functions.answers = [SILENT]
    fleet.pass_time(600)
    assert outcomes(fleet) == [("ACCEPTED", "running")]
    fleet.world.watch.take_report(report(fleet))
    assert (outcomes(fleet), len(fleet.ecs.functions.called)) == ([("STOPPED", "good")], 1)


@pytest.mark.parametrize(
    ("end", "outcome", "reason"),
    [
        (TIMES_OUT, "timed-out", "no answer within 60 seconds"),
        (REFUSES, "failed", "answered 503 Service Unavailable: no database"),
        (FAILS, "failed", "ValueError: no rates today"),
    ],
)
def test_how_a_request_ends(end: End, outcome: str, reason: str) -> None:
    """A time-out is one. The names of the function's own errors say nothing to people."""
    fleet = fleet_of(LIMITS, end)
    fleet.pass_time(100)
    [run] = fleet.world.tick("web", START).runs.values()
    assert (run.outcome, run.reason) == (outcome, reason)


@pytest.mark.parametrize("end", [ACCEPTS, ELSEWHERE], ids=["accepted", "elsewhere"])
def test_a_function_may_return_anything(end: End) -> None:
    """Only the function of a receiver says by what it returns that the run goes on."""
    fleet = fleet_of(LIMITS, end, receiver="")
    fleet.pass_time(60)
    assert outcomes(fleet) == [("STOPPED", "good")]
    timed_out = fleet_of(LIMITS, TIMES_OUT, receiver="")
    timed_out.pass_time(100)
    [run] = timed_out.world.tick("web", START).runs.values()
    assert (run.outcome, run.reason) == ("failed", "RequestTimedOut: no answer within 60 seconds")


def test_the_job_becomes_a_function_while_the_request_runs() -> None:
    """The tick has kept that it is a request, though the alias has the same name."""
    fleet = fleet_of(LIMITS, replace(ACCEPTS, after=120))
    fleet.pass_time(60)
    function = InvokedFunction(alias=alias("web"), log_group="/aws/lambda/web")
    fleet.ledger.items["web"] = replace(fleet.ledger.items["web"], function=function)
    fleet.pass_time(120)
    assert outcomes(fleet) == [("ACCEPTED", "running")]


@pytest.mark.parametrize(
    "changed",
    [{"launch": 2}, {"tick": "2027-01-04T07:00:00Z"}, {"rerun": "0000aaaa"}],
    ids=["another launch", "another tick", "no such request"],
)
def test_reports_of_others_change_nothing(changed: dict[str, Any]) -> None:
    """Only a report that names a launch is believed."""
    fleet = fleet_of(LIMITS, ACCEPTS)
    fleet.pass_time(60)
    told = report(fleet, "failed", **changed)
    fleet.world.watch.take_report({**told, "run": told["run"][:-1] + "f"})
    if "launch" not in changed:
        fleet.world.watch.take_report(told)
    assert outcomes(fleet) == [("ACCEPTED", "running")]
    assert fleet.world.alerts() == []


def test_reports_of_another_alias_are_refused() -> None:
    """They end in the queue of what the watch could not handle."""
    fleet = fleet_of(LIMITS, ACCEPTS)
    fleet.pass_time(60)
    with pytest.raises(ValueError, match="has no runs of"):
        fleet.world.watch.take_report(report(fleet, run=f"{alias('other')}/0000beef"))


@settings(max_examples=25)
@given(
    answers=st.lists(st.sampled_from([ACCEPTS, ELSEWHERE, REFUSES, TIMES_OUT]), max_size=4),
    meets=st.lists(st.sampled_from(["", "late", "lost", "doubled"]), max_size=6),
    silent=st.booleans(),
    told=st.lists(st.tuples(st.integers(1, 2 * ENDS_WITHIN), st.sampled_from(["good", "failed"])), max_size=3),
)
def test_whatever_comes_in_whatever_order(
    answers: list[End],
    meets: list[str],
    silent: bool,  # noqa: FBT001 - drawn
    told: list[tuple[int, str]],
) -> None:
    """No launch is called twice, no two requests overlap, and every tick ends. A good end is never taken back."""
    fleet = fleet_of(replace(LIMITS, retries=1, overlap="skip"), *answers)
    fleet.events_meet = meets
    fleet.ecs.functions.answers = [SILENT] if silent else []
    ended: dict[str, str] = {}

    def send(outcome: str) -> None:
        if fleet.ledger.all_ticks().get(("web", TICK)) and fleet.world.tick("web", START).runs:
            fleet.world.watch.take_report(report(fleet, outcome))

    for seconds, outcome in told:
        fleet.after(seconds, partial(send, outcome))
    for _ in range(6 * 6):
        fleet.pass_time(600)
        known = fleet.ledger.all_ticks().get(("web", TICK))
        now = {name: run.outcome for name, run in (known.runs if known else {}).items() if run.outcome == "good"}
        assert {name: now[name] for name in ended} == ended
        ended = now
    launches = [(one["tick"], one["launch"]) for one in fleet.ecs.functions.called]
    assert len(launches) == len(set(launches))
    old = instants.text(fleet.world.now - timedelta(seconds=3 * ENDS_WITHIN))
    assert [one.tick for one in fleet.flights().values() if one.tick < old] == []
    assert fleet.faults == []
