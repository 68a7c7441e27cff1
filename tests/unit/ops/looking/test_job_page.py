"""Tests of the page of a job that is a function."""

from __future__ import annotations

import pytest

from ops.looking.job_page import JobPage
from ops.stack import Place
from tests.unit.supervisor.fake_lambda import alias
from tests.unit.watch.world import CLUSTER, START
from watch.facts import InProcess, InvokedFunction, JobFacts, WorkQueue

FUNCTION = JobFacts(owner="data", function=InvokedFunction(alias=alias("rates"), log_group="/aws/lambda/rates"))
PLACE = "eu-central-1:123456789012"
HTTP = JobFacts(
    function=InvokedFunction(
        alias=alias("rates"), log_group="/aws/lambda/rates", receiver="fleet", callback="https://x.example/"
    )
)
WORK = JobFacts(
    work=WorkQueue(
        arn=f"arn:aws:sqs:{PLACE}:q", url="https://q", task="warm", claims="jobs-claims", log_group="/ecs/web"
    )
)
PROCESS = JobFacts(in_process=InProcess(claims=f"arn:aws:dynamodb:{PLACE}:table/jobs-claims", log_group="/ecs/web"))
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


@pytest.mark.parametrize(
    ("facts", "known", "lines"),
    [
        (TASK, {"kind": "task"}, ["launched by      Scheduler"]),
        (FUNCTION, {"kind": "function", "function": alias("rates")}, ["function         rates"]),
        (
            HTTP,
            {"kind": "http", "function": alias("rates"), "receiver": "fleet"},
            ["receiver         fleet", "callbacks to     https://x.example/"],
        ),
        (
            WORK,
            {"kind": "worker", "queue": f"arn:aws:sqs:{PLACE}:q", "task": "warm", "claims": "jobs-claims"},
            ["taken by         workers, as warm", "queue            q", "log group        /ecs/web"],
        ),
        (
            PROCESS,
            {"kind": "in_process", "claims": "jobs-claims"},
            ["launched by      the processes of its service, by themselves", "claims           jobs-claims"],
        ),
    ],
    ids=["task", "function", "http", "worker", "in_process"],
)
def test_what_is_known_of_each_kind(facts: JobFacts, known: dict[str, str], lines: list[str]) -> None:
    """The page and the JSON have what there is, and nothing of another kind."""
    names = ("kind", "function", "receiver", "queue", "task", "claims")
    plain, text = page(facts).to_plain(), [line.strip() for line in page(facts).lines([])]
    assert {name: plain[name] for name in names if name in plain} == known
    assert [line for line in lines if line not in text] == []
    assert page(facts).links().keys() <= {"function", "tasks", "taskDefinition"}
    assert ("tasks" in page(facts).links()) is (facts is TASK)
