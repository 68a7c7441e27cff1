"""The CloudWatch dashboard of a stack: its runs and alerts, the queue, the watch itself, and supervised jobs. Pure."""

from __future__ import annotations

from typing import Any

from watch import measures
from watch.metrics import NAMESPACE

_PERIOD = 300
"""Seconds."""
_WIDTH, _HEIGHT = 12, 6
"""The size of a widget, in units of the dashboard's grid. It is 24 wide (CloudWatch API reference, dashboard body)."""


def dashboard(  # noqa: PLR0913 - names of what the graphs show
    *, group: str, region: str, function: str, dead_letters: str, given_up: str, supervised: bool
) -> dict[str, Any]:
    """Return the body of the dashboard. Its graphs search for the metrics of the jobs, so it names no job.

    `supervised` is whether the group may have supervised jobs, which have metrics of their own.
    """
    graphs = [
        _graph("Failed runs", _per_job("Failures", group, "Sum"), region),
        _graph("Runs", _per_job("Runs", group, "Sum"), region),
        _graph("Longest run (seconds)", _per_job("Duration", group, "Maximum"), region),
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
        *(_supervised(group, region) if supervised else ()),
    ]
    return {
        "widgets": [
            {**graph, "x": index % 2 * _WIDTH, "y": index // 2 * _HEIGHT, "width": _WIDTH, "height": _HEIGHT}
            for index, graph in enumerate(graphs)
        ]
    }


def _supervised(group: str, region: str) -> list[dict[str, Any]]:
    """Return the graphs of what the supervisor repeats, stops and leaves out, and of what it lets wait."""
    counts = (measures.RETRIES, measures.TIMED_OUT_RUNS, measures.SKIPPED_TICKS, measures.TOO_LATE_TICKS)
    lock = _metric(NAMESPACE, measures.LOCK_WAIT, {"Group": group}, "Maximum", label="for a lock, all jobs")
    return [
        _graph("Supervised jobs", [_metric(NAMESPACE, name, {"Group": group}, "Sum") for name in counts], region),
        _graph(
            "Longest delay of a launch (seconds)",
            [*_per_job(measures.LAUNCH_DELAY, group, "Maximum"), lock],
            region,
        ),
    ]


def _per_job(name: str, group: str, statistic: str) -> list[list[Any]]:
    """Return a line for all jobs, and a search that finds a line for each job.

    A search finds at most 100 metrics, of the last two weeks (CloudWatch User Guide, "Using search expressions in
    graphs").
    """
    schema = f"{NAMESPACE},Group,Job"
    found = f"""SEARCH('{{{schema}}} MetricName="{name}" Group="{group}"', '{statistic}', {_PERIOD})"""
    return [
        _metric(NAMESPACE, name, {"Group": group}, statistic, label="all jobs"),
        [{"expression": found, "id": "jobs", "label": "${PROP('Dim.Job')}"}],
    ]


def _metric(namespace: str, name: str, dimensions: dict[str, str], statistic: str, **shown: str) -> list[Any]:
    pairs = [part for pair in dimensions.items() for part in pair]
    return [namespace, name, *pairs, {"stat": statistic, **shown}]


def _graph(title: str, metrics: list[list[Any]], region: str) -> dict[str, Any]:
    return {
        "type": "metric",
        "properties": {"title": title, "metrics": metrics, "region": region, "period": _PERIOD, "view": "timeSeries"},
    }
