"""Requests to DynamoDB, which moto answers here without Flask, and without its own search for parameters.

They are most of the requests of a watch. For each, Flask and moto's set-up would cost more than the operation:
contexts, routes, URLs, cookies, forms and queries, none of which the protocol AWS JSON has.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.core.parse import JSONParser
from moto.core.utils import get_service_model
from moto.dynamodb.responses import DynamoHandler
from moto.utilities.utils import get_partition
from werkzeug.datastructures import EnvironHeaders

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_TARGET = "DynamoDB_20120810."
_STATUS = "status"
"""The header in which moto's handlers pass a status on."""
_REQUEST_ID_BYTES = 26
"""Half of the characters of a request id."""


def answering_dynamodb(others: WSGIApplication) -> WSGIApplication:
    """Return an application that answers the requests to DynamoDB, and has `others` answer all others."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not _is_plain(environ):
            return others(environ, start_response)
        status, headers, text = _Handler(environ).call_action()
        body = text if isinstance(text, bytes) else text.encode()
        sent = [(name, str(value)) for name, value in headers.items() if name != _STATUS]
        start_response(f"{status} {HTTPStatus(int(status)).phrase}", [*sent, ("Content-Length", str(len(body)))])
        return [body]

    return answer


def _is_plain(environ: WSGIEnvironment) -> bool:
    """Return whether a request is one to DynamoDB as SDKs send it: signed in a header, not compressed, not chunked."""
    usual = "HTTP_AUTHORIZATION" in environ and "CONTENT_LENGTH" in environ and "HTTP_CONTENT_ENCODING" not in environ
    return usual and environ.get("HTTP_X_AMZ_TARGET", "").startswith(_TARGET)


class _Handler(DynamoHandler):
    """Moto's operations for one request, with the attributes that they and the gateway need."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        super().__init__()
        self.headers = EnvironHeaders(environ)
        self.querystring: dict[str, Any] = {}
        self.uri_match = {}
        self.response_headers = {}
        self.region = self.get_region_from_url(self, "")
        self.partition = get_partition(self.region)
        self.access_key = self.get_access_key()
        self.current_account = self.get_current_account()
        operation = get_service_model("dynamodb").operation_model(self._get_action())
        request: Any = {"body": environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))}
        self.params: Any = JSONParser(operation).parse(request)

    @staticmethod
    def _enrich_response(headers: dict[str, str], body: str | bytes) -> tuple[dict[str, str], str | bytes]:
        return {**headers, "x-amzn-requestid": secrets.token_hex(_REQUEST_ID_BYTES).upper()}, body
