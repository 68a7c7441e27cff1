"""What a receiver's answer means for the run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from caller.failures import RequestFailed

LARGEST = 1024 * 1024
"""Bytes of the longest answer. Only the beginning of an answer is of use."""
ACCEPTED, ELSEWHERE = "accepted", "elsewhere"
"""States of a run that goes on: until a callback, or by another delivery of the same launch."""


@dataclass(frozen=True)
class Answer:
    """A receiver's answer."""

    status: int
    phrase: str
    """The words after the status code."""
    location: str
    body: bytes
    """At most one byte more than `LARGEST`."""
    whole: bool = True
    """Whether the body came to its end."""

    @property
    def text(self) -> str:
        """The body as text, whatever its encoding."""
        return self.body.decode("utf-8", "replace")

    @property
    def line(self) -> str:
        """Status code and words."""
        return f"{self.status} {self.phrase}".strip()


def result(answer: Answer, *, callback: bool) -> dict[str, Any]:
    """Return what the function returns for an answer; RequestFailed when the work is not done.

    `callback` says whether the receiver knows where to tell the end.
    """
    if answer.status == HTTPStatus.CONFLICT:
        return {"state": ELSEWHERE}
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        raise RequestFailed(
            f"answered {answer.line}{_elsewhere(answer.location)}; redirects are not followed", answer.text
        )
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise RequestFailed(f"answered {answer.line}", answer.text)
    if len(answer.body) > LARGEST:
        raise RequestFailed(f"answered {answer.line} with more than {LARGEST} bytes", answer.text)
    if not answer.whole:
        raise RequestFailed(f"answered {answer.line}, and the connection ended before the answer did", answer.text)
    if answer.status != HTTPStatus.ACCEPTED:
        return {"status": answer.status}
    if not callback:
        raise RequestFailed(
            f"answered {answer.line}, but nobody waits for its end: set `callback_within` of `Http`", answer.text
        )
    return {"state": ACCEPTED}


def _elsewhere(location: str) -> str:
    """Return the host to which a redirect leads; the rest of the address may hold what not everybody should read."""
    try:
        host = urlsplit(location).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return f", a redirect to {host}" if host else ""
