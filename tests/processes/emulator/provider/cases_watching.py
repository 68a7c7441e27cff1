"""Cases of CloudWatch."""

# ruff: noqa: ARG005 - each function takes what every case gives it; tokens are no passwords

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests.processes.emulator.provider.case import Case, a_queue_and_topic

if TYPE_CHECKING:
    from tests.processes.emulator.provider.harness import Deployed


def _alarm_behind(boto: Any, deployed: Deployed) -> None:  # noqa: ANN401 - a function that gives boto3 clients
    boto("cloudwatch").put_metric_alarm(
        AlarmName=deployed.id,
        Namespace="Jobs",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": "other"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=3,
        Threshold=1.5,
        ComparisonOperator="GreaterThanThreshold",
        ActionsEnabled=False,
    )


def _body(title: str) -> str:
    widget = {"type": "metric", "properties": {"title": title, "metrics": [["Jobs", "Errors"]]}}
    return json.dumps({"widgets": [widget]})


WATCHING: Final = [
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda needs: {
            "namespace": "Jobs",
            "metricName": "Errors",
            "dimensions": {"FunctionName": "f"},
            "statistic": "Sum",
            "period": 60,
            "evaluationPeriods": 3,
            "datapointsToAlarm": 2,
            "threshold": 1,
            "comparisonOperator": "GreaterThanThreshold",
            "alarmActions": [needs["topic"], needs["queue"]],
            "alarmDescription": "runs fail",
            "tags": {"a": "1"},
        },
        lambda needs: {
            "actionsEnabled": False,
            "alarmActions": [needs["queue"], needs["topic"]],
            "alarmDescription": None,
            "datapointsToAlarm": None,
            "dimensions": {"FunctionName": "g"},
            "okActions": [needs["topic"]],
            "tags": {"a": "2"},
            "threshold": 0.5,
            "treatMissingData": "breaching",
        },
        (
            "actionsEnabled",
            "alarmDescription",
            "datapointsToAlarm",
            "dimensions.FunctionName",
            "okActions",
            "tags.a",
            "threshold",
            "treatMissingData",
        ),
        {"name": "other"},
        _alarm_behind,
        (
            "actionsEnabled",
            "alarmActions",
            "alarmDescription",
            "datapointsToAlarm",
            "dimensions.FunctionName",
            "threshold",
        ),
        a_queue_and_topic,
    ),
    Case(
        "aws:cloudwatch/dashboard:Dashboard",
        lambda needs: {"dashboardName": "jobs", "dashboardBody": _body("Runs")},
        lambda needs: {"dashboardBody": _body("Failures")},
        ("dashboardBody",),
        {"dashboardName": "other"},
        lambda boto, it: boto("cloudwatch").put_dashboard(DashboardName=it.id, DashboardBody=_body("behind")),
        ("dashboardBody",),
        id=lambda it: it.outputs["dashboardName"],
    ),
]
