"""The CloudWatch dashboard of a stack: runs, failures, durations, alerts, the queue, and the watch itself. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from watch.metrics import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT = 12, 6
"""The size of a widget, in units of the dashboard's grid. It is 24 wide (CloudWatch API reference, dashboard body)."""

MOST_JOBS = 100
"""The most jobs that a graph shows one by one. Above, it shows their total. CloudWatch allows 500 metrics per graph."""


def dashboard(  # noqa: PLR0913 - the names that the graphs need
    *, group: str, region: str, jobs: Sequence[str], function: str, dead_letters: str, given_up: str
) -> dict[str, Any]:
    """Return the body of the dashboard."""
    graphs = [
        _graph("Failed runs", _per_job("Failures", group, jobs, "Sum"), region),
        _graph("Runs", _per_job("Runs", group, jobs, "Sum"), region),
        _graph("Longest run (seconds)", _per_job("Duration", group, jobs, "Maximum"), region),
        _graph("Alerts sent", [_metric(NAMESPACE, "Alerts", {"Group": group}, "Sum")], region),
        _graph(
            "Dead letters",
            [
                _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": dead_letters}, "Maximum"),
                _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": given_up}, "Maximum"),
                _metric("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": dead_letters}, "Maximum"),
            ],
            region,
        ),
        _graph(
            "The watch",
            [
                _metric("AWS/Lambda", "Invocations", {"FunctionName": function}, "Sum"),
                _metric("AWS/Lambda", "Errors", {"FunctionName": function}, "Sum"),
                _metric("AWS/Lambda", "Duration", {"FunctionName": function}, "Maximum"),
                _metric(NAMESPACE, "MissedTicks", {"Group": group}, "Sum"),
                _metric(NAMESPACE, "OpenRuns", {"Group": group}, "Maximum"),
            ],
            region,
        ),
    ]
    return {
        "widgets": [
            {**graph, "x": index % 2 * _WIDTH, "y": index // 2 * _HEIGHT, "width": _WIDTH, "height": _HEIGHT}
            for index, graph in enumerate(graphs)
        ]
    }


def _per_job(name: str, group: str, jobs: Sequence[str], statistic: str) -> list[list[Any]]:
    if len(jobs) > MOST_JOBS:
        return [_metric(NAMESPACE, name, {"Group": group}, statistic)]
    return [_metric(NAMESPACE, name, {"Group": group, "Job": job}, statistic, label=job) for job in sorted(jobs)]


def _metric(namespace: str, name: str, dimensions: dict[str, str], statistic: str, **shown: str) -> list[Any]:
    pairs = [part for pair in dimensions.items() for part in pair]
    return [namespace, name, *pairs, {"stat": statistic, **shown}]


def _graph(title: str, metrics: list[list[Any]], region: str) -> dict[str, Any]:
    return {
        "type": "metric",
        "properties": {"title": title, "metrics": metrics, "region": region, "period": 300, "view": "timeSeries"},
    }
