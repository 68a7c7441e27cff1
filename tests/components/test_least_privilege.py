"""Tests that a launch role can launch only its job, with the policies that it has in the embedded AWS."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from emulator.gateway.gateway import AwsError, Call
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from emulator.scheduler import universal_target
from tests.components.embedded import ACCOUNT, REGION, EmbeddedCloud, register
from tests.components.stacks import BOUNDARY, CLUSTER, PLACE, program

STATEMENTS = ("RunTask", "TagTask", "KeepDeadLetter", "PassTaskRoles")
DELIVERIES = itertools.count()


class Launcher:
    """A deployed job's schedule, and the calls that its role makes."""

    def __init__(self, cloud: EmbeddedCloud, **args: Any) -> None:  # noqa: ANN401
        """Deploy a job."""
        cloud.run(program(**args))
        self._cloud = cloud
        found = cloud.client("scheduler").get_schedule(GroupName="jobs-staging", Name="nightly-report")
        self.target = found["Target"]
        self.role: str = self.target["RoleArn"]
        self.role_name = self.role.rpartition("/")[2]

    def launch(self, **changes: Any) -> None:  # noqa: ANN401
        """Make the schedule's call with the role and these changes; AwsError when the role is denied."""
        params = {**universal_target.read(self.target).params, **changes}
        params["clientToken"] = f"delivery-{next(DELIVERIES)}"
        call = Call("ecs", "RunTask", params, ACCOUNT, REGION, "aws")
        self._cloud.embedded.tasks.run_task(call, principal=self.role)

    def bury(self, queue: str = "jobs-staging-dead-letters") -> None:
        """Send a message to a queue with the role, as Scheduler does with a launch that it gave up."""
        roles.authorize(self.role, Request("sqs:SendMessage", f"arn:aws:sqs:{PLACE}:{queue}"))

    def policy(self) -> dict[str, Any]:
        """Return the role's only policy."""
        iam = self._cloud.client("iam")
        assert iam.list_role_policies(RoleName=self.role_name)["PolicyNames"] == ["launch"]
        assert iam.list_attached_role_policies(RoleName=self.role_name)["AttachedPolicies"] == []
        found: dict[str, Any] = iam.get_role_policy(RoleName=self.role_name, PolicyName="launch")["PolicyDocument"]
        return found

    def remove(self, sid: str) -> None:
        """Remove one statement from the role's policy."""
        policy = self.policy()
        kept = [statement for statement in policy["Statement"] if statement["Sid"] != sid]
        assert len(kept) == len(policy["Statement"]) - 1
        self._cloud.client("iam").put_role_policy(
            RoleName=self.role_name, PolicyName="launch", PolicyDocument=json.dumps({**policy, "Statement": kept})
        )


def test_launches_its_job(cloud: EmbeddedCloud) -> None:
    """The role launches the job at any latest revision, and sends launches that were given up to the queue."""
    launcher = Launcher(cloud)
    launcher.launch()
    register(cloud, "web", {"app": True})
    launcher.launch()
    launcher.bury()


def test_has_only_tested_statements(cloud: EmbeddedCloud) -> None:
    """Each statement allows one action by its name, and the removal of each statement is tested."""
    statements = Launcher(cloud).policy()["Statement"]
    assert sorted(statement["Sid"] for statement in statements) == sorted(STATEMENTS)
    assert all(isinstance(statement["Action"], str) and "*" not in statement["Action"] for statement in statements)


@pytest.mark.parametrize("sid", STATEMENTS)
def test_needs_every_statement(cloud: EmbeddedCloud, sid: str) -> None:
    """Without any one of its statements, the role cannot launch or cannot send to the queue."""
    launcher = Launcher(cloud)
    launcher.remove(sid)
    with pytest.raises(AwsError, match="is not authorized to perform"):  # noqa: PT012 - either is the loss
        launcher.launch()
        launcher.bury()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another family": ({"taskDefinition": "other"}, "ecs:RunTask on resource: .*task-definition/other:1 "),
    "another cluster": ({"cluster": "production"}, "ecs:RunTask on resource: .*task-definition/web:2 "),
    "another task role": (
        {"overrides": {"taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/other"}},
        "iam:PassRole on resource: .*role/other ",
    ),
    "another execution role": (
        {"overrides": {"executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/other"}},
        "iam:PassRole on resource: .*role/other ",
    ),
}


@pytest.mark.parametrize(("changes", "refused"), REFUSED.values(), ids=REFUSED)
def test_launches_nothing_else(cloud: EmbeddedCloud, changes: dict[str, Any], refused: str) -> None:
    """Another family, cluster or role is refused, and the refusal names it."""
    launcher = Launcher(cloud)
    with pytest.raises(AwsError, match=refused):
        launcher.launch(**changes)


def test_launches_no_other_revision_when_pinned(cloud: EmbeddedCloud) -> None:
    """A job with a pinned revision can launch only that revision."""
    launcher = Launcher(cloud, task_definition="web:1")
    launcher.launch()
    with pytest.raises(AwsError, match="task-definition/web:2 "):
        launcher.launch(taskDefinition="web:2")


def test_writes_to_no_other_queue(cloud: EmbeddedCloud) -> None:
    """The role may send only to the dead-letter queue."""
    with pytest.raises(AwsError, match="sqs:SendMessage"):
        Launcher(cloud).bury("other")


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ecs:StopTask", f"arn:aws:ecs:{PLACE}:task/staging/0af3"),
        ("ecs:TagResource", f"arn:aws:ecs:{PLACE}:cluster/staging"),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/task"),
    ],
    ids=["stop", "tag a cluster", "pass a role to another service"],
)
def test_does_nothing_else(cloud: EmbeddedCloud, action: str, resource: str) -> None:
    """The role does not have related permissions."""
    context = {"iam:PassedToService": "lambda.amazonaws.com", "ecs:CreateAction": "RunTask", "ecs:cluster": CLUSTER}
    with pytest.raises(AwsError, match="is not authorized"):
        roles.authorize(Launcher(cloud).role, Request(action, resource, context))


def test_is_bounded(cloud: EmbeddedCloud) -> None:
    """A permissions boundary that does not allow launches prevents them."""
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    cloud.client("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(policy))
    launcher = Launcher(cloud, group_args={"permissions_boundary": BOUNDARY})
    launcher.bury()
    with pytest.raises(AwsError, match="permissions boundary"):
        launcher.launch()


GROUP = f"arn:aws:scheduler:{PLACE}:schedule-group/jobs-staging"
CALLERS: dict[str, tuple[str, str, str, bool]] = {
    "its own schedule group": ("scheduler.amazonaws.com", ACCOUNT, GROUP, True),
    "another schedule group": ("scheduler.amazonaws.com", ACCOUNT, f"{GROUP}2", False),
    "another account's group": (
        "scheduler.amazonaws.com",
        "444455556666",
        f"arn:aws:scheduler:{REGION}:444455556666:schedule-group/jobs-staging",
        False,
    ),
    "another account in the name of this group": ("scheduler.amazonaws.com", "444455556666", GROUP, False),
    "another service": ("events.amazonaws.com", ACCOUNT, GROUP, False),
}


@pytest.mark.parametrize(("service", "account", "source", "allowed"), CALLERS.values(), ids=CALLERS)
def test_trusts_its_own_group_only(
    cloud: EmbeddedCloud, service: str, account: str, source: str, *, allowed: bool
) -> None:
    """Only Scheduler, for a schedule of this group in this account, may assume the role."""
    context = {"aws:SourceAccount": account, "aws:SourceArn": source}
    assert roles.assume(Launcher(cloud).role, service, context).allowed is allowed
