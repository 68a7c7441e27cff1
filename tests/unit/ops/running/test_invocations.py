"""The invocations of functions, as the operators' commands see them: in the ledger alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from ops.commands import stop
from ops.errors import OpsError
from ops.known_jobs import KnownJob
from ops.running import going_on, invocation_log
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
    logs = invocation_log.of(account, INVOCATION, "/aws/lambda/web", instants.text(START))
    assert [[line.text for line in logs.new_lines()] for _ in range(3)] == [[], ["line 0", "line 1"], ["line 2"]]
    assert asked[0] == ("/aws/lambda/web", INVOCATION.id, START)


def test_a_log_that_nobody_knows() -> None:
    """The facts of a removed job may be gone."""
    with pytest.raises(OpsError, match=r"the ledger has no log group of it"):
        invocation_log.of(cast("Any", None), INVOCATION, "", "")
