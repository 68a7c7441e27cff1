"""Common behaviour of all resources (errors, replacements, regions, connections) and special cases of some."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, status_pb2

from emulator.provider.core.errors import ProviderError
from emulator.provider.core.properties import UNKNOWN, decode, encode
from emulator.provider.types.events_target import _refuse_failures
from tests.processes.emulator.provider.case import SQS, TARGET, TOPIC, policy, trust
from tests.processes.emulator.provider.harness import AbortedError, Deployed, Difference, Engine

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.provider.servicer import AwsServicer

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
SCHEDULE = "aws:scheduler/schedule:Schedule"
SCHEDULED = {"name": "s", "scheduleExpression": "rate(1 hour)", "flexibleTimeWindow": {"mode": "OFF"}, "target": TARGET}


@pytest.mark.parametrize(
    "call",
    [
        lambda engine: engine.check("aws:s3/bucket:Bucket", "b", {}),
        lambda engine: engine.import_("aws:s3/bucket:Bucket", "b", "id"),
        lambda engine: engine.delete(Deployed("aws:s3/bucket:Bucket", "b", "id", {}, {})),
    ],
    ids=["check", "read", "delete"],
)
def test_unknown_type_is_named(engine: Engine, call: Callable[[Engine], object]) -> None:
    """An unknown resource type is an error that names it."""
    with pytest.raises(AbortedError, match="no resource type 'aws:s3/bucket:Bucket'") as failure:
        call(engine)
    assert failure.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_unknown_function_is_named(engine: Engine) -> None:
    """An unknown function is an error that names it."""
    with pytest.raises(AbortedError, match="no function 'aws:ec2/getAmi:getAmi'") as failure:
        engine.invoke("aws:ec2/getAmi:getAmi")
    assert failure.value.code is grpc.StatusCode.INVALID_ARGUMENT


def test_unknown_arguments_are_not_asked_about(engine: Engine) -> None:
    """A function with unknown arguments in a preview returns nothing and makes no call."""
    assert engine.invoke("aws:ecs/getCluster:getCluster", clusterName=UNKNOWN) == {}


def test_error_of_aws_reaches_the_user(engine: Engine) -> None:
    """AWS's code and message are shown with the action and the resource."""
    engine.create(SCHEDULE, "s", SCHEDULED)

    with pytest.raises(
        AbortedError, match=r"^creating EventBridge Scheduler Schedule \(s\): ConflictException: .+"
    ) as it:
        engine.create(SCHEDULE, "s", SCHEDULED)
    assert it.value.code is grpc.StatusCode.UNKNOWN


def test_request_that_botocore_refuses(engine: Engine) -> None:
    """An error of botocore before the request is worded in the same way."""
    with pytest.raises(
        AbortedError, match=r"^creating EventBridge Scheduler Schedule \(s\): Parameter validation failed"
    ):
        engine.create(SCHEDULE, "s", {**SCHEDULED, "target": {**TARGET, "bogus": 1}})


def test_unfinished_resource_is_kept(engine: Engine, boto: Callable[[str], Any]) -> None:
    """When a call after the creation fails, the engine gets the id and inputs, so that no resource is orphaned."""
    missing = {
        "name": "r",
        "assumeRolePolicy": trust("x"),
        "managedPolicyArns": ["arn:aws:iam::123456789012:policy/none"],
    }

    with pytest.raises(AbortedError, match=r"^creating IAM Role \(r\): NoSuchEntity") as failure:
        engine.create(ROLE, "r", missing)

    [(key, packed)] = failure.value.metadata
    details = provider_pb2.ErrorResourceInitFailed()
    assert key == "grpc-status-details-bin"
    assert status_pb2.Status.FromString(packed).details[0].Unpack(details)
    assert (details.id, list(details.reasons)) == ("r", [failure.value.message])
    kept = Deployed(ROLE, "r", "r", decode(details.inputs), decode(details.properties))
    engine.delete(kept)
    assert boto("iam").list_roles()["Roles"] == []


@pytest.mark.parametrize(
    ("inputs", "delete_first"),
    [({"name": "fixed"}, True), ({}, False)],
    ids=["explicit name", "invented name"],
)
def test_order_of_a_replacement(engine: Engine, inputs: dict[str, str], delete_first: bool) -> None:  # noqa: FBT001
    """A fixed name would collide, so the old resource is deleted first; a generated name is generated again."""
    old = engine.create(ROLE, "r", {**inputs, "assumeRolePolicy": trust("x")})

    difference = engine.diff(old, {**inputs, "assumeRolePolicy": trust("x"), "path": "/p/"})

    assert (difference.replaces, difference.delete_first) == (("path",), delete_first)


def test_kinds_of_changes(engine: Engine) -> None:
    """Added, removed and changed properties are distinguished, both in place and replacing."""
    old = engine.create(SQS, "q", {"tags": {"a": "1", "b": "2"}})

    assert engine.diff(old, {"tags": {"a": "2", "c": "3"}, "fifoQueue": True}).detail == {
        "fifoQueue": "UPDATE_REPLACE",
        "tags.a": "UPDATE",
        "tags.b": "DELETE",
        "tags.c": "ADD",
    }


def test_new_revision_keeps_the_old_until_deleted(engine: Engine, boto: Callable[[str], Any]) -> None:
    """A deletion of the replaced task definition deregisters its own revision, not the newer one with the same id."""
    token = "aws:ecs/taskDefinition:TaskDefinition"  # noqa: S105 - a type
    inputs = {"family": "web", "containerDefinitions": json.dumps([{"name": "a", "image": "a", "memory": 128}])}
    first, second = engine.create(token, "d", inputs), engine.create(token, "d", inputs)

    engine.delete(first)

    assert boto("ecs").list_task_definitions(status="ACTIVE")["taskDefinitionArns"] == [second.outputs["arn"]]
    assert engine.refresh(first)[0] is None
    assert engine.refresh(second)[0] == second


def test_running_service_can_be_deleted(engine: Engine, boto: Callable[[str], Any]) -> None:
    """A service with tasks is scaled down before it is deleted, as ECS requires."""
    cluster = engine.create("aws:ecs/cluster:Cluster", "c", {"name": "c"})
    definition = {"family": "web", "containerDefinitions": json.dumps([{"name": "a", "image": "a", "memory": 128}])}
    task = engine.create("aws:ecs/taskDefinition:TaskDefinition", "d", definition)
    inputs = {"name": "web", "cluster": cluster.id, "taskDefinition": task.outputs["arn"], "desiredCount": 3}

    engine.delete(engine.create("aws:ecs/service:Service", "s", inputs))

    [service] = boto("ecs").describe_services(cluster="c", services=["web"])["services"]
    assert (service["status"], service["desiredCount"]) == ("INACTIVE", 0)


def test_queue_update_leaves_the_policy_alone(engine: Engine, boto: Callable[[str], Any]) -> None:
    """A policy set by a QueuePolicy survives a change of the queue, and is not drift of the queue."""
    queue = engine.create(SQS, "q", {"name": "q"})
    document = policy("sqs:SendMessage", queue.outputs["arn"])
    engine.create("aws:sqs/queuePolicy:QueuePolicy", "p", {"queueUrl": queue.id, "policy": document})

    updated = engine.update(queue, {"name": "q", "delaySeconds": 3})

    found = boto("sqs").get_queue_attributes(QueueUrl=queue.id, AttributeNames=["Policy"])["Attributes"]["Policy"]
    assert json.loads(found) == json.loads(document)
    assert engine.refresh(updated)[0] == updated


def test_what_other_resources_change_is_no_drift(engine: Engine) -> None:
    """Changes by separate policies and attachments do not appear in a refresh of the resource."""
    managed = engine.create(POLICY, "m", {"policy": policy("s3:Get")})
    role = engine.create(ROLE, "r", {"name": "r", "assumeRolePolicy": trust("x")})
    queue, topic = engine.create(SQS, "q", {"name": "q"}), engine.create(TOPIC, "t", {"name": "t"})

    engine.create("aws:sqs/queuePolicy:QueuePolicy", "p", {"queueUrl": queue.id, "policy": policy("sqs:*")})
    engine.create("aws:sns/topicPolicy:TopicPolicy", "p", {"arn": topic.id, "policy": policy("sns:*")})
    engine.create("aws:iam/rolePolicy:RolePolicy", "p", {"role": "r", "policy": policy("ecs:*")})
    engine.create(ROLE, "o", {"assumeRolePolicy": trust("x"), "managedPolicyArns": [managed.id]})

    for it in (managed, role, queue, topic):
        assert engine.refresh(it) == (it, Difference())


def test_targets_that_eventbridge_refuses() -> None:
    """An entry that PutTargets reports as failed is an error, even though the call itself succeeded."""
    entry = {"TargetId": "t", "ErrorCode": "ConcurrentModificationException", "ErrorMessage": "try again"}

    with pytest.raises(ProviderError, match=r"^creating EventBridge Target \(r-t\): ConcurrentMod.*: try again$"):
        _refuse_failures({"FailedEntryCount": 1, "FailedEntries": [entry]}, "creating", "r-t")
    _refuse_failures({"FailedEntryCount": 0, "FailedEntries": []}, "creating", "r-t")


def test_policy_of_many_versions(engine: Engine, boto: Callable[[str], Any]) -> None:
    """A managed policy can change more often than IAM stores versions, and is deleted with all versions."""
    it = engine.create(POLICY, "p", {"policy": policy("s3:Get0")})
    for number in range(1, 8):
        it = engine.update(it, {"policy": policy(f"s3:Get{number}")})

    assert json.loads(engine.import_(POLICY, "p", it.id).outputs["policy"]) == json.loads(policy("s3:Get7"))
    engine.delete(it)
    assert boto("iam").list_policies(Scope="Local")["Policies"] == []


def test_role_is_detached_before_it_is_deleted(engine: Engine, boto: Callable[[str], Any]) -> None:
    """A role is deleted with its listed policies; with forceDetachPolicies also with those of other resources."""
    first = engine.create(POLICY, "p", {"policy": policy("s3:Get")}).id
    inline = [{"name": "i", "policy": policy("s3:Put")}]
    role = {"name": "r", "assumeRolePolicy": trust("x"), "managedPolicyArns": [first], "inlinePolicies": inline}
    it = engine.create(ROLE, "r", {**role, "forceDetachPolicies": True})
    boto("iam").put_role_policy(RoleName="r", PolicyName="behind", PolicyDocument=policy("s3:List"))

    engine.delete(it)

    assert boto("iam").list_roles()["Roles"] == []


def test_topic_policy_leaves_the_default_behind(engine: Engine, boto: Callable[[str], Any]) -> None:
    """A deletion of a topic's policy restores AWS's default policy."""
    topic = engine.create(TOPIC, "t", {"name": "t"})
    original = boto("sns").get_topic_attributes(TopicArn=topic.id)["Attributes"]["Policy"]
    inputs = {"arn": topic.id, "policy": policy("sns:Publish", topic.id)}

    engine.delete(engine.create("aws:sns/topicPolicy:TopicPolicy", "p", inputs))

    restored = json.loads(boto("sns").get_topic_attributes(TopicArn=topic.id)["Attributes"]["Policy"])
    assert restored["Statement"][0]["Condition"] == json.loads(original)["Statement"][0]["Condition"]
    assert set(restored["Statement"][0]["Action"]) <= set(json.loads(original)["Statement"][0]["Action"])


def test_regions(servicer: AwsServicer) -> None:
    """A resource is in its own region, otherwise in its provider's; each connection has its own configuration."""
    here, there = Engine(servicer, "ipv4:1"), Engine(servicer, "ipv4:2", region="us-west-2")

    found = [
        here.create(TOPIC, "a", {"name": "t"}).id,
        there.create(TOPIC, "b", {"name": "t"}).id,
        here.create(TOPIC, "c", {"name": "t", "region": "us-east-2"}).id,
        here.import_(TOPIC, "d", "arn:aws:sns:us-west-2:123456789012:t@us-west-2").id,
    ]

    assert [arn.split(":")[3] for arn in found] == ["eu-central-1", "us-west-2", "us-east-2", "us-west-2"]
    assert here.invoke("aws:index/getRegion:getRegion")["region"] == "eu-central-1"
    assert there.invoke("aws:index/getRegion:getRegion")["region"] == "us-west-2"


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        ({"region": "a"}, {"region": "a"}, None),
        ({"region": "a"}, {"region": "b"}, ["region"]),
        ({"region": "a"}, {"region": UNKNOWN}, []),
        ({"region": "a"}, {"region": "a", "profile": "p"}, []),
    ],
    ids=["same", "another region", "unknown region", "another profile"],
)
def test_change_of_configuration(
    engine: Engine, servicer: AwsServicer, old: dict[str, str], new: dict[str, str], replaces: list[str] | None
) -> None:
    """Only a new region replaces the provider's resources."""
    response = servicer.DiffConfig(provider_pb2.DiffRequest(old_inputs=encode(old), news=encode(new)), engine.call())

    none = provider_pb2.DiffResponse.DIFF_NONE
    assert (None if response.changes == none else list(response.replaces)) == replaces
