"""The event of an alarm that changes its state (CloudWatch User Guide, alarm events and EventBridge)."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from emulator.cloudwatch.alarm_notification import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from moto.cloudwatch.models import Alarm

    from emulator.cloudwatch.alarm_states import Datapoint

NO_DATA = "{}"
"""The reason data of a state that no evaluation has caused; moto has it for a new alarm."""


def event(alarm: Alarm, previous: Mapping[str, str]) -> dict[str, Any]:
    """Return the event of the alarm's current state; `previous` is its state before."""
    changed = alarm.state_updated_timestamp.replace(tzinfo=UTC)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": Arn.parse(alarm.alarm_arn).account,
        "time": changed.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": alarm.region_name,
        "resources": [alarm.alarm_arn],
        "detail": {
            "alarmName": alarm.name,
            "state": state(alarm),
            "previousState": dict(previous),
            "configuration": _configuration(alarm),
        },
    }


def state(alarm: Alarm) -> dict[str, str]:
    """Return the alarm's current state; a state that no evaluation has caused has no reasonData."""
    caused = {} if alarm.state_reason_data == NO_DATA else {"reasonData": alarm.state_reason_data}
    return {
        "value": alarm.state_value,
        "reason": alarm.state_reason,
        **caused,
        "timestamp": timestamp(alarm.state_updated_timestamp),
    }


def reason_data(alarm: Alarm, points: Sequence[Datapoint], now: datetime) -> str:
    """Return the data of an evaluation: the received datapoints that decided, oldest first, as JSON."""
    received = [point for point in points if point.value is not None][-alarm.evaluation_periods :]
    return json.dumps(
        {
            "version": "1.0",
            "queryDate": timestamp(now),
            **({"startDate": timestamp(received[0].start)} if received else {}),
            "statistic": alarm.statistic,
            "period": alarm.period,
            "recentDatapoints": [point.value for point in received],
            "threshold": alarm.threshold,
        },
        separators=(",", ":"),
    )


def _configuration(alarm: Alarm) -> dict[str, Any]:
    described = {"description": alarm.description} if alarm.description else {}
    metric = {
        "namespace": alarm.namespace,
        "name": alarm.metric_name,
        "dimensions": {each.name: each.value for each in alarm.dimensions},
    }
    measured = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, alarm.alarm_arn)),
        "metricStat": {"metric": metric, "period": alarm.period, "stat": alarm.statistic},
        "returnData": True,
    }
    return {**described, "metrics": [measured]}
