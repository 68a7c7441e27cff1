"""Requests to a receiver, as a server of WSGI hands them on."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from caller import request
from caller.proof import Proof
from receiver.receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OLD, NEW = "an-older-secret-of-24-letters", "whsec_bmV3IHNlY3JldCBvZiAyNCBsZXR0ZXJz"
NOW = 1_800_000_000
ALIAS = "arn:aws:lambda:eu-central-1:123456789012:function:jobs-job-hello:jobs-hello"
EVENT: dict[str, Any] = {"job": "hello", "schedule": "hello", "tick": "2026-11-26T15:30:00Z", "attempt": 1, "launch": 1}


class Fleet:
    """A receiver with two functions that remember what they got."""

    def __init__(self, secrets: Sequence[str] = (NEW,), *, bearer: bool = False, **options: Any) -> None:  # noqa: ANN401
        """Make the receiver."""
        self.receiver = Receiver(secrets, bearer=bearer, clock=lambda: NOW, **options)
        self.done: list[tuple[str, Mapping[str, Any]]] = []
        self.receiver.job("hello")(lambda order: self.done.append(("hello", order)))
        self.receiver.job("bye")(lambda order: self.done.append(("bye", order)))

    def ask(self, environ: Mapping[str, Any]) -> tuple[int, Any]:
        """Return the code of an answer, and what it says."""
        codes = []

        def start(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:  # noqa: ANN401 - WSGI's own
            assert dict(headers)["Content-Type"] == "application/json"
            codes.append(int(status[:3]))

        body = b"".join(self.receiver(dict(environ), start))
        return codes[0], json.loads(body)


def sent(
    *jobs: str, secrets: Sequence[str] = (NEW,), kind: str = "signature", now: float = NOW, **event: object
) -> dict[str, Any]:
    """Return the environment of a request that the caller makes for a launch."""
    launch = EVENT | event
    body = request.body(launch, f"{ALIAS}/8f0e", jobs or ("hello",))
    name = request.launch_id(ALIAS, launch)
    return environment(body, request.headers(name) | Proof(kind, secrets).headers(name, now, body))


def environment(body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the environment of a POST."""
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    own = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
    return named | own
