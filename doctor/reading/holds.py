"""Asks what the holds ask for, and how the schedules are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.account import Known
from doctor.checks.holds import HeldSchedule, Holds
from holds import wanted
from watch import drift
from watch.names import job_of_schedule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doctor.account import Account
    from doctor.stack import Stack


def read(account: Account, stack: Stack) -> Holds:
    """Return the holds and the schedules, of which nothing more has to be asked.

    A hold leaves a schedule as it is whose end has passed.
    """
    del account
    return Holds(holds=stack.holds, strange=stack.strange_holds, schedules=list(_schedules(stack)), now=stack.now)


def _schedules(stack: Stack) -> Iterator[HeldSchedule]:
    for name, answer in stack.schedules.items():
        described = answer.value if isinstance(answer, Known) else None
        if described is not None and not drift.is_over(drift.read(described), stack.now):
            job = job_of_schedule(name)
            yield HeldSchedule(
                name=name,
                job=job,
                owner=stack.jobs[job].owner,
                enabled=described["State"] == wanted.ENABLED,
                wanted=wanted.read(described.get("Description") or "") is True,
            )
