"""RunTask and StopTask of a role, such as one that a function has assumed, are judged by the role's own policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.fault_injection.faults import Fault, Kind, Refusal
from tests.processes.emulator.world import (
    CLUSTER,
    GROUP,
    LAUNCH_ROLE,
    NETWORK,
    POLICY,
    REGION,
    Host,
    assumed,
    client,
    client_as,
    document,
    refusal,
)

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

TAGS = [{"key": "scheduled-jobs:group", "value": GROUP}, {"key": "job", "value": "report"}]
REQUEST: dict[str, Any] = {
    "cluster": "main",
    "taskDefinition": "app",
    "group": f"{GROUP}:report",
    "networkConfiguration": NETWORK,
    "tags": TAGS,
}
STOP: dict[str, Any] = {
    "Effect": "Allow",
    "Action": "ecs:StopTask",
    "Resource": f"{CLUSTER.replace(':cluster/', ':task/')}/*",
    "Condition": {
        "StringEquals": {"aws:ResourceTag/scheduled-jobs:group": GROUP},
        "ArnEquals": {"ecs:cluster": CLUSTER},
    },
}


@pytest.fixture
def host() -> Host:
    """Return a host whose tasks run on."""
    return Host(exit_code=None)


@pytest.fixture
def ecs(world: World) -> Any:  # noqa: ANN401 - as boto3 gives it
    """Return a client with the keys of the launch role, which a function has assumed."""
    del world
    client("iam").update_assume_role_policy(
        RoleName="launch",
        PolicyDocument=document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
    )
    return client_as(assumed(client("sts"), LAUNCH_ROLE), "ecs")


def test_launched(world: World, ecs: Any) -> None:  # noqa: ANN401 - see above
    """The role launches what its policy allows."""
    (task,) = ecs.run_task(**REQUEST)["tasks"]
    assert [started.arn for started in world.host.started] == [task["taskArn"]]


@pytest.mark.parametrize("missing", sorted(POLICY.keys() - {"SendMessage"}))
def test_each_statement_is_needed(world: World, ecs: Any, missing: str) -> None:  # noqa: ANN401 - see above
    """Without one of the statements for a launch nothing starts, and the refusal names role, action and resource."""
    world.allow(*(POLICY.keys() - {missing}))
    code, message = refusal(lambda: ecs.run_task(**REQUEST))
    assert code == "AccessDeniedException"
    assert f"User: {LAUNCH_ROLE} is not authorized to perform: {POLICY[missing]['Action']} on resource: arn:" in message
    assert world.host.started == []


def test_another_cluster(world: World, ecs: Any) -> None:  # noqa: ANN401 - see above
    """The condition on the cluster holds."""
    client("ecs").create_cluster(clusterName="other")
    code, message = refusal(lambda: ecs.run_task(**{**REQUEST, "cluster": "other"}))
    assert (code, "ecs:RunTask" in message) == ("AccessDeniedException", True)
    assert world.host.started == []


def test_staged_failure(world: World, ecs: Any) -> None:  # noqa: ANN401 - see above
    """A staged failure of a launch concerns a launch by a role, and none by an operator."""
    fault = Fault(Kind.LAUNCH, "report", refusal=Refusal.THROTTLE)
    world.aws.faults.stage(fault)
    client("ecs").run_task(**REQUEST)
    assert refusal(lambda: ecs.run_task(**REQUEST))[0] == "ThrottlingException"
    assert len(ecs.run_task(**REQUEST)["tasks"]) == 1
    world.aws.faults.stage(Fault(Kind.LAUNCH, "report", refusal=Refusal.FAILURES))
    answer = ecs.run_task(**REQUEST)
    assert (answer["tasks"], len(answer["failures"])) == ([], 1)


def test_throttled(world: World, ecs: Any) -> None:  # noqa: ANN401 - see above
    """A role's calls of RunTask are throttled by the sandbox's clock; an operator's are not, nor are Scheduler's."""
    for _ in range(20):
        ecs.run_task(**REQUEST)
    assert refusal(lambda: ecs.run_task(**REQUEST)) == ("ThrottlingException", "Rate exceeded")
    client("ecs").run_task(**REQUEST)
    world.advance(milliseconds=50)
    ecs.run_task(**REQUEST)
    assert refusal(lambda: ecs.run_task(**REQUEST))[0] == "ThrottlingException"
    assert len(world.host.started) == 22


def allow_stop(**changes: object) -> None:
    """Let the role stop tasks."""
    statements = [*POLICY.values(), {**STOP, **changes}]
    client("iam").put_role_policy(RoleName="launch", PolicyName="launch", PolicyDocument=document(*statements))


def test_stopped(world: World, ecs: Any) -> None:  # noqa: ANN401 - see above
    """The role stops a task with the tag, by its id or its ARN."""
    allow_stop()
    for name in ("taskArn", "id"):
        (task,) = ecs.run_task(**REQUEST)["tasks"]
        named = task["taskArn"] if name == "taskArn" else task["taskArn"].rpartition("/")[2]
        stopped = ecs.stop_task(cluster="main", task=named, reason="scheduled-jobs: timed-out")["task"]
        assert (stopped["stopCode"], stopped["desiredStatus"]) == ("UserInitiated", "STOPPED")
    assert len(world.host.started) == 2


def refused_stop(ecs: Any, task: str) -> None:  # noqa: ANN401 - see above
    """Assert that the role may not stop a task."""
    code, message = refusal(lambda: ecs.stop_task(cluster="main", task=task))
    assert code == "AccessDeniedException"
    assert (
        f"User: {LAUNCH_ROLE} is not authorized to perform: ecs:StopTask on resource: arn:aws:ecs:{REGION}:" in message
    )


@pytest.mark.parametrize("tags", [[], [{**TAGS[0], "value": "jobs-other"}], TAGS[1:]], ids=["none", "other", "job"])
def test_task_without_the_tag(world: World, ecs: Any, tags: list[dict[str, str]]) -> None:  # noqa: ANN401 - see above
    """The role may not stop a task with another tag or without one."""
    allow_stop()
    (task,) = world.run(tags=tags)
    refused_stop(ecs, task["taskArn"])
    assert (
        client("ecs").describe_tasks(cluster="main", tasks=[task["taskArn"]])["tasks"][0]["desiredStatus"] == "RUNNING"
    )


def test_no_statement(world: World, ecs: Any) -> None:  # noqa: ANN401 - see above
    """Without a statement the role stops nothing."""
    (task,) = world.run(tags=TAGS)
    refused_stop(ecs, task["taskArn"])


def test_task_that_has_stopped(world: World, ecs: Any) -> None:  # noqa: ANN401 - see above
    """A task has no tags after its stop, so that the condition is not met any more; nor by a task that is unknown."""
    allow_stop()
    (task,) = world.run(tags=TAGS)
    world.host.end(world.host.started[0], world.aws.tasks, 0)
    refused_stop(ecs, task["taskArn"])
    refused_stop(ecs, "0" * 32)


def test_condition_by_ecs_s_own_key(world: World, ecs: Any) -> None:  # noqa: ANN401 - see above
    """ECS has a condition key of its own for the tags of a task."""
    allow_stop(Condition={"StringEquals": {"ecs:ResourceTag/scheduled-jobs:group": GROUP}})
    (task,) = world.run(tags=TAGS)
    assert ecs.stop_task(cluster="main", task=task["taskArn"])


SERVICES = {"Effect": "Allow", "Action": "ecs:DescribeServices", "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}}}


def test_service(world: World, ecs: Any) -> None:  # noqa: ANN401 - see above
    """A role may be allowed to describe one service."""
    del world
    service = f"{CLUSTER.replace(':cluster/', ':service/')}/web"
    client("iam").put_role_policy(
        RoleName="launch", PolicyName="launch", PolicyDocument=document({**SERVICES, "Resource": service})
    )
    assert ecs.describe_services(cluster="main", services=["web"])["services"] == []
    assert "service/main/api" in refusal(lambda: ecs.describe_services(cluster="main", services=["api"]))[1]
