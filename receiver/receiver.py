"""Runs jobs that come as requests: a WSGI application, for any server of WSGI. docs/http.md is its contract.

    receiver = Receiver([os.environ["JOBS_SECRET"]])

    @receiver.job("hello")
    def hello(order):
        print("hello at", order["tick"])

A function that raises an error has failed. One that returns `LATER` goes on, and `Callbacks.tell` says how it ended.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from receiver.claims import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment

    from receiver.claims import Claim

    Job = Callable[[Mapping[str, Any]], object]

LATER = "later"
"""What a function returns whose work goes on after the answer."""
LARGEST, TOLERANCE, SHORTEST = 64 * 1024, 300, 24
"""Bytes of a request; seconds by which the time of its signature may differ; bytes of a secret's key."""


class _RefusedError(Exception):
    """An answer other than that the work is done or goes on."""

    def __init__(self, status: HTTPStatus, **said: object) -> None:
        super().__init__(status)
        self.status, self.said = status, said


class Receiver:
    """A WSGI application that runs functions for who knows one of the secrets, once for each launch."""

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        bearer: bool = False,
        claim: Claim | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the secrets, of which there are two amid a rotation. ValueError for none, or one that is too short.

        `bearer` is for receivers with `proof: bearer`. `claim` gets the key of a launch, and returns whether nobody has
        had it before; keys count for a day. By default this process remembers them, which is enough for one process.
        """
        self._secrets, self._bearer = [own.strip() for own in secrets], bearer
        if not self._secrets or any(len(_key(own)) < SHORTEST for own in self._secrets):
            raise ValueError(f"a receiver needs a secret, and each has at least {SHORTEST} bytes")
        self._claim, self._clock = claim or memory(), clock
        self._jobs: dict[str, Job] = {}

    def job(self, name: str) -> Callable[[Job], Job]:
        """Register a function under a name. It gets the body of the request."""

        def register(function: Job) -> Job:
            self._jobs[name] = function
            return function

        return register

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        try:
            order = self._order(environ)
            status, said = self._run(environ["HTTP_WEBHOOK_ID"], order)
        except _RefusedError as refused:
            status, said = refused.status, refused.said
        body = json.dumps(said).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _order(self, environ: WSGIEnvironment) -> dict[str, Any]:
        """Return what is to be done, if the request proves itself."""
        length = environ.get("CONTENT_LENGTH") or ""
        if environ["REQUEST_METHOD"] != "POST":
            raise _RefusedError(HTTPStatus.METHOD_NOT_ALLOWED)
        if not re.fullmatch("[0-9]{1,9}", length):
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > LARGEST:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = environ["wsgi.input"].read(int(length))
        if not self._is_proven(environ, body):
            raise _RefusedError(HTTPStatus.UNAUTHORIZED)
        try:
            order: dict[str, Any] = json.loads(body)
            return order | {"jobs": [str(name) for name in order["jobs"]]}
        except (ValueError, TypeError, LookupError, RecursionError):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, error="the body has no list `jobs`") from None

    def _is_proven(self, environ: WSGIEnvironment, body: bytes) -> bool:
        """Compare with each secret in constant time, and with all of them whichever fits."""
        name, seconds = environ.get("HTTP_WEBHOOK_ID", ""), environ.get("HTTP_WEBHOOK_TIMESTAMP", "")
        shown, known = [environ.get("HTTP_AUTHORIZATION", "")], [f"Bearer {own}" for own in self._secrets]
        fresh = re.fullmatch("[0-9a-f]{32}", name) is not None
        if not self._bearer:
            shown = environ.get("HTTP_WEBHOOK_SIGNATURE", "").split(" ")[:8]
            known = [signature(own, name, seconds, body) for own in self._secrets]
            in_time = re.fullmatch("[0-9]{1,12}", seconds) and abs(self._clock() - int(seconds)) <= TOLERANCE
            fresh = fresh and bool(in_time)
        return sum(hmac.compare_digest(_digest(one), _digest(other)) for one in known for other in shown) > 0 and fresh

    def _run(self, key: str, order: dict[str, Any]) -> tuple[HTTPStatus, dict[str, Any]]:
        """Run the functions one after another."""
        if unknown := [name for name in order["jobs"] if name not in self._jobs]:
            raise _RefusedError(HTTPStatus.NOT_FOUND, unknown=unknown, known=sorted(self._jobs))
        if not self._claim(key):
            raise _RefusedError(HTTPStatus.CONFLICT, error="this launch has come before")
        try:
            results = [self._jobs[name](order) for name in order["jobs"]]
        except Exception as error:
            logging.getLogger(__name__).exception("%s failed", order["jobs"])
            raise _RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, error=f"{type(error).__name__}: {error}") from None
        return HTTPStatus.ACCEPTED if any(one is LATER for one in results) else HTTPStatus.OK, {"jobs": order["jobs"]}


def _key(own: str) -> bytes:
    """Return the key of a secret: the bytes that the Base64 after `whsec_` stands for, or those of another text."""
    return base64.b64decode(own[6:] + "==") if own.startswith("whsec_") else own.encode()


def signature(own: str, name: str, seconds: str, body: bytes) -> str:
    """Return the signature of Standard Webhooks."""
    signed = b".".join((name.encode(), seconds.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(_key(own), signed, hashlib.sha256)).decode()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
