"""Alarms on the path of the alerts: they report that alerts can no longer be sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from watch.metrics import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUARTER = 900
_FIVE_MINUTES = 300
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm on one metric, over one period."""

    suffix: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int
    """Seconds."""
    comparison: str
    threshold: float
    missing: str
    """How a period without data counts: `breaching` or `notBreaching`."""


def alarms(*, group: str, function: str, dead_letters: str, given_up: str) -> list[Alarm]:
    """Return the alarms of a stack. The arguments are names, not ARNs."""
    return [
        Alarm(
            suffix="watch-silent",
            description=f"The watch of {group} was not invoked for 15 minutes: no alert is sent for failed or missed "
            f"jobs. See the function {function} and the rule that invokes it every five minutes.",
            namespace="AWS/Lambda",
            metric="Invocations",
            dimensions={"FunctionName": function},
            statistic="Sum",
            period=_QUARTER,
            comparison="LessThanThreshold",
            threshold=1,
            missing="breaching",
        ),
        Alarm(
            suffix="watch-blind",
            description=f"The watch of {group} did not finish its five-minute check for 15 minutes: no alert is sent "
            f"for missed jobs or overruns. See the log of the function {function}.",
            namespace=NAMESPACE,
            metric="Looks",
            dimensions={"Group": group},
            statistic="Sum",
            period=_QUARTER,
            comparison="LessThanThreshold",
            threshold=1,
            missing="breaching",
        ),
        Alarm(
            suffix="watch-failing",
            description=f"The watch of {group} failed three times in 15 minutes: an event may be lost. See the log of "
            f"the function {function}.",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions={"FunctionName": function},
            statistic="Sum",
            period=_QUARTER,
            comparison="GreaterThanOrEqualToThreshold",
            threshold=3,
            missing="notBreaching",
        ),
        Alarm(
            suffix="dead-letters-waiting",
            description=f"Launches of {group} that Scheduler gave up have been in {dead_letters} for more than 15 "
            "minutes: the watch does not handle them.",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": dead_letters},
            statistic="Maximum",
            period=_FIVE_MINUTES,
            comparison="GreaterThanThreshold",
            threshold=_QUARTER,
            missing="notBreaching",
        ),
        Alarm(
            suffix="dead-letters-lost",
            description=f"Scheduler gave up launches of {group} and could not send them to {dead_letters}, so it is "
            "unknown which launches are lost. See the launch roles and the queue.",
            namespace="AWS/Scheduler",
            metric="InvocationsFailedToBeSentToDeadLetterCount",
            dimensions={"ScheduleGroup": group},
            statistic="Sum",
            period=_FIVE_MINUTES,
            comparison="GreaterThanOrEqualToThreshold",
            threshold=1,
            missing="notBreaching",
        ),
        Alarm(
            suffix="watch-gave-up",
            description=f"The watch of {group} could not handle events or dead letters: runs that failed may have no "
            f"alert. The log of the function {function} has the reason. The messages are in the queue {given_up}; "
            "they contain the environments of jobs. This alarm ends when the queue is empty.",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": given_up},
            statistic="Maximum",
            period=_FIVE_MINUTES,
            comparison="GreaterThanOrEqualToThreshold",
            threshold=1,
            missing="notBreaching",
        ),
    ]
