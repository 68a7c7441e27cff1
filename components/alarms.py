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
_LONGEST_WAIT = 1200
"""Seconds. A message may be delayed by 900 (SQS API reference, SendMessage). No page says if its age includes that."""

BREACHING, NOT_BREACHING = "breaching", "notBreaching"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm on one metric."""

    suffix: str
    description: str
    """What is wrong, and where to look. People get it in messages, so it is one line without quotes."""
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int
    """Seconds."""
    periods: int = 1
    """The periods of which each must reach the threshold.

    CloudWatch looks at some earlier periods before it treats data as missing (CloudWatch User Guide, "Configuring how
    alarms treat missing data"). So an alarm on missing data is earlier with several short periods than with a long one.
    """
    comparison: str
    threshold: float
    missing: str = NOT_BREACHING
    """How a period without data counts."""

    @property
    def warm_up(self) -> int | None:
        """Minutes for which a new alarm waits for its first data; None for an alarm that data alone sets off.

        CloudWatch evaluates an alarm from its creation on, which is before the first invocation of the watch. An alarm
        that missing data sets off would report a new stack (CloudWatch User Guide, "Alarm warm-up periods").
        """
        return 60 if self.missing == BREACHING else None


def alarms(*, group: str, function: str, runs: str, dead_letters: str, given_up: str) -> list[Alarm]:
    """Return the alarms of a stack. The arguments are names, not ARNs.

    `function` is also the name of the rule that invokes the function every five minutes; `runs` is the other rule's.
    """
    return [
        Alarm(
            suffix="watch-blind",
            description=f"The watch of {group} did not check everything for 15 minutes: alerts for missed jobs, "
            "overruns and lost events are not sent, for some jobs or for all. The log of the function "
            f"{function} says what could not be checked, and why. If the log has no new lines, see whether the rule "
            f"{function} is enabled and invokes the function.",
            namespace=NAMESPACE,
            metric="Looks",
            dimensions={"Group": group},
            statistic="Sum",
            period=_FIVE_MINUTES,
            periods=3,
            comparison="LessThanThreshold",
            threshold=1,
            missing=BREACHING,
        ),
        _of_errors(
            "watch-failing",
            f"Three invocations of the watch of {group} failed in 15 minutes: alerts may come late, and an event may "
            f"be lost. See the log of the function {function}.",
            function,
        ),
        _of_refusal("watch-looks-lost", group, function, function, "nothing is checked every five minutes"),
        _of_refusal(
            "watch-events-lost", group, function, runs, "the ends of runs are only found by the five-minute checks"
        ),
        *_of_dead_letters(group, function, dead_letters, given_up),
    ]


def of_supervisor(*, group: str, function: str, launches: str) -> list[Alarm]:
    """Return the further alarms of a stack with a supervisor: on its function, and on the queue of its ticks."""
    return [
        _of_errors(
            "supervisor-failing",
            f"Three invocations of the supervisor of {group} failed in 15 minutes: jobs may be launched late or not at "
            f"all, and runs may exceed their limits. See the log of the function {function}.",
            function,
        ),
        Alarm(
            suffix="launches-waiting",
            description=f"Ticks of {group} have been in {launches} for more than 20 minutes: the supervisor does not "
            f"handle them, so no supervised job is launched. See the log of the function {function}. If the log has "
            f"no new lines, see whether the queue {launches} invokes the function.",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": launches},
            statistic="Maximum",
            period=_FIVE_MINUTES,
            comparison="GreaterThanThreshold",
            threshold=_LONGEST_WAIT,
        ),
    ]


def _of_errors(suffix: str, description: str, function: str) -> Alarm:
    return Alarm(
        suffix=suffix,
        description=description,
        namespace="AWS/Lambda",
        metric="Errors",
        dimensions={"FunctionName": function},
        statistic="Sum",
        period=_QUARTER,
        comparison="GreaterThanOrEqualToThreshold",
        threshold=3,
    )


def _of_refusal(suffix: str, group: str, function: str, rule: str, consequence: str) -> Alarm:
    """Return the alarm on a rule that cannot invoke the function, of which the function itself learns nothing."""
    return Alarm(
        suffix=suffix,
        description=f"The rule {rule} could not invoke the watch of {group}: {consequence}. See whether the function "
        f"{function} exists, and whether its policy lets the rule invoke it.",
        namespace="AWS/Events",
        metric="FailedInvocations",
        dimensions={"RuleName": rule},
        statistic="Sum",
        period=_FIVE_MINUTES,
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
    )


def _of_dead_letters(group: str, function: str, dead_letters: str, given_up: str) -> list[Alarm]:
    return [
        Alarm(
            suffix="dead-letters-waiting",
            description=f"Launches of {group} that Scheduler gave up have been in {dead_letters} for more than 15 "
            f"minutes: the watch does not handle them. See the log of the function {function}.",
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions={"QueueName": dead_letters},
            statistic="Maximum",
            period=_FIVE_MINUTES,
            comparison="GreaterThanThreshold",
            threshold=_QUARTER,
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
        ),
    ]
