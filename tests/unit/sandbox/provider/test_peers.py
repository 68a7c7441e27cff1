"""The provider's port serves the processes of its own user, and nobody else's."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped, unused-ignore]
from pulumi.runtime.proto import provider_pb2_grpc

from emulator.provider import peers, serve
from tests.credentials import SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from emulator.provider.core.clients import Clients

_LINE = "  0: 0100007F:{peer:04X} 0100007F:{server:04X} 01 00000000:00000000 00:00000000 00000000 {user} 0 4711 1\n"


@contextmanager
def connected(family: socket.AddressFamily, server_address: str, address: str) -> Iterator[tuple[int, int]]:
    """Connect this process to itself; give the ports of both ends."""
    with socket.create_server((server_address, 0)) as server, socket.socket(family) as peer:
        port = server.getsockname()[1]
        peer.connect((address, port))
        yield peer.getsockname()[1], port


@pytest.mark.parametrize("find", [peers.is_own_connection, peers.by_tables, peers.by_processes])
@pytest.mark.parametrize("mapped", [False, True], ids=["IPv4", "IPv4 in IPv6"])
def test_own_process(find: Callable[[int, int], bool], mapped: bool) -> None:  # noqa: FBT001 - a case
    """Linux's tables and a look through the processes find the same owner, of the very connection."""
    family, address = (socket.AF_INET6, "::ffff:127.0.0.1") if mapped else (socket.AF_INET, "127.0.0.1")
    with connected(family, "127.0.0.1", address) as (peer, server):
        assert find(peer, server)
        assert not find(peer, server + 1)
        assert not find(server, peer + 1)


def test_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection of somebody else is not one's own."""
    table = tmp_path / "tcp"
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    for user, own in ((1000, True), (1001, False), (0, False)):
        table.write_text("head\n" + _LINE.format(peer=5, server=6, user=user))
        assert peers.by_tables(5, 6, [table]) is own


def test_calls_of_others_are_refused(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call reaches the provider from a connection that is not the user's own; one that is, is asked for seldom."""
    asked: list[tuple[int, int]] = []
    answers = iter([True, False])

    def is_own(peer: int, server: int) -> bool:
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
    assert [port for _, port in asked] == [server.port, server.port]
