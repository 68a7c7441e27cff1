"""Looks up the holds of the stack's schedule group, which a deployment must honour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holds import storage
from holds.standing import Standing
from judgements.answers import Refused
from placements.lookups import Lookups

if TYPE_CHECKING:
    from datetime import datetime

    from holds.hold import HoldError
    from settings import Problems

_WHERE = "holds"
"""Stands for a key path: no config names the holds."""


async def look_up_holds(group: str, now: datetime, problems: Problems, *, preview: bool) -> Standing:
    """Return the holds on a schedule group at this time.

    A deployment that cannot read them all would enable what somebody has paused. So that is a mistake, and in a preview
    a warning.
    """
    record = problems.warn if preview else problems.add_value
    answer = await Lookups().parameters(storage.path(group))
    if isinstance(answer, Refused):
        why = f"the permission {answer.permission} is missing" if answer.permission else answer.reason
        record(_WHERE, storage.path(group), f"cannot be read, so a deployment would undo them: {why}")
        return Standing([], now)

    def unreadable(name: str, error: HoldError) -> None:
        record(_WHERE, name, f"{error}; delete the parameter, or correct it")

    return Standing(storage.read(answer, unreadable), now)
