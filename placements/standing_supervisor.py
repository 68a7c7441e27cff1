"""Whether the stack has a supervisor: for its supervised jobs, or for ticks of former ones that are still in flight."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from judgements.answers import Refused
from placements.lookups import Lookups
from watch import untrusted
from watch.function_variables import LEDGER
from watch.names import supervisor_name
from watch.table import BODY, CLUSTERS, LOOKED, SUPERVISES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plan import PlannedJob
    from settings import Problems

_WHERE = "supervisor"
"""Stands for a key path: no config names the supervisor."""


async def look_up_supervisor(group: str, planned: Iterable[PlannedJob], problems: Problems) -> list[str] | None:
    """Return on which clusters the supervisor of a schedule group may have runs already; None if it has none.

    A job may be removed, or move to another cluster, amid its run. The deployment that removes the last supervised job
    leaves the supervisor: a run may be under way, or a tick in the queue. Each check of the watch notes whether it is
    still needed, and it is removed by the first deployment that reads that it is not. Whoever has deployed a supervisor
    may read it, so a refusal means that there is none.
    """
    supervised = any(job.asks for job in planned)
    no_runs: list[str] | None = [] if supervised else None
    lookups = Lookups()
    variables = await lookups.variables(supervisor_name(group))
    table = None if isinstance(variables, Refused) else variables.get(LEDGER)
    if table is None:
        return no_runs
    looked = await lookups.item(table, *LOOKED)
    noted = {} if isinstance(looked, Refused) else json.loads(looked[BODY]["S"])
    if noted.get(SUPERVISES) is False:
        return no_runs
    if not supervised:
        problems.note(
            _WHERE,
            "no job is supervised any more, but ticks of former ones may be in flight, so "
            f"{supervisor_name(group)} stays; the first deployment after the last of them has ended removes it",
        )
    return [arn for arn in noted.get(CLUSTERS, ()) if _is_cluster(arn)]


def _is_cluster(arn: str) -> bool:
    """Return whether this is a cluster's ARN, as the watch has written it: policies are made from it."""
    try:
        untrusted.cluster_arn(arn)
    except (ValueError, TypeError):
        return False
    return True
