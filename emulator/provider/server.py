"""A gRPC server that stands in for pulumi-aws; the engine is told its port by PULUMI_DEBUG_PROVIDERS."""

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
"""As many requests at once as the engine makes with its default parallelism, and some more."""


class ProviderServer:
    """A running provider; `port` is where the engine attaches: PULUMI_DEBUG_PROVIDERS=aws:<port>."""

    def __init__(self, endpoint_url: str, credentials: Credentials) -> None:
        """Start serving this user's processes on a free loopback port, with these credentials of the endpoint.

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
        """Stop serving at once and wait until it has stopped."""
        self._server.stop(grace=None).wait()


def serve(endpoint_url: str, credentials: Credentials) -> ProviderServer:
    """Start the provider for the embedded AWS at `endpoint_url`, in this process.

    Raises ValueError when the endpoint is not on this machine.
    """
    return ProviderServer(endpoint_url, credentials)
