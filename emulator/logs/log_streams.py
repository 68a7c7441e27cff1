"""CloudWatch Logs: tasks and functions write lines to log streams, and users read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.logs.models import logs_backends


def write_log(  # noqa: PLR0913, PLR0917 - a place, and what is written there
    account: str,
    region: str,
    group: str,
    stream: str,
    lines: list[Any],
    create_group: bool = False,  # noqa: FBT001, FBT002 - the runner passes it on by its position
) -> None:
    """Append lines, plain or with their times, to a log stream, which is created if it does not exist.

    Raises KeyError when the log group does not exist and is not to be created.
    """
    if create_group:
        make_log_group(account, region, group)
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
