"""The running server answers, and its clients can call only this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from emulator.iam.credentials import Credentials
from emulator.provider import serve
from emulator.provider.core.clients import Clients
from emulator.provider.core.properties import decode
from tests.credentials import SESSION

if TYPE_CHECKING:
    from pathlib import Path


def test_server_speaks_grpc(clients: Clients) -> None:
    """The running server answers on its port of the loopback address, and no longer after it was stopped."""
    server = serve(clients.endpoint_url, SESSION)
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        config = provider_pb2.ConfigureRequest(variables={"aws:config:region": "eu-west-1"})
        assert stub.GetPluginInfo(empty_pb2.Empty()).version == "7.51.1"
        assert stub.GetSchema(provider_pb2.GetSchemaRequest()).schema == "{}"
        assert stub.Configure(config).supportsPreview
        assert not stub.Handshake(provider_pb2.ProviderHandshakeRequest()).accept_secrets
        request = provider_pb2.InvokeRequest(tok="aws:index/getRegion:getRegion")
        assert decode(getattr(stub.Invoke(request), "return"))["region"] == "eu-west-1"
        server.stop()
        with pytest.raises(grpc.RpcError) as failure:
            stub.GetPluginInfo(empty_pb2.Empty())
        assert failure.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://sqs.eu-central-1.amazonaws.com",
        "http://10.0.0.1:5000",
        "http://0.0.0.0:5000",
        "http://127.0.0.1.x.com",
        "",
    ],
    ids=["AWS", "another machine", "any address", "look-alike", "nothing"],
)
def test_only_this_machine(endpoint: str) -> None:
    """The provider refuses an endpoint that is not on the loopback interface."""
    with pytest.raises(ValueError, match="must be on this machine"):
        serve(endpoint, SESSION)


def test_environment_and_profiles_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither variables nor files can redirect a request or change its credentials."""
    (tmp_path / "config").write_text("[profile real]\nregion = us-east-1\nendpoint_url = http://127.0.0.2:1\n")
    (tmp_path / "credentials").write_text("[real]\naws_access_key_id = REAL\naws_secret_access_key = REAL\n")
    hostile = {
        "AWS_PROFILE": "missing",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_ENDPOINT_URL": "http://127.0.0.2:1",
        "AWS_ENDPOINT_URL_SQS": "http://127.0.0.2:1",
        "AWS_ACCESS_KEY_ID": "REAL",
        "AWS_SECRET_ACCESS_KEY": "REAL",
        "AWS_SESSION_TOKEN": "REAL",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "HTTP_PROXY": "http://127.0.0.2:1",
        "http_proxy": "http://127.0.0.2:1",
    }
    for name, value in hostile.items():
        monkeypatch.setenv(name, value)

    client = Clients("http://127.0.0.1:9", SESSION).get("sqs", "eu-central-1")
    credentials = client._request_signer._credentials

    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert Credentials(credentials.access_key, credentials.secret_key, credentials.token) == SESSION
    assert client._endpoint.http_session._proxy_config._proxies == {}


def test_clients_are_made_once(clients: Clients) -> None:
    """One client serves a service in a region, and another region has its own client."""
    assert clients.get("sqs", "eu-central-1") is clients.get("sqs", "eu-central-1")
    assert clients.get("sqs", "eu-central-1") is not clients.get("sqs", "eu-west-1")
