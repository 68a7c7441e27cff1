"""Collect the report's data from all ledgers, from Scheduler and from the sandbox itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import cadence
from aws_facts.arn import Arn
from aws_facts.schedules import described_timetable
from emulator.provider.core.clients import Aws, Clients
from report.coming import coming
from report.data import Report, ShownSchedule, ShownStack
from report.reading import newest, read_alerts, read_tick, unlisted
from sandbox.environment import DEFAULT_REGION
from sandbox.errors import SandboxError
from sandbox.naming import WATCH_SUFFIX
from sandbox.stack_files import region
from watch.facts import RETENTION_DAYS
from watch.function_variables import LEDGER, TOPIC
from watch.ledger import Ledger, refuse
from watch.names import job_of_schedule
from watch.records import RecordError
from watch.redaction import values_of
from watch.watched_account import NOT_ANSWERED, why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.client import Client
    from sandbox.session import Session
    from watch.records import JobRecord


def collect(session: Session, client: Client) -> Report:
    """Return the report of a running sandbox. SandboxError when no stack has a ledger."""
    known = _Known(client)
    clients = Clients(client.endpoint, client.credentials)
    try:
        regions = _regions(session, known)
        stacks = tuple(stack for name in regions for stack in _Region(Aws(clients, name), known).stacks())
    except RecordError as error:
        raise SandboxError(f"the ledger holds a record that the watch function did not write: {error}") from error
    except NOT_ANSWERED as error:
        raise SandboxError(f"the sandbox's AWS did not answer ({why(error)})") from error
    if not stacks:
        raise SandboxError("no stack has a watch function, which writes the ledger; deploy one with: make up")
    return Report(now=known.now, stacks=stacks)


class _Known:
    """The sandbox's own data."""

    def __init__(self, client: Client) -> None:
        """Request all data but the logs."""
        self._client = client
        self.now = datetime.fromisoformat(client.get("status")["now"])
        self.mails = client.get("mail")
        self.tasks = {run["task"].rpartition("/")[2]: run["task"] for run in client.get("runs")}

    def log(self, task: str) -> list[str]:
        """Return the log lines of a task; none for an unknown task."""
        return list(self._client.log(task)["lines"]) if task in self.tasks else []


@dataclass(frozen=True)
class _Watch:
    """A watch function, and the names that its settings hold."""

    project: str
    group: str
    ledger: str
    topic: str

    @property
    def stack(self) -> str:
        return self.group.removeprefix(f"{self.project}-")


class _Region:
    """The stacks of one region."""

    def __init__(self, aws: Aws, known: _Known) -> None:
        self._aws = aws
        self._known = known

    def stacks(self) -> Iterator[ShownStack]:
        """Yield the stacks that have a watch function."""
        for watch in self._watches():
            yield ShownStack(
                project=watch.project,
                name=watch.stack,
                group=watch.group,
                region=self._aws.region,
                schedules=tuple(self._schedules(watch)),
                alerts=read_alerts(self._known.mails, watch.topic),
            )

    def _watches(self) -> Iterator[_Watch]:
        functions = self._aws.client("lambda")
        pages = functions.get_paginator("list_functions").paginate()
        names = sorted(found["FunctionName"] for page in pages for found in page["Functions"])
        for name in names:
            if name.endswith(WATCH_SUFFIX):
                found = functions.get_function_configuration(FunctionName=name)
                variables = found.get("Environment", {}).get("Variables", {})
                if LEDGER in variables:
                    project, group = _project_and_group(found["Role"], name)
                    yield _Watch(project, group, variables[LEDGER], variables.get(TOPIC, ""))

    def _schedules(self, watch: _Watch) -> Iterator[ShownSchedule]:
        """Yield the schedules that exist, and those that are only in the ledger."""
        ledger = Ledger(self._aws.client("dynamodb"), watch.ledger, RETENTION_DAYS)
        jobs = ledger.jobs(refuse)
        deployed = self._deployed(watch.group)
        owners = {name: job for job, record in jobs.items() for name in record.schedules}
        for name in sorted({*owners, *deployed}):
            job = owners.get(name) or job_of_schedule(name)
            yield self._schedule(ledger, jobs.get(job), job, name, deployed.get(name))

    def _schedule(
        self, ledger: Ledger, record: JobRecord | None, job: str, name: str, described: Mapping[str, Any] | None
    ) -> ShownSchedule:
        ticks = ledger.ticks(name)
        hide = values_of(json.loads(described["Target"]["Input"])) if described else {}
        listed = newest(ticks)
        return ShownSchedule(
            name=name,
            job=job,
            timezone=described.get("ScheduleExpressionTimezone", "UTC") if described else "UTC",
            words=_words(described) if described else "",
            state=described["State"] if described else "DELETED",
            trouble=record is not None and name in record.trouble,
            coming=coming(described, self._known.now) if described else (),
            ticks=tuple(read_tick(tick, hide, self._known.log) for tick in listed),
            unlisted=unlisted(ticks, listed),
        )

    def _deployed(self, group: str) -> dict[str, Mapping[str, Any]]:
        """Return the schedules of a group by name; none when the group was destroyed and the ledger was kept."""
        scheduler = self._aws.client("scheduler")
        try:
            pages = list(scheduler.get_paginator("list_schedules").paginate(GroupName=group))
        except scheduler.exceptions.ResourceNotFoundException:
            return {}
        names = [found["Name"] for page in pages for found in page["Schedules"]]
        return {name: scheduler.get_schedule(GroupName=group, Name=name) for name in names}


def _regions(session: Session, known: _Known) -> list[str]:
    """Return the regions to search: those of stack files, and those in which a task ran."""
    files = session.folder.glob("projects/*/Pulumi.*.yaml")
    found = {*(region(file) for file in files), *(Arn.parse(arn).region for arn in known.tasks.values())}
    return sorted(name for name in found if name) or [DEFAULT_REGION]


def _project_and_group(role: str, function: str) -> tuple[str, str]:
    """Return project and group from the path of the role, `/<project>/<group>/`; the function's name may be cut."""
    match role.partition(":role/")[2].split("/"):
        case [project, group, _]:
            return project, group
        case _:
            return "", function.removesuffix(WATCH_SUFFIX)


def _words(described: Mapping[str, Any]) -> str:
    table = described_timetable(described)
    return described["ScheduleExpression"] if table is None else cadence.describe(table)
