from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_facts.launch_types import ON_FARGATE, ON_INSTANCES, LaunchType, LaunchTypes
from judgements import task_definition
from judgements.answers import TaskDefinition

SOUND = TaskDefinition(
    status="ACTIVE",
    network_mode="awsvpc",
    compatibilities=["EC2", "FARGATE"],
    task_role="",
    execution_role="",
    containers=[],
    cpu=None,
    memory=None,
)
LOGGED = {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-stream-prefix": "ecs"}}}
APP = {"name": "app", "essential": True, **LOGGED}
PROXY = {"name": "proxy", "essential": False}

PROBLEMS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "sound": ({}, []),
    "not active": ({"status": "DELETE_IN_PROGRESS"}, ["is DELETE_IN_PROGRESS; it must be ACTIVE"]),
    "gone": ({"status": ""}, ["is gone; it must be ACTIVE"]),
    "network of the machine": (
        {"network_mode": "host"},
        ["uses the network mode host; Fargate needs awsvpc"],
    ),
    "no network mode": ({"network_mode": ""}, ["uses the network mode bridge; Fargate needs awsvpc"]),
    "for machines": (
        {"compatibilities": ["EC2"]},
        ["was registered for EC2; requiresCompatibilities must include FARGATE"],
    ),
    "for nothing in particular": (
        {"compatibilities": []},
        ["was registered for EC2; requiresCompatibilities must include FARGATE"],
    ),
}


@pytest.mark.parametrize(("differs", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_says_why_no_job_can_run(differs: dict[str, Any], expected: list[str]) -> None:
    """Every reason is reported, and none for a valid task definition."""
    assert list(task_definition.problems(replace(SOUND, **differs), ON_FARGATE)) == expected


ON_EC2, ON_MANAGED = (LaunchType.EC2,), (LaunchType.MANAGED_INSTANCES,)
BRIDGE = "uses the network mode bridge; the network of a placement needs awsvpc"
UNFIT_FOR_MANAGED = "requiresCompatibilities must include MANAGED_INSTANCES"
ON_MACHINES: dict[str, tuple[LaunchTypes, dict[str, Any], list[str]]] = {
    "EC2": (ON_EC2, {"compatibilities": ["EC2"]}, []),
    "EC2, for nothing in particular": (ON_EC2, {"compatibilities": []}, []),
    "EC2, for Fargate": (ON_EC2, {"compatibilities": ["FARGATE"]}, []),
    "EC2, for Managed Instances": (
        ON_EC2,
        {"compatibilities": ["MANAGED_INSTANCES"]},
        ["was registered for MANAGED_INSTANCES; requiresCompatibilities must include EC2"],
    ),
    "EC2, bridge": (ON_EC2, {"compatibilities": [], "network_mode": ""}, [BRIDGE]),
    "Managed Instances": (ON_MANAGED, {"compatibilities": ["MANAGED_INSTANCES", "FARGATE"]}, []),
    "Managed Instances, for Fargate": (
        ON_MANAGED,
        {"compatibilities": ["FARGATE"]},
        [f"was registered for FARGATE; {UNFIT_FOR_MANAGED}"],
    ),
    "Managed Instances, for nothing in particular": (
        ON_MANAGED,
        {"compatibilities": []},
        [f"was registered for EC2; {UNFIT_FOR_MANAGED}"],
    ),
    "either": (ON_INSTANCES, {"compatibilities": ["EC2"]}, []),
    "either, for nothing in particular": (ON_INSTANCES, {"compatibilities": []}, []),
}


@pytest.mark.parametrize(("types", "differs", "expected"), ON_MACHINES.values(), ids=ON_MACHINES)
def test_each_launch_type_has_its_rules(types: LaunchTypes, differs: dict[str, Any], expected: list[str]) -> None:
    """Managed Instances need a task definition that was registered for them. Where the type is unknown, nothing is."""
    assert list(task_definition.problems(replace(SOUND, **differs), types)) == expected


@pytest.mark.parametrize(
    ("containers", "expected"),
    [([APP, PROXY], "app"), ([{"name": "app"}, PROXY], "app"), ([APP, {"name": "worker"}], None)],
    ids=["one essential", "essential unless it says so", "two essential"],
)
def test_chooses_the_only_essential_container(containers: list[dict[str, Any]], expected: str | None) -> None:
    """The only essential container is the default; with several there is no default."""
    assert task_definition.default_container(containers) == expected


WANTED = {
    "sound": ("app", None),
    "unknown": ("worker", "no such container in 'web'; must be one of: app, proxy"),
    "misspelt": ("ap", "no such container in 'web'; did you mean 'app'?"),
    "not essential": (
        "proxy",
        "is not essential in 'web', so the task would keep running after the job's container ends; must be one of: app",
    ),
}


@pytest.mark.parametrize(("wanted", "expected"), WANTED.values(), ids=WANTED)
def test_says_why_a_job_cannot_run_in_a_container(wanted: str, expected: str | None) -> None:
    """A job's container must exist and be essential."""
    assert task_definition.container_problem("web", wanted, [APP, PROXY]) == expected


LOGS: dict[str, tuple[dict[str, Any], str | None]] = {
    "awslogs": (LOGGED, None),
    "another driver": ({"logConfiguration": {"logDriver": "awsfirelens"}}, "logs with awsfirelens in 'web', not with"),
    "none": ({}, "logs with no log driver in 'web', not with"),
    "none, as the API writes it": ({"logConfiguration": None}, "logs with no log driver in 'web', not with"),
}


@pytest.mark.parametrize(("log", "expected"), LOGS.values(), ids=LOGS)
def test_warns_of_a_log_that_alerts_cannot_name(log: dict[str, Any], expected: str | None) -> None:
    """A container gets a warning unless it logs with awslogs; a missing container gets a problem instead."""
    warning = task_definition.container_warning("web", "app", [{"name": "app", **log}])
    assert warning == (expected and f"{expected} awslogs, so alerts cannot name its log")
    assert task_definition.container_warning("web", "worker", [{"name": "app", **log}]) is None


def test_warns_of_a_stream_that_alerts_cannot_name() -> None:
    """Without a prefix, ECS names the stream by an id that no alert can know."""
    for options in (None, {}, {"awslogs-group": "/ecs/web"}):
        app = {"name": "app", "logConfiguration": {"logDriver": "awslogs", "options": options}}
        assert task_definition.container_warning("web", "app", [app]) == (
            "logs without awslogs-stream-prefix in 'web', so alerts cannot name its log"
        )


def sizes(cpu: int | None, memory: int | None, *containers: dict[str, Any]) -> list[str]:
    """Return the messages for containers a, b, ... in a task of this size."""
    named = [{"name": name, **container} for name, container in zip("ab", containers, strict=False)]
    return list(task_definition.size_problems("web", cpu=cpu, memory=memory, containers=named))


SIZES: dict[str, tuple[list[str], list[str]]] = {
    "just fits": (sizes(512, 1024, {"cpu": 256, "memory": 512}, {"cpu": 256, "memory": 512}), []),
    "no sizes of their own": (sizes(256, 512, {}, {"cpu": 0, "memory": None}), []),
    "not overridden": (sizes(None, None, {"cpu": 9999, "memory": 9999}), []),
    "memory": (
        sizes(None, 1024, {"memory": 1000}, {"memoryReservation": 25}),
        ["memory 1024 is less than the 1025 that the containers of 'web' need together (a 1000, b 25)"],
    ),
    "cpu": (
        sizes(256, None, {"cpu": 256}, {"cpu": 1}),
        ["cpu 256 is less than the 257 that the containers of 'web' need together (a 256, b 1)"],
    ),
    "limits that overlap": (
        sizes(None, 1024, *[{"memory": 1024, "memoryReservation": 256}] * 2),
        [],
    ),
    "limit above the task": (
        sizes(None, 1024, {"memory": 1025, "memoryReservation": 256}),
        ["memory 1024 is less than the limit 1025 of the container 'a' of 'web'"],
    ),
}


@pytest.mark.parametrize(("found", "expected"), SIZES.values(), ids=SIZES)
def test_names_containers_that_do_not_fit(found: list[str], expected: list[str]) -> None:
    """The containers' reservations must fit together, and the limit of each container must fit alone."""
    assert found == expected


@given(st.lists(st.integers(1, 4096), min_size=1, max_size=2), st.integers(1, 9000))
def test_a_task_fits_exactly_when_it_is_as_large_as_its_containers(parts: list[int], size: int) -> None:
    """For cpu and for memory, there is a problem if and only if the sum is larger than the task's size."""
    assert bool(sizes(None, size, *({"memory": part} for part in parts))) == (sum(parts) > size)
    assert bool(sizes(size, None, *({"cpu": part} for part in parts))) == (sum(parts) > size)
