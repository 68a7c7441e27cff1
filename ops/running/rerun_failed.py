"""Runs each tick again that was not good since a time: once, and in order."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ops import aws_errors, columns, confirm, past, progress, warn
from ops.errors import OpsError
from ops.running import again, started
from ops.running.again import Begun
from report import words
from settings import accepted
from watch import classes, instants
from watch.names import job_of_schedule
from watch.untrusted import visible
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ops.operator_account import OpenLedger, OperatorAccount
    from ops.stack import Place
    from watch.records import Tick

NOT_GOOD = (
    classes.FAILED,
    classes.NOT_STARTED,
    classes.NOT_LAUNCHED,
    classes.MISSED,
    classes.TOO_LATE,
    classes.INTERRUPTED,
    classes.TIMED_OUT,
)
"""Outcomes after which a tick is run again. Not those that somebody chose, such as `stopped` and `skipped`."""
_NEEDS_NO_RUN = {classes.GOOD, classes.RUNNING, classes.WAITING}
"""Outcomes of a run, also of one by hand, that leave nothing to do. A run that waits is only asked for yet."""
_TITLES = ("TICK", "SCHEDULE", "OUTCOME")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the operator wants."""

    since: str
    jobs: Sequence[str]
    """Jobs and schedules; empty for all."""
    yes: bool
    insists: bool
    as_json: bool


def run(account: OperatorAccount, place: Place, wanted: Wanted) -> int:
    """Run the ticks and return the exit code: 1 when the operator declines, or when some could not be run."""
    with progress.of(f"reading the ticks of {place.group}"), aws_errors.explained():
        opened = account.ledger(place)
        since = instants.text(past.since(wanted.since, opened.now))
        names = _schedules(account, place, wanted.jobs)
        found = list(_not_good(opened, names, since))
    warn.of_silence(opened)
    if found and confirm.terminal() and not wanted.yes and not _confirmed(found):
        sys.stderr.write("nothing was started\n")
        return 1
    done = _run_all(account, place, found, insists=wanted.insists, quiet=wanted.as_json)
    if wanted.as_json:
        told: dict[str, Any] = {"group": place.group, "region": place.region, "since": since}
        sys.stdout.write(json.dumps({**told, "ticks": [_plain(*each) for each in done]}, indent=2) + "\n")
    elif not found:
        sys.stdout.write(f"No tick since {since} needs to be run again.\n")
    return 1 if any(isinstance(each, OpsError) for _, each in done) else 0


def _schedules(account: OperatorAccount, place: Place, jobs: Sequence[str]) -> list[str]:
    """Return the schedules that are meant; OpsError for a name that is neither a schedule nor a job."""
    with aws_errors.explained():
        deployed = sorted(account.schedules(place))
    known = {*deployed, *map(job_of_schedule, deployed)}
    for name in jobs:
        if name not in known:
            raise OpsError(f"--job '{name}': no schedule of {place} belongs to it{accepted(name, known)}")
    return [name for name in deployed if not jobs or name in jobs or job_of_schedule(name) in jobs]


def _not_good(opened: OpenLedger, names: Sequence[str], since: str) -> Iterator[Tick]:
    """Yield the ticks to run, the oldest first. Nobody can ask for one of an in-process job."""
    foreign = partial(warn.of_foreign, "tick")
    ticks = [tick for name in names for tick in opened.ledger.ticks(name, since, foreign)]
    records = opened.ledger.jobs(partial(warn.of_foreign, "record"))  # after the ticks: see `again.nonce`
    by_itself = {job for job, record in records.items() if record.facts and record.facts.in_process}
    in_flight = {flight.key for record in records.values() for flight in record.traffic.flights}
    for tick in sorted(ticks, key=lambda tick: (tick.tick, tick.schedule)):
        outcomes = {run.outcome for run in tick.runs.values()} | ({classes.WAITING} if tick.key in in_flight else set())
        if job_of_schedule(tick.schedule) not in by_itself and _needs_run(tick, outcomes):
            yield tick


def _needs_run(tick: Tick, outcomes: AbstractSet[str]) -> bool:
    """Return whether a tick went wrong, and no run of it has these outcomes that leave nothing to do."""
    return tick.outcome in NOT_GOOD and not outcomes & _NEEDS_NO_RUN and not is_only_by_hand(tick)


def is_only_by_hand(tick: Tick) -> bool:
    """Return whether a tick is none of the schedule's: somebody ran the job at this time, and waits for it."""
    return bool(tick.runs) and tick.alert is None and all(run.by_hand for run in tick.runs.values())


def _confirmed(found: Sequence[Tick]) -> bool:
    rows = [[tick.tick, tick.schedule, words.meaning(tick.outcome)] for tick in found]
    return confirm.confirmed(columns.lines(_TITLES, rows), f"Run {counted(len(found), 'tick')} again?")


def _run_all(
    account: OperatorAccount, place: Place, found: Sequence[Tick], *, insists: bool, quiet: bool
) -> list[tuple[Tick, Begun | OpsError]]:
    """Run each tick, and say at once what became of it. A tick that cannot be run does not stop the others."""
    schedules: dict[str, Mapping[str, Any]] = {}
    done: list[tuple[Tick, Begun | OpsError]] = []
    for count, tick in enumerate(found, 1):
        try:
            with progress.of(f"starting tick {count} of {len(found)}"):
                if tick.schedule not in schedules:
                    schedules[tick.schedule] = account.schedule(place, tick.schedule)
                schedule = schedules[tick.schedule]
                begun: Begun | OpsError = again.prepare(
                    account, place, schedule, tick.tick, again.nonce(tick), insists=insists
                ).start()
        except OpsError as error:
            begun = error
        done.append((tick, begun))
        _tell(tick, begun, quiet=quiet)
    return done


def _tell(tick: Tick, begun: Begun | OpsError, *, quiet: bool) -> None:
    what = f"{tick.schedule}, tick {tick.tick}"
    if isinstance(begun, OpsError):
        sys.stderr.write(f"error: {visible(f'{what} was not started: {begun}')}\n")
    elif not quiet:
        how = f"asked the supervisor (request {begun.request})" if begun.request else "started task "
        tasks = ", ".join(started.last(one.task) for one in begun.tasks)
        sys.stdout.write(f"{visible(f'{what}: {how}{tasks}')}\n")


def _plain(tick: Tick, begun: Begun | OpsError) -> dict[str, Any]:
    known = {"schedule": tick.schedule, "tick": tick.tick, "outcome": tick.outcome}
    if isinstance(begun, OpsError):
        return {**known, **Begun().to_plain(), "error": str(begun)}
    return {**known, **begun.to_plain(), "error": None}
