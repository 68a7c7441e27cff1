"""Which places of jobs a watch was given: it gets the events of their clusters, and may read their log groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.function_place import FunctionPlace
from components.inputs import is_plain
from components.work_place import ProcessPlace, WorkPlace

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.place import Place
    from components.placement import PlacementArgs


class KnownPlaces:
    """The clusters and log groups of some placements.

    An output has no value yet, so it is known if it is the same object as one of theirs.
    """

    def __init__(self, places: Sequence[PlacementArgs], function_logs: Sequence[pulumi.Input[str]] = ()) -> None:
        """Note the clusters and the log groups."""
        self._function_logs = _Known(list(function_logs))
        self._clusters = _Known([place.cluster_arn for place in places])
        self._log_groups = _Known([place.log_groups for place in places if place.log_groups is not None])
        self._places = places

    def cover(self, place: Place) -> bool:
        """Return whether a placement's cluster and all log groups are known, or the log group of what runs the job."""
        if isinstance(place, FunctionPlace | WorkPlace | ProcessPlace):
            return place.log_group == "" or place.log_group in self._function_logs
        return place.cluster_arn in self._clusters and self._cover_logs(place)

    def _cover_logs(self, place: PlacementArgs) -> bool:
        if place.log_groups is not None:
            return place.log_groups in self._log_groups
        return any(
            place.task_definition in _Known([one.task_definition]) and place.container in _Known([one.container])
            for one in self._places
        )


class _Known:
    """The values of one field."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._outputs = [value for value in values if not is_plain(value)]
        self._plain = {part for value in values if is_plain(value) for part in _parts(value)}

    def __contains__(self, value: Any) -> bool:  # noqa: ANN401 - an input of a placement
        if is_plain(value):
            return self._plain.issuperset(_parts(value))
        return any(one is value for one in self._outputs)


def _parts(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
