"""Shows everything about a job on one page: owner, schedules, runs, request, launch role, and links to the console."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aws_facts.arn import Arn
from aws_facts.universal_target import sends_message
from ops import aws_errors, columns, known_jobs, progress, sandboxed, warn
from ops.errors import NotFoundError, OpsError
from ops.looking import listing, overview, past_ticks
from ops.looking.job_page import JobPage, ShownRole, ShownSchedule
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.running import launch
from ops.stack import Chosen
from watch import drift
from watch.due import Deployed
from watch.facts import JobFacts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.known_jobs import KnownJob
    from ops.looking.past_ticks import Line
    from ops.operator_account import OpenLedger
    from ops.stack import Place

_TICKS = 5
ABOUT = """
Values of variables that look secret are not shown.

exit codes: 0 shown; 1 the stack cannot be read, or has no such job; 2 wrong arguments; 130 interrupted

example: python -m ops show --stack production nightly-report
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="A job, or one of its schedules: JOB.KEY.")],
    *,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Show the job and return the exit code. OpsError when the stack cannot be read, or has no such job."""
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    with progress.of(f"reading what is known of {job}"):
        opened = account.ledger(place)
        page = _page(account, place, opened, known_jobs.find(opened.ledger, place, job))
    warn.of_silence(opened)
    if as_json:
        sys.stdout.write(json.dumps(page.to_plain(), indent=2) + "\n")
    else:
        ticks = past_ticks.text(page.runs, opened.now, columns.of_terminal())
        sys.stdout.writelines(f"{line}\n" for line in page.lines(ticks))
    return 0


def _page(account: OperatorAccount, place: Place, opened: OpenLedger, known: KnownJob) -> JobPage:
    facts = known.facts or JobFacts()
    described = {name: _described(account, place, name) for name in known.zones}
    schedules = _schedules(account, place, opened, known, described)
    roles = {one.described["Target"]["RoleArn"] for one in schedules if one.described}
    roles |= {facts.supervised.role} if facts.supervised else set()
    return JobPage(
        place=place,
        partition=_partition(facts),
        job=known.job,
        deployed=known.deployed,
        facts=facts,
        now=opened.now,
        schedules=schedules,
        runs=_runs(opened, known),
        roles=[_role(account, arn) for arn in sorted(roles)],
        images=_images(account, facts),
    )


def _partition(facts: JobFacts) -> str:
    """Return the partition of the ARNs that are known of the job."""
    named = [
        facts.cluster,
        *([facts.function.alias] if facts.function else []),
        *([facts.work.arn] if facts.work else []),
    ]
    named += [facts.in_process.claims] if facts.in_process else []
    return next((Arn.parse(one).partition for one in named if one), "aws")


def _images(account: OperatorAccount, facts: JobFacts) -> dict[str, str] | None:
    """Return the images of the job's containers by name; None if they cannot be read. A function has none."""
    try:
        definition = account.task_definition(facts.task_definition) if facts.task_definition else {}
    except OpsError:
        return None
    return {one["name"]: one["image"] for one in definition.get("containerDefinitions", ())}


def _described(account: OperatorAccount, place: Place, name: str) -> Mapping[str, Any] | None:
    try:
        return account.schedule(place, name)
    except NotFoundError:
        return None


def _schedules(
    account: OperatorAccount,
    place: Place,
    opened: OpenLedger,
    known: KnownJob,
    described: Mapping[str, Mapping[str, Any] | None],
) -> list[ShownSchedule]:
    found = {name: one for name, one in described.items() if one is not None}
    stack = listing.Stack(
        items={known.job: known.facts} if known.deployed and known.facts else {},
        records={known.job: known.record},
        deployed={name: _deployed(one) for name, one in found.items()},
        now=opened.now,
        holds=overview.holds(account, place),
    )
    facts = {name: drift.read(one) for name, one in found.items()}
    with aws_errors.explained():
        ticks = opened.ledger.some_ticks(stack.latest(), partial(warn.of_foreign, "latest tick"))
    coming = {one.name: one for one in stack.to_come(facts)}
    return [
        ShownSchedule(
            row=row,
            to_come=coming.get(row.name),
            described=found.get(row.name),
            request=_request(account, known, row.name, found.get(row.name)),
        )
        for row in stack.rows(facts, ticks)
        if row.name in known.zones
    ]


def _deployed(found: Mapping[str, Any]) -> Deployed:
    return Deployed(found["State"] == "ENABLED", max(found["CreationDate"], found["LastModificationDate"]))


def _request(
    account: OperatorAccount, known: KnownJob, name: str, described: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return RunTask's request of a schedule; of a supervised job it is in the job's item."""
    if described is None:
        return None
    try:
        if not sends_message(described["Target"]["Arn"]):
            return launch.template(described, account.run_task_shape)
        supervised = known.facts.supervised if known.facts else None
        given = supervised.requests.get(name) if supervised else None
        return None if given is None else launch.named(given, account.run_task_shape, name)
    except OpsError:
        return None


def _runs(opened: OpenLedger, known: KnownJob) -> Sequence[Line]:
    foreign = partial(warn.of_foreign, "tick")
    with aws_errors.explained():
        ticks = [tick for name in known.zones for tick in opened.ledger.newest_ticks(name, _TICKS, foreign)]
    return past_ticks.newest(ticks, known)[:_TICKS]


def _role(account: OperatorAccount, arn: str) -> ShownRole:
    try:
        return ShownRole(arn=arn, policies=account.role_policies(arn), unread="")
    except OpsError as error:
        return ShownRole(arn=arn, policies={}, unread=str(error))
