"""The reply of a function to an invocation, and the replies that Lambda gives for a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMED_OUT = "Sandbox.Timedout"
EXITED = "Runtime.ExitError"


@dataclass(frozen=True)
class Reply:
    """The reply of a process to a request."""

    lines: list[str]
    """The lines that the process printed while it handled the request."""
    result: object = None
    error: Mapping[str, Any] | None = None
    """The error as Lambda reports it: errorMessage, errorType and, for an exception, requestId and stackTrace."""
    out_of_memory: bool = False
    """Whether the process was ended because it used too much memory."""
    seconds: float = field(default=0.0, compare=False)
    """How long the handler ran."""
    peak: int = field(default=0, compare=False)
    """The most memory that the process has used, in MB; 0 where it is not known."""


def late_after(timeout: float) -> str:
    """Return Lambda's words for a time limit that was reached."""
    return f"Task timed out after {timeout:.2f} seconds"


def timed_out(request_id: str, how: str) -> Reply:
    """Return the reply of a handler that takes too long, in the words of Lambda."""
    return Reply([], error={"errorType": TIMED_OUT, "errorMessage": f"RequestId: {request_id} Error: {how}"})


def exited(request_id: str, how: str, *, out_of_memory: bool = False) -> Reply:
    """Return the reply of a handler whose process has ended, in the words of Lambda and of its log."""
    message = f"RequestId: {request_id} Error: {how}"
    error = {"errorType": EXITED, "errorMessage": message}
    return Reply([message, EXITED], error=error, out_of_memory=out_of_memory)
