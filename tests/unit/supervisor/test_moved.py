"""A job that moves to another task definition while its ticks are in flight."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import Life
from tests.unit.supervisor.fleet import Fleet
from tests.unit.watch.world import START

OTHER = "batch:3"
FAILS = Life(exit_code=1)


def definitions(fleet: Fleet) -> list[str]:
    """Return the task definition of each task."""
    return [str(task.request["TaskDefinition"]) for task in fleet.ecs.tasks]


def versions(fleet: Fleet) -> list[str]:
    """Return which version of the job's request each task has."""
    return [tag["Value"] for task in fleet.ecs.tasks for tag in task.request["Tags"] if tag["Key"] == "version"]


def test_retry() -> None:
    """It runs the task definition that the launch role may run now, as the attempt that it is."""
    limits = Limits(start_deadline=900, retries=1, backoff=300)
    fleet = Fleet({"web": (30, limits)})
    fleet.ecs.lives = [FAILS]
    fleet.pass_time(200)
    fleet.move("web", limits, OTHER)
    fleet.pass_time(1500)
    assert definitions(fleet) == ["web:7", OTHER]
    assert fleet.ecs.tasks[-1].environment["JOB_ATTEMPT"] == "2"
    tick = fleet.world.tick("web", START)
    assert (tick.outcome, fleet.world.alerts()) == ("good", [])


def test_retry_with_a_volume_that_the_job_has_no_more() -> None:
    """The launch role may pass the role of the volume no more, although cluster and task definition are the same."""
    limits = Limits(start_deadline=900, retries=1, backoff=300)
    fleet = Fleet({"web": (30, limits)})
    volume = {"Name": "work", "ManagedEBSVolume": {"RoleArn": "arn:aws:iam::123456789012:role/web-volume"}}
    job = fleet.ledger.items["web"]
    assert job.supervised is not None
    request = {**job.supervised.requests["web"], "VolumeConfigurations": [volume]}
    fleet.ledger.items["web"] = replace(job, supervised=replace(job.supervised, requests={"web": request}))
    fleet.ecs.lives, fleet.ecs.answers = [FAILS], ["granted", "not authorized"]
    fleet.pass_time(200)
    fleet.change("web", limits)
    fleet.pass_time(1500)
    assert versions(fleet)[:2] == ["1", "2"]
    assert "VolumeConfigurations" not in fleet.ecs.tasks[1].request


def test_tick_that_waits() -> None:
    """It begins where the job is now. The run that it waited for goes on where it was."""
    limits = Limits(start_deadline=1800, overlap="queue")
    fleet = Fleet({"web": (10, limits)})
    fleet.ecs.lives = [Life(runs=900)]
    fleet.pass_time(700)
    fleet.move("web", limits, OTHER)
    fleet.pass_time(1000)
    assert definitions(fleet)[:2] == ["web:7", OTHER]
    assert [fleet.world.tick("web", START + timedelta(minutes=at)).outcome for at in (0, 10)] == ["good", "good"]


def test_launch_in_doubt() -> None:
    """A launch of which nobody knows is called again as it was, since its token stands for the earlier request."""
    limits = Limits(start_deadline=300)
    fleet = Fleet({"web": (30, limits)})
    fleet.ecs.answers = ["broken"] * 50
    fleet.pass_time(30)
    fleet.move("web", limits, OTHER)
    fleet.ecs.answers.clear()
    fleet.pass_time(1500)
    assert OTHER not in definitions(fleet)
    assert len(fleet.ecs.asked) > 2


def test_request_that_ecs_refuses_for_good() -> None:
    """The present request replaces it, also if it is for the same task definition. If that is refused too, it ends."""
    limits = Limits(start_deadline=900, retries=1, backoff=300)
    fleet = Fleet({"web": (30, limits)})
    fleet.ecs.lives, fleet.ecs.answers = [FAILS], ["granted", "wrong"]
    fleet.pass_time(200)
    fleet.change("web", limits)
    fleet.pass_time(1500)
    assert versions(fleet)[:2] == ["1", "2"]
    assert (fleet.world.tick("web", START).outcome, fleet.world.alerts()) == ("good", [])

    fleet = Fleet({"web": (30, limits)})
    fleet.ecs.lives, fleet.ecs.answers = [FAILS], ["granted", "wrong", "wrong"]
    fleet.pass_time(200)
    fleet.change("web", limits)
    fleet.pass_time(1500)
    assert versions(fleet) == ["1"]
    assert [alert["class"] for alert in fleet.world.alerts()] == ["failed"]


STAYS: dict[str, dict[str, Any]] = {
    "not moved": {"definition": "web:7"},
    "the service decides": {"definition": OTHER, "run_revision": "service"},
}


@pytest.mark.parametrize("case", STAYS.values(), ids=STAYS)
def test_request_that_stays(case: dict[str, Any]) -> None:
    """A tick keeps the request with which it began, although the job has another one now."""
    limits = Limits(start_deadline=900, retries=1, backoff=300, run_revision=case.get("run_revision", "newest"))
    fleet = Fleet({"web": (30, limits)})
    fleet.ecs.lives, fleet.ecs.answers = [FAILS], ["granted", "not authorized"]
    fleet.pass_time(200)
    fleet.move("web", limits, case["definition"])
    fleet.ecs.closed.clear()
    fleet.pass_time(1000)
    assert versions(fleet)[:2] == ["1", "1"]
