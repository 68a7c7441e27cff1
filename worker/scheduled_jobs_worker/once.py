"""One of N processes that have a cron of their own does the work of a tick."""

from __future__ import annotations

import math
import os
import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from . import aws, instants, logs, names
from .clock import SYSTEM
from .dynamodb_store import DynamoDbStore
from .runs import GOOD, INTERRUPTED, Run, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .clock import Clock
    from .ledger import Ledger

_LOST = "lost"
"""The outcome in the log of a run that another process has taken over. The ledger hears of it from that one."""
GAVE_UP = "its lease was over before the work was done, and it was told so"


_EARLY = 300
"""Seconds that a tick may be ahead of this machine's clock. The watch takes no report of a later one."""


class Store(Protocol):
    """Decides which process has a tick."""

    ledger: Ledger
    lease: float
    """Seconds for which a process has a tick, unless it extends them."""

    def claim(self, run: Run, holder: str) -> int | None:
        """Return the token of a holder that has the tick now; None if another one has it, or had it to its end."""

    def extend(self, run: Run, holder: str) -> bool:
        """Extend the lease; return False if the tick is not the holder's any more."""

    def end(self, run: Run, holder: str, verdict: Verdict) -> bool:
        """Finish the tick, so that nobody claims it again; return False if it is not the holder's any more."""


@dataclass
class _Lease:
    """Until when a process has a tick, as far as it knows."""

    clock: Clock
    until: float
    """By the steady clock, with a margin for clocks that differ."""
    told: bool = False
    """Whether the block has heard that the lease is over. It then leaves work undone, also if it is extended later."""

    def is_over(self) -> bool:
        """Tell the block whether another process may have the tick."""
        self.told = self.told or self.clock.steady() >= self.until
        return self.told


@dataclass(frozen=True)
class HeldRun(Run):
    """A run that this process has."""

    _lease: _Lease | None = field(default=None, repr=False, compare=False)

    @property
    def lost(self) -> bool:
        """Whether another process may have the tick by now. Long work asks this before each step that others see.

        Once it is true it stays true, and the run counts as interrupted: what remains is not done.
        """
        return self._lease is not None and self._lease.is_over()


@contextmanager
def once(
    job: str,
    tick: datetime | str,
    store: Store | None = None,
    *,
    schedule: str = "",
    clock: Clock = SYSTEM,
) -> Iterator[HeldRun | None]:
    """Give a tick to one process of all that ask for it; give None to the others.

    `tick` is the scheduled time, such as `this_minute()`; all processes must name the same. `schedule` is the name of
    the schedule if it is not the job's. Without a store it is the table of the group in SCHEDULED_JOBS_GROUP.

    The process has the tick until the end of the block. An error in the block ends the run as failed. If the process
    dies, another one gets the tick when the lease is over. ValueError for a job, a schedule or a tick that cannot be:
    the ledger would not take its reports. Raises the errors of the store's client if it does not answer: then nobody
    knows who has the tick, and the block does not run.
    """
    asked = Run(job, names.schedule_of(job, schedule), _instant(tick, clock.now()))
    store = store or DynamoDbStore()
    holder = f"{store.ledger.place.worker}/{os.getpid()}/{secrets.token_hex(4)}"
    since = clock.steady()
    token = store.claim(asked, holder)
    if token is None:
        yield None
        return
    lease = _Lease(clock, since + _safe(store))
    run = HeldRun(**vars(replace(asked, token=token)), _lease=lease)
    telling = _Telling(store.ledger, run, clock)
    telling.began()
    verdict = Verdict(GOOD)
    try:
        with _extended(store, run, holder, lease):
            yield run
    except BaseException as error:
        verdict = Verdict.of_error(error)
        raise
    finally:
        if lease.told and verdict.outcome == GOOD:
            verdict = Verdict(INTERRUPTED, None, GAVE_UP)
        mine = _finished(store, run, holder, verdict)
        telling.ended(verdict if mine else Verdict(_LOST, None, "another process has taken the tick over"), mine=mine)


def _instant(tick: object, now: float) -> datetime:
    """Return the scheduled time; ValueError for what names none, and for one that is still to come."""
    if not isinstance(tick, str | datetime):
        raise ValueError(f"tick: {tick!r}; must be an instant such as this_minute(), or '2026-11-26T02:00:00Z'")  # noqa: TRY004 - as for texts
    when = instants.read(tick if isinstance(tick, str) else instants.text(tick))
    if when.timestamp() > now + _EARLY:
        raise ValueError(
            f"tick: {instants.text(when)} is still to come: it is {instants.text(now)}. A tick is in UTC; a local time "
            "needs its time zone"
        )
    return when


def _safe(store: Store) -> float:
    """Return for how many seconds of its lease a process may rely on it: clocks differ, and calls take their time."""
    return store.lease * 5 / 6


def _finished(store: Store, run: Run, holder: str, verdict: Verdict) -> bool:
    """Finish a tick, and return whether it was still this process's.

    If the store does not answer, the work is done all the same: the caller must not hear of it as an error.
    """
    try:
        return store.end(run, holder, verdict)
    except Exception as error:  # noqa: BLE001 - each store has errors of its own
        logs.trouble("end-not-stored", job=run.job, tick=instants.text(run.tick), error=str(error))
        return True


@contextmanager
def _extended(store: Store, run: Run, holder: str, lease: _Lease) -> Iterator[None]:
    """Extend the lease in this block, in a thread, four times as often as needed."""
    over, end = os.pipe()
    done = threading.Event()

    def extend() -> None:
        while True:
            lease.clock.wait([over], store.lease / 4)
            if done.is_set():
                return
            since = lease.clock.steady()
            try:
                held = store.extend(run, holder)
            except Exception as error:  # noqa: BLE001 - each store has errors of its own
                logs.trouble("lease-not-extended", job=run.job, tick=instants.text(run.tick), error=str(error))
                continue
            if not held:
                lease.until = -math.inf
                return
            lease.until = since + _safe(store)

    thread = threading.Thread(target=extend, name=f"lease of {run.job}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        os.close(end)
        thread.join()
        os.close(over)


class _Telling:
    """Logs and reports a run. A report that fails must not fail the work."""

    def __init__(self, ledger: Ledger, run: Run, clock: Clock) -> None:
        self._ledger = ledger
        self._run = run
        self._clock = clock
        self._since = clock.steady()
        self._began = instants.text(clock.now())
        self._name = ""
        self._name = self._named()

    def began(self) -> None:
        """Tell that the run begins."""
        logs.started(self._run, self._name or self._run.id, self._ledger.place.worker)
        self._report(lambda name: self._ledger.reporter.began(self._run, name, self._began))

    def ended(self, verdict: Verdict, *, mine: bool) -> None:
        """Tell how the run ended. Whoever has taken it over tells the ledger, and nobody else."""
        self._name = self._name or self._named()
        seconds = self._clock.steady() - self._since
        logs.ended(self._run, self._name or self._run.id, self._ledger.place.worker, verdict, seconds)
        if mine:
            at = instants.text(self._clock.now())
            self._report(lambda name: self._ledger.reporter.ended(self._run, name, verdict, self._began, at))

    def _named(self) -> str:
        """Return the text that names the run for the ledger; empty while AWS does not tell the account."""
        try:
            return self._ledger.name(self._run)
        except aws.ERRORS as error:
            self._failed(error)
            return ""

    def _report(self, send: Callable[[str], None]) -> None:
        try:
            if self._name:
                send(self._name)
        except aws.ERRORS as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        logs.trouble("not-reported", run=self._name or self._run.id, error=str(error))
