"""CloudWatch Logs: tasks and functions write lines to log streams, and users read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.logs.models import logs_backends

from emulator.iam import roles
from emulator.iam.policy_evaluation import Request


@dataclass(frozen=True)
class TaskLogs:
    """The logs of the tasks of one account."""

    account: str

    def make_group(self, region: str, group: str, role: str | None) -> None:
        """Create a log group unless it exists. Raises AwsError when the role may not.

        `role` is None for a task without an execution role: the role of its instance is not known, and is not judged.
        """
        logs = logs_backends[self.account][region]
        if role and group not in logs.groups:
            arn = f"arn:{logs.partition}:logs:{region}:{self.account}:log-group:{group}:log-stream:"
            roles.authorize(role, Request("logs:CreateLogGroup", arn))
        make_log_group(self.account, region, group)

    def write(self, region: str, group: str, stream: str, lines: list[tuple[datetime, str]]) -> None:
        """Append lines with their times to a stream, as `write_log`."""
        write_log(self.account, region, group, stream, lines)


def write_log(account: str, region: str, group: str, stream: str, lines: list[Any]) -> None:
    """Append lines, plain or with their times, to a log stream, which is created if it does not exist.

    Raises KeyError when the log group does not exist.
    """
    backend = logs_backends[account][region]
    if group not in backend.groups:
        raise KeyError(group)
    if stream not in backend.groups[group].streams:
        backend.create_log_stream(group, stream)
    now = datetime.now(UTC)
    timed = [line if isinstance(line, tuple) else (now, line) for line in lines]
    if timed:
        events = [{"timestamp": _milliseconds(at), "message": text} for at, text in timed]
        backend.groups[group].put_log_events(stream, events)


def make_log_group(account: str, region: str, group: str) -> None:
    """Create a log group unless it exists."""
    backend = logs_backends[account][region]
    if group not in backend.groups:
        backend.create_log_group(group, {})


def read_log(account: str, region: str, group: str, stream: str) -> list[str]:
    """Return the lines of a log stream; empty when the group or the stream does not exist."""
    found = logs_backends[account][region].groups.get(group)
    return [event.message for event in found.streams[stream].events] if found and stream in found.streams else []


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
