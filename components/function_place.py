"""What runs a job that is a function: the alias that its launches invoke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi


@dataclass(frozen=True, kw_only=True)
class FunctionPlace:
    """The function that runs a job, in place of a placement. `FunctionAlias` makes the alias."""

    alias_arn: pulumi.Input[str]
    """The ARN of the alias. Its invocations must send their records to the group's watch."""
    log_group: pulumi.Input[str]
    """The name of the log group that the function writes to, in the group's region."""
    ends_within: int
    """Seconds after its invocation within which a run has ended: the age that its event may reach, and its time."""
    receiver: str = ""
    """The name of the receiver to which the function sends a request; empty for a function that does the work."""
    callback: pulumi.Input[str] = ""
    """The address at which the receiver tells the end of what it has accepted; empty without one."""
    subnets: Sequence[str] = ()
    """The ids of the subnets in which the function is; none for a function in no network of yours."""
    security_groups: Sequence[pulumi.Input[str]] = ()
    """The ids of its security groups there."""
    ready: Sequence[pulumi.Resource] = ()
    """What must exist before the function is invoked."""
