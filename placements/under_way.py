"""What may be under way of jobs that were removed or have moved: on which clusters, and with a supervisor or not."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from judgements.answers import Refused
from placements.lookups import Lookups
from settings import InProcess, Worker
from watch import untrusted
from watch.function_variables import LEDGER
from watch.names import claims_name, function_name, supervisor_name
from watch.table import BODY, CLAIMS, CLUSTERS, LOOKED, SUPERVISES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgements.answers import Answer
    from plan import PlannedJob
    from settings import Problems

_WHERE, _CLAIMS = "supervisor", "claims"
"""Stand for a key path: no config names the supervisor, or the claims."""


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """What the functions of a stack must still see."""

    clusters: Sequence[str] = field(default_factory=list)
    """The ARNs of clusters on which runs may go on."""
    supervised: bool
    """Whether the stack has a supervisor."""
    claims: bool = False
    """Whether a process may have a run, so that the stack keeps its claims."""


async def look_up_under_way(group: str, planned: Sequence[PlannedJob], problems: Problems) -> UnderWay:
    """Return what may be under way in a schedule group.

    A job may be removed, or move to another cluster, amid its run. The watch notes with each check where jobs and runs
    are. The deployment that removes the last supervised job leaves the supervisor, since a tick may be in the queue; it
    is removed by the first deployment that reads that it is not needed. Whoever has deployed the functions may read
    them, so a refusal means that there are none.
    """
    supervised = any(job.asks for job in planned)
    lookups = Lookups()
    watch, supervisor = await asyncio.gather(
        lookups.variables(function_name(group)), lookups.variables(supervisor_name(group))
    )
    stands = _table(supervisor) is not None
    noted = await _noted(lookups, _table(watch) or _table(supervisor))
    clusters = [arn for arn in noted.get(CLUSTERS, ()) if _is_cluster(arn)]
    claims = noted.get(CLAIMS) is True
    if claims and not any(isinstance(job.runner, Worker | InProcess) for job in planned):
        problems.note(
            _CLAIMS,
            f"no job is run by a service any more, but a process may have a run of a former one, so "
            f"{claims_name(group)} stays; the first deployment after its end removes it",
        )
    if supervised or not stands or (noted.get(SUPERVISES) is False and not claims):
        return UnderWay(clusters=clusters, supervised=supervised, claims=claims)
    problems.note(
        _WHERE,
        "no job is supervised any more, but ticks of former ones may be in flight, so "
        f"{supervisor_name(group)} stays; the first deployment after the last of them has ended removes it",
    )
    return UnderWay(clusters=clusters, supervised=True, claims=claims)


def _table(variables: Answer[Mapping[str, Any]]) -> str | None:
    """Return the name of the ledger's table from a function's environment; None without the function."""
    return None if isinstance(variables, Refused) else variables.get(LEDGER)


async def _noted(lookups: Lookups, table: str | None) -> Mapping[str, Any]:
    """Return what the latest check of the watch has noted; empty if that is unknown."""
    looked = await lookups.item(table, *LOOKED) if table else Refused("there is no ledger")
    noted: Mapping[str, Any] = {} if isinstance(looked, Refused) else json.loads(looked[BODY]["S"])
    return noted


def _is_cluster(arn: str) -> bool:
    """Return whether this is a cluster's ARN, as the watch has written it: policies are made from it."""
    try:
        untrusted.cluster_arn(arn)
    except (ValueError, TypeError):
        return False
    return True
