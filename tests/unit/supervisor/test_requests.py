"""RunTask's request for a launch, and what its answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from aws_facts.universal_target import SCHEDULED_TIME
from supervision.flights import Launch
from supervisor import launch_answers, requests, service_revision
from supervisor.launch_answers import Refusal
from supervisor.service_revision import Found
from tests.unit.supervision.flying import T, flight

SEED = "0123456789abcdef0123456789abcdef"
REQUEST: dict[str, Any] = {
    "ClientToken": f"{SEED}-{SCHEDULED_TIME}",
    "TaskDefinition": "web",
    "Group": "jobs:web",
    "StartedBy": "jobs/web",
    "Overrides": {
        "Cpu": "256",
        "ContainerOverrides": [
            {"Name": "app", "Environment": [{"Name": "JOB_SCHEDULED_TIME", "Value": SCHEDULED_TIME}]},
            {"Name": "proxy"},
        ],
    },
}
TICK = flight().tick


def environment(request: dict[str, Any]) -> dict[str, str]:
    """Return the variables of the job's own container."""
    own, proxy = request["Overrides"]["ContainerOverrides"]
    assert proxy == {"Name": "proxy"}
    return {one["Name"]: one["Value"] for one in own["Environment"]}


@pytest.mark.parametrize(
    ("number", "attempt", "token"),
    [(1, 1, f"{SEED}-{TICK}"), (2, 1, f"{SEED}-{TICK}-2"), (12, 3, f"{SEED}-{TICK}-12")],
)
def test_each_launch_has_a_token_of_its_own(number: int, attempt: int, token: str) -> None:
    """The first is that of a direct job, so that a job that becomes supervised does not run a tick twice."""
    request = requests.of(REQUEST, flight(), Launch(number, attempt, T))
    assert request["ClientToken"] == token
    assert len(token) <= 64
    assert environment(request) == {"JOB_SCHEDULED_TIME": TICK, "JOB_ATTEMPT": str(attempt)}
    assert (request["StartedBy"], request["TaskDefinition"]) == ("jobs/web", "web")
    assert SCHEDULED_TIME not in str(request)


def test_an_operators_run_is_another_run() -> None:
    """It shares no token with the tick or with another request, and ECS shows who asked for it."""
    made = [requests.of(REQUEST, flight(rerun=name), Launch(1, 1, T)) for name in ("", "0000aaaa", "0000bbbb")]
    assert len({one["ClientToken"] for one in made}) == 3
    assert all(len(one["ClientToken"]) <= 64 for one in made)
    assert made[1]["StartedBy"] == "ops/rerun/0000aaaa"
    assert environment(made[1])["JOB_TRIGGER"] == "manual"
    assert "JOB_TRIGGER" not in environment(made[0])


def test_equal_launches_have_equal_requests() -> None:
    """ECS refuses a known token with another request. The item's request stays as it is."""
    before = str(REQUEST)
    launch = Launch(2, 2, T, revision="arn:web:8")
    assert requests.of(REQUEST, flight(), launch) == requests.of(REQUEST, flight(), launch)
    assert requests.of(REQUEST, flight(), launch)["TaskDefinition"] == "arn:web:8"
    assert str(REQUEST) == before


def error(code: str, text: str = "no", status: int = 400, operation: str = "RunTask") -> ClientError:
    """Return boto3's error."""
    answer: Any = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


@pytest.mark.parametrize(
    ("failure", "for_good", "unknown"),
    [
        (error("ThrottlingException"), False, False),
        (error("AccessDeniedException", "is not authorized to perform: ecs:RunTask"), False, False),
        (error("AccessDenied", operation="AssumeRole"), False, False),
        (error("InvalidParameterException", "ECS was unable to assume the role"), False, False),
        (error("InvalidParameterException", "No such subnet"), True, False),
        (error("ClientException", "TaskDefinition is inactive"), True, False),
        (error("ConflictException"), True, False),
        (error("ClusterNotFoundException"), True, False),
        (error("ServerException", status=500), False, True),
        (error("ServiceUnavailable", status=503), False, True),
        (ReadTimeoutError(endpoint_url="https://ecs"), False, True),
    ],
)
def test_what_an_error_means(failure: Exception, *, for_good: bool, unknown: bool) -> None:
    """Some are met again by each call, and after some a task may run."""
    refusal = launch_answers.of_error(failure)
    assert (refusal.for_good, refusal.unknown) == (for_good, unknown)
    assert refusal.reason


def test_an_answer_without_a_task() -> None:
    """ECS found no capacity. It started nothing, and may the next time."""
    assert launch_answers.of_failures([{"reason": "RESOURCE:FARGATE", "detail": "no capacity"}]) == Refusal(
        "RESOURCE:FARGATE: no capacity"
    )
    assert launch_answers.of_failures([]) == Refusal("ECS started no task and gave no reason")


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (["RESOURCE:CPU"], Refusal("RESOURCE:CPU")),
        (["RESOURCE:ENI", "RESOURCE:ENI", "AGENT"], Refusal("RESOURCE:ENI; AGENT")),
        (["ATTRIBUTE"], Refusal("ATTRIBUTE", for_good=True)),
        (["LOCATION", "ATTRIBUTE"], Refusal("LOCATION; ATTRIBUTE", for_good=True)),
        (["ATTRIBUTE", "RESOURCE:MEMORY"], Refusal("ATTRIBUTE; RESOURCE:MEMORY")),
        (["EMPTY CAPACITY PROVIDER"], Refusal("EMPTY CAPACITY PROVIDER")),
        (
            ["MemberOf placement constraint unsatisfied."],
            Refusal("MemberOf placement constraint unsatisfied.", for_good=True),
        ),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, list) else "",
)
def test_instances_without_room_may_have_some_later(reasons: list[str], expected: Refusal) -> None:
    """Lack of room passes; instances that all do not fit the task are a mistake. Equal reasons are told once."""
    assert launch_answers.of_failures([{"arn": "arn:i", "reason": reason} for reason in reasons]) == expected


SERVICE = {"status": "ACTIVE", "deployments": [{"taskDefinition": "arn:web:8", "rolloutState": "COMPLETED"}]}
TWO = [{"taskDefinition": "arn:web:9", "rolloutState": "IN_PROGRESS"}, {"taskDefinition": "arn:web:8"}]


@pytest.mark.parametrize(
    ("services", "found"),
    [
        ([SERVICE], Found("arn:web:8")),
        ([{**SERVICE, "deployments": [{"taskDefinition": "arn:web:8"}]}], Found("arn:web:8")),
        ([{**SERVICE, "deployments": TWO}], Found(reason="a deployment of the service web is in progress")),
        (
            [{**SERVICE, "deployments": [{"taskDefinition": "arn:web:9", "rolloutState": "FAILED"}]}],
            Found(reason="the deployment of the service web is FAILED"),
        ),
        ([{**SERVICE, "status": "DRAINING"}], Found(reason="the service web does not exist")),
        ([], Found(reason="the service web does not exist")),
        (
            [{**SERVICE, "deploymentController": {"type": "CODE_DEPLOY"}}],
            Found(reason="the service web has a deployment controller other than ECS"),
        ),
    ],
)
def test_which_revision_a_service_runs(services: list[dict[str, Any]], found: Found) -> None:
    """Only a settled one, and never one that is being rolled back."""
    assert service_revision.of({"services": services}, "web") == found
