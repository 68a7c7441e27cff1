"""The log stream that a task's container writes to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class LogPlace:
    """A stream in a log group."""

    group: str
    stream: str


def find(definition: Mapping[str, Any], container: str, task: str) -> LogPlace | None:
    """Return the stream that a container of this task writes to; None when it does not use the awslogs driver.

    `task` is an ARN. The stream is `<prefix>/<container>/<task id>` (ECS Developer Guide, awslogs log driver).
    """
    containers: Iterable[Mapping[str, Any]] = definition.get("containerDefinitions", [])
    own = next((one for one in containers if one["name"] == container), None)
    logging = (own or {}).get("logConfiguration") or {}
    options = logging.get("options") or {}
    prefix, group = options.get("awslogs-stream-prefix"), options.get("awslogs-group")
    if logging.get("logDriver") != "awslogs" or not prefix or not group:
        return None
    return LogPlace(group, f"{prefix}/{container}/{task.rpartition('/')[2]}")
