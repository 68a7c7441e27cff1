"""GetMetricData from the datapoints of the sandbox. moto has none of what functions, queues and rules measure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.alarm_states import STATISTICS
from emulator.cloudwatch.metrics import Metric
from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.cloudwatch.metrics import Metrics
    from emulator.gateway.gateway import Call, Gateway

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def install(gateway: Gateway, metrics: Metrics) -> None:
    """Answer with these datapoints, the newest first (CloudWatch API reference, GetMetricData, ScanBy)."""

    def answer(call: Call) -> dict[str, Any]:
        start, end = (_aware(call.params[name]) for name in ("StartTime", "EndTime"))
        return {
            "MetricDataResults": [_result(metrics, call, one, start, end) for one in call.params["MetricDataQueries"]]
        }

    gateway.answer("cloudwatch", "GetMetricData", answer)


def _result(metrics: Metrics, call: Call, query: Mapping[str, Any], start: datetime, end: datetime) -> dict[str, Any]:
    if "MetricStat" not in query or query["MetricStat"]["Stat"] not in STATISTICS:
        raise AwsError("ValidationError", "the sandbox knows no expressions and no percentiles of metrics")
    stat, named = query["MetricStat"], query["MetricStat"]["Metric"]
    dimensions = {one["Name"]: one["Value"] for one in named.get("Dimensions", ())}
    metric = Metric.of(call.region, named["Namespace"], named["MetricName"], **dimensions)
    metrics.read(metric, min(end, datetime.now(UTC)))
    found = {
        moment: STATISTICS[stat["Stat"]](values)
        for moment, until in _periods(start, end, timedelta(seconds=stat["Period"]))
        if (values := metrics.values(metric, moment, until))
    }
    return {
        "Id": query["Id"],
        "Label": query.get("Label", named["MetricName"]),
        "StatusCode": "Complete",
        "Timestamps": list(found),
        "Values": list(found.values()),
    }


def _periods(start: datetime, end: datetime, period: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Yield the beginning and the end of each period, the last one first. Each begins at a multiple of its length."""
    first = start - (start - _EPOCH) % period
    for number in reversed(range((end - first) // period + 1)):
        moment = first + period * number
        yield moment, min(moment + period, end)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
