"""The door of the sandbox's address, which lets in only the processes of the session.

A web page that a developer visits can send requests to any port of the developer's machine, and so can every other
user of that machine. The door refuses both before anything else reads the request.
"""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

from emulator.gateway import rpc_v2_cbor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[A-Z0-9]+)/[0-9]+/[a-z0-9-]+/(?P<service>[a-z0-9-]+)/aws4_request, ?"
    r"SignedHeaders=[a-z0-9;-]+, ?Signature=[0-9a-f]+"
)
"""The whole Authorization header (AWS General Reference, Signature Version 4), so that it can name only one key."""
_SCOPE = re.compile(r"(?P<key>[A-Z0-9]+)/[0-9]+/[a-z0-9-]+/(?P<service>[a-z0-9-]+)/aws4_request")
"""The credential scope in the URL of a presigned request."""
_FORM = "application/x-www-form-urlencoded"
_XML_SERVICES = frozenset({"s3", "route53", "cloudfront"})
_CORS = "access-control-"
_MOTO = "/moto-api"
"""The path under which moto lets anyone reset and control it."""
_UNKNOWN_KEY = "The security token included in the request is invalid."


@dataclass(frozen=True)
class _Claim:
    """The caller that a request claims to come from; nothing in it is proven yet."""

    access_key: str = ""
    token: str = ""
    service: str = ""


class Door:
    """A WSGI application in front of the sandbox's control requests and of the requests to AWS."""

    def __init__(  # noqa: PLR0913 - what is behind the door, and who may pass
        self,
        aws: WSGIApplication,
        control: WSGIApplication,
        open_to_all: Mapping[str, WSGIApplication],
        *,
        control_path: str,
        host: str,
        token: str,
        knows: Callable[[str, str], bool],
    ) -> None:
        """Pass requests below `control_path` that bear `token` to `control`, and requests with known keys to `aws`.

        Requests below a path of `open_to_all` need neither. `host` is the only Host that a request may name. `knows`
        takes an access key and its session token, and returns whether they are known.
        """
        self._aws = aws
        self._control = control
        self._open_to_all = open_to_all
        self._control_path = control_path
        self._host = host
        self._token = token
        self._knows = knows

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        if environ.get("HTTP_HOST") != self._host or "HTTP_ORIGIN" in environ:
            return _text(start_response, "403 Forbidden", "The sandbox answers only its own processes, no web pages.\n")
        path = environ.get("PATH_INFO", "")
        if path == self._control_path or path.startswith(f"{self._control_path}/"):
            return self._pass_to_control(environ, start_response)
        for below, application in self._open_to_all.items():
            if path.startswith(f"{below}/"):
                return application(environ, start_response)
        if path.startswith(_MOTO):
            return _text(start_response, "404 Not Found", "This path is not part of AWS.\n")
        claim = _claim(environ)
        if not self._knows(claim.access_key, claim.token):
            return _refused(environ, start_response, claim)
        return self._aws(environ, _without_cors(start_response))

    def _pass_to_control(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        scheme, _, given = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self._token.encode()):
            return _text(start_response, "401 Unauthorized", "The session's token is missing or wrong.\n")
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + self._control_path
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(self._control_path)
        return self._control(environ, start_response)


def _claim(environ: WSGIEnvironment) -> _Claim:
    """Return the access key, token and service in the header, or in the URL of a presigned request."""
    if "HTTP_AUTHORIZATION" in environ:
        found = _AUTHORIZATION.fullmatch(environ["HTTP_AUTHORIZATION"])
        if found is None:
            return _Claim()
        return _Claim(found["key"], environ.get("HTTP_X_AMZ_SECURITY_TOKEN", ""), found["service"])
    query = parse_qs(environ.get("QUERY_STRING", ""))
    found = _SCOPE.fullmatch(query.get("X-Amz-Credential", [""])[0])
    if found is None:
        return _Claim()
    return _Claim(found["key"], query.get("X-Amz-Security-Token", [""])[0], found["service"])


def _refused(environ: WSGIEnvironment, start_response: StartResponse, claim: _Claim) -> Iterable[bytes]:
    """Return AWS's refusal of an unknown key, in the service's protocol (each API reference, "Common errors")."""
    if claim.service == "ec2":
        body = f"<Response><Errors>{_xml_error('AuthFailure')}</Errors></Response>"
        return _answer(start_response, "401 Unauthorized", "text/xml", body)
    if claim.service in _XML_SERVICES or not claim.service:
        return _answer(start_response, "403 Forbidden", "application/xml", _xml_error("InvalidAccessKeyId"))
    if rpc_v2_cbor.is_cbor(environ):
        return rpc_v2_cbor.refuse(start_response, "UnrecognizedClientException", _UNKNOWN_KEY)
    if environ.get("CONTENT_TYPE", "").startswith(_FORM):
        body = f"<ErrorResponse>{_xml_error('InvalidClientTokenId')}</ErrorResponse>"
        return _answer(start_response, "403 Forbidden", "text/xml", body)
    code = "UnrecognizedClientException"
    status = "400 Bad Request" if "HTTP_X_AMZ_TARGET" in environ else "403 Forbidden"
    body = json.dumps({"__type": code, "message": _UNKNOWN_KEY})
    return _answer(start_response, status, "application/json", body, ("x-amzn-ErrorType", code))


def _xml_error(code: str) -> str:
    return f"<Error><Code>{code}</Code><Message>{_UNKNOWN_KEY}</Message></Error>"


def _without_cors(start_response: StartResponse) -> StartResponse:
    """Return `start_response` without the headers by which moto lets every web page read its responses."""

    def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:  # noqa: ANN401
        kept = [(name, value) for name, value in headers if not name.lower().startswith(_CORS)]
        return start_response(status, kept, *more)

    return cast("StartResponse", start)


def _text(start_response: StartResponse, status: str, text: str) -> Iterable[bytes]:
    return _answer(start_response, status, "text/plain; charset=utf-8", text)


def _answer(
    start_response: StartResponse, status: str, kind: str, text: str, *headers: tuple[str, str]
) -> Iterable[bytes]:
    body = text.encode()
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body))), *headers])
    return [body]
