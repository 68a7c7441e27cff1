"""The notification of an alarm that changes its state (CloudWatch User Guide, alarms and Amazon SNS)."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.loaders import Loader

from aws_facts.arn import Arn

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm

_LONGEST_SUBJECT = 100
"""In characters (SNS API reference, Publish)."""


def subject(alarm: Alarm) -> str:
    """Return the subject of the notification for the alarm's current state."""
    return f'{alarm.state_value}: "{alarm.name}" in {region_name(alarm.region_name)}'[:_LONGEST_SUBJECT]


def message(alarm: Alarm, old_state: str) -> str:
    """Return the message of the notification for the alarm's current state."""
    return json.dumps(
        {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": Arn.parse(alarm.alarm_arn).account,
            "AlarmConfigurationUpdatedTimestamp": timestamp(alarm.configuration_updated_timestamp),
            "NewStateValue": alarm.state_value,
            "NewStateReason": alarm.state_reason,
            "StateChangeTime": timestamp(alarm.state_updated_timestamp),
            "Region": region_name(alarm.region_name),
            "AlarmArn": alarm.alarm_arn,
            "OldStateValue": old_state,
            "OKActions": alarm.ok_actions,
            "AlarmActions": alarm.alarm_actions,
            "InsufficientDataActions": alarm.insufficient_data_actions,
            "Trigger": {
                "MetricName": alarm.metric_name,
                "Namespace": alarm.namespace,
                "StatisticType": "Statistic",
                "Statistic": alarm.statistic.upper(),
                "Unit": alarm.unit,
                "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
                "Period": alarm.period,
                "EvaluationPeriods": alarm.evaluation_periods,
                **({"DatapointsToAlarm": alarm.datapoints_to_alarm} if alarm.datapoints_to_alarm else {}),
                "ComparisonOperator": alarm.comparison_operator,
                "Threshold": alarm.threshold,
                "TreatMissingData": alarm.treat_missing_data or "missing",
                "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
            },
        }
    )


@functools.cache
def region_name(region: str) -> str:
    """Return the name that CloudWatch uses for a region, such as `EU (Frankfurt)`."""
    partitions = Loader().load_data("endpoints")["partitions"]
    names = {code: each["description"] for partition in partitions for code, each in partition["regions"].items()}
    return str(names.get(region, region)).replace("Europe (", "EU (")


def timestamp(instant: datetime) -> str:
    """Return an instant as CloudWatch writes it; moto stores instants in UTC without a time zone."""
    return instant.replace(tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")
