"""Takes all jobs of a stack through the steps of their kinds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from components.job_group import default_name
from kinds.container import InContainer
from kinds.function import InFunction
from kinds.handler import OwnHandler
from kinds.http import ByRequest
from kinds.image import OwnImage
from settings import Function, Handler, Http

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kinds.kind import Kind
    from placements import Lookups, Placement
    from plan import PlannedJob
    from settings import Problems


def of(planned: Iterable[PlannedJob], own_log: str) -> dict[str, Kind[Any, Any]]:
    """Return what runs each job, by the job's name. `own_log` is the log group of own images."""
    return {one.job.name: _of(one, own_log) for one in planned}


def _of(planned: PlannedJob, own_log: str) -> Kind[Any, Any]:
    match planned.runner:
        case Handler():
            return OwnHandler(planned, planned.runner, default_name())
        case Function():
            return InFunction(planned, planned.runner, default_name())
        case Http():
            return ByRequest(planned, planned.runner, default_name())
    return InContainer(planned) if planned.image is None else OwnImage(planned, planned.image, own_log)


def log_group(kinds: Mapping[str, Kind[Any, Any]]) -> str | None:
    """Return the log group that the job group must have; None if no job logs there."""
    return next((kind.log_group for kind in kinds.values() if isinstance(kind, OwnImage)), None)


def builds(kinds: Mapping[str, Kind[Any, Any]]) -> bool:
    """Return whether the image of a job is built."""
    return any(isinstance(kind, OwnImage) and kind.image.build for kind in kinds.values())


def needs(kinds: Mapping[str, Kind[Any, Any]]) -> dict[str, frozenset[str]]:
    """Return by placement the parts (`placements.parts`) that the jobs there need."""
    needed: dict[str, frozenset[str]] = {}
    for kind in kinds.values():
        needed[kind.planned.placement] = needed.get(kind.planned.placement, frozenset()) | kind.needs
    return needed


async def look_up(kinds: Mapping[str, Kind[Any, Any]], account: Lookups) -> None:
    """Ask the account about all jobs at the same time."""
    await asyncio.gather(*[kind.look_up(account) for kind in kinds.values()])


def fit(kinds: Mapping[str, Kind[Any, Any]], found: Mapping[str, Placement], problems: Problems) -> dict[str, Any]:
    """Return each job's place, by the job's name. A placement that was not found is reported already."""
    placed = [
        (name, kind) for name, kind in kinds.items() if not kind.planned.placement or kind.planned.placement in found
    ]
    fitted = ((name, kind.fit(found.get(kind.planned.placement), problems)) for name, kind in placed)
    return {name: place for name, place in fitted if place is not None}
