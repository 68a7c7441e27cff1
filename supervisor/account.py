"""The calls to the account: with a job's launch role those that launch it, with the function's own role the others."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore import handlers
from botocore.config import Config

from aws_facts import universal_input
from supervisor import launch_answers, service_revision
from supervisor.launch_answers import Refusal
from watch.watched_account import NOT_ANSWERED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

    from supervisor.service_revision import Found

_SESSION = 900
"""Seconds: the shortest session of an assumed role (STS API reference, AssumeRole, DurationSeconds)."""
_UNUSED = timedelta(minutes=3)
"""How long before its end a session is replaced. An invocation takes less."""
_MOST_SESSIONS = 50
"""Sessions that are kept. Each has a client with connections of its own, a megabyte of the 256 of the function."""
_SESSION_NAME = "scheduled-jobs-supervisor"
_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=3, read_timeout=10)
"""RunTask and SendMessage are not repeated by boto3: the supervisor repeats them at the right time, and counts. Invoke
never is."""
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=10)


@dataclass(frozen=True)
class _Session:
    client: Any
    """The client of the service that launches."""
    until: datetime


class Account:
    """The account and region in which the function runs."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Use sessions of launch roles until shortly before they end by this clock."""
        self._clock = clock
        self._sessions: dict[tuple[str, str], _Session] = {}
        """By launch role and service."""

    @cached_property
    def _ecs(self) -> ECSClient:
        return boto3.client("ecs", config=_CONFIG)

    @cached_property
    def _sts(self) -> STSClient:
        return boto3.client("sts", config=_CONFIG)

    @cached_property
    def _lambda(self) -> LambdaClient:
        return boto3.client("lambda", config=_CONFIG)

    def run_task(self, role: str, request: Mapping[str, Any]) -> Mapping[str, Any] | Refusal:
        """Launch a task with a launch role; return the task, or why there is none."""
        try:
            ecs: ECSClient = self._as_role(role, "ecs")
        except NOT_ANSWERED as error:
            return replace(launch_answers.of_error(error), unknown=False)  # RunTask was not called
        try:
            answer: Any = ecs.run_task(**universal_input.read(request, _shape(ecs)))
        except NOT_ANSWERED as error:
            return launch_answers.of_error(error)
        except universal_input.InputError as error:
            return Refusal(str(error), for_good=True)
        tasks = answer["tasks"]
        return tasks[0] if tasks else launch_answers.of_failures(answer["failures"])

    def invoke(self, role: str, alias: str, event: Mapping[str, Any]) -> str | Refusal:
        """Hand an event to a function with a launch role; return the id of the request, or why there is none.

        AWS's SDK hands on where a request comes from, and Lambda ends a chain of 16 requests that come back to a
        function (Lambda Developer Guide, "Use Lambda recursive loop detection"). The ticks of a job that wait for each
        other would be such a chain, so each invocation begins one of its own. A tick has few attempts.
        """
        try:
            client: LambdaClient = self._as_role(role, "lambda")
        except NOT_ANSWERED as error:
            return replace(launch_answers.of_error(error), unknown=False)  # Invoke was not called
        client.meta.events.unregister("before-call", handlers.add_recursion_detection_header)
        payload = json.dumps(event).encode()
        try:
            answer = client.invoke(FunctionName=alias, InvocationType="Event", Payload=payload)
        except NOT_ANSWERED as error:
            return launch_answers.of_error(error)
        return answer["ResponseMetadata"]["RequestId"]

    def send_work(self, role: str, queue: str, body: str) -> Refusal | None:
        """Send a message to the queue of this URL with a launch role; return why that was not done."""
        try:
            sqs: SQSClient = self._as_role(role, "sqs")
        except NOT_ANSWERED as error:
            return replace(launch_answers.of_error(error), unknown=False)  # SendMessage was not called
        try:
            sqs.send_message(QueueUrl=queue, MessageBody=body)
        except NOT_ANSWERED as error:
            return launch_answers.of_error(error)
        return None

    def stop_task(self, cluster: str, task: str, reason: str) -> None:
        """Stop a task."""
        self._ecs.stop_task(cluster=cluster, task=task, reason=reason)

    def task(self, cluster: str, task: str) -> Mapping[str, Any] | None:
        """Return a task as ECS describes it; None for a task that ECS does not know."""
        answer: Any = self._ecs.describe_tasks(cluster=cluster, tasks=[task])
        return next(iter(answer["tasks"]), None)

    def revision(self, role: str, cluster: str, service: str) -> Found:
        """Return the revision that a service runs, as the launch role may ask."""
        try:
            answer: Any = self._as_role(role, "ecs").describe_services(cluster=cluster, services=[service])
        except NOT_ANSWERED as error:
            return service_revision.Found(reason=launch_answers.of_error(error).reason)
        return service_revision.of(answer, service)

    def tell(self, function: str, job: str) -> None:
        """Let the watch send the messages of a job, without waiting for it."""
        self._lambda.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"tell": job}).encode())

    def _as_role(self, role: str, service: str) -> Any:  # noqa: ANN401 - the client of a service
        named = role, service
        session = self._sessions.get(named)
        if session is None or self._clock() >= session.until - _UNUSED:
            answer = self._sts.assume_role(RoleArn=role, RoleSessionName=_SESSION_NAME, DurationSeconds=_SESSION)
            keys = answer["Credentials"]
            client: Any = boto3.client(
                service,  # type: ignore[call-overload] # its name is not known to the types
                config=_ONCE,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
            )
            session = _Session(client, keys["Expiration"])
            others = [one for one in self._sessions.items() if one[0] != named]
            self._sessions = dict([*others[1 - _MOST_SESSIONS :], (named, session)])
        return session.client


def _shape(ecs: ECSClient) -> Any:  # noqa: ANN401 - botocore has no types
    return ecs.meta.service_model.operation_model("RunTask").input_shape
