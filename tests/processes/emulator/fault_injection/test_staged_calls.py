"""Staged failures of calls look the same as AWS's own."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from emulator.cloudwatch.metrics import Metric
from emulator.fault_injection.faults import Fault, Kind, Refusal
from tests.processes.emulator.events.test_bus import TOPIC
from tests.processes.emulator.fault_injection.staging import errors, hourly, stage
from tests.processes.emulator.world import (
    DEAD,
    DEFINITION,
    GROUP,
    INPUT,
    LAUNCH_ROLE,
    LOGGING,
    REGION,
    START,
    WATCH_ROLE,
    archive,
    client,
    refusal,
)

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

KEY = {"pk": {"S": "a"}}
NO_CAPACITY = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
DENIED = (
    f"User: {LAUNCH_ROLE} is not authorized to perform: ecs:RunTask on resource: {DEFINITION} "
    "because no identity-based policy allows the ecs:RunTask action"
)


@pytest.mark.parametrize(("reason", "message"), [(None, DENIED), ("No.", "No.")], ids=["usual", "given"])
def test_launch_that_is_refused(world: World, reason: str | None, message: str) -> None:
    """A launch that is finally refused becomes a dead letter, and the later launches succeed."""
    hourly(world)
    stage(world, Kind.LAUNCH, times=2, reason=reason)
    world.advance(hours=3)
    assert [error is None for error in errors(world)] == [False, False, True]
    assert [launch.dead_letter for launch in world.scheduler.launches] == [DEAD, DEAD, None]
    first, _ = world.messages()
    attributes = {name: value["StringValue"] for name, value in first["MessageAttributes"].items()}
    assert (attributes["ERROR_CODE"], attributes["ERROR_MESSAGE"]) == ("AccessDeniedException", message)
    assert len(world.host.started) == 1


def test_launch_that_is_throttled(world: World) -> None:
    """Each attempt at a throttled launch counts, and the attempt after them succeeds."""
    hourly(world)
    stage(world, Kind.LAUNCH, times=2, refusal=Refusal.THROTTLE)
    world.advance(minutes=70)
    assert errors(world) == ["ThrottlingException: Rate exceeded"] * 2 + [None]
    assert [launch.attempt for launch in world.scheduler.launches] == [0, 1, 2]
    assert world.messages() == []


def test_launch_without_a_task(world: World) -> None:
    """Scheduler treats a success without a task as a success: there are no retries and no dead letter."""
    hourly(world)
    stage(world, Kind.LAUNCH, refusal=Refusal.FAILURES)
    world.advance(hours=2)
    first, second = world.scheduler.launches
    assert (first.tasks, first.failures, first.error, first.dead_letter) == ((), (NO_CAPACITY,), None, None)
    assert (len(second.tasks), second.failures) == (1, ())
    assert world.messages() == []


def test_token_of_a_launch_without_a_task(world: World) -> None:
    """A repeated token returns its first result with its failures, and uses up no staged failure."""
    hourly(world, ClientToken="one")
    stage(world, Kind.LAUNCH, refusal=Refusal.FAILURES)
    world.advance(hours=1)
    stage(world, Kind.LAUNCH)
    world.reschedule(
        "report",
        "at(2027-01-04T01:30:00)",
        Target={
            "Input": json.dumps({**INPUT, "Group": f"{GROUP}:report", "ClientToken": "one"}).replace(
                "<aws.scheduler.scheduled-time>", "2027-01-04T01:00:00Z"
            )
        },
    )
    world.advance(hours=1)
    assert [launch.failures for launch in world.scheduler.launches] == [(NO_CAPACITY,)] * 2
    assert len(world.aws.faults.pending()) == 1
    assert world.host.started == []


def test_launch_of_a_group(world: World) -> None:
    """The request's group names the job of a launch, whatever the schedule's name is."""
    world.schedule("other", "cron(0 * * * ? *)", Target={"Input": json.dumps({**INPUT, "Group": f"{GROUP}:report"})})
    stage(world, Kind.LAUNCH)
    world.advance(hours=2)
    assert [error is None for error in errors(world)] == [False, True]


def test_launch_without_a_group(world: World) -> None:
    """Without a group in the request, the schedule's name without its key names the job of a launch."""
    world.schedule("report.morning", "cron(0 * * * ? *)")
    stage(world, Kind.LAUNCH)
    world.advance(hours=2)
    assert [error is None for error in errors(world)] == [False, True]


def test_an_operator_s_launch(world: World) -> None:
    """A failure that is staged for Scheduler's launches does not affect other launches."""
    stage(world, Kind.LAUNCH)
    assert len(world.run(group=f"{GROUP}:report")) == 1


CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "ecs:DescribeTasks": ("ecs", "describe_tasks", {"cluster": "main", "tasks": ["0" * 32]}),
    "scheduler:GetSchedule": ("scheduler", "get_schedule", {"Name": "report", "GroupName": GROUP}),
    "scheduler:ListSchedules": ("scheduler", "list_schedules", {}),
    "dynamodb:BatchGetItem": ("dynamodb", "batch_get_item", {"RequestItems": {"ledger": {"Keys": [KEY]}}}),
    "dynamodb:PutItem": ("dynamodb", "put_item", {"TableName": "ledger", "Item": KEY}),
    "dynamodb:TransactWriteItems": (
        "dynamodb",
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": "ledger", "Item": KEY}}]},
    ),
    "sns:Publish": ("sns", "publish", {"TopicArn": TOPIC, "Message": "x"}),
    "logs:GetLogEvents": ("logs", "get_log_events", {"logGroupName": "/app", "logStreamName": "s"}),
}


@pytest.mark.parametrize("operation", CALLS)
def test_call_that_fails(world: World, operation: str) -> None:
    """A call of the operation fails the staged number of times with AWS's code, and then works again."""
    hourly(world)
    client("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client("sns").create_topic(Name="alerts")
    client("logs").create_log_stream(logGroupName="/app", logStreamName="s")
    service, method, request = CALLS[operation]
    call = partial(getattr(client(service), method), **request)
    world.aws.faults.stage(Fault(Kind.CALL, operation=operation), 2)
    world.aws.faults.stage(Fault(Kind.CALL, operation=operation, error="AccessDeniedException"))
    world.aws.faults.stage(Fault(Kind.CALL, operation=operation, reason="Not today."))
    denied = f"User is not authorized to perform: {operation}"
    assert [refusal(call) for _ in range(4)] == [
        ("ThrottlingException", "Rate exceeded"),
        ("ThrottlingException", "Rate exceeded"),
        ("AccessDeniedException", denied),
        ("ThrottlingException", "Not today."),
    ]
    call()
    assert world.aws.faults.pending() == ()


def test_other_calls(world: World) -> None:
    """Other operations, and the calls that the sandbox itself makes, do not fail."""
    hourly(world)
    world.aws.faults.stage(Fault(Kind.CALL, operation="ecs:RunTask"))
    client("ecs").describe_clusters(clusters=["main"])
    world.advance(hours=1)
    assert errors(world) == [None]
    assert len(world.aws.faults.pending()) == 1


def test_call_of_a_function(reachable: World) -> None:
    """The calls of a function fail, and its SDK repeats them."""
    reachable.allow_watch(LOGGING, {"Effect": "Allow", "Action": "ecs:DescribeTasks", "Resource": "*"})
    reachable.deploy(
        "import boto3\nfrom botocore.config import Config\n"
        "ecs = boto3.client('ecs', config=Config(retries={'mode': 'standard', 'total_max_attempts': 2}))\n"
        "def handle(event, context):\n    return ecs.describe_tasks(cluster='main', tasks=['0' * 32])['failures']\n"
    )
    reachable.aws.faults.stage(Fault(Kind.CALL, operation="ecs:DescribeTasks"), 3)
    first, second = reachable.invoke(), reachable.invoke()
    assert "(ThrottlingException)" in str((first.error or {}).get("errorMessage"))
    assert second.result == [{"arn": "0" * 32, "reason": "MISSING"}]


def deploy(*names: str) -> list[str]:
    """Deploy functions that succeed, and return their ARNs."""
    code = {"ZipFile": archive(watch="def handle(event, context):\n    print('handled')\n")}
    shared = {"Role": WATCH_ROLE, "Runtime": "python3.12", "Handler": "watch.handle", "Code": code}
    create = client("lambda").create_function
    return [str(create(FunctionName=name, **shared)["FunctionArn"]) for name in names]


def test_watch_that_fails(world: World) -> None:
    """The stack's watch fails the staged number of times without its handler, and its metrics show it."""
    watch, other = deploy("jobs-watch", "other")
    world.aws.faults.stage(Fault(Kind.INVOCATION), 2)
    world.aws.faults.stage(Fault(Kind.INVOCATION, reason="Out of memory"))
    found = [world.aws.functions.invoke(arn, "{}") for arn in (other, watch, watch, watch, watch)]
    assert [reply.error is None for reply in found] == [True, False, False, False, True]
    assert "Runtime exited with error: exit status 1" in found[1].lines[0]
    assert "Out of memory" in found[3].lines[0]
    assert found[4].lines == ["handled"]
    end = START + timedelta(minutes=1)
    errors = Metric.of(REGION, "AWS/Lambda", "Errors", FunctionName="jobs-watch")
    assert world.aws.metrics.values(errors, START, end) == [1, 1, 1, 0]


OWN_FAULTS = {
    "dynamodb:InternalServerError": 500,
    "ecs:ServerException": 500,
    "sqs:ServiceUnavailable": 503,
    "sqs:InternalFailure": 500,
    "ecs:AccessDeniedException": 400,
}
LISTS = {"dynamodb": "list_tables", "ecs": "list_clusters", "sqs": "list_queues"}


@pytest.mark.parametrize(("name", "status"), OWN_FAULTS.items(), ids=OWN_FAULTS)
def test_fault_of_the_service(world: World, name: str, status: int) -> None:
    """An error that is the service's own has the status for which SDKs repeat a call; others have not."""
    service, _, code = name.partition(":")
    operation = f"{service}:{LISTS[service].title().replace('_', '')}"
    world.aws.faults.stage(Fault(Kind.CALL, operation=operation, error=code))
    with pytest.raises(ClientError) as failed:
        getattr(client(service), LISTS[service])()
    assert failed.value.response["Error"]["Code"] == code
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
