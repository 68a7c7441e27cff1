"""Serve one of the providers: `python -m emulator.provider.builds awsx`. The first line printed is the port."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from emulator.provider.builds.awsx import AwsxServicer
from emulator.provider.builds.docker_build import DockerBuildServicer
from emulator.provider.peers import Address, OwnProcessesOnly

_HOST = "127.0.0.1"
_LOOK = 1.0
"""Seconds after which it looks whether the engine is still there."""
_SERVICERS = {"awsx": AwsxServicer, "docker-build": DockerBuildServicer}


def main(package: str) -> None:
    """Serve the engine that started this process, until it ends this process or is gone itself."""
    engine, port = os.getppid(), 0
    guard = OwnProcessesOnly(lambda: Address(_HOST, port))
    server = grpc.server(ThreadPoolExecutor(thread_name_prefix=package), interceptors=[guard])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(_SERVICERS[package](), server)
    port = server.add_insecure_port(f"{_HOST}:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - the engine reads it
    while os.getppid() == engine:
        server.wait_for_termination(_LOOK)


if __name__ == "__main__":
    main(sys.argv[1])
