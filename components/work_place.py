"""What runs a job in the containers of a running service: they take its runs, or begin them by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi


@dataclass(frozen=True, kw_only=True)
class WorkPlace:
    """The queue of which the containers of a service take a job's runs. `JobGroup.work_place` makes one."""

    queue_arn: pulumi.Input[str]
    queue_url: pulumi.Input[str]
    claims: pulumi.Input[str]
    """The name of the table of claims."""
    task: str
    """The name under which the workers know the function that does the work."""
    log_group: pulumi.Input[str] = ""
    """The name of the log group that the containers write to; empty if it is unknown."""
    role: pulumi.Input[str] = ""
    """The ARN of the service's task role; empty if it is unknown."""
    ready: Sequence[pulumi.Resource] = ()
    """What must exist before a run is sent to the queue."""


@dataclass(frozen=True, kw_only=True)
class ProcessPlace:
    """The processes of a service that begin a job by themselves. `JobGroup.process_place` makes one."""

    claims_arn: pulumi.Input[str]
    """The ARN of the table of claims."""
    log_group: pulumi.Input[str] = ""
    """The name of the log group that the containers write to; empty if it is unknown."""
    role: pulumi.Input[str] = ""
    """The ARN of the service's task role; empty if it is unknown."""
    store: str = ""
    """Where the processes claim runs if not in that table: `redis`."""
    ready: Sequence[pulumi.Resource] = ()
    """What must exist before a process can claim a run."""
