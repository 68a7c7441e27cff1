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


@pytest.mark.parametrize(
    "facts",
    [
        JobFacts(function=InvokedFunction(alias=_ALIAS, log_group="/x", receiver="fleet", callback="https://u.test/")),
        JobFacts(work=WorkQueue(arn="arn:aws:sqs:q", url="https://q.test", task="refresh", claims="jobs-prod-claims")),
        JobFacts(in_process=InProcess(claims="arn:aws:dynamodb:t", log_group="/ecs/web")),
        JobFacts(limits={"a": Limits(start_deadline=60, taken_by="worker")}),
    ],
    ids=["receiver", "worker", "in-process", "limits"],
)
def test_facts_are_read_as_they_were_written(facts: JobFacts) -> None:
    """Plain data in JSON has all that the facts say."""
    assert JobFacts.from_plain(json.loads(json.dumps(facts.to_plain()))) == facts
