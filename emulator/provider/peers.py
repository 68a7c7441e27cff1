"""Restricts the provider to processes of the user that runs it, because gRPC's port asks for no password."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import grpc
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Linux's tables of sockets with their users (proc(5)). An IPv6 socket can be connected to an IPv4 address."""
_ESTABLISHED = "01"
_WRITTEN = len("0100007F:1F90")
_MAPPED = "::ffff:"
"""The prefix of an IPv4 address that is written as an IPv6 address (RFC 4291)."""
_TRUSTED_FOR = 1.0
"""Seconds after which the owner of a connection is checked again, because another user may have its port by then."""


@dataclass(frozen=True)
class Address:
    """An IPv4 address and a port."""

    host: str
    port: int


class OwnProcessesOnly(grpc.ServerInterceptor):  # type: ignore[misc]
    """An interceptor that refuses every call of another user's process."""

    def __init__(self, server: Callable[[], Address]) -> None:
        """Guard the server that listens at the address `server()`."""
        self._server = server
        self._trusted: dict[str, float] = {}

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:  # noqa: ANN401 - as grpc
        """Return a handler that checks the owner of the connection before a call; a provider has only unary methods."""
        handler = continuation(details)
        if handler is None or handler.unary_unary is None:
            return None

        def guarded(request: object, context: grpc.ServicerContext) -> object:
            if not self._trusts(context.peer()):
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "another user's process may not use this provider")
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(guarded, handler.request_deserializer, handler.response_serializer)

    def _trusts(self, peer: str) -> bool:
        now = time.monotonic()
        if now - self._trusted.get(peer, -_TRUSTED_FOR) < _TRUSTED_FOR:
            return True
        found = read_peer(peer)
        if found is None or not is_own_connection(found, self._server()):
            self._trusted.pop(peer, None)
            return False
        self._trusted[peer] = now
        return True


def read_peer(peer: str) -> Address | None:
    """Return the address in gRPC's text for a peer, such as `ipv4:127.0.0.1:4711`; None for another kind of peer."""
    kind, _, address = unquote(peer).partition(":")
    host, _, port = address.rpartition(":")
    host = host.strip("[]").removeprefix(_MAPPED)
    try:
        known = ipaddress.IPv4Address(host)
    except ValueError:
        return None
    return Address(str(known), int(port)) if kind in {"ipv4", "ipv6"} and port.isdecimal() else None


def is_own_connection(peer: Address, server: Address) -> bool:
    """Return whether a process of this user has the connection from `peer` to `server`."""
    tables = [table for table in _TABLES if table.exists()]
    return by_tables(peer, server, tables) if tables else by_processes(peer, server)


def by_tables(peer: Address, server: Address, tables: Iterable[Path] = _TABLES) -> bool:
    """Return the same as `is_own_connection`, from Linux's tables of sockets."""
    ends = _written(peer), _written(server)
    for line in (line for table in tables for line in table.read_text().splitlines()[1:]):
        _, local, remote, state, _, _, _, user, *_ = line.split()
        # An IPv6 table writes a prefix before an IPv4 address. Both tables write the address as a hexadecimal number.
        if state == _ESTABLISHED and (local[-_WRITTEN:], remote[-_WRITTEN:]) == ends:
            return int(user) == os.getuid()
    return False


def by_processes(peer: Address, server: Address) -> bool:
    """Return the same as `is_own_connection`, from this user's processes, where there are no tables, as on macOS."""
    for process in psutil.process_iter():
        try:
            if process.uids().real != os.getuid():
                continue
            connections = process.net_connections("tcp")
        except psutil.Error:  # the process has ended, or its connections are not visible
            continue
        if any(_ends(one) == (peer, server) for one in connections if one.status == psutil.CONN_ESTABLISHED):
            return True
    return False


def _written(address: Address) -> str:
    number = int.from_bytes(socket.inet_aton(address.host), sys.byteorder)
    return f"{number:08X}:{address.port:04X}"


def _ends(connection: Any) -> tuple[Address | None, Address | None]:  # noqa: ANN401 - psutil's type is private
    return tuple(  # type: ignore[return-value]
        Address(end.ip.removeprefix(_MAPPED), end.port) if end else None for end in (connection.laddr, connection.raddr)
    )
