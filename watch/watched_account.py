"""Questions to the account about schedules, tasks, task definitions and logs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from holds import switching
from holds.storage import Storage
from watch.claims_table import ClaimsTable
from watch.due import Deployed
from watch.names import claims_name, rerun_of_schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.literals import DesiredStatusType
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from aws_facts.log_place import LogPlace
    from holds.hold import Hold, HoldError
    from holds.standing import Step
    from holds.switching import Switched

NOT_ANSWERED = (ClientError, BotoCoreError)
"""The errors that boto3 raises when AWS did not answer, or refused the call."""

_DESCRIBED_AT_ONCE = 100
"""Tasks in one call (ECS API reference, DescribeTasks)."""
_LISTED_AT_ONCE = 100
"""The most schedules in one answer (EventBridge Scheduler API reference, ListSchedules, MaxResults)."""
_LINES_AT_ONCE = 1000
"""Lines of one invocation that are read at most, the last ones."""
_FRAME = ("START RequestId: ", "END RequestId: ")
"""Lambda's own lines that say nothing but the id (Lambda Developer Guide, "Log and monitor Python functions")."""
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=3, read_timeout=10)
"""Throttled calls are repeated, within the time limit of an invocation."""


@dataclass(frozen=True)
class LogLine:
    """A line of a log stream, and when it was written."""

    at: datetime
    text: str


@dataclass(frozen=True)
class InvocationLog:
    """What an invocation of a function wrote."""

    stream: str
    lines: list[LogLine]


class WatchedAccount:
    """The account and region in which the function runs. A call that AWS does not answer raises `NOT_ANSWERED`."""

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The client of the ledger's service."""
        return boto3.client("dynamodb", config=_CONFIG)

    @cached_property
    def sns(self) -> SNSClient:
        """The client of the alert topic's service."""
        return boto3.client("sns", config=_CONFIG)

    @cached_property
    def sqs(self) -> SQSClient:
        """The client of the launch queue's service."""
        return boto3.client("sqs", config=_CONFIG)

    @cached_property
    def _ecs(self) -> ECSClient:
        return boto3.client("ecs", config=_CONFIG)

    @cached_property
    def _logs(self) -> dict[str, CloudWatchLogsClient]:
        """Return the clients of the log groups' service, by region."""
        return {}

    @cached_property
    def _scheduler(self) -> EventBridgeSchedulerClient:
        return boto3.client("scheduler", config=_CONFIG)

    @cached_property
    def _ssm(self) -> Any:  # noqa: ANN401 - boto3's client of SSM
        return boto3.client("ssm", config=_CONFIG)

    def schedules(self, group: str) -> dict[str, Deployed]:
        """Return the schedules of a group, by name."""
        return schedules(self._scheduler, group)

    def schedule(self, group: str, name: str) -> Mapping[str, Any]:
        """Return one schedule, as GetSchedule describes it."""
        found: Mapping[str, Any] = self._scheduler.get_schedule(GroupName=group, Name=name)
        return found

    def holds(self, group: str, unreadable: Callable[[str, HoldError], None]) -> list[Hold]:
        """Return the holds on a group. Call `unreadable` with the name and error of a parameter that is no hold."""
        return Storage(self._ssm, group).all(unreadable)

    def claims(self, group: str) -> ClaimsTable:
        """Return the claims of a group."""
        return ClaimsTable(self.dynamodb, claims_name(group))

    def add_hold(self, group: str, hold: Hold) -> bool:
        """Store a hold; return False for one that is stored already, whatever has become of it since."""
        return Storage(self._ssm, group).add(hold)

    def remove_hold(self, group: str, id_: str) -> None:
        """Remove a hold, if it is still there."""
        Storage(self._ssm, group).remove(id_)

    def switch(self, group: str, step: Step, now: datetime) -> Switched:
        """Disable a schedule, or return it to what config wants."""
        return switching.switch(self._scheduler, group, step, now)

    def tasks(self, cluster: str, arns: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
        """Return tasks by ARN: None for a task that ECS does not know. A task that failed otherwise is left out."""
        return tasks(self._ecs, cluster, arns)

    def tasks_of(self, cluster: str, family: str) -> Iterator[Mapping[str, Any]]:
        """Yield the tasks of a family that ECS still knows: running tasks and tasks that stopped recently."""
        arns = [arn for status in ("RUNNING", "STOPPED") for arn in task_arns(self._ecs, cluster, family, status)]
        yield from (task for task in self.tasks(cluster, arns).values() if task is not None)

    def task_definition(self, name: str) -> Mapping[str, Any]:
        """Return a revision of a task definition, or the newest active revision of a family."""
        found: Any = self._ecs.describe_task_definition(taskDefinition=name)
        definition: Mapping[str, Any] = found["taskDefinition"]
        return definition

    def last_lines(self, place: LogPlace, count: int) -> list[LogLine]:
        """Return the last lines of a log stream; no lines for a stream that does not exist yet."""
        logs = self._logs_in(place.region)
        try:
            answer = logs.get_log_events(
                logGroupName=place.group, logStreamName=place.stream, limit=count, startFromHead=False
            )
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [_line(event) for event in answer["events"]][-count:]

    def lines_of_invocation(self, group: str, id_: str, since: datetime, count: int) -> InvocationLog | None:
        """Return the last lines that an invocation wrote, of the function's own region; None if the log has none."""
        found = lines_of_invocation(self._logs_in(None), group, id_, since)
        return found and InvocationLog(found.stream, found.lines[-count:])

    def lines_of_claimed_run(
        self, group: str, id_: str, since: datetime, until: datetime | None, count: int
    ) -> InvocationLog | None:
        """Return the last lines of a run that a process of a service has claimed; None if the log has none of it."""
        found = _lines_of_claimed_run(self._logs_in(None), group, id_, since, until)
        return found and InvocationLog(found.stream, found.lines[-count:])

    def _logs_in(self, region: str | None) -> CloudWatchLogsClient:
        """Return the client of a region's log groups; None for the function's own region."""
        key = region or ""
        if key not in self._logs:
            self._logs[key] = boto3.client("logs", region_name=region, config=_CONFIG)
        return self._logs[key]


def lines_of_invocation(logs: CloudWatchLogsClient, group: str, id_: str, since: datetime) -> InvocationLog | None:
    """Return what an invocation wrote, its latest thousand lines at most; None if the log has none of it.

    `since` is a time before its begin. Lambda's first and last lines of an invocation name its id; those between them
    in the stream are its own, because an execution environment handles one invocation at a time (Lambda Developer
    Guide, "Lambda execution environment").
    """
    found = _naming(logs, group, id_, since)
    if not found:
        return None
    stream, last = found[0]["logStreamName"], max(event["timestamp"] for event in found)
    answer = logs.get_log_events(
        logGroupName=group,
        logStreamName=stream,
        startTime=found[0]["timestamp"],
        endTime=last + 1,
        limit=_LINES_AT_ONCE,
        startFromHead=False,
    )
    lines = [_line(event) for event in answer["events"]]
    named = [number for number, line in enumerate(lines) if id_ in line.text]
    own = lines[named[0] : named[-1] + 1] if named else []
    return InvocationLog(stream, [line for line in own if not line.text.startswith(_FRAME)])


RUN_STARTED, RUN_ENDED = '"run-started"', '"run-ended"'
"""What the library of the workers writes in its line at the start of a run, and at its end."""


def _lines_of_claimed_run(
    logs: CloudWatchLogsClient, group: str, id_: str, since: datetime, until: datetime | None
) -> InvocationLog | None:
    """Return what a container wrote from the start of a run to its end, the latest thousand lines at most.

    The latest start counts: a process may have taken the run over. If the process died amid the run, there is no line
    of the end. Then the lines are those before the next run, until the end of the run if that is known.
    """
    found = _naming(logs, group, id_, since)
    if not found:
        return None
    first = max((one for one in found if RUN_STARTED in one["message"]), key=_moment, default=found[0])
    later = [one for one in found if one["logStreamName"] == first["logStreamName"] and _moment(one) >= _moment(first)]
    last = _millis(until or datetime.now(UTC))
    answer = logs.get_log_events(
        logGroupName=group,
        logStreamName=first["logStreamName"],
        startTime=_moment(first),
        endTime=next((_moment(one) for one in later if RUN_ENDED in one["message"]), last) + 1,
        limit=_LINES_AT_ONCE,
        startFromHead=False,
    )
    lines = [_line(event) for event in answer["events"]]
    begin = next((at for at, line in enumerate(lines) if id_ in line.text and RUN_STARTED in line.text), 0)
    end = next((at for at, line in enumerate(lines) if at >= begin and _is_beyond(line.text, id_)), len(lines))
    closes = end < len(lines) and id_ in lines[end].text
    return InvocationLog(first["logStreamName"], lines[begin : end + closes])


def _is_beyond(text: str, id_: str) -> bool:
    """Return whether a line is that of the end of a run, or of the start of another one."""
    return RUN_ENDED in text if id_ in text else RUN_STARTED in text


def _naming(logs: CloudWatchLogsClient, group: str, id_: str, since: datetime) -> list[Any]:
    """Return the events of a log group that have an id, from a time on; none without the group."""
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern=f'"{id_}"', startTime=_millis(since)
    )
    try:
        return [event for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []


def _moment(event: Any) -> int:  # noqa: ANN401 - an event of a log
    moment: int = event["timestamp"]
    return moment


def _line(event: Any) -> LogLine:  # noqa: ANN401 - an event of GetLogEvents
    return LogLine(datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"])


def _millis(instant: datetime) -> int:
    """Return an instant as CloudWatch Logs counts it."""
    return int(instant.timestamp() * 1000)


def task_arns(ecs: ECSClient, cluster: str, family: str, status: DesiredStatusType) -> list[str]:
    """Return the tasks of a family whose desired status is this one. ECS lists a new task late."""
    pages = ecs.get_paginator("list_tasks").paginate(cluster=cluster, family=family, desiredStatus=status)
    return [arn for page in pages for arn in page["taskArns"]]


def tasks(ecs: ECSClient, cluster: str, arns: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
    """Return tasks by ARN: None for a task that ECS does not know. A task that failed otherwise is left out."""
    found: dict[str, Mapping[str, Any] | None] = {}
    for first in range(0, len(arns), _DESCRIBED_AT_ONCE):
        some = list(arns[first : first + _DESCRIBED_AT_ONCE])
        answer: Any = ecs.describe_tasks(cluster=cluster, tasks=some)
        found |= {failure["arn"]: None for failure in answer["failures"] if failure.get("reason") == "MISSING"}
        found |= {task["taskArn"]: task for task in answer["tasks"]}
    return found


def schedules(scheduler: EventBridgeSchedulerClient, group: str) -> dict[str, Deployed]:
    """Return the schedules of a group, by name."""
    pages = scheduler.get_paginator("list_schedules").paginate(
        GroupName=group, PaginationConfig={"PageSize": _LISTED_AT_ONCE}
    )
    return deployed(found for page in pages for found in page["Schedules"])


def deployed(listed: Iterable[Mapping[str, Any]]) -> dict[str, Deployed]:
    """Return the schedules of ListSchedules by name, without those by which operators run a tick once."""
    return {
        found["Name"]: Deployed(found["State"] == "ENABLED", max(found["CreationDate"], found["LastModificationDate"]))
        for found in listed
        if not rerun_of_schedule(found["Name"])
    }


def why(error: Exception) -> str:
    """Return in a few words why AWS did not answer."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error'].get('Code', 'unknown error')}"
    return type(error).__name__
