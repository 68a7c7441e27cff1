"""Details that an alert adds to the ledger's: the log, and the schedule's state. Missing details are named."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from aws_facts import log_place
from aws_facts.arn import Arn
from watch import classes, instants, links, run_kinds, untrusted
from watch.names import job_of_schedule
from watch.news import CLOCKS_DIFFER
from watch.redaction import hidden, secret_names, values_of, values_of_containers
from watch.watched_account import NOT_ANSWERED, why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from watch.facts import Facts, JobFacts
    from watch.records import Run
    from watch.watched_account import LogLine, WatchedAccount

LINES = 10
LONGEST_LINE = 500
"""Characters; ten such lines in four bodies stay far below SNS's 256 KiB."""
SILENCE = timedelta(seconds=30)
"""A log that ends this long before its run may have lost its end."""
_DROPS = "its log driver's mode is not `blocking`"


@dataclass
class Found:
    """The details that were found, and those that are missing."""

    log_group: str | None = None
    log_stream: str | None = None
    log_url: str | None = None
    lines: list[str] = field(default_factory=list)
    enabled: bool = False
    """Whether the schedule is enabled, so that its next tick will come."""
    missing: list[str] = field(default_factory=list)
    """The details that were not found, each with the reason."""
    hide: dict[str, str] = field(default_factory=dict)
    """Secrets that no message may show, each with the words that replace it."""


def look_up(account: WatchedAccount, partition: str, facts: Facts, schedule: str, run: Run | None) -> Found:
    """Return what AWS knows of a schedule, and of the log of one of its runs, as far as it can be found.

    `schedule` is empty for an alert that is about no schedule.
    """
    found = Found()
    scheduled = _scheduled(account, facts, schedule, found)
    found.enabled = scheduled.get("State") == "ENABLED"
    if run is not None and run_kinds.kind(run.task) == run_kinds.TASK:
        _look_up_task(account, partition, facts.secret_names, scheduled, run, found)
    elif run is not None:
        _look_up_named(account, partition, facts.job(job_of_schedule(schedule)), run, found)
    return found


def _scheduled(account: WatchedAccount, facts: Facts, schedule: str, found: Found) -> Mapping[str, Any]:
    """Return a schedule, as GetSchedule describes it; empty when it is unknown or no longer there."""
    if not schedule or facts.absence(schedule):
        return {}
    try:
        return account.schedule(facts.group, schedule)
    except NOT_ANSWERED as error:
        if not _is_gone(error):
            found.missing.append(f"the next tick ({why(error)})")
        return {}


def _is_gone(error: Exception) -> bool:
    """Return whether GetSchedule says that there is no such schedule (Scheduler API reference, GetSchedule, Errors)."""
    return isinstance(error, ClientError) and error.response["Error"].get("Code") == "ResourceNotFoundException"


def _look_up_task(  # noqa: PLR0913, PLR0917 - the run, and what is known around it
    account: WatchedAccount,
    partition: str,
    patterns: Sequence[str],
    scheduled: Mapping[str, Any],
    run: Run,
    found: Found,
) -> None:
    """Add the location of a run's log, and its last lines."""
    cluster = run.task.replace(":task/", ":cluster/").rpartition("/")[0]
    described, doubt = None, "ECS no longer knows"
    try:
        described = account.tasks(cluster, [run.task]).get(run.task)
    except NOT_ANSWERED as error:
        doubt = "AWS did not tell"
        found.missing.append(f"the task ({why(error)})")
    found.hide = values_of(described or {}, patterns)
    try:
        definition = account.task_definition(run.definition)
    except NOT_ANSWERED as error:
        found.missing.append(f"the location of the log ({why(error)})")
        return
    found.hide |= values_of_containers(definition, patterns)
    place = log_place.find(definition, run.container, run.task)
    if place is None:
        found.missing.append(f"the log ({log_place.doubt(definition, run.container)})")
        return
    if run.outcome == classes.NOT_STARTED or (run.outcome == classes.RUNNING and not run.started):
        return  # there is no stream either
    found.log_group, found.log_stream = place.group, place.stream
    found.log_url = links.log_stream(partition, place.region, place.group, place.stream)
    unknown = _unknown_secrets(scheduled, patterns) if described is None else None
    if unknown:
        found.missing.append(f"the last lines of the log ({doubt} the task's environment, {unknown})")
        return
    try:
        lines = account.last_lines(place, LINES)
    except NOT_ANSWERED as error:
        found.missing.append(f"the last lines of the log ({why(error)})")
        return
    found.lines = [_cut(untrusted.visible(hidden(line.text.rstrip().expandtabs(), found.hide))) for line in lines]
    if log_place.may_lose_lines(definition, run.container):
        found.missing += _lost(lines, described or {}, run)


def _look_up_named(account: WatchedAccount, partition: str, job: JobFacts, run: Run, found: Found) -> None:
    """Add the stream that a run wrote to which is no task, and its last lines there. One that never ran has none.

    Its lines are found by its id: Lambda's own lines name that of an invocation, and those of workers name that of a
    claimed run.
    """
    if run.outcome == classes.NOT_STARTED or run.created is None:
        return
    group, whose = _log_group(job, run)
    if not group:
        found.missing.append(f"the log (the log group of {whose} is not known)")
        return
    name, region = run_kinds.id_of(run.task), Arn.parse(run.task).region
    found.log_group, found.log_url = group, links.log_search(partition, region, group, f'"{name}"')
    since, until = instants.read(run.created), instants.read_or_none(run.stopped or "")
    try:
        if run_kinds.kind(run.task) == run_kinds.INVOCATION:
            log = account.lines_of_invocation(group, name, since, LINES)
        else:
            log = account.lines_of_claimed_run(
                group, name, since - CLOCKS_DIFFER, until and until + CLOCKS_DIFFER, LINES
            )
    except NOT_ANSWERED as error:
        found.missing.append(f"the last lines of the log ({why(error)})")
        return
    if log is None:
        found.missing.append(f"the last lines of the log ({group} has none with the id {name})")
        return
    found.log_stream = log.stream
    found.log_url = links.log_stream(partition, region, group, log.stream)
    found.lines = [_cut(untrusted.visible(hidden(line.text.rstrip().expandtabs(), found.hide))) for line in log.lines]


def _log_group(job: JobFacts, run: Run) -> tuple[str, str]:
    """Return the log group that a run which is no task writes to, empty if it is unknown, and whose it is."""
    if run_kinds.kind(run.task) == run_kinds.INVOCATION:
        return job.function.log_group if job.function else "", "the function"
    service = job.work or job.in_process
    return service.log_group if service else "", "the service's container"


def _unknown_secrets(scheduled: Mapping[str, Any], patterns: Sequence[str]) -> str | None:
    """Return why a line may show a secret of a run whose task ECS does not describe; None when it had no secrets.

    The schedule's request has the variables of its next run. Those of this run had the same names, unless a
    deployment has changed them since.
    """
    try:
        request = json.loads(scheduled["Target"]["Input"])
    except (KeyError, ValueError):
        return "and the schedule's is unknown"
    names = secret_names(request, patterns)
    return f"in which {', '.join(map(untrusted.quoted, names))} looks secret" if names else None


def _lost(lines: Sequence[LogLine], described: Mapping[str, Any], run: Run) -> Iterator[str]:
    """Yield that the end of the log may be missing, if the log ends well before the containers did."""
    ended = described.get("executionStoppedAt") or (instants.read(run.stopped) if run.stopped else None)
    if ended is None or not lines:
        return
    silence = ended - lines[-1].at
    if silence >= SILENCE:
        yield (
            f"the end of the log, perhaps (its last line is {instants.length(round(silence.total_seconds()))} older "
            f"than the end of the run, and ECS may drop lines: {_DROPS})"
        )


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
