"""RunTask's client tokens: a request that is sent twice is answered with its first result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from emulator.ecs.task import Task

_LIFE = timedelta(hours=24)
_AFTER_STOP = timedelta(hours=1)
"""A client token expires after the shorter of both times (ECS API reference, Ensuring idempotency)."""


@dataclass(frozen=True)
class Result:
    """The result of a RunTask call."""

    tasks: Sequence[Task]
    failures: Sequence[Mapping[str, str]] = ()
    """Why there is no task; RunTask reports these failures in a successful response."""

    def answer(self) -> dict[str, Any]:
        """Return RunTask's response, with the tasks in their current state."""
        return {"tasks": [task.described() for task in self.tasks], "failures": list(self.failures)}


class _ConflictError(AwsError):
    """ECS knows the token of another request; `resourceIds` are the tasks of that request."""

    def __init__(self, task_arns: Sequence[str]) -> None:
        super().__init__("ConflictException", "The client token was used before with other parameters.")
        self.resourceIds = task_arns  # as the model names it


class ClientTokens:
    """The tokens that ECS knows, by cluster."""

    def __init__(self) -> None:
        """Start without tokens."""
        self._used: dict[tuple[str, str], tuple[Mapping[str, Any], Result, datetime]] = {}

    def earlier(self, cluster_arn: str, params: Mapping[str, Any]) -> Result | None:
        """Return the earlier result of this request's token, or None.

        Raises ConflictException when the earlier request had other parameters.
        """
        used = self._used.get((cluster_arn, params.get("clientToken", "")))
        if used is None:
            return None
        first, result, at = used
        if datetime.now(UTC) >= _expiry(result, at):
            return None
        if first != params:
            raise _ConflictError([task.arn for task in result.tasks])
        return result

    def keep(self, cluster_arn: str, params: Mapping[str, Any], result: Result) -> None:
        """Record the result of a request that has a token."""
        if "clientToken" in params:
            self._used[cluster_arn, params["clientToken"]] = (params, result, datetime.now(UTC))


def _expiry(result: Result, at: datetime) -> datetime:
    stops = [task.stopped_at for task in result.tasks if task.stopped_at is not None]
    if not stops or len(stops) < len(result.tasks):
        return at + _LIFE
    return min(at + _LIFE, max(stops) + _AFTER_STOP)
