"""The event of a request to a function's URL, and the response that a function's result becomes.

Follows "Invoking Lambda function URLs" of the Lambda Developer Guide (payload format 2.0). Where the guide is silent,
this follows events that people have published (the account `anonymous`, the headers that Lambda adds, members that are
left out), and LocalStack's implementation, which is tested against AWS (which bodies are encoded).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from datetime import datetime

_TEXTS = ("text", "json", "xml")
"""Parts of the content types whose bodies are not encoded."""
_JSON = "application/json"
_OWN_HEADERS = frozenset({"connection", "content-length", "transfer-encoding"})
"""Headers that a function cannot set."""


@dataclass(frozen=True)
class UrlRequest:
    """A request to a function's URL."""

    method: str
    path: str
    """The path below the URL, still encoded."""
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source: str
    """The address of the caller."""
    protocol: str


@dataclass(frozen=True)
class UrlResponse:
    """The response to such a request."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class MalformedResultError(Exception):
    """A function's result is no response."""


def event(request: UrlRequest, domain: str, request_id: str, at: datetime) -> dict[str, Any]:
    """Return the event of a request to a URL with this host on AWS."""
    headers = _headers(request, domain)
    cookies = [one.strip() for one in headers.get("cookie", "").split(";") if one.strip()]
    found: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": domain.partition(".")[0],
            "domainName": domain,
            "domainPrefix": domain.partition(".")[0],
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": request.protocol,
                "sourceIp": request.source,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": at.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(at.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        found["cookies"] = cookies
    if request.query:
        found["queryStringParameters"] = _joined(parse_qsl(request.query, keep_blank_values=True))
    if request.body:
        found |= _body(request.body, headers.get("content-type", ""))
    return found


def response(result: object) -> UrlResponse:
    """Return the response that a function's result stands for; raise MalformedResultError when it is none.

    A result without a status code is the body of a response.
    """
    if not isinstance(result, Mapping) or "statusCode" not in result:
        return UrlResponse(200, [("content-type", _JSON)], json.dumps(result).encode())
    status, headers, cookies = result["statusCode"], result.get("headers") or {}, result.get("cookies") or []
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:  # noqa: PLR2004 - HTTP's range
        raise MalformedResultError(f"statusCode {status!r}")
    if not isinstance(headers, Mapping) or not isinstance(cookies, list):
        raise MalformedResultError("headers or cookies")
    given = {str(name).lower(): str(value) for name, value in headers.items()}
    kept = {name: value for name, value in given.items() if name not in _OWN_HEADERS}
    written = [*{"content-type": _JSON, **kept}.items(), *(("set-cookie", str(cookie)) for cookie in cookies)]
    return UrlResponse(status, written, _content(result))


def _headers(request: UrlRequest, domain: str) -> dict[str, str]:
    """Return the headers in lower case, as Lambda gets them over TLS."""
    given = _joined([(name.lower(), value) for name, value in request.headers if name.lower() != "connection"])
    return {
        **given,
        "host": domain,
        "x-forwarded-for": request.source,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the values by their names; those with the same name are joined by commas."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if body.isascii() and any(text in content_type.lower() for text in _TEXTS):
        return {"body": body.decode()}
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _content(result: Mapping[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedResultError("the body is no text")
    if not result.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise MalformedResultError(str(error)) from error
