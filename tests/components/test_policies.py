"""Tests that AWS knows everything in the policies of a deployed stack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from components.subscriptions import Endpoint
from supervision.limits import Limits
from tests import iam_linter
from tests.components.embedded import ACCOUNT, REGION
from tests.components.stacks import program, schedule
from tests.components.test_work_places import worker
from tests.components.watching import supervised_program, watched_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.components.embedded import Deployment, EmbeddedCloud

ENDPOINTS = [
    Endpoint(protocol="email", to="ops@example.com"),
    Endpoint(protocol="sqs", to=f"arn:aws:sqs:{REGION}:{ACCOUNT}:pager"),
]
PROGRAMS = {
    "with a watch": (
        watched_program(endpoints=ENDPOINTS),
        {
            ("Role", "assumeRolePolicy", "jobs-watch"),
            ("Role", "assumeRolePolicy", "nightly-report"),
            ("QueuePolicy", "policy", "jobs-dead-letters"),
            ("QueuePolicy", "policy", "jobs-given-up"),
            ("RolePolicy", "policy", "jobs-watch"),
            ("RolePolicy", "policy", "nightly-report"),
            ("TopicPolicy", "policy", "jobs-alerts"),
            ("TopicPolicy", "policy", "jobs-problems"),
        },
    ),
    "with a supervisor": (
        supervised_program(schedule(limits=Limits(start_deadline=900, run_revision="service")), service="web"),
        {
            ("Role", "assumeRolePolicy", "jobs-supervisor"),
            ("Role", "assumeRolePolicy", "jobs-watch"),
            ("Role", "assumeRolePolicy", "nightly-report"),
            ("QueuePolicy", "policy", "jobs-dead-letters"),
            ("QueuePolicy", "policy", "jobs-given-up"),
            ("QueuePolicy", "policy", "jobs-launches"),
            ("RolePolicy", "policy", "jobs-supervisor"),
            ("RolePolicy", "policy", "jobs-watch"),
            ("RolePolicy", "policy", "nightly-report"),
            ("TopicPolicy", "policy", "jobs-alerts"),
            ("TopicPolicy", "policy", "jobs-problems"),
        },
    ),
    "with workers": (
        worker(),
        {
            ("Role", "assumeRolePolicy", "jobs-supervisor"),
            ("Role", "assumeRolePolicy", "jobs-watch"),
            ("Role", "assumeRolePolicy", "refresh-cache"),
            ("QueuePolicy", "policy", "jobs-dead-letters"),
            ("QueuePolicy", "policy", "jobs-given-up"),
            ("QueuePolicy", "policy", "jobs-launches"),
            ("QueuePolicy", "policy", "jobs-work-web"),
            ("RolePolicy", "policy", "jobs-supervisor"),
            ("RolePolicy", "policy", "jobs-watch"),
            ("RolePolicy", "policy", "refresh-cache"),
            ("TopicPolicy", "policy", "jobs-alerts"),
            ("TopicPolicy", "policy", "jobs-problems"),
        },
    ),
    "without a watch": (
        program(group_args={"endpoints": ENDPOINTS}),
        {
            ("QueuePolicy", "policy", "jobs-dead-letters"),
            ("QueuePolicy", "policy", "jobs-given-up"),
            ("Role", "assumeRolePolicy", "nightly-report"),
            ("RolePolicy", "policy", "nightly-report"),
            ("TopicPolicy", "policy", "jobs-alerts"),
        },
    ),
}


@pytest.mark.parametrize(("declared", "expected"), PROGRAMS.values(), ids=PROGRAMS)
def test_aws_knows_every_action_resource_and_condition_key(
    cloud: EmbeddedCloud, declared: Callable[[], object], expected: set[tuple[str, str, str]]
) -> None:
    """Each action exists, AWS asks for it on each resource beside it, and it has each condition key."""
    deployment, _ = cloud.run(declared)
    found = dict(policies(deployment))
    assert found.keys() == expected
    assert {where: iam_linter.mistakes(policy) for where, policy in found.items()} == {key: [] for key in expected}


def policies(deployment: Deployment) -> Iterator[tuple[tuple[str, str, str], dict[str, Any]]]:
    """Return every input that is a policy, with its type, property and resource."""
    for one in deployment.declared:
        for name, value in one.inputs.items():
            if isinstance(value, str) and '"Statement"' in value:
                yield (one.type.rpartition(":")[2], name, one.name), json.loads(value)
