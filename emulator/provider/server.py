"""A gRPC server that replaces pulumi-aws; the engine gets its port from PULUMI_DEBUG_PROVIDERS."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from emulator.provider.core.clients import Clients
from emulator.provider.peers import Address, OwnProcessesOnly
from emulator.provider.servicer import AwsServicer

if TYPE_CHECKING:
    from emulator.iam.credentials import Credentials

_HOST: Final = "127.0.0.1"
THREADS: Final = 32
"""The number of concurrent requests, slightly more than the engine sends with its default parallelism."""


class ProviderServer:
    """A running provider; the engine connects to `port` with PULUMI_DEBUG_PROVIDERS=aws:<port>."""

    def __init__(self, endpoint_url: str, credentials: Credentials) -> None:
        """Start a server for this user's processes on a free loopback port, with credentials for the endpoint.

        Raises ValueError when `endpoint_url` is not on this machine.
        """
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        guard = OwnProcessesOnly(lambda: Address(_HOST, self.port))
        self._server = grpc.server(ThreadPoolExecutor(THREADS, "provider"), interceptors=[guard], options=unlimited)
        servicer = AwsServicer(Clients(endpoint_url, credentials))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, self._server)
        self.port = self._server.add_insecure_port(f"{_HOST}:0")
        self._server.start()

    def stop(self) -> None:
        """Stop the server at once, and wait until it has stopped."""
        self._server.stop(grace=None).wait()


def serve(endpoint_url: str, credentials: Credentials) -> ProviderServer:
    """Start the provider for the embedded AWS at `endpoint_url` in this process, and return it.

    Raises ValueError when the endpoint is not on this machine.
    """
    return ProviderServer(endpoint_url, credentials)
