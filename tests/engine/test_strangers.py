"""Whoever is not the user of a sandbox: another user of the machine, and a process that guesses."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.engine.conftest import Sandbox

NOBODY = 65534

STRANGER = """
import json, os, sys
import boto3, botocore.exceptions, grpc, httpx
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

endpoint, provider, server, file, user = sys.argv[1:]
client = boto3.client("ecs", region_name="eu-central-1", endpoint_url=endpoint,
                      aws_access_key_id="ASIA0000000000000000", aws_secret_access_key="guessed")

def attempt(what):
    try:
        return str(what())
    except PermissionError:
        return "PermissionError"
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    except grpc.RpcError as error:
        return error.code().name

def call_provider():
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(f"127.0.0.1:{provider}", options=options) as channel:
        return provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty()).version

def attempts():
    return {
        "user": os.getuid(),
        "file": attempt(lambda: open(file).read()),
        "environment": attempt(lambda: open(f"/proc/{server}/environ").read()),
        "status": attempt(lambda: httpx.get(f"{endpoint}/_sandbox/status", trust_env=False).status_code),
        "aws": attempt(lambda: client.run_task(taskDefinition="web")),
        "provider": attempt(call_provider),
    }

attempts()
os.setgroups([])
os.setgid(int(user))
os.setuid(int(user))
print(json.dumps(attempts()))
"""
"""Does everything once as root, so that all is imported: another user may not even be able to start this Python."""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can play another user")
def test_another_user(sandbox: Sandbox) -> None:
    """Another user of the machine reads no file, steers no clock, runs no task, and makes no resource."""
    server = sandbox.server
    arguments = [server.endpoint, server.provider, server.pid, sandbox.session.folder / "server.json", NOBODY]
    done = subprocess.run(
        [sys.executable, "-c", STRANGER, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found == {
        "user": NOBODY,
        "file": "PermissionError",
        "environment": "PermissionError",
        "status": "401",
        "aws": "UnrecognizedClientException",
        "provider": "PERMISSION_DENIED",
    }


def test_files_are_the_user_s_alone(sandbox: Sandbox) -> None:
    """Nothing in the session's folder may be read, written or entered by anybody else."""
    folder = sandbox.session.folder
    everything = [folder, *folder.rglob("*")]
    assert {"server.json", "server.log", "pulumi", "Pulumi.sandbox.yaml", "data"} <= {one.name for one in everything}
    open_to_others = [one for one in everything if not one.is_symlink() and stat.S_IMODE(one.stat().st_mode) & 0o077]
    assert open_to_others == []
