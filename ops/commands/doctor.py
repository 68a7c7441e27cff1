"""Walks the chain from schedule to container, and says what is broken, how it is repaired, and what it cannot see."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from doctor import basis, chain
from doctor import stack as reading
from doctor.account import Account
from doctor.checks.probe import doubt
from doctor.finding import Link, State, unchecked
from doctor.stack import Examined
from ops import aws_errors, progress, sandboxed, warn
from ops.errors import OpsError
from ops.looking import configured, diagnosis
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.running import probe as probing
from ops.stack import Chosen
from settings import accepted
from watch import instants, run_kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.subscriptions import Endpoint
    from doctor.finding import Finding
    from doctor.stack import Stack as Known
    from ops.operator_account import OpenLedger
    from ops.stack import Place

ABOUT = """
Every thing is sound, broken, or could not be checked. docs/doctor.md lists what is found and how it is repaired.
A probe needs the permissions that `run` needs. It counts as no run, and the watch does not see it.

exit codes: 0 all is sound; 1 something is broken, or the stack cannot be read; 2 wrong arguments;
            3 nothing is broken, but something could not be checked; 130 interrupted

example: python -m ops doctor --stack production nightly-report --probe
"""
_UNCHECKED = 3


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    job: Annotated[str | None, typer.Argument(metavar="JOB", help="Only what this job needs.")] = None,
    *,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Also launch the job's task with `true` as its command, to see how far it comes."),
    ] = False,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Examine the stack and return the exit code. OpsError when the stack cannot be read, or has no such job."""
    if probe and job is None:
        raise typer.BadParameter("needs JOB", param_hint="--probe")
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    now, found = _found(account, chosen, place, job, probe=probe)
    if as_json:
        about = {"group": place.group, "region": place.region, "now": instants.text(now), "job": job}
        told = {**about, "findings": [finding.to_plain() for finding in found]}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in diagnosis.lines(found))
    return exit_code(found)


def exit_code(findings: Sequence[Finding]) -> int:
    """Return the exit code of the command for these findings."""
    states = {finding.state for finding in findings}
    if State.BROKEN in states:
        return 1
    return _UNCHECKED if State.UNCHECKED in states else 0


def _found(
    account: OperatorAccount, chosen: Chosen, place: Place, job: str | None, *, probe: bool
) -> tuple[datetime, list[Finding]]:
    """Return the time of AWS, and what is found. Without its basis nothing else of the stack is examined."""
    asked, endpoints = Account(account.client), configured.endpoints(chosen.stack)
    with progress.of(f"examining {place.group}"):
        if fault := basis.fault(asked, place.group):
            return datetime.now(UTC), [fault]
        opened = account.ledger(place)
        known = reading.read(asked, _examined(place, opened, chosen.options, job, endpoints))
        found = chain.examine(asked, known)
    if probe:
        found.append(_probe(account, asked, place, known))
    return opened.now, found


_RUNNERS = {
    run_kinds.INVOCATION: "a function runs",
    run_kinds.REQUEST: "a receiver runs",
    run_kinds.WORKER_RUN: "a worker runs",
    run_kinds.PROCESS_RUN: "a process of its service runs",
}
"""What runs a job that is no task."""


def _probe(account: OperatorAccount, asked: Account, place: Place, known: Known) -> Finding:
    """Return what a probe of the job's first schedule has found, or why none can be made."""
    kinds = {run_kinds.of(facts) for facts in known.jobs.values()}
    if kinds - {run_kinds.TASK}:
        why = f"a probe is a task, and {_RUNNERS[(kinds - {run_kinds.TASK}).pop()]} this job"
        return unchecked(Link.PROBE, ", ".join(known.jobs), "how far a run comes", why)
    if not known.launches:
        return unchecked(Link.PROBE, ", ".join(known.jobs), "how far a task comes", "nobody knows what it launches")
    one = known.launches[0]
    return doubt(one, asked.task_definition(one.task_definition)) or probing.make(account, place, one, known.now)


def _examined(
    place: Place, opened: OpenLedger, options: str, job: str | None, endpoints: Sequence[Endpoint] | None
) -> Examined:
    """Return what the ledger has of the job, or of all jobs for None. OpsError for a job that is not deployed."""
    unreadable: dict[str, str] = {}
    with aws_errors.explained():
        items = opened.ledger.deployed_jobs(lambda name, error: unreadable.update({name: str(error)}))
        records = opened.ledger.jobs(partial(warn.of_foreign, "record"))
    if job is not None and job not in {*items, *unreadable}:
        raise OpsError(f"the stack has no deployed job {job}{accepted(job, items)}")
    return Examined(
        group=place.group,
        region=place.region,
        options=options,
        whole=job is None,
        jobs={name: facts for name, facts in items.items() if job in (None, name)},
        unreadable={name: why for name, why in unreadable.items() if job in (None, name)},
        records=records,
        now=opened.now,
        ledger=opened.ledger,
        topic=opened.topic,
        endpoints=endpoints,
    )
