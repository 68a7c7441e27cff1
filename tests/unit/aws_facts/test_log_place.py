"""Tests that a container's log stream is found as ECS names it."""

from __future__ import annotations

from typing import Any

import pytest

from aws_facts import log_place
from aws_facts.arn import Arn
from aws_facts.log_place import LogPlace

TASK = "arn:aws:ecs:eu-central-1:123456789012:task/production/0af3"
OPTIONS = {"awslogs-group": "/production/web", "awslogs-stream-prefix": "ecs"}
SIDECAR = {"name": "proxy", "logConfiguration": {"logDriver": "awslogs", "options": OPTIONS}}


def definition(driver: str = "awslogs", **options: str) -> dict[str, Any]:
    """Return a task definition whose container logs with this driver and these options."""
    return {
        "containerDefinitions": [
            {"name": "app", "logConfiguration": {"logDriver": driver, "options": options}},
            SIDECAR,
        ]
    }


@pytest.mark.parametrize(
    ("more", "region"),
    [({}, "eu-central-1"), ({"awslogs-region": "eu-west-1"}, "eu-west-1"), ({"awslogs-region": ""}, "eu-central-1")],
)
def test_stream_is_in_the_region_of_the_driver(more: dict[str, str], region: str) -> None:
    """The log driver's region wins over the task's."""
    found = log_place.find(definition(**OPTIONS, **more), "app", TASK)
    assert found == LogPlace("/production/web", "ecs/app/0af3", region)


@pytest.mark.parametrize(
    ("given", "container", "why"),
    [
        (definition("splunk"), "app", "the container does not use the awslogs log driver"),
        ({"containerDefinitions": [{"name": "app"}]}, "app", "the container does not use the awslogs log driver"),
        (
            definition(**{"awslogs-group": "/production/web"}),
            "app",
            "the name of its stream in /production/web is unknown without awslogs-stream-prefix",
        ),
        (definition(**OPTIONS), "server", "the task definition has no container 'server'"),
        (definition(**OPTIONS), "", "the job's container is not known"),
    ],
)
def test_says_why_the_stream_is_unknown(given: dict[str, Any], container: str, why: str) -> None:
    """Each reason for which the stream cannot be named has its own words."""
    assert log_place.find(given, container, TASK) is None
    assert log_place.doubt(given, container) == why


@pytest.mark.parametrize(("mode", "may"), [(None, True), ("non-blocking", True), ("blocking", False)])
def test_lines_may_be_lost(mode: str | None, may: bool) -> None:  # noqa: FBT001
    """Only the mode `blocking` loses no lines; it is not the default."""
    options = {**OPTIONS, **({} if mode is None else {"mode": mode})}
    assert log_place.may_lose_lines(definition(**options), "app") is may


@pytest.mark.parametrize(
    ("driver", "options", "expected"),
    [
        ("awslogs", {"awslogs-group": "/ecs/web"}, ["/ecs/web"]),
        ("awslogs", {"awslogs-group": "/ecs/web", "awslogs-region": "eu-central-1"}, ["/ecs/web"]),
        (
            "awslogs",
            {"awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1"},
            ["arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web"],
        ),
        ("awslogs", {"awslogs-region": "eu-west-1"}, []),
        ("splunk", {"awslogs-group": "/ecs/web"}, []),
    ],
)
def test_finds_the_log_group_that_the_watch_reads(driver: str, options: dict[str, str], expected: list[str]) -> None:
    """A log group in another region than the cluster is given by its ARN."""
    app: dict[str, Any] = {"name": "app", "logConfiguration": {"logDriver": driver, "options": options}}
    cluster = Arn.parse("arn:aws:ecs:eu-central-1:123456789012:cluster/production")
    definition = {"containerDefinitions": [{"name": "proxy"}, app]}
    assert log_place.groups(definition, "app", cluster) == expected
