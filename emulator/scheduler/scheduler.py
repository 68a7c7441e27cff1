"""EventBridge Scheduler's work: it fires the due schedules in order, and makes the calls of their targets."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.scheduler.models import Schedule, scheduler_backends

from aws_facts.arn import Arn
from emulator.cloudwatch.metrics import Metric
from emulator.gateway.gateway import AwsError, Call
from emulator.iam import roles
from emulator.iam.policy_evaluation import Decision, Request
from emulator.scheduler import universal_target
from emulator.scheduler.due import Due, next_due, offset, version
from emulator.scheduler.invocation import Invocation, dead_letter_attributes, input_text
from emulator.sqs import sending

if TYPE_CHECKING:
    from emulator.cloudwatch.metrics import Metrics
    from emulator.ecs.tasks import Tasks
    from emulator.timekeeping.clock import Clock

RETRIED = frozenset(
    {
        "InternalFailure",
        "KmsThrottled",
        "LimitExceededException",
        "RequestThrottled",
        "ServerException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottlingException",
    }
)
"""Errors after which Scheduler retries; any other error is final (Scheduler User Guide, dead-letter queues).

They are the errors of ECS and SQS that are a service's own, or that ask for fewer calls.
"""

_FIRST_WAIT = timedelta(minutes=1)
"""The wait before the first retry; each further wait is twice as long. AWS documents only "exponential"."""

_RETRY_POLICY = {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400}
"""The retry policy of a schedule that sets none (Scheduler API reference, RetryPolicy)."""


@dataclass(frozen=True)
class Launch:
    """The result of a tick's call: of a launch, or of a message that asks for one."""

    schedule: str
    """The schedule as `<group>/<name>`."""
    tick: datetime
    at: datetime
    attempt: int
    tasks: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    """Why RunTask started no task although its call succeeded."""
    sent_to: str | None = None
    """The name of the queue that got the message of a schedule that sends one."""
    error: str | None = None
    dead_letter: str | None = None
    """The queue that received the event when Scheduler gave it up, or why the event is lost."""


SendMessage = Callable[[str, str, dict[str, str]], None]
"""A function that takes a queue's ARN, the body and the attributes of a message."""


class Scheduler:
    """The scheduler of one account, which fires its schedules in all regions."""

    def __init__(self, account: str, clock: Clock, tasks: Tasks, send: SendMessage, metrics: Metrics) -> None:
        """Launch tasks through `tasks`, send dead letters with `send`, and count invocations in `metrics`."""
        self._account = account
        self._clock = clock
        self._tasks = tasks
        self._send = send
        self._metrics = metrics
        self._due: dict[str, Due] = {}
        self._waiting: list[Invocation] = []
        self.launches: list[Launch] = []

    def next_moment(self) -> datetime | None:
        """Return the next time at which an invocation is due, or None."""
        moments = [due.next_tick for due in self._refresh().values() if due.next_tick is not None]
        if self._waiting:
            moments.append(self._waiting[0].at)
        return min(moments, default=None)

    def schedules(self) -> list[Schedule]:
        """Return all schedules, in all regions and groups."""
        return [
            schedule
            for backend in scheduler_backends[self._account].values()
            for group in backend.schedule_groups.values()
            for schedule in group.schedules.values()
        ]

    def _by_arn(self) -> dict[str, Schedule]:
        return {schedule.arn: schedule for schedule in self.schedules()}

    def _refresh(self) -> dict[str, Due]:
        """Return the next ticks of the schedules that exist now."""
        schedules = self._by_arn()
        for arn in self._due.keys() - schedules.keys():
            del self._due[arn]
        for arn, schedule in schedules.items():
            known = self._due.get(arn)
            if known is None or known.version != version(schedule):
                self._due[arn] = next_due(schedule, self._clock.now())
        return self._due

    def fire(self, moment: datetime) -> None:
        """Launch the due invocations, ordered by time and then by ARN."""
        for arn, due in self._due.items():
            while due.next_tick is not None and due.next_tick <= moment:
                tick = due.next_tick
                due.next_tick = next(due.ticks, None)
                heapq.heappush(self._waiting, Invocation(tick + offset(arn, tick, due.window), arn, tick))
        while self._waiting and self._waiting[0].at <= moment:
            self._invoke(heapq.heappop(self._waiting))

    def _invoke(self, invocation: Invocation) -> None:
        schedule = self._by_arn().get(invocation.schedule_arn)
        if schedule is None:
            return
        _count(self._metrics, schedule, "InvocationAttemptCount")
        error: AwsError | None = None
        answer: Mapping[str, Any] = {}
        try:
            answer = self._call(schedule, invocation)
        except AwsError as refusal:
            error = refusal
            _count(self._metrics, schedule, "TargetErrorCount")
        dead_letter = self._retry_or_give_up(schedule, invocation, error) if error else None
        self.launches.append(
            Launch(
                schedule=f"{schedule.group_name}/{schedule.name}",
                tick=invocation.tick,
                at=self._clock.now(),
                attempt=invocation.attempt,
                tasks=tuple(task["taskArn"] for task in answer.get("tasks", ())),
                failures=tuple(failure["reason"] for failure in answer.get("failures", ())),
                sent_to=answer.get("queue"),
                error=str(error) if error else None,
                dead_letter=dead_letter,
            )
        )
        self._complete(schedule)

    def _call(self, schedule: Schedule, invocation: Invocation) -> Mapping[str, Any]:
        """Make the call of a schedule's target as its role, and return the answer."""
        place = Arn.parse(schedule.arn)
        role = schedule.target["RoleArn"]
        decision = _may_assume(schedule)
        if not decision.allowed:
            raise AwsError("AccessDeniedException", f"Scheduler cannot assume {role}: {decision.reason}")
        made = universal_target.read({**schedule.target, "Input": input_text(schedule, invocation)})
        call = Call(
            service=made.service,
            operation=made.operation,
            params=made.params,
            account=place.account,
            region=place.region,
            partition=place.partition,
        )
        if made.operation == "SendMessage":
            sending.send_message(call, role)
            return {"queue": made.params["QueueUrl"].rpartition("/")[2]}
        made.params.setdefault("startedBy", f"chronos-schedule/{schedule.name}"[:36])
        return self._tasks.run_task(call, principal=role)

    def _retry_or_give_up(self, schedule: Schedule, invocation: Invocation, error: AwsError) -> str | None:
        policy = {**_RETRY_POLICY, **schedule.target.get("RetryPolicy", {})}
        again = invocation.at + _FIRST_WAIT * 2**invocation.attempt
        last = invocation.tick + timedelta(seconds=policy["MaximumEventAgeInSeconds"])
        spent = invocation.attempt >= policy["MaximumRetryAttempts"] or again > last
        if error.code in RETRIED and not spent:
            heapq.heappush(self._waiting, Invocation(again, schedule.arn, invocation.tick, invocation.attempt + 1))
            return None
        exhausted = (
            "MaximumRetryAttempts" if invocation.attempt >= policy["MaximumRetryAttempts"] else "MaximumEventAge"
        )
        queue = schedule.target.get("DeadLetterConfig", {}).get("Arn")
        if not queue:
            return "lost: the schedule has no dead-letter queue"
        lost = self._bury(schedule, queue, invocation, error, exhausted if error.code in RETRIED else None)
        sent = "InvocationsFailedToBeSentToDeadLetterCount" if lost else "InvocationsSentToDeadLetterCount"
        _count(self._metrics, schedule, sent)
        return f"lost: {lost}" if lost else str(queue)

    def _bury(
        self, schedule: Schedule, queue: str, invocation: Invocation, error: AwsError, exhausted: str | None
    ) -> str | None:
        """Send the event to the dead-letter queue with the launch role's permissions; return why it failed, or None."""
        decision = _may_assume(schedule)
        if not decision.allowed:
            return decision.reason
        try:
            roles.authorize(schedule.target["RoleArn"], Request("sqs:SendMessage", queue))
        except AwsError as refusal:
            return str(refusal.message)
        attributes = dead_letter_attributes(schedule, invocation, error, exhausted)
        try:
            self._send(queue, input_text(schedule, invocation), attributes)
        except AwsError as refusal:
            return str(refusal.message)
        return None

    def _complete(self, schedule: Schedule) -> None:
        if schedule.action_after_completion != "DELETE" or schedule.state != "ENABLED":
            return
        due = self._due.get(schedule.arn)
        waiting = any(i.schedule_arn == schedule.arn for i in self._waiting)
        if due is not None and due.next_tick is None and not waiting:
            region = Arn.parse(schedule.arn).region
            scheduler_backends[self._account][region].delete_schedule(schedule.group_name, schedule.name)


def _count(metrics: Metrics, schedule: Schedule, name: str) -> None:
    """Add 1 to a metric of a schedule's group (Scheduler User Guide, Monitoring with CloudWatch)."""
    region = Arn.parse(schedule.arn).region
    metrics.put(Metric.of(region, "AWS/Scheduler", name, ScheduleGroup=schedule.group_name))


def _may_assume(schedule: Schedule) -> Decision:
    group_arn = schedule.arn.replace(":schedule/", ":schedule-group/").rpartition("/")[0]
    return roles.assume_for_schedules(schedule.target["RoleArn"], group_arn)
