"""Tests of the page of a job that is a function."""

from __future__ import annotations

import pytest

from ops.looking.job_page import JobPage
from ops.stack import Place
from tests.unit.supervisor.fake_lambda import alias
from tests.unit.watch.world import CLUSTER, START
from watch.facts import InvokedFunction, JobFacts

FUNCTION = JobFacts(owner="data", function=InvokedFunction(alias=alias("rates"), log_group="/aws/lambda/rates"))
TASK = JobFacts(owner="data", cluster=CLUSTER, task_definition="web", container="app")


def page(facts: JobFacts) -> JobPage:
    """Return the page of a job without schedules."""
    return JobPage(
        place=Place("eu-central-1", "jobs-production"),
        partition="aws",
        job="rates",
        deployed=True,
        facts=facts,
        now=START,
        schedules=(),
        runs=(),
        roles=(),
        images={},
    )


@pytest.mark.parametrize(
    ("facts", "links", "known"),
    [(FUNCTION, {"function"}, True), (TASK, {"tasks", "taskDefinition"}, False)],
    ids=["function", "container"],
)
def test_what_runs_the_job(facts: JobFacts, links: set[str], *, known: bool) -> None:
    """A function has its own link and names, and none of ECS."""
    shown = page(facts)
    assert shown.links().keys() == links
    assert ("function" in shown.to_plain()) is known
    text = "\n".join(shown.lines([]))
    assert ("/aws/lambda/rates" in text) is known
    assert ("/functions/rates" in text) is known
