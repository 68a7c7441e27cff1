"""The seam of the kinds: what the program asks of whatever runs a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

if TYPE_CHECKING:
    from components import JobGroup
    from placements.lookups import Lookups
    from plan import PlannedJob
    from settings import Problems


Found_contra = TypeVar("Found_contra", contravariant=True)
"""What the account says of the job's placement: a `Placement`, or None for a job without one."""
Place = TypeVar("Place")
"""What the job's launches name: `PlacementArgs`, or `FunctionPlace`."""


class Kind(Protocol[Found_contra, Place]):
    """What runs one job of a stack. The methods are called in this order."""

    needs: ClassVar[frozenset[str]]
    """The parts of a placement (`placements.parts`) that the job needs; none for a job without a placement."""

    @property
    def planned(self) -> PlannedJob:
        """The job as the plan has it."""

    async def look_up(self, account: Lookups) -> None:
        """Ask the account what must be known of the job beside its placement, and keep the answers."""

    def fit(self, placement: Found_contra, problems: Problems) -> Place | None:
        """Return where the job's runs happen; None when it cannot run there. Mistakes and notes go to `problems`."""

    def declare(self, group: JobGroup, place: Place) -> Place:
        """Declare what the job needs beside its schedules, and return what its launches name. `place` is from `fit`."""
