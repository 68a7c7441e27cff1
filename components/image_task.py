"""The task definition of a job that has an image of its own, with its roles."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import ecs, iam

from aws_facts.arn import Arn
from components import own_task_definition, own_task_policies, volume_policies
from components.built_image import BuiltImage
from components.image_task_args import BuildArgs
from components.inputs import computed
from components.placement import LaunchVolume, PlacementArgs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi_aws import cloudwatch

    from components.image_task_args import ImageTaskArgs
    from components.task_parts import EbsArgs


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
        """Declare the roles and the task definition; RunError when the group has no log, or for two volumes of EBS."""
        log = args.group.log
        if log is None:
            raise pulumi.RunError(
                f"the group {args.group.name} has no log for {name}; set `log_group` of `JobGroupArgs`"
            )
        of_ebs = sum(one.ebs is not None for one in args.volumes)
        if of_ebs > 1:
            raise pulumi.RunError(
                f"`volumes` of `ImageTaskArgs` for {name}: {of_ebs} of them have `ebs`; a task can have one such volume"
            )
        super().__init__("scheduled-jobs:index:ImageTask", name, None, opts)
        self._name, self._args = name, args
        self._tags = {**args.group.args.tags, "job": name, "owner": args.owner}
        self._trust = computed(_trust, cluster_arn=args.placement.cluster)
        built = self._built(args.image) if isinstance(args.image, BuildArgs) else None
        self._policies: list[iam.RolePolicy] = []
        self.execution_role = self._execution_role(log, built)
        self.task_role_arn = args.task_role_arn or self._own_role()
        volume = self._own_volume()
        self.definition = self._define(log.name, built)
        if built:
            built.preview.check(self.definition)
        self.place = replace(
            args.placement,
            task_definition=self.definition.family,
            container=own_task_definition.CONTAINER,
            volume=volume,
            passed_roles=[self.execution_role.arn, *([self.task_role_arn] if self.task_role_arn else [])],
        )
        self.register_outputs({"task_definition": self.definition.arn})

    def _define(self, log_group: pulumi.Input[str], built: BuiltImage | None) -> ecs.TaskDefinition:
        args = self._args
        image = built.uri if built else args.image

        def containers(*, log_group: str, cluster: str, image: str) -> str:
            logging = own_task_definition.Logging(
                group=log_group, region=Arn.parse(cluster).region, stream_prefix=self._name, mode=args.log_mode
            )
            return json.dumps(
                own_task_definition.containers(
                    image=image,
                    logging=logging,
                    stop_timeout=args.stop_timeout,
                    secrets=args.secrets,
                    sidecars=args.sidecars,
                    volumes=args.volumes,
                )
            )

        return ecs.TaskDefinition(
            self._name,
            family=f"{args.group.name}-{self._name}",
            cpu=str(args.cpu),
            memory=str(args.memory),
            network_mode="awsvpc",
            requires_compatibilities=list(args.placement.launch_types),
            runtime_platform={"operating_system_family": "LINUX", "cpu_architecture": args.architecture.upper()},
            ephemeral_storage={"size_in_gib": args.ephemeral_storage} if args.ephemeral_storage else None,
            execution_role_arn=self.execution_role.arn,
            task_role_arn=self.task_role_arn,
            volumes=own_task_definition.volumes_of(args.volumes),
            container_definitions=computed(
                containers, log_group=log_group, cluster=args.placement.cluster, image=image
            ),
            tags=self._tags,
            opts=self._child(after=self._policies, hooks=built.preview.binding if built else None),
        )

    def _built(self, build: BuildArgs) -> BuiltImage:
        args = self._args
        return BuiltImage(
            self._name,
            build,
            group=args.group.name,
            architecture=args.architecture,
            tags=self._tags,
            parent=self,
        )

    def _execution_role(self, log: cloudwatch.LogGroup, built: BuiltImage | None) -> iam.Role:
        """Create the role with which ECS pulls the images, opens the log and reads the secrets."""
        args = self._args
        image = built.repository.repository_url if built else args.image
        return self._role(
            "execution",
            f"Lets ECS start the job {self._name} of {args.group.name}",
            policy_name="start",
            policy=computed(_execution_policy, log_group_arn=log.arn, image=image, args=args),
        )

    def _own_role(self) -> pulumi.Output[str] | None:
        """Create the role of the job's own calls and file systems, if it has any, and return its ARN."""
        args = self._args
        if not args.statements and not any(one.efs is not None and one.efs.iam for one in args.volumes):
            return None
        return self._role(
            "task",
            f"The permissions of the job {self._name} of {args.group.name}",
            policy_name="task",
            policy=computed(_task_policy, cluster_arn=args.placement.cluster, args=args),
        ).arn

    def _own_volume(self) -> LaunchVolume | None:
        """Return the volume that ECS makes for each task, if the job has one; create the role that it does it with."""
        args = self._args
        wanted = next(((one, one.ebs) for one in args.volumes if one.ebs is not None), None)
        if wanted is None:
            return None
        volume, ebs = wanted
        role = self._role(
            "volume",
            f"Lets ECS give the tasks of {self._name} of {args.group.name} a volume",
            policy_name="volume",
            policy=computed(_volume_policy, cluster_arn=args.placement.cluster, ebs=ebs),
            trust=json.dumps(volume_policies.infrastructure_trust()),
        )
        return LaunchVolume(name=volume.name, role=role.arn, settings=own_task_definition.ebs_settings(ebs))

    def _role(
        self,
        purpose: str,
        description: str,
        *,
        policy_name: str,
        policy: pulumi.Input[str],
        trust: pulumi.Input[str] | None = None,
    ) -> iam.Role:
        """Create a role with one policy, after which the task definition comes. Default: ECS's tasks have the role."""
        group = self._args.group
        role = iam.Role(
            f"{self._name}-{purpose}",
            path=group.role_path,
            description=description,
            assume_role_policy=self._trust if trust is None else trust,
            permissions_boundary=group.args.permissions_boundary,
            tags=self._tags,
            opts=self._child(),
        )
        own = iam.RolePolicy(
            f"{self._name}-{purpose}", name=policy_name, role=role.name, policy=policy, opts=self._child()
        )
        self._policies.append(own)
        return role

    def _child(
        self, after: Sequence[pulumi.Resource] = (), hooks: pulumi.ResourceHookBinding | None = None
    ) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after), hooks=hooks)


def _trust(*, cluster_arn: str) -> str:
    return json.dumps(own_task_policies.trust_policy(cluster_arn))


def _execution_policy(*, log_group_arn: str, image: str, args: ImageTaskArgs) -> str:
    return json.dumps(
        own_task_policies.execution_policy(
            images=[image, *[one.image for one in args.sidecars]],
            log_group_arn=log_group_arn.removesuffix(":*"),
            secrets=[*args.secrets.values(), *[source for one in args.sidecars for source in one.secrets.values()]],
            secret_keys=args.secret_keys,
        )
    )


def _task_policy(*, cluster_arn: str, args: ImageTaskArgs) -> str:
    return own_task_policies.task_policy(
        [*args.statements, *volume_policies.mount_statements(cluster_arn, args.volumes)]
    )


def _volume_policy(*, cluster_arn: str, ebs: EbsArgs) -> str:
    return json.dumps(volume_policies.infrastructure_policy(cluster_arn, ebs))
