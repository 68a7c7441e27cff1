"""The invocation of a function as the run of a tick: the text that names it, and the record of its end. Pure.

Lambda sends the record of an asynchronous invocation to the watch (Lambda Developer Guide, "Capturing records of
asynchronous invocations"). The record repeats the event, which names the tick and the launch. The function of a job
with a receiver sends a request and ends with the answer, so its record may say that the run goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_facts import functions
from aws_facts.arn import Arn
from aws_facts.function_name import FunctionName
from watch import classes, instants, news, untrusted
from watch.names import MANUAL, job_of_schedule
from watch.news import News
from watch.task import Task, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supervision.flights import Flight, Launch
    from watch.records import Run

INVOKED = "INVOKED"
"""The status of a run whose function was invoked. Lambda does not say when the function begins."""
_ENDED = news.BEGUN
"""The version of an end that a record tells. Lambda may deliver an event twice. When a receiver has accepted one
delivery, what becomes of the other one says nothing of the run."""
ACCEPTED, ELSEWHERE = "accepted", "elsewhere"
"""What the function of a receiver may return: the receiver tells the end later, or another delivery of the same event
tells it."""
_OF_REQUEST = {"RequestFailed": classes.FAILED, "RequestTimedOut": classes.TIMED_OUT}
"""The errors of the function of a receiver that has no good answer, or none in time."""

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_TIMED_OUT = re.compile(r"Task timed out after [0-9.]+ seconds")
"""What Lambda says of an invocation that met the function's time limit (Lambda Developer Guide, "Troubleshoot
invocation issues")."""
_SUCCESS, _TOO_OLD = "Success", "EventAgeExceeded"
_LONGEST = 1000
"""Characters of the function's own words that the ledger keeps."""

LONGEST = functions.LONGEST_EVENT_AGE + functions.LONGEST_TIMEOUT
"""Seconds after which every invocation has ended."""

NEVER_RAN = "Lambda did not run the function"
"""Begins the reason of an invocation that was throttled until its event was too old."""
NO_RECORD = "no record of its end came"
"""Begins the reason of a run of which nothing was heard for longer than the function may take."""
NO_CALLBACK = "no callback came"
"""Begins the reason of a run that a receiver has accepted, and of whose end it told nothing."""


@dataclass(frozen=True)
class Invocation:
    """What names an invocation."""

    alias: str
    """The ARN of the alias that was invoked."""
    id: str
    """Lambda's id of the request, by which the log shows the invocation."""

    def __str__(self) -> str:
        """Return the text that stands for the run, where the run of a task has the task's ARN."""
        return f"{self.alias}/{self.id}"

    @property
    def function(self) -> str:
        """The function's name."""
        return FunctionName.of_arn(self.alias).name

    @property
    def region(self) -> str:
        """The function's region."""
        return Arn.parse(self.alias).region


def read(run: str) -> Invocation | None:
    """Return the invocation that a run's text names; None for a task's ARN."""
    if not untrusted.is_invocation(run):
        return None
    alias, _, name = run.rpartition("/")
    return Invocation(alias, name)


def event(flight: Flight, launch: Launch, callback: str = "") -> dict[str, Any]:
    """Return the event of a launch. Equal launches have equal events.

    `callback` is the address at which a receiver tells the end of what it has accepted, if it may.
    """
    by_hand = {"trigger": MANUAL, "rerun": flight.rerun} if flight.rerun else {}
    return {
        "job": flight.job,
        "schedule": flight.schedule,
        "tick": flight.tick,
        "attempt": launch.attempt,
        "launch": launch.number,
        **by_hand,
        **({"callback": callback} if callback else {}),
    }


def launched(invocation: Invocation, flight: Flight, launch: Launch, now: datetime) -> Task:
    """Return the run of an event that Lambda has accepted."""
    return news.handed_over(str(invocation), INVOKED, flight.rerun, launch.number, now)


@dataclass(frozen=True)
class Record:
    """The record of an invocation's end."""

    invocation: Invocation
    schedule: str
    tick: str
    rerun: str
    launch: int
    at: datetime
    """When Lambda wrote the record."""
    verdict: Verdict
    """The meaning of the end for a function that does the work itself."""
    answer: str = ""
    """`ACCEPTED` or `ELSEWHERE` if the function has returned that; empty otherwise."""
    error: str = ""
    """The type of the function's error."""

    @property
    def job(self) -> str:
        """The job of the schedule."""
        return job_of_schedule(self.schedule)

    def news(self, *, of_receiver: bool) -> News | None:
        """Return what the record tells of the run; None if another delivery of the event tells it.

        `of_receiver` is whether the function sends the request of a receiver. Any other function may return anything.
        """
        verdict: Verdict | None = self.verdict
        if of_receiver and self.answer == ELSEWHERE:
            return None
        if of_receiver and self.verdict.outcome == classes.FAILED and self.error in _OF_REQUEST:
            verdict = Verdict(_OF_REQUEST[self.error], None, self.verdict.reason.removeprefix(f"{self.error}: "))
        accepted = of_receiver and self.answer == ACCEPTED
        return News(
            run=str(self.invocation),
            schedule=self.schedule,
            tick=self.tick,
            rerun=self.rerun,
            launch=self.launch,
            status=news.ACCEPTED if accepted else news.ENDED,
            version=_ENDED,
            at=self.at,
            verdict=None if accepted else verdict,
        )


def is_record(event: Mapping[str, Any]) -> bool:
    """Return whether an event is the record of an invocation."""
    return "requestContext" in event and "requestPayload" in event


def record(event: Mapping[str, Any]) -> Record:
    """Return what a record says; ValueError, with the value quoted, for a value that no launch of this program has."""
    context, given = event["requestContext"], event["requestPayload"]
    if not isinstance(given, dict):
        raise ValueError(f"the event of the invocation is {untrusted.quoted(str(given))}")  # noqa: TRY004
    rerun, name = untrusted.rerun_id(str(given.get("rerun", ""))), str(context["requestId"])
    if not _ID.fullmatch(name):
        raise ValueError(f"the record has the request {untrusted.quoted(name)}")
    said = _said(event)
    state = said.get("state") if not said.get("errorType") else None
    return Record(
        Invocation(untrusted.alias_arn(context["functionArn"]), name),
        untrusted.checked_schedule(given["schedule"]),
        untrusted.instant(given["tick"]),
        rerun,
        untrusted.whole(given["launch"]) or 0,
        datetime.fromisoformat(event["timestamp"]).astimezone(UTC).replace(microsecond=0),
        _verdict(str(context.get("condition", "")), event),
        answer=state if state in (ACCEPTED, ELSEWHERE) else "",
        error=str(said.get("errorType") or ""),
    )


def _said(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the function returned, or its error; empty for anything but an object of JSON."""
    said = event.get("responsePayload")
    return said if isinstance(said, dict) else {}


def _verdict(condition: str, event: Mapping[str, Any]) -> Verdict:
    """Return how an invocation ended. Without an error of the function, what is no success did not run."""
    answered = event.get("responseContext") or {}
    failed = answered.get("functionError")
    if condition == _SUCCESS and not failed:
        return Verdict(classes.GOOD, None, "")
    if condition == _TOO_OLD or not failed:
        return Verdict(classes.NOT_STARTED, None, f"{NEVER_RAN}: {untrusted.visible(condition)[:_LONGEST]}")
    words = _words(_said(event))
    limit = _TIMED_OUT.search(words)
    return Verdict(classes.TIMED_OUT, None, limit[0]) if limit else Verdict(classes.FAILED, None, words)


def _words(said: Mapping[str, Any]) -> str:
    """Return the type and the message of an error, as Lambda's runtimes write them."""
    kind, message = str(said.get("errorType") or ""), str(said.get("errorMessage") or "")
    told = ": ".join(filter(None, (kind, message))) or "the function failed and gave no reason"
    return untrusted.visible(told)[:_LONGEST]


def lost(run: Run, within: int | None) -> str:
    """Return why a run counts as failed of whose end nothing was heard, within some seconds if that is known."""
    if run.status == news.ACCEPTED:
        wait = f" within {instants.length(within)} of the request" if within is not None else ""
        return f"{NO_CALLBACK}{wait}; the receiver has accepted it, and may have done its work"
    found = read(run.task)
    name = f"the invocation {found.id} of {found.function}" if found else "the invocation"
    began = untrusted.visible(run.created or "")
    return f"{NO_RECORD}: {name} began at {began}, and may have done its work"
