"""Moto's services answer as one application."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto import mock_aws
from moto.events.responses import EventsHandler
from werkzeug.test import Client, TestResponse

from emulator.gateway.moto_application import moto_application

if TYPE_CHECKING:
    import pytest

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=ASIAIOSFODNN7EXAMPLE/20270104/eu-central-1/{}/aws4_request, "
    "SignedHeaders=host, Signature=0a"
)


def ask(service: str, target: str) -> TestResponse:
    """Return the response to a request without parameters."""
    headers = {"Authorization": AUTHORIZATION.format(service), "X-Amz-Target": target}
    with mock_aws():
        return Client(moto_application()).post(
            "/", headers=headers, content_type="application/x-amz-json-1.0", data="{}"
        )


def test_finds_the_service() -> None:
    """Each request is answered by its own service."""
    assert json.loads(ask("dynamodb", "DynamoDB_20120810.ListTables").data) == {"TableNames": []}
    assert json.loads(ask("events", "AWSEvents.ListRules").data)["Rules"] == []


def test_failure(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """When moto fails, the client is told, and the log has the reason."""

    def fail(_: EventsHandler) -> None:
        raise LookupError("out of luck")

    monkeypatch.setattr(EventsHandler, "list_rules", fail)
    assert ask("events", "AWSEvents.ListRules").status_code == 500
    assert "LookupError: out of luck" in caplog.text


def test_makes_no_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has the class of all requests; in debug mode Flask makes a class for each."""
    classes: list[type] = []
    list_rules = EventsHandler.list_rules

    def noted(handler: EventsHandler) -> object:
        classes.append(type(handler.normalized_request.files))
        return list_rules(handler)

    monkeypatch.setattr(EventsHandler, "list_rules", noted)
    for _ in range(2):
        ask("events", "AWSEvents.ListRules")
    assert len(set(classes)) == 1
