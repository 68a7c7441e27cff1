"""The Lambda function of a job whose handler is in a folder of the project, with its role and its log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_aws import cloudwatch, iam
from pulumi_aws import lambda_ as functions

from aws_facts.arn import Arn
from components import function_policy
from components.inputs import computed
from components.statements import POLICY_VERSION, allow
from watch.names import handler_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.job_group import JobGroup


@dataclass(frozen=True, kw_only=True)
class HandlerFunctionArgs:
    """Arguments of a `HandlerFunction`."""

    group: JobGroup
    """The group must have a watch. The function tells it how a run has ended."""
    owner: str
    code: pulumi.Archive
    """The handler with all that it needs."""
    handler: str
    """The function that Lambda calls, such as `app.handle`."""
    timeout: int
    """Seconds that the function may run."""
    runtime: str = "python3.13"
    architecture: str = "arm64"
    """`x86_64` or `arm64`."""
    memory: int = 256
    """MB."""
    environment: Mapping[str, str] = field(default_factory=dict)
    statements: Sequence[Mapping[str, Any]] = ()
    """The policy statements with which the handler calls AWS."""
    subnets: Sequence[str] = ()
    """The ids of the subnets from which the handler reaches what is private. Default: it is in no network of yours."""
    security_groups: Sequence[pulumi.Input[str]] = ()
    """The ids of its security groups there, at least one."""


class HandlerFunction(pulumi.ComponentResource):
    """The function of a job, made from the job's own code. A `FunctionAlias` invokes it.

    made = HandlerFunction("import-rates", HandlerFunctionArgs(group=group, code=code, handler="app.handle", …))
    alias = FunctionAlias("import-rates", FunctionAliasArgs(group=group, function_name=made.function.name, …))
    """

    function: functions.Function
    role: iam.Role
    log: cloudwatch.LogGroup

    def __init__(self, name: str, args: HandlerFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare log, role and function; RunError for a group without a watch."""
        watch = args.group.watch
        if watch is None:
            raise pulumi.RunError(
                f"the group {args.group.name} has no watch, which the function of {name} must tell how its runs end; "
                "set `watch` of `JobGroupArgs`"
            )
        super().__init__("scheduled-jobs:index:HandlerFunction", name, None, opts)
        self._name, self._args = name, args
        self._tags = {**args.group.args.tags, "job": name, "owner": args.owner}
        own_name = handler_name(args.group.name, name)
        self.log = self._create_log(own_name)
        self.role = self._create_role()
        policy = iam.RolePolicy(
            f"{name}-function",
            name="run",
            role=self.role.name,
            policy=computed(
                partial(_policy, own_name if args.subnets else None, args.statements),
                log_group_arn=self.log.arn,
                watch_arn=watch.function_arn,
            ),
            opts=self._child(),
        )
        self.function = self._create_function(own_name, [self.log, policy])
        self.register_outputs({"function_arn": self.function.arn})

    def _create_log(self, own_name: str) -> cloudwatch.LogGroup:
        group = self._args.group.args
        return cloudwatch.LogGroup(
            f"{self._name}-function",
            name=f"/aws/lambda/{own_name}",
            retention_in_days=group.log_days,
            kms_key_id=group.kms_key_arn,
            tags=self._tags,
            opts=self._child(),
        )

    def _create_role(self) -> iam.Role:
        group = self._args.group
        return iam.Role(
            f"{self._name}-function",
            path=group.role_path,
            description=f"The permissions of the job {self._name} of {group.name}",
            assume_role_policy=json.dumps(function_policy.trust_policy()),
            permissions_boundary=group.args.permissions_boundary,
            tags=self._tags,
            opts=self._child(),
        )

    def _create_function(self, own_name: str, after: Sequence[pulumi.Resource]) -> functions.Function:
        args = self._args
        return functions.Function(
            self._name,
            name=own_name,
            description=f"The job {self._name} of {args.group.name}",
            role=self.role.arn,
            runtime=args.runtime,
            architectures=[args.architecture],
            handler=args.handler,
            code=args.code,
            memory_size=args.memory,
            timeout=args.timeout,
            environment={"variables": dict(args.environment)} if args.environment else None,
            vpc_config=(
                {"subnet_ids": list(args.subnets), "security_group_ids": list(args.security_groups)}
                if args.subnets
                else None
            ),
            tags=self._tags,
            opts=self._child(after),
        )

    def _child(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))


def _policy(
    in_network: str | None, statements: Sequence[Mapping[str, Any]], *, log_group_arn: str, watch_arn: str
) -> str:
    """Return the policy of the role. `in_network` is the name of a function in a VPC, and None for another one."""
    own = [
        function_policy.write_log(log_group_arn.removesuffix(":*")),
        allow("TellTheWatch", "lambda:InvokeFunction", watch_arn),
    ]
    if in_network is not None:
        own += function_policy.join_network(Arn.parse(watch_arn).sibling("lambda", f"function:{in_network}"))
    return json.dumps({"Version": POLICY_VERSION, "Statement": [*own, *statements]})
