"""What a worker does with a message: claim its run, or settle what became of another one's claim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from . import aws, claims, instants, logs
from .attending import Attended, attend
from .claims import LEASE
from .messages import MalformedError, Message
from .outages import Outage
from .runs import FAILED, GOOD, INTERRUPTED, STOPPED, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .claims import Claim, Claims
    from .clock import Clock
    from .reports import Reporter
    from .runs import Run
    from .signals import Signals

VISIBILITY = 60
"""Seconds for which nobody else gets a message."""
_PERSISTS = 15 * 60.0
"""Seconds for which a worker tries to write down how a run ended."""


@dataclass(frozen=True)
class Queue:
    """The work queue, for the messages that a worker has received."""

    client: Any
    """boto3's client of SQS."""
    url: str

    def keep(self, receipt: str) -> None:
        """Keep a message from others for a while more."""
        self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=VISIBILITY)

    def give_back(self, receipt: str) -> None:
        """Let somebody else have a message now."""
        self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=0)

    def delete(self, receipt: str) -> None:
        """Delete a message."""
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=receipt)


@dataclass(frozen=True)
class _Claimed:
    """A run that this worker has."""

    run: Run
    """With its token."""
    at: float
    """When it was claimed, in seconds since 1970."""
    since: float
    """The same by the steady clock."""


@dataclass(frozen=True)
class Handler:
    """Handles one message after another."""

    tasks: Mapping[str, Callable[[Run], object]]
    """The registered functions, by name."""
    claims: Claims
    reporter: Reporter
    clock: Clock
    signals: Signals
    grace: float
    """Seconds that a job may go on after SIGTERM."""

    def take(self, queue: Queue, received: Mapping[str, Any]) -> None:
        """Do what a message asks for. It stays in the queue until nothing remains to be done.

        Raises the errors of AWS's client. The message then comes again.
        """
        receipt = received["ReceiptHandle"]
        try:
            message = Message.read(received["Body"])
        except MalformedError as error:
            logs.trouble("malformed-message", error=str(error), id=received.get("MessageId"))
            queue.delete(receipt)
            return
        claimed = self._claimed(message.run)
        if claimed is not None:
            self._run(queue, receipt, message, claimed)
        elif self._is_settled(message):
            queue.delete(receipt)

    def _claimed(self, run: Run) -> _Claimed | None:
        """Claim a run; return None if it has been claimed before."""
        found = self.claims.find(run.id)
        if found is None:
            claimed = replace(run, token=self.claims.next_token(run.job, self.clock.now()))
            now, since = self.clock.now(), self.clock.steady()
            if self.claims.begin(claimed, now, now + LEASE):
                return _Claimed(claimed, now, since)
            found = self.claims.find(run.id)
        if found is None or not self.claims.is_mine(found) or found.lease_end <= self.clock.now():
            return None
        # A worker has one run at a time, and tries to write its end for longer than a lease. So this is a claim that
        # was written, although AWS did not say so.
        mine, now, since = replace(run, token=found.token), self.clock.now(), self.clock.steady()
        extended = self.claims.extend(mine, now + LEASE)
        return _Claimed(mine, now, since) if extended is not None and extended.state == claims.CLAIMED else None

    def _is_settled(self, message: Message) -> bool:
        """Return whether nothing remains to be done for a launch that has a claim."""
        run, found = message.run, self.claims.find(message.run.id)
        if found is None or (found.is_open and found.lease_end > self.clock.now()):
            return False
        if found.is_open:
            if not self.claims.lose(run.id, found, self.clock.now()):
                return False
            found = self.claims.find(run.id) or found
        if found.state != claims.STOPPED:
            self._report_again(message, found)
        return True

    def _report_again(self, message: Message, found: Claim) -> None:
        """Report what the claim says, for the holder: people find the log of the run there, not here."""
        run, reporter = replace(message.run, token=found.token), replace(self.reporter, worker=found.holder)
        reporter.ended(run, message.name, found.verdict, found.started, found.ended)

    def _run(self, queue: Queue, receipt: str, message: Message, claimed: _Claimed) -> None:
        """Run a claimed launch to its end, and tell of it."""
        run, worker = claimed.run, self.reporter.worker
        logs.started(run, message.name, worker)
        self._report_start(message, claimed)
        verdict = self._verdict(queue, receipt, message, claimed)
        now = self.clock.now()
        logs.ended(run, message.name, worker, verdict, self.clock.steady() - claimed.since)
        told = self._write_end(run, verdict, now)
        if told is not None:
            self.reporter.ended(run, message.name, told, instants.text(claimed.at), instants.text(now))
        queue.delete(receipt)

    def _verdict(self, queue: Queue, receipt: str, message: Message, claimed: _Claimed) -> Verdict:
        task = self.tasks.get(message.task)
        if task is None:
            known = ", ".join(map(repr, sorted(self.tasks))) or "none"
            return Verdict(FAILED, None, f"no function is registered as {message.task!r}; registered: {known}")

        def extend() -> Claim | None:
            return self.claims.extend(claimed.run, self.clock.now() + LEASE)

        attended = Attended(
            work=partial(task, claimed.run),
            since=claimed.since,
            timeout=message.timeout,
            grace=self.grace,
            extend=extend,
            keep_message=partial(queue.keep, receipt),
        )
        return attend(attended, self.clock, self.signals)

    def _report_start(self, message: Message, claimed: _Claimed) -> None:
        """Report the start. The report of the end has it too, so that this one may be lost."""
        try:
            self.reporter.began(claimed.run, message.name, instants.text(claimed.at))
        except aws.ERRORS as error:
            logs.trouble("start-not-reported", run=message.name, error=str(error))

    def _write_end(self, run: Run, verdict: Verdict, now: float) -> Verdict | None:
        """End the claim, and return how the run ended; None if it is not this worker's any more.

        While AWS does not answer, the work that is done must not be forgotten: else it would be done again.
        """
        outage, since = Outage(), self.clock.steady()
        while True:
            try:
                told = self._written_end(run, verdict, now)
            except aws.ERRORS as error:
                wait = outage.goes_on(error)
                grace_end = self.signals.grace_end(self.grace)
                now_steady = self.clock.steady()
                if now_steady > since + _PERSISTS or (grace_end is not None and now_steady > grace_end):
                    raise
                self.clock.wait([self.signals.fileno()], wait)
                self.signals.clear()
            else:
                outage.is_over()
                return told

    def _written_end(self, run: Run, verdict: Verdict, now: float) -> Verdict | None:
        if self.claims.end(run, verdict, now):
            return verdict
        found = self.claims.find(run.id)
        if found is None or not self.claims.is_mine(found) or found.token != run.token:
            return None
        if found.state == claims.ENDED:
            return found.verdict
        asked = _as_asked(verdict, found)
        return asked if self.claims.end(run, asked, now, claims.STOPPING) else None


def _as_asked(verdict: Verdict, found: Claim) -> Verdict:
    """Return how a run ended that was to be stopped: as whoever stopped it has it, unless it was done before."""
    if verdict.outcome == GOOD:
        return verdict
    outcome = STOPPED if found.verdict.outcome == INTERRUPTED else found.verdict.outcome
    return replace(verdict, outcome=outcome, reason=found.verdict.reason or verdict.reason)
