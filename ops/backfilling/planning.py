"""Reads what a backfill does: the ticks of a period, what is known of each, and what the job's limits make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import cadence
from aws_facts.schedules import described_timetable
from aws_facts.universal_target import sends_message
from ops import aws_errors, past, warn
from ops.backfilling import judging, manners, period
from ops.backfilling.flying import Observer
from ops.backfilling.judging import Course, Only, Rules, Step
from ops.errors import OpsError
from ops.looking import hold_words
from ops.pausing.holding import HeldGroup
from ops.running import again
from ops.running.rerun_failed import is_only_by_hand
from report import words
from watch import instants
from watch.names import job_of_schedule
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from holds.hold import Hold
    from ops.backfilling.period import Period
    from ops.operator_account import OpenLedger, OperatorAccount
    from ops.stack import Place
    from supervision.limits import Limits
    from watch.facts import JobFacts
    from watch.records import Tick

_NEWEST = 100
"""Ticks among which the latest one of a rate is looked for. Those that somebody ran at times of their own are none."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the operator wants."""

    name: str
    """The schedule's."""
    begin: str
    end: str | None
    """`begin` and `end` as they were typed."""
    only: Only
    good_since: str | None
    """As it was typed, with `all`."""
    newest_first: bool
    parallel: int
    keep_going: bool
    anyway: bool
    """Whether a hold is no reason to start nothing."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a backfill does, and what must be known of the job for it."""

    asked: Asked
    period: Period
    rules: Rules
    steps: Sequence[Step]
    """All ticks of the period, in the order in which they would begin."""
    limits: Limits | None
    """Those of a supervised job."""
    owner: str
    words: str
    """When the schedule runs."""
    at_once: int
    notes: Sequence[str]
    hold: Hold | None
    """The hold that keeps the job from running; None if there is none, or if it is no matter."""
    opened: OpenLedger

    def of(self, *courses: Course) -> list[str]:
        """Return the ticks of some courses, in order."""
        return [one.tick for one in self.steps if one.course in courses]


def read(account: OperatorAccount, place: Place, asked: Asked) -> Plan:
    """Return the plan. OpsError when the period, or the job's limits, make one impossible."""
    schedule = account.schedule(place, asked.name)
    opened = account.ledger(place)
    table = _timetable(schedule)
    found = period.read(asked.begin, asked.end, opened.now)
    period.ticks(table, found, (), opened.now)  # too many ticks are not read
    observer = Observer(account, opened.ledger, job_of_schedule(asked.name), asked.name)
    recorded = _recorded(opened, asked.name, found)
    record = observer.record()
    facts = _facts(opened, asked.name)
    limits = _limits(schedule, facts)
    own = [instants.read(text) for text, tick in recorded.items() if not is_only_by_hand(tick)]
    ticks = period.ticks(table, found, own, _anchor(opened, table, schedule))
    rules = _rules(asked, schedule, limits, opened.now)
    in_flight = {one.tick for one in record.traffic.flights if one.schedule == asked.name}
    steps = [rules.judge(text, recorded.get(text), in_flight=text in in_flight) for text in map(instants.text, ticks)]
    owner = facts.owner if facts else ""
    hold = None if asked.anyway else HeldGroup(account, place).standing().keeping(job_of_schedule(asked.name), owner)
    return Plan(
        asked=asked,
        period=found,
        rules=rules,
        steps=sorted(steps, key=lambda one: one.tick, reverse=asked.newest_first),
        limits=limits,
        owner=owner,
        words=cadence.describe(table),
        at_once=manners.at_once(limits, asked.parallel),
        notes=[*_notes(schedule, table, steps, own, hold), *manners.explained(limits, asked.parallel)],
        hold=hold,
        opened=opened,
    )


def _timetable(schedule: Mapping[str, Any]) -> cadence.Timetable:
    try:
        table = described_timetable(schedule)
    except (cadence.ExpressionError, cadence.ZoneError) as error:
        raise OpsError(f"the ticks of {schedule['Name']} are not known: {error}") from None
    if table is None:
        raise OpsError(f"{schedule['Name']} never runs: no tick is between its start and its end")
    return table


def _recorded(opened: OpenLedger, name: str, found: Period) -> dict[str, Tick]:
    """Return the ticks of the period that the ledger has."""
    begin, end = instants.text(found.begin), instants.text(found.end)
    with aws_errors.explained():
        ticks = opened.ledger.ticks(name, begin, partial(warn.of_foreign, "tick"), until=end)
    return {tick.tick: tick for tick in ticks}


def _facts(opened: OpenLedger, name: str) -> JobFacts | None:
    with aws_errors.explained():
        return opened.ledger.deployed_job(job_of_schedule(name), partial(warn.of_foreign, "item"))


def _limits(schedule: Mapping[str, Any], facts: JobFacts | None) -> Limits | None:
    """Return the limits of a supervised job; None for a job that Scheduler launches itself."""
    name = schedule["Name"]
    if not sends_message(schedule["Target"]["Arn"]):
        return None
    limits = facts.limits.get(name) if facts else None
    if limits is None:
        raise OpsError(f"{name} is supervised, but the ledger does not know its limits: is the job deployed?")
    if limits.in_process:
        raise again.by_itself(job_of_schedule(name))
    return limits


def _anchor(opened: OpenLedger, table: cadence.Timetable, schedule: Mapping[str, Any]) -> datetime:
    """Return from when a rate counts: from its latest known tick, or from the schedule's last change."""
    if isinstance(table.expression, cadence.Rate):
        with aws_errors.explained():
            newest = opened.ledger.newest_ticks(schedule["Name"], _NEWEST, partial(warn.of_foreign, "tick"))
        for tick in newest:
            if not is_only_by_hand(tick):
                return instants.read(tick.tick)
    changed: datetime = schedule.get("LastModificationDate", opened.now)
    return max(changed.astimezone(UTC).replace(microsecond=0), table.start or instants.BEGINNING)


def _rules(asked: Asked, schedule: Mapping[str, Any], limits: Limits | None, now: datetime) -> Rules:
    return Rules(
        only=asked.only,
        now=now,
        good_since=instants.text(
            now if asked.good_since is None else past.instant("--good-since", asked.good_since, now)
        ),
        may_come=judging.may_come(schedule),
        zone=words.zone(schedule),
        closed=limits.closed if limits else (),
    )


def _notes(
    schedule: Mapping[str, Any],
    table: cadence.Timetable,
    steps: Sequence[Step],
    own: Sequence[datetime],
    hold: Hold | None,
) -> Iterator[str]:
    """Yield what the operator must know of the ticks, each in a line."""
    if hold is not None:
        yield f"{hold_words.line(hold)}. Nothing is started while it is in force, unless you add --anyway."
    elif schedule.get("State") == "DISABLED":
        yield "The schedule is disabled. A backfill runs its ticks all the same."
    if isinstance(table.expression, cadence.Rate):
        yield "AWS does not say from when a rate counts, so a tick that the ledger does not know is an estimate."
    else:
        others = sum(next(table.between(tick, tick), None) is None for tick in own)
        if others:
            yield (
                f"The ledger has {counted(others, 'tick')} at times that the schedule does not have now: it was "
                "changed. A tick that it did not have then is in the plan, too."
            )
    unknown = sum(not one.outcome and one.course is Course.RUNS for one in steps)
    if unknown:
        yield (
            f"Nothing is known of {counted(unknown, 'tick')} to run. The ledger forgets ticks after 90 days, unless "
            "config says another time, and knows none from before the deployment."
        )
