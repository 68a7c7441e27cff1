"""Requests to the URLs of functions. Whoever knows a URL may send them: the function's policy decides, and no key."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_facts.function_name import FunctionName
from emulator.gateway.gateway import AwsError
from emulator.iam import policy_evaluation
from emulator.iam.policy_evaluation import Request
from emulator.lambda_ import function_policies, url_events
from emulator.lambda_.concurrency import THROTTLED
from emulator.lambda_.function_urls import PATH
from emulator.lambda_.invoke import LARGEST_REQUEST
from emulator.lambda_.url_events import MalformedResultError, UrlRequest, UrlResponse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import InputStream, StartResponse, WSGIEnvironment

    from emulator.lambda_.function_urls import FunctionUrl, FunctionUrls
    from emulator.lambda_.functions import Functions

_ANYBODY = "anonymous"
"""A caller without credentials; only the principal `*` names it."""
_NEEDED = {
    "lambda:InvokeFunctionUrl": {"lambda:FunctionUrlAuthType": "NONE"},
    "lambda:InvokeFunction": {"lambda:InvokedViaFunctionUrl": "true"},
}
"""What the function's policy must allow, both since October 2025, with the request's condition keys (Lambda Developer
Guide, "Control access to Lambda function URLs")."""
_FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)
_HEADER = "HTTP_"
_CHUNK = 65536


class UrlRequests:
    """The WSGI application that answers for all function URLs."""

    def __init__(self, urls: FunctionUrls, functions: Functions) -> None:
        """Answer requests to these URLs with these functions."""
        self._urls = urls
        self._functions = functions

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        request_id = str(uuid.uuid4())
        answer = self._answer(environ, request_id)
        status = HTTPStatus(answer.status) if answer.status in set(HTTPStatus) else None
        headers = [*answer.headers, ("x-amzn-RequestId", request_id), ("content-length", str(len(answer.body)))]
        start_response(f"{answer.status} {status.phrase if status else 'Unknown'}", list(headers))
        return [answer.body]

    def _answer(self, environ: WSGIEnvironment, request_id: str) -> UrlResponse:
        url_id, _, path = _raw_path(environ).removeprefix(f"{PATH}/").partition("/")
        url = self._urls.find(url_id)
        if url is None:
            return _refused(HTTPStatus.NOT_FOUND, "ResourceNotFoundException", None)
        if not _is_allowed(url):
            return _refused(HTTPStatus.FORBIDDEN, "AccessDeniedException", _FORBIDDEN)
        body = _body(environ["wsgi.input"])
        if len(body) > LARGEST_REQUEST:
            return _too_large()
        request = UrlRequest(
            method=environ["REQUEST_METHOD"],
            path=f"/{path}",
            query=environ.get("QUERY_STRING", ""),
            headers=_headers(environ),
            body=body,
            source=environ.get("REMOTE_ADDR", ""),
            protocol=environ.get("SERVER_PROTOCOL", ""),
        )
        payload = json.dumps(url_events.event(request, url.domain, request_id, datetime.now(UTC)))
        return _too_large() if len(payload) > LARGEST_REQUEST else self._invoked(url, payload, request_id)

    def _invoked(self, url: FunctionUrl, payload: str, request_id: str) -> UrlResponse:
        try:
            reply = self._functions.invoke_beside(str(url.function), payload, request_id)
        except AwsError as refusal:
            if refusal.code == THROTTLED:
                return _refused(HTTPStatus.TOO_MANY_REQUESTS, refusal.code, refusal.message)
            return _failed()
        if reply.error is not None or len(json.dumps(reply.result)) > LARGEST_REQUEST:
            return _failed()
        try:
            return url_events.response(reply.result)
        except MalformedResultError:
            return _failed()


def _is_allowed(url: FunctionUrl) -> bool:
    policy = function_policies.of(FunctionName.of_arn(str(url.function)))
    asked = [Request(action, str(url.function), context) for action, context in _NEEDED.items()]
    return all(policy_evaluation.evaluate_resource_policy(policy, _ANYBODY, one).allowed for one in asked)


def _raw_path(environ: WSGIEnvironment) -> str:
    """Return the path as it was sent; WSGI's own is decoded."""
    sent: str = environ["REQUEST_URI"]
    return sent.partition("?")[0]


def _body(stream: InputStream) -> bytes:
    """Return the body of a request, or its beginning if it is larger than Lambda takes."""
    read = b""
    while len(read) <= LARGEST_REQUEST and (chunk := stream.read(_CHUNK)):
        read += chunk
    return read


def _headers(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    given = {name.removeprefix(_HEADER): value for name, value in environ.items() if name.startswith(_HEADER)}
    others = {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    return [(name.replace("_", "-"), str(value)) for name, value in {**given, **others}.items()]


def _refused(status: HTTPStatus, code: str, message: str | None) -> UrlResponse:
    headers = [("content-type", "application/json"), ("x-amzn-ErrorType", code)]
    return UrlResponse(status, headers, json.dumps({"Message": message}).encode())


def _too_large() -> UrlResponse:
    message = f"Request must be smaller than {LARGEST_REQUEST} bytes for the InvokeFunction operation"
    return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLargeException", message)


def _failed() -> UrlResponse:
    """Return the answer for a function that has failed, has run into its time limit, or gave no response."""
    return UrlResponse(HTTPStatus.BAD_GATEWAY, [("content-type", "text/plain")], b"Internal Server Error")
