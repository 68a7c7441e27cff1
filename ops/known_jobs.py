"""What the ledger knows of the job that an operator names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ops import aws_errors, warn
from ops.errors import NotFoundError, OpsError
from settings import accepted
from watch.names import job_of_schedule
from watch.records import JobRecord, RecordError
from watch.untrusted import is_schedule

if TYPE_CHECKING:
    from ops.stack import Place
    from watch.facts import JobFacts
    from watch.ledger import Ledger


@dataclass(frozen=True)
class KnownJob:
    """A job, deployed or removed."""

    job: str
    record: JobRecord
    facts: JobFacts | None
    """From the job's item; from the record for a job that is no longer deployed."""
    zones: dict[str, str]
    """The schedules that the operator means, with their time zones."""
    deployed: bool
    """Whether the job has an item."""


def find(ledger: Ledger, place: Place, name: str) -> KnownJob:
    """Return the job of this name, or of this schedule; OpsError, with what is known, for another name."""
    job = job_of_schedule(name)
    record, facts, zones = JobRecord(job), None, dict[str, str]()
    with aws_errors.explained():
        if is_schedule(name):
            try:
                record = ledger.load(job)[0]
            except RecordError as error:
                raise OpsError(f"the ledger's record of {job} was not written by the watch: {error}") from error
            facts = ledger.deployed_job(job, partial(warn.of_foreign, "item"))
            zones = _zones(record, facts)
        known = facts or record.facts
        if name == job and (known or zones):
            return KnownJob(job, record, known, zones, facts is not None)
        if name in zones:
            return KnownJob(job, record, known, {name: zones[name]}, facts is not None)
        raise NotFoundError(f"the ledger of {place} knows no {name}{accepted(name, zones or _jobs(ledger))}")


def _zones(record: JobRecord, item: JobFacts | None) -> dict[str, str]:
    """Return the time zones of all schedules of a job."""
    found = {schedule: one.facts.timezone if one.facts else "UTC" for schedule, one in record.schedules.items()}
    for facts in (record.facts, item):
        found |= {schedule: one.timezone for schedule, one in facts.schedules.items()} if facts else {}
    return found


def _jobs(ledger: Ledger) -> set[str]:
    """Return the jobs that the ledger knows. A record of a placement is no job's."""
    records = ledger.jobs(partial(warn.of_foreign, "record"))
    return {*ledger.deployed_jobs(partial(warn.of_foreign, "item")), *(name for name in records if is_schedule(name))}
