"""What reading the capacity providers of an account asks IAM, and the policy that allows it."""

from __future__ import annotations

from typing import Any

import pytest

from doctor.account import Account
from emulator.iam.policy_evaluation import Request, evaluate
from tests import permissions
from tests.components.asked import asking
from tests.components.test_permissions_calls import CLOUD_CONTROL, REGION, look_up, make_platform
from tests.permissions import CAPACITY, LOOK, PREVIEW, STACK

GROUP = f"arn:aws:autoscaling:{REGION}:{STACK['account']}:autoScalingGroup:0a:autoScalingGroupName/machines"


@pytest.fixture(scope="module")
def asked() -> dict[str, list[Request]]:
    """Return what is asked when a preview and doctor read the capacity of a placement on EC2."""
    with asking() as questions:
        deployed = questions.deployed
        place: dict[str, Any] = {}
        questions.prepare(lambda: place.update(make_platform(deployed)))
        ecs, provider = deployed.clients.get("ecs", REGION), STACK["capacity-provider"]
        ecs.create_capacity_provider(name=provider, autoScalingGroupProvider={"autoScalingGroupArn": GROUP})
        ecs.put_cluster_capacity_providers(
            cluster=STACK["cluster"], capacityProviders=[provider], defaultCapacityProviderStrategy=[]
        )
        account = Account(lambda service, _region: deployed.clients.get(service, REGION))
        own = {"default": {**place, "capacity": {provider: 1}}}
        previewed = questions.about(lambda: look_up(deployed, placements=own))
        examined = questions.about(lambda: account.capacity_providers(STACK["cluster"], [provider]))
        return {PREVIEW: [CLOUD_CONTROL, *previewed], LOOK: examined}


@pytest.mark.parametrize("title", [PREVIEW, LOOK])
def test_the_policy_is_what_reading_capacity_providers_needs(asked: dict[str, list[Request]], title: str) -> None:
    """With it every call is allowed, and without it that one alone is not."""
    own, more = permissions.policy(title), permissions.policy(CAPACITY)
    refused = {one.action for one in asked[title] if not evaluate(one, [own]).allowed}
    assert refused == {"ecs:DescribeCapacityProviders"}
    assert [one for one in asked[title] if not evaluate(one, [own, more]).allowed] == []
