"""The task definition of a job that has an image of its own, with its roles."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import ecs, iam

from aws_facts.arn import Arn
from components import own_task_definition
from components.inputs import computed
from components.placement import PlacementArgs  # noqa: TC001 - the SDK reads the annotations of a resource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.image_task_args import ImageTaskArgs


class ImageTask(pulumi.ComponentResource):
    """The task definition of a job that has an image of its own, its execution role, and the job's own role.

    The component has the job's name. `place` is where a `ScheduledJob` runs this image:

        task = ImageTask("db-cleanup", ImageTaskArgs(group=group, placement=place, image="…:1.4", owner="data"))
        ScheduledJob("db-cleanup", ScheduledJobArgs(group=group, placement=task.place, …))
    """

    definition: ecs.TaskDefinition
    execution_role: iam.Role
    """ECS itself pulls the image, opens the log and reads the secrets with this role."""
    task_role_arn: pulumi.Input[str] | None
    """The role of the job's own calls of AWS; None if it has none."""
    place: PlacementArgs

    def __init__(self, name: str, args: ImageTaskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the roles and the task definition; RunError when the group has no log."""
        log = args.group.log
        if log is None:
            raise pulumi.RunError(
                f"the group {args.group.name} has no log for {name}; set `log_group` of `JobGroupArgs`"
            )
        super().__init__("scheduled-jobs:index:ImageTask", name, None, opts)
        self._name, self._args = name, args
        self._tags = {**args.group.args.tags, "job": name, "owner": args.owner}
        self._trust = computed(_trust, cluster_arn=args.placement.cluster)
        self.execution_role = self._role("execution", f"Lets ECS start the job {name} of {args.group.name}")
        policy = iam.RolePolicy(
            f"{name}-execution",
            name="start",
            role=self.execution_role.name,
            policy=computed(_execution_policy, log_group_arn=log.arn, args=args),
            opts=self._child(),
        )
        self.task_role_arn = args.task_role_arn or self._own_role()
        self.definition = self._define(log.name, args.placement.cluster, policy)
        self.place = replace(
            args.placement,
            task_definition=self.definition.family,
            container=own_task_definition.CONTAINER,
            passed_roles=[self.execution_role.arn, *([self.task_role_arn] if self.task_role_arn else [])],
        )
        self.register_outputs({"task_definition": self.definition.arn})

    def _define(
        self, log_group: pulumi.Input[str], cluster: pulumi.Input[str], policy: iam.RolePolicy
    ) -> ecs.TaskDefinition:
        args = self._args

        def containers(*, log_group: str, cluster: str) -> str:
            return json.dumps(
                [
                    own_task_definition.container(
                        image=args.image,
                        log_name=log_group,
                        region=Arn.parse(cluster).region,
                        stream_prefix=self._name,
                        log_mode=args.log_mode,
                        stop_timeout=args.stop_timeout,
                        secrets=args.secrets,
                    )
                ]
            )

        return ecs.TaskDefinition(
            self._name,
            family=f"{args.group.name}-{self._name}",
            cpu=str(args.cpu),
            memory=str(args.memory),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform={"operating_system_family": "LINUX", "cpu_architecture": args.architecture.upper()},
            ephemeral_storage={"size_in_gib": args.ephemeral_storage} if args.ephemeral_storage else None,
            execution_role_arn=self.execution_role.arn,
            task_role_arn=self.task_role_arn,
            container_definitions=computed(containers, log_group=log_group, cluster=cluster),
            tags=self._tags,
            opts=self._child(after=[policy]),
        )

    def _own_role(self) -> pulumi.Output[str] | None:
        """Create the role of the job's own calls, if it has statements, and return its ARN."""
        if not self._args.statements:
            return None
        role = self._role("task", f"The permissions of the job {self._name} of {self._args.group.name}")
        iam.RolePolicy(
            f"{self._name}-task",
            name="task",
            role=role.name,
            policy=own_task_definition.task_policy(self._args.statements),
            opts=self._child(),
        )
        return role.arn

    def _role(self, purpose: str, description: str) -> iam.Role:
        group = self._args.group
        return iam.Role(
            f"{self._name}-{purpose}",
            path=group.role_path,
            description=description,
            assume_role_policy=self._trust,
            permissions_boundary=group.args.permissions_boundary,
            tags=self._tags,
            opts=self._child(),
        )

    def _child(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))


def _trust(*, cluster_arn: str) -> str:
    return json.dumps(own_task_definition.trust_policy(cluster_arn))


def _execution_policy(*, log_group_arn: str, args: ImageTaskArgs) -> str:
    return json.dumps(
        own_task_definition.execution_policy(
            image=args.image,
            log_group_arn=log_group_arn.removesuffix(":*"),
            secrets=args.secrets.values(),
            secret_keys=args.secret_keys,
        )
    )
