"""What a schedule asks ECS to run: its RunTask request, and the role that sends it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts import definition_name, universal_target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watch.facts import JobFacts


@dataclass(frozen=True)
class Launch:
    """The launch of one schedule. Its request has RunTask's members in PascalCase, as universal targets have them."""

    job: str
    schedule: str
    role: str
    """The ARN of the launch role."""
    supervised: bool
    """Whether the supervisor sends the request, and Scheduler only a message."""
    request: Mapping[str, Any]

    @property
    def cluster(self) -> str:
        """The cluster's name or ARN."""
        return str(self.request.get("Cluster") or "default")

    @property
    def task_definition(self) -> str:
        """`family`, or `family:revision`."""
        return definition_name.of(str(self.request.get("TaskDefinition") or ""))

    @property
    def container(self) -> str:
        """The container that runs the job; empty if the request overrides none."""
        return str(self._override.get("Name") or "")

    @property
    def command(self) -> Sequence[str]:
        """The job's command; empty if the container runs its own."""
        return list(self._override.get("Command") or ())

    @property
    def cpu(self) -> int | None:
        """The CPU units that the schedule sets."""
        return _whole(self._task_override.get("Cpu"))

    @property
    def memory(self) -> int | None:
        """The MiB that the schedule sets."""
        return _whole(self._task_override.get("Memory"))

    @property
    def providers(self) -> Sequence[str]:
        """The capacity providers; none for a launch type."""
        return [str(one["CapacityProvider"]) for one in self.request.get("CapacityProviderStrategy") or ()]

    @property
    def subnets(self) -> Sequence[str]:
        """The ids of the subnets."""
        return list(self._network.get("Subnets") or ())

    @property
    def security_groups(self) -> Sequence[str]:
        """The ids of the security groups; none for the VPC's default one."""
        return list(self._network.get("SecurityGroups") or ())

    @property
    def public_ip(self) -> bool:
        """Whether the task gets a public address."""
        return self._network.get("AssignPublicIp") == "ENABLED"

    @property
    def task_role(self) -> str:
        """The ARN of the task role that replaces the one of the task definition; empty if none does."""
        return str(self._task_override.get("TaskRoleArn") or "")

    @property
    def execution_role(self) -> str:
        """The ARN of the execution role that replaces the one of the task definition; empty if none does."""
        return str(self._task_override.get("ExecutionRoleArn") or "")

    @property
    def volumes(self) -> Mapping[str, str]:
        """The volumes that the request configures, each with the infrastructure role that makes it (empty: none)."""
        found: Sequence[Mapping[str, Any]] = self.request.get("VolumeConfigurations") or ()
        return {str(one.get("Name")): str((one.get("ManagedEBSVolume") or {}).get("RoleArn") or "") for one in found}

    @property
    def _task_override(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.request.get("Overrides") or {}
        return found

    @property
    def _override(self) -> Mapping[str, Any]:
        overrides: Sequence[Mapping[str, Any]] = self._task_override.get("ContainerOverrides") or ()
        return next((one for one in overrides if one.get("Name")), {})

    @property
    def _network(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (self.request.get("NetworkConfiguration") or {}).get("AwsvpcConfiguration") or {}
        return found


def of(job: str, facts: JobFacts, described: Mapping[str, Any]) -> Launch | None:
    """Return the launch of a schedule that GetSchedule describes; None when it does not say what is launched."""
    name, target = described["Name"], described["Target"]
    if universal_target.sends_message(target["Arn"]):
        given = facts.supervised.requests.get(name) if facts.supervised else None
        role = facts.supervised.role if facts.supervised else ""
        return None if given is None else Launch(job, name, role, supervised=True, request=given)
    if not universal_target.calls_run_task(target["Arn"]):
        return None
    try:
        given = json.loads(target.get("Input") or "{}")
    except ValueError:
        return None
    return Launch(job, name, target["RoleArn"], supervised=False, request=given) if isinstance(given, dict) else None


def _whole(text: object) -> int | None:
    return int(text) if isinstance(text, str) and text.isdigit() else None
