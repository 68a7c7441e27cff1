"""The type of what runs a job: a placement on a cluster, a function, or the containers of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from components.function_place import FunctionPlace
    from components.placement import PlacementArgs
    from components.work_place import ProcessPlace, WorkPlace

Place: TypeAlias = "PlacementArgs | FunctionPlace | WorkPlace | ProcessPlace"
