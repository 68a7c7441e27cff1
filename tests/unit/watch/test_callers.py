"""What the caller of a receiver says is what the watch reads: ends of requests, acceptances and callbacks."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest

from caller import answer, callback
from caller.answer import Answer
from caller.failures import RequestFailed, RequestTimedOut
from caller.words import told
from tests.unit.supervisor.fake_lambda import End, alias, record
from tests.unit.watch.world import START
from watch import causes, invocations, news, reports, run_kinds

ID = "8f0e2a4c-1111-4222-8333-444455556666"
EVENT = {"job": "web", "schedule": "web.night", "tick": "2027-01-04T00:00:00Z", "attempt": 2, "launch": 3}


def told_of(end: End) -> news.News | None:
    """Return what the record of a request's end tells."""
    return invocations.record(record(alias("web"), ID, EVENT, end, START)).news(of_receiver=True)


def answered(status: int, phrase: str, *, location: str = "", accepts: bool = True) -> End:
    """Return how a request ends that a receiver answers."""
    try:
        found = answer.result(Answer(status, phrase, location, b"no rates"), callback=accepts)
    except RequestFailed as failure:
        words = told(failure.why, failure.quote, [])
        return End(condition="RetriesExhausted", error=(type(failure).__name__, words))
    return End(answer=found)


@pytest.mark.parametrize(
    ("status", "state", "outcome"),
    [(200, "STOPPED", "good"), (204, "STOPPED", "good"), (202, "ACCEPTED", None), (409, None, None)],
)
def test_good_answers(status: int, state: str | None, outcome: str | None) -> None:
    """The watch takes what the caller returns for what it means."""
    found = told_of(answered(status, "x"))
    assert (found and found.status, found and found.verdict and found.verdict.outcome) == (state, outcome)


@pytest.mark.parametrize(
    ("end", "cause"),
    [
        (answered(202, "Accepted", accepts=False), "wants to tell the end later"),
        (answered(301, "Moved", location="https://b.test/x"), "correct its url"),
        (answered(401, "Unauthorized"), "does not accept the proof"),
        (answered(403, "Forbidden"), "does not accept the proof"),
        (answered(404, "Not Found"), "has no function of this name"),
        (answered(500, "Internal Server Error"), "whose log shows why"),
        (answered(502, "Bad Gateway"), "so the work may be done"),
        (answered(503, "Service Unavailable"), "no server of the receiver was ready"),
    ],
)
def test_bad_answers(end: End, cause: str) -> None:
    """Each has a likely cause, and the name of the caller's error is not part of the reason."""
    found = told_of(end)
    assert found is not None
    assert found.verdict is not None
    assert found.verdict.outcome == "failed"
    assert found.verdict.reason.startswith("answered ")
    guess = causes.of("failed", None, found.verdict.reason, [], found.tick, kind=run_kinds.REQUEST).guess
    assert cause in (guess or "")


@pytest.mark.parametrize("status", [one for one in HTTPStatus if one >= 300 and one != HTTPStatus.CONFLICT])
def test_every_bad_answer_has_a_cause(status: HTTPStatus) -> None:
    """Only answers by which the receiver has begun nothing let somebody run the tick again without a look."""
    found = told_of(answered(status.value, status.phrase))
    assert found is not None
    assert found.verdict is not None
    cause = causes.of("failed", None, found.verdict.reason, [], found.tick, kind=run_kinds.REQUEST)
    assert cause.guess is not None
    assert bool(cause.rerun_helps) is (status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@pytest.mark.parametrize(("error", "outcome"), [(RequestTimedOut, "timed-out"), (RequestFailed, "failed")])
def test_errors_of_the_caller(error: type[Exception], outcome: str) -> None:
    """The watch knows them by their names."""
    found = told_of(End(condition="RetriesExhausted", error=(error.__name__, "no answer within 60 seconds")))
    assert found is not None
    assert found.verdict is not None
    assert (found.verdict.outcome, found.verdict.reason) == (outcome, "no answer within 60 seconds")


@pytest.mark.parametrize("outcome", ["good", "failed"])
@pytest.mark.parametrize("rerun", ["", "0000aaaa"])
def test_a_callback_is_a_report(outcome: str, rerun: str) -> None:
    """The caller hands a receiver's words on in a form that the watch reads."""
    said: dict[str, Any] = {name: EVENT[name] for name in ("schedule", "tick", "launch")}
    said |= {
        "run": f"{alias('web')}/{ID}",
        "outcome": outcome,
        "reason": "no rates",
        **({"rerun": rerun} if rerun else {}),
    }
    made = callback.report(json.dumps(said).encode(), alias=alias("web"), job="web", now=START.timestamp())
    assert reports.is_report(made)
    found = reports.read(made, START)
    assert (found.run, found.schedule, found.launch, found.rerun, found.at) == (
        said["run"],
        "web.night",
        3,
        rerun,
        START,
    )
    assert found.verdict is not None
    assert (found.verdict.outcome, found.verdict.reason, found.version) == (outcome, "no rates", news.OVER)
