"""The resource types and functions of this provider. A new one is a class that is listed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.provider.core.errors import NotSupportedError
from emulator.provider.types import (
    cloudcontrol,
    cloudwatch,
    dynamodb,
    dynamodb_invokes,
    dynamodb_item,
    ec2,
    ec2_routes,
    ec2_security_group,
    ec2_security_group_rule,
    ecr,
    ecr_invokes,
    ecs,
    ecs_capacity,
    ecs_invokes,
    ecs_task_definition,
    events,
    events_target,
    iam,
    iam_invokes,
    iam_policy,
    invokes,
    kms,
    kms_invokes,
    lambda_alias,
    lambda_event_invoke,
    lambda_event_source,
    lambda_function,
    lambda_function_url,
    lambda_invokes,
    lambda_permission,
    logs,
    scheduler,
    secretsmanager,
    secretsmanager_invokes,
    sns,
    sqs,
    ssm_invokes,
)

if TYPE_CHECKING:
    from emulator.provider.core.invoke import Function
    from emulator.provider.core.resource import ResourceType

RESOURCES: Final[dict[str, ResourceType]] = {
    kind.token: kind()
    for kind in (
        cloudwatch.Dashboard,
        cloudwatch.MetricAlarm,
        dynamodb.Table,
        dynamodb_item.TableItem,
        ec2_routes.InternetGateway,
        ec2_routes.Route,
        ec2_security_group.SecurityGroup,
        ec2_security_group_rule.SecurityGroupEgressRule,
        ec2.Subnet,
        ec2.Vpc,
        ecr.LifecyclePolicy,
        ecr.Repository,
        ecs.Cluster,
        ecs.Service,
        ecs_capacity.CapacityProvider,
        ecs_capacity.ClusterCapacityProviders,
        ecs_task_definition.TaskDefinition,
        events.EventRule,
        events_target.EventTarget,
        iam_policy.Policy,
        iam.Role,
        iam.RolePolicy,
        kms.Key,
        lambda_alias.Alias,
        lambda_event_invoke.FunctionEventInvokeConfig,
        lambda_event_source.EventSourceMapping,
        lambda_function.Function,
        lambda_function_url.FunctionUrl,
        lambda_permission.Permission,
        logs.LogGroup,
        scheduler.Schedule,
        scheduler.ScheduleGroup,
        secretsmanager.Secret,
        sns.Topic,
        sns.TopicPolicy,
        sns.TopicSubscription,
        sqs.Queue,
        sqs.QueuePolicy,
    )
}

FUNCTIONS: Final[dict[str, Function]] = {
    kind.token: kind()
    for kind in (
        cloudcontrol.GetResource,
        dynamodb_invokes.GetTableItem,
        ecr_invokes.GetAuthorizationToken,
        ecr_invokes.GetImage,
        ecs_invokes.GetCluster,
        ecs_invokes.GetService,
        ecs_invokes.GetTaskDefinition,
        iam_invokes.GetPolicy,
        iam_invokes.GetPrincipalPolicySimulation,
        invokes.GetCallerIdentity,
        invokes.GetPartition,
        invokes.GetQueue,
        invokes.GetRegion,
        invokes.GetRole,
        invokes.GetSecurityGroup,
        invokes.GetSubnet,
        invokes.GetTopic,
        kms_invokes.GetKey,
        lambda_invokes.GetFunction,
        secretsmanager_invokes.GetSecret,
        ssm_invokes.GetParametersByPath,
    )
}


def resource(token: str) -> ResourceType:
    """Return the resource type of `token`; raise NotSupportedError, which names it, when there is none."""
    if token not in RESOURCES:
        raise NotSupportedError(
            f"the sandbox's provider has no resource type {token!r}; it must be one of: {', '.join(sorted(RESOURCES))}"
        )
    return RESOURCES[token]


def function(token: str) -> Function:
    """Return the function of `token`; raise NotSupportedError, which names it, when there is none."""
    if token not in FUNCTIONS:
        raise NotSupportedError(
            f"the sandbox's provider has no function {token!r}; it must be one of: {', '.join(sorted(FUNCTIONS))}"
        )
    return FUNCTIONS[token]
