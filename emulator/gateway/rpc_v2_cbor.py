"""CloudWatch's requests in the protocol Smithy RPC v2 CBOR, which AWS's SDK for Go sends and moto does not know.

Each request becomes one in AWS JSON 1.0, which moto answers, and the answer becomes CBOR. The rules are those of
"Smithy RPC v2 CBOR protocol" of the Smithy documentation; the services and shapes come from botocore's models.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from datetime import datetime
from functools import cache
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from botocore.loaders import Loader
from botocore.model import ServiceModel, ShapeResolver, StructureShape
from botocore.parsers import ResponseParserError, RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from botocore.model import Shape

PROTOCOL = "rpc-v2-cbor"
_PATH = re.compile(r"(?:.*/)?service/GraniteServiceVersion20100801/operation/(?P<operation>\w+)")
_TARGET, _NAMESPACE = "GraniteServiceVersion20100801", "com.amazonaws.cloudwatch"
"""CloudWatch's name in requests, and in the types of its errors."""
_COMMON = "com.amazon.coral.service"
"""The namespace of the errors that all services have, such as refusals."""
_JSON, _CBOR = "application/x-amz-json-1.0", "application/cbor"
_NOT_PASSED_ON = frozenset({"content-type", "content-length", "x-amzn-errortype"})
_TYPE = "__type"


def is_cbor(environ: WSGIEnvironment) -> bool:
    """Return whether a request is in this protocol."""
    return bool(environ.get("HTTP_SMITHY_PROTOCOL") == PROTOCOL)


def answering_cbor(aws: WSGIApplication) -> WSGIApplication:
    """Return an application that answers requests in CBOR as well, with the answers of `aws`."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return _answer(aws, environ, start_response) if is_cbor(environ) else aws(environ, start_response)

    return answer


def refuse(start_response: StartResponse, code: str, message: str) -> Iterable[bytes]:
    """Answer with an error that all services have."""
    body = {_TYPE: f"{_COMMON}#{code}", "message": message}
    return _write(start_response, HTTPStatus.BAD_REQUEST, [], _encoded(body, _error_shape(code)))


def _answer(aws: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
    if found is None or found["operation"] not in _model().operation_names:
        return refuse(start_response, "UnknownOperationException", "")
    if "HTTP_X_AMZ_TARGET" in environ:  # the protocol has servers refuse it
        return refuse(start_response, "SerializationException", "The request has the header X-Amz-Target.")
    try:
        params = _decoded(_body(environ))
    except (ResponseParserError, OSError, EOFError, ValueError) as error:
        return refuse(start_response, "SerializationException", str(error))
    operation = found["operation"]
    answer = Response.from_app(aws, _as_json(environ, operation, params))
    kept = [(name, value) for name, value in answer.headers if name.lower() not in _NOT_PASSED_ON]
    status = HTTPStatus(answer.status_code)
    content = _result(operation, answer) if status < HTTPStatus.BAD_REQUEST else _error(operation, answer)
    return _write(start_response, status, kept, content)


def _result(operation: str, answer: Response) -> bytes | None:
    """Return the result of an operation, or None for an operation without one."""
    shape = _model().operation_model(operation).output_shape
    return None if shape is None else _encoded(answer.get_json(force=True), shape)


def _error(operation: str, answer: Response) -> bytes:
    """Return an error; AWS writes the member of the message as the error's shape does."""
    body = answer.get_json(force=True, silent=True) or {}  # when moto fails, it answers with a page
    name = _error_name(operation, body, answer.headers.get("x-amzn-query-error", ""))
    shape = _error_shape(name)
    namespace = _NAMESPACE if name in _definitions()["shapes"] else _COMMON
    message = next(key for key in shape.members if key.lower() == "message")
    text = body.get("message", body.get("Message", ""))
    others = {key: value for key, value in body.items() if key in shape.members and key.lower() != "message"}
    return _encoded({**others, _TYPE: f"{namespace}#{name}", message: text}, shape)


def _body(environ: WSGIEnvironment) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return gzip.decompress(body) if environ.get("HTTP_CONTENT_ENCODING") == "gzip" else body


def _as_json(environ: WSGIEnvironment, operation: str, params: object) -> WSGIEnvironment:
    body = json.dumps(params, default=_json_value).encode()
    kept = {name: value for name, value in environ.items() if name != "HTTP_CONTENT_ENCODING"}
    return kept | {
        "PATH_INFO": "/",
        "CONTENT_TYPE": _JSON,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_AMZ_TARGET": f"{_TARGET}.{operation}",
        "wsgi.input": BytesIO(body),
    }


def _json_value(value: object) -> object:
    """Return a value that CBOR has and JSON lacks, as AWS JSON writes it."""
    return value.timestamp() if isinstance(value, datetime) else base64.b64encode(cast("bytes", value)).decode()


def _decoded(body: bytes) -> object:
    parser = RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body)) if body else {}


def _encoded(value: object, shape: Shape) -> bytes:
    body = bytearray()
    serializer: Any = RpcV2CBORSerializer()
    serializer._serialize_data_item(body, value, shape)  # noqa: SLF001 - botocore writes requests only
    return bytes(body)


def _write(
    start_response: StartResponse, status: HTTPStatus, headers: Iterable[tuple[str, str]], body: bytes | None
) -> Iterable[bytes]:
    """Answer; an operation without a result has neither a body nor its type."""
    typed = [] if body is None else [("Content-Type", _CBOR)]
    content = body or b""
    length = ("Content-Length", str(len(content)))
    start_response(f"{status} {status.phrase}", [*headers, *typed, length, ("smithy-protocol", PROTOCOL)])
    return [content]


def _error_name(operation: str, body: Mapping[str, Any], query_error: str) -> str:
    """Return the name of an error's shape: that of the operation's errors with the error's code, or that in the body.

    Several shapes have the code ResourceNotFound, and moto does not know which of them the operation has.
    """
    code = query_error.partition(";")[0]
    named = str(body.get(_TYPE, "InternalFailure")).rpartition("#")[2]
    shapes = _model().operation_model(operation).error_shapes
    return next((shape.name for shape in shapes if shape.metadata.get("error", {}).get("code") == code), named)


@cache
def _error_shape(name: str) -> StructureShape:
    """Return the shape of an error with its type, also for an error that is not in the model."""
    shapes = _definitions()["shapes"]
    members = shapes.get(name, {}).get("members", {})
    text = {"shape": _TYPE}
    message = {} if "message" in map(str.lower, members) else {"message": text}
    resolver = ShapeResolver(cast("Any", {**shapes, _TYPE: {"type": "string"}}))
    return StructureShape(name, {"type": "structure", "members": {**members, **message, _TYPE: text}}, resolver)


@cache
def _model() -> ServiceModel:
    return ServiceModel(_definitions(), "cloudwatch")


@cache
def _definitions() -> Mapping[str, Any]:
    definitions: Mapping[str, Any] = Loader(include_default_search_paths=True).load_service_model(
        "cloudwatch", "service-2"
    )
    return definitions
