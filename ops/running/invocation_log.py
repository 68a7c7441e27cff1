"""The log of an invocation of a function: its lines in the stream of its execution environment, by its id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.running.following import Line, Logs
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ops.operator_account import OperatorAccount
    from watch.invocations import Invocation
    from watch.watched_account import InvocationLog

    Read = Callable[[str, str, datetime], InvocationLog | None]
    """Returns what an invocation has written: its log group, its id, and a time before its begin are given."""


def of(account: OperatorAccount, invocation: Invocation, group: str, created: str) -> InvocationLogs:
    """Return the log of an invocation. `created` is when it was invoked, as the ledger has it; it may be empty."""
    since = instants.read(created) if created else instants.BEGINNING
    if not group:
        raise OpsError(f"the log of the invocation {invocation.id} cannot be found: the ledger has no log group of it")
    return InvocationLogs(
        (), account.log_events, invocation=invocation, group=group, since=since, whole=account.lines_of_invocation
    )


@dataclass
class InvocationLogs(Logs):
    """The log of one invocation, read so far. All of it is read at each look: it is short, and has no token."""

    invocation: Invocation = field(kw_only=True)
    group: str = field(kw_only=True)
    since: datetime = field(kw_only=True)
    whole: Read = field(kw_only=True)
    _shown: int = field(default=0, init=False)

    def new_lines(self) -> list[Line]:
        """Return the lines that were not read before."""
        found = self.whole(self.group, self.invocation.id, self.since)
        lines = (
            [Line(line.at, self.invocation.function, line.text.rstrip("\n")) for line in found.lines] if found else []
        )
        new, self._shown = lines[self._shown :], max(self._shown, len(lines))
        return new
