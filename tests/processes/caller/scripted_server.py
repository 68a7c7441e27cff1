"""A server on loopback that answers with the bytes of a test, whatever they are."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence

_PATIENCE = 30.0
"""Seconds after which a test that hangs ends."""
_TLS = b"\x16"
"""Begins what a client of TLS says first."""


@dataclass
class Served:
    """A server that runs."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    """Lets a server that waits close its connection."""
    closed: threading.Event = field(default_factory=threading.Event)
    """Set when the server has closed a connection."""


@dataclass(frozen=True, kw_only=True)
class _Script:
    """What a server does with each connection."""

    parts: Sequence[bytes]
    gap: float
    waits: bool
    resets: bool
    tls: ssl.SSLContext | None


@contextlib.contextmanager
def scripted_server(
    *parts: bytes, gap: float = 0, waits: bool = False, resets: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[Served]:
    """Answer each connection with these parts, `gap` seconds between them; then wait, reset it, or end it."""
    script = _Script(parts=parts, gap=gap, waits=waits, resets=resets, tls=tls)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        served = Served(listening.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listening, served, script))
        thread.start()
        try:
            yield served
        finally:
            served.done.set()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listening: socket.socket, served: Served, script: _Script) -> None:
    while True:
        try:
            line, _ = listening.accept()
        except OSError:
            return
        line.settimeout(_PATIENCE)
        with contextlib.suppress(OSError), line if script.tls is None else _encrypted(line, script.tls) as end:
            _answer(end, served, script)
        served.closed.set()


def _encrypted(line: socket.socket, tls: ssl.SSLContext) -> socket.socket:
    """Return the connection with TLS; the client closes it when it does not believe the certificate."""
    try:
        return tls.wrap_socket(line, server_side=True)
    except OSError:
        line.close()
        raise


def _answer(line: socket.socket, served: Served, script: _Script) -> None:
    served.requests.append(_request(line))
    for part in script.parts:
        line.sendall(part)
        served.done.wait(script.gap)
    if script.waits:
        served.done.wait(_PATIENCE)
    if script.resets:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _request(line: socket.socket) -> bytes:
    """Read one request with its body, or what a client of TLS says first. ConnectionError when it ends before."""
    got = _some(line)
    while b"\r\n\r\n" not in got and not got.startswith(_TLS):
        got += _some(line)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += _some(line)
    return head + b"\r\n\r\n" + body


def _some(line: socket.socket) -> bytes:
    if not (got := line.recv(65536)):
        raise ConnectionError
    return got
