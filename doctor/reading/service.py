"""Asks about the services whose revision supervised jobs run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_facts import definition_name
from doctor.checks.service import FollowedService

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doctor.account import Account
    from doctor.stack import Stack


def read(account: Account, stack: Stack) -> Sequence[FollowedService]:
    """Return each service once."""
    families: dict[tuple[str, str], dict[str, list[str]]] = {}
    for job, facts in sorted(stack.jobs.items()):
        if facts.supervised and facts.supervised.service:
            key = facts.supervised.service["cluster"], facts.supervised.service["service"]
            family = definition_name.of(facts.task_definition).partition(":")[0]
            families.setdefault(key, {}).setdefault(family, []).append(job)
    answers = account.each(families, lambda key: account.service(*key))
    return [FollowedService(name=key[1], families=families[key], answer=answer) for key, answer in answers.items()]
