"""The invocations of functions, as the operators' commands see them: in the ledger alone."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from ops import known_jobs
from ops.commands import run, stop
from ops.errors import OpsError
from ops.known_jobs import KnownJob
from ops.running import chosen_run, going_on, named_log
from ops.stack import Place
from supervision.flights import Launch
from tests.unit.supervision.flying import LIMITS, flight
from tests.unit.supervisor.fake_lambda import alias
from tests.unit.watch.world import START
from watch import instants
from watch.facts import InvokedFunction, JobFacts
from watch.invocations import Invocation
from watch.records import JobRecord, OpenRun
from watch.watched_account import InvocationLog, LogLine

if TYPE_CHECKING:
    from datetime import datetime

INVOCATION = Invocation(alias("web"), "00000001-0000-4000-8000-000000000000")
PLACE = Place("eu-central-1", "jobs-production")


def known(*, rerun: str = "") -> KnownJob:
    """Return a job whose function runs."""
    one = flight(rerun=rerun, limits=LIMITS, launch=Launch(1, 1, 0, calls=1, task=str(INVOCATION)))
    record = JobRecord("web", open={INVOCATION.id: OpenRun(str(INVOCATION), "", "web", one.tick, one.tick)})
    record.traffic.flights = [one]
    facts = JobFacts(function=InvokedFunction(alias=alias("web"), log_group="/aws/lambda/web"))
    return KnownJob("web", record, facts, {"web": "UTC"}, deployed=True)


@pytest.mark.parametrize("rerun", ["", "0000aaaa"])
def test_what_goes_on_is_in_the_ledger(rerun: str) -> None:
    """AWS is not asked: it lists no invocations."""
    job = known(rerun=rerun)
    [found] = going_on.of_known(cast("Any", None), PLACE, job, "web")
    assert (found.task, found.id, found.status, found.by_hand) == (
        str(INVOCATION),
        INVOCATION.id,
        "INVOKED",
        bool(rerun),
    )
    assert going_on.of_known(cast("Any", None), PLACE, job, "web.night") == []


def test_what_stop_says_of_an_invocation() -> None:
    """Nobody can stop it, and the line says what is done instead."""
    [one] = known().record.traffic.flights
    assert stop._waits_line(one) == (
        f"tick {one.tick} of web: its invocation {INVOCATION.id} of web goes on, and no attempt follows"
    )


@pytest.mark.parametrize(("last", "waits", "left"), [(False, 1, 0), (True, 0, 1)])
def test_an_invocation_that_no_attempt_follows_goes_on_too(
    monkeypatch: pytest.MonkeyPatch, *, last: bool, waits: int, left: int
) -> None:
    """There is nothing to withdraw, but it would be false to say that no run goes on."""
    job = known()
    job.record.traffic.flights[0].last = last
    monkeypatch.setattr(known_jobs, "find", lambda *_: job)
    opened: Any = SimpleNamespace(ledger=None)
    found = stop._find(cast("Any", None), PLACE, opened, "web")
    assert [len(part) for part in found] == [0, waits, left]
    for one in found[2]:
        assert stop._left(one).startswith(f"invocation {INVOCATION.id} of web, tick {one.tick}, which goes on since ")


@pytest.mark.parametrize("name", [str(INVOCATION), INVOCATION.id])
def test_an_invocation_cannot_be_stopped_by_its_id(name: str) -> None:
    """ECS is not asked for it, and the message says what can be done while it goes on."""
    job = known()
    opened: Any = SimpleNamespace(
        ledger=SimpleNamespace(jobs=lambda _: {"report": JobRecord("report"), "web": job.record})
    )
    said = f"^nobody can stop the invocation {INVOCATION.id} of web; `stop web` lets no attempt follow it$"
    with pytest.raises(OpsError, match=said):
        stop._find(cast("Any", None), PLACE, opened, name)
    job.record.open.clear()
    with pytest.raises(OpsError, match=f"^no invocation {INVOCATION.id} goes on, and nobody could stop it$"):
        stop._find(cast("Any", None), PLACE, opened, name)


def test_a_task_is_not_looked_for_where_functions_run() -> None:
    """A function has no cluster."""
    container = JobFacts(cluster="arn:aws:ecs:eu-central-1:123456789012:cluster/production")
    jobs = {"web": known().facts, "report": container}
    asked: list[str] = []

    def tasks(cluster: str, _: object) -> list[Any]:
        asked.append(cluster)
        return []

    account: Any = SimpleNamespace(tasks=tasks)
    opened: Any = SimpleNamespace(ledger=SimpleNamespace(deployed_jobs=lambda _: jobs, jobs=lambda _: {}))
    with pytest.raises(OpsError, match=r"ECS knows no task 0{32} on production; "):
        going_on.of_run(account, PLACE, opened, "0" * 32)
    assert asked == [container.cluster]


def test_an_interrupted_command_does_not_offer_to_stop_an_invocation() -> None:
    """It offers to withdraw the request."""
    assert [run._withdrawal("0a", one)[0] for one in ("invocation", "request", "task", "worker run")] == [
        "Withdraw the request 0a?",
        "Withdraw the request 0a?",
        "Withdraw the request 0a, and stop its task?",
        "Withdraw the request 0a, and stop its run?",
    ]


def test_a_log_of_no_invocation_is_refused_in_its_words() -> None:
    """A job that a function runs has no tasks."""
    assert chosen_run._none(known(), "web", "0a", None) == "no run of web has the invocation 0a"


def test_a_log_is_shown_once() -> None:
    """All of it is read at each look, and only what is new is returned."""
    asked: list[tuple[str, str, datetime]] = []

    def whole(group: str, name: str, since: datetime) -> InvocationLog | None:
        asked.append((group, name, since))
        if len(asked) == 1:
            return None
        lines = [LogLine(START + timedelta(seconds=number), f"line {number}\n") for number in range(len(asked))]
        return InvocationLog("stream", lines)

    account: Any = type("Account", (), {"log_events": None, "lines_of_invocation": staticmethod(whole)})
    logs = named_log.of(account, str(INVOCATION), "/aws/lambda/web", instants.text(START))
    assert [[line.text for line in logs.new_lines()] for _ in range(3)] == [[], ["line 0", "line 1"], ["line 2"]]
    assert asked[0] == ("/aws/lambda/web", INVOCATION.id, START)


def test_a_log_that_nobody_knows() -> None:
    """The facts of a removed job may be gone."""
    with pytest.raises(OpsError, match=r"the ledger has no log group of it"):
        named_log.of(cast("Any", None), str(INVOCATION), "", "")
