"""Connections that stay open between requests; Werkzeug's own handler closes each one after its first response."""

from __future__ import annotations

import select
import socket
import traceback
from contextlib import closing
from typing import TYPE_CHECKING, cast

import flask
from werkzeug.exceptions import ClientDisconnected, InternalServerError
from werkzeug.sansio.utils import get_content_length
from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import ClosingIterator, LimitedStream

if TYPE_CHECKING:
    from io import RawIOBase
    from typing import IO
    from wsgiref.types import WSGIApplication, WSGIEnvironment

_BUFFER = 65536
_WITHOUT_BODY = frozenset({204, 304})
"""The status codes of responses that have no body (RFC 9110, sections 15.3.5 and 15.4.5)."""


def caller_is_there() -> bool:
    """Return whether the process still waits whose request this thread answers; a caller in this process always does.

    A process that has ended has closed its connections.
    """
    connection = flask.request.environ.get("werkzeug.socket") if flask.has_request_context() else None
    if connection is None:
        return True
    readable, _, _ = select.select([connection], [], [], 0)
    try:
        return not readable or bool(connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return False


class KeepAliveHandler(WSGIRequestHandler):
    """Answers the requests of one connection, one after another, and logs only errors."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Otherwise the end of a large response waits until the client has acknowledged its beginning."""
    wbufsize = _BUFFER

    def run_wsgi(self) -> None:
        """Answer one request, and read the rest of its body, after which the next request follows."""
        self.environ = self.make_environ()
        body = self._body(self.environ)
        self.environ["wsgi.input"] = body
        self._begun = False
        try:
            self._answer(self.server.app)
            while body.read(_BUFFER):
                pass
        except (ConnectionError, ClientDisconnected):
            self.close_connection = True
        except Exception:  # noqa: BLE001 - whatever the application raises
            self.close_connection = True
            self.server.log("error", f"Error on request:\n{traceback.format_exc()}")
            if not self._begun:
                self._answer(InternalServerError())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no log line."""

    def _body(self, environ: WSGIEnvironment) -> RawIOBase:
        """Return the body of the request, which ends where the next request begins."""
        if environ.get("wsgi.input_terminated"):
            return cast("RawIOBase", environ["wsgi.input"])
        return LimitedStream(cast("IO[bytes]", self.rfile), get_content_length(environ.get("CONTENT_LENGTH")) or 0)

    def _answer(self, app: WSGIApplication) -> None:
        chunks, status, headers = run_wsgi_app(app, self.environ)
        code, _, reason = status.partition(" ")
        bare = self.command == "HEAD" or int(code) in _WITHOUT_BODY
        chunked = not bare and "Content-Length" not in headers
        with closing(ClosingIterator(chunks)) as parts:
            self._begun = True
            self.send_response(int(code), reason)
            for name, value in headers:
                self.send_header(name, value)
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            for part in [] if bare else filter(None, parts):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n" if chunked else b"")
            self.wfile.flush()
