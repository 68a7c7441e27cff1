"""The log of a run that is no task: its lines in the stream of the process that did it, found by the run's id."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from aws_facts.arn import Arn
from aws_facts.log_place import LogPlace
from ops.errors import OpsError
from ops.running.following import Line, Logs
from watch import instants, invocations, run_kinds
from watch.watched_account import RUN_ENDED, RUN_STARTED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ops.operator_account import OperatorAccount
    from watch.facts import JobFacts
    from watch.watched_account import InvocationLog

    Whole = Callable[[str, str, datetime], InvocationLog | None]
    """Returns what an invocation has written: its log group, its id, and a time before its begin are given."""
    Find = Callable[[str, str, datetime], Sequence[tuple[datetime, str, str]]]
    """Returns the lines with a text: time, stream and line. The log group, the text and the earliest time are given."""
    ReadSince = Callable[[LogPlace, str | None, datetime], tuple[list[tuple[datetime, str]], str | None]]
    """Returns the events after a token, from a time on, and the next token, as `OperatorAccount.log_events`."""

_SKEW = timedelta(minutes=5)
"""How far the clock of a process may be behind that of AWS."""
SHARED = (
    "These are the lines of its container from the start of the run to its end. What other work in the container wrote "
    "then is among them."
)
"""What is said of a log in which nobody can tell the lines of a run from others."""


def group_of(facts: JobFacts | None, run: str) -> str:
    """Return the log group that a run writes to, by the run's text; empty for a task, and if it is not known."""
    if facts is None or run_kinds.kind(run) == run_kinds.TASK:
        return ""
    if run_kinds.kind(run) == run_kinds.INVOCATION:
        return facts.function.log_group if facts.function else ""
    service = facts.work or facts.in_process
    return service.log_group if service else ""


def of(account: OperatorAccount, run: str, group: str, created: str) -> Logs:
    """Return the log of a run, by its text. `created` is when it was begun, as the ledger has it; it may be empty."""
    id_, since = run_kinds.id_of(run), instants.read(created) if created else instants.BEGINNING
    if not group:
        raise OpsError(f"the log of the {run_kinds.kind(run)} {id_} cannot be found: the ledger has no log group of it")
    invocation = invocations.read(run)
    if invocation is None:
        return ClaimedLogs(
            (),
            account.log_events,
            id=id_,
            group=group,
            region=Arn.parse(run).region,
            since=since - _SKEW if created else since,
            find=account.lines_with,
            read_since=account.log_events,
        )
    return InvocationLogs(
        (), account.log_events, invocation=invocation, group=group, since=since, whole=account.lines_of_invocation
    )


@dataclass
class InvocationLogs(Logs):
    """The log of one invocation, read so far. All of it is read at each look: it is short, and has no token."""

    invocation: invocations.Invocation = field(kw_only=True)
    group: str = field(kw_only=True)
    since: datetime = field(kw_only=True)
    whole: Whole = field(kw_only=True)
    _shown: int = field(default=0, init=False)

    def new_lines(self) -> list[Line]:
        """Return the lines that were not read before."""
        found = self.whole(self.group, self.invocation.id, self.since)
        lines = (
            [Line(line.at, self.invocation.function, line.text.rstrip("\n")) for line in found.lines] if found else []
        )
        new, self._shown = lines[self._shown :], max(self._shown, len(lines))
        return new


@dataclass
class ClaimedLogs(Logs):
    """The log of a run that a process of a service has claimed, read so far.

    It is what the container wrote from the line of the start to the line of the end. If another process takes the run
    over while the log is read, the lines of the first one go on.
    """

    id: str = field(kw_only=True)
    group: str = field(kw_only=True)
    region: str = field(kw_only=True)
    since: datetime = field(kw_only=True)
    find: Find = field(kw_only=True)
    read_since: ReadSince = field(kw_only=True)
    _found: tuple[LogPlace, datetime] | None = field(default=None, init=False)
    _token: str | None = field(default=None, init=False)
    _begun: bool = field(default=False, init=False)
    _ended: bool = field(default=False, init=False)

    def new_lines(self) -> list[Line]:
        """Return the lines that were not read before."""
        self._found = self._found or self._look()
        lines: list[Line] = []
        while self._found is not None and not self._ended:
            place, begin = self._found
            events, token = self.read_since(place, self._token, begin)
            lines += [Line(at, place.stream, text.rstrip("\n")) for at, text in events if self._is_own(text)]
            if token in (None, self._token):
                break
            self._token = token
        return lines

    def _look(self) -> tuple[LogPlace, datetime] | None:
        """Return the stream that names the run, and since when; None while none does. The latest start counts."""
        named = self.find(self.group, self.id, self.since)
        started = [line for line in named if RUN_STARTED in line[2]] or named
        return (LogPlace(self.group, started[-1][1], self.region), started[-1][0]) if started else None

    def _is_own(self, text: str) -> bool:
        """Return whether the next line of the stream is between the start and the end of the run."""
        own = self._begun and not self._ended
        if self.id in text:
            own = own or not self._begun
            self._begun, self._ended = True, self._ended or RUN_ENDED in text
        return own
