"""A WSGI application in a process of its own, as one of the servers behind a balancer.

The module is the program of that process as well.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from tests.loopback import HOST, Served, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CHECKOUT = Path(__file__).parents[1]


@contextmanager
def wsgi_servers(
    count: int, application: str, environment: Mapping[str, str], folder: Path | None = None
) -> Iterator[Sequence[Served]]:
    """Run servers of an application such as `package.module:name`, a module of this project or of `folder`.

    Each has the variables in `environment`, and SERVER with its number, from 0 on.
    """
    given = environment.get("PYTHONPATH")
    path = os.pathsep.join(str(place) for place in (folder, _CHECKOUT, given) if place is not None)
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                serving(
                    lambda number, _: [sys.executable, "-m", __name__, str(number), application],
                    {**environment, "PYTHONPATH": path, "SERVER": str(number)},
                )
            )
            for number in range(count)
        ]


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each request in a thread of its own."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
        """Write no line."""


def main() -> None:
    """Serve the application that the second argument names on the socket whose number is the first."""
    module, _, name = sys.argv[2].partition(":")
    listener = socket.socket(fileno=int(sys.argv[1]))
    server = _Server((HOST, 0), _Quiet, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_name, server.server_port = HOST, listener.getsockname()[1]
    server.setup_environ()
    server.set_app(getattr(import_module(module), name))
    server.serve_forever()


if __name__ == "__main__":
    main()
