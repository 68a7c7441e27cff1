"""Runs the latest tick that a hold has kept from running, once for each schedule, when the hold is over."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.running import again, launch, started
from watch import due, instants
from watch.classes import HELD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from holds.hold import Hold
    from ops.operator_account import OperatorAccount
    from ops.pausing.holding import HeldGroup
    from ops.stack import Place
    from watch.facts import ScheduleFacts
    from watch.records import JobRecord


@dataclass(frozen=True)
class Caught:
    """What was done about the latest held tick of a schedule."""

    schedule: str
    tick: str
    what: str
    """What was started."""
    error: str = ""
    """Why nothing was started."""

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.schedule}, tick {self.tick}: {self.error or self.what}"

    def to_plain(self) -> dict[str, str | None]:
        """Return it as JSON values."""
        return {"schedule": self.schedule, "tick": self.tick, "started": self.what or None, "error": self.error or None}


@dataclass(frozen=True)
class CatchingUp:
    """The ticks that ended holds have kept from running."""

    account: OperatorAccount
    place: Place
    held: HeldGroup
    ended: Sequence[Hold]

    def last(self) -> Iterator[Caught]:
        """Start the latest held tick of each schedule that is enabled again, unless something has run of it.

        A hold keeps no process of a service from running a job by itself, and nobody else can run it.
        The token is made of the hold, so that a repeated command starts nothing twice.
        """
        now, records = self.held.now, self.held.records()
        for name, one in sorted(self.held.schedules().items()):
            hold = next((hold for hold in self.ended if hold.covers(one.job, one.owner)), None)
            facts = self.held.jobs[one.job].schedules.get(name) if one.job in self.held.jobs else None
            if hold is None or facts is None or not one.enabled or self.held.jobs[one.job].in_process:
                continue
            tick = _latest(facts, records.get(one.job), name, now)
            if tick is not None and tick >= hold.works_from:
                yield from self._run(hold, name, tick)

    def _run(self, hold: Hold, name: str, tick: datetime) -> Iterator[Caught]:
        text = instants.text(tick)
        try:
            recorded = self.account.recorded(self.place, name, text)
            if recorded is None or (recorded.outcome == HELD and not recorded.has_run):
                yield Caught(name, text, self._start(hold, name, text))
        except OpsError as error:
            yield Caught(name, text, "", str(error))

    def _start(self, hold: Hold, name: str, tick: str) -> str:
        schedule = self.account.schedule(self.place, name)
        nonce = hashlib.sha256(hold.id.encode()).hexdigest()[: launch.NONCE]
        begun = again.prepare(self.account, self.place, schedule, tick, nonce, insists=False).start()
        if begun.request:
            return f"asked the supervisor (request {begun.request})"
        return f"started task {', '.join(started.last(one.task) for one in begun.tasks)}"


def _latest(facts: ScheduleFacts, record: JobRecord | None, name: str, now: datetime) -> datetime | None:
    """Return the latest tick that Scheduler does not launch any more; None when it is not known.

    A rate counts from a tick that the ledger knows.
    """
    known = record.schedules.get(name) if record else None
    seen = max([*(known.seen[-1:] if known else ()), (known.checked if known else None) or ""])
    before = now - due.PRECISION - timedelta(minutes=facts.window)
    return due.times(facts).previous(before, anchor=instants.read(seen) if seen else None)
