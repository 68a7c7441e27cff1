"""Tests of the task sizes of each launch type."""

from __future__ import annotations

import botocore.session
import pytest

from aws_facts.launch_types import (
    ON_FARGATE,
    ON_INSTANCES,
    LaunchType,
    LaunchTypes,
    in_words,
    size_problem,
    size_warning,
)

ON_EC2, ON_MANAGED = (LaunchType.EC2,), (LaunchType.MANAGED_INSTANCES,)
CPU = "is not a size on EC2 or Managed Instances; must be 128 to 196608"
SIZES: dict[str, tuple[LaunchTypes, int | None, int | None, str | None]] = {
    "Fargate": (ON_FARGATE, 256, 512, None),
    "too much for Fargate": (ON_FARGATE, 512, 512, "memory 512 does not go with cpu 512 on Fargate"),
    "EC2, no size of Fargate": (ON_EC2, 3000, 100, None),
    "EC2, smallest": (ON_EC2, 128, 4, None),
    "EC2, too small": (ON_EC2, 127, None, f"cpu 127 {CPU}"),
    "EC2, largest": (ON_EC2, 196608, 33_554_432, None),
    "EC2, too large": (ON_EC2, 196609, None, f"cpu 196609 {CPU}"),
    "Managed Instances, too small": (ON_MANAGED, 100, 512, f"cpu 100 {CPU}"),
    "unknown": (ON_INSTANCES, 3000, None, None),
    "nothing": (ON_EC2, None, None, None),
}


@pytest.mark.parametrize(("types", "cpu", "memory", "problem"), SIZES.values(), ids=SIZES)
def test_sizes(types: LaunchTypes, cpu: int | None, memory: int | None, problem: str | None) -> None:
    """Fargate has a table; on instances there is a range for the CPU units alone."""
    found = size_problem(types, cpu, memory)
    assert found is None if problem is None else str(found).startswith(problem)


def test_ecs_ignores_the_size_of_windows_tasks_on_ec2() -> None:
    """A size that does nothing is a mistake. On Fargate it counts."""
    assert str(size_problem(ON_EC2, 1024, None, windows=True)).startswith("ECS ignores cpu and memory of a task with")
    assert size_problem(ON_EC2, None, None, windows=True) is None
    assert size_problem(ON_FARGATE, 1024, 2048, windows=True) is None


def test_warns_of_a_size_that_the_page_on_managed_instances_does_not_name() -> None:
    """Nobody has recorded what AWS does with it, so it is no mistake."""
    warning = "ECS Developer Guide names 10240 as the most cpu of a task on Managed Instances"
    assert [size_warning(ON_MANAGED, cpu) for cpu in (None, 10240, 10241, 196609)] == [None, None, warning, None]
    assert size_warning(ON_EC2, 20000) is None


def test_launch_types_are_those_of_aws() -> None:
    """Each is one of AWS's own model, and has words for people."""
    documented = botocore.session.get_session().get_service_model("ecs").shape_for("Compatibility").metadata["enum"]
    assert {one.value for one in LaunchType} == {*documented} - {"EXTERNAL"}
    assert in_words(ON_INSTANCES) == "EC2 instances or Managed Instances"
