"""Asks about the work queues and the table of claims of jobs that processes of services run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from aws_facts.arn import Arn
from doctor.account import Known
from doctor.checks.work import QueuedRun, UsedClaims, UsedQueue, UsedWork
from doctor.reading.alert_path import NOT_FOUND
from doctor.reading.queues import attributes
from watch import run_kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doctor.account import Account
    from doctor.stack import Stack

_RECEIVES = ("NumberOfEmptyReceives", "NumberOfMessagesReceived")
"""What SQS counts of the calls of those who ask for work (SQS Developer Guide, "Available CloudWatch metrics")."""
_SEEN = timedelta(minutes=15)


def read(account: Account, stack: Stack) -> UsedWork:
    """Return each queue and each table once."""
    queues: dict[str, list[str]] = {}
    tables: dict[str, list[str]] = {}
    for job, facts in sorted(stack.jobs.items()):
        if facts.work is not None:
            queues.setdefault(facts.work.arn, []).append(job)
            tables.setdefault(facts.work.claims, []).append(job)
        if facts.in_process is not None:
            tables.setdefault(run_kinds.id_of(facts.in_process.claims), []).append(job)
    return UsedWork(
        queues=[_queue(account, stack, arn, jobs) for arn, jobs in queues.items()],
        claims=[
            UsedClaims(
                name=name,
                jobs=jobs,
                answer=account.ask("dynamodb", "describe_table", absent=NOT_FOUND, TableName=name),
            )
            for name, jobs in tables.items()
        ],
        now=stack.now,
    )


def _queue(account: Account, stack: Stack, arn: str, jobs: Sequence[str]) -> UsedQueue:
    queued = sorted(_queued(stack, arn, jobs), key=lambda one: one.since)
    name = Arn.parse(arn).resource
    return UsedQueue(
        name=name,
        jobs=jobs,
        answer=attributes(account, arn),
        queued=queued,
        asked=_asked(account, name, stack.now) if queued else None,
    )


def _queued(stack: Stack, arn: str, jobs: Sequence[str]) -> Iterator[QueuedRun]:
    """Yield the runs that the supervisor has sent to a queue, and that no worker has taken."""
    for job in jobs:
        record = stack.records.get(job)
        for flight in record.traffic.flights if record else ():
            launch = flight.launch
            if launch is not None and launch.started is None and run_kinds.place(launch.task) == arn:
                yield QueuedRun(
                    run_kinds.id_of(launch.task), job, datetime.fromtimestamp(launch.created or launch.decided, UTC)
                )


def _asked(account: Account, queue: str, now: datetime) -> float | None:
    """Return how often somebody has asked a queue for messages lately; None if CloudWatch does not say it."""
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/SQS",
                    "MetricName": name,
                    "Dimensions": [{"Name": "QueueName", "Value": queue}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for number, name in enumerate(_RECEIVES)
    ]
    found = account.ask("cloudwatch", "get_metric_data", StartTime=now - _SEEN, EndTime=now, MetricDataQueries=queries)
    if not isinstance(found, Known):
        return None
    values = [value for one in found.value["MetricDataResults"] for value in one["Values"]]
    return float(sum(values)) if values else None
