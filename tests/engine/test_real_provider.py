"""With PROVIDER=real the engine uses a plugin, with a configuration that leads all its calls to the embedded AWS.

AWS's own plugin is on no package registry. In its place stands a program that is started as a plugin is, and answers as
the stand-in does.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import TYPE_CHECKING

from emulator.provider.servicer import VERSION
from sandbox import real_provider
from sandbox.client import start_server
from sandbox.session import CHECKOUT, PLATFORM, Session
from sandbox.stacks import Stack
from tests.engine.account import REGION, Account

if TYPE_CHECKING:
    from pathlib import Path

PLUGIN = """\
#!{python}
import json, os, pathlib, signal, sys
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, {checkout!r})
import grpc
from pulumi.runtime.proto import provider_pb2_grpc
from emulator.iam.credentials import Credentials
from emulator.provider.core.clients import Clients
from emulator.provider.core.properties import decode
from emulator.provider.servicer import AwsServicer

class Plugin(AwsServicer):
    def Configure(self, request, context):
        found = {{"args": decode(request.args), "variables": dict(request.variables), "environment": dict(os.environ)}}
        pathlib.Path({seen!r}).write_text(json.dumps(found))
        return super().Configure(request, context)

names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
clients = Clients(os.environ["AWS_ENDPOINT_URL"], Credentials(*(os.environ[name] for name in names)))
server = grpc.server(ThreadPoolExecutor(32))
provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(clients), server)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
server.wait_for_termination()
"""


def test_plugin(tmp_path: Path) -> None:
    """The engine starts the plugin of pulumi_aws's version, and configures it with the embedded AWS alone."""
    folder = tmp_path / "plugins" / f"resource-aws-v{VERSION}"
    folder.mkdir(parents=True)
    seen = tmp_path / "seen.json"
    text = PLUGIN.format(python=sys.executable, checkout=str(CHECKOUT), seen=str(seen))
    (folder / "pulumi-resource-aws").write_text(text)
    (folder / "pulumi-resource-aws").chmod(0o755)
    session = Session(tmp_path / "session")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # the server outlives the object that stands for it
            server = start_server(session, real_provider=True)
        assert server.provider is None
        real_provider.link(tmp_path / "plugins", session.folder)
        platform = Stack(session, PLATFORM, "sandbox", CHECKOUT / "sandbox" / "platform", server)
        platform.prepare({"aws:region": REGION})
        assert platform.up(quiet=True) > 0
        platform.prepare({"aws:region": REGION})
        assert platform.up(quiet=True) == 0
        assert Account(server).client("ecs").list_clusters()["clusterArns"]
    finally:
        session.remove()
    configured = json.loads(seen.read_text())
    (endpoints,) = json.loads(configured["variables"]["aws:config:endpoints"])
    assert endpoints == dict.fromkeys(real_provider.SERVICES, server.endpoint)
    flags = {name.rpartition(":")[2]: value for name, value in configured["variables"].items()}
    assert {name: flags[name] for name in flags if name.startswith(("skip", "s3"))} == {
        "s3UsePathStyle": "true",
        "skipCredentialsValidation": "true",
        "skipMetadataApiCheck": "true",
        "skipRegionValidation": "true",
    }
    assert flags["region"] == REGION
    assert "PULUMI_DEBUG_PROVIDERS" not in configured["environment"]
    assert configured["environment"]["AWS_ENDPOINT_URL"] == server.endpoint
    assert (folder / "pulumi-resource-aws").exists(), "the sandbox's end must not delete the plugins of the user"
