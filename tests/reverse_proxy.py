"""A real reverse proxy, nginx, in front of servers on loopback."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.distribution import program
from tests.loopback import HOST, Served, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
"""Of each nginx makes a folder when it starts, whether it is used or not."""
_CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
{user}
events {{ }}
http {{
    access_log off;
    {temporary}
    upstream servers {{ {servers} }}
    server {{
        listen {host}:{port};
        client_max_body_size 10m;
        location / {{
            proxy_pass http://servers;
            proxy_set_header Host $http_host;
            proxy_connect_timeout 2s;
            proxy_read_timeout {patience}s;
        }}
    }}
}}
"""


@contextmanager
def reverse_proxy(folder: Path, servers: Sequence[Served], patience: int = 60) -> Iterator[Served]:
    """Run nginx in front of servers, in turn; skip the test where there is no nginx.

    As nginx does without further settings, it passes a request on to the next server when one cannot be reached, and
    does not repeat a POST that a server has got. A server that takes longer than `patience`, in seconds, is answered
    for with 504. `folder` is empty or missing; it has the file error.log afterwards.
    """
    folder.mkdir(parents=True, exist_ok=True)
    nginx = program("nginx")

    def words(number: int, port: int) -> Sequence[str]:
        file = folder / "nginx.conf"
        file.write_text(_config(folder, port, servers, patience))
        # With this variable nginx hands its sockets on to the program that replaces it during an upgrade.
        socket = ["env", f"NGINX={number};"]
        return [*socket, *nginx, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(file)]

    with serving(words, {"PATH": os.defpath}) as proxy:
        yield proxy


def _config(folder: Path, port: int, servers: Sequence[Served], patience: int) -> str:
    return _CONFIG.format(
        folder=folder,
        user="user root root;" if os.geteuid() == 0 else "",  # others could not enter the folder of a test
        temporary=" ".join(f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY),
        servers=" ".join(f"server {HOST}:{server.port};" for server in servers),
        host=HOST,
        port=port,
        patience=patience,
    )
