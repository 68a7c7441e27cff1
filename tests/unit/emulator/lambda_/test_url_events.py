"""Requests to function URLs become events, and results of functions become responses."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.lambda_.url_events import MalformedResultError, UrlRequest, UrlResponse, event, response

DOMAIN = "abc.lambda-url.eu-central-1.on.aws"
AT = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
JSON = ("content-type", "application/json")


def request(**changes: Any) -> UrlRequest:  # noqa: ANN401 - members of a request
    """Return a request."""
    plain: dict[str, Any] = {
        "method": "POST",
        "path": "/a%20b",
        "query": "",
        "headers": [("User-Agent", "test"), ("Host", "127.0.0.1:1"), ("Connection", "close")],
        "body": b"",
        "source": "127.0.0.1",
        "protocol": "HTTP/1.1",
    }
    return UrlRequest(**{**plain, **changes})


def of(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a request
    """Return the event of a request."""
    return event(request(**changes), DOMAIN, "id", AT)


def test_the_event_of_a_plain_request() -> None:
    """What the request does not have, the event does not have either."""
    forwarded = {"x-forwarded-for": "127.0.0.1", "x-forwarded-port": "443", "x-forwarded-proto": "https"}
    assert of() == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/a%20b",
        "rawQueryString": "",
        "headers": {"user-agent": "test", "host": DOMAIN, **forwarded},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc",
            "domainName": DOMAIN,
            "domainPrefix": "abc",
            "http": {
                "method": "POST",
                "path": "/a%20b",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "test",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "29/Nov/2026:10:00:00 +0000",
            "timeEpoch": 1795946400000,
        },
        "isBase64Encoded": False,
    }


def test_repeated_values_are_joined() -> None:
    """Headers are in lower case."""
    found = of(query="a=1&a=2&b=", headers=[("X-A", "1"), ("x-a", "2"), ("Cookie", "c=1; d=2")])
    assert found["queryStringParameters"] == {"a": "1,2", "b": ""}
    assert (found["rawQueryString"], found["headers"]["x-a"]) == ("a=1&a=2&b=", "1,2")
    assert found["cookies"] == ["c=1", "d=2"]


@given(st.binary(max_size=9), st.sampled_from(["", "text/plain", "application/json; charset=utf-8", "image/png"]))
def test_a_body_arrives_whole(body: bytes, kind: str) -> None:
    """It is text where its type says so, and Base64 otherwise."""
    found = of(body=body, headers=[("Content-Type", kind)])
    text = found.get("body", "")
    assert (base64.b64decode(text) if found["isBase64Encoded"] else text.encode()) == body
    if found["isBase64Encoded"]:
        assert not body.isascii() or kind in {"", "image/png"}


@pytest.mark.parametrize("result", [{"message": "a"}, "Hello", None, [1], 7], ids=str)
def test_a_result_without_a_status_is_a_body(result: object) -> None:
    """It is written as JSON."""
    assert response(result) == UrlResponse(200, [JSON], json.dumps(result).encode())


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"statusCode": 204}, UrlResponse(204, [JSON], b"")),
        ({"statusCode": 201, "body": "é"}, UrlResponse(201, [JSON], "é".encode())),
        (
            {"statusCode": 200, "headers": {"Content-Type": "text/plain", "X-N": 1, "Content-Length": 9}, "body": "a"},
            UrlResponse(200, [("content-type", "text/plain"), ("x-n", "1")], b"a"),
        ),
        (
            {"statusCode": 200, "isBase64Encoded": True, "body": "AAE=", "cookies": ["a=1", "b=2"]},
            UrlResponse(200, [JSON, ("set-cookie", "a=1"), ("set-cookie", "b=2")], b"\0\1"),
        ),
    ],
    ids=["no body", "text", "headers", "Base64"],
)
def test_a_result_with_a_status_is_a_response(result: object, expected: UrlResponse) -> None:
    """Its type is JSON unless it says otherwise."""
    assert response(result) == expected


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "ok"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "isBase64Encoded": True, "body": "?"},
    ],
    ids=str,
)
def test_what_is_no_response(result: object) -> None:
    """The caller learns nothing of it."""
    with pytest.raises(MalformedResultError):
        response(result)
