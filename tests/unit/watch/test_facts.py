"""The facts of a job as plain data, which items of the ledger hold."""

from __future__ import annotations

import json

import pytest

from supervision.limits import Limits
from watch.facts import InProcess, InvokedFunction, JobFacts, WorkQueue

_ALIAS = "arn:aws:lambda:eu-central-1:123456789012:function:rates:jobs-prod-rates"


def test_function_without_a_receiver_is_written_as_before() -> None:
    """The items of deployed functions do not change because of receivers."""
    facts = JobFacts(function=InvokedFunction(alias=_ALIAS, log_group="/aws/lambda/rates"))
    assert facts.to_plain()["function"] == {"alias": _ALIAS, "log_group": "/aws/lambda/rates"}
    assert not {"work", "in_process"} & facts.to_plain().keys()


def test_jobs_of_a_service_are_written_as_before() -> None:
    """Their items do not change where the role of the service is not known, and the table has the claims."""
    work = WorkQueue(arn="arn:aws:sqs:q", url="https://q.test", task="refresh", claims="jobs-prod-claims")
    told = {"arn": "arn:aws:sqs:q", "url": "https://q.test", "task": "refresh", "claims": "jobs-prod-claims"}
    assert JobFacts(work=work).to_plain()["work"] == {**told, "log_group": ""}
    process = InProcess(claims="arn:aws:dynamodb:t", log_group="/ecs/web")
    told = {"claims": "arn:aws:dynamodb:t", "log_group": "/ecs/web"}
    assert JobFacts(in_process=process).to_plain()["in_process"] == told


@pytest.mark.parametrize(
    "facts",
    [
        JobFacts(function=InvokedFunction(alias=_ALIAS, log_group="/x", receiver="fleet", callback="https://u.test/")),
        JobFacts(work=WorkQueue(arn="arn:aws:sqs:q", url="https://q.test", task="refresh", claims="jobs-prod-claims")),
        JobFacts(in_process=InProcess(claims="arn:aws:dynamodb:t", log_group="/ecs/web")),
        JobFacts(in_process=InProcess(claims="arn:aws:dynamodb:t", role="arn:aws:iam::1:role/web", store="redis")),
        JobFacts(limits={"a": Limits(start_deadline=60, taken_by="worker")}),
    ],
    ids=["receiver", "worker", "in-process", "redis", "limits"],
)
def test_facts_are_read_as_they_were_written(facts: JobFacts) -> None:
    """Plain data in JSON has all that the facts say."""
    assert JobFacts.from_plain(json.loads(json.dumps(facts.to_plain()))) == facts
