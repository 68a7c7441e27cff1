"""Tests of the complete RunTask request that a schedule sends, and of its limits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aws_facts.fargate import FARGATE_SIZES
from aws_facts.launch_types import LARGEST_CPU, LARGEST_MEMORY
from aws_facts.universal_target import SCHEDULED_TIME
from components import run_task_request
from components.run_task_request import client_token, override_length
from watch.names import JOB_TRIGGER, MANUAL

NETWORK = run_task_request.network_configuration(["subnet-0a", "subnet-0b"], ["sg-01"], assign_public_ip=False)
SCHEDULE = "nightly-report.weekdays"


def request(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a request."""
    known: dict[str, Any] = {
        "cluster": "arn:aws:ecs:eu-central-1:111122223333:cluster/staging",
        "task_definition": "web",
        "task_group": "jobs-staging:nightly-report",
        "client_token": client_token("jobs", "staging", SCHEDULE),
        "network": NETWORK,
        "capacity": run_task_request.capacity({}),
        "container_override": run_task_request.container_override(
            "app", ("python", "manage.py"), {"Z": "1", "A": "2"}, job="nightly-report", schedule=SCHEDULE
        ),
        "task_override": run_task_request.task_override(512, 1024),
        "tags": {"team": "data", "owner": "o" * 300},
    }
    return run_task_request.run_task_request(**{**known, **changes})


def test_writes_the_whole_request() -> None:
    """The request has exactly these members, in this order; a tag's value is cut to ECS's limit."""
    assert request() == {
        "Cluster": "arn:aws:ecs:eu-central-1:111122223333:cluster/staging",
        "TaskDefinition": "web",
        "Count": 1,
        "ClientToken": "a6c3e3c305662de56c2caf573a68589f-<aws.scheduler.scheduled-time>",
        "Group": "jobs-staging:nightly-report",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {
            "AwsvpcConfiguration": {
                "Subnets": ["subnet-0a", "subnet-0b"],
                "SecurityGroups": ["sg-01"],
                "AssignPublicIp": "DISABLED",
            }
        },
        "Overrides": {
            "ContainerOverrides": [
                {
                    "Name": "app",
                    "Command": ["python", "manage.py"],
                    "Environment": [
                        {"Name": "A", "Value": "2"},
                        {"Name": "JOB_NAME", "Value": "nightly-report"},
                        {"Name": "JOB_SCHEDULE", "Value": "nightly-report.weekdays"},
                        {"Name": "JOB_SCHEDULED_TIME", "Value": "<aws.scheduler.scheduled-time>"},
                        {"Name": "Z", "Value": "1"},
                    ],
                }
            ],
            "Cpu": "512",
            "Memory": "1024",
        },
        "EnableECSManagedTags": True,
        "Tags": [{"Key": "owner", "Value": "o" * 256}, {"Key": "team", "Value": "data"}],
    }


def test_weighs_capacity_providers() -> None:
    """A capacity strategy replaces the launch type, since ECS refuses both together."""
    found = request(capacity=run_task_request.capacity({"FARGATE_SPOT": 3, "FARGATE": 1}))
    assert "LaunchType" not in found
    assert found["CapacityProviderStrategy"] == [
        {"CapacityProvider": "FARGATE", "Weight": 1},
        {"CapacityProvider": "FARGATE_SPOT", "Weight": 3},
    ]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (2, {"Weight": 2}),
        ({"weight": 2}, {"Weight": 2}),
        ({"weight": 2, "base": 0}, {"Weight": 2}),
        ({"weight": 2, "base": 1}, {"Weight": 2, "Base": 1}),
        ({"base": 1}, {"Weight": 0, "Base": 1}),
    ],
    ids=["weight", "mapping", "no base", "both", "base"],
)
def test_keeps_the_base_of_a_capacity_provider(share: int | dict[str, int], expected: dict[str, int]) -> None:
    """A provider has a weight, and a base if there is one; a plain weight and a mapping with it are the same."""
    (found,) = run_task_request.capacity({"FARGATE": share})["CapacityProviderStrategy"]
    assert found == {"CapacityProvider": "FARGATE", **expected}


def test_leaves_out_what_is_not_given() -> None:
    """A request without security groups, cpu and memory does not contain these members."""
    assert run_task_request.network_configuration(["subnet-0a"], [], assign_public_ip=True) == {
        "AwsvpcConfiguration": {"Subnets": ["subnet-0a"], "AssignPublicIp": "ENABLED"}
    }
    assert run_task_request.task_override(None, None) == {}


def test_keeps_context_attributes_literal() -> None:
    """The JSON of the request contains Scheduler's context attribute literally, in the token and the environment."""
    assert json.dumps(request()).count("<aws.scheduler.scheduled-time>") == 2


def test_token_names_a_tick() -> None:
    """A delivered token has 53 characters of ASCII 33 to 126; ECS allows 64."""
    token = client_token("jobs", "staging", SCHEDULE).replace(SCHEDULED_TIME, "2026-11-21T02:00:00Z")
    assert len(token) == 53
    assert all(33 <= ord(character) <= 126 for character in token)


def test_token_differs_for_every_schedule() -> None:
    """Different stacks, projects and schedules have different tokens; the same schedule always has the same."""
    names = [
        ("jobs", "staging", "a"),
        ("jobs", "staging", "a.b"),
        ("jobs", "production", "a"),
        ("other", "staging", "a"),
    ]
    assert len({client_token(*name) for name in names}) == len(names)
    assert client_token("jobs", "staging", "a") == "8ffd399a5e7b8fa348487431c870e2c5-<aws.scheduler.scheduled-time>"


words = st.text(max_size=20)


@example("c" * 255, ["a"], {"B": "c"}, "j" * 40, "k" * 20, 16384, 122880)
@example("c" * 255, ["a"], {"B": "c"}, "j" * 40, "k" * 20, LARGEST_CPU, LARGEST_MEMORY)
@given(
    container=st.text("ab_-9", min_size=1, max_size=255),
    command=st.none() | st.lists(words, min_size=1, max_size=4),
    environment=st.dictionaries(words, words, max_size=4),
    job=st.text("az-", min_size=1, max_size=40),
    key=st.text("az-", max_size=20),
    cpu=st.none() | st.sampled_from(list(FARGATE_SIZES)),
    memory=st.none() | st.just(122880),
)
def test_never_counts_less_than_ecs(
    container: str,
    command: list[str] | None,
    environment: dict[str, str],
    job: str,
    key: str,
    cpu: int | None,
    memory: int | None,
) -> None:
    """The length is never below the characters and the bytes of the overrides that are sent, also by hand."""
    override = run_task_request.container_override(container, command, environment, job=job, schedule=f"{job}.{key}")
    override["Environment"].append({"Name": JOB_TRIGGER, "Value": MANUAL})
    sent = {"containerOverrides": [override], **run_task_request.task_override(cpu, memory)}
    compact = json.dumps(sent, separators=(",", ":"), ensure_ascii=False)
    assert override_length(command, environment, cpu=cpu, memory=memory) >= len(compact.encode(errors="surrogatepass"))
