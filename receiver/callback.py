"""Tells the end of work that has outlasted its request."""

from __future__ import annotations

import json
import time
import uuid
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from receiver.receiver import checked, signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PAUSES = (1, 2, 4, 8, 16)
"""Seconds before each repetition."""
_FIELDS = ("run", "schedule", "tick", "launch", "rerun")
"""What names the run, as the request had it."""
_LONGEST_REASON = 1000
_PATIENCE = 30
"""Seconds for an answer."""


class Callbacks:
    """Tells the ends with the secrets of a receiver."""

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        bearer: bool = False,
        clock: Callable[[], float] = time.time,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        """Take what the receiver takes, and how long to wait before each repetition."""
        self._secrets, self._bearer = checked(secrets), bearer
        self._clock, self._pauses = clock, pauses

    def tell(self, order: Mapping[str, Any], problem: object = "") -> None:
        """Say that the work of an order is done, or has failed with a problem, which is a text or an error.

        RuntimeError when nobody takes it, or the job waits for none.
        """
        if "callback" not in order:
            raise RuntimeError(f"the job {order.get('job')} waits for no callback: set `callback_within` of its `Http`")
        said = {name: order[name] for name in _FIELDS if name in order}
        failed = isinstance(problem, BaseException) or bool(problem)
        reason = f"{type(problem).__name__}: {problem}" if isinstance(problem, BaseException) else str(problem or "")
        outcome = {"outcome": "failed" if failed else "good", "reason": reason[:_LONGEST_REASON]}
        body = json.dumps(said | outcome).encode()
        answers: list[int] = []
        for pause in (0, *self._pauses):
            time.sleep(pause)
            answers = [_post(order["callback"], headers, body) for headers in self._proofs(body)]
            if HTTPStatus.NO_CONTENT in answers:
                return
            if max(answers) < HTTPStatus.TOO_MANY_REQUESTS:
                break
        raise RuntimeError(f"the callback about {order['schedule']} at {order['tick']} was answered {answers}")

    def _proofs(self, body: bytes) -> list[dict[str, str]]:
        """Return headers that prove a body: one token after the other, or the signatures of all secrets."""
        if self._bearer:
            return [{"Authorization": f"Bearer {own}"} for own in self._secrets]
        name, seconds = uuid.uuid4().hex, str(int(self._clock()))
        signatures = " ".join(signature(own, name, seconds, body) for own in self._secrets)
        return [{"webhook-id": name, "webhook-timestamp": seconds, "webhook-signature": signatures}]


def _post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """POST a body; return the code of the answer, or 503 without one. Redirects are not followed."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.netloc, timeout=_PATIENCE)
    try:
        connection.request("POST", parts.path or "/", body, {"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return HTTPStatus.SERVICE_UNAVAILABLE.value
    finally:
        connection.close()
