"""Tests that a deployment honours holds, and that it does not go on without knowing them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

import placements
from holds import storage
from holds.storage import Storage
from settings import Problems
from tests.components.placing import deny
from tests.components.test_program import run
from tests.unit.holds.test_hold import hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import EmbeddedCloud

pytestmark = pytest.mark.usefixtures("use_sample_jobs")

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
PATH = storage.path("jobs-staging")


def states(cloud: EmbeddedCloud) -> dict[str, str]:
    """Return the state of each schedule."""
    listed = cloud.client("scheduler").list_schedules(GroupName="jobs-staging")["Schedules"]
    return {one["Name"]: one["State"] for one in listed}


def put(cloud: EmbeddedCloud, **changes: Any) -> None:  # noqa: ANN401 - parts of a hold
    """Store a hold on the stack that has begun an hour ago and ends in an hour."""
    known = {"begin": NOW - HOUR, "until": NOW + HOUR}
    Storage(cloud.client("ssm"), "jobs-staging").put(hold(**{**known, **changes}))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the information about holds that the program shows."""
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda text: lines.append(text) if text.startswith("hold ") else None)
    return lines


def test_keeps_what_is_held_disabled(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, told: list[str]) -> None:
    """A held schedule is disabled, its description says what config wants, and the hold is shown. Others run."""
    put(cloud, jobs=("nightly-report", "refresh-cache"))
    put(cloud, id="over", until=NOW - HOUR / 2)
    put(cloud, id="later", begin=NOW + HOUR, until=NOW + 2 * HOUR, owners=("nobody",))
    put(cloud, id="until-resumed", jobs=("cleanup",), until=None)
    run(cloud, monkeypatch)
    assert states(cloud) == {
        "cleanup": "DISABLED",
        "drift-check": "ENABLED",
        "export-orders.weekdays": "ENABLED",
        "export-orders.year-end": "ENABLED",
        "nightly-report": "DISABLED",
        "refresh-cache": "DISABLED",
    }
    for name, wanted in (("nightly-report", "ENABLED"), ("refresh-cache", "DISABLED")):
        found = cloud.client("scheduler").get_schedule(GroupName="jobs-staging", Name=name)
        assert found["Description"].startswith(f"wanted={wanted} ")
    by = "by arn:aws:sts::123456789012:assumed-role/on-call/ada (migration)"
    ends = {hours: f"{NOW + hours * HOUR:%Y-%m-%d %H:%M} UTC" for hours in (1, 2)}
    assert sorted(told) == [
        f"hold ab12 on job nightly-report, job refresh-cache, until {ends[1]}, {by}: 1 schedule disabled meanwhile",
        f"hold later on owner nobody, from {ends[1]} until {ends[2]}, {by}: 0 schedules disabled meanwhile",
        f"hold until-resumed on job cleanup, until somebody resumes it, {by}: 1 schedule disabled meanwhile",
    ]


def test_holds_all_jobs(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold that names nobody is on every job, also on one that is deployed for the first time."""
    put(cloud)
    run(cloud, monkeypatch)
    assert set(states(cloud).values()) == {"DISABLED"}


def strange(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> str:
    """Store a parameter that is no hold, and return what is said of it."""
    del monkeypatch
    name = f"{PATH}/strange"
    cloud.client("ssm").put_parameter(Name=name, Value="[]", Type="String")
    return f"holds: '{name}': is not a hold: must have the parts"


def denied(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> str:
    """Take away the permission to read holds, and return what is said of it."""
    del cloud
    deny(monkeypatch, "ssm:GetParametersByPath")
    said = "cannot be read, so a deployment would undo them: the permission ssm:GetParametersByPath is missing"
    return f"holds: '{PATH}': {said}"


TROUBLES = pytest.mark.parametrize("trouble", [strange, denied])


@TROUBLES
def test_an_up_that_does_not_know_the_holds_stops(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, trouble: Callable[..., str]
) -> None:
    """Without the permission to read holds, or with a parameter that is none, an `up` declares nothing."""
    said = trouble(cloud, monkeypatch)
    with pytest.raises(pulumi.RunError) as raised:
        run(cloud, monkeypatch)
    assert str(raised.value).startswith(f"1 problem to fix before anything is deployed:\n  {said}")
    assert [one["Name"] for one in cloud.client("scheduler").list_schedule_groups()["ScheduleGroups"]] == ["default"]


@TROUBLES
def test_a_preview_warns(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, trouble: Callable[..., str]) -> None:
    """A preview warns of the same, and takes account of the holds that it can read."""
    put(cloud)
    said, problems = trouble(cloud, monkeypatch), Problems()
    _, standing = cloud.run(lambda: placements.look_up_holds("jobs-staging", NOW, problems, preview=True))
    assert [str(warning).startswith(said) for warning in problems.warnings] == [True]
    assert not problems
    assert [one.id for one in standing.holds] == (["ab12"] if trouble is strange else [])
