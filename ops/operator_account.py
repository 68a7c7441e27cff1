"""Calls to the account of the operator's credentials. A refused call raises OpsError."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import StructureShape

from ops import aws_errors, aws_time
from ops.errors import NotFoundError, OpsError
from settings import accepted
from watch import watched_account
from watch.facts import RETENTION_DAYS
from watch.function_variables import LEDGER, TOPIC
from watch.ledger import Ledger
from watch.names import function_name
from watch.records import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient

    from aws_facts.log_place import LogPlace
    from ops.stack import Place
    from watch.due import Deployed
    from watch.records import Tick
    from watch.watched_account import InvocationLog

_CONFIG = Config(retries={"mode": "standard"}, connect_timeout=5, read_timeout=30)
_NOT_FOUND = "ResourceNotFoundException"


@dataclass(frozen=True)
class OpenLedger:
    """A group's ledger, and AWS's time when it was found."""

    ledger: Ledger
    now: datetime
    topic: str
    """The ARN of the topic for alerts; empty if the function does not name one."""


class NotStartedError(OpsError):
    """ECS could not start the tasks of a request now, mostly for lack of capacity."""


class TokenUsedError(OpsError):
    """RunTask's token was used for another request."""

    def __init__(self, tasks: Sequence[str]) -> None:
        """Name the tasks of the earlier request, by their ARNs."""
        super().__init__(f"RunTask: the token was used for another request, of the tasks {', '.join(tasks)}")
        self.tasks = tasks


class OperatorAccount:
    """The account in one region. Credentials and endpoints come from boto3's usual search."""

    def __init__(self, region: str) -> None:
        """Store the region. Credentials are read at the first call."""
        self._region = region
        self._logs: dict[str, CloudWatchLogsClient] = {}

    @property
    def run_task_shape(self) -> StructureShape:
        """The shape of RunTask's request."""
        shape = self._ecs.meta.service_model.operation_model("RunTask").input_shape
        assert isinstance(shape, StructureShape)  # noqa: S101 - RunTask has an input
        return shape

    def schedule(self, place: Place, name: str) -> Mapping[str, Any]:
        """Return a schedule as GetSchedule describes it; OpsError with similar names when it does not exist."""
        with _found_or(lambda: self._no_such(place, name)):
            found: Mapping[str, Any] = self.scheduler.get_schedule(GroupName=place.group, Name=name)
        return found

    def create_schedule(self, params: Mapping[str, Any]) -> None:
        """Make a schedule; OpsError when AWS refuses."""
        with aws_errors.explained():
            self.scheduler.create_schedule(**params)

    def schedules(self, place: Place) -> dict[str, Deployed]:
        """Return the group's schedules as ListSchedules has them, by name; OpsError when the group does not exist."""
        with _found_or(lambda: _no_group(place)):
            return watched_account.schedules(self.scheduler, place.group)

    def ledger(self, place: Place) -> OpenLedger:
        """Return the group's ledger. OpsError when the group has none, because it has no watch."""
        function = function_name(place.group)
        missing = f"there is no function {function}; is the stack deployed there, with a watch?"
        with _found_or(lambda: f"{place} has no ledger: {missing}"):
            found: Any = self._lambda.get_function_configuration(FunctionName=function)
        variables = found.get("Environment", {}).get("Variables", {})
        table = variables.get(LEDGER)
        if table is None:
            raise OpsError(f"{place} has no ledger: the function {function} has no variable {LEDGER}")
        ledger = Ledger(self._dynamodb, table, RETENTION_DAYS)
        return OpenLedger(ledger, aws_time.of(found, datetime.now(UTC)), variables.get(TOPIC, ""))

    def recorded(self, place: Place, schedule: str, tick: str) -> Tick | None:
        """Return what the group's ledger has of a tick; None for nothing. OpsError when the ledger cannot be read."""
        ledger = self.ledger(place).ledger
        with aws_errors.explained():
            try:
                return ledger.tick((schedule, tick))
            except RecordError as error:
                raise OpsError(f"the record of {schedule}, {tick}, was not written by the watch: {error}") from error

    def run_task(self, params: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Start the tasks of a request and return them; OpsError when ECS started none, or fewer than requested.

        TokenUsedError when an earlier request with other parameters had the same token.
        """
        with aws_errors.explained():
            try:
                answer: Any = self._ecs.run_task(**params)
            except self._ecs.exceptions.ConflictException as error:
                named: Any = error.response.get("resourceIds", [])
                raise TokenUsedError(named) from error
        tasks: list[Mapping[str, Any]] = answer["tasks"]
        if answer["failures"]:
            started = ", ".join(task["taskArn"] for task in tasks) or "nothing"
            raise NotStartedError(f"RunTask: {'; '.join(map(_why, answer['failures']))}; started: {started}")
        return tasks

    def send(self, queue_url: str, body: str) -> None:
        """Send a message to a queue; OpsError when SQS refuses it."""
        with aws_errors.explained():
            self.client("sqs").send_message(QueueUrl=queue_url, MessageBody=body)

    def tasks(self, cluster: str, arns: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return those of these tasks of a cluster that ECS knows. A stopped task is known for an hour."""
        with aws_errors.explained():
            return [task for task in watched_account.tasks(self._ecs, cluster, arns).values() if task is not None]

    def going_on(self, cluster: str, family: str) -> list[str]:
        """Return the ARNs of a family's tasks that are not to stop. ECS lists a new task late."""
        with aws_errors.explained():
            return watched_account.task_arns(self._ecs, cluster, family, "RUNNING")

    def stop_task(self, cluster: str, arn: str, reason: str) -> None:
        """Tell ECS to stop a task; OpsError when it refuses."""
        with aws_errors.explained():
            self._ecs.stop_task(cluster=cluster, task=arn, reason=reason)

    def log_events(
        self, place: LogPlace, token: str | None, since: datetime | None = None
    ) -> tuple[list[tuple[datetime, str]], str | None]:
        """Return events of a log stream with their times, and the token of those that follow.

        They begin after those that came with `token`; with None at the head, or at the time `since`. AWS answers with
        the same token again at the end, and may answer with none amid the stream. Without the stream there are no
        events and no token.
        """
        given: Any = {"nextToken": token} if token else {}
        given |= {"startTime": _millis(since)} if since else {}
        logs = self._logs_of(place.region)
        with aws_errors.explained():
            try:
                answer: Any = logs.get_log_events(
                    logGroupName=place.group, logStreamName=place.stream, startFromHead=True, **given
                )
            except logs.exceptions.ResourceNotFoundException:
                return [], None
        events = [
            (datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"]) for event in answer["events"]
        ]
        return events, answer["nextForwardToken"]

    def lines_of_invocation(self, group: str, id_: str, since: datetime) -> InvocationLog | None:
        """Return what an invocation of a function wrote to a log group of the stack's region; None for nothing yet."""
        with aws_errors.explained():
            return watched_account.lines_of_invocation(self._logs_of(self._region), group, id_, since)

    def lines_with(self, group: str, text: str, since: datetime) -> list[tuple[datetime, str, str]]:
        """Return time, stream and text of each line with a text in a log group of the stack's region, from a time on.

        They are of all streams, the earliest first. Without the group there are none.
        """
        logs = self._logs_of(self._region)
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern=f'"{text}"', startTime=_millis(since)
        )
        with aws_errors.explained():
            try:
                found = [event for page in pages for event in page["events"]]
            except logs.exceptions.ResourceNotFoundException:
                return []
        lines = [
            (datetime.fromtimestamp(one["timestamp"] / 1000, UTC), one["logStreamName"], one["message"])
            for one in found
        ]
        return sorted(lines, key=lambda line: line[0])

    def role_policies(self, arn: str) -> dict[str, Any]:
        """Return the documents of a role's own policies, by name; OpsError when they cannot be read."""
        role = arn.rpartition("/")[2]
        iam = self.client("iam")
        with aws_errors.explained():
            pages = iam.get_paginator("list_role_policies").paginate(RoleName=role)
            names = [name for page in pages for name in page["PolicyNames"]]
            return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}

    def invoke_watch(self, place: Place, event: Mapping[str, Any]) -> None:
        """Let the group's watch handle an event, and wait for it; OpsError when it fails."""
        with aws_errors.explained():
            answer: Any = self._lambda.invoke(
                FunctionName=function_name(place.group), Payload=json.dumps(event).encode()
            )
        if answer.get("FunctionError"):
            said = json.loads(answer["Payload"].read()).get("errorMessage")
            raise OpsError(f"the watch failed: {said}")

    def subscriptions(self, topic: str) -> list[tuple[str, str, bool]]:
        """Return protocol and endpoint of each subscription of a topic, and whether it is confirmed."""
        with aws_errors.explained():
            pages = self.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            found = [one for page in pages for one in page["Subscriptions"]]
        return [(one["Protocol"], one["Endpoint"], one["SubscriptionArn"].startswith("arn:")) for one in found]

    def caller(self) -> str:
        """Return the name of the credentials' user, or of the role and its session."""
        return self.caller_now()[0]

    def caller_now(self) -> tuple[str, datetime]:
        """Return what `caller` returns, and AWS's time."""
        with aws_errors.explained():
            answer: Any = self.client("sts").get_caller_identity()
        arn: str = answer["Arn"]
        return arn.partition("/")[2] or arn, aws_time.of(answer, datetime.now(UTC))

    def task_definition(self, arn: str) -> Mapping[str, Any]:
        """Return a revision of a task definition."""
        with aws_errors.explained():
            answer: Any = self._ecs.describe_task_definition(taskDefinition=arn)
        definition: Mapping[str, Any] = answer["taskDefinition"]
        return definition

    def _no_such(self, place: Place, name: str) -> str:
        """Return the message for a schedule that does not exist, with the names of those that do."""
        try:
            names = list(watched_account.schedules(self.scheduler, place.group))
        except ClientError as error:
            if error.response["Error"].get("Code") == _NOT_FOUND:
                return _no_group(place)
            return (
                f"there is no schedule {name} in {place}, and the others cannot be listed: {aws_errors.refusal(error)}"
            )
        keyed = sorted(one for one in names if one.startswith(f"{name}."))
        if keyed:
            return f"{name} has several schedules; must be one of: {', '.join(keyed)}"
        if not names:
            return f"there is no schedule in {place}: is the stack deployed there?"
        return f"there is no schedule {name} in {place}{accepted(name, names)}"

    @cached_property
    def _session(self) -> boto3.Session:
        """Return the session of all clients: it reads boto3's data about services once."""
        return boto3.Session(region_name=self._region)

    @cached_property
    def _dynamodb(self) -> DynamoDBClient:
        client: DynamoDBClient = self.client("dynamodb")
        return client

    @cached_property
    def _lambda(self) -> LambdaClient:
        client: LambdaClient = self.client("lambda")
        return client

    @cached_property
    def _ecs(self) -> ECSClient:
        client: ECSClient = self.client("ecs")
        return client

    def _logs_of(self, region: str) -> CloudWatchLogsClient:
        if region not in self._logs:
            self._logs[region] = self.client("logs", region)
        return self._logs[region]

    @cached_property
    def scheduler(self) -> EventBridgeSchedulerClient:
        """The client of the schedules' service."""
        client: EventBridgeSchedulerClient = self.client("scheduler")
        return client

    @cached_property
    def events(self) -> EventBridgeClient:
        """The client of rules."""
        client: EventBridgeClient = self.client("events")
        return client

    @cached_property
    def ssm(self) -> Any:  # noqa: ANN401 - boto3's client of SSM
        """The client of the holds' service."""
        return self.client("ssm")

    def client(self, service: str, region: str = "") -> Any:  # noqa: ANN401 - one of boto3's clients
        """Return boto3's client of a service, in the account's region or in another one."""
        with aws_errors.explained():
            try:
                return self._session.client(service, region or self._region, config=_CONFIG)  # type: ignore[call-overload]
            except ValueError as error:  # the endpoint is not a valid address
                raise OpsError(str(error)) from error


@contextmanager
def _found_or(missing: Callable[[], str]) -> Iterator[None]:
    """Raise OpsError for an error of AWS, with the words of `missing` if AWS does not find something."""
    with aws_errors.explained():
        try:
            yield
        except ClientError as error:
            if error.response["Error"].get("Code") != _NOT_FOUND:
                raise
            raise NotFoundError(missing()) from None


def _no_group(place: Place) -> str:
    return f"there is no {place}: is the stack deployed there?"


def _millis(instant: datetime) -> int:
    """Return an instant as CloudWatch Logs counts it."""
    return int(instant.timestamp() * 1000)


def _why(failure: Mapping[str, str]) -> str:
    return ", ".join(failure[part] for part in ("reason", "detail", "arn") if failure.get(part))
