"""What the tests of staged failures repeat: a job that runs every hour, a failure of it, and the events of its runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from emulator.fault_injection.faults import Fault, Kind
from emulator.fault_injection.staged_events import StagedEvents
from sandbox.naming import naming
from tests.processes.emulator.world import GROUP, INPUT

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

STATUSES = ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]
"""The states of a run, of which each sends an event."""
STARTED, ENDED = STATUSES[:3], STATUSES[3:]


def hourly(world: World, job: str = "report", **request: object) -> None:
    """Run a job every hour."""
    text = json.dumps({**INPUT, "Group": f"{GROUP}:{job}", **request})
    world.schedule(job, "cron(0 * * * ? *)", Target={"Input": text})


def once(world: World) -> None:
    """Run the job once, after an hour."""
    world.schedule(
        "report", "at(2027-01-04T01:00:00)", Target={"Input": json.dumps({**INPUT, "Group": f"{GROUP}:report"})}
    )


def stage(world: World, kind: Kind, times: int = 1, **options: Any) -> None:  # noqa: ANN401 - members of a fault
    """Stage failures of the job."""
    world.aws.faults.stage(Fault(kind, "report", **options), times)


def listen(world: World) -> list[dict[str, Any]]:
    """Return a list that receives the details of the events delivered from now on."""
    found: list[dict[str, Any]] = []
    world.aws.tasks._publish = StagedEvents(
        lambda _, event: found.append(event["detail"]), world.aws.faults, world.aws.agenda, naming()
    ).publish
    return found


def errors(world: World) -> list[str | None]:
    """Return the error of each launch."""
    return [launch.error for launch in world.scheduler.launches]
