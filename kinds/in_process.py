"""The kind of a job that the processes of a running service begin by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import ProcessPlace
from components.service_policy import claim_runs, tell
from kinds.service import OfService, claims_arn, watch_arn
from settings import NAMESPACE, key_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components import JobGroup
    from components.statements import Statement
    from placements import Placement
    from settings import InProcess, Problems


@dataclass
class ByItself(OfService):
    """A job that the processes of a service begin by themselves."""

    in_process: InProcess

    @property
    def work(self) -> str:
        """What the processes do."""
        return f"{'claim' if self.in_process.store == 'dynamodb' else 'report'} the runs of in_process jobs"

    def statements(self, placement: Placement) -> Sequence[Statement]:
        """Return what the service's task role needs to claim runs, and to tell of them."""
        watch = watch_arn(placement, self.group)
        if self.in_process.store == "redis":
            return [tell(watch)]
        claims = claims_arn(placement, self.group)
        return claim_runs(claims_arn=claims, watch_arn=watch, kms_key_arn=self.kms_key_arn)

    def fit(self, placement: Placement, problems: Problems) -> ProcessPlace:
        """Return what is known of the place; its claims are the group's. What the service lacks goes to `problems`."""
        problems.note(
            key_path(f"{NAMESPACE}:placements", self.planned.placement, "service"),
            f"its processes begin runs by themselves: `once` in them needs SCHEDULED_JOBS_GROUP={self.group}",
        )
        store = "" if self.in_process.store == "dynamodb" else self.in_process.store
        return ProcessPlace(claims_arn="", log_group=self.check(placement, problems), role=self.role, store=store)

    def declare(self, group: JobGroup, place: ProcessPlace) -> ProcessPlace:
        """Return the place with the group's claims."""
        return group.process_place(place.log_group, place.role, place.store)
