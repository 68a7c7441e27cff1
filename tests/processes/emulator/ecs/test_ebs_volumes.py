"""RunTask configures volumes of EBS within EBS's limits, and with an infrastructure role that can make them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components import launch_policy, run_task_request
from components.task_parts import EbsArgs
from components.volume_policies import infrastructure_policy, infrastructure_trust
from tests.processes.emulator.world import (
    ACCOUNT,
    APP,
    CLUSTER,
    DEAD,
    INPUT,
    client,
    document,
    refusal,
    trust,
)

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

ROLE = f"arn:aws:iam::{ACCOUNT}:role/volumes"
REASON = (
    f"ECS was unable to assume the configured ECS Infrastructure Role '{ROLE}'. Please verify that the role being "
    "passed has the proper trust relationship with Amazon ECS"
)
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0a0a0a0a-0000-4000-8000-000000000001"


def configured(**volume: object) -> list[dict[str, Any]]:
    """Return the configuration of the volume `data`."""
    return [{"name": "data", "managedEBSVolume": {"roleArn": ROLE, "volumeType": "gp3", "sizeInGiB": 10, **volume}}]


@pytest.fixture
def ready(world: World) -> World:
    """Return an account with an infrastructure role, and a task definition that leaves a volume open."""
    world.define(APP, volumes=[{"name": "data", "configuredAtLaunch": True}])
    client("iam").create_role(RoleName="volumes", AssumeRolePolicyDocument=json.dumps(infrastructure_trust()))
    give(EbsArgs(size_gib=10, snapshot="snap-0123456789abcdef0", kms_key=KEY))
    return world


def give(ebs: EbsArgs, without: str | None = None) -> None:
    """Give the role the program's policy, without one of its statements."""
    policy = infrastructure_policy(CLUSTER, ebs)
    left = {**policy, "Statement": [one for one in policy["Statement"] if one["Sid"] != without]}
    client("iam").put_role_policy(RoleName="volumes", PolicyName="volumes", PolicyDocument=json.dumps(left))


def reason(world: World, **volume: object) -> str | None:
    """Run a task with a volume; return why it did not start."""
    world.run(volumeConfigurations=configured(**volume))
    task = world.aws.tasks.all()[-1]
    assert task.last_status == "STOPPED"
    assert (task.stop_code == "TaskFailedToStart") is (task.no_volume is not None)
    return task.stopped_reason if task.no_volume is not None else None


def test_gives_the_task_its_volume(ready: World) -> None:
    """With the policy that the program gives to the role, also from a snapshot and with a key of one's own."""
    assert reason(ready) is None
    assert reason(ready, snapshotId="snap-0123456789abcdef0", kmsKeyId=KEY) is None


@pytest.mark.parametrize(
    "statement",
    [
        "CreateVolume",
        "TagVolume",
        "SeeVolumes",
        "AttachVolume",
        "AttachToHost",
        "DeleteVolume",
        "CreateFromSnapshot",
        "UseKey",
        "GrantKey",
    ],
)
def test_needs_each_statement(ready: World, statement: str) -> None:
    """Without any one of them there is no volume."""
    ebs = EbsArgs(size_gib=10, snapshot="snap-0123456789abcdef0", kms_key=KEY)
    assert {one["Sid"] for one in infrastructure_policy(CLUSTER, ebs)["Statement"]} >= {statement}
    give(ebs, without=statement)
    assert reason(ready, snapshotId="snap-0123456789abcdef0", kmsKeyId=KEY) == REASON


def test_needs_a_role_that_trusts_ecs(ready: World) -> None:
    """The task stops before its containers start."""
    client("iam").update_assume_role_policy(RoleName="volumes", PolicyDocument=trust(service="ec2.amazonaws.com"))
    assert reason(ready) == REASON
    client("iam").delete_role_policy(RoleName="volumes", PolicyName="volumes")
    client("iam").delete_role(RoleName="volumes")
    assert reason(ready) == REASON


def test_needs_a_caller_that_may_pass_the_role(ready: World) -> None:
    """The role of the call, here Scheduler's, whose universal target has the members in PascalCase."""
    volume = run_task_request.volume_configuration("data", ROLE, {"SizeInGiB": 10, "VolumeType": "gp3"})
    given = json.dumps({**INPUT, "VolumeConfigurations": [volume]})
    client("scheduler").create_schedule(**ready.request(Target={"Input": given}))
    ready.advance(hours=1)
    assert [task.stopped_reason for task in ready.aws.tasks.all()] == [REASON]
    statement = launch_policy.launch_policy(
        cluster_arn=CLUSTER, task_definition="app", passed_roles=(), dead_letter_arn=DEAD, infrastructure_role=ROLE
    )["Statement"][-1]
    client("iam").put_role_policy(RoleName="launch", PolicyName="pass", PolicyDocument=document(statement))
    ready.advance(hours=1)
    assert [task.no_volume for task in ready.aws.tasks.all()] == [REASON, None]


REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "none": ([], "volumeConfigurations must configure exactly the volumes"),
    "twice": ([*configured(), *configured()], "volumeConfigurations must configure exactly the volumes"),
    "another": ([{**configured()[0], "name": "other"}], "volumeConfigurations must configure exactly the volumes"),
    "nothing of EBS": ([{"name": "data"}], "The volume data has no managedEBSVolume."),
    "size": (configured(sizeInGiB=16385), "The volume data has size 16385; must be 1 to 16384 for the type gp3."),
    "no size": (
        [{"name": "data", "managedEBSVolume": {"roleArn": ROLE}}],
        "The volume data has neither a size nor a snapshot; one of them is needed.",
    ),
    "iops": (configured(iops=2999), "The volume data has iops 2999; must be 3000 to 16000 for the type gp3."),
    "throughput": (configured(throughput=1001), "The volume data has throughput 1001; must be 125 to 1000"),
    "magnetic": (configured(volumeType="standard"), "The volume data has the type standard, which Fargate"),
    "Windows": (configured(filesystemType="ntfs"), "The volume data has the file system ntfs, which Linux"),
}


@pytest.mark.parametrize(("configurations", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(ready: World, configurations: list[dict[str, Any]], words: str) -> None:
    """Before a task is made."""
    code, message = refusal(lambda: ready.run(volumeConfigurations=configurations))
    assert code == "InvalidParameterException"
    assert message.startswith(words)
    assert ready.aws.tasks.all() == []
