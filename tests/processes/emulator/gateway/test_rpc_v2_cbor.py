"""CloudWatch answers Smithy RPC v2 CBOR as AWS JSON; botocore's serializer and parser of the protocol judge it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import RpcV2CBORParser
from werkzeug.test import Client, TestResponse

from emulator.gateway.gateway import AwsError
from emulator.gateway.moto_application import moto_application
from tests.credentials import SESSION
from tests.processes.emulator.world import START, World, client
from tests.wsgi_client import CBOR, wsgi_client

HOST = "127.0.0.1:4566"
PATH = "/service/GraniteServiceVersion20100801/operation"
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=ASIAIOSFODNN7EXAMPLE/20270104/eu-central-1/monitoring/aws4_request, "
    "SignedHeaders=host, Signature=0a"
)
ALARM: dict[str, Any] = {
    "AlarmName": "errors",
    "AlarmDescription": "The watch fails: ä, €.",
    "ActionsEnabled": False,
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Dimensions": [{"Name": "FunctionName", "Value": "jobs-watch"}],
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 0.5,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": ["arn:aws:sns:eu-central-1:123456789012:alerts"],
    "Tags": [{"Key": "team", "Value": "data"}],
}
BODY = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "ä" * 300}}]})


@pytest.fixture
def cbor(world: World) -> Any:  # noqa: ANN401 - boto3's clients have no type in common
    """Return a client of the account's CloudWatch that speaks CBOR only."""
    return wsgi_client(moto_application(), HOST, "cloudwatch", SESSION, CBOR)


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without what differs between two calls."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def post(operation: str, body: bytes, **headers: str) -> TestResponse:
    """Send a request in CBOR."""
    sent = {"Authorization": AUTHORIZATION, "Smithy-Protocol": "rpc-v2-cbor", "Accept": "application/cbor"}
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return Client(moto_application()).post(
        f"{PATH}/{operation}", headers=sent | more, content_type="application/cbor", data=body
    )


def decoded(body: bytes) -> Any:  # noqa: ANN401 - whatever the body holds
    """Return the content of an answer in CBOR."""
    parser = RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))


def test_alarms(cbor: Any) -> None:  # noqa: ANN401
    """An alarm is put, read as in AWS JSON with its times and numbers, tagged and deleted."""
    cbor.put_metric_alarm(**ALARM)
    found = without_metadata(cbor.describe_alarms(AlarmNames=["errors"]))
    assert found == without_metadata(client("cloudwatch").describe_alarms(AlarmNames=["errors"]))
    (alarm,) = found["MetricAlarms"]
    assert alarm["AlarmConfigurationUpdatedTimestamp"] == START
    assert {name: alarm[name] for name in ALARM if name != "Tags"} == {k: v for k, v in ALARM.items() if k != "Tags"}
    arn = alarm["AlarmArn"]
    cbor.tag_resource(ResourceARN=arn, Tags=[{"Key": "owner", "Value": "me"}])
    cbor.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert cbor.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "owner", "Value": "me"}]
    cbor.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="by hand")
    assert cbor.describe_alarms(StateValue="ALARM")["MetricAlarms"][0]["StateReason"] == "by hand"
    cbor.delete_alarms(AlarmNames=["errors"])
    assert cbor.describe_alarms()["MetricAlarms"] == []


def test_dashboards(cbor: Any) -> None:  # noqa: ANN401
    """A dashboard is put, read, listed and deleted."""
    cbor.put_dashboard(DashboardName="jobs", DashboardBody=BODY)
    assert cbor.get_dashboard(DashboardName="jobs")["DashboardBody"] == BODY
    (listed,) = cbor.list_dashboards()["DashboardEntries"]
    assert (listed["DashboardName"], listed["Size"]) == ("jobs", len(BODY))
    assert listed["LastModified"] == START
    cbor.delete_dashboards(DashboardNames=["jobs"])
    assert cbor.list_dashboards()["DashboardEntries"] == []


def test_metrics(cbor: Any) -> None:  # noqa: ANN401
    """Times and values arrive, also in a compressed request, which SDKs send from ten kilobytes on."""
    at = START + timedelta(milliseconds=250)
    data = [
        {"MetricName": "runs", "Timestamp": at, "Value": number + 0.5, "Dimensions": [{"Name": "a", "Value": "b" * 99}]}
        for number in range(-200, 200)
    ]
    cbor.put_metric_data(Namespace="jobs", MetricData=data)
    request = {"Namespace": "jobs", "MetricName": "runs", "Period": 300, "Statistics": ["Sum", "Minimum", "Maximum"]}
    times = {"StartTime": START - timedelta(hours=1), "EndTime": START + timedelta(hours=1)}
    (point,) = cbor.get_metric_statistics(**request, **times)["Datapoints"]
    assert (point["Sum"], point["Minimum"], point["Maximum"]) == (0.0, -199.5, 199.5)
    assert point["Timestamp"] == at


@pytest.mark.parametrize(
    ("operation", "params", "code", "kind"),
    [
        ("put_metric_alarm", {**ALARM, "Period": 61}, "ValidationError", "ValidationException"),
        ("describe_alarms", {"MaxRecords": 101}, "ValidationError", "ValidationException"),
        (
            "put_dashboard",
            {"DashboardName": "a", "DashboardBody": "{"},
            "InvalidParameterInput",
            "DashboardInvalidInputError",
        ),
        ("get_dashboard", {"DashboardName": "none"}, "ResourceNotFound", "DashboardNotFoundError"),
        (
            "set_alarm_state",
            {"AlarmName": "none", "StateValue": "OK", "StateReason": ""},
            "ResourceNotFound",
            "ResourceNotFound",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_errors(cbor: Any, operation: str, params: dict[str, Any], code: str, kind: str) -> None:  # noqa: ANN401
    """An error has its shape's name, by which SDKs know it, and the code and the message that it has in JSON."""
    refused: list[ClientError] = []
    bodies: list[bytes] = []
    cbor.meta.events.register("response-received", lambda response_dict, **_: bodies.append(response_dict["body"]))
    for service in (cbor, client("cloudwatch")):
        with pytest.raises(ClientError) as error:
            getattr(service, operation)(**params)
        refused.append(error.value)
    in_cbor, in_json = (error.response for error in refused)
    assert in_cbor["Error"]["Code"] == code == in_json["Error"]["Code"]
    assert in_cbor["Error"]["Message"] == in_json["Error"]["Message"] != ""
    assert in_cbor["ResponseMetadata"]["HTTPStatusCode"] == in_json["ResponseMetadata"]["HTTPStatusCode"]
    assert decoded(bodies[0])["__type"] == f"com.amazonaws.cloudwatch#{kind}"


def test_error_of_all_services(world: World, cbor: Any) -> None:  # noqa: ANN401
    """An error that the service's model lacks has the type that all services give it."""

    def deny(_: object) -> None:
        raise AwsError("AccessDenied", "You may not.")

    world.aws.gateway.check("cloudwatch", "ListDashboards", deny)
    assert decoded(post("ListDashboards", b"").data) == {
        "__type": "com.amazon.coral.service#AccessDenied",
        "message": "You may not.",
    }
    with pytest.raises(ClientError, match=r"AccessDenied.*You may not"):
        cbor.list_dashboards()


def test_bytes(world: World) -> None:
    """The bytes of a request and of its answers are those of the protocol's page."""
    put = post("PutDashboard", b"\xbf\x6dDashboardName\x61a\x6dDashboardBody\x7f\x61{\x61}\xff\xff")
    assert (put.status_code, put.data, put.content_type) == (
        200,
        b"\xa1\x78\x1bDashboardValidationMessages\x80",
        "application/cbor",
    )
    assert put.headers["smithy-protocol"] == "rpc-v2-cbor"
    none = post("DeleteAlarms", b"\xa1\x6aAlarmNames\x80")
    assert (none.status_code, none.data) == (200, b"")
    assert "content-type" not in none.headers
    unknown = post("GetDashboard", b"\xa1\x6dDashboardName\x61b")
    assert decoded(unknown.data)["__type"] == "com.amazonaws.cloudwatch#DashboardNotFoundError"
    assert unknown.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert "x-amzn-errortype" not in unknown.headers
    assert unknown.headers["x-amzn-query-error"] == "ResourceNotFound;Sender"


@pytest.mark.parametrize(
    ("operation", "body", "headers", "kind"),
    [
        ("ListDashboards", b"\xa1", {}, "SerializationException"),
        ("ListDashboards", b"\xa0", {"X_Amz_Target": "Logs_20140328.ListDashboards"}, "SerializationException"),
        ("ListDashboards", b"\xa0", {"Content_Encoding": "gzip"}, "SerializationException"),
        ("", b"\xa0", {}, "UnknownOperationException"),
        ("ListNothing", b"\xa0", {}, "UnknownOperationException"),
    ],
)
def test_malformed(world: World, operation: str, body: bytes, headers: dict[str, str], kind: str) -> None:
    """A request that is no request of the protocol is refused in the protocol, and reaches nothing behind it."""
    before = len(world.aws.gateway.calls)
    answer = post(operation, body, **headers)
    assert answer.status_code == 400
    assert decoded(answer.data)["__type"] == f"com.amazon.coral.service#{kind}"
    assert len(world.aws.gateway.calls) == before


def test_failure(world: World) -> None:
    """When moto fails, the client is told in its protocol."""
    answer = post("GetMetricWidgetImage", b"\xa1\x6cMetricWidget\x62{}")
    assert answer.status_code == 500
    assert decoded(answer.data)["__type"] == "com.amazon.coral.service#InternalFailure"
