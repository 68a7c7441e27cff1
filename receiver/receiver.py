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
import traceback
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
LARGEST, TOLERANCE, SHORTEST, LONGEST = 64 * 1024, 300, 24, 1000
"""Bytes of a request; seconds by which the time of its signature may differ; bytes of a secret's key; characters of an
error."""


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
        """Take the secrets, of which there are two amid a rotation. ValueError for none, or one that cannot be one.

        `bearer` is for receivers with `proof: bearer`. `claim` gets the key of a launch, and returns whether nobody has
        had it before; keys count for a day. By default this process remembers them, which is enough for one process.
        """
        self._secrets, self._bearer = checked(secrets), bearer
        self._claim, self._clock = claim or memory(), clock
        self._jobs: dict[str, Job] = {}

    def job(self, name: str) -> Callable[[Job], Job]:
        """Register a function under a name. It gets the body of the request. ValueError for a name that is no name."""
        if not _is_name(name):
            raise ValueError(f'{name!r} is no name that a job file can have; write @receiver.job("refresh_rates")')
        if name in self._jobs:
            raise ValueError(f"two functions are registered as {name!r}")

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
            jobs = order["jobs"]
        except (ValueError, TypeError, LookupError, RecursionError):
            jobs = None
        if not jobs or not isinstance(jobs, list) or not all(isinstance(name, str) for name in jobs):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, error="the body has no list `jobs` of names")
        return order

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
            results = [_done(self._jobs[name], order) for name in order["jobs"]]
        except (Exception, SystemExit) as error:
            logging.getLogger(__name__).exception("%s failed", order["jobs"])
            why = "".join(traceback.format_exception_only(error)).strip()[:LONGEST]
            raise _RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, error=why) from None
        return HTTPStatus.ACCEPTED if any(one is LATER for one in results) else HTTPStatus.OK, {"jobs": order["jobs"]}


def _is_name(name: object) -> bool:
    """Return whether a job file can have this name in its `Http`."""
    return isinstance(name, str) and re.fullmatch("[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,63}", name) is not None


def _done(job: Job, order: Mapping[str, Any]) -> object:
    """Call a function, and return what it returns. `sys.exit()` ends the function, and not the server."""
    try:
        return job(order)
    except SystemExit as asked:
        if asked.code:
            raise
        return None


def checked(secrets: Sequence[str]) -> list[str]:
    """Return secrets without the spaces around them; ValueError, without its value, for one that cannot be one."""
    if isinstance(secrets, str) or not secrets or not all(isinstance(own, str) for own in secrets):
        raise ValueError('the secrets must be a list of one text or more: [os.environ["JOBS_SECRET"]]')
    bare = [own.strip() for own in secrets]
    if any(len(_key(own)) < SHORTEST for own in bare):
        raise ValueError(f"each secret must have at least {SHORTEST} bytes")
    return bare


def _key(own: str) -> bytes:
    """Return the key of a secret: the bytes that the Base64 after `whsec_` stands for, or those of another text."""
    if not own.startswith("whsec_"):
        return own.encode()
    try:
        return base64.b64decode(own[6:] + "=" * (-len(own[6:]) % 4), validate=True)
    except ValueError:
        raise ValueError("a secret begins with whsec_, and what follows is not Base64") from None


def signature(own: str, name: str, seconds: str, body: bytes) -> str:
    """Return the signature of Standard Webhooks."""
    signed = b".".join((name.encode(), seconds.encode(), body))
    return "v1," + base64.b64encode(hmac.digest(_key(own), signed, hashlib.sha256)).decode()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
