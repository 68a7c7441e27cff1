"""Tests of the facts of a job that its item in the ledger holds."""

from __future__ import annotations

import json
import re
from typing import Any

import pulumi
import pytest

from components.function_place import FunctionPlace
from components.job_args import ScheduledJobArgs
from components.job_facts import SupervisedArgs, item
from components.placement import PlacementArgs
from components.schedule import ScheduleArgs
from supervision.limits import Limits
from watch import job_items
from watch.facts import InvokedFunction, JobFacts, Supervised

UNUSED: Any = None
DEFINITIONS = "arn:aws:ecs:eu-central-1:111122223333:task-definition"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("web", "web"),
        ("web:12", "web:12"),
        (f"{DEFINITIONS}/web", "web"),
        (f"{DEFINITIONS}/web:12", "web:12"),
    ],
)
def test_names_the_task_definition(given: str, expected: str) -> None:
    """The watch gets a family or `family:revision`, however the placement refers to it."""
    placement = PlacementArgs(
        cluster_arn="arn:aws:ecs:eu-central-1:111122223333:cluster/main",
        task_definition=given,
        container="app",
        passed_roles=[],
        subnets=["subnet-1"],
    )
    args = ScheduledJobArgs(
        group=UNUSED,
        placement=placement,
        command=["true"],
        schedules=[ScheduleArgs(expression="rate(1 hour)")],
        owner="data",
    )
    written = item("report", args)
    assert isinstance(written, str)
    assert job_items.read(json.loads(written)).task_definition == expected


CLUSTER = "arn:aws:ecs:eu-central-1:111122223333:cluster/main"
PLACEMENT = PlacementArgs(
    cluster_arn=CLUSTER,
    task_definition="web",
    container="app",
    passed_roles=[],
    subnets=["subnet-1"],
)
LIMITS = Limits(start_deadline=600, timeout=60)
ROLE = "arn:aws:iam::111122223333:role/jobs/jobs-staging/report-1a2b3c4"


def supervised_item(schedules: int, request: dict[str, Any], service: str | None = None) -> JobFacts:
    """Return the facts in the item of a supervised job with so many schedules, of which each has this request."""
    named = [ScheduleArgs(expression="rate(1 hour)", key=f"k{number}", limits=LIMITS) for number in range(schedules)]
    args = ScheduledJobArgs(group=UNUSED, placement=PLACEMENT, command=["true"], schedules=named, owner="data")
    requests: dict[str, Any] = {f"report.k{number}": request for number in range(schedules)}
    written = item("report", args, SupervisedArgs(role=ROLE, requests=requests, service=service))
    assert isinstance(written, str)
    return job_items.read(json.loads(written))


def test_has_all_that_the_supervisor_needs() -> None:
    """The item of a supervised job has its limits, its role and its requests, and the service that it follows."""
    facts = supervised_item(2, {"Cluster": "main"}, service="web")
    assert facts.limits == {"report.k0": LIMITS, "report.k1": LIMITS}
    assert facts.supervised == Supervised(
        role=ROLE,
        requests={"report.k0": {"Cluster": "main"}, "report.k1": {"Cluster": "main"}},
        service={"cluster": CLUSTER, "service": "web"},
    )
    assert supervised_item(1, {}).supervised == Supervised(role=ROLE, requests={"report.k0": {}})


def test_item_that_is_too_large() -> None:
    """What DynamoDB would refuse is said beforehand, with the size, the limit and what to do."""
    request = {"Overrides": "x" * 8000}
    supervised_item(48, request)
    with pytest.raises(pulumi.RunError) as raised:
        supervised_item(52, request)
    text = str(raised.value)
    size = int(re.search(r"needs (\d+) bytes", text)[1])  # type: ignore[index]
    assert 409600 < size < 52 * 8300
    assert text == (
        "the job 'report' is supervised, so its item in the ledger has the requests of all its schedules; with 52 "
        f"schedules it needs {size} bytes, and DynamoDB takes 409600. Shorten the command or the environment, or "
        "divide the schedules among several jobs"
    )


def test_the_item_of_a_function() -> None:
    """It names the alias and the log, and has no request. The limit that Lambda keeps is not the supervisor's."""
    alias = "arn:aws:lambda:eu-central-1:111122223333:function:rates:jobs-staging-report"
    args = ScheduledJobArgs(
        group=UNUSED,
        placement=FunctionPlace(alias_arn=alias, log_group="/aws/lambda/rates", ends_within=1500),
        command=None,
        schedules=[ScheduleArgs(expression="rate(1 hour)", limits=Limits(start_deadline=900, timeout=600))],
        owner="data",
    )
    role = "arn:aws:iam::111122223333:role/launch"
    written = item("report", args, SupervisedArgs(role=role, requests={}, service=None))
    assert isinstance(written, str)
    found = job_items.read(json.loads(written))
    assert found.function == InvokedFunction(alias=alias, log_group="/aws/lambda/rates")
    assert found.supervised == Supervised(role=role, requests={})
    assert found.limits == {"report": Limits(start_deadline=900, ends_within=1500)}
    assert (found.cluster, found.task_definition, found.container, found.own_command) == ("", "", "", False)
