"""Placements that make their cluster or their security group: what is looked up for them, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import placements
import settings
from components import PlacementArgs
from placements.placement import NewCluster
from plan import PlannedJob
from settings import Problems
from settings.job import Job
from tests.components.embedded import ACCOUNT
from tests.components.placing import SERVICE, WEB, deny, look_up, placed
from tests.components.stacks import PLACE, PLACEMENT, TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from placements import Placement
    from tests.components.embedded import Deployment, EmbeddedCloud

OWN = {"taskDefinition": "web", "subnets": ["subnet-0a"]}
MADE = f"arn:aws:ecs:{PLACE}:cluster/jobs-staging-a"
NEW = {"cluster_arn": MADE, "new_cluster": NewCluster("jobs-staging-a", "enabled")}


def vpc_of(cloud: EmbeddedCloud, subnet: str) -> str:
    """Return the VPC of a subnet."""
    return str(cloud.client("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"])


def test_makes_a_cluster(cloud: EmbeddedCloud) -> None:
    """A placement that names none makes one, whose ARN is made of names; nothing is asked of ECS about it."""
    assert look_up(cloud, OWN) == (placed(**{**WEB, **NEW}), [])
    enhanced = {**NEW, "new_cluster": NewCluster("jobs-staging-a", "enhanced")}
    assert look_up(cloud, {**OWN, "containerInsights": "enhanced"}) == (placed(**{**WEB, **enhanced}), [])


def test_says_that_it_makes_one(cloud: EmbeddedCloud) -> None:
    """A forgotten key would make a cluster too, so a note names the key and the cluster."""
    problems = Problems()
    config = settings.parse({"placements": {"batch": OWN}, "schedules": {}}, problems)
    cloud.run(lambda: placements.look_up(placements.Lookups(), config, "jobs-staging", problems, {}))
    [note] = problems.notes
    assert str(note) == (
        "scheduled-jobs:placements.batch.cluster: is not set, so this placement makes the cluster "
        "'jobs-staging-batch', with container insights enabled"
    )


def test_needs_the_account_for_a_cluster(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials that say whose they are, it is a mistake."""
    deny(monkeypatch, "sts:GetCallerIdentity", hint="The security token is invalid")
    assert look_up(cloud, OWN) == (
        None,
        [
            (
                "cluster: is not set, and the account in which to make one is not known: reading STS Caller Identity "
                "(): AccessDenied: The security token is invalid"
            )
        ],
    )


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({**OWN, "cluster": "staging"}, {}),
        (OWN, NEW),
        ({"service": SERVICE}, {"subnets": ["subnet-0a", "subnet-0b"], "service": "web"}),
        ({"service": SERVICE, "subnets": ["subnet-0a"]}, {"service": "web"}),
    ],
    ids=["of a named cluster", "of its own cluster", "of a service", "of a service, with other subnets"],
)
def test_makes_a_security_group(cloud: EmbeddedCloud, place: dict[str, Any], expected: dict[str, Any]) -> None:
    """It is made in the VPC of the subnets, also of a service's, whose own groups do not count."""
    found, messages = look_up(cloud, {**place, "securityGroups": "egress-only"})
    of_service = {"containers": found.definition.containers, "container": found.definition.container}
    values = {**WEB, **of_service, **expected, "new_group_in": vpc_of(cloud, "subnet-0a")}
    assert (found, messages) == (placed(**values), [])


def test_needs_the_subnets_for_a_security_group(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may not look up the subnets is told the permission: without the VPC there is no group."""
    deny(monkeypatch, "ec2:DescribeSubnets")
    who = f"arn:aws:iam::{ACCOUNT}:user/u"
    _, messages = look_up(cloud, {**OWN, "securityGroups": "egress-only"})
    assert messages == [
        (
            "securityGroups: 'egress-only': the VPC of the subnets must be known: the permission ec2:DescribeSubnets "
            f"is missing: reading EC2 Subnet (subnet-0a): UnauthorizedOperation: User: {who} is not authorized to "
            "perform: ec2:DescribeSubnets on resource: *"
        ),
        "warning: subnets: 'subnet-0a': existence and VPC not checked: the permission ec2:DescribeSubnets is missing",
    ]


def test_reports_what_is_wrong_with_the_subnets_once(cloud: EmbeddedCloud) -> None:
    """Subnets of several VPCs are one mistake, and no second one about the group."""
    place = {**OWN, "subnets": ["subnet-0a", "subnet-ff"], "securityGroups": "egress-only"}
    _, [message] = look_up(cloud, place)
    assert message.startswith("subnets: are in several VPCs")


def make(cloud: EmbeddedCloud, found: Mapping[str, Placement], *jobs: PlannedJob) -> tuple[Deployment, Any]:
    """Make what placements make, for jobs whose places are those of the tests."""
    places = {one.job.name: PlacementArgs(**PLACEMENT) for one in jobs}
    return cloud.run(lambda: placements.make(found, jobs, places, "jobs-staging", TAGS))


def planned(name: str, placement: str) -> PlannedJob:
    """Return a job on a placement."""
    return PlannedJob(job=Job(name=name, command=["true"], owner="data"), where="", placement=placement, schedules=())


def test_two_jobs_share_what_their_placement_makes(cloud: EmbeddedCloud) -> None:
    """Cluster and group are made once, with the tags of the stack and one more; the jobs' places have their outputs."""
    vpc = str(cloud.client("ec2").create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"])
    found = {
        "a": placed(**{**WEB, **NEW, "new_group_in": vpc}),
        "b": placed(**WEB),
        "idle": placed(**{**WEB, **NEW, "new_cluster": NewCluster("jobs-staging-idle", "disabled")}),
    }
    deployment, places = make(cloud, found, planned("one", "a"), planned("two", "a"), planned("three", "b"))
    tags = {**TAGS, "scheduled-jobs:group": "jobs-staging"}
    assert {one.name: one.inputs["tags"] for one in deployment.of("/cluster:Cluster")} == {"a": tags, "idle": tags}
    assert {one.name: one.inputs["settings"][0]["value"] for one in deployment.of("/cluster:Cluster")} == {
        "a": "enabled",
        "idle": "disabled",
    }
    [group] = deployment.of("/securityGroup:SecurityGroup")
    assert (group.name, group.inputs["vpcId"], group.inputs["tags"]) == ("jobs-staging-a", vpc, tags)
    assert places["one"].cluster_arn is places["two"].cluster_arn
    assert places["one"].security_groups is places["two"].security_groups
    assert places["three"] == PlacementArgs(**PLACEMENT)
