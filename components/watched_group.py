"""The values of a job group that its functions need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi
    from pulumi_aws import sqs


@dataclass(frozen=True, kw_only=True)
class WatchedGroup:
    """The values of a job group that its watch and its supervisor need."""

    name: str
    first: pulumi.Resource
    """The schedule group. It is created before everything that has a fixed name: AWS refuses a group that exists."""
    alert_path: Sequence[pulumi.Resource]
    """The topics' policies and subscriptions."""
    schedule_group_arn: pulumi.Output[str]
    role_path: str
    """The path of all roles of the group and its jobs."""
    topic_arn: pulumi.Output[str]
    problems_arn: pulumi.Output[str]
    dead_letters: sqs.Queue
    given_up: sqs.Queue
    launches: sqs.Queue | None = None
    """The queue of the ticks of supervised jobs; None in a group without a supervisor."""
    claims_arn: pulumi.Input[str] | None = None
    """The table of claims; None in a group of which no process claims runs."""
    tags: dict[str, str] = field(default_factory=dict)
    permissions_boundary: pulumi.Input[str] | None = None
    kms_key_arn: pulumi.Input[str] | None = None
    alarm_topics: Sequence[pulumi.Input[str]] = ()
