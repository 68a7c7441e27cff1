"""The volume of EBS of a job that has an image of its own: what each launch asks for, and which roles allow it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components import EbsArgs, VolumeArgs
from components.volume_policies import infrastructure_policy, infrastructure_trust
from emulator.iam.policy_evaluation import Request, evaluate
from supervision.limits import Limits
from tests import iam_linter
from tests.components import doctored
from tests.components.embedded import ACCOUNT, PROJECT
from tests.components.stacks import CLUSTER, PLACE
from tests.components.test_image_task import definition_of, program
from watch import job_items

if TYPE_CHECKING:
    from tests.components.embedded import EmbeddedCloud

KEY = f"arn:aws:kms:{PLACE}:key/0a0a0a0a-0000-4000-8000-000000000001"
WORK = VolumeArgs(path="/var/lib/work", ebs=EbsArgs(size_gib=200, iops=4000, throughput=500))
VOLUMES = f"arn:aws:ec2:{PLACE}:volume/*"
TASKS = f"arn:aws:ecs:{PLACE}:task/*"
MADE = {"aws:RequestTag/AmazonECSCreated": TASKS}


def test_each_launch_asks_for_the_volume(cloud: EmbeddedCloud) -> None:
    """The task definition leaves it open; Scheduler's request has it, with the role that makes it."""
    deployment, _ = cloud.run(program(volumes=[WORK]))
    inputs = definition_of(deployment)
    assert inputs["volumes"] == [{"name": "var-lib-work", "configureAtLaunch": True}]
    (container,) = json.loads(inputs["containerDefinitions"])
    assert container["mountPoints"] == [
        {"sourceVolume": "var-lib-work", "containerPath": "/var/lib/work", "readOnly": False}
    ]
    request = json.loads(deployment.one("Schedule", "db-cleanup").inputs["target"]["input"])
    (volume,) = request["VolumeConfigurations"]
    role = volume["ManagedEBSVolume"].pop("RoleArn")
    assert role.startswith(f"arn:aws:iam::{ACCOUNT}:role/jobs/jobs-staging/db-cleanup-volume-")
    assert volume == {
        "Name": "var-lib-work",
        "ManagedEBSVolume": {
            "VolumeType": "gp3",
            "SizeInGiB": 200,
            "Iops": 4000,
            "Throughput": 500,
            "Encrypted": True,
            "FilesystemType": "xfs",
            "TagSpecifications": [{"ResourceType": "volume", "PropagateTags": "TASK_DEFINITION"}],
            "TerminationPolicy": {"DeleteOnTermination": True},
        },
    }
    launch = json.loads(deployment.one("RolePolicy", "db-cleanup").inputs["policy"])["Statement"]
    assert [one for one in launch if one["Sid"] == "PassInfrastructureRole"] == [
        {
            "Sid": "PassInfrastructureRole",
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": [role],
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs.amazonaws.com"}},
        }
    ]
    assert all(role not in one["Resource"] for one in launch if one["Sid"] == "PassTaskRoles")
    assert ("aws:iam/rolePolicy:RolePolicy", "db-cleanup-volume") in deployment.before(
        deployment.one("Schedule", "db-cleanup")
    )


def test_other_jobs_have_none(cloud: EmbeddedCloud) -> None:
    """Neither in the request nor in the roles."""
    deployment, _ = cloud.run(program(volumes=[VolumeArgs(path="/work")]))
    assert "VolumeConfigurations" not in json.loads(deployment.one("Schedule", "db-cleanup").inputs["target"]["input"])
    assert "PassInfrastructureRole" not in deployment.one("RolePolicy", "db-cleanup").inputs["policy"]
    assert "db-cleanup-volume" not in {one.name for one in deployment.of("/role:Role")}


def test_what_ecs_may_do_with_volumes() -> None:
    """The policy is exactly this, narrower than that of AWS."""
    assert infrastructure_policy(CLUSTER, EbsArgs(size_gib=1)) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CreateVolume",
                "Effect": "Allow",
                "Action": "ec2:CreateVolume",
                "Resource": VOLUMES,
                "Condition": {"ArnLike": MADE, "StringEquals": {"aws:RequestTag/AmazonECSManaged": "true"}},
            },
            {
                "Sid": "TagVolume",
                "Effect": "Allow",
                "Action": "ec2:CreateTags",
                "Resource": VOLUMES,
                "Condition": {
                    "ArnLike": MADE,
                    "StringEquals": {"ec2:CreateAction": "CreateVolume", "aws:RequestTag/AmazonECSManaged": "true"},
                },
            },
            {
                "Sid": "SeeVolumes",
                "Effect": "Allow",
                "Action": ["ec2:DescribeAvailabilityZones", "ec2:DescribeInstances", "ec2:DescribeVolumes"],
                "Resource": "*",
            },
            {
                "Sid": "AttachVolume",
                "Effect": "Allow",
                "Action": ["ec2:AttachVolume", "ec2:DetachVolume"],
                "Resource": VOLUMES,
                "Condition": {"StringEquals": {"aws:ResourceTag/AmazonECSManaged": "true"}},
            },
            {
                "Sid": "AttachToHost",
                "Effect": "Allow",
                "Action": ["ec2:AttachVolume", "ec2:DetachVolume"],
                "Resource": "arn:aws:ec2:eu-central-1:*:instance/*",
            },
            {
                "Sid": "DeleteVolume",
                "Effect": "Allow",
                "Action": "ec2:DeleteVolume",
                "Resource": VOLUMES,
                "Condition": {
                    "ArnLike": {"aws:ResourceTag/AmazonECSCreated": TASKS},
                    "StringEquals": {"aws:ResourceTag/AmazonECSManaged": "true"},
                },
            },
        ],
    }


def test_a_snapshot_and_a_key_of_ones_own() -> None:
    """ECS may use exactly these."""
    document = infrastructure_policy(CLUSTER, EbsArgs(snapshot="snap-0123456789abcdef0", kms_key=KEY))
    via = {"kms:ViaService": "ec2.eu-central-1.amazonaws.com"}
    assert document["Statement"][6:] == [
        {
            "Sid": "CreateFromSnapshot",
            "Effect": "Allow",
            "Action": "ec2:CreateVolume",
            "Resource": "arn:aws:ec2:eu-central-1::snapshot/snap-0123456789abcdef0",
        },
        {
            "Sid": "UseKey",
            "Effect": "Allow",
            "Action": [
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            "Resource": KEY,
            "Condition": {"StringEquals": via},
        },
        {
            "Sid": "GrantKey",
            "Effect": "Allow",
            "Action": "kms:CreateGrant",
            "Resource": KEY,
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}, "StringEquals": via},
        },
    ]
    assert iam_linter.mistakes(document) == []


@pytest.mark.parametrize(
    ("action", "resource", "context", "allowed"),
    [
        ("CreateVolume", f"arn:aws:ec2:{PLACE}:volume/vol-1", {"created": f"arn:aws:ecs:{PLACE}:task/staging/1"}, True),
        ("CreateVolume", f"arn:aws:ec2:{PLACE}:volume/vol-1", {}, False),
        ("CreateVolume", f"arn:aws:ec2:{PLACE}:volume/vol-1", {"created": "arn:aws:ecs:us-east-1:1:task/a/1"}, False),
        ("DeleteVolume", f"arn:aws:ec2:{PLACE}:volume/vol-1", {"created": f"arn:aws:ecs:{PLACE}:task/staging/1"}, True),
        ("DeleteVolume", f"arn:aws:ec2:{PLACE}:volume/vol-1", {}, False),
        ("CreateVolume", "arn:aws:ec2:eu-central-1::snapshot/snap-1", {}, False),
        ("AttachVolume", "arn:aws:ec2:eu-central-1:999999999999:instance/i-1", {}, True),
        ("AttachVolume", f"arn:aws:ec2:{PLACE}:volume/vol-1", {}, False),
        ("ModifyVolume", f"arn:aws:ec2:{PLACE}:volume/vol-1", {"created": f"arn:aws:ecs:{PLACE}:task/a/1"}, False),
    ],
)
def test_ecs_may_touch_only_its_own_volumes(
    action: str, resource: str, context: dict[str, str], *, allowed: bool
) -> None:
    """Those that it makes for tasks of this account and region."""
    where = "Request" if action == "CreateVolume" else "Resource"
    keys: dict[str, Any] = {}
    if context:
        keys = {f"aws:{where}Tag/AmazonECSCreated": context["created"], f"aws:{where}Tag/AmazonECSManaged": "true"}
    document = infrastructure_policy(CLUSTER, EbsArgs(size_gib=1))
    assert evaluate(Request(f"ec2:{action}", resource, keys), [document]).allowed is allowed


def test_ecs_assumes_the_role() -> None:
    """As AWS's page has it."""
    assert infrastructure_trust() == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }


def test_a_supervised_launch_is_frozen_with_its_volume(cloud: EmbeddedCloud) -> None:
    """The job's item in the ledger has the same request."""
    limits = Limits(start_deadline=900)
    deployment, _ = cloud.run(program(volumes=[WORK], limits=limits, group_args={"supervised": True}))
    item = json.loads(deployment.one("TableItem", "db-cleanup").inputs["item"])
    facts = job_items.read(item)
    assert facts.supervised is not None
    (volume,) = facts.supervised.requests["db-cleanup"]["VolumeConfigurations"]
    assert volume["Name"] == "var-lib-work"
    assert ":role/jobs/jobs-staging/db-cleanup-volume-" in volume["ManagedEBSVolume"]["RoleArn"]


def edit_policy(cloud: EmbeddedCloud, role: str, name: str, without: str) -> None:
    """Take a statement from the policy of a role."""
    iam, named = cloud.client("iam"), {"RoleName": role, "PolicyName": name}
    policy = iam.get_role_policy(**named)["PolicyDocument"]
    kept = [one for one in policy["Statement"] if one["Sid"] != without]
    assert len(kept) == len(policy["Statement"]) - 1
    iam.put_role_policy(**named, PolicyDocument=json.dumps({**policy, "Statement": kept}))


def test_doctor_examines_the_infrastructure_role(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That ECS may assume it and make volumes with it, and that the launch role may pass it."""
    doctored.deploy(cloud, program(volumes=[WORK]), ["db-cleanup"])
    doctor, iam = doctored.Doctor(cloud, monkeypatch, capsys), cloud.client("iam")
    names = [one["RoleName"] for one in iam.list_roles(PathPrefix=f"/{PROJECT}/{doctored.GROUP}/")["Roles"]]
    (role,) = [one for one in names if one.startswith("db-cleanup-volume-")]
    (launch,) = [one for one in names if not one.startswith(("db-cleanup-volume-", "db-cleanup-exec", "jobs-"))]

    def found() -> list[str]:
        links = ("roles", "task-definition")
        return [one["code"] for one in doctor.findings() if one["link"] in links and one["code"] != "sound"]

    assert found() == []
    edit_policy(cloud, launch, "launch", "PassInfrastructureRole")
    assert found() == ["launch-role-cannot-pass-roles"]
    edit_policy(cloud, role, "volume", "DeleteVolume")
    assert set(found()) == {"launch-role-cannot-pass-roles", "infrastructure-role-cannot-make-volumes"}
    trust = infrastructure_trust()
    trust["Statement"][0]["Principal"] = {"Service": "ecs-tasks.amazonaws.com"}
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    assert "infrastructure-role-not-assumable" in found()
    iam.delete_role_policy(RoleName=role, PolicyName="volume")
    iam.delete_role(RoleName=role)
    assert "infrastructure-role-missing" in found()
