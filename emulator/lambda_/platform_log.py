"""The lines that Lambda itself writes to a function's log about an invocation (Lambda Developer Guide, Log formats)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from emulator.lambda_.replies import EXITED, TIMED_OUT

if TYPE_CHECKING:
    from emulator.lambda_.replies import Reply

OUT_OF_MEMORY = "Runtime.OutOfMemory"
"""The type in the log only; the answer has the type of an exit."""
_INDENT = "\u00a0\u00a0"


def began(request_id: str, version: str) -> str:
    """Return the first line of an invocation."""
    return f"START RequestId: {request_id} Version: {version}"


def ended(request_id: str, reply: Reply, memory_size: int) -> list[str]:
    """Return the last lines of an invocation.

    The report tells of a time limit that was reached. The line "Task timed out after ..." which Lambda once wrote is
    no longer there (DataBiosphere/azul issue 8140, of June 2026).
    """
    milliseconds = reply.seconds * 1000
    billed = math.ceil(milliseconds)
    peak = memory_size if reply.out_of_memory else min(reply.peak, memory_size)
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\tBilled Duration: {billed} ms\t"
        f"Memory Size: {memory_size} MB\tMax Memory Used: {peak} MB\t"
    )
    return [f"END RequestId: {request_id}", report + _status(reply)]


def of_exception(error: dict[str, object]) -> str:
    """Return the one event in which the Python runtime logs an exception, as AWS's runtime interface client does."""
    frames = error["stackTrace"]
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}", "Traceback (most recent call last):"]
    assert isinstance(frames, list)  # noqa: S101
    return "\n".join([*lines, *(_indented(line) for frame in frames for line in frame.splitlines())])


def _indented(line: str) -> str:
    bare = line.lstrip(" ")
    return _INDENT * ((len(line) - len(bare)) // 2) + bare


def _status(reply: Reply) -> str:
    kind = (reply.error or {}).get("errorType")
    if kind == TIMED_OUT:
        return "Status: timeout"
    if kind == EXITED:
        return f"Status: error\tError Type: {OUT_OF_MEMORY if reply.out_of_memory else EXITED}"
    return ""
