"""The log stream that a task's container writes to. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class LogPlace:
    """A stream in a log group."""

    group: str
    stream: str
    region: str
    """The region of the log group, which may be another one than the task's."""


def find(definition: Mapping[str, Any], container: str, task: str) -> LogPlace | None:
    """Return the stream that a container of this task writes to; None when its name is unknown, for which see `doubt`.

    `task` is an ARN. The stream is `<prefix>/<container>/<task id>` (ECS Developer Guide, awslogs log driver).
    """
    options = _options(definition, container) or {}
    prefix, group = options.get("awslogs-stream-prefix"), options.get("awslogs-group")
    if not prefix or not group:
        return None
    region = options.get("awslogs-region") or Arn.parse(task).region
    return LogPlace(group, f"{prefix}/{container}/{task.rpartition('/')[2]}", region)


def groups(definition: Mapping[str, Any], container: str, cluster: Arn) -> list[str]:
    """Return the log group that a container writes to with awslogs, as a list of one or none.

    It is named or, where it is in another region than the cluster, given by its ARN.
    """
    options = _options(definition, container) or {}
    group, region = options.get("awslogs-group"), options.get("awslogs-region") or cluster.region
    if not group:
        return []
    if region == cluster.region:
        return [group]
    return [replace(cluster, region=region).sibling("logs", f"log-group:{group}")]


def doubt(definition: Mapping[str, Any], container: str) -> str:
    """Return why `find` does not know the stream of a container.

    Without a prefix the driver names the stream by the container's id in the runtime (ECS Developer Guide, awslogs log
    driver).
    """
    if not container:
        return "the job's container is not known"
    if _container(definition, container) is None:
        return f"the task definition has no container '{container}'"
    options = _options(definition, container)
    if options is None:
        return "the container does not use the awslogs log driver"
    group = options.get("awslogs-group", "its log group")
    return f"the name of its stream in {group} is unknown without awslogs-stream-prefix"


def may_lose_lines(definition: Mapping[str, Any], container: str) -> bool:
    """Return whether ECS may drop lines of a container's log, as it does by default since June 25, 2025.

    The account setting `defaultLogDriverMode` can change the default, which the task definition does not show (ECS
    Developer Guide, "Default log driver mode").
    """
    return (_options(definition, container) or {}).get("mode") != "blocking"


def _options(definition: Mapping[str, Any], container: str) -> Mapping[str, str] | None:
    """Return the options of a container's awslogs driver; None when it does not use that driver."""
    logging = (_container(definition, container) or {}).get("logConfiguration") or {}
    return (logging.get("options") or {}) if logging.get("logDriver") == "awslogs" else None


def _container(definition: Mapping[str, Any], container: str) -> Mapping[str, Any] | None:
    containers: Iterable[Mapping[str, Any]] = definition.get("containerDefinitions", [])
    return next((one for one in containers if one["name"] == container), None)
