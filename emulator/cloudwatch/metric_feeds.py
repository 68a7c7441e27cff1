"""The metrics that functions, queues and rules send to CloudWatch."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.sqs.models import Queue, sqs_backends

from aws_facts.arn import Arn
from emulator.cloudwatch.metrics import Metric, Metrics

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LAMBDA = "AWS/Lambda"
_SQS = "AWS/SQS"
_EVENTS = "AWS/Events"


def measure_queues(metrics: Metrics, account: str) -> None:
    """Measure the age and the length of queues whenever an alarm reads them."""

    def oldest(region: str, dimensions: Mapping[str, str]) -> float | None:
        queue = _queue(account, region, dimensions)
        if queue is None:
            return None
        # Messages in flight count as well; moto has no public name for them.
        sent: list[int] = [message.sent_timestamp for message in list(queue._messages)]  # type: ignore[misc] # noqa: SLF001
        return datetime.now(UTC).timestamp() - min(sent) / 1000 if sent else 0.0

    def visible(region: str, dimensions: Mapping[str, str]) -> float | None:
        queue = _queue(account, region, dimensions)
        return None if queue is None else float(queue.approximate_number_of_messages)

    metrics.measure(_SQS, "ApproximateAgeOfOldestMessage", oldest)
    metrics.measure(_SQS, "ApproximateNumberOfMessagesVisible", visible)


def count_invocation(metrics: Metrics, function_arn: str, failed: bool, lines: Sequence[str]) -> None:  # noqa: FBT001
    """Record an invocation of a function, its error if it failed, and the metrics in the lines that it printed."""
    function = Arn.parse(function_arn)
    region, name = function.region, function.resource.split(":")[1]
    metrics.put(Metric.of(region, _LAMBDA, "Invocations", FunctionName=name))
    metrics.put(Metric.of(region, _LAMBDA, "Errors", FunctionName=name), float(failed))
    for line in lines:
        for metric, value in embedded(region, line):
            metrics.put(metric, value)


def count_failed_delivery(metrics: Metrics, rule_arn: str) -> None:
    """Record a failed invocation of a target; a rule without failures has no data (EventBridge User Guide, metrics)."""
    rule = Arn.parse(rule_arn)
    name = rule.resource.removeprefix("rule/")
    metrics.put(Metric.of(rule.region, _EVENTS, "FailedInvocations", RuleName=name))


def embedded(region: str, line: str) -> Iterator[tuple[Metric, float]]:
    """Yield the metrics in a line of a log (CloudWatch User Guide, Embedded metric format); other lines have none.

    The timestamp in the line is ignored, because a function's process may use the machine's clock, not the sandbox's.
    """
    document = _document(line)
    for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
        for names in directive.get("Dimensions", [[]]):
            dimensions = frozenset((name, str(document[name])) for name in names if name in document)
            for definition in directive.get("Metrics", []):
                values = document.get(definition["Name"], [])
                for value in values if isinstance(values, list) else [values]:
                    yield Metric(region, directive["Namespace"], definition["Name"], dimensions), float(value)


def _document(line: str) -> dict[str, Any]:
    if not line.startswith("{") or '"_aws"' not in line:
        return {}
    try:
        document: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return document


def _queue(account: str, region: str, dimensions: Mapping[str, str]) -> Queue | None:
    return sqs_backends[account][region].queues.get(dimensions.get("QueueName", ""))
