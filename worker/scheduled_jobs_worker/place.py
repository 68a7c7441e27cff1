"""Where this process runs: its account, and the name by which people find its log."""

from __future__ import annotations

import json
import os
import socket
import urllib.request
from dataclasses import dataclass

_METADATA = "ECS_CONTAINER_METADATA_URI_V4"
"""Where ECS tells a container of its task (ECS Developer Guide, "Task metadata endpoint version 4")."""
_PATIENCE = 2.0
"""Seconds for the endpoint, which is on the same machine."""


@dataclass(frozen=True)
class Place:
    """Where this process runs."""

    worker: str
    """The ARN of the ECS task, or the name of the host outside ECS."""
    account: str
    """The task's account; empty outside ECS."""

    @classmethod
    def here(cls) -> Place:
        """Ask ECS for the task; outside ECS, or without an answer, take the name of the host."""
        task = _task_arn(os.environ.get(_METADATA, ""))
        parts = task.split(":")
        return cls(task or socket.gethostname(), parts[4] if len(parts) > 4 else "")  # noqa: PLR2004 - as ARNs are


def _task_arn(endpoint: str) -> str:
    if not endpoint.startswith("http://"):
        return ""
    try:
        with urllib.request.urlopen(f"{endpoint}/task", timeout=_PATIENCE) as answer:  # noqa: S310 - http, as above
            found = json.load(answer)
    except (OSError, ValueError):
        return ""
    arn = found.get("TaskARN") if isinstance(found, dict) else None
    return arn if isinstance(arn, str) else ""
