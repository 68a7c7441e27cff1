"""Requests in AWS JSON to the services that a watch asks most, which moto answers here without Flask.

For each, Flask and moto's set-up would cost more than the operation: contexts, routes, URLs, cookies, forms and
queries, none of which the protocol AWS JSON has.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.core.parse import JSONParser
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from moto.dynamodb.responses import DynamoHandler
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.utilities.utils import get_partition
from werkzeug.datastructures import EnvironHeaders

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_STATUS = "status"
"""The header in which moto's handlers pass a status on."""
_REQUEST_ID_BYTES = 26
"""Half of the characters of a request id."""


def answering_json(others: WSGIApplication) -> WSGIApplication:
    """Return an application that answers the requests to these services, and has `others` answer all others."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
        if service not in _HANDLERS or not _is_plain(environ):
            return others(environ, start_response)
        status, headers, text = _HANDLERS[service](environ, operation).call_action()
        body = text if isinstance(text, bytes) else text.encode()
        sent = [(name, str(value)) for name, value in headers.items() if name != _STATUS]
        start_response(f"{status} {HTTPStatus(int(status)).phrase}", [*sent, ("Content-Length", str(len(body)))])
        return [body]

    return answer


def _is_plain(environ: WSGIEnvironment) -> bool:
    """Return whether a request is as SDKs send it: signed in a header, neither compressed nor chunked."""
    return "HTTP_AUTHORIZATION" in environ and "CONTENT_LENGTH" in environ and "HTTP_CONTENT_ENCODING" not in environ


class _Quick(BaseResponse):
    """Moto's operations for one request, with the attributes that they and the gateway need."""

    def __init__(self, environ: WSGIEnvironment, operation: str) -> None:
        super().__init__()
        self.automated_parameter_parsing = True
        self._operation = operation
        self.headers = EnvironHeaders(environ)
        self.querystring: dict[str, Any] = {}
        self.uri_match = {}
        self.response_headers = {}
        self.region = self.get_region_from_url(self, "")
        self.partition = get_partition(self.region)
        self.access_key = self.get_access_key()
        self.current_account = self.get_current_account()
        model = get_service_model(self.boto3_service_name).operation_model(operation)
        request: Any = {"body": environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))}
        self.params: Any = JSONParser(model).parse(request)

    def _get_action(self) -> str:
        return self._operation

    @staticmethod
    def _enrich_response(headers: dict[str, str], body: str | bytes) -> tuple[dict[str, str], str | bytes]:
        return {**headers, "x-amzn-requestid": secrets.token_hex(_REQUEST_ID_BYTES).upper()}, body


_HANDLERS: Mapping[str, type[_Quick]] = {
    service: type(f"Quick{handler.__name__}", (_Quick, handler), {})
    for service, handler in {
        "AmazonEC2ContainerServiceV20141113": EC2ContainerServiceResponse,
        "AmazonSSM": SimpleSystemManagerResponse,
        "DynamoDB_20120810": DynamoHandler,
    }.items()
}
"""By the services' names in X-Amz-Target, which the name of the operation follows."""
