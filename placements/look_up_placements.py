"""Looks up in the account what config names: the placements with all that RunTask needs, and the references."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from placements import judging, parts, references
from placements.asking import ask, ask_references
from placements.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from placements.lookups import Lookups
    from placements.placement import Placement
    from settings import Problems, Settings


async def look_up(
    account: Lookups, config: Settings, group: str, problems: Problems, needed: Mapping[str, frozenset[str]]
) -> dict[str, Placement]:
    """Return each placement as the account has it, by name; mistakes go to `problems`, in the order of config.

    `group` is the name of the schedule group, which begins the name of a cluster that a placement makes. `needed`
    has the parts (`placements.parts`) that the jobs of a placement need, by its name. A placement is left out of the
    result when its cluster or its task definition is needed and not found. The permissions boundary and the endpoints
    of alerts are looked up too.
    """
    needs = {name: needed.get(name, parts.EVERYTHING) for name in config.placements}
    questions = asyncio.gather(
        *[ask(account, settings, f"{group}-{name}", needs[name]) for name, settings in config.placements.items()]
    )
    referred, answers = await asyncio.gather(ask_references(account, config), questions)
    found = {}
    for (name, settings), answered in zip(config.placements.items(), answers, strict=True):
        placement = judging.judge(settings, answered, Report(problems, name), needs[name])
        if placement is not None:
            found[name] = placement
    references.judge(*referred, problems)
    return found
