"""Asks about the group's queues."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from doctor.account import NO_QUEUE, Known
from doctor.checks.queues import COUNTED, FoundQueue, GroupQueue
from doctor.finding import Link
from doctor.reading.alert_path import AlertPath
from watch import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from doctor.account import Account
    from doctor.stack import Stack
    from judgements.answers import Refused

_QUARTER, _LONGEST_WAIT = 900, 1200
"""Seconds: the thresholds of the alarms on these queues, as `components.alarms` has them."""
_SEEN = timedelta(minutes=15)


def read(account: Account, stack: Stack) -> Sequence[FoundQueue]:
    """Return the queues."""
    path = AlertPath(account, stack)
    wanted = {queue.name: queue for queue in _wanted(path)}
    answers = account.each(wanted, lambda name: attributes(account, path.arn("sqs", name)))
    ages = account.each(wanted, lambda name: _oldest(account, name, answers[name], stack.now))
    return [FoundQueue(queue, answers[name], ages[name]) for name, queue in wanted.items()]


def _wanted(path: AlertPath) -> Iterator[GroupQueue]:
    """Yield the queues that the group should have; that of the supervisor's ticks where there is a supervisor."""
    dead, given_up = names.dead_letters_name(path.group), names.given_up_name(path.group)
    yield GroupQueue(
        link=Link.ALERTS,
        name=dead,
        holds="launches that Scheduler gave up",
        function=path.watch,
        next=given_up,
        patience=_QUARTER,
    )
    yield GroupQueue(
        link=Link.ALERTS,
        name=given_up,
        holds="events and dead letters that the watch could not handle",
        function="",
        next="",
        patience=0,
    )
    if path.supervises:
        yield GroupQueue(
            link=Link.SUPERVISOR,
            name=names.launches_name(path.group),
            holds="ticks of supervised jobs",
            function=path.supervisor,
            next=dead,
            patience=_LONGEST_WAIT,
        )


def attributes(account: Account, arn: str) -> Known[Mapping[str, Any] | None] | Refused:
    """Return GetQueueAttributes's answer about a queue; None without the queue."""
    found = account.queue_url(arn)
    if not isinstance(found, Known) or found.value is None:
        return found
    return account.ask(
        "sqs",
        "get_queue_attributes",
        absent=NO_QUEUE,
        region=Arn.parse(arn).region,
        QueueUrl=found.value["QueueUrl"],
        AttributeNames=["All"],
    )


def _oldest(
    account: Account, name: str, answer: Known[Mapping[str, Any] | None] | Refused, now: datetime
) -> Known[float] | Refused:
    """Return the age of the oldest message. CloudWatch is asked only about a queue that has one."""
    if not isinstance(answer, Known) or answer.value is None:
        return Known(0.0)
    if all(answer.value["Attributes"][one] == "0" for one in COUNTED):
        return Known(0.0)
    age = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": name}],
    }
    found = account.ask(
        "cloudwatch",
        "get_metric_data",
        StartTime=now - _SEEN,
        EndTime=now,
        MetricDataQueries=[{"Id": "age", "MetricStat": {"Metric": age, "Period": 60, "Stat": "Maximum"}}],
    )
    if not isinstance(found, Known):
        return found
    values = [value for one in found.value["MetricDataResults"] for value in one["Values"]]
    return Known(float(values[0]) if values else 0.0)
