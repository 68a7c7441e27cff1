"""CloudFormation's schemas and rules, as cfn-lint publishes them, accept every resource that the components declare."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from components.subscriptions import Endpoint
from tests.components import cloudformation
from tests.components.embedded import REGION
from tests.components.stacks import BOUNDARY, ON_CALL, PLACE, group, job, schedule
from tests.components.watching import LIMITS, LOG_GROUPS, watched_group

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import Deployment, EmbeddedCloud

ANYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
WHEN: dict[str, Any] = {
    "start": datetime(2027, 1, 1, tzinfo=UTC),
    "end": datetime(2028, 1, 1, tzinfo=UTC),
    "window": 15,
}
ENDPOINTS = [
    ON_CALL,
    Endpoint(protocol="email", to="finance@example.com", owners=["finance"], classes=["missed", "failed"]),
    Endpoint(protocol="https", to="https://hooks.example.com/alerts"),
    Endpoint(protocol="sqs", to=f"arn:aws:sqs:{PLACE}:inbox", severities=["critical"], jobs=["a"]),
]


def jobs(of: Callable[[], Any]) -> Callable[[], None]:
    """Return a program with jobs of every kind in a group."""

    def program() -> None:
        made = of()
        if made.supervisor is not None:
            job(made, schedule(limits=LIMITS), log_groups=LOG_GROUPS, name="limited")
        job(made, log_groups=LOG_GROUPS, name="daily")
        job(made, schedule("rate(5 minutes)", key="often", **WHEN), schedule("at(2027-12-31T23:00:00)", key="once"))

    return program


GROUPS = {
    "with a watch": lambda: watched_group({"retain_ledger": True}, endpoints=ENDPOINTS, permissions_boundary=BOUNDARY),
    "with a supervisor": lambda: watched_group(supervised=True),
    "without": lambda: group(endpoints=ENDPOINTS),
}


def found(template: str) -> list[str]:
    """Return what cfn-lint finds: errors and warnings, with their rules and places."""
    matches = lint(template, config=ManualArgs(regions=[REGION]))
    return [f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}" for match in matches]


@pytest.fixture
def deployment(cloud: EmbeddedCloud, request: pytest.FixtureRequest) -> Deployment:
    """Return what a program declares."""
    cloud.client("sqs").create_queue(QueueName="inbox")
    cloud.client("iam").create_policy(PolicyName="boundary", PolicyDocument=ANYTHING)
    return cloud.run(jobs(request.param))[0]


@pytest.mark.parametrize("deployment", GROUPS.values(), ids=GROUPS, indirect=True)
def test_no_finding(deployment: Deployment) -> None:
    """Every property exists, and has a type, a length, a pattern and a value that CloudFormation accepts."""
    assert found(cloudformation.template(deployment)) == []


WITHOUT_EFFECT = {"Version": "2012-10-17", "Statement": [{"Action": "sqs:SendMessage", "Resource": "*"}]}
MISTAKES: list[tuple[str, str, object]] = [
    ("AWS::Events::Rule", "Delay", 5),
    ("AWS::IAM::RolePolicy", "PolicyDocument", WITHOUT_EFFECT),
    ("AWS::SQS::Queue", "MessageRetentionPeriod", 1),
    ("AWS::Scheduler::Schedule", "State", "PAUSED"),
    ("AWS::Scheduler::ScheduleGroup", "Name", "a b"),
]
"""An unknown property, a statement without an effect, a number out of range, an unknown value, and a letter."""


@pytest.mark.parametrize("deployment", [group], ids=[""], indirect=True)
def test_judge(deployment: Deployment) -> None:
    """The judge finds each mistake in a template that is otherwise right."""
    template = json.loads(cloudformation.template(deployment))
    broken = []
    for kind, name, value in MISTAKES:
        broken.append(next(key for key, one in template["Resources"].items() if one["Type"] == kind))
        template["Resources"][broken[-1]]["Properties"][name] = value
    findings = found(json.dumps(template))
    assert [key for key in broken if not any(f" Resources/{key}/Properties" in finding for finding in findings)] == []
