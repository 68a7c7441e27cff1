"""The arguments of the watch, and the facts about the group that are made from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from watch.facts import GRACE, PENDING, RETENTION_DAYS, Facts
from watch.redaction import SECRET_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.placement import PlacementArgs


@dataclass(frozen=True, kw_only=True)
class WatchArgs:
    """Arguments of the watch of a `JobGroup`."""

    placements: Sequence[PlacementArgs]
    """The placements of the group's jobs. The watch gets the events of their clusters, and reads their log groups."""
    function_logs: Sequence[pulumi.Input[str]] = ()
    """The names of the log groups of functions and services that run jobs. The watch reads failed runs there."""
    clusters: Sequence[str] = ()
    """The ARNs of further clusters, on which runs of earlier jobs may go on. The watch gets their events too."""
    grace: int = GRACE // 60
    """Minutes after a tick's window within which its run may begin. Default: 15, the time of launch retries."""
    pending: int = PENDING // 60
    """Minutes after its creation within which a task may start. Then it is reported as not started."""
    quiet: Sequence[str] = ()
    """Classes of alerts that are recorded but not sent."""
    alert_stops: bool = False
    """Whether a run that somebody stopped is alerted. It is recorded in any case."""
    secret_names: Sequence[str] = SECRET_NAMES
    """Patterns of the names of variables whose values no message shows: see `watch.redaction.looks_secret`."""
    retention_days: int = RETENTION_DAYS
    """How many days the ledger keeps a tick."""
    retain_ledger: bool = False
    """Whether the ledger is kept when the stack is destroyed, and can be restored to any second of the last 35 days."""
    rerun: str | None = None
    """The command that runs a tick again, with `{schedule}`, `{tick}` and `{region}`.

    Default: `python -m ops rerun` with the group and the region, typed in a checkout of this repository.
    """

    @property
    def cluster_arns(self) -> list[pulumi.Input[str]]:
        """The ARNs of all clusters, some of them more than once."""
        return [*(place.cluster for place in self.placements), *self.clusters]


def group_facts(group: str, args: WatchArgs) -> Facts:
    """Return the facts of a group for its watch. The facts of a job are in the job's item."""
    return Facts(
        project=pulumi.get_project(),
        stack=pulumi.get_stack(),
        group=group,
        rerun=args.rerun or _rerun(group),
        grace=args.grace * 60,
        pending=args.pending * 60,
        quiet=tuple(args.quiet),
        stops=args.alert_stops,
        secret_names=tuple(args.secret_names),
        retention_days=args.retention_days,
    )


def _rerun(group: str) -> str:
    return f"python -m ops rerun --group {group} --region {{region}} {{schedule}} --tick {{tick}}"
