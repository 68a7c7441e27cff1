"""A schedule group as an operator pauses and resumes it: its holds, its schedules, and the changes of their states."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from holds import keeping, switching
from holds.hold import Hold, HoldError
from holds.standing import Schedule, Standing
from holds.storage import Storage
from ops import aws_errors, progress, warn
from ops.errors import OpsError
from watch import instants
from watch.names import job_of_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from holds.keeping import Outcome
    from holds.standing import Step
    from holds.switching import Switched
    from ops.operator_account import OperatorAccount
    from ops.stack import Place
    from watch.facts import JobFacts
    from watch.records import JobRecord, OpenRun

_AT_ONCE = 8
"""Schedules that are changed at the same time. AWS throttles at 50 requests a second or more; boto3 then waits."""
_LEFT = timedelta(minutes=10)
"""What must be left of a hold for its end to be changed. The watch removes a hold that is over."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A hold that an operator asks for."""

    reason: str
    jobs: tuple[str, ...]
    owners: tuple[str, ...]
    begin: datetime | None
    """None: now."""
    until: datetime | None
    """None: `length` after the begin."""
    length: timedelta


class HeldGroup:
    """A group with a watch, which lifts and removes the holds that are over."""

    def __init__(self, account: OperatorAccount, place: Place) -> None:
        """Find the group's ledger; OpsError when the group has no watch."""
        self._account, self._place = account, place
        self._opened = account.ledger(place)
        self._storage = Storage(account.ssm, place.group)
        self._now = self._opened.now
        self._own: dict[str, Hold] = {}
        """The holds that were stored here. AWS does not promise that the next reading has them."""

    @cached_property
    def jobs(self) -> Mapping[str, JobFacts]:
        """The deployed jobs."""
        with aws_errors.explained():
            return self._opened.ledger.deployed_jobs(partial(warn.of_foreign, "item"))

    @property
    def now(self) -> datetime:
        """AWS's time at the last reading of the holds."""
        return self._now

    def records(self) -> Mapping[str, JobRecord]:
        """Return what the watch has recorded of each job."""
        with aws_errors.explained():
            return self._opened.ledger.jobs(partial(warn.of_foreign, "record"))

    def running(self, hold: Hold) -> list[tuple[str, OpenRun]]:
        """Return the runs that go on of the jobs that a hold is on, the earliest first."""
        found = [
            (job, run)
            for job, record in self.records().items()
            if hold.covers(job, self._owner(job))
            for run in record.open.values()
        ]
        return sorted(found, key=lambda pair: pair[1].since)

    def make(self, wanted: Wanted, *, again: bool) -> Hold:
        """Store a hold, and return it; OpsError for times that no hold can have, and for one that cannot be stored.

        With `again`, the same person's same request changes the end of the hold that is there.
        """
        by, standing = self._account.caller(), self.standing()
        begin = wanted.begin or self._now
        until = wanted.until or begin + wanted.length
        made = Hold(
            id=secrets.token_hex(3),
            reason=wanted.reason,
            by=by,
            made=self._now,
            begin=begin,
            until=until,
            jobs=wanted.jobs,
            owners=wanted.owners,
        )
        if until <= max(self._now, begin):
            raise OpsError(f"the hold would end at {instants.text(until)}, before it begins or before now")
        before = _earlier(standing, made, wanted) if again else None
        hold = replace(made, id=before.id, made=before.made, begin=before.begin) if before else made
        self._store(hold)
        return hold

    def end(self, hold: Hold) -> None:
        """Let a hold end now. The watch removes it."""
        self.standing()
        self._store(hold.ended(self._now))

    def bring_about(self) -> Outcome:
        """Bring the schedules to what the holds ask for."""
        return keeping.bring_about(self)

    def standing(self) -> Standing:
        """Return the holds as they are now."""
        self._now = self._account.ledger(self._place).now
        with aws_errors.explained():
            found = {hold.id: hold for hold in self._storage.all(warn.of_no_hold)}
        return Standing([*{**found, **self._own}.values()], self._now)

    def schedules(self) -> dict[str, Schedule]:
        """Return the schedules as they are now."""
        found = self._account.schedules(self._place)
        return {
            name: Schedule(job_of_schedule(name), self._owner(job_of_schedule(name)), one.enabled)
            for name, one in found.items()
        }

    def switch(self, steps: Sequence[Step]) -> Iterator[tuple[Step, Switched | Exception]]:
        """Make changes, several at a time; show how far they are on a terminal."""
        pool = ThreadPoolExecutor(_AT_ONCE)
        with progress.of(f"changing {len(steps)} schedules") as say:
            try:
                for done, result in enumerate(pool.map(self._switch_one, steps), 1):
                    say(f"{done} of {len(steps)} schedules")
                    yield result
            finally:
                pool.shutdown(cancel_futures=True)  # of an operator who has pressed Ctrl-C

    def _switch_one(self, step: Step) -> tuple[Step, Switched | Exception]:
        try:
            with aws_errors.explained():
                return step, switching.switch(self._account.scheduler, self._place.group, step, self._now)
        except OpsError as error:
            return step, error

    def _store(self, hold: Hold) -> None:
        try:
            with aws_errors.explained():
                self._storage.put(hold)
                self._own[hold.id] = hold
        except HoldError as error:
            raise OpsError(str(error)) from None

    def _owner(self, job: str) -> str:
        return self.jobs[job].owner if job in self.jobs else ""


def _earlier(standing: Standing, made: Hold, wanted: Wanted) -> Hold | None:
    """Return the hold that the same person has made with the same request; None for none that lasts long enough."""
    for hold in standing.holds:
        same_begin = hold.is_in_force(standing.now) if wanted.begin is None else hold.begin == wanted.begin
        asked = (hold.reason, hold.by, hold.jobs, hold.owners) == (made.reason, made.by, made.jobs, made.owners)
        if asked and same_begin and hold.until is not None and hold.until - standing.now > _LEFT:
            return hold
    return None
