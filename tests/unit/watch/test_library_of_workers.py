"""What the library of workers tells is what the watch reads: reports, and the words of bad ends."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from scheduled_jobs_worker import claims as of_worker
from scheduled_jobs_worker import job_process, names, runs
from scheduled_jobs_worker.once import GAVE_UP
from scheduled_jobs_worker.reports import Reporter
from scheduled_jobs_worker.runs import Run, Verdict
from tests.unit.watch.world import GROUP, PLACE, START
from watch import causes, claims_table, instants, reports, run_kinds
from watch.names import function_name

QUEUE = f"arn:aws:sqs:{PLACE}:jobs-production-work-web"
TABLE = f"arn:aws:dynamodb:{PLACE}:table/jobs-production-claims"
AT, END = "2027-01-04T00:01:00Z", "2027-01-04T00:05:00Z"


@dataclass
class Lambda:
    """The client of Lambda. It keeps what it is told."""

    told: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, **request: Any) -> None:  # noqa: ANN401 - as boto3
        """Keep an event for the watch."""
        assert (request["FunctionName"], request["InvocationType"]) == (function_name(GROUP), "Event")
        self.told.append(json.loads(request["Payload"]))


@pytest.mark.parametrize("place", [QUEUE, TABLE])
@pytest.mark.parametrize("outcome", [runs.GOOD, runs.FAILED, runs.INTERRUPTED, runs.STOPPED, runs.TIMED_OUT])
def test_reports_are_read(place: str, outcome: str) -> None:
    """Those of workers, and of processes that claim ticks by themselves."""
    run, client = Run("web", "web.night", START, launch=1, rerun="0000aaaa"), Lambda()
    reporter = Reporter(client, GROUP, "ip-10-0-1-7")
    reporter.began(run, f"{place}/{run.id}", AT)
    reporter.ended(run, f"{place}/{run.id}", Verdict(outcome, 3, "because"), AT, END)
    began, ended = (reports.read(one, START + timedelta(hours=1)) for one in client.told)
    assert all(map(reports.is_report, client.told))
    assert (began.schedule, began.tick, began.rerun, began.launch) == ("web.night", instants.text(START), "0000aaaa", 1)
    assert (began.run, began.started, began.verdict) == (f"{place}/{run.id}", instants.read(AT), None)
    assert (ended.started, ended.at, ended.worker) == (instants.read(AT), instants.read(END), "ip-10-0-1-7")
    assert ended.verdict is not None
    assert (ended.verdict.outcome, ended.verdict.exit_code, ended.verdict.reason) == (outcome, 3, "because")


def test_names_are_the_same() -> None:
    """The library stands alone, so it makes them itself."""
    assert names.watch_name("g" * 64) == function_name("g" * 64)


def test_a_lost_worker_has_one_reason() -> None:
    """Another worker finds it, or the watch."""
    assert of_worker.GONE.format(AT) == f"{claims_table.GONE} {AT}"


LOST, KILLED = "the worker was killed or lost its network", "the process of the job was killed"


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (of_worker.GONE.format(AT), LOST),
        (job_process.WORKER_GONE, LOST),
        (job_process.LEASE_OVER, "the worker could not reach DynamoDB"),
        (job_process.GUARD_GONE, KILLED),
    ],
)
def test_interruptions_have_causes(reason: str, cause: str) -> None:
    """Each reason of the library is known."""
    found = causes.of("interrupted", None, reason, [], "", kind=run_kinds.WORKER_RUN)
    assert (found.guess or "").startswith(cause)


def test_a_process_that_gave_up_has_a_cause() -> None:
    """Its work is not done, although nobody has killed it."""
    found = causes.of("interrupted", None, GAVE_UP, [], "", kind=run_kinds.PROCESS_RUN)
    assert found.guess is not None
    assert found.guess.endswith("it left the rest of its work undone")
