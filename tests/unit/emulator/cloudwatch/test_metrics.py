"""Datapoints are found where they were put, and those that no alarm can evaluate are removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine

from emulator.cloudwatch.metric_feeds import count_invocation, embedded
from emulator.cloudwatch.metrics import KEPT, Metric, Metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

START = datetime(2027, 1, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REGION = "eu-central-1"
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:jobs-watch"
ERRORS = Metric.of(REGION, "AWS/Lambda", "Errors", FunctionName="jobs-watch")
INVOCATIONS = Metric.of(REGION, "AWS/Lambda", "Invocations", FunctionName="jobs-watch")
LINE = (
    '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "Jobs", "Dimensions": [["Stack", "Job"], ["Stack"]],'
    ' "Metrics": [{"Name": "Runs", "Unit": "Count"}, {"Name": "Duration"}, {"Name": "Gone"}]}]},'
    ' "Stack": "prod", "Job": "report", "Runs": 1, "Duration": [2, 3.5]}'
)


def test_values_of_a_while() -> None:
    """A range of values includes its start, and excludes its end."""
    metrics = Metrics()
    with time_machine.travel(START, tick=False) as traveller:
        for value in range(4):
            metrics.put(ERRORS, value)
            traveller.shift(MINUTE)
    assert metrics.values(ERRORS, START + MINUTE, START + 3 * MINUTE) == [1, 2]
    assert metrics.values(INVOCATIONS, START, START + 3 * MINUTE) == []


def test_dimensions_in_any_order() -> None:
    """A metric is identified by its dimensions in any order, and fewer dimensions are another metric."""
    one, other = {"A": "1", "B": "2"}, {"B": "2", "A": "1"}
    assert Metric.of(REGION, "N", "m", **one) == Metric.of(REGION, "N", "m", **other)
    assert Metric.of(REGION, "N", "m", **one) != Metric.of(REGION, "N", "m", A="1")


def test_old_datapoints_go() -> None:
    """Datapoints that are too old for any alarm are removed."""
    metrics = Metrics()
    with time_machine.travel(START, tick=False) as traveller:
        for _ in range(5000):
            metrics.put(ERRORS)
            traveller.shift(timedelta(hours=1))
    kept = metrics.values(ERRORS, START, START + timedelta(hours=5000))
    assert KEPT / timedelta(hours=1) <= len(kept) < 1500


def test_gauge() -> None:
    """A gauge is measured when it is read, once for each end, as the last datapoint before it."""
    asked: list[tuple[str, Mapping[str, str]]] = []

    def gauge(region: str, dimensions: Mapping[str, str]) -> float | None:
        asked.append((region, dimensions))
        return 7.0 if dimensions["QueueName"] == "dead" else None

    metrics = Metrics()
    metrics.measure("AWS/SQS", "Age", gauge)
    dead, gone = (Metric.of(REGION, "AWS/SQS", "Age", QueueName=name) for name in ("dead", "gone"))
    for metric in (dead, dead, gone, ERRORS):
        metrics.read(metric, START)
    assert asked[0] == (REGION, {"QueueName": "dead"})
    assert metrics.values(dead, START - MINUTE, START) == [7.0]
    assert metrics.values(dead, START, START + MINUTE) == []
    assert metrics.values(gone, START - MINUTE, START) == []


def test_invocations() -> None:
    """Each invocation is counted, failed or not, with the metrics in its output."""
    metrics = Metrics()
    with time_machine.travel(START, tick=False):
        count_invocation(metrics, FUNCTION, failed=False, lines=["started", LINE])
        count_invocation(metrics, f"{FUNCTION}:live", failed=True, lines=[])
    end = START + MINUTE
    assert metrics.values(INVOCATIONS, START, end) == [1, 1]
    assert metrics.values(ERRORS, START, end) == [0, 1]
    assert metrics.values(Metric.of(REGION, "Jobs", "Runs", Stack="prod"), START, end) == [1]


def test_embedded() -> None:
    """Each metric of a line is recorded for each set of dimensions, with all its values."""
    both = {"Stack": "prod", "Job": "report"}
    found = [
        (Metric.of(REGION, "Jobs", name, **dimensions), value)
        for dimensions in (both, {"Stack": "prod"})
        for name, value in (("Runs", 1.0), ("Duration", 2.0), ("Duration", 3.5))
    ]
    assert list(embedded(REGION, LINE)) == found


@pytest.mark.parametrize("line", ["", "plain", '{"a": 1}', '{"_aws": {}}', '{"_aws"', '["_aws"]'])
def test_no_metrics(line: str) -> None:
    """Any other line has no metrics."""
    assert list(embedded(REGION, line)) == []
