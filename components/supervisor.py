"""The supervisor of a job group: the function that launches supervised jobs and keeps their limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import cloudwatch, iam, sqs
from pulumi_aws import lambda_ as functions

from components import supervisor_policy
from components.group_function import GroupFunction
from components.inputs import computed
from watch.function_variables import LAUNCHES, LEDGER
from watch.names import SUPERVISOR_HANDLER, supervisor_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.watch import Watch
    from components.watched_group import WatchedGroup

_AT_ONCE = 20
"""Batches of ticks that are handled at the same time. Lambda takes 2 to 1000 (API reference, ScalingConfig).

ECS launches 20 tasks a second (AWS Fargate User Guide, "Throttling quotas"), and only throttles more. The ticks of a
batch are handled one after the other, and each waits for DynamoDB, STS and ECS, together for about a second.
"""


class Supervisor(pulumi.ComponentResource):
    """The function, its role and log, and the mapping that brings ticks to it. Part of a `JobGroup`."""

    function: functions.Function
    role: iam.Role
    policy: iam.RolePolicy
    log: cloudwatch.LogGroup
    ticks: functions.EventSourceMapping
    """Brings the ticks to the function. It is created last: when it exists, a tick is launched."""
    role_arn: pulumi.Output[str]
    """The role's ARN, which launch roles trust. It is made from names, so it is known before the role exists."""

    def __init__(
        self,
        name: str,
        group: WatchedGroup,
        watch: Watch,
        launches: sqs.Queue,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the supervisor's resources. `launches` is the queue of the ticks."""
        super().__init__("scheduled-jobs:index:Supervisor", name, None, opts)
        self._name = name
        self._group = group
        self._made = GroupFunction(name, supervisor_name(group.name), group, self)
        self.role_arn = group.schedule_group_arn.apply(lambda arn: supervisor_policy.role_arn(arn, group.role_path))

        self.log = self._made.log()
        self._create_role(watch, launches)
        self._create_function(watch, launches, after=[self.policy, self.log])
        self.ticks = self._made.invoked_by(
            launches,
            "launches",
            self.function,
            after=[self.policy],
            scaling_config={"maximum_concurrency": _AT_ONCE},
        )
        self.register_outputs({"function_name": self.function.name, "role_arn": self.role_arn})

    def _create_role(self, watch: Watch, launches: sqs.Queue) -> None:
        group = self._group
        self.role = self._made.role(
            f"Lets the supervisor of {group.name} launch and stop the runs of supervised jobs",
            name=supervisor_name(group.name),
        )
        self.policy = iam.RolePolicy(
            self._name,
            name="supervisor",
            role=self.role.name,
            policy=computed(
                lambda **known: json.dumps(supervisor_policy.supervisor_policy(**known)),
                schedule_group_arn=group.schedule_group_arn,
                path=group.role_path,
                table_arn=watch.ledger.arn,
                launches_arn=launches.arn,
                watch_arn=watch.function_arn,
                own_log_group_arn=self.log.arn,
                cluster_arns=watch.args.cluster_arns,
                claims_arn=group.claims_arn,
                kms_key_arn=group.kms_key_arn,
            ),
            opts=self._made.child(),
        )

    def _create_function(self, watch: Watch, launches: sqs.Queue, *, after: Sequence[pulumi.Resource]) -> None:
        self.function = self._made.create(
            watch.args,
            description=f"Launches the supervised jobs of {self._group.name} and keeps their limits",
            handler=SUPERVISOR_HANDLER,
            role=self.role,
            variables={LEDGER: watch.ledger_name, LAUNCHES: launches.url},
            after=after,
        )
