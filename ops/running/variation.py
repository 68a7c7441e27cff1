"""What an operator changes in the request of a schedule for one run. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts.fargate import PROVIDERS
from aws_facts.launch_types import ON_FARGATE, ON_INSTANCES, size_problem
from ops.errors import OpsError, WrongArgumentError
from ops.running import launch
from watch.names import RUN_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TOKEN = 64
"""Characters of the longest client token (ECS API reference, RunTask, clientToken)."""


@dataclass(frozen=True, kw_only=True)
class Variation:
    """The changes. None and empty values change nothing."""

    environment: Mapping[str, str]
    command: Sequence[str]
    cpu: int | None
    """CPU units of the task."""
    memory: int | None
    """MiB of the task."""
    revision: int | None
    """The revision of the task definition."""
    key: str | None
    """Makes the token of the request: two requests with the same key start one task."""

    @property
    def is_nothing(self) -> bool:
        """Whether the request stays as it is."""
        chosen = (self.cpu, self.memory, self.revision, self.key)
        return not self.environment and not self.command and all(one is None for one in chosen)

    def of(self, params: Mapping[str, Any], name: str) -> dict[str, Any]:
        """Return RunTask's parameters with the changes. `name` is the schedule's.

        OpsError when the request overrides no container, but the container's variables or command are to change.
        WrongArgumentError for a size that the capacity of the request does not have.
        """
        strategy = params.get("capacityProviderStrategy", [])
        on_fargate = all(one["capacityProvider"] in PROVIDERS for one in strategy)
        if problem := size_problem(ON_FARGATE if on_fargate else ON_INSTANCES, self.cpu, self.memory):
            raise WrongArgumentError(f"--cpu, --memory: {problem}")
        changed = dict(params)
        overrides = dict(params.get("overrides", {}))
        if self.environment or self.command:
            overrides["containerOverrides"] = self._containers(params, name)
        sizes = {"cpu": self.cpu, "memory": self.memory}
        overrides |= {size: str(value) for size, value in sizes.items() if value is not None}
        if overrides:
            changed["overrides"] = overrides
        if self.revision is not None:
            changed["taskDefinition"] = f"{_family(params['taskDefinition'])}:{self.revision}"
        if self.key is not None:
            changed["clientToken"] = hashlib.sha256(f"{name}/{self.key}".encode()).hexdigest()[:_TOKEN]
        return changed

    def _containers(self, params: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        own = launch.container(params)
        if own is None:
            raise OpsError(f"{name} overrides no container, so --env and a command have none to change")
        found = params["overrides"]["containerOverrides"]
        return [self._container(one) if one.get("name") == own else one for one in found]

    def _container(self, override: Mapping[str, Any]) -> Mapping[str, Any]:
        kept = [pair for pair in override.get("environment", []) if pair["name"] not in self.environment]
        added = [{"name": name, "value": value} for name, value in self.environment.items()]
        command = {"command": list(self.command)} if self.command else {}
        return {**override, **command, "environment": [*kept, *added]}


def read(  # noqa: PLR0913 - what was typed
    *,
    environment: Sequence[str],
    command: Sequence[str],
    cpu: int | None,
    memory: int | None,
    revision: int | None,
    key: str | None,
) -> Variation:
    """Return what an operator typed; WrongArgumentError, with the option and the value, for what cannot be."""
    if revision is not None and revision < 1:
        raise WrongArgumentError(f"--revision {revision}: must be 1 or more")
    if key is not None and not key.strip():
        raise WrongArgumentError(f"--idempotency-key '{key}': must not be empty")
    wrong = [problem for types in (ON_FARGATE, ON_INSTANCES) if (problem := size_problem(types, cpu, memory))]
    if len(wrong) > 1:
        raise WrongArgumentError(f"--cpu, --memory: {'; '.join(wrong)}")
    return Variation(
        environment=dict(_pair(one) for one in environment),
        command=command,
        cpu=cpu,
        memory=memory,
        revision=revision,
        key=key,
    )


def _pair(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not name or not equals:
        raise WrongArgumentError(f"--env '{written}': must be NAME=VALUE")
    if name in RUN_VARIABLES:
        raise WrongArgumentError(
            f"--env '{name}': the program sets this variable itself; use --tick to choose the tick"
        )
    return name, value


def _family(definition: str) -> str:
    """Return a task definition, by name or ARN, without its revision."""
    path, slash, last = definition.rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}"
