"""Tests of what is found of work queues and of the table of claims."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from doctor.account import Known
from doctor.checks.work import PATIENCE, QueuedRun, UsedClaims, UsedQueue, UsedWork, check
from doctor.reading import work as reading
from judgements.answers import Refused
from supervision.flights import Launch
from tests.unit.doctor.samples import NOW
from tests.unit.supervision.flying import T, flight
from watch.facts import InProcess, JobFacts, WorkQueue
from watch.records import JobRecord

if TYPE_CHECKING:
    from collections.abc import Callable

QUEUE, CLAIMS = "jobs-production-work-web", "jobs-production-claims"
PLACE = "eu-central-1:123456789012"
THERE: Known[Any] = Known({"Attributes": {}})
ACTIVE: Known[Any] = Known({"Table": {"TableStatus": "ACTIVE"}})


def queued(late: int) -> list[QueuedRun]:
    """Return a run that waits for so many seconds longer than it should."""
    return [QueuedRun("0a", "warm", NOW - timedelta(seconds=PATIENCE + late)), QueuedRun("0b", "sweep", NOW)]


def found(answer: Any = THERE, runs: list[QueuedRun] | None = None, asked: float | None = None) -> Any:  # noqa: ANN401 - a finding
    """Return what is found of a queue."""
    queue = UsedQueue(name=QUEUE, jobs=["sweep", "warm"], answer=answer, queued=runs or [], asked=asked)
    [one] = check(UsedWork(queues=[queue], claims=[], now=NOW))
    return one


@pytest.mark.parametrize(
    ("given", "code", "jobs"),
    [
        ({}, "sound", ("sweep", "warm")),
        ({"runs": queued(0)}, "sound", ("sweep", "warm")),
        ({"runs": queued(1)}, "work-not-taken", ("warm",)),
        ({"answer": Known(None)}, "work-queue-missing", ("sweep", "warm")),
        ({"answer": Refused("no", "sqs:GetQueueUrl")}, "unchecked", ("sweep", "warm")),
    ],
)
def test_a_queue(given: dict[str, Any], code: str, jobs: tuple[str, ...]) -> None:
    """A worker takes a run within minutes, and what is wrong is told with the jobs that it keeps from running."""
    one = found(**given)
    assert (one.code, one.jobs, one.about) == (code, jobs, QUEUE)
    assert bool(one.fix) is (code != "sound")


@pytest.mark.parametrize(("asked", "told"), [(0, True), (3, False), (None, False)])
def test_whether_anybody_asks_for_work(asked: float | None, *, told: bool) -> None:
    """Without workers there are no calls; if CloudWatch has no data, nothing is said."""
    text = found(runs=queued(1), asked=asked).text
    assert text.startswith("the run 0a of warm waits for a worker since 2027-02-03T08:54:59Z")
    assert text.endswith(", and no process asks this queue for work") is told


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        (ACTIVE, "sound", ""),
        (Known(None), "claims-missing", "there is no such table of claims, so no process can claim a run"),
        (
            Known({"Table": {"TableStatus": "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}}),
            "claims-missing",
            "the table of claims is INACCESSIBLE_ENCRYPTION_CREDENTIALS, so no process can claim a run",
        ),
        (Refused("no", "dynamodb:DescribeTable"), "unchecked", "the table of claims: no"),
    ],
)
def test_the_claims(answer: Any, code: str, text: str) -> None:  # noqa: ANN401 - an answer
    """Without them no process has a run."""
    [one] = check(UsedWork(queues=[], claims=[UsedClaims(name=CLAIMS, jobs=["warm"], answer=answer)], now=NOW))
    assert (one.code, one.text, one.jobs) == (code, text, ("warm",))


class Account:
    """An account in which all is there, and CloudWatch has counted so many calls."""

    def __init__(self, *values: float) -> None:
        """Note the values."""
        self.values = values
        self.asked: list[str] = []

    def ask(self, service: str, operation: str, **_: object) -> Known[Any]:
        """Return an answer, and note the question."""
        self.asked.append(operation)
        return Known({"MetricDataResults": [{"Values": [*self.values]}]}) if service == "cloudwatch" else ACTIVE

    def queue_url(self, _: str) -> Known[Any]:
        """Return where a queue is."""
        return Known({"QueueUrl": "https://q"})


@pytest.mark.parametrize(
    ("started", "values", "asked"), [(None, (0.0, 0.0), 0), (None, (2.0,), 2), (None, (), None), (T + 5, (0.0,), None)]
)
def test_reads_each_thing_once(started: int | None, values: tuple[float, ...], asked: float | None) -> None:
    """Two jobs share a queue, and all share the table. CloudWatch is asked only while a run waits."""
    arn = f"arn:aws:sqs:{PLACE}:{QUEUE}"
    work = JobFacts(work=WorkQueue(arn=arn, url="https://q", task="warm", claims=CLAIMS))
    process = JobFacts(in_process=InProcess(claims=f"arn:aws:dynamodb:{PLACE}:table/{CLAIMS}"))
    record = JobRecord("warm")
    record.traffic.flights = [
        flight(job="warm", launch=Launch(1, 1, T, task=f"{arn}/{'0' * 32}", created=T, started=started)),
        flight(job="warm", launch=Launch(1, 1, T)),
        flight(job="warm"),
    ]
    stack: Any = type(
        "Stack", (), {"jobs": {"a": process, "b": work, "warm": work}, "records": {"warm": record}, "now": NOW}
    )
    account: Any = Account(*values)
    read: Callable[..., UsedWork] = reading.read
    known = read(account, stack)
    [queue], [claims] = known.queues, known.claims
    assert (queue.name, queue.jobs, queue.asked) == (QUEUE, ["b", "warm"], asked)
    assert [one.id for one in queue.queued] == ([] if started else ["0" * 32])
    assert (claims.name, claims.jobs) == (CLAIMS, ["a", "b", "warm"])
    assert ("get_metric_data" in account.asked) is (started is None)
