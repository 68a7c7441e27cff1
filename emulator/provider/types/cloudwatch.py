"""CloudWatch: alarms on a metric, and dashboards."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import json_text, unordered
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import camel, pascal, present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties

_MEMBERS: Final = {
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "alarmDescription": "AlarmDescription",
    "comparisonOperator": "ComparisonOperator",
    "datapointsToAlarm": "DatapointsToAlarm",
    "evaluationPeriods": "EvaluationPeriods",
    "insufficientDataActions": "InsufficientDataActions",
    "metricName": "MetricName",
    "name": "AlarmName",
    "namespace": "Namespace",
    "okActions": "OKActions",
    "period": "Period",
    "statistic": "Statistic",
    "threshold": "Threshold",
    "treatMissingData": "TreatMissingData",
    "unit": "Unit",
}


class MetricAlarm(ResourceType):
    """An alarm on one metric; its id is its name."""

    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    label = "CloudWatch Metric Alarm"
    inputs = frozenset(_MEMBERS) | {"dimensions", "tags", "warmUpConfiguration"}
    outputs = frozenset({"arn"})
    required = frozenset(
        {"comparisonOperator", "evaluationPeriods", "metricName", "namespace", "period", "statistic", "threshold"}
    )
    auto_name = AutoName(255)
    defaults: ClassVar = {"actionsEnabled": True, "treatMissingData": "missing"}
    canonical: ClassVar = {
        "alarmActions": unordered,
        "insufficientDataActions": unordered,
        "okActions": unordered,
    }

    def create(self, aws: Aws, inputs: Properties) -> str:
        tagged = present(Tags=tags.to_list(inputs.get("tags")))
        aws.client("cloudwatch").put_metric_alarm(**_request(inputs), **tagged)
        return str(inputs["name"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("cloudwatch")
        found = client.describe_alarms(AlarmNames=[resource_id], AlarmTypes=["MetricAlarm"])["MetricAlarms"]
        if not found:
            return None
        alarm = found[0]
        state = {key: _number(alarm[member]) for key, member in _MEMBERS.items() if alarm.get(member) is not None}
        return {
            **state,
            **present(warmUpConfiguration=camel(alarm.get("WarmUpConfiguration"))),
            "arn": alarm["AlarmArn"],
            "dimensions": tags.from_list(alarm.get("Dimensions"), "Name"),
            "tags": tags.from_list(client.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("cloudwatch")
        wanted = _request({**new, "name": resource_id})
        if wanted != _request({**old, "name": resource_id}):
            client.put_metric_alarm(**wanted)
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(ResourceARN=old["arn"], TagKeys=removed)
        if added:
            client.tag_resource(ResourceARN=old["arn"], Tags=tags.to_list(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("cloudwatch").delete_alarms(AlarmNames=[resource_id])


class Dashboard(ResourceType):
    """A dashboard; its id is its name. Its body is compared as JSON."""

    token = "aws:cloudwatch/dashboard:Dashboard"
    label = "CloudWatch Dashboard"
    inputs = frozenset({"dashboardBody", "dashboardName"})
    outputs = frozenset({"dashboardArn"})
    required = inputs
    replace_on = frozenset({"dashboardName"})
    json_inputs = frozenset({"dashboardBody"})
    canonical: ClassVar = {"dashboardBody": json_text}
    gone = frozenset({"DashboardNotFoundError", "ResourceNotFound"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        _put(aws, str(inputs["dashboardName"]), inputs)
        return str(inputs["dashboardName"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        found = aws.client("cloudwatch").get_dashboard(DashboardName=resource_id)
        return {
            "dashboardArn": found["DashboardArn"],
            "dashboardBody": found["DashboardBody"],
            "dashboardName": found["DashboardName"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del old
        _put(aws, resource_id, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("cloudwatch").delete_dashboards(DashboardNames=[resource_id])

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("dashboardName", "new"))


def _request(inputs: Properties) -> dict[str, Json]:
    members = {member: inputs.get(key) for key, member in _MEMBERS.items()}
    return present(
        **members,
        Dimensions=tags.to_list(inputs.get("dimensions"), "Name"),
        WarmUpConfiguration=pascal(inputs.get("warmUpConfiguration")),
    )


def _number(value: Json) -> Json:
    # AWS returns numbers as floats; whole numbers from the engine are int.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _put(aws: Aws, name: str, inputs: Properties) -> None:
    aws.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=inputs["dashboardBody"])
