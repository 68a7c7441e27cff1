"""Asks the ledger about the latest ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cadence
from aws_facts import schedules
from doctor.account import Known
from doctor.checks.runs import Past, PastOfSchedule
from holds import wanted
from watch import drift, run_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doctor.account import Account
    from doctor.stack import Stack
    from watch.ledger import TickKey
    from watch.records import JobRecord, Tick


def read(account: Account, stack: Stack) -> Past:
    """Return what the ledger knows of each schedule. Ticks that cannot be read are left out."""
    names = [(job, name) for job, facts in sorted(stack.jobs.items()) for name in sorted(facts.schedules)]
    keys = [(name, tick) for job, name in names if (tick := _trouble(stack.records.get(job), name))]
    answer = account.attempt(lambda: stack.ledger.some_ticks(keys, lambda _name, _error: None) if keys else {})
    ticks = answer.value if isinstance(answer, Known) else {}
    return Past(
        options=stack.options,
        schedules=[_past(stack, job, name, ticks) for job, name in names],
        now=stack.now,
    )


def _past(stack: Stack, job: str, name: str, ticks: Mapping[TickKey, Tick]) -> PastOfSchedule:
    record, answer = stack.records.get(job), stack.schedules[name]
    trouble, known = _trouble(record, name), record.schedules.get(name) if record else None
    described = answer.value if isinstance(answer, Known) else None
    return PastOfSchedule(
        name=name,
        kind=run_kinds.of(stack.jobs[job]),
        trouble=trouble,
        tick=ticks.get((name, trouble)) if trouble else None,
        off=described is not None and described["State"] == wanted.DISABLED and not drift.is_paused(described),
        failures=known.failures if known else 0,
        known=stack.goes_on(job, name) or bool(known and (known.checked or known.seen or known.last_good)),
        table=_timetable(described) if described and described["State"] == wanted.ENABLED else None,
        changed=max(described["CreationDate"], described["LastModificationDate"]) if described else None,
    )


def _trouble(record: JobRecord | None, name: str) -> str | None:
    return record.trouble.get(name) if record else None


def _timetable(described: Mapping[str, Any]) -> cadence.Timetable | None:
    try:
        return schedules.described_timetable(described)
    except (cadence.ExpressionError, cadence.ZoneError):
        return None
