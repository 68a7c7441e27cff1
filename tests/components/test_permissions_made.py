"""What the deployment of clusters and security groups that placements make asks IAM, and the policy that allows it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from components import EgressOnlyGroup, EgressOnlyGroupArgs, FargateCluster, FargateClusterArgs
from emulator.iam.policy_evaluation import Request, evaluate
from tests import permissions
from tests.components.asked import asking
from tests.components.test_permissions_calls import REGION
from tests.permissions import MADE_DEPLOY, PREVIEW, STACK, arn, ask, listed, refused, spare
from watch.names import GROUP_TAG

if TYPE_CHECKING:
    from tests.permissions import Policy

OWN = {GROUP_TAG: STACK["group"]}


def program(vpc: str, *, insights: str, tags: dict[str, str]) -> None:
    """Declare what a placement makes; every argument changes some resource."""
    tags = {**OWN, **tags}
    FargateCluster("own", FargateClusterArgs(name=STACK["own-cluster"], container_insights=insights, tags=tags))
    EgressOnlyGroup("own", EgressOnlyGroupArgs(vpc_id=vpc, name=STACK["own-cluster"], tags=tags))


@pytest.fixture(scope="module")
def asked() -> list[Request]:
    """Deploy, change, read and remove both, and return what IAM is asked. The VPC has the id that the page has."""
    with asking() as questions:
        deployed = questions.deployed
        vpc = deployed.clients.get("ec2", REGION).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        found = questions.about(
            partial(deployed.up, partial(program, vpc, insights="enabled", tags={"team": "data"})),
            partial(deployed.up, partial(program, vpc, insights="enhanced", tags={"unit": "data"})),
            deployed.refresh,
            deployed.destroy,
        )
        return [Request(one.action, one.resource.replace(vpc, STACK["vpc"]), one.context) for one in found]


def test_what_is_asked(asked: list[Request]) -> None:
    """A creation is about the tags that it gives, and all later calls on a group are about those that it has."""
    own = f"cluster/{STACK['own-cluster']}"
    ecs = {(one.action[4:], one.resource.split(":", 5)[-1]) for one in asked if one.action.startswith("ecs:")}
    assert ecs == {
        (action, own)
        for action in (
            *("CreateCluster", "DeleteCluster", "DescribeClusters", "PutClusterCapacityProviders"),
            *("TagResource", "UntagResource", "UpdateCluster"),
        )
    }
    group = STACK["group"]
    first, second = ({GROUP_TAG: group, key: "data"} for key in ("team", "unit"))

    def of(action: str) -> list[dict[str, str]]:
        """Return the contexts of the requests for an action, without what the keys are about."""
        contexts = [one.context for one in asked if one.action == f"ec2:{action}"]
        return [{key.partition("/")[2] or key: listed(value)[0] for key, value in one.items()} for one in contexts]

    assert of("CreateSecurityGroup") == [first, {}]
    assert of("AuthorizeSecurityGroupEgress") == of("RevokeSecurityGroupEgress") == [first]
    assert of("CreateTags") == [{"ec2:CreateAction": "CreateSecurityGroup"}, {GROUP_TAG: group}]
    assert of("DeleteTags") == [first]
    assert of("DeleteSecurityGroup") == [second]
    assert of("DescribeNetworkInterfaces") == [{}]


def held() -> list[Policy]:
    """Return the policies of who deploys; the placement's cluster is one of those that previews read."""
    return [permissions.policy(PREVIEW, cluster=STACK["own-cluster"]), permissions.policy(MADE_DEPLOY)]


def test_who_deploys_may_make_every_call(asked: list[Request]) -> None:
    """The whole life of both is allowed."""
    assert refused(held(), asked) == {}


def test_every_action_of_every_statement_is_needed(asked: list[Request]) -> None:
    """Without any one action of one statement, some call is refused."""
    preview, _ = held()
    assert spare(MADE_DEPLOY, [preview], asked) == []


GROUP, CLUSTER = "security-group/sg-0a000000000000001", f"cluster/{STACK['own-cluster']}"
TAG = f"aws:ResourceTag/{GROUP_TAG}"
MINE, OTHERS = {TAG: STACK["group"]}, {TAG: "scheduled-jobs-staging"}
NEAR_MISSES = {
    "the cluster of a team": ask("ecs:DeleteCluster", "cluster/production"),
    "a cluster whose name begins alike": ask("ecs:DeleteCluster", f"{CLUSTER}-2"),
    "a cluster of another name": ask("ecs:CreateCluster", "cluster/another"),
    "a group without a tag": ask("ec2:DeleteSecurityGroup", GROUP),
    "a group of another stack": Request("ec2:DeleteSecurityGroup", arn("ec2", GROUP), OTHERS),
    "a rule of a group of another stack": Request("ec2:AuthorizeSecurityGroupEgress", arn("ec2", GROUP), OTHERS),
    "a door into a group": Request("ec2:AuthorizeSecurityGroupIngress", arn("ec2", GROUP), MINE),
    "the tags of another group": ask("ec2:CreateTags", GROUP),
    "a new group without the tag": ask("ec2:CreateSecurityGroup", GROUP),
    "another VPC": ask("ec2:CreateSecurityGroup", "vpc/vpc-0b000000000000001"),
}


@pytest.mark.parametrize("near", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_near_misses(near: Request) -> None:
    """Clusters and groups of others, doors for callers, and other networks stay out of reach."""
    assert not evaluate(near, held()).allowed


def test_what_is_just_within_reach() -> None:
    """The near misses differ from these in one thing."""
    within = [
        ask("ecs:DeleteCluster", CLUSTER),
        Request("ec2:DeleteSecurityGroup", arn("ec2", GROUP), MINE),
        Request("ec2:AuthorizeSecurityGroupEgress", arn("ec2", GROUP), MINE),
        Request("ec2:CreateTags", arn("ec2", GROUP), MINE),
        Request("ec2:CreateSecurityGroup", arn("ec2", GROUP), {f"aws:RequestTag/{GROUP_TAG}": STACK["group"]}),
        ask("ec2:CreateSecurityGroup", f"vpc/{STACK['vpc']}"),
    ]
    assert refused(held(), within) == {}
