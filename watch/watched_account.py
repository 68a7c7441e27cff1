"""Questions to the account about schedules, tasks, task definitions and logs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from watch.due import Deployed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sns import SNSClient

NOT_ANSWERED = (ClientError, BotoCoreError)
"""What boto3 raises when it got no answer, or not the one that was wanted."""

_DESCRIBED_AT_ONCE = 100
"""Tasks of one call (ECS API reference, DescribeTasks)."""
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=3, read_timeout=10)
"""Throttled calls are repeated, all within the time that an invocation has."""


class WatchedAccount:
    """The account and region in which the function runs. Raises `NOT_ANSWERED` for what is not answered."""

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The client of the ledger's service."""
        return boto3.client("dynamodb", config=_CONFIG)

    @cached_property
    def sns(self) -> SNSClient:
        """The client of the alert topic's service."""
        return boto3.client("sns", config=_CONFIG)

    @cached_property
    def _ecs(self) -> ECSClient:
        return boto3.client("ecs", config=_CONFIG)

    @cached_property
    def _logs(self) -> CloudWatchLogsClient:
        return boto3.client("logs", config=_CONFIG)

    @cached_property
    def _scheduler(self) -> EventBridgeSchedulerClient:
        return boto3.client("scheduler", config=_CONFIG)

    def schedules(self, group: str) -> dict[str, Deployed]:
        """List the schedules of a group by name."""
        pages = self._scheduler.get_paginator("list_schedules").paginate(GroupName=group)
        return {
            found["Name"]: Deployed(
                found["State"] == "ENABLED", max(found["CreationDate"], found["LastModificationDate"])
            )
            for page in pages
            for found in page["Schedules"]
        }

    def schedule(self, group: str, name: str) -> Mapping[str, Any]:
        """Sweep at one schedule."""
        found: Mapping[str, Any] = self._scheduler.get_schedule(GroupName=group, Name=name)
        return found

    def tasks(self, cluster: str, arns: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
        """Describe tasks by ARN: None for one that ECS does not know; one of which it could not tell is left out."""
        found: dict[str, Mapping[str, Any] | None] = {}
        for first in range(0, len(arns), _DESCRIBED_AT_ONCE):
            some = list(arns[first : first + _DESCRIBED_AT_ONCE])
            answer: Any = self._ecs.describe_tasks(cluster=cluster, tasks=some)
            found |= {failure["arn"]: None for failure in answer["failures"] if failure.get("reason") == "MISSING"}
            found |= {task["taskArn"]: task for task in answer["tasks"]}
        return found

    def tasks_of(self, cluster: str, family: str) -> Iterator[Mapping[str, Any]]:
        """Describe the tasks of a family that ECS still knows: those that run, and those that stopped lately."""
        arns: list[str] = []
        for status in ("RUNNING", "STOPPED"):
            pages = self._ecs.get_paginator("list_tasks").paginate(
                cluster=cluster,
                family=family,
                desiredStatus=status,
            )
            arns += [arn for page in pages for arn in page["taskArns"]]
        yield from (task for task in self.tasks(cluster, arns).values() if task is not None)

    def task_definition(self, name: str) -> Mapping[str, Any]:
        """Sweep at a revision, or at the newest active one of a family."""
        found: Any = self._ecs.describe_task_definition(taskDefinition=name)
        definition: Mapping[str, Any] = found["taskDefinition"]
        return definition

    def last_lines(self, group: str, stream: str, count: int) -> list[str]:
        """Read the end of a log stream; one that is not there yet has no lines."""
        try:
            answer = self._logs.get_log_events(
                logGroupName=group, logStreamName=stream, limit=count, startFromHead=False
            )
        except self._logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in answer["events"]][-count:]


def why(error: Exception) -> str:
    """Say in a few words why AWS did not answer."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error'].get('Code', 'unknown error')}"
    return type(error).__name__
