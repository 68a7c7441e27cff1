"""What the role of a job may do with its file systems, and ECS with the volume of a task. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from components.statements import POLICY_VERSION, allow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.task_parts import EbsArgs, VolumeArgs


def mount_statements(cluster_arn: str, volumes: Iterable[VolumeArgs]) -> list[dict[str, Any]]:
    """Return the statements that allow to mount exactly these file systems, those without IAM excepted.

    A volume with an access point may be mounted through that one only (EFS User Guide, "Using IAM to control file
    system data access"). Without `elasticfilesystem:ClientRootAccess` a container that runs as root acts as nobody.
    """
    here = Arn.parse(cluster_arn)
    written: dict[tuple[str, str | None], bool] = {}
    for volume in volumes:
        if volume.efs is not None and volume.efs.iam:
            key = (volume.efs.file_system, volume.efs.access_point)
            written[key] = written.get(key, False) or volume.written
    return [_mount(here, *key, write=write) for key, write in sorted(written.items(), key=str)]


def _mount(here: Arn, file_system: str, access_point: str | None, *, write: bool) -> dict[str, Any]:
    through = access_point and {
        "StringEquals": {
            "elasticfilesystem:AccessPointArn": here.sibling("elasticfilesystem", f"access-point/{access_point}")
        }
    }
    sid = f"Mount{file_system}{access_point or ''}".replace("-", "")
    actions = ["elasticfilesystem:ClientMount", *(["elasticfilesystem:ClientWrite"] if write else [])]
    statement = allow(sid, actions, here.sibling("elasticfilesystem", f"file-system/{file_system}"))
    return {**statement, "Condition": through} if through else statement


def infrastructure_trust() -> dict[str, Any]:
    """Return the policy that lets ECS assume the infrastructure role.

    AWS's page has no condition (ECS Developer Guide, "Amazon ECS infrastructure IAM role"), and which keys ECS sends is
    not documented. Nobody can pass a role of another account.
    """
    return {
        "Version": POLICY_VERSION,
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }


def infrastructure_policy(cluster_arn: str, ebs: EbsArgs) -> dict[str, Any]:
    """Return what ECS must do to give a task its volume.

    It is version 5 of AmazonECSInfrastructureRolePolicyForVolumes, narrowed to this region and account, to the volumes
    that ECS makes for tasks here, and to the one snapshot. The host of a Fargate task is of another account.
    """
    here = Arn.parse(cluster_arn)
    volumes, tasks = here.sibling("ec2", "volume/*"), here.sibling("ecs", "task/*")
    made, managed = {"aws:RequestTag/AmazonECSCreated": tasks}, {"aws:RequestTag/AmazonECSManaged": "true"}
    is_managed = {"aws:ResourceTag/AmazonECSManaged": "true"}
    attach = ["ec2:AttachVolume", "ec2:DetachVolume"]
    statements = [
        {
            **allow("CreateVolume", "ec2:CreateVolume", volumes),
            "Condition": {"ArnLike": made, "StringEquals": managed},
        },
        {
            **allow("TagVolume", "ec2:CreateTags", volumes),
            "Condition": {"ArnLike": made, "StringEquals": {"ec2:CreateAction": "CreateVolume", **managed}},
        },
        allow("SeeVolumes", ["ec2:DescribeAvailabilityZones", "ec2:DescribeInstances", "ec2:DescribeVolumes"], "*"),
        {**allow("AttachVolume", attach, volumes), "Condition": {"StringEquals": is_managed}},
        allow("AttachToHost", attach, f"arn:{here.partition}:ec2:{here.region}:*:instance/*"),
        {
            **allow("DeleteVolume", "ec2:DeleteVolume", volumes),
            "Condition": {"ArnLike": {"aws:ResourceTag/AmazonECSCreated": tasks}, "StringEquals": is_managed},
        },
    ]
    if ebs.snapshot:
        snapshot = f"arn:{here.partition}:ec2:{here.region}::snapshot/{ebs.snapshot}"
        statements.append(allow("CreateFromSnapshot", "ec2:CreateVolume", snapshot))
    return {"Version": POLICY_VERSION, "Statement": [*statements, *_use(ebs.kms_key, here)]}


def _use(key: str | None, here: Arn) -> list[dict[str, Any]]:
    """Return the statements for a key of one's own (EBS User Guide, "Requirements for Amazon EBS encryption")."""
    if key is None:
        return []
    via = {"kms:ViaService": f"ec2.{here.region}.amazonaws.com"}
    names = ("Decrypt", "DescribeKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo")
    grants = {"Bool": {"kms:GrantIsForAWSResource": "true"}, "StringEquals": via}
    return [
        {**allow("UseKey", [f"kms:{name}" for name in names], key), "Condition": {"StringEquals": via}},
        {**allow("GrantKey", "kms:CreateGrant", key), "Condition": grants},
    ]
