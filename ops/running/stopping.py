"""Stops runs by hand. The ledger gets to know it first, so that a stopped run is neither alerted nor repeated."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops import aws_errors
from ops.errors import NotFoundError, OpsError
from watch import instants
from watch.stops import AnnouncedStop
from watch.untrusted import visible

if TYPE_CHECKING:
    from datetime import datetime

    from ops.operator_account import OperatorAccount
    from ops.stack import Place
    from watch.ledger import Ledger

_LONGEST_REASON = 255
"""Characters of the reason of StopTask (AWS SDK for Ruby v2, StopTaskRequest; newer pages name no limit)."""


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """A person who stops runs now, for one reason."""

    account: OperatorAccount
    ledger: Ledger | None
    """None for a group without a watch, where nothing is alerted or repeated."""
    by: str
    why: str
    now: datetime

    @property
    def reason(self) -> str:
        """The reason as the ledger will have it."""
        return self._announcement("", "").reason

    def stop(self, cluster: str, task: str, schedule: str, tick: str) -> None:
        """Announce the stop of a task and tell ECS; OpsError when ECS refuses. `cluster` and `task` are ARNs."""
        stop, version = self._announcement(schedule, tick), 0
        try:
            version = self._announce(task, stop)
        except OpsError as error:  # a run that does harm must be stopped all the same
            _warn(error)
        try:
            self.account.stop_task(cluster, task, stop.reason[:_LONGEST_REASON])
        except OpsError:
            self._withdraw(task, stop, version)
            raise

    def _announcement(self, schedule: str, tick: str) -> AnnouncedStop:
        return AnnouncedStop(by=self.by, why=self.why, at=instants.text(self.now), schedule=schedule, tick=tick)

    def _announce(self, task: str, stop: AnnouncedStop) -> int:
        if self.ledger is None:
            return 0
        with aws_errors.explained():
            return self.ledger.announce_stop(_id(task), stop, self.now)

    def _withdraw(self, task: str, stop: AnnouncedStop, version: int) -> None:
        try:
            if self.ledger is not None:
                with aws_errors.explained():
                    self.ledger.withdraw_stop(_id(task), stop, version, self.now)
        except OpsError as error:  # it ends by itself
            sys.stderr.write(f"warning: the announced stop stays in the ledger for minutes: {visible(str(error))}\n")


def begin(account: OperatorAccount, place: Place, why: str) -> Stopping:
    """Return the caller, who stops runs of a group from now on."""
    ledger = None
    try:
        ledger = account.ledger(place).ledger
    except NotFoundError:
        pass  # nothing is alerted there
    except OpsError as error:
        _warn(error)
    return of(account, ledger, why)


def of(account: OperatorAccount, ledger: Ledger | None, why: str) -> Stopping:
    """Return the caller, who stops runs that this ledger knows from now on."""
    by, now = account.caller_now()
    return Stopping(account=account, ledger=ledger, by=by, why=why, now=now)


def _warn(error: OpsError) -> None:
    """Say that the watch learns of the stop by its reason alone, which ECS passes on if nothing else ends the run."""
    sys.stderr.write(f"warning: the stop is not announced in the ledger: {visible(str(error))}\n")


def _id(task: str) -> str:
    return task.rpartition("/")[2]
