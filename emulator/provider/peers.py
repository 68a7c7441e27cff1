"""Who speaks to the provider: only processes of the user that runs it. gRPC's own port asks nobody for a password."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Linux's tables of sockets, with the user of each (proc(5)). An IPv6 socket can be connected to an IPv4 address."""
_TRUSTED_FOR = 1.0
"""Seconds after which the owner of a connection is looked up again: its port may have gone to somebody else."""


class OwnProcessesOnly(grpc.ServerInterceptor):  # type: ignore[misc]
    """Refuses every call of another user's process."""

    def __init__(self, port: Callable[[], int], is_own: Callable[[int, int], bool] | None = None) -> None:
        """Guard the server that listens on `port()`. `is_own` takes the ports of peer and server."""
        self._port = port
        self._is_own = is_own or is_own_connection
        self._trusted: dict[str, float] = {}

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:  # noqa: ANN401 - as grpc
        """Ask for the owner of the connection before the call is handled."""
        handler = continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler

        def guarded(request: object, context: grpc.ServicerContext) -> object:
            if not self._trusts(context.peer()):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "another user's process may not use this provider")
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(guarded, handler.request_deserializer, handler.response_serializer)

    def _trusts(self, peer: str) -> bool:
        now = time.monotonic()
        if now - self._trusted.get(peer, -_TRUSTED_FOR) < _TRUSTED_FOR:
            return True
        _, _, port = peer.rpartition(":")
        if not port.isdecimal() or not self._is_own(int(port), self._port()):
            self._trusted.pop(peer, None)
            return False
        self._trusted[peer] = now
        return True


def is_own_connection(peer: int, server: int) -> bool:
    """Say whether this user's process holds the other end, at port `peer`, of a loopback connection to `server`."""
    tables = [table for table in _TABLES if table.exists()]
    return by_tables(peer, server, tables) if tables else by_processes(peer, server)


def by_tables(peer: int, server: int, tables: Iterable[Path] = _TABLES) -> bool:
    """Answer by Linux's own tables."""
    for line in (line for table in tables for line in table.read_text().splitlines()[1:]):
        _, local, remote, _, _, _, _, user, *_ = line.split()
        if local.endswith(f":{peer:04X}") and remote.endswith(f":{server:04X}"):
            return int(user) == os.getuid()
    return False


def by_processes(peer: int, server: int) -> bool:
    """Answer the same where there is no table, as on macOS: look through this user's processes."""
    for process in psutil.process_iter():
        try:
            if process.uids().real != os.getuid():
                continue
            connections = process.net_connections("tcp")
        except psutil.Error:  # it has ended, or hides from us
            continue
        if any(len(one.raddr) and (one.laddr.port, one.raddr.port) == (peer, server) for one in connections):
            return True
    return False
