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
from kinds.in_process import ByItself
from kinds.service import OfService
from kinds.worker import ByWorker
from settings import Function, Handler, Http, InProcess, Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kinds.kind import Kind
    from placements import Lookups, Placement
    from plan import PlannedJob
    from settings import Problems


def of(planned: Iterable[PlannedJob], own_log: str, kms_key_arn: str | None = None) -> dict[str, Kind[Any, Any]]:
    """Return what runs each job, by the job's name.

    `own_log` is the log group of own images, and `kms_key_arn` the key of the group's queues and tables.
    """
    return {one.job.name: _of(one, own_log, kms_key_arn) for one in planned}


def _of(planned: PlannedJob, own_log: str, kms_key_arn: str | None) -> Kind[Any, Any]:
    match planned.runner:
        case Handler():
            return OwnHandler(planned, planned.runner, default_name())
        case Function():
            return InFunction(planned, planned.runner, default_name())
        case Http():
            return ByRequest(planned, planned.runner, default_name())
        case Worker():
            return ByWorker(planned, default_name(), kms_key_arn, planned.runner)
        case InProcess():
            return ByItself(planned, default_name(), kms_key_arn, planned.runner)
    return InContainer(planned) if planned.image is None else OwnImage(planned, planned.image, own_log)


def log_group(kinds: Mapping[str, Kind[Any, Any]]) -> str | None:
    """Return the log group that the job group must have; None if no job logs there."""
    return next((kind.log_group for kind in kinds.values() if isinstance(kind, OwnImage)), None)


def builds(kinds: Mapping[str, Kind[Any, Any]]) -> bool:
    """Return whether the image of a job is built."""
    return any(isinstance(kind, OwnImage) and kind.image.build for kind in kinds.values())


def workers(kinds: Mapping[str, Kind[Any, Any]]) -> list[str]:
    """Return the placements whose services take runs of a queue."""
    return sorted({kind.planned.placement for kind in kinds.values() if isinstance(kind, ByWorker)})


def claims(kinds: Mapping[str, Kind[Any, Any]]) -> bool:
    """Return whether the processes of a service begin a job by themselves."""
    return any(isinstance(kind, ByItself) for kind in kinds.values())


def needs(kinds: Mapping[str, Kind[Any, Any]]) -> dict[str, frozenset[str]]:
    """Return by placement the parts (`placements.parts`) that the jobs there need."""
    needed: dict[str, frozenset[str]] = {}
    for kind in kinds.values():
        needed[kind.planned.placement] = needed.get(kind.planned.placement, frozenset()) | kind.needs
    return needed


async def look_up(kinds: Mapping[str, Kind[Any, Any]], account: Lookups) -> None:
    """Ask the account about all jobs at the same time."""
    await asyncio.gather(*[kind.look_up(account) for kind in kinds.values()])


async def look_closer(kinds: Mapping[str, Kind[Any, Any]], account: Lookups, found: Mapping[str, Placement]) -> None:
    """Ask what can be asked only when the placements are known: about the services that run jobs."""
    of_services = [kind for kind in kinds.values() if isinstance(kind, OfService) and kind.planned.placement in found]
    await asyncio.gather(*[kind.look_closer(account, found[kind.planned.placement]) for kind in of_services])


def fit(kinds: Mapping[str, Kind[Any, Any]], found: Mapping[str, Placement], problems: Problems) -> dict[str, Any]:
    """Return each job's place, by the job's name. A placement that was not found is reported already."""
    placed = [
        (name, kind) for name, kind in kinds.items() if not kind.planned.placement or kind.planned.placement in found
    ]
    fitted = ((name, kind.fit(found.get(kind.planned.placement), problems)) for name, kind in placed)
    return {name: place for name, place in fitted if place is not None}
