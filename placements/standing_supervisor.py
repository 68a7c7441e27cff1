"""Whether the stack has a supervisor: for its supervised jobs, or for ticks of former ones that are still in flight."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from placements.answers import Refused
from placements.lookups import Lookups
from watch.function_variables import LEDGER
from watch.names import supervisor_name
from watch.table import BODY, LOOKED, SUPERVISES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plan import PlannedJob
    from settings import Problems

_WHERE = "supervisor"
"""Stands for a key path: no config names the supervisor."""


async def look_up_supervisor(group: str, planned: Iterable[PlannedJob], problems: Problems) -> bool:
    """Return whether a schedule group has a supervisor after this deployment.

    The deployment that removes the last supervised job leaves the supervisor: a run may be under way, or a tick in the
    queue. Each check of the watch notes whether it is still needed, and it is removed by the first deployment that
    reads that it is not. Whoever has deployed a supervisor may read it, so a refusal means that there is none.
    """
    if any(job.asks for job in planned):
        return True
    lookups = Lookups()
    variables = await lookups.variables(supervisor_name(group))
    table = None if isinstance(variables, Refused) else variables.get(LEDGER)
    if table is None:
        return False
    looked = await lookups.item(table, *LOOKED)
    if not isinstance(looked, Refused) and json.loads(looked[BODY]["S"]).get(SUPERVISES) is False:
        return False
    problems.note(
        _WHERE,
        f"no job is supervised any more, but ticks of former ones may be in flight, so {supervisor_name(group)} stays; "
        "the first deployment after the last of them has ended removes it",
    )
    return True
