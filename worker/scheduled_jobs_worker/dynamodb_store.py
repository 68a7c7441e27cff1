"""The claims of ticks in DynamoDB: in the table of the group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import aws, names
from .claims import LEASE, Claims
from .clock import SYSTEM
from .ledger import Ledger
from .seconds import seconds

if TYPE_CHECKING:
    from .clock import Clock
    from .runs import Run, Verdict


_SHORTEST = 6
"""Seconds of a lease. The table has whole seconds, and a process relies on five sixths of its lease: of a shorter one
it would still believe in what the table has rounded away."""


class DynamoDbStore:
    """Claims in the table of a group. A finished tick stays finished for 14 days."""

    def __init__(self, group: str | None = None, *, lease: float = LEASE, clock: Clock = SYSTEM) -> None:
        """Use the table of a group; without one, of the group in the variable SCHEDULED_JOBS_GROUP.

        `lease` are the seconds after which another process may take a tick whose process says nothing; at least 6.
        """
        self.lease = seconds("lease", lease, least=_SHORTEST)
        self.ledger = Ledger(names.given(group, names.GROUP))
        self._client = aws.client("dynamodb")
        self._clock = clock

    def claim(self, run: Run, holder: str) -> int | None:
        """Claim a tick that is free, or whose holder's lease is over."""
        table = self._of(holder)
        found, now = table.find(run.id), self._clock.now()
        if found is not None and not (found.is_open and found.lease_end <= now):
            return None
        claimed, until = replace(run, token=table.next_token(run.job, now)), now + self.lease
        held = table.begin(claimed, now, until) if found is None else table.take_over(claimed, found, now, until)
        return claimed.token if held or self._was_written(table, claimed) else None

    def extend(self, run: Run, holder: str) -> bool:
        """Extend the lease."""
        return self._of(holder).extend(run, self._clock.now() + self.lease) is not None

    def end(self, run: Run, holder: str, verdict: Verdict) -> bool:
        """Finish the tick."""
        return self._of(holder).end(run, verdict, self._clock.now())

    @staticmethod
    def _was_written(table: Claims, claimed: Run) -> bool:
        """Return whether a claim that was refused is this one: AWS's client repeats a call that was not answered."""
        found = table.find(claimed.id)
        return found is not None and table.is_mine(found) and found.token == claimed.token

    def _of(self, holder: str) -> Claims:
        return Claims(self._client, self.ledger.group, holder)
