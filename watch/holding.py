"""The holds in a check: schedules are brought to what the holds ask for, and ticks of held schedules are recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from holds import keeping
from holds.standing import Schedule, Standing
from watch import classes, due, instants, pausing
from watch.decisions import note_tick
from watch.ledger import MOST_TICKS
from watch.names import job_of_schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from holds.hold import Hold, HoldError
    from holds.standing import Step
    from holds.switching import Switched
    from watch.due import Deployed
    from watch.facts import Facts, ScheduleFacts
    from watch.ledger import TickKey
    from watch.records import JobRecord, Pause, ScheduleRecord, Tick
    from watch.watched_account import WatchedAccount
    from watch.watcher import Watcher

_MOST_CHANGES = 200
"""Schedules that one check changes; two calls each. The checks after it change the others."""
_MOST_NOTED = 500
"""Ticks of one schedule that one check records as held. The checks after it record the others."""


_SHOWN_BY = timedelta(minutes=10)
"""After this time each reading of the holds has one that was stored."""


class HoldingError(Exception):
    """Some schedules are not as the holds ask for."""


@dataclass
class Holding:
    """The holds of one check."""

    account: WatchedAccount
    facts: Facts
    now: datetime
    unreadable: Callable[[str, HoldError], None]
    records: Mapping[str, JobRecord]
    """The jobs' records at the beginning of the check."""
    deployed: Mapping[str, Deployed]
    """The schedules as ListSchedules has them; read anew after changes."""
    _standing: Standing | None = field(default=None, init=False)
    _left: set[str] = field(default_factory=set, init=False)
    _told: set[str] = field(default_factory=set, init=False)
    """Parameters that are no holds."""

    def keep(self) -> None:
        """Bring the schedules to what the holds ask for; HoldingError for those that could not be changed."""
        outcome = keeping.bring_about(self, _MOST_CHANGES)
        self._standing, self._left = outcome.standing, outcome.left
        if outcome.failed:
            name, error = next(iter(outcome.failed.items()))
            raise HoldingError(f"{len(outcome.failed)} schedules could not be changed, such as {name}") from error

    @property
    def is_known(self) -> bool:
        """Whether the holds were read."""
        return self._standing is not None

    def of(self, job: str) -> list[Hold]:
        """Return the holds that keep a job's schedules disabled, and those that were just lifted."""
        if self._standing is None:
            return []
        owner = self.facts.job(job).owner
        found = [*self._standing.in_force, *self._standing.over]
        return [hold for hold in found if hold.covers(job, owner)]

    def end_of(self, pause: Pause) -> str | None:
        """Return when somebody ended the hold of a pause; None while it is in force, or may be.

        The first readings may not have a new hold yet: AWS does not promise it. A hold that somebody has removed ended
        now, for all that is known.
        """
        if self._standing is None or not pause.stored:
            return None
        hold = next((one for one in self._standing.holds if one.id == pausing.id_of(pause)), None)
        if hold is not None:
            return instants.text_or_none(hold.until) if hold.is_over(self.now) else None
        is_old = instants.read(pause.since) <= self.now - _SHOWN_BY
        return instants.text(self.now) if is_old and not self._told else None

    def note(self, watch: Watcher, job: str, name: str, record: ScheduleRecord, facts: ScheduleFacts) -> ScheduleRecord:
        """Record the ticks of a schedule that holds have kept from running, and return the schedule's record.

        A tick whose window was open, or which Scheduler had a minute to launch, when its hold began counts as held
        unless a run is known: nobody can say whether Scheduler launched it before.
        """
        found, holds = self.deployed.get(name), self.of(job)
        if found is None or not holds or not (found.enabled or record.paused):
            return record
        until = found.changed if found.enabled else self.now
        before = due.PRECISION + timedelta(minutes=facts.window)
        reasons = {
            instants.text(tick): hold.of_tick
            for hold in holds
            for tick in _ticks(facts, record, hold.works_from - before, until)
        }
        ticks = sorted(reasons.keys() - {*record.seen})[:_MOST_NOTED]
        judged = not found.enabled and found.changed + timedelta(seconds=self.facts.grace) + 2 * before < self.now
        for first in range(0, len(ticks), MOST_TICKS):
            some = ticks[first : first + MOST_TICKS]
            change = partial(_hold_ticks, reasons, name, some[-1] if judged else None)
            record = watch.change(job, [(name, tick) for tick in some], change)
        return record

    def finish(self) -> None:
        """Remove the holds that are over, unless one of their schedules is still disabled."""
        for hold in self._standing.over if self._standing else ():
            if not any(hold in self.of(job_of_schedule(name)) for name in self._left):
                self.account.remove_hold(self.facts.group, hold.id)

    def standing(self) -> Standing:
        """Return the holds as they are now."""
        return Standing(self.account.holds(self.facts.group, self._note_unreadable), self.now)

    def schedules(self) -> Mapping[str, Schedule]:
        """Return the schedules as they are now, without those that config is known to disable."""
        jobs = {name: job_of_schedule(name) for name in self.deployed}
        return {
            name: Schedule(jobs[name], self.facts.job(jobs[name]).owner, one.enabled)
            for name, one in self.deployed.items()
            if one.enabled or not self._is_off(name, one)
        }

    def _is_off(self, name: str, found: Deployed) -> bool:
        """Return whether the last check saw that config disables a schedule, which has not changed since."""
        job = self.records.get(job_of_schedule(name))
        record = job.schedules.get(name) if job else None
        return record is not None and record.changed == instants.text(found.changed) and not record.paused

    def switch(self, steps: Sequence[Step]) -> Iterator[tuple[Step, Switched | Exception]]:
        """Make changes, and read the schedules anew."""
        for step in steps:
            try:
                yield step, self.account.switch(self.facts.group, step, self.now)
            except Exception as error:  # noqa: BLE001 - the others are changed, and the check fails at its end
                yield step, error
        self.deployed = self.account.schedules(self.facts.group)

    def _note_unreadable(self, name: str, error: HoldError) -> None:
        if name not in self._told:
            self._told.add(name)
            self.unreadable(name, error)


def _ticks(facts: ScheduleFacts, record: ScheduleRecord, start: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the ticks of a schedule in this time that were not judged yet. Those of a rate are a guess."""
    known = max([*record.seen[-1:], record.checked or ""])
    if record.checked is not None:
        start = max(start, instants.read(record.checked))
    for tick in due.times(facts).between(start, until, anchor=instants.read(known) if known else None):
        if instants.text(tick) > (record.checked or ""):
            yield tick


def _hold_ticks(
    reasons: Mapping[str, str], name: str, judged: str | None, record: JobRecord, ticks: Mapping[TickKey, Tick]
) -> ScheduleRecord:
    """Record ticks of a schedule as held, unless something is known of them, and return the schedule's record.

    `judged` is the tick up to which all ticks are judged by now, if that is so.
    """
    for tick in ticks.values():
        if not tick.has_run and tick.outcome == classes.RUNNING and tick.alert is None:
            note_tick(record, tick)
            tick.outcome, tick.reason = classes.HELD, reasons[tick.tick]
    schedule = record.schedule(name)
    if judged is not None:
        due.settle(schedule, judged)
    return schedule
