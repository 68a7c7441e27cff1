"""Details that an alert adds to the ledger's: the log stream and its last lines. Missing details are named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_facts import log_place
from watch import classes, links, untrusted
from watch.redaction import hidden, values_of, values_of_containers
from watch.watched_account import NOT_ANSWERED, why

if TYPE_CHECKING:
    from watch.records import Run
    from watch.watched_account import WatchedAccount

LINES = 10
LONGEST_LINE = 500
"""Characters; ten such lines in four bodies stay far below SNS's 256 KiB."""


@dataclass
class Found:
    """The details that were found, and those that are missing."""

    log_group: str | None = None
    log_stream: str | None = None
    log_url: str | None = None
    lines: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """The details that were not found, each with the reason."""
    hide: dict[str, str] = field(default_factory=dict)
    """Values of environment variables, which no message may show, each with its variable's name."""


def look_up(account: WatchedAccount, region: str, partition: str, run: Run) -> Found:
    """Return the log of a run, as far as it can be found."""
    found = Found()
    cluster = run.task.replace(":task/", ":cluster/").rpartition("/")[0]
    described = None
    try:
        described = account.tasks(cluster, [run.task]).get(run.task)
    except NOT_ANSWERED as error:
        found.missing.append(f"the task ({why(error)})")
    found.hide = values_of(described or {})
    try:
        definition = account.task_definition(run.definition)
    except NOT_ANSWERED as error:
        found.missing.append(f"the location of the log ({why(error)})")
        return found
    found.hide |= values_of_containers(definition)
    place = log_place.find(definition, run.container, run.task)
    if place is None:
        found.missing.append("the log (the container does not use the awslogs log driver)")
        return found
    if run.outcome == classes.NOT_STARTED or (run.outcome == classes.RUNNING and not run.started):
        return found  # there is no stream either
    found.log_group, found.log_stream = place.group, place.stream
    found.log_url = links.log_stream(partition, region, place.group, place.stream)
    if described is None:  # a line may contain a value of the environment, which is not known here
        found.missing.append(
            "the last lines of the log (ECS no longer returns the task's environment, so its values cannot be hidden)"
        )
        return found
    try:
        lines = account.last_lines(place.group, place.stream, LINES)
    except NOT_ANSWERED as error:
        found.missing.append(f"the last lines of the log ({why(error)})")
    else:
        found.lines = [_cut(untrusted.visible(hidden(line.rstrip().expandtabs(), found.hide))) for line in lines]
    return found


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
