"""Runs the ticks of a plan, in order and so many at a time, and waits for their ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ops import progress
from ops.backfilling import flying, manners
from ops.backfilling.flying import End, Observer, Tasks
from ops.backfilling.judging import Course
from ops.backfilling.turns import Turns
from ops.errors import OpsError
from ops.looking import hold_words
from ops.operator_account import TokenUsedError
from ops.pausing.holding import HeldGroup
from ops.running import again, launch, started
from report import words
from watch import classes
from watch.names import job_of_schedule
from watch.records import Tick
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.backfilling.flying import Flying
    from ops.backfilling.planning import Plan
    from ops.operator_account import OperatorAccount
    from ops.stack import Place
    from watch.records import JobRecord

_EVERY = 2.0
"""Seconds between two looks."""
_MOST_FAILURES = 30
"""Failed looks in a row, after which the command gives up."""


class HeldError(OpsError):
    """A hold keeps the job from running."""


class Backfill:
    """The ticks of a plan, as they run."""

    def __init__(self, account: OperatorAccount, place: Place, plan: Plan, tell: Callable[[str], None]) -> None:
        """Prepare the turns of the ticks. `tell` gets a line for each start and each end."""
        self._account, self._place, self._plan, self._tell = account, place, plan, tell
        self._name = plan.asked.name
        self._job = job_of_schedule(self._name)
        self._observer = Observer(account, plan.opened.ledger, self._job, self._name)
        self._turns = Turns(plan.of(Course.RUNS, Course.GOES_ON), plan.at_once, plan.asked.keep_going)
        self._count = len(self._turns.waiting)
        self._obstacle = ""
        self._flying: dict[str, Flying] = {}
        self._held = None if plan.asked.anyway else HeldGroup(account, place)
        self._failures = 0
        self.ends: dict[str, End] = {}
        """The ends of those that have ended, in that order."""
        self.begun: dict[str, dict[str, Any]] = {}
        """The tasks or the request of each that was begun, as JSON values."""

    @property
    def left(self) -> list[str]:
        """The ticks that were not begun."""
        return list(self._turns.waiting)

    @property
    def going_on(self) -> list[str]:
        """The ticks whose ends are not known."""
        return sorted(self._flying)

    def run(self) -> None:
        """Run the ticks; OpsError when AWS does not answer for long."""
        with progress.of("looking what goes on") as say:
            self._take_over()
            while not self._turns.is_over:
                self._begin()
                if not self._turns.is_over:
                    say(self._state())
                    _sleep(_EVERY)
                    self._look()

    def _state(self) -> str:
        goes_on = ", ".join(self.going_on) or f"nothing, {self._obstacle}"
        return f"{len(self.ends)} of {counted(self._count, 'tick')} ended; running: {goes_on}"

    def _take_over(self) -> None:
        """Wait for what goes on already, such as the runs of a command that was killed."""
        ticks = self._plan.of(Course.GOES_ON)
        recorded, record = self._observer.ticks(ticks), self._observer.record()
        for tick in ticks:
            self._settle(tick, recorded.get(tick), record)

    def _settle(self, tick: str, recorded: Tick | None, record: JobRecord) -> bool:
        """Return whether a tick whose turn it is has still to begin, by what is known of it now."""
        in_flight = any(one.key == (self._name, tick) for one in record.traffic.flights)
        step = self._plan.rules.judge(tick, recorded, in_flight=in_flight)
        if step.course is Course.RUNS:
            return True
        if step.course is Course.LEFT:
            self._turns.leave(tick)
            self._count -= 1
            self._tell(f"tick {tick}: left out, {step.reason}")
            return False
        self._fly(tick, flying.goes_on(recorded or Tick(self._job, self._name, tick), record), "goes on already")
        return False

    def _begin(self) -> None:
        """Begin the ticks whose turn it is."""
        while (tick := self._turns.next) is not None:
            try:
                if not self._begin_one(tick):
                    return
            except HeldError as error:
                self._tell(f"tick {tick}: not begun, {error}")
                self._turns.stop()
            except OpsError as error:
                self._turns.begin(tick)
                self._end(tick, End(outcome=classes.NOT_LAUNCHED, reason=str(error)))

    def _begin_one(self, tick: str) -> bool:
        """Begin a tick, unless it needs no run any more; return False if it must wait."""
        recorded = self._observer.ticks([tick]).get(tick)  # before the record: see `again.nonce`
        record = self._observer.record(self._plan.limits.lock if self._plan.limits else "")
        if not self._settle(tick, recorded, record):
            return True
        if self._is_kept(tick, record):
            return False
        self._check_holds()
        recorded = recorded or Tick(self._job, self._name, tick)
        schedule = self._account.schedule(self._place, self._name)
        nonce = again.nonce(recorded)
        prepared = again.prepare(self._account, self._place, schedule, tick, nonce, insists=False)
        if isinstance(prepared, again.Direct):
            self._launch(tick, prepared)
        else:
            request = prepared.start().request
            before = frozenset(recorded.runs)
            self._fly(tick, flying.Request(id=request, before=before), f"asked the supervisor (request {request})")
        return True

    def _launch(self, tick: str, prepared: again.Direct) -> None:
        """Start the tasks of a tick. Those that an earlier command has started with another request are waited for."""
        container = launch.container(prepared.params) or ""
        try:
            tasks = prepared.start().tasks
        except TokenUsedError as used:
            if not used.tasks:
                raise
            cluster, arns = prepared.params.get("cluster", "default"), list(used.tasks)
        else:
            cluster, arns = tasks[0].cluster, [one.task for one in tasks]
        names = ", ".join(map(started.last, arns))
        self._fly(tick, Tasks(cluster=cluster, arns=arns, container=container), f"started task {names}")

    def _is_kept(self, tick: str, record: JobRecord) -> bool:
        """Return whether the job's limits keep a tick from beginning now, and tell each reason once."""
        obstacle = manners.obstacle(self._plan.limits, record.traffic)
        if obstacle and obstacle != self._obstacle:
            self._tell(f"tick {tick}: waits, {obstacle}")
        self._obstacle = obstacle
        return bool(obstacle)

    def _check_holds(self) -> None:
        hold = self._held.standing().keeping(self._job, self._plan.owner) if self._held else None
        if hold is not None:
            raise HeldError(f"because of a hold. {hold_words.line(hold)}")

    def _fly(self, tick: str, one: Flying, how: str) -> None:
        self._turns.begin(tick)
        self._flying[tick] = one
        self.begun[tick] = one.to_plain()
        self._tell(f"tick {tick}: {how}")

    def _look(self) -> None:
        """Note what has ended."""
        try:
            ended = self._observer.ended(self._flying)
        except OpsError as error:
            self._failures += 1
            if self._failures == _MOST_FAILURES:
                raise OpsError(f"{error}; these ticks go on: {', '.join(self.going_on)}") from error
            return
        self._failures = 0
        for tick, end in ended.items():
            del self._flying[tick]
            self._end(tick, end)

    def _end(self, tick: str, end: End) -> None:
        self._turns.end(tick, good=end.is_good)
        self.ends[tick] = end
        self._tell(f"tick {tick}: {said(end)} ({len(self.ends)} of {self._count})")


def said(end: End) -> str:
    """Return how a tick ended in words."""
    code = "" if end.exit_code is None else f", exit code {end.exit_code}"
    return f"{words.meaning(end.outcome)}{code}{f': {end.reason}' if end.reason and not end.is_good else ''}"


def _sleep(seconds: float) -> None:
    time.sleep(seconds)
