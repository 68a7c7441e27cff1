"""Asks about the clusters that jobs run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.checks.cluster import UsedCluster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.account import Account
    from doctor.stack import Stack


def read(account: Account, stack: Stack) -> Sequence[UsedCluster]:
    """Return each cluster once."""
    jobs = stack.jobs_by(lambda one: [one.cluster])
    answers = account.each(jobs, account.cluster)
    return [UsedCluster(name, jobs[name], _providers(stack, name), answer) for name, answer in answers.items()]


def _providers(stack: Stack, cluster: str) -> dict[str, list[str]]:
    return stack.jobs_by(lambda one: one.providers if one.cluster == cluster else [])
