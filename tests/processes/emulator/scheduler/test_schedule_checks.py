"""Scheduler refuses the schedules that AWS refuses with a message that names the mistake, and accepts valid ones."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.provider.core.clients import Clients
from emulator.provider.servicer import AwsServicer
from tests.credentials import SESSION
from tests.processes.emulator.provider.harness import AbortedError, Engine
from tests.processes.emulator.world import (
    ACCOUNT,
    DEAD,
    GROUP,
    GROUP_ARN,
    INPUT,
    REGION,
    RUN_TASK,
    START,
    Host,
    client,
    document,
    opened,
    refusal,
    served,
    trust,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes.emulator.world import World


SEND_MESSAGE = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/dead"


def role(name: str) -> str:
    """Return the ARN of a role of the account."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def target(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a target
    """Return changes of the target's members."""
    return {"Target": changes}


def run_task(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a request
    """Return changes of the RunTask request in the target; None leaves a member out."""
    changed = {name: value for name, value in {**INPUT, **changes}.items() if value is not None}
    return target(Input=json.dumps(changed))


def message(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a request
    """Return a target that sends a message; None leaves a member of the request out."""
    changed = {"QueueUrl": QUEUE_URL, "MessageBody": "<aws.scheduler.scheduled-time>", **changes}
    text = json.dumps({name: value for name, value in changed.items() if value is not None})
    return target(Arn=SEND_MESSAGE, Input=text)


WRONG = {
    "cron of five fields": ({"ScheduleExpression": "cron(0 6 * * *)"}, "cron(0 6 * * *)"),
    "cron with both days": ({"ScheduleExpression": "cron(0 6 * * MON *)"}, "day-of-month and day-of-week"),
    "no expression": ({"ScheduleExpression": "every day"}, "every day"),
    "rate of nothing": ({"ScheduleExpression": "rate(0 minutes)"}, "rate(0 minutes)"),
    "zone": ({"ScheduleExpressionTimezone": "Europe/Belin"}, "Europe/Berlin"),
    "zone without a city": ({"ScheduleExpressionTimezone": "CEST"}, "timezone"),
    "state": ({"State": "PAUSED"}, "[ENABLED, DISABLED]"),
    "name of 65 characters": ({"Name": "n" * 65}, "less than or equal to 64"),
    "name with a slash": ({"Name": "a/b"}, "a/b"),
    "group's name": ({"GroupName": "a b"}, "a b"),
    "no target": ({"Target": None}, "target"),
    "no expression at all": ({"ScheduleExpression": None}, "scheduleExpression"),
    "no window": ({"FlexibleTimeWindow": None}, "flexibleTimeWindow"),
    "window's mode": ({"FlexibleTimeWindow": {"Mode": "ON"}}, "[OFF, FLEXIBLE]"),
    "window of no length": ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
    "window although off": (
        {"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
        "MaximumWindowInMinutes",
    ),
    "window of two days": (
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 2880}},
        "less than or equal to 1440",
    ),
    "start in the past": ({"StartDate": START - timedelta(minutes=6)}, "StartDate"),
    "end before start": (
        {"StartDate": START + timedelta(days=2), "EndDate": START + timedelta(days=1)},
        "EndDate",
    ),
    "missing role": (target(RoleArn=role("nobody")), "role/nobody does not exist"),
    "role that is no ARN": (target(RoleArn="launch"), "roleArn"),
    "role without trust": (target(RoleArn=role("task")), "scheduler.amazonaws.com"),
    "role that trusts another group": (target(RoleArn=role("elsewhere")), "aws:SourceArn"),
    "missing dead-letter queue": (target(DeadLetterConfig={"Arn": DEAD + "er"}), "deader"),
    "dead-letter queue that is fifo": (target(DeadLetterConfig={"Arn": DEAD + ".fifo"}), "dead.fifo"),
    "dead-letter queue elsewhere": (target(DeadLetterConfig={"Arn": DEAD.replace(REGION, "eu-west-1")}), "eu-west-1"),
    "186 retries": (target(RetryPolicy={"MaximumRetryAttempts": 186}), "less than or equal to 185"),
    "event too young": (target(RetryPolicy={"MaximumEventAgeInSeconds": 59}), "greater than or equal to 60"),
    "another API call": (target(Arn="arn:aws:scheduler:::aws-sdk:ecs:stopTask"), "aws-sdk:ecs:stopTask"),
    "a call that only reads": (target(Arn="arn:aws:scheduler:::aws-sdk:sqs:receiveMessage"), "sqs:receiveMessage"),
    "a call in another case": (target(Arn="arn:aws:scheduler:::aws-sdk:sqs:SendMessage"), "sqs:SendMessage"),
    "a call in a region": (target(Arn=f"arn:aws:scheduler:{REGION}::aws-sdk:sqs:sendMessage"), REGION),
    "message without a queue": (message(QueueUrl=None), "missing field QueueUrl"),
    "message without a body": (message(MessageBody=None), "missing field MessageBody"),
    "message in camelCase": (message(MessageBody=None, messageBody="a"), "missing field MessageBody"),
    "message with an unknown member": (message(Message="a"), "unknown field Message"),
    "message whose body is an object": (message(MessageBody={"tick": "1"}), "Member must be of type string"),
    "message with text for a delay": (message(DelaySeconds="1"), "Member must be of type integer"),
    "a target that is no ARN": (target(Arn="app"), "app"),
    "input that is no JSON": (target(Input="{"), "Invalid RequestJson"),
    "input that is a list": (target(Input="[1]"), "Invalid RequestJson"),
    "input that is nothing": (target(Input="null"), "Invalid RequestJson"),
    "input left out": (target(Input=None), "missing field TaskDefinition"),
    "input in camelCase": (
        target(Input=json.dumps({"cluster": "main", "taskDefinition": "app"})),
        "missing field TaskDefinition",
    ),
    "input without a member": (run_task(TaskDefinition=None), "missing field TaskDefinition"),
    "input with null for a member": (
        target(Input=json.dumps({**INPUT, "TaskDefinition": None})),
        "missing field TaskDefinition",
    ),
    "input with an unknown member": (run_task(Clusters="main"), "unknown field Clusters"),
    "input with an unknown member below": (
        run_task(Overrides={"ContainerOverrides": [{"Name": "app", "Comand": []}]}),
        "unknown field Overrides.ContainerOverrides.Comand",
    ),
    "input with a number for text": (run_task(Cluster=5), "Member must be of type string"),
    "input with text for a number": (run_task(Count="2"), "Member must be of type integer"),
    "input with text for a structure": (run_task(Overrides="none"), "Member must be of type structure"),
    "input with an unknown value": (run_task(LaunchType="SPOT"), "SPOT"),
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Return one account with a schedule for all tests here, because a refused schedule changes nothing."""
    with opened(Host()) as made:
        made.schedule("standing")
        client("sqs").create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})
        client("iam").create_role(RoleName="elsewhere", AssumeRolePolicyDocument=trust(GROUP_ARN + "-2"))
        yield made


@pytest.mark.parametrize("operation", ["create_schedule", "update_schedule"])
@pytest.mark.parametrize(("changes", "named"), WRONG.values(), ids=WRONG)
def test_refused(world: World, operation: str, changes: dict[str, Any], named: str) -> None:
    """A mistake is a ValidationException that names it, and nothing is created or changed."""
    before = client("scheduler").get_schedule(GroupName=GROUP, Name="standing")
    code, message = refusal(lambda: getattr(client("scheduler"), operation)(**world.request("standing", **changes)))
    assert code == "ValidationException"
    assert named in message
    after = client("scheduler").get_schedule(GroupName=GROUP, Name="standing")
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    assert len(client("scheduler").list_schedules()["Schedules"]) == 1


RIGHT: dict[str, dict[str, Any]] = {
    "name of 64 characters": {"Name": "n" * 64},
    "cron in a zone": {"ScheduleExpression": "cron(0 6 ? * MON-FRI *)", "ScheduleExpressionTimezone": "Europe/Berlin"},
    "once": {"ScheduleExpression": "at(2027-02-01T00:00:00)"},
    "window": {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1440}},
    "start five minutes ago": {"StartDate": START - timedelta(minutes=5)},
    "start and end": {"StartDate": START, "EndDate": START + timedelta(days=1)},
    "a part of the retry policy": target(RetryPolicy={"MaximumRetryAttempts": 0}),
    "no dead-letter queue": target(DeadLetterConfig=None),
    "message": message(),
    "message to a queue that is not there": message(QueueUrl=QUEUE_URL + "er"),
    "a null that may be left out": target(Input=json.dumps({**INPUT, "PlatformVersion": None})),
}


@pytest.mark.parametrize("changes", RIGHT.values(), ids=RIGHT)
def test_taken(world: World, changes: dict[str, Any]) -> None:
    """A valid schedule is stored unchanged."""
    request = world.request(**changes)
    client("scheduler").create_schedule(**request)
    found = client("scheduler").get_schedule(GroupName=GROUP, Name=request["Name"])
    client("scheduler").delete_schedule(GroupName=GROUP, Name=request["Name"])
    assert found["ScheduleExpression"] == request["ScheduleExpression"]
    assert found["Target"]["Input"] == request["Target"]["Input"]


def test_a_group_that_is_not_there(world: World) -> None:
    """A schedule needs a group that exists."""
    client("iam").create_role(RoleName="nowhere", AssumeRolePolicyDocument=trust(GROUP_ARN.replace(GROUP, "nowhere")))
    code, message = refusal(lambda: world.schedule(GroupName="nowhere", Target={"RoleArn": role("nowhere")}))
    assert (code, message) == ("ResourceNotFoundException", "Schedule group nowhere does not exist.")


@pytest.mark.parametrize("name", [GROUP, "default"], ids=["own", "default"])
def test_a_group_that_exists(world: World, name: str) -> None:
    """The name of an existing group is a conflict, and the group keeps its schedules."""
    code, message = refusal(lambda: client("scheduler").create_schedule_group(Name=name))
    assert (code, message) == ("ConflictException", f"Schedule group {name} already exists.")
    assert [one["Name"] for one in client("scheduler").list_schedules(GroupName=GROUP)["Schedules"]] == ["standing"]


def test_a_group_that_was_deleted(world: World) -> None:
    """The name of a deleted group can be used again."""
    for _ in range(2):
        client("scheduler").create_schedule_group(Name="again")
        client("scheduler").delete_schedule_group(Name="again")


def test_a_stack_whose_group_exists(world: World) -> None:
    """The creation of a stack's schedule group fails in the provider too."""
    with served() as variables:
        engine = Engine(AwsServicer(Clients(variables["AWS_ENDPOINT_URL"], SESSION)))
        with pytest.raises(AbortedError, match=rf"^creating .* Schedule Group \({GROUP}\): ConflictException: "):
            engine.create("aws:scheduler/scheduleGroup:ScheduleGroup", "it", {"name": GROUP})


def test_a_role_that_trusts_by_what_is_not_known(world: World) -> None:
    """A trust policy with an element that the sandbox cannot judge is refused with the element's name."""
    statement = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    unknown = {**statement, "Condition": {"NumericEquals": {"aws:SourceAccount": ACCOUNT}}}
    client("iam").create_role(RoleName="unknown", AssumeRolePolicyDocument=document(unknown))
    code, message = refusal(lambda: world.schedule(Target={"RoleArn": role("unknown")}))
    assert code == "ValidationException"
    assert "NumericEquals" in message


def test_what_cannot_be_read(world: World) -> None:
    """A value of a wrong type is refused before any other check."""
    code, message = refusal(lambda: world.schedule(Target={"RetryPolicy": {"MaximumRetryAttempts": "many"}}))
    assert code == "ValidationException"
    assert "many" in message


def test_what_moto_does_right_stays(world: World) -> None:
    """A schedule with an existing name is a conflict, and a missing one is not found."""
    assert refusal(lambda: world.schedule("standing"))[0] == "ConflictException"
    assert refusal(lambda: world.reschedule("another"))[0] == "ResourceNotFoundException"
    assert client("scheduler").get_schedule(GroupName=GROUP, Name="standing")["Target"]["Arn"] == RUN_TASK


def test_groups(world: World) -> None:
    """The default group is listed first and stays; what concerns a group that does not exist is refused."""
    scheduler = client("scheduler")
    assert [group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default", GROUP]
    code, message = refusal(lambda: scheduler.delete_schedule_group(Name="default"))
    assert (code, message) == ("ValidationException", "The default schedule group cannot be deleted.")
    assert refusal(lambda: scheduler.create_schedule_group(Name="default"))[0] == "ConflictException"
    missing = ("ResourceNotFoundException", "Schedule group gone does not exist.")
    assert refusal(lambda: scheduler.delete_schedule_group(Name="gone")) == missing
    assert refusal(lambda: scheduler.list_schedules(GroupName="gone")) == missing
    gone = GROUP_ARN.replace(GROUP, "gone")
    assert refusal(lambda: scheduler.list_tags_for_resource(ResourceArn=gone)) == missing
    assert [one["Name"] for one in scheduler.list_schedules(GroupName=GROUP)["Schedules"]] == ["standing"]
    scheduler.delete_schedule_group(Name=GROUP)
    assert refusal(lambda: scheduler.list_schedules(GroupName=GROUP))[0] == "ResourceNotFoundException"
