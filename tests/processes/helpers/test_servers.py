"""The helpers that run real servers, with three of them behind a real proxy."""

from __future__ import annotations

import os
import socket
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.loopback import HOST
from tests.redis_server import redis_server
from tests.reverse_proxy import reverse_proxy
from tests.wsgi_server import wsgi_servers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.loopback import Served

APPLICATION = """
import os, time

def answer(environ, start_response):
    name = os.environ["SERVER"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
    if body == f"slow {name}":
        time.sleep(60)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{name} {environ['HTTP_HOST']} {len(body)}".encode()]
"""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Sequence[Served]]:
    """Three servers that say which they are."""
    (tmp_path / "answering.py").write_text(APPLICATION)
    with wsgi_servers(3, "answering:answer", {"PATH": os.defpath}, tmp_path) as started:
        yield started


def post(url: str, body: str = "") -> str:
    """Return the answer to a POST."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, body.encode(), timeout=30) as answer:
        text: str = answer.read().decode()
        return text


def test_servers_answer_in_turn_and_a_dead_one_is_passed_over(tmp_path: Path, servers: Sequence[Served]) -> None:
    """The proxy's port answers at once; nothing of it is left at the end."""
    with reverse_proxy(tmp_path / "proxy", servers) as proxy:
        host = f"{HOST}:{proxy.port}"
        assert sorted(post(proxy.url) for _ in range(3)) == [f"{number} {host} 0" for number in range(3)]
        servers[1].kill()
        assert {post(proxy.url)[0] for _ in range(4)} == {"0", "2"}
        assert post(proxy.url, "x" * 2_000_000).endswith(" 2000000")
    assert proxy.process.returncode == 0
    with pytest.raises(ConnectionRefusedError), socket.create_connection((HOST, proxy.port)):
        pass


def test_a_post_that_takes_too_long_is_not_repeated(tmp_path: Path, servers: Sequence[Served]) -> None:
    """The proxy gives up on the slow server, and the next request goes to others."""
    with reverse_proxy(tmp_path / "proxy", servers[:1], patience=1) as proxy:
        with pytest.raises(urllib.error.HTTPError, match="504") as refused:
            post(proxy.url, "slow 0")
        refused.value.close()
        assert post(proxy.url, "slow 1").startswith("0 ")


def test_a_redis_server_keeps_nothing(tmp_path: Path) -> None:
    """It answers Redis's protocol, and dies with its process id."""
    with (
        redis_server(tmp_path) as redis,
        socket.create_connection((HOST, redis.port)) as connection,
        connection.makefile("rwb") as file,
    ):
        file.write(b"SET lock me NX PX 60000\r\nSET lock you NX\r\nGET lock\r\n")
        file.flush()
        assert [file.readline() for _ in range(4)] == [b"+OK\r\n", b"$-1\r\n", b"$2\r\n", b"me\r\n"]
    assert redis.process.returncode == 0
    assert not list(tmp_path.iterdir())
