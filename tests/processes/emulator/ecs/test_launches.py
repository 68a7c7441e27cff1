"""A launch is authorized by the role's own policies, retried, given up, and sent to the dead-letter queue."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.gateway.gateway import AwsError
from tests.processes.emulator.world import (
    ACCOUNT,
    CLUSTER,
    DEAD,
    GROUP,
    INPUT,
    LAUNCH_ROLE,
    POLICY,
    REGION,
    RUN_TASK,
    START,
    TASK_ROLE,
    client,
    document,
    trust,
)

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

SCHEDULE_ARN = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{GROUP}/report"


def throttle(world: World, monkeypatch: pytest.MonkeyPatch, *, times: int, code: str = "ThrottlingException") -> None:
    """Make RunTask refuse this number of calls, and then work as usual."""
    run_task = world.aws.tasks.run_task
    left = iter(range(times))

    def refusing(*args: Any, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - as run_task takes them
        if next(left, None) is not None:
            raise AwsError(code, "Not now.")
        return run_task(*args, **given)

    monkeypatch.setattr(world.aws.tasks, "run_task", refusing)


def attempts(world: World) -> list[tuple[int, str]]:
    """Return the attempts with their times."""
    return [(launch.attempt, f"{launch.at:%H:%M}") for launch in world.scheduler.launches]


def test_launched(world: World) -> None:
    """A launch starts one task, which names the schedule and has its context attributes replaced."""
    world.schedule()
    world.advance(hours=1)
    (launch,) = world.scheduler.launches
    (task,) = world.host.started
    assert launch.tasks == (task.arn,)
    assert (launch.error, launch.dead_letter) == (None, None)
    assert task.started_by == "chronos-schedule/report"
    assert task.main.environment["JOB_SCHEDULED_TIME"] == "2027-01-04T01:00:00Z"
    assert world.messages() == []


def test_started_by_is_cut(world: World) -> None:
    """The value of startedBy is cut to 36 characters in all."""
    world.schedule("a" * 64)
    world.advance(hours=1)
    assert world.host.started[0].started_by == "chronos-schedule/" + "a" * 19


@pytest.mark.parametrize("missing", sorted(POLICY))
def test_each_statement_is_needed(world: World, missing: str) -> None:
    """Without one of the policy's statements for a launch there is no launch, and the refusal names the action."""
    world.allow(*(POLICY.keys() - {missing}))
    world.schedule()
    world.advance(hours=1)
    (launch,) = world.scheduler.launches
    if missing == "SendMessage":  # only needed where there is something to keep
        assert launch.error is None
        return
    assert launch.tasks == ()
    assert launch.error is not None
    assert POLICY[missing]["Action"] in launch.error
    assert world.host.started == []


OTHERS = {
    "another role": ({"Overrides": {"TaskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/admin"}}, "iam:PassRole"),
    "another family": ({"TaskDefinition": "other"}, "ecs:RunTask"),
    "another cluster": ({"Cluster": CLUSTER + "2"}, "ecs:RunTask"),
}


@pytest.mark.parametrize(("changes", "action"), OTHERS.values(), ids=OTHERS)
def test_nothing_else_is_allowed(world: World, changes: dict[str, Any], action: str) -> None:
    """The role may launch only its own family on its own cluster, and pass only its own roles."""
    client("ecs").create_cluster(clusterName="main2")
    container = {"name": "app", "image": "app", "memory": 128}
    world.define(container, family="other", taskRoleArn=None, executionRoleArn=None)
    world.schedule(Target={"Input": json.dumps({**INPUT, **changes})})
    world.advance(hours=1)
    (launch,) = world.scheduler.launches
    assert action in (launch.error or "")


def test_a_definition_without_roles(world: World) -> None:
    """A task definition without roles needs no permission to pass roles."""
    world.define({"name": "app", "image": "app", "memory": 512}, taskRoleArn=None, executionRoleArn=None)
    world.allow("RunTask", "TagResource")
    world.schedule()
    world.advance(hours=1)
    assert [launch.error for launch in world.scheduler.launches] == [None]


def test_a_policy_that_is_not_known(world: World) -> None:
    """A policy with an element that the sandbox cannot judge allows nothing, and the refusal names the element."""
    statement = {**POLICY["RunTask"], "Condition": {"NumericEquals": {"ecs:task-cpu": "256"}}}
    client("iam").put_role_policy(RoleName="launch", PolicyName="launch", PolicyDocument=document(statement))
    world.schedule()
    world.advance(hours=1)
    assert "NumericEquals" in (world.scheduler.launches[0].error or "")


def test_dead_letter(world: World) -> None:
    """A launch that is finally refused goes to the queue with every attribute and the input as it was sent."""
    world.allow("RunTask", "TagResource", "SendMessage")
    world.schedule()
    world.advance(hours=1)
    (message,) = world.messages()
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert re.fullmatch(r"[0-9a-f-]{36}", attributes.pop("EXECUTION_ID"))
    assert f"not authorized to perform: iam:PassRole on resource: {TASK_ROLE}" in attributes.pop("ERROR_MESSAGE")
    assert attributes == {
        "ERROR_CODE": "AccessDeniedException",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "0",
        "SCHEDULED_TIME": "2027-01-04T01:00:00Z",
        "SCHEDULE_ARN": SCHEDULE_ARN,
        "TARGET_ARN": RUN_TASK,
    }
    assert json.loads(message["Body"]) == json.loads(
        json.dumps(INPUT).replace("<aws.scheduler.scheduled-time>", "2027-01-04T01:00:00Z")
    )
    assert world.scheduler.launches[0].dead_letter == DEAD


def telling(*names: str) -> str:
    """Return an input whose environment contains the context attributes of these names."""
    environment = [{"Name": name, "Value": f"<aws.scheduler.{name}>"} for name in names]
    return json.dumps({**INPUT, "Overrides": {"ContainerOverrides": [{"Name": "app", "Environment": environment}]}})


def test_context_attributes(world: World) -> None:
    """Each context attribute is replaced where it is written literally, and an escaped one stays."""
    text = telling("scheduled-time", "schedule-arn", "execution-id", "attempt-number")
    world.schedule(Target={"Input": text.replace('"<aws.scheduler.attempt', '"\\u003caws.scheduler.attempt')})
    world.advance(hours=2)
    first, second = (task.main.environment for task in world.host.started)
    assert [first["scheduled-time"], second["scheduled-time"]] == ["2027-01-04T01:00:00Z", "2027-01-04T02:00:00Z"]
    assert first["schedule-arn"] == SCHEDULE_ARN
    assert first["attempt-number"] == "<aws.scheduler.attempt-number>"
    assert first["execution-id"] != second["execution-id"]


def test_the_attempt_s_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of the attempt counts from one."""
    throttle(world, monkeypatch, times=1)
    world.schedule(Target={"Input": telling("attempt-number")})
    world.advance(minutes=90)
    assert world.host.started[0].main.environment["attempt-number"] == "2"


def test_retried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A throttled launch is retried, each time after twice the wait, until it succeeds; the tick stays the same."""
    throttle(world, monkeypatch, times=2)
    world.schedule()
    world.advance(minutes=80)
    assert attempts(world) == [(0, "01:00"), (1, "01:01"), (2, "01:03")]
    assert {launch.tick for launch in world.scheduler.launches} == {START + timedelta(hours=1)}
    assert [launch.error is None for launch in world.scheduler.launches] == [False, False, True]
    assert world.messages() == []


GIVEN_UP: dict[str, tuple[dict[str, int], list[str], str]] = {
    "after its attempts": (
        {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600},
        ["01:00", "01:01", "01:03"],
        "MaximumRetryAttempts",
    ),
    "at its age": (
        {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 420},
        ["01:00", "01:01", "01:03", "01:07"],
        "MaximumEventAge",
    ),
    "without an attempt": ({"MaximumRetryAttempts": 0}, ["01:00"], "MaximumRetryAttempts"),
    "at AWS's own age": (
        {"MaximumRetryAttempts": 185},
        ["01:00", "01:01", "01:03", "01:07", "01:15", "01:31", "02:03", "03:07", "05:15", "09:31", "18:03"],
        "MaximumEventAge",
    ),
}


@pytest.mark.parametrize(("policy", "moments", "condition"), GIVEN_UP.values(), ids=GIVEN_UP)
def test_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch, policy: dict[str, int], moments: list[str], condition: str
) -> None:
    """Retries end with the policy's number of attempts or the event's age, and the dead letter has the reason."""
    throttle(world, monkeypatch, times=1000)
    world.schedule("report", "at(2027-01-04T01:00:00)", Target={"RetryPolicy": policy})
    world.advance(days=3)
    assert [moment for _, moment in attempts(world)] == moments
    (message,) = world.messages()
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == condition
    assert attributes["RETRY_ATTEMPTS"] == str(len(moments) - 1)
    assert attributes["ERROR_CODE"] == "ThrottlingException"


def test_aws_s_own_number_of_attempts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry policy without a number of attempts has 185, and an empty policy also has an age of one day."""
    throttle(world, monkeypatch, times=1000)
    for name, policy in {"age": {"MaximumEventAgeInSeconds": 86400}, "none": None}.items():
        world.schedule(name, "at(2027-01-04T01:00:00)", Target={"RetryPolicy": policy})
    world.advance(days=2)
    assert len(world.ticks("age")) == len(world.ticks("none")) == 11


@pytest.mark.parametrize("code", ["AccessDeniedException", "ClusterNotFoundException", "ConflictException"])
def test_final_errors(world: World, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """An error that no later attempt would fix is given up at once, without a retry condition."""
    throttle(world, monkeypatch, times=1, code=code)
    world.schedule()
    world.advance(minutes=90)
    assert attempts(world) == [(0, "01:00")]
    assert "EXHAUSTED_RETRY_CONDITION" not in world.messages()[0]["MessageAttributes"]


def test_deleted_after_the_last_attempt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule that ends with its last tick exists until that tick is launched or given up."""
    throttle(world, monkeypatch, times=1)
    world.schedule("report", "at(2027-01-04T01:00:00)", ActionAfterCompletion="DELETE")
    world.advance(hours=1)
    assert len(client("scheduler").list_schedules()["Schedules"]) == 1
    world.advance(hours=1)
    assert client("scheduler").list_schedules()["Schedules"] == []
    assert len(world.host.started) == 1


LOST = {
    "no queue": "has no dead-letter queue",
    "the queue is gone": "does not exist",
    "the role may not send": "sqs:SendMessage",
    "the role cannot be assumed": "sts:AssumeRole",
    "the role is gone": "does not exist",
}


@pytest.mark.parametrize(("how", "why"), LOST.items(), ids=LOST)
def test_lost(world: World, how: str, why: str) -> None:
    """An event that cannot be sent to the queue is lost; the launch has the reason, and the clock moves on."""
    world.schedule(Target={"DeadLetterConfig": None} if how == "no queue" else {})
    iam = client("iam")
    iam.delete_role_policy(RoleName="launch", PolicyName="launch")
    if how == "the queue is gone":
        world.allow("SendMessage")
        client("sqs").delete_queue(QueueUrl=client("sqs").get_queue_url(QueueName="dead")["QueueUrl"])
    elif how == "the role cannot be assumed":
        world.allow(*POLICY)
        iam.update_assume_role_policy(RoleName="launch", PolicyDocument=trust(service="lambda.amazonaws.com"))
    elif how == "the role is gone":
        iam.delete_role(RoleName="launch")
    world.advance(hours=2)
    first, second = world.scheduler.launches
    assert first.error is not None
    assert (first.dead_letter or "").startswith("lost: ")
    assert why in (first.dead_letter or "")
    assert second.tick - first.tick == timedelta(hours=1)
    assert world.host.started == []
    if how != "the queue is gone":
        assert world.messages() == []
    if how == "the role cannot be assumed":
        assert f"cannot assume {LAUNCH_ROLE}" in first.error


def test_token(world: World) -> None:
    """A second delivery of a tick starts nothing, because the token that names the tick is known."""
    world.schedule(Target={"Input": json.dumps({**INPUT, "ClientToken": "t-<aws.scheduler.scheduled-time>"})})
    world.advance(hours=1)
    client("scheduler").delete_schedule(GroupName=GROUP, Name="report")
    world.schedule(
        "report",
        "at(2027-01-04T01:30:00)",
        Target={
            "Input": json.dumps({**INPUT, "ClientToken": "t-2027-01-04T01:00:00Z"}).replace(
                "<aws.scheduler.scheduled-time>", "2027-01-04T01:00:00Z"
            )
        },
    )
    world.advance(hours=1)
    first, again = world.scheduler.launches
    assert first.tasks == again.tasks
    assert len(world.host.started) == 1
    assert world.clock.now() == datetime(2027, 1, 4, 2, tzinfo=UTC)
