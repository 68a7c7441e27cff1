"""SimulatePrincipalPolicy says what a role's policies decide, as they decide when the role makes the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.emulator.world import (
    ACCOUNT,
    CLUSTER,
    DEAD,
    DEFINITION,
    LAUNCH_ROLE,
    TASK_ROLE,
    WATCH_ROLE,
    client,
    client_as,
    document,
    refusal,
)

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
PASSED = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}


def simulated(action: str, *resources: str, **context: str) -> dict[str, Any]:
    """Return the result for an action of the launch role; two underscores in a key stand for a colon."""
    entries = [
        {"ContextKeyName": key.replace("__", ":"), "ContextKeyType": "string", "ContextKeyValues": [value]}
        for key, value in context.items()
    ]
    given = {"ResourceArns": list(resources)} if resources else {}
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=LAUNCH_ROLE, ActionNames=[action], ContextEntries=entries, **given
    )
    assert answer["IsTruncated"] is False
    [result] = answer["EvaluationResults"]
    found: dict[str, Any] = result
    return found


def decisions(found: dict[str, Any]) -> list[str]:
    """Return the decision for each resource, and last the one for all."""
    return [*(one["EvalResourceDecision"] for one in found["ResourceSpecificResults"]), found["EvalDecision"]]


def deny(action: str) -> None:
    """Deny the launch role an action."""
    denied = document({"Effect": "Deny", "Action": action, "Resource": "*"})
    client("iam").put_role_policy(RoleName="launch", PolicyName="deny", PolicyDocument=denied)


def test_decision_for_each_resource(world: World) -> None:
    """Each resource has its decision; the result's own is the strictest of them."""
    del world
    found = simulated("sqs:SendMessage", DEAD, f"{DEAD}-other")
    assert decisions(found) == ["allowed", "implicitDeny", "implicitDeny"]
    assert [one["EvalResourceName"] for one in found["ResourceSpecificResults"]] == [DEAD, f"{DEAD}-other"]
    deny("sqs:*")
    assert decisions(simulated("sqs:SendMessage", DEAD)) == ["explicitDeny", "explicitDeny"]


def test_without_a_resource(world: World) -> None:
    """Without resources the action is judged on all of them, and there is no result for one."""
    del world
    found = simulated("sqs:SendMessage")
    assert (found["EvalDecision"], found.get("ResourceSpecificResults", [])) == ("implicitDeny", [])


def test_conditions(world: World) -> None:
    """A condition is met by the given context. A key without a value is named where AWS names it."""
    del world
    assert decisions(simulated("ecs:RunTask", DEFINITION, ecs__cluster=CLUSTER)) == ["allowed"] * 2
    assert decisions(simulated("ecs:RunTask", DEFINITION, ecs__cluster=f"{CLUSTER}-2"))[0] == "implicitDeny"
    found = simulated("ecs:RunTask", DEFINITION)
    assert found["MissingContextValues"] == []
    assert found["ResourceSpecificResults"][0]["MissingContextValues"] == ["ecs:cluster"]
    assert simulated("ecs:RunTask")["MissingContextValues"] == ["ecs:cluster"]


def test_boundary(world: World) -> None:
    """A boundary takes away what it does not allow, and the result says that it was the boundary."""
    del world
    assert "PermissionsBoundaryDecisionDetail" not in simulated("sqs:SendMessage", DEAD)
    limit = document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
    client("iam").create_policy(PolicyName="boundary", PolicyDocument=limit)
    client("iam").put_role_permissions_boundary(RoleName="launch", PermissionsBoundary=BOUNDARY)
    sent = simulated("sqs:SendMessage", DEAD)
    passed = simulated("iam:PassRole", TASK_ROLE, iam__PassedToService="ecs-tasks.amazonaws.com")
    assert [decisions(sent)[0], decisions(passed)[0]] == ["allowed", "implicitDeny"]
    for found, allowed in ((sent, True), (passed, False)):
        for result in (found, *found["ResourceSpecificResults"]):
            assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": allowed}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PolicySourceArn": f"{LAUNCH_ROLE}-2"}, "NoSuchEntity"),
        ({"PolicySourceArn": "launch-role-of-the-job"}, "InvalidInput"),
        ({"ResourcePolicy": document()}, "InvalidInput"),
    ],
)
def test_refused(world: World, changed: dict[str, str], code: str) -> None:
    """A role that does not exist, and what the sandbox cannot play, is refused."""
    del world
    request = {"PolicySourceArn": LAUNCH_ROLE, "ActionNames": ["sqs:SendMessage"], **changed}
    assert refusal(lambda: client("iam").simulate_principal_policy(**request))[0] == code


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [("ec2", "describe_subnets", "UnauthorizedOperation"), ("iam", "list_roles", "AccessDenied")],
)
def test_codes_of_refusals(world: World, service: str, call: str, code: str) -> None:
    """EC2 and IAM refuse a role with codes of their own."""
    keys = world.aws.identities.credentials(WATCH_ROLE)
    assert refusal(getattr(client_as(keys, service), call))[0] == code
