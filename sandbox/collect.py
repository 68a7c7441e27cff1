"""Collect the report's data from all ledgers, from Scheduler and from the sandbox itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aws_facts.arn import Arn
from emulator.provider.core.clients import Aws, Clients
from report.collect import Sources, Stack, collect
from report.data import Report
from report.reading import read_alerts
from sandbox.environment import DEFAULT_REGION
from sandbox.errors import SandboxError
from sandbox.naming import WATCH_SUFFIX
from sandbox.stack_files import region
from watch.facts import RETENTION_DAYS
from watch.function_variables import LEDGER, TOPIC
from watch.ledger import Ledger, refuse
from watch.records import RecordError
from watch.watched_account import NOT_ANSWERED, why

if TYPE_CHECKING:
    from collections.abc import Iterator

    from report.data import ShownStack
    from sandbox.client import Client
    from sandbox.session import Session


def collect_all(session: Session, client: Client) -> Report:
    """Return the report of a running sandbox. SandboxError when no stack has a ledger."""
    known = _Known(client)
    clients = Clients(client.endpoint, client.credentials)
    try:
        regions = _regions(session, known)
        stacks = tuple(stack for name in regions for stack in _stacks(Aws(clients, name), known))
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
    """A watch function's stack, and the names that its settings hold."""

    stack: Stack
    ledger: str
    topic: str


def _stacks(aws: Aws, known: _Known) -> Iterator[ShownStack]:
    """Yield the stacks of one region that have a watch function."""
    for watch in _watches(aws):
        sources = Sources(
            scheduler=aws.client("scheduler"),
            ledger=Ledger(aws.client("dynamodb"), watch.ledger, RETENTION_DAYS),
            now=known.now,
            log=known.log,
            unreadable=refuse,
        )
        yield collect(watch.stack, sources, read_alerts(known.mails, watch.topic))


def _watches(aws: Aws) -> Iterator[_Watch]:
    functions = aws.client("lambda")
    pages = functions.get_paginator("list_functions").paginate()
    names = sorted(found["FunctionName"] for page in pages for found in page["Functions"])
    for name in names:
        if name.endswith(WATCH_SUFFIX):
            found = functions.get_function_configuration(FunctionName=name)
            variables = found.get("Environment", {}).get("Variables", {})
            if LEDGER in variables:
                project, group = _project_and_group(found["Role"], name)
                stack = Stack(project=project, name=group.removeprefix(f"{project}-"), group=group, region=aws.region)
                yield _Watch(stack, variables[LEDGER], variables.get(TOPIC, ""))


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
