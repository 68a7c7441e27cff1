"""Looks up in the account the values that RunTask needs for a placement."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from placements.asking import ask
from placements.judging import judge
from placements.lookups import Lookups
from placements.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from placements.placement import Placement
    from settings import PlacementSettings, Problems


async def look_up(placements: Mapping[str, PlacementSettings], problems: Problems) -> dict[str, Placement]:
    """Return each placement as the account has it, by name; mistakes go to `problems`, in the order of config.

    A placement is left out of the result when its cluster or its task definition is not found.
    """
    account = Lookups()
    answers = await asyncio.gather(*[ask(account, settings) for settings in placements.values()])
    found = {}
    for (name, settings), answered in zip(placements.items(), answers, strict=True):
        placement = judge(settings, answered, Report(problems, name))
        if placement is not None:
            found[name] = placement
    return found
