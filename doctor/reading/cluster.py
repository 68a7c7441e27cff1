"""Asks about the clusters that jobs run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.checks.cluster import UsedCluster
from judgements import capacity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from doctor.account import Account, Known
    from doctor.stack import Stack
    from judgements.answers import CapacityProvider, Refused


def read(account: Account, stack: Stack) -> Sequence[UsedCluster]:
    """Return each cluster once."""
    jobs = stack.jobs_by(lambda one: [one.cluster])
    answers = account.each(jobs, account.cluster)
    own = own_providers(account, stack)
    return [
        UsedCluster(name, jobs[name], _providers(stack, name), answer, own.get(name))
        for name, answer in answers.items()
    ]


def own_providers(account: Account, stack: Stack) -> dict[str, Known[Mapping[str, CapacityProvider]] | Refused]:
    """Return the capacity providers that the account has made and jobs run on, by cluster."""
    used = {one.cluster: capacity.of_the_account(_providers(stack, one.cluster)) for one in stack.launches}
    return account.each(
        [cluster for cluster, names in used.items() if names],
        lambda cluster: account.capacity_providers(cluster, used[cluster]),
    )


def _providers(stack: Stack, cluster: str) -> dict[str, list[str]]:
    return stack.jobs_by(lambda one: one.providers if one.cluster == cluster else [])
