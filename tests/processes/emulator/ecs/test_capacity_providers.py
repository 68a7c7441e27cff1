"""Capacity providers of the account, and the tasks that run on EC2 and on Managed Instances, as on ECS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import ACCOUNT, APP, REGION, client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

pytestmark = pytest.mark.usefixtures("world")

GROUP = {"autoScalingGroupArn": f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:0a:autoScalingGroupName/m"}
MANAGED = {
    "infrastructureRoleArn": f"arn:aws:iam::{ACCOUNT}:role/infrastructure",
    "instanceLaunchTemplate": {
        "ec2InstanceProfileArn": f"arn:aws:iam::{ACCOUNT}:instance-profile/machines",
        "networkConfiguration": {"subnets": ["subnet-1"]},
    },
}
ON_EC2 = [{"capacityProvider": "machines", "weight": 1}]
ON_MANAGED = [{"capacityProvider": "managed", "weight": 1}]
ON_FARGATE = [{"capacityProvider": "FARGATE", "weight": 1}]


@pytest.fixture(autouse=True)
def _with_capacity(world: World) -> None:
    """Give the cluster one provider of each kind."""
    ecs = client("ecs")
    ecs.create_capacity_provider(name="machines", autoScalingGroupProvider=GROUP)
    ecs.put_cluster_capacity_providers(
        cluster="main", capacityProviders=["FARGATE", "machines"], defaultCapacityProviderStrategy=[]
    )
    ecs.create_capacity_provider(name="managed", cluster="main", managedInstancesProvider=MANAGED)


def describe(**asked: Any) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:  # noqa: ANN401 - as asked
    """Return the providers that DescribeCapacityProviders describes, by name, and the failures."""
    answer = client("ecs").describe_capacity_providers(**asked)
    return {one["name"]: one for one in answer["capacityProviders"]}, answer["failures"]


def test_describes_both_kinds() -> None:
    """By name, or all of a cluster, with what each is made of. One that is not there is a failure."""
    found, failures = describe(capacityProviders=["machines", "managed", "gone"])
    assert found["machines"]["type"] == "EC2_AUTOSCALING"
    assert found["machines"]["autoScalingGroupProvider"]["managedScaling"]["status"] == "DISABLED"
    assert "managedInstancesProvider" not in found["machines"]
    assert (found["managed"]["type"], found["managed"]["cluster"]) == ("MANAGED_INSTANCES", "main")
    assert found["managed"]["managedInstancesProvider"] == MANAGED
    assert [failure["reason"] for failure in failures] == ["MISSING"]
    assert describe(cluster="main")[0].keys() == {"FARGATE", "machines", "managed"}
    assert describe()[0].keys() == {"FARGATE", "FARGATE_SPOT", "machines", "managed"}


CREATED: dict[str, tuple[dict[str, Any], str, str]] = {
    "exists": ({"name": "machines", "autoScalingGroupProvider": GROUP}, "ClientException", "already exists"),
    "reserved": ({"name": "ecs-x", "autoScalingGroupProvider": GROUP}, "InvalidParameterException", "reserved prefix"),
    "nothing": ({"name": "x"}, "InvalidParameterException", "Specify an autoScalingGroupProvider"),
    "no cluster": (
        {"name": "x", "managedInstancesProvider": MANAGED},
        "ClientException",
        "Managed Instances Provider is not supported without a Cluster Name",
    ),
    "another cluster": (
        {"name": "managed", "cluster": "other", "managedInstancesProvider": MANAGED},
        "ClientException",
        "already exists with account or a different cluster",
    ),
    "cluster that is gone": (
        {"name": "x", "cluster": "gone", "managedInstancesProvider": MANAGED},
        "ClusterNotFoundException",
        "Cluster not found.",
    ),
}


@pytest.mark.parametrize(("request_", "code", "words"), CREATED.values(), ids=CREATED)
def test_refuses_to_create(request_: dict[str, Any], code: str, words: str) -> None:
    """The errors are those of ECS, as far as its pages have them."""
    found, message = refusal(lambda: client("ecs").create_capacity_provider(**request_))
    assert (found, words in message) == (code, True)


def test_deletes_what_no_cluster_uses() -> None:
    """One of Managed Instances is deleted from its cluster."""
    ecs = client("ecs")
    code, message = refusal(lambda: ecs.delete_capacity_provider(capacityProvider="machines"))
    assert (code, "associated with cluster: main" in message) == ("ClientException", True)
    assert "cluster scope" in refusal(lambda: ecs.delete_capacity_provider(capacityProvider="managed"))[1]
    ecs.delete_capacity_provider(capacityProvider="managed", cluster="main")
    ecs.put_cluster_capacity_providers(
        cluster="main", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )
    assert ecs.delete_capacity_provider(capacityProvider="machines")["capacityProvider"]["status"] == "INACTIVE"
    assert describe(cluster="main")[0].keys() == {"FARGATE"}
    assert refusal(lambda: ecs.delete_capacity_provider(capacityProvider="machines"))[0] == "InvalidParameterException"


def test_associates_only_what_exists() -> None:
    """A cluster cannot have a provider that nobody has made."""
    ecs = client("ecs")
    for call in (
        lambda: ecs.create_cluster(clusterName="other", capacityProviders=["gone"]),
        lambda: ecs.put_cluster_capacity_providers(
            cluster="main", capacityProviders=["gone"], defaultCapacityProviderStrategy=[]
        ),
    ):
        code, message = refusal(call)
        assert (code, "was not found" in message) == ("InvalidParameterException", True)


def test_a_task_tells_what_it_runs_on(world: World) -> None:
    """A task on instances has an instance under it, and no platform version."""
    world.define(APP, requiresCompatibilities=["FARGATE", "EC2", "MANAGED_INSTANCES"], cpu="256", memory="512")
    for strategy, launch_type in ((ON_EC2, "EC2"), (ON_MANAGED, "MANAGED_INSTANCES"), (ON_FARGATE, "FARGATE")):
        [started] = world.run(capacityProviderStrategy=strategy)
        [task] = client("ecs").describe_tasks(cluster="main", tasks=[started["taskArn"]])["tasks"]
        on_fargate = launch_type == "FARGATE"
        assert (task["launchType"], task["capacityProviderName"]) == (launch_type, strategy[0]["capacityProvider"])
        assert ("platformVersion" in task, "containerInstanceArn" in task) == (on_fargate, not on_fargate)


PUBLIC = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}}
MIX = (
    "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate "
    "providers. Specify one or the other and try again."
)
LARGE = {"cpu": "200000"}
RUNS: dict[str, tuple[dict[str, Any], str, str]] = {
    "Fargate beside EC2": (
        {"capacityProviderStrategy": [*ON_EC2, *ON_FARGATE]},
        "InvalidParameterException",
        MIX,
    ),
    "EC2 beside Managed Instances": (
        {"capacityProviderStrategy": [*ON_EC2, *ON_MANAGED]},
        "InvalidParameterException",
        "A capacity provider strategy cannot contain a mix",
    ),
    "a public address on EC2": (
        {"capacityProviderStrategy": ON_EC2, "networkConfiguration": PUBLIC},
        "InvalidParameterException",
        "Assign public IP is not supported for this launch type.",
    ),
    "a public address on EC2, by launch type": (
        {"launchType": "EC2", "networkConfiguration": PUBLIC},
        "InvalidParameterException",
        "Assign public IP is not supported for this launch type.",
    ),
    "a platform version on EC2": (
        {"capacityProviderStrategy": ON_EC2, "platformVersion": "1.4.0"},
        "InvalidParameterException",
        "The platform version must be null when specifying an EC2 launch type.",
    ),
    "not registered for Managed Instances": (
        {"capacityProviderStrategy": ON_MANAGED},
        "InvalidParameterException",
        "Task definition does not support launch_type MANAGED_INSTANCES.",
    ),
    "not registered for Fargate": (
        {"capacityProviderStrategy": ON_FARGATE, "taskDefinition": "bare"},
        "InvalidParameterException",
        "Task definition does not support launch_type FARGATE.",
    ),
    "a size beyond that of EC2": (
        {"capacityProviderStrategy": ON_EC2, "overrides": LARGE},
        "ClientException",
        "Invalid 'cpu' setting for task.",
    ),
    "a size of EC2 on Fargate": (
        {"capacityProviderStrategy": ON_FARGATE, "overrides": {"cpu": "3000", "memory": "1000"}},
        "ClientException",
        "No Fargate configuration exists for given values: 3000 CPU, 1000 memory.",
    ),
}


@pytest.mark.parametrize(("changes", "code", "words"), RUNS.values(), ids=RUNS)
def test_refuses_to_run(world: World, changes: dict[str, Any], code: str, words: str) -> None:
    """RunTask refuses what does not go with the launch type, and starts nothing."""
    world.define(APP, family="bare", requiresCompatibilities=None)
    found, message = refusal(lambda: world.run(**changes))
    assert (found, message.startswith(words)) == (code, True)
    assert world.host.started == []


def test_runs_any_size_on_ec2(world: World) -> None:
    """The table of Fargate does not count there."""
    [task] = world.run(capacityProviderStrategy=ON_EC2, overrides={"cpu": "3000", "memory": "1000"})
    assert (task["cpu"], task["memory"]) == ("3000", "1000")


REGISTERED: dict[str, tuple[dict[str, Any], str | None]] = {
    "EC2": ({"requiresCompatibilities": ["EC2"], "cpu": "3000", "memory": "1000"}, None),
    "EC2, too small": ({"requiresCompatibilities": ["EC2"], "cpu": "100"}, "Invalid 'cpu' setting for task."),
    "Managed Instances": ({"requiresCompatibilities": ["MANAGED_INSTANCES"], "cpu": "256", "memory": "512"}, None),
    "disk on Managed Instances": (
        {"requiresCompatibilities": ["MANAGED_INSTANCES"], "ephemeralStorage": {"sizeInGiB": 50}},
        "The parameter ephemeralStorage is not supported",
    ),
}


@pytest.mark.parametrize(("changes", "words"), REGISTERED.values(), ids=REGISTERED)
def test_registers_by_the_rules_of_each(changes: dict[str, Any], words: str | None) -> None:
    """RegisterTaskDefinition checks against what the task definition requires."""

    def register() -> object:
        return client("ecs").register_task_definition(
            family="new", networkMode="awsvpc", containerDefinitions=[APP], **changes
        )

    if words is None:
        register()
    else:
        code, message = refusal(register)
        assert (code, message.startswith(words)) == ("ClientException", True)
