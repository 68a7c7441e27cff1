"""The calls to the account: with a job's launch role those that launch it, with the function's own role the others."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from aws_facts import universal_input
from supervisor import launch_answers, service_revision
from supervisor.launch_answers import Refusal
from watch.watched_account import NOT_ANSWERED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_lambda import LambdaClient
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
"""RunTask is not repeated by boto3: the supervisor repeats it at the right time, and counts."""
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=10)


@dataclass(frozen=True)
class _Session:
    client: ECSClient
    until: datetime


class Account:
    """The account and region in which the function runs."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Use sessions of launch roles until shortly before they end by this clock."""
        self._clock = clock
        self._sessions: dict[str, _Session] = {}

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
            ecs = self._as_role(role)
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
            answer: Any = self._as_role(role).describe_services(cluster=cluster, services=[service])
        except NOT_ANSWERED as error:
            return service_revision.Found(reason=launch_answers.of_error(error).reason)
        return service_revision.of(answer, service)

    def tell(self, function: str, job: str) -> None:
        """Let the watch send the messages of a job, without waiting for it."""
        self._lambda.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps({"tell": job}).encode())

    def _as_role(self, role: str) -> ECSClient:
        session = self._sessions.get(role)
        if session is None or self._clock() >= session.until - _UNUSED:
            answer = self._sts.assume_role(RoleArn=role, RoleSessionName=_SESSION_NAME, DurationSeconds=_SESSION)
            keys = answer["Credentials"]
            client = boto3.client(
                "ecs",
                config=_ONCE,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
            )
            session = _Session(client, keys["Expiration"])
            others = [one for one in self._sessions.items() if one[0] != role]
            self._sessions = dict([*others[1 - _MOST_SESSIONS :], (role, session)])
        return session.client


def _shape(ecs: ECSClient) -> Any:  # noqa: ANN401 - botocore has no types
    return ecs.meta.service_model.operation_model("RunTask").input_shape
