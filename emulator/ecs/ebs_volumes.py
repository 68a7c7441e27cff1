"""The volumes of EBS that RunTask configures: what it refuses, and why ECS cannot give a task its volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts import ebs
from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moto.ecs.models import TaskDefinition

_ECS = "ecs.amazonaws.com"
_NOT_ASSUMED = (
    "ECS was unable to assume the configured ECS Infrastructure Role '{role}'. Please verify that the role being "
    "passed has the proper trust relationship with Amazon ECS"
)
"""Also for a role that the caller may not pass, and for one without the permissions.

See ECS Developer Guide, "Status reasons for Amazon EBS volume attachment to Amazon ECS tasks".
"""
_USUAL_TYPE = "gp2"
"""EC2 API reference, CreateVolume, VolumeType."""
_MANAGED = "AmazonECSManaged"
_CREATED = "AmazonECSCreated"


def check(params: Mapping[str, Any], definition: TaskDefinition) -> None:
    """Refuse configurations that do not fit the task definition or EBS; ECS's words for it are not known."""
    configured = [volume["name"] for volume in params.get("volumeConfigurations", [])]
    wanted = [volume["name"] for volume in definition.volumes if volume.get("configuredAtLaunch")]
    if sorted(wanted) != sorted(configured):
        _refuse(
            "volumeConfigurations must configure exactly the volumes of the task definition that are configured at "
            f"launch: {', '.join(sorted(wanted))}."
        )
    for name, one in _managed(params):
        kind = one.get("volumeType", _USUAL_TYPE)
        snapshot = bool(one.get("snapshotId"))
        problem = ebs.problem(kind, one.get("sizeInGiB"), one.get("iops"), one.get("throughput"), snapshot=snapshot)
        if problem is not None:
            _refuse(f"The volume {name} {problem}.")
        if kind == "standard" and "FARGATE" in (definition.requires_compatibilities or []):
            _refuse(f"The volume {name} has the type standard, which Fargate does not support.")
        if one.get("filesystemType") == "ntfs":
            _refuse(f"The volume {name} has the file system ntfs, which Linux does not have.")


def problem(params: Mapping[str, Any], principal: str | None, task_arn: str) -> str | None:
    """Return why a task gets no volume: the role cannot be passed by `principal`, assumed by ECS, or do its work."""
    for _, one in _managed(params):
        role = one["roleArn"]
        try:
            if principal is not None:
                roles.authorize(principal, Request("iam:PassRole", role, {"iam:PassedToService": _ECS}))
            if not roles.assume(role, _ECS, {}).allowed:
                return _NOT_ASSUMED.format(role=role)
            for request in _requests(one, Arn.parse(task_arn)):
                roles.authorize(role, request)
        except AwsError:
            return _NOT_ASSUMED.format(role=role)
    return None


def _managed(params: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for volume in params.get("volumeConfigurations", []):
        if "managedEBSVolume" not in volume:
            _refuse(f"The volume {volume['name']} has no managedEBSVolume.")
        yield volume["name"], volume["managedEBSVolume"]


def _requests(volume: Mapping[str, Any], task: Arn) -> Iterator[Request]:
    """Yield what ECS asks of EC2 as the infrastructure role: AmazonECSInfrastructureRolePolicyForVolumes allows it."""
    arn, host = task.sibling("ec2", "volume/vol-0123456789abcdef0"), f"arn:{task.partition}:ec2:{task.region}"
    asked = {f"aws:RequestTag/{_MANAGED}": "true", f"aws:RequestTag/{_CREATED}": str(task)}
    stands = {f"aws:ResourceTag/{_MANAGED}": "true", f"aws:ResourceTag/{_CREATED}": str(task)}
    yield Request("ec2:CreateVolume", arn, asked)
    if volume.get("snapshotId"):
        yield Request("ec2:CreateVolume", f"{host}::snapshot/{volume['snapshotId']}")
    yield Request("ec2:CreateTags", arn, {**asked, "ec2:CreateAction": "CreateVolume"})
    for action in ("DescribeVolumes", "DescribeAvailabilityZones", "DescribeInstances"):
        yield Request(f"ec2:{action}", "*")
    for action in ("AttachVolume", "DetachVolume"):
        yield Request(f"ec2:{action}", arn, stands)
        yield Request(f"ec2:{action}", f"{host}:000000000000:instance/i-0123456789abcdef0")
    yield Request("ec2:DeleteVolume", arn, stands)
    if volume.get("kmsKeyId"):
        via = {"kms:ViaService": f"ec2.{task.region}.amazonaws.com"}
        for action in ("DescribeKey", "GenerateDataKeyWithoutPlaintext", "Decrypt"):
            yield Request(f"kms:{action}", volume["kmsKeyId"], via)
        yield Request("kms:CreateGrant", volume["kmsKeyId"], {**via, "kms:GrantIsForAWSResource": "true"})


def _refuse(message: str) -> None:
    raise AwsError("InvalidParameterException", message)
