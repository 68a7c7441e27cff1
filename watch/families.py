"""Checks before the tick that the newest revision of each task definition can run the deployed jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from aws_facts.entry_point import Lost, lost_words
from watch import classes, instants
from watch.records import Message
from watch.wording import few

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping
    from datetime import datetime

    from watch.changes import Decide
    from watch.facts import Facts, JobFacts
    from watch.records import JobRecord
    from watch.watcher import Watcher

PREFIX = "placement:"
"""Begins the names of the placements' records, which are among the jobs' records. No job has a colon in its name."""


MOST_JOBS = 100
"""Jobs that one alert names. With all jobs of a large stack, an alert would exceed SNS's size limit."""

_NOT_THERE = "ClientException"
"""DescribeTaskDefinition's error code for a family without an active revision (ECS API reference)."""


@dataclass
class Family:
    """A family that follows its newest revision, and the jobs on it."""

    family: str
    jobs: list[str] = field(default_factory=list)
    passed_roles: set[str] = field(default_factory=set)
    """Roles that the launch role of every job here may pass."""


def placements_of(facts: Facts, enabled: Container[str]) -> list[Family]:
    """Return the families of the jobs that have an enabled schedule, without pinned revisions, which cannot change."""
    found: dict[str, Family] = {}
    for name, job in facts.jobs.items():
        family = job.task_definition
        if not family or ":" in family or not any(schedule in enabled for schedule in job.schedules):
            continue
        placement = found.setdefault(family, Family(family, passed_roles=set(job.passed_roles)))
        placement.jobs.append(name)
        placement.passed_roles &= set(job.passed_roles)
    return list(found.values())


def check(watch: Watcher, placement: Family, records: Mapping[str, JobRecord], now: datetime) -> None:
    """Report once each reason that would make a coming launch fail."""
    name = PREFIX + placement.family
    finding = _find(watch, placement)
    known = records.get(name)
    if (finding.key if finding else None) != (known.warned if known else None):
        watch.change(name, [], _noting(placement, finding, watch.facts, now))


@dataclass(frozen=True)
class _Finding:
    """A reason that would make a coming launch fail."""

    key: str
    """Recorded, to report each reason once. Older versions of this code recorded the same words: do not reword them."""
    text: str


def _find(watch: Watcher, placement: Family) -> _Finding | None:
    try:
        definition = watch.account.task_definition(placement.family)
    except ClientError as error:
        if error.response["Error"].get("Code") != _NOT_THERE:
            raise
        name = placement.family
        return _Finding(f"{name}: there is no active revision", f"{name}: the family has no active revision")
    problems = sorted(_problems(placement, definition, watch.facts), key=lambda problem: problem.key)
    if not problems:
        return None
    name = definition["taskDefinitionArn"]
    keys, texts = "; ".join(one.key for one in problems), "; ".join(one.text for one in problems)
    return _Finding(f"{name}: {keys}", f"{name}: {texts}")


def _noting(placement: Family, finding: _Finding | None, facts: Facts, now: datetime) -> Decide[None]:
    """Return the change that reports a placement's problem once, and once that the placement has recovered."""

    def note(record: JobRecord, _: object) -> None:
        key = finding.key if finding else None
        if record.warned == key:
            return
        before, record.warned = record.warned, key
        if classes.WILL_NOT_LAUNCH in facts.quiet:
            return
        if finding is not None:
            more = len(placement.jobs) - MOST_JOBS
            text = finding.text
            text += f"; {more} more {'job is' if more == 1 else 'jobs are'} affected" if more > 0 else ""
            record.outbox.append(_message(placement, "alert", classes.WILL_NOT_LAUNCH, text, now))
        elif before is not None:
            record.outbox.append(_message(placement, "recovered", classes.RECOVERED, "", now))

    return note


def _message(placement: Family, kind: str, class_: str, reason: str, now: datetime) -> Message:
    """Return a message that has no tick."""
    name = f"{PREFIX}{placement.family}/{instants.text(now)}/{kind}"
    return Message(name, kind, class_, "", "", count=0, reason=reason, jobs=placement.jobs[:MOST_JOBS])


def _problems(placement: Family, definition: Mapping[str, Any], facts: Facts) -> Iterator[_Finding]:
    for kind in ("taskRoleArn", "executionRoleArn"):
        role = definition.get(kind)
        if role and role not in placement.passed_roles:
            word = _WORDS[kind]
            yield _Finding(
                f"the {word} {role} may not be passed", f"the launch role is not allowed to pass the {word} {role}"
            )
    entry_points = {one["name"]: one.get("entryPoint", ()) for one in definition.get("containerDefinitions", [])}
    for container in sorted({facts.jobs[job].container for job in placement.jobs} - {""}):
        if container not in entry_points:
            text = f"the revision has no container '{container}'"
            yield _Finding(f"there is no container '{container}'", text)
        elif lost := lost_words(entry_points[container]):
            jobs = [job for job in placement.jobs if _sets_command(facts.jobs[job], container)]
            if lost is Lost.AFTER_THE_FIRST:
                jobs = [job for job in jobs if facts.jobs[job].several_words]
            if jobs:
                start = f"the entry point of the container '{container}'"
                yield _Finding(f"{start} does not run {lost.value}", f"{start} {_RUNS[lost]} of {few(jobs)}")


def _sets_command(job: JobFacts, container: str) -> bool:
    """Return whether a job gives the container a command. Another job runs what the revision says, whatever that is."""
    return job.container == container and not job.own_command


_WORDS = {"taskRoleArn": "task role", "executionRoleArn": "execution role"}

_RUNS = {
    Lost.AFTER_THE_FIRST: "runs only the first word of the command",
    Lost.THE_FIRST: "does not run the first word of the command",
    Lost.ALL: "does not run the command",
}
"""What an entry point does with a command of which it loses words."""
