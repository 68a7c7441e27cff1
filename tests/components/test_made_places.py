"""A cluster and a security group that a program makes for its jobs, as declared and in the embedded AWS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components import (
    EgressOnlyGroup,
    EgressOnlyGroupArgs,
    FargateCluster,
    FargateClusterArgs,
    PlacementArgs,
    ScheduledJob,
    ScheduledJobArgs,
    WatchArgs,
)
from supervision.limits import Limits
from tests.components.embedded import ACCOUNT
from tests.components.stacks import CLUSTER, PLACE, PLACEMENT, TAGS, group, schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import EmbeddedCloud

MADE = f"arn:aws:ecs:{PLACE}:cluster/jobs-staging-batch"


@pytest.fixture
def vpc(cloud: EmbeddedCloud) -> str:
    """Create a VPC, and return its id."""
    return str(cloud.client("ec2").create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"])


def cluster(**args: Any) -> FargateCluster:  # noqa: ANN401 - arguments of the component
    """Declare a cluster."""
    return FargateCluster("batch", FargateClusterArgs(**{"name": "jobs-staging-batch", "tags": TAGS, **args}))


def egress_only(vpc: str, **args: Any) -> EgressOnlyGroup:  # noqa: ANN401 - arguments of the component
    """Declare a security group."""
    return EgressOnlyGroup("batch", EgressOnlyGroupArgs(vpc_id=vpc, tags=TAGS, **args))


def program(vpc: str, limits: Limits | None = None) -> Callable[[], ScheduledJob]:
    """Return a program with a job that runs on a cluster and in a security group of its own; supervised with limits."""

    def declare() -> ScheduledJob:
        made = {"cluster_arn": cluster().arn, "security_groups": [egress_only(vpc).id]}
        place = PlacementArgs(**{**PLACEMENT, **made, "log_groups": ["/ecs/web"]})
        jobs = group(watch=WatchArgs(placements=[place]), supervised=limits is not None)
        daily = schedule(limits=limits)
        args = ScheduledJobArgs(group=jobs, placement=place, command=["true"], schedules=[daily], owner="data")
        return ScheduledJob("cleanup", args)

    return declare


def test_makes_a_cluster(cloud: EmbeddedCloud) -> None:
    """It has both capacity providers, container insights as set in so many words, and the tags; nothing else."""
    deployment, made = cloud.run(lambda: cluster().arn)
    assert deployment.one("/cluster:Cluster", "batch").inputs == {
        "name": "jobs-staging-batch",
        "settings": [{"name": "containerInsights", "value": "enabled"}],
        "tags": TAGS,
    }
    assert deployment.one("ClusterCapacityProviders", "batch").inputs == {
        "clusterName": "jobs-staging-batch",
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
    }
    [found] = cloud.client("ecs").describe_clusters(clusters=["jobs-staging-batch"])["clusters"]
    assert (found["clusterArn"], sorted(found["capacityProviders"])) == (MADE, ["FARGATE", "FARGATE_SPOT"])
    del made


@pytest.mark.parametrize("insights", ["enhanced", "disabled"])
def test_container_insights(cloud: EmbeddedCloud, insights: str) -> None:
    """The setting is sent in any case, so that the account's own default decides nothing."""
    cloud.client("ecs").put_account_setting(name="containerInsights", value="enabled")
    cloud.run(lambda: cluster(container_insights=insights))
    [found] = cloud.client("ecs").describe_clusters(clusters=["jobs-staging-batch"], include=["SETTINGS"])["clusters"]
    assert found["settings"] == [{"name": "containerInsights", "value": insights}]


def test_makes_a_security_group(cloud: EmbeddedCloud, vpc: str) -> None:
    """It lets all traffic out by IPv4 and IPv6, and none in. Its name begins with the given one."""
    deployment, _ = cloud.run(lambda: egress_only(vpc, name="jobs-staging-batch"))
    assert deployment.one("SecurityGroup", "jobs-staging-batch").inputs == {
        "description": "Scheduled jobs: egress only",
        "vpcId": vpc,
        "egress": [
            {
                "protocol": "-1",
                "fromPort": 0,
                "toPort": 0,
                "cidrBlocks": ["0.0.0.0/0"],
                "ipv6CidrBlocks": ["::/0"],
            }
        ],
        "tags": TAGS,
    }
    groups = cloud.client("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    [found] = [one for one in groups["SecurityGroups"] if one["GroupName"].startswith("jobs-staging-batch-")]
    assert found["IpPermissions"] == []
    [rule] = found["IpPermissionsEgress"]
    assert (rule["IpProtocol"], rule["IpRanges"], rule["Ipv6Ranges"]) == (
        "-1",
        [{"CidrIp": "0.0.0.0/0"}],
        [{"CidrIpv6": "::/0"}],
    )


def test_everything_that_uses_them_comes_after_them(cloud: EmbeddedCloud, vpc: str) -> None:
    """The schedule waits for the capacity providers and for the group, so a removal begins with the schedule."""
    deployment, _ = cloud.run(program(vpc))
    kinds = {(kind.rpartition(":")[2], name) for kind, name in deployment.before(deployment.one("Schedule", "cleanup"))}
    assert {
        ("Cluster", "batch"),
        ("ClusterCapacityProviders", "batch"),
        ("SecurityGroup", "batch"),
    } <= kinds


def test_the_job_and_the_watch_name_the_cluster(cloud: EmbeddedCloud, vpc: str) -> None:
    """The launch policy, the rule and the policy of the watch, and the request have its ARN, and no other one."""
    deployment, _ = cloud.run(program(vpc))
    schedule_input = deployment.one("Schedule", "cleanup").inputs["target"]["input"]
    launch = deployment.one("RolePolicy", "cleanup").inputs["policy"]
    watch = deployment.one("RolePolicy", "jobs-watch").inputs["policy"]
    pattern = deployment.one("EventRule", "jobs-watch-runs").inputs["eventPattern"]
    for text in (schedule_input, launch, watch, pattern):
        assert set(re.findall(rf"arn:aws:ecs:[^:]*:{ACCOUNT}:cluster/[\w-]+", text)) == {MADE}
        assert CLUSTER not in text
    [group_id] = re.findall(r'"SecurityGroups": \["([^"]*)"\]', schedule_input)
    groups = cloud.client("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    assert [one["VpcId"] for one in groups] == [vpc]


def test_the_supervisor_knows_both(cloud: EmbeddedCloud, vpc: str) -> None:
    """The supervisor may see and stop tasks there, and the item of the job has the cluster and the group."""
    deployment, _ = cloud.run(program(vpc, Limits(start_deadline=900)))
    policy = deployment.one("RolePolicy", "jobs-supervisor").inputs["policy"]
    assert set(re.findall(rf"arn:aws:ecs:[^:]*:{ACCOUNT}:task/[\w-]+", policy)) == {MADE.replace(":cluster/", ":task/")}
    item = deployment.one("TableItem", "cleanup").inputs["item"]
    assert set(re.findall(rf"arn:aws:ecs:[^:]*:{ACCOUNT}:cluster/[\w-]+", item)) == {MADE}
    [group_id] = set(re.findall(r"sg-[0-9a-f]+", item))
    assert cloud.client("ec2").describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]["VpcId"] == vpc


WORDS = "must be 1 to 255 letters, digits, hyphens and underscores"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"name": "a" * 256}, f"`name` of `FargateClusterArgs`: '{'a' * 256}' has 256 characters; {WORDS}"),
        ({"name": "a.b"}, f"`name` of `FargateClusterArgs`: 'a.b' has 3 characters; {WORDS}"),
        (
            {"container_insights": "on"},
            "`container_insights` of `FargateClusterArgs`: 'on' must be one of: enhanced, enabled, disabled",
        ),
    ],
    ids=["too long", "a dot", "another word"],
)
def test_arguments_that_ecs_would_refuse(args: dict[str, Any], message: str) -> None:
    """The error names the argument, before anything is declared."""
    with pytest.raises(pulumi.RunError) as error:
        cluster(**args)
    assert str(error.value) == message
