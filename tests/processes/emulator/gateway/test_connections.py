"""A connection takes one request after another, whatever the application does with them."""

from __future__ import annotations

import http.client
import logging
import queue
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from emulator.gateway.connections import KeepAliveHandler

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

LARGE = b"x" * 1_000_000
PATIENCE = 10.0


class Application:
    """Answers by path, and remembers the ports of its clients."""

    def __init__(self) -> None:
        """Start without clients."""
        self.ports: list[str] = []
        self.undelayed: list[int] = []
        self.closed = False
        self._threads: queue.SimpleQueue[threading.Thread] = queue.SimpleQueue()

    def threads(self, count: int) -> Iterator[threading.Thread]:
        """Yield the threads of the next requests."""
        for _ in range(count):
            yield self._threads.get(timeout=PATIENCE)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        self._threads.put(threading.current_thread())
        self.ports.append(environ["REMOTE_PORT"])
        self.undelayed.append(environ["werkzeug.socket"].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        match environ["PATH_INFO"]:
            case "/echo":
                body = environ["wsgi.input"].read()
                start_response("200 OK", [("Content-Length", str(len(body)))])
                return [body]
            case "/ignore":
                start_response("403 Forbidden", [("Content-Length", "2")])
                return [b"no"]
            case "/empty":
                start_response("204 No Content", [])
                return []
            case "/stream":
                start_response("200 OK", [])
                return [b"one", b"", b"two"]
            case "/endless":
                start_response("200 OK", [])
                return self._endless()
            case "/broken":
                start_response("200 OK", [])
                return self._broken()
            case _:
                raise LookupError(environ["PATH_INFO"])

    def _endless(self) -> Iterator[bytes]:
        try:
            while True:
                yield LARGE
        finally:
            self.closed = True

    def _broken(self) -> Iterator[bytes]:
        yield b"one"
        raise LookupError("two")


@pytest.fixture
def application() -> Application:
    """Return the application that is served."""
    return Application()


@pytest.fixture
def connection(application: Application) -> Iterator[http.client.HTTPConnection]:
    """Serve the application, and return a connection to it, which opens itself again after it was closed."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=KeepAliveHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=PATIENCE)) as made:
            yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Return the status and the body of a response."""
    connection.request(method, path, body)
    response = connection.getresponse()
    return response.status, response.read()


def test_one_connection(application: Application, connection: http.client.HTTPConnection) -> None:
    """Bodies that nobody reads, answers without a length, and answers without a body do not end a connection."""
    assert ask(connection, "POST", "/echo", b"first") == (200, b"first")
    assert ask(connection, "POST", "/ignore", LARGE) == (403, b"no")
    assert ask(connection, "GET", "/stream") == (200, b"onetwo")
    assert ask(connection, "POST", "/empty", b"unread") == (204, b"")
    assert ask(connection, "HEAD", "/stream") == (200, b"")
    assert ask(connection, "POST", "/echo", LARGE) == (200, LARGE)
    assert len(set(application.ports)) == 1
    assert all(application.undelayed)


@pytest.mark.parametrize("path", ["/echo", "/ignore"])
def test_chunks(application: Application, connection: http.client.HTTPConnection, path: str) -> None:
    """A request may come in chunks."""
    expected = {"/echo": (200, b"onetwo"), "/ignore": (403, b"no")}[path]
    for _ in range(2):
        connection.request("POST", path, iter([b"one", b"two"]), encode_chunked=True)
        response = connection.getresponse()
        assert (response.status, response.read()) == expected
    assert len(set(application.ports)) == 1


def test_failure(
    application: Application, connection: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """When the application fails, the client is told, the log has the reason, and the connection ends."""
    with caplog.at_level(logging.ERROR):
        assert ask(connection, "GET", "/unknown")[0] == 500
    assert "LookupError: /unknown" in caplog.text
    assert ask(connection, "GET", "/stream") == (200, b"onetwo")
    assert len(set(application.ports)) == 2


def test_failure_in_between(connection: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture) -> None:
    """An answer that fails after its beginning is not taken for a complete one."""
    connection.request("GET", "/broken")
    with caplog.at_level(logging.ERROR), pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    assert "LookupError: two" in caplog.text


def test_client_leaves(
    application: Application, connection: http.client.HTTPConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """When the client leaves, its answer is closed and its connection ends, without an error in the log."""
    connection.request("GET", "/endless")
    response = connection.getresponse()
    assert response.read(len(LARGE)) == LARGE
    response.close()
    connection.close()
    connection.putrequest("POST", "/echo")
    connection.putheader("Content-Length", "9")
    connection.endheaders(b"only")
    connection.close()
    for thread in application.threads(2):
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert application.closed
    assert caplog.text == ""
