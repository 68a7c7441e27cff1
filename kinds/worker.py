"""The kind of a job whose runs the containers of a running service take from a queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components import WorkPlace
from components.service_policy import take_work
from kinds.service import OfService, claims_arn, queue_arn, watch_arn
from settings import NAMESPACE, key_path
from watch.names import work_queue_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components import JobGroup
    from components.statements import Statement
    from placements import Placement
    from settings import Problems, Worker


@dataclass
class ByWorker(OfService):
    """A job that workers take."""

    worker: Worker

    work = "take the runs of worker jobs"

    def statements(self, placement: Placement) -> Sequence[Statement]:
        """Return what the service's task role needs to take runs."""
        return take_work(
            queue_arn=queue_arn(placement, self.group, self.planned.placement),
            claims_arn=claims_arn(placement, self.group),
            watch_arn=watch_arn(placement, self.group),
            kms_key_arn=self.kms_key_arn,
        )

    def fit(self, placement: Placement, problems: Problems) -> WorkPlace:
        """Return what is known of the place; its queue is the group's. What the service lacks goes to `problems`."""
        name = self.planned.placement
        problems.note(
            key_path(f"{NAMESPACE}:placements", name, "service"),
            f"its containers take runs from the queue {work_queue_name(self.group, name)}: a worker in them needs "
            f"SCHEDULED_JOBS_GROUP={self.group} and SCHEDULED_JOBS_PLACEMENT={name}",
        )
        log_group = self.check(placement, problems)
        task = self.worker.task or self.planned.job.name
        return WorkPlace(queue_arn="", queue_url="", claims="", task=task, log_group=log_group, role=self.role)

    def declare(self, group: JobGroup, place: WorkPlace) -> WorkPlace:
        """Return the place with the group's queue."""
        return group.work_place(self.planned.placement, place.task, place.log_group, place.role)
