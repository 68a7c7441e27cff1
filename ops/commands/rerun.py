"""Runs a tick again with the values that its schedule has now, or all ticks that were not good."""

from __future__ import annotations

import json
import secrets
import shlex
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aws_facts.universal_target import sends_message
from ops import aws_time, confirm, sandboxed, tick_words
from ops import tick as ticks
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.running import again, decision, launch, rerun_failed, started
from ops.running.decision import Course
from ops.stack import Chosen
from report import words
from watch import instants
from watch.names import job_of_schedule
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.running.again import Begun
    from ops.stack import Place
    from watch.records import Tick


ABOUT = """
--failed runs what an incident left: ticks that failed, timed out, did not start, were missed, not launched, too late
or interrupted, and have neither a good run nor one that goes on. A second command does not run them twice.

exit codes: 0 started; 1 not started: refused, declined, or the schedule cannot be run, also if that is so for some of
            the failed ticks; 2 wrong arguments; 130 interrupted

example: python -m ops rerun --stack production nightly-report --tick 2026-11-26T02:00:00Z

example: python -m ops rerun --stack production --failed --since 6h
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="SCHEDULE", help="The schedule as alerts name it: JOB or JOB.KEY.")
    ] = None,
    *,
    tick: Annotated[
        str | None, typer.Option(metavar="TIME", help="The time of the tick, such as 2026-11-26T02:00:00Z.")
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Instead of one tick: each tick that has no good run, once, in order.")
    ] = False,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="With --failed: ticks from when on; default: 24h.")
    ] = None,
    job: Annotated[
        list[str] | None,
        typer.Option(metavar="JOB", help="With --failed: only this job or schedule; may be given several times."),
    ] = None,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; refuse a tick that needs no run.")] = False,
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway",
            help="Do not ask; run even a tick that has had a good run, has a run that has not ended, is still to come, "
            "or is not one of the schedule's.",
        ),
    ] = False,
    insist: Annotated[
        bool, typer.Option("--insist", help="Of a supervised job: begin whatever overlap and lock forbid.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Run a tick again and return the exit code: 1 when the operator declines. OpsError when the tick cannot be run."""
    _check_usage(name, tick, since, job, failed=failed, anyway=anyway)
    instant = ticks.read(tick) if tick else None
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    if name is None or instant is None:
        wanted = rerun_failed.Wanted(since=since or "24h", jobs=job or [], yes=yes, insists=insist, as_json=as_json)
        return rerun_failed.run(account, place, wanted)
    text = instants.text(instant)
    schedule = account.schedule(place, name)
    if sends_message(schedule["Target"]["Arn"]):
        again.check_asked(account, place, schedule)
    again_ = again.prepare(account, place, schedule, text, secrets.token_hex(launch.NONCE // 2), insists=insist)
    recorded = _recorded(account, place, name, text)
    doubts = decision.doubts(schedule, instant, recorded, aws_time.of(schedule, datetime.now(UTC)))
    known = _known(place, schedule, instant, recorded)
    course = decision.course(doubts, yes=yes, anyway=anyway, terminal=confirm.terminal())
    if course is Course.REFUSE:
        raise OpsError(f"{'; '.join(doubts)}; add --anyway to run it all the same")
    question = "Run it all the same?" if doubts else "Run it again?"
    if course is Course.ASK and not confirm.confirmed([*known, *again_.lines(), *doubts], question):
        sys.stderr.write("nothing was started\n")
        return 1
    begun = again_.start()
    if as_json:
        _print_json(place, name, text, recorded, begun)
    else:
        _tell(name, [] if course is Course.ASK else known, begun)
    return 0


def _check_usage(  # noqa: PLR0913 - the arguments that depend on each other
    name: str | None,
    tick: str | None,
    since: str | None,
    jobs: list[str] | None,
    *,
    failed: bool,
    anyway: bool,
) -> None:
    if failed:
        for hint, given in (("SCHEDULE", name), ("--tick", tick), ("--anyway", anyway)):
            if given:
                raise typer.BadParameter("not together with --failed; --job and --since choose", param_hint=hint)
        return
    for hint, only in (("--since", since), ("--job", jobs)):
        if only:
            raise typer.BadParameter("needs --failed", param_hint=hint)
    for hint, missing in (("SCHEDULE", name), ("--tick", tick)):
        if not missing:
            raise typer.BadParameter("is missing; give SCHEDULE and --tick, or --failed", param_hint=hint)


def _recorded(account: OperatorAccount, place: Place, schedule: str, text: str) -> Tick | None:
    """Return what the ledger has of a tick. A ledger that cannot be read is a warning, so that the tick can be run."""
    try:
        return account.recorded(place, schedule, text)
    except OpsError as error:
        sys.stderr.write(
            f"warning: the ledger cannot be read, so it is not known what has run: {visible(str(error))}\n"
        )
        return None


def _known(place: Place, schedule: Mapping[str, Any], instant: datetime, recorded: Tick | None) -> list[str]:
    """Return the lines that show a tick and what has run of it."""
    zone = words.zone(schedule)
    shown = f"{schedule['Name']} of {place}, tick {instants.text(instant)} ({tick_words.moment(instant, zone)})"
    return [shown, *(f"  {line}" for line in tick_words.lines(recorded, zone))]


def _tell(name: str, known: Sequence[str], begun: Begun) -> None:
    started.tell(known, begun.tasks)
    if begun.request:
        sys.stdout.write(f"Asked the supervisor to run it (request {begun.request}).\n")
        sys.stdout.write(
            f"See what becomes of it: python -m ops history {visible(shlex.quote(job_of_schedule(name)))}\n"
        )


def _print_json(place: Place, schedule: str, text: str, recorded: Tick | None, begun: Begun) -> None:
    found = {
        "schedule": schedule,
        "tick": text,
        "group": place.group,
        "region": place.region,
        "before": tick_words.plain(recorded),
        **begun.to_plain(),
    }
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
