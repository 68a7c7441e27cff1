"""GetMetricData has what functions and queues have measured, the newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.cloudwatch.metrics import Metric
from tests.processes.emulator.world import REGION, START, client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

ERRORS = Metric.of(REGION, "AWS/Lambda", "Errors", FunctionName="jobs-watch")


def data(minutes: int, period: int = 60, stat: str = "Sum", **metric: Any) -> list[tuple[str, float]]:  # noqa: ANN401
    """Return times and values of the last minutes."""
    now = datetime.now(UTC)
    queried = {"Namespace": "AWS/Lambda", "MetricName": "Errors", **metric}
    queried.setdefault("Dimensions", [{"Name": "FunctionName", "Value": "jobs-watch"}])
    query = {"Id": "a", "MetricStat": {"Metric": queried, "Period": period, "Stat": stat}}
    answer = client("cloudwatch").get_metric_data(
        StartTime=now - timedelta(minutes=minutes), EndTime=now, MetricDataQueries=[query]
    )
    [found] = answer["MetricDataResults"]
    assert (found["Id"], found["StatusCode"]) == ("a", "Complete")
    return [(f"{at:%H:%M}", value) for at, value in zip(found["Timestamps"], found["Values"], strict=True)]


def test_counts_by_period(world: World) -> None:
    """A period without data is left out."""
    for minutes in (1, 1, 3):
        world.advance(minutes=minutes)
        world.aws.metrics.put(ERRORS)
    world.advance(minutes=1)
    assert data(10) == [("00:05", 1.0), ("00:02", 1.0), ("00:01", 1.0)]
    assert data(10, 300) == [("00:05", 1.0), ("00:00", 2.0)]
    assert data(2) == [("00:05", 1.0)]
    assert data(10, Dimensions=[{"Name": "FunctionName", "Value": "other"}]) == []


def test_measures_a_queue(world: World) -> None:
    """The age of the oldest message is measured now."""
    url = client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    queue: dict[str, Any] = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": "jobs"}],
    }
    world.advance(minutes=1)
    client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    world.advance(minutes=20)
    [(_, age)] = data(15, stat="Maximum", **queue)
    assert age == 20 * 60


def test_refuses_what_it_cannot_compute(world: World) -> None:
    """So that nobody takes its silence for an answer."""
    query = {"Id": "a", "Expression": "SUM(METRICS())"}
    code, _ = refusal(
        lambda: client("cloudwatch").get_metric_data(
            StartTime=START, EndTime=START + timedelta(hours=1), MetricDataQueries=[query]
        )
    )
    assert code == "ValidationError"
