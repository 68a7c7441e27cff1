"""The provider's port serves only processes of its own user."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

from emulator.provider import peers, serve
from tests.credentials import SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from emulator.provider.core.clients import Clients

_LINE = "  0: {peer} {server} {state} 00000000:00000000 00:00000000 00000000 {user} 0 4711 1\n"
PEER, SERVER = peers.Address("127.0.0.1", 5), peers.Address("127.0.0.1", 6)


@contextmanager
def connected(family: socket.AddressFamily, address: str) -> Iterator[tuple[peers.Address, peers.Address]]:
    """Connect this process to itself, and return both ends."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(family) as peer:
        port = server.getsockname()[1]
        peer.connect((address, port))
        yield peers.Address("127.0.0.1", peer.getsockname()[1]), peers.Address("127.0.0.1", port)


@pytest.mark.parametrize("find", [peers.is_own_connection, peers.by_tables, peers.by_processes])
@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::ffff:127.0.0.1")],
    ids=["IPv4", "IPv4 in IPv6"],
)
def test_own_process(
    find: Callable[[peers.Address, peers.Address], bool], family: socket.AddressFamily, address: str
) -> None:
    """Linux's tables and the list of processes find the same owner of a connection."""
    with connected(family, address) as (peer, server):
        assert find(peer, server)
        for other in (replace(server, port=server.port + 1), replace(server, host="127.0.0.2")):
            assert not find(peer, other)
        for other in (replace(peer, port=peer.port + 1), replace(peer, host="127.0.0.3")):
            assert not find(other, server)


def test_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection of another user, one that shares only its ports, and one that ended are not the user's own."""
    table = tmp_path / "tcp"
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    mine = {"peer": peers._written(PEER), "server": peers._written(SERVER), "state": "01", "user": 1000}
    theirs = mine | {"user": 1001}
    alike = mine | {"server": peers._written(replace(SERVER, host="127.0.0.2"))}
    for lines, own in (
        ([mine], True),
        ([theirs], False),
        ([mine | {"user": 0}], False),
        ([mine | {"state": "06"}], False),
        ([alike], False),
        ([alike, theirs], False),
        ([alike, mine], True),
    ):
        table.write_text("head\n" + "".join(_LINE.format(**line) for line in lines))
        assert peers.by_tables(PEER, SERVER, [table]) is own


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ipv4:127.0.0.1:4711", peers.Address("127.0.0.1", 4711)),
        ("ipv6:[::ffff:127.0.0.1]:4711", peers.Address("127.0.0.1", 4711)),
        ("ipv6:%5B::ffff:127.0.0.1%5D:4711", peers.Address("127.0.0.1", 4711)),
        ("ipv6:[::1]:4711", None),
        ("unix:/tmp/socket", None),
        ("", None),
    ],
)
def test_addresses_of_peers(text: str, address: peers.Address | None) -> None:
    """The address and port of a peer are read, and another kind of peer has no address."""
    assert peers.read_peer(text) == address


def test_calls_of_others_are_refused(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call over another user's connection is refused, and the owner of an own connection is checked seldom."""
    asked: list[tuple[peers.Address, peers.Address]] = []
    answers = iter([True, False])

    def is_own(peer: peers.Address, server: peers.Address) -> bool:
        asked.append((peer, server))
        return next(answers)

    monkeypatch.setattr(peers, "is_own_connection", is_own)
    server = serve(clients.endpoint_url, SESSION)
    try:
        options = [("grpc.use_local_subchannel_pool", 1)]
        for _ in range(2):
            with grpc.insecure_channel(f"127.0.0.1:{server.port}", options=options) as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                if len(asked) == 0:
                    assert stub.GetPluginInfo(empty_pb2.Empty()).version
                    assert stub.GetPluginInfo(empty_pb2.Empty()).version
                    continue
                with pytest.raises(grpc.RpcError) as refused:
                    stub.GetPluginInfo(empty_pb2.Empty())
                assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    finally:
        server.stop()
    assert [end for _, end in asked] == [peers.Address("127.0.0.1", server.port)] * 2
