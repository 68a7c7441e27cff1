"""Sends a request over a connection of its own, and reads the answer until a time.

The standard library's client has a limit for each read. A receiver that sends a byte now and then would keep it
waiting, so here each read has what is left of the whole time.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, Any, Self

from caller.answer import LARGEST, Answer
from caller.failures import RequestFailed, RequestTimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from _typeshed import WriteableBuffer

    from caller.settings import Address

_CONNECT = 10.0
"""Seconds for one address of the receiver to take a connection; then the next one is tried."""
_PROBE = 60
"""Seconds between two probes of a silent connection. NAT gateways and Network Load Balancers forget a connection that
is silent for 350 seconds (VPC User Guide, NAT gateways; Network Load Balancers, Update the TCP idle timeout)."""
_LARGEST_TRANSFER = 2 * LARGEST
"""Bytes that are read at most, with the headers."""
_SWITCHES = HTTPStatus.SWITCHING_PROTOCOLS
"""After it nothing in HTTP follows, so it is final."""
_UNKNOWN = "the work may be done all the same"


class Deadline:
    """A moment of the machine's own clock, which is neither set nor stopped."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Let the time be over in so many seconds."""
        self.seconds = seconds
        self._clock, self._end = clock, clock() + seconds

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return self._clock() >= self._end

    def left(self) -> float:
        """Return the seconds that are left; TimeoutError when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left


def send(address: Address, headers: Mapping[str, str], body: bytes, deadline: Deadline) -> Answer:
    """POST a body; return the answer. RequestFailed or RequestTimedOut if there is none."""
    with closing(_encrypted(_connected(address, deadline), address, deadline)) as line:
        try:
            line.settimeout(deadline.left())
            request = HTTPConnection(address.host, address.port)
            request.sock = line
            request.request("POST", address.path, body, {**headers, "Host": address.authority, "Connection": "close"})
            return _answer(_Stream(_Incoming(line, deadline)))
        except TimeoutError:
            raise RequestTimedOut(f"no answer within {deadline.seconds:g} seconds; {_UNKNOWN}") from None
        except OSError as error:
            raise RequestFailed(f"the connection ended before the answer: {_words(error)}; {_UNKNOWN}") from None
        except (HTTPException, ValueError) as error:
            raise RequestFailed(f"what came is no answer of HTTP; {_UNKNOWN}", str(error)) from None


def _connected(address: Address, deadline: Deadline) -> socket.socket:
    """Return a connection to the first of the receiver's addresses that takes one."""
    try:
        places = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RequestFailed(f"the name {address.host} is not found: {_words(error)}") from None
    why = "it has no address"
    for family, kind, protocol, _, place in places:
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(min(_CONNECT, deadline.left()))
            line.connect(place)
        except OSError as error:
            line.close()
            why = _words(error)
        else:
            _keep_alive(line)
            return line
    if deadline.over:
        raise RequestTimedOut(f"no connection to {address} within {deadline.seconds:g} seconds")
    raise RequestFailed(f"no connection to {address}: {why}")


def _keep_alive(line: socket.socket) -> None:
    """Let the machine probe a silent connection, so that nobody between forgets it."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _PROBE)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _PROBE)


def _encrypted(line: socket.socket, address: Address, deadline: Deadline) -> socket.socket:
    """Return the connection with TLS, if the address asks for it. Nothing is sent to who cannot prove its name."""
    if address.scheme == "http":
        return line
    try:
        line.settimeout(deadline.left())
        return ssl.create_default_context().wrap_socket(line, server_hostname=address.host)
    except OSError as error:
        line.close()
        if isinstance(error, TimeoutError):
            raise RequestTimedOut(f"no TLS with {address} within {deadline.seconds:g} seconds") from None
        if isinstance(error, ssl.SSLCertVerificationError):
            raise RequestFailed(f"the certificate of {address} is refused: {error.verify_message}") from None
        raise RequestFailed(f"no TLS with {address}: {_words(error)}") from None


class _Incoming(io.RawIOBase):
    """What comes over a connection, until the deadline and up to a size."""

    def __init__(self, line: socket.socket, deadline: Deadline) -> None:
        self._line, self._deadline, self._room = line, deadline, _LARGEST_TRANSFER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        place = memoryview(buffer)[: self._room]
        self._line.settimeout(self._deadline.left())
        count = self._line.recv_into(place) if place else 0
        self._room -= count
        return count


class _Stream(io.BufferedReader):
    """What comes, in the place of a socket. Several answers are read from it, so the end of one does not close it."""

    def makefile(self, _: str) -> Self:
        return self

    def close(self) -> None:
        """Leave that to the connection."""


def _answer(stream: Any) -> Answer:  # noqa: ANN401 - it is no socket, but serves as one
    """Return the final answer; informational ones may come before."""
    while True:
        with closing(HTTPResponse(stream, method="POST")) as response:
            response.begin()
            if not HTTPStatus.CONTINUE <= response.status < HTTPStatus.OK or response.status == _SWITCHES:
                return _read(response)


def _read(response: HTTPResponse) -> Answer:
    try:
        body, whole = response.read(LARGEST + 1), True
    except IncompleteRead as error:
        body, whole = error.partial, False
    except ConnectionError:
        body, whole = b"", False
    rest = response.length or 0
    whole = whole and (not rest or len(body) > LARGEST)
    return Answer(response.status, response.reason, response.headers.get("Location", ""), body, whole)


def _words(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
