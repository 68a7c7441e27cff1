"""AWS's SDK for Python as a client of a WSGI application, in a protocol that a test chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader
from werkzeug.test import Client, TestResponse

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from botocore.awsrequest import AWSRequest

    from emulator.iam.credentials import Credentials

CBOR = "smithy-rpc-v2-cbor"


def wsgi_client(
    application: WSGIApplication, host: str, service: str, credentials: Credentials, protocol: str | None = None
) -> Any:  # noqa: ANN401 - boto3's clients have no type in common
    """Return a client whose requests `application` answers; `protocol` is botocore's own choice unless it is set."""
    session = botocore.session.Session()
    if protocol is not None:
        session.register_component("data_loader", _OneProtocol(protocol))
    client: Any = boto3.Session(botocore_session=session).client(
        service,  # type: ignore[call-overload]
        region_name="eu-central-1",
        endpoint_url=f"http://{host}",
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.token,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )

    def send(request: AWSRequest, **_: object) -> Any:  # noqa: ANN401 - as botocore wants it
        body = request.body
        raw: Any = request.headers.items()
        headers = {name: v.decode() if isinstance(v, bytes) else str(v) for name, v in raw}
        return _Answer(
            Client(application).open(request.url, method=request.method, headers={**headers, "Host": host}, data=body)
        )

    client.meta.events.register_first("before-send", send)
    return client


class _OneProtocol(Loader):
    """Loads service models that know one protocol."""

    def __init__(self, protocol: str) -> None:
        super().__init__(include_default_search_paths=True)
        self._protocol = protocol

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:  # noqa: ANN401
        model = super().load_service_model(service_name, type_name, api_version)
        if type_name != "service-2":
            return model
        return {**model, "metadata": {**model["metadata"], "protocol": self._protocol, "protocols": [self._protocol]}}


class _Answer:
    """A response as botocore reads it."""

    def __init__(self, answer: TestResponse) -> None:
        self.status_code = answer.status_code
        self.headers = {name.lower(): value for name, value in answer.headers}
        self.content = answer.get_data()

    @property
    def text(self) -> str:
        return self.content.decode()
