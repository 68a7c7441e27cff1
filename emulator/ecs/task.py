"""One ECS task: its state, its description in DescribeTasks, and the event of each change of state."""

from __future__ import annotations

import uuid
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from aws_facts.arn import Arn
from aws_facts.fargate import USUAL_STOP_TIMEOUT
from aws_facts.launch_types import LaunchType
from emulator.ecr.image_config import ImageConfig
from emulator.ecs.capacity import provider_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.ecs.models import TaskDefinition

ESSENTIAL_EXITED = ("EssentialContainerExited", "Essential container in task exited")
FAILED_TO_START = "TaskFailedToStart"
TERMINATED = 143
"""128 + SIGTERM: the exit code of a container that ends when ECS asks it to."""
KILLED = 137
"""128 + SIGKILL: the exit code of containers that do not, and of those that ECS stops because another one ended."""


@dataclass(frozen=True)
class Ending:
    """The end of a task, as its containers and ECS report it."""

    exit_code: int | None
    """The exit code of the job's container; None when ECS does not learn it."""
    stop_code: str | None = ESSENTIAL_EXITED[0]
    """None when ECS gives no stop code."""
    stopped_reason: str | None = ESSENTIAL_EXITED[1]
    """None when ECS gives no reason."""
    container_reason: str | None = None
    """The reason of the job's container."""

    @property
    def of_others(self) -> int | None:
        """The exit code of the other containers; None when ECS learns nothing of any container."""
        lost = self.exit_code is None and self.stop_code != ESSENTIAL_EXITED[0]
        return None if lost else KILLED


@dataclass
class Container:
    """A container of a task."""

    name: str
    definition: Mapping[str, Any]
    override: Mapping[str, Any]
    exit_code: int | None = None
    reason: str | None = None
    image: ImageConfig = field(default_factory=ImageConfig)
    secrets: Mapping[str, str] = field(default_factory=dict)
    """The values that ECS has read for the container, by the names of its variables."""

    @property
    def command(self) -> list[str]:
        """The entry point and the command; a command in the override replaces the definition's command.

        The image has what both leave out. Its command does not follow another entry point ("Dockerfile reference",
        Understand how CMD and ENTRYPOINT interact).
        """
        own = self.definition.get("entryPoint", [])
        command = self.override.get("command") or self.definition.get("command", [])
        return [*(own or self.image.entry_point), *(command or (() if own else self.image.command))]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the definition; variables of the override replace its variables."""
        pairs = [*self.definition.get("environment", []), *self.override.get("environment", [])]
        return {pair["name"]: pair["value"] for pair in pairs}


@dataclass
class Task:
    """A task, from RunTask to STOPPED."""

    id: str
    cluster_arn: str
    definition: TaskDefinition
    params: Mapping[str, Any]
    created_at: datetime
    containers: list[Container]
    launch_type: LaunchType
    desired_status: str = "RUNNING"
    last_status: str = "PROVISIONING"
    version: int = 0
    updated_at: datetime | None = None
    started_at: datetime | None = None
    stopping_at: datetime | None = None
    """When the task was told to stop, or its containers ended."""
    execution_stopped_at: datetime | None = None
    """When the containers ended; None for a task whose containers never ran."""
    stopped_at: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    ending: Ending | None = None
    """The staged end of the task, which replaces the end of its process."""
    lost_lines: int = 0
    """How many lines at the end of the log are staged to be lost."""
    no_volume: str | None = None
    """Why ECS cannot give the task its volume."""
    lag: float = 0.0
    """How many seconds ECS's answers about the task are staged to be behind."""
    _past: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    """What ECS would have answered since when; only for a task with a lag."""
    _attachment: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def launched(  # noqa: PLR0913 - the parts of a launch
        cls,
        *,
        task_id: str,
        cluster_arn: str,
        definition: TaskDefinition,
        params: Mapping[str, Any],
        launch_type: LaunchType,
        now: datetime,
    ) -> Self:
        """Return the task that a RunTask request asks for."""
        overrides: Mapping[str, Mapping[str, Any]] = {
            o["name"]: o for o in params.get("overrides", {}).get("containerOverrides", [])
        }
        containers = [
            Container(name=name, definition=container, override=overrides.get(name, {}))
            for container in definition.container_definitions
            for name in [str(container["name"])]
        ]
        return cls(
            id=task_id,
            cluster_arn=cluster_arn,
            definition=definition,
            params=params,
            created_at=now,
            containers=containers,
            launch_type=launch_type,
        )

    @property
    def arn(self) -> str:
        """The ARN of the task: `arn:…:task/<cluster>/<id>`."""
        return f"{self.cluster_arn.replace(':cluster/', ':task/')}/{self.id}"

    @property
    def region(self) -> str:
        """The region of the task's cluster."""
        return Arn.parse(self.cluster_arn).region

    @property
    def account(self) -> str:
        """The account of the task's cluster."""
        return Arn.parse(self.cluster_arn).account

    @property
    def family(self) -> str:
        """The family of the task definition."""
        return str(self.definition.family)

    @property
    def role(self) -> str | None:
        """The ARN of the role with which the containers call AWS."""
        # moto leaves the attribute out where the task definition names no role.
        own: str | None = getattr(self.definition, "task_role_arn", None)
        return self.params.get("overrides", {}).get("taskRoleArn") or own

    @property
    def execution_role(self) -> str | None:
        """The ARN of the role with which ECS prepares the task."""
        own: str | None = getattr(self.definition, "execution_role_arn", None)
        return self.params.get("overrides", {}).get("executionRoleArn") or own

    @property
    def group(self) -> str:
        """The task group; the family by default."""
        return str(self.params.get("group") or f"family:{self.family}")

    @property
    def started_by(self) -> str | None:
        """The name that the launching service passed as `startedBy`."""
        return self.params.get("startedBy")

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags of the task; a task that has stopped has none any more."""
        given: list[dict[str, str]] = self.params.get("tags", [])
        return given if self.stopped_at is None else []

    @property
    def main(self) -> Container:
        """The container that runs the job: the one with an overridden command, or else one that is overridden at all.

        If none is, it is the first essential one.
        """
        with_command = [one for one in self.containers if one.override.get("command")]
        overridden = [one for one in self.containers if one.override]
        essential = [one for one in self.containers if one.definition.get("essential", True)]
        return next(iter([*with_command, *overridden, *essential, *self.containers]))

    @property
    def stop_timeout(self) -> int:
        """The seconds that the job's container has from SIGTERM to SIGKILL."""
        return int(self.main.definition.get("stopTimeout", USUAL_STOP_TIMEOUT))

    def runtime_id(self, container: Container) -> str:
        """Return the id of a container in the runtime: on Fargate the task's id and a number."""
        return f"{self.id}-{zlib.crc32(container.name.encode())}"

    def moved_to(self, status: str, now: datetime) -> None:
        """Record that the task reached a state."""
        self.last_status = status
        if status == "RUNNING":
            self.started_at = now
        self._changed(now)

    def stop_requested(self, code: str | None, reason: str | None, now: datetime) -> None:
        """Record that the task was told to stop while its containers go on; the first reason stays."""
        self._must_stop(code, reason, now)
        self._changed(now)

    def sidecar_exited(self, name: str, exit_code: int, reason: str | None, now: datetime) -> None:
        """Record that an essential sidecar ended before the job's container, so that the task must stop.

        A container of another name than those of the task definition joins the task.
        """
        sidecar = next((container for container in self.containers if container.name == name), None)
        if sidecar is None:
            sidecar = Container(name, {"image": name}, {})
            self.containers.append(sidecar)
        sidecar.exit_code, sidecar.reason = exit_code, reason
        self.stop_requested(*ESSENTIAL_EXITED, now)

    def exited(self, exit_code: int | None, now: datetime) -> None:
        """Record that the job's container ended, and the others with it; without an exit code it never ran."""
        ending = self.ending or Ending(exit_code)
        self._must_stop(ending.stop_code, ending.stopped_reason, now)
        for container in self.containers:
            if container.exit_code is None:
                container.exit_code = ending.exit_code if container is self.main else ending.of_others
        self.main.reason = ending.container_reason or self.main.reason
        self.execution_stopped_at = now
        self.moved_to("DEPROVISIONING", now)

    def failed_to_start(self, reason: str, now: datetime) -> None:
        """Record that no container of the task could be started."""
        self._must_stop(FAILED_TO_START, reason, now)
        self.main.reason = reason
        self.moved_to("DEPROVISIONING", now)

    def deprovisioned(self, now: datetime) -> None:
        """Record that the task has stopped: its network interface is gone."""
        self.stopped_at = now
        self.moved_to("STOPPED", now)

    def _must_stop(self, code: str | None, reason: str | None, now: datetime) -> None:
        if self.desired_status != "STOPPED":
            self.desired_status, self.stop_code, self.stopped_reason = "STOPPED", code, reason
            self.stopping_at = now

    def _changed(self, now: datetime) -> None:
        self.version += 1
        self.updated_at = now
        if self.lag:
            self._past.append((now, self.described(tags=True)))

    def lags(self, seconds: float) -> None:
        """Let ECS's answers about the task be behind from now on."""
        self.lag = seconds
        self._past.append((self.created_at, self.described(tags=True)))

    def described(self, *, tags: bool = False) -> dict[str, Any]:
        """Return the task as RunTask and StopTask answer it; with its tags only when `tags` is true."""
        return {**self._fields(), "tags": self.tags if tags else []}

    def seen(self, now: datetime) -> Mapping[str, Any] | None:
        """Return the task as DescribeTasks and ListTasks see it, with its tags; None while they do not see it."""
        if not self.lag:
            return self.described(tags=True)
        known = now - timedelta(seconds=self.lag)
        return next((past for since, past in reversed(self._past) if since <= known), None)

    def seen_desired_status(self, now: datetime) -> str | None:
        """Return the desired status by which ListTasks finds the task; None while it does not."""
        return self.desired_status if not self.lag else (self.seen(now) or {}).get("desiredStatus")

    def event(self, now: datetime) -> dict[str, Any]:
        """Return the event of the current state (ECS Developer Guide, Amazon ECS task state change events).

        The overrides include the environment, as in AWS's schema of the event (EventBridge schema registry,
        aws.ecs@ECSTaskStateChange). The tasks of the guide's sample events have no overrides.
        """
        detail = {k: _text(v) if isinstance(v, datetime) else v for k, v in self._fields().items()}
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "ECS Task State Change",
            "source": "aws.ecs",
            "account": self.account,
            "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": self.region,
            "resources": [self.arn],
            "detail": detail,
        }

    def _fields(self) -> dict[str, Any]:
        # ECS lists every container; those that the request does not override have only their name.
        of_containers = [{"name": container.name, **container.override} for container in self.containers]
        overrides = {**self.params.get("overrides", {}), "containerOverrides": of_containers}
        known = {
            "taskArn": self.arn,
            "clusterArn": self.cluster_arn,
            "taskDefinitionArn": self.definition.arn,
            "group": self.group,
            "startedBy": self.started_by,
            "launchType": self.launch_type.value,
            **self._under_it(),
            "capacityProviderName": provider_of(self.params.get("capacityProviderStrategy", [])),
            "cpu": overrides.get("cpu") or self.definition.cpu,
            "memory": overrides.get("memory") or self.definition.memory,
            "desiredStatus": self.desired_status,
            "lastStatus": self.last_status,
            "version": self.version,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "startedAt": self.started_at,
            "stoppingAt": self.stopping_at,
            "executionStoppedAt": self.execution_stopped_at,
            "stoppedAt": self.stopped_at,
            "stopCode": self.stop_code,
            "stoppedReason": self.stopped_reason,
            "overrides": overrides,
            "containers": [self._container(c) for c in self.containers],
            "attachments": [{"id": self._attachment, "type": "eni", "status": "ATTACHED", "details": []}],
        }
        return {name: value for name, value in known.items() if value is not None}

    def _under_it(self) -> dict[str, str | None]:
        """Return what ECS says of the platform or the instance under the task."""
        if self.launch_type is LaunchType.FARGATE:
            return {"platformVersion": self.params.get("platformVersion", "1.4.0")}
        if self.last_status == "PROVISIONING":
            return {}
        instances = self.cluster_arn.replace(":cluster/", ":container-instance/")
        return {"containerInstanceArn": f"{instances}/{zlib.crc32(self.cluster_arn.encode()):032x}"}

    def _container(self, container: Container) -> dict[str, Any]:
        known = {
            "containerArn": f"{self.arn.replace(':task/', ':container/')}/{container.name}",
            "taskArn": self.arn,
            "name": container.name,
            "image": container.definition["image"],
            "runtimeId": None if self.started_at is None else self.runtime_id(container),
            "lastStatus": "STOPPED" if self._has_ended(container) else self.last_status,
            "exitCode": container.exit_code,
            "reason": container.reason,
        }
        return {name: value for name, value in known.items() if value is not None}

    def _has_ended(self, container: Container) -> bool:
        return container.exit_code is not None or self.last_status == "DEPROVISIONING"


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
