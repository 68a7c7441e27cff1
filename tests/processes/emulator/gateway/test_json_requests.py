"""A request in AWS JSON has the answer that Flask and moto's set-up give it, without either."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from moto.core.responses import BaseResponse
from moto.dynamodb.responses import DynamoHandler
from werkzeug.test import Client, TestResponse

from emulator.gateway.json_requests import answering_json
from emulator.gateway.moto_application import moto_application
from tests.processes.emulator.world import ACCOUNT, WATCH_ROLE, World, client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

NOT_COMPARED = frozenset({"access-control-allow-origin", "server", "status", "x-amz-crc32", "x-amzn-requestid"})
"""Headers of Flask and of moto's server, and those that differ between two answers with the same content."""
KEY = {"pk": {"S": "a"}}
ITEM = {**KEY, "b": {"B": "AAE="}, "n": {"N": "1.50"}, "m": {"M": {"l": {"L": [{"BOOL": True}, {"NULL": True}]}}}}
NEVER: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
REQUESTS: list[tuple[str, Any]] = [
    ("PutItem", {"TableName": "t", "Item": ITEM}),
    ("PutItem", {"TableName": "t", "Item": ITEM, **NEVER, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
    ("PutItem", {"TableName": "missing", "Item": ITEM}),
    ("PutItem", {"TableName": "t", "Item": ITEM, "Unknown": 1}),
    ("PutItem", {"TableName": "t", "Item": {"pk": {"S": "ä" * 10}, "x": {"S": '"\\\u2028'}}}),
    ("GetItem", {"TableName": "t", "Key": KEY}),
    ("GetItem", {"TableName": "t", "Key": {"pk": {"S": "nothing"}}}),
    ("GetItem", {"Key": KEY}),
    ("BatchGetItem", {"RequestItems": {"t": {"Keys": [KEY]}}}),
    ("Query", {"TableName": "t", "KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": KEY["pk"]}}),
    ("Query", {"TableName": "t", "KeyConditionExpression": "wrong"}),
    ("Scan", {"TableName": "t", "ReturnConsumedCapacity": "TOTAL"}),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "t", "Item": ITEM}}]}),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "t", "Item": ITEM, **NEVER}}]}),
    ("ListTables", {}),
    ("DescribeTable", {"TableName": "t"}),
    ("DeleteItem", {"TableName": "t", "Key": {"pk": {"S": "nothing"}}}),
]
REQUESTS_BY_SERVICE: dict[str, list[tuple[str, Any]]] = {
    "dynamodb": REQUESTS,
    "ecs": [
        ("DescribeTaskDefinition", {"taskDefinition": "app"}),
        ("DescribeTaskDefinition", {"taskDefinition": "missing"}),
        ("DescribeTaskDefinition", {}),
        ("DescribeClusters", {"clusters": ["main", "missing"]}),
        ("ListTasks", {"cluster": "main", "desiredStatus": "wrong"}),
        ("CreateService", {"serviceName": "web", "cluster": "main", "taskDefinition": "missing", "desiredCount": 0}),
    ],
    "ssm": [
        ("PutParameter", {"Name": "/aws/b", "Value": "é", "Type": "String"}),
        ("GetParameter", {"Name": "/a/b"}),
        ("GetParameter", {"Name": "missing"}),
        ("GetParametersByPath", {"Path": "/a", "Recursive": True}),
        ("GetParametersByPath", {"Path": "/missing"}),
        ("DescribeParameters", {"ParameterFilters": [{"Key": "Name", "Values": ["missing"]}]}),
    ],
}
TARGETS = {"dynamodb": "DynamoDB_20120810", "ecs": "AmazonEC2ContainerServiceV20141113", "ssm": "AmazonSSM"}


def others(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as an application for all other requests."""
    start_response("418 I'm a teapot", [])
    return []


def ask(
    operation: str,
    body: bytes,
    access_key: str = "ASIAIOSFODNN7EXAMPLE",
    service: str = "dynamodb",
    **headers: str,
) -> TestResponse:
    """Send a request to the application of all services; headers replace those that SDKs send."""
    sent = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={access_key}/20270104/eu-central-1/{service}/aws4_request, "
        "SignedHeaders=host, Signature=0a",
        "X-Amz-Target": f"{TARGETS[service]}.{operation}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    version = "1.0" if service == "dynamodb" else "1.1"
    content_type = f"application/x-amz-json-{version}"
    return Client(moto_application()).post("/", headers=sent, content_type=content_type, data=body)


def content(answer: TestResponse) -> tuple[int, dict[str, str], Any]:
    """Return what is compared of an answer."""
    headers = {name.lower(): value for name, value in answer.headers if name.lower() not in NOT_COMPARED}
    assert int(headers.pop("content-length")) == len(answer.data)
    return answer.status_code, headers, json.loads(answer.data)


@pytest.fixture
def table(world: World) -> World:
    """Return the account, with a table that has an item, and a parameter."""
    client("dynamodb").create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("dynamodb").put_item(TableName="t", Item=KEY)
    client("ssm").put_parameter(Name="/a/b", Value="é", Type="String")
    return world


@pytest.fixture
def without_flask(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that has moto's set-up of requests fail from then on."""

    def fail(*_: object) -> None:
        raise AssertionError("moto's own set-up was used")

    return lambda: monkeypatch.setattr(BaseResponse, "setup_class", fail)


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [(service, *request) for service, requests in REQUESTS_BY_SERVICE.items() for request in requests],
)
def test_answers(
    table: World, without_flask: Callable[[], None], service: str, operation: str, params: dict[str, Any]
) -> None:
    """Results and errors are the same, and so are the calls that the gateway judges and records."""
    body = json.dumps(params).encode()
    expected = content(ask(operation, gzip.compress(body), service=service, Content_Encoding="gzip"))
    without_flask()
    assert content(ask(operation, body, service=service)) == expected
    *_, before, after = table.aws.gateway.calls
    assert (after.service, after.account, after.region) == (service, ACCOUNT, "eu-central-1")
    assert after == before


def test_roles(table: World, without_flask: Callable[[], None]) -> None:
    """A role's calls are judged by its policies."""
    without_flask()
    key = table.aws.identities.credentials(WATCH_ROLE).access_key
    refused = ask("GetItem", json.dumps({"TableName": "t", "Key": KEY}).encode(), key)
    assert refused.status_code == 400
    assert "not authorized to perform: dynamodb:GetItem" in refused.text


@pytest.mark.parametrize(
    "headers",
    [{"X_Amz_Target": "AWSEvents.ListRules"}, {"Content_Encoding": "gzip"}, {"Authorization": ""}],
    ids=["service", "compressed", "unsigned"],
)
def test_others(headers: dict[str, str]) -> None:
    """Requests to other services, and those that SDKs do not send to DynamoDB, are answered by others."""
    sent = {"Authorization": "AWS4", "X-Amz-Target": "DynamoDB_20120810.ListTables"}
    given = sent | {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {name: value for name, value in given.items() if value}
    assert Client(answering_json(others)).post("/", headers=kept, data=b"{}").status_code == 418


def test_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """When moto fails, its error reaches the server, which tells the client."""
    monkeypatch.setattr(DynamoHandler, "list_tables", lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        ask("ListTables", b"{}")
