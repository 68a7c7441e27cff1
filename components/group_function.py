"""What the functions of a job group have in common: log, role, runtime, and how a queue invokes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_aws import cloudwatch, iam, sqs
from pulumi_aws import lambda_ as functions

from components import function_policy, watch_archive, watch_args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.watch_args import WatchArgs
    from components.watched_group import WatchedGroup

_RUNTIME = "python3.13"
_MEMORY = 256
"""MiB. A sweep over hundreds of jobs does not need more."""
TIMEOUT = 60
"""Seconds. `watch.changes.LEASE` depends on this value."""
VISIBILITY = 6 * TIMEOUT
"""Seconds for which a queue hides a received message (Lambda Developer Guide, "Using Lambda with Amazon SQS")."""
_LOG_DAYS = 30
_BATCH = 10


@dataclass(frozen=True)
class GroupFunction:
    """The resources of one function. They are children of its component."""

    resource: str
    """The logical name of the component, which begins those of the resources."""
    function: str
    """The function's name in AWS."""
    group: WatchedGroup
    parent: pulumi.Resource

    def log(self) -> cloudwatch.LogGroup:
        """Create the function's log group."""
        return cloudwatch.LogGroup(
            f"{self.resource}-log",
            name=f"/aws/lambda/{self.function}",
            retention_in_days=_LOG_DAYS,
            kms_key_id=self.group.kms_key_arn,
            tags=self.group.tags,
            opts=self.child(),
        )

    def role(self, description: str, name: str | None = None) -> iam.Role:
        """Create the function's role, under a name of the provider's choice if none is given."""
        return iam.Role(
            self.resource,
            name=name,
            path=self.group.role_path,
            description=description,
            assume_role_policy=json.dumps(function_policy.trust_policy()),
            permissions_boundary=self.group.permissions_boundary,
            tags=self.group.tags,
            opts=self.child(),
        )

    def create(  # noqa: PLR0913 - the function's own values
        self,
        args: WatchArgs,
        *,
        description: str,
        handler: str,
        role: iam.Role,
        variables: Mapping[str, pulumi.Input[str]],
        after: Sequence[pulumi.Resource],
    ) -> functions.Function:
        """Create the function itself. All functions of a group have the same archive."""
        return functions.Function(
            self.resource,
            name=self.function,
            description=description,
            role=role.arn,
            runtime=_RUNTIME,
            architectures=["arm64"],
            handler=handler,
            code=watch_archive.archive(watch_args.group_facts(self.group.name, args)),
            memory_size=_MEMORY,
            timeout=TIMEOUT,
            environment={"variables": dict(variables)},
            tags=self.group.tags,
            opts=self.child(after),
        )

    def invoked_by(
        self,
        queue: sqs.Queue,
        suffix: str,
        function: functions.Function,
        *,
        after: Sequence[pulumi.Resource],
        **more: Any,  # noqa: ANN401 - arguments of a mapping
    ) -> functions.EventSourceMapping:
        """Let a queue invoke the function, which says of each message whether it was handled."""
        return functions.EventSourceMapping(
            f"{self.resource}-{suffix}",
            event_source_arn=queue.arn,
            function_name=function.arn,
            batch_size=_BATCH,
            function_response_types=["ReportBatchItemFailures"],
            tags=self.group.tags,
            opts=self.child(after),
            **more,
        )

    def child(self, depends_on: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        """Return the options of a child of the component."""
        return pulumi.ResourceOptions(parent=self.parent, depends_on=[self.group.first, *depends_on])
