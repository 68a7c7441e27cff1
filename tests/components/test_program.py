"""Tests of the whole program, from stack config to resources."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from tests.components.embedded import register
from tests.components.placing import deny
from tests.sample_jobs import NAMES

if TYPE_CHECKING:
    from tests.components.embedded import Deployment, EmbeddedCloud

pytestmark = pytest.mark.usefixtures("use_sample_jobs")

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = {
    "placements": {
        "default": {"service": {"cluster": "staging", "name": "web"}},
        "pulumi": {"cluster": "staging", "taskDefinition": "other", "subnets": ["subnet-0a"]},
    },
    "schedules": {
        "nightly-report": "cron(0 2 * * ? *)",
        "cleanup": {"cron": "30 3 * * ? *", "environment": {"DRY_RUN": "no"}},
        "refresh-cache": {"rate": "15 minutes", "enabled": False},
        "import-rates": False,
        "export-orders": {"weekdays": {"cron": "0 6 ? * MON-FRI *"}, "year-end": "at(2027-12-31T23:00:00)"},
        "drift-check": "cron(0 7 * * ? *)",
    },
    "alerts": {"email": ["ops@example.com"]},
}


def run(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, **config: object) -> Deployment:
    """Run the program with a valid config and these changes."""
    values = {f"scheduled-jobs:{key}": json.dumps(value) for key, value in {**CONFIG, **config}.items()}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(values))
    programs: list[Any] = []
    monkeypatch.setattr(pulumi, "run", programs.append)
    runpy.run_path(str(ROOT / "__main__.py"))
    return cloud.run(programs[0])[0]


def test_deploys_every_job(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each job that is not off is deployed with its schedules, in one group."""
    deployment = run(cloud, monkeypatch)
    assert sorted(one.name for one in deployment.of(":ScheduledJob")) == sorted(
        name for name in NAMES if name != "import-rates"
    )
    listed = cloud.client("scheduler").list_schedules(GroupName="jobs-staging")["Schedules"]
    assert {one["Name"]: one["State"] for one in listed} == {
        "cleanup": "ENABLED",
        "drift-check": "ENABLED",
        "export-orders.weekdays": "ENABLED",
        "export-orders.year-end": "ENABLED",
        "nightly-report": "ENABLED",
        "refresh-cache": "DISABLED",
    }


@pytest.mark.parametrize("asked", [{}, {"timeout": "1h"}], ids=["direct", "supervised"])
def test_a_supervisor_comes_with_the_first_job_that_needs_it(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, asked: dict[str, str]
) -> None:
    """A stack whose jobs ask for nothing has none of its resources."""
    schedules = {**CONFIG["schedules"], "cleanup": {"cron": "30 3 * * ? *", **asked}}
    deployment = run(cloud, monkeypatch, schedules=schedules)
    assert len(deployment.of(":Supervisor")) == (1 if asked else 0)


def test_sends_expressions_as_they_were_typed(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scheduler gets the text of the stack file, without spaces at its ends, in the short and in the long form."""
    typed = {
        "nightly-report": " cron(00 2 1 1/3 ? *) ",
        "cleanup": {"cron": "30  3 ? 1,7 2-6 * "},
        "refresh-cache": {"rate": " 1 hours"},
        "export-orders": {"weekdays": "cron(0 6 ? * mon-fri *)", "year-end": {"at": "2027-12-31T23:00:00"}},
    }
    run(cloud, monkeypatch, schedules={**CONFIG["schedules"], **typed})
    scheduler = cloud.client("scheduler")
    listed = scheduler.list_schedules(GroupName="jobs-staging")["Schedules"]
    names = [one["Name"] for one in listed if one["Name"] != "drift-check"]
    assert {
        name: scheduler.get_schedule(GroupName="jobs-staging", Name=name)["ScheduleExpression"] for name in names
    } == {
        "nightly-report": "cron(00 2 1 1/3 ? *)",
        "cleanup": "cron(30  3 ? 1,7 2-6 *)",
        "refresh-cache": "rate(1 hours)",
        "export-orders.weekdays": "cron(0 6 ? * mon-fri *)",
        "export-orders.year-end": "at(2027-12-31T23:00:00)",
    }


def test_a_job_with_a_limit_has_a_supervisor(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one job that asks for a limit is supervised, in a group that has a supervisor for it."""
    limited = {"cron": "0 2 * * ? *", "timeout": "30m"}
    deployment = run(cloud, monkeypatch, schedules={**CONFIG["schedules"], "nightly-report": limited})
    assert [one.name for one in deployment.of(":Supervisor")] == ["jobs-supervisor"]
    told = [one.name for one in deployment.of(":Schedule") if one.inputs["target"]["arn"].endswith("sendMessage")]
    assert told == ["nightly-report"]


def test_jobs_without_limits_have_no_supervisor(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack of direct jobs has no supervisor, and Scheduler launches them all itself."""
    deployment = run(cloud, monkeypatch)
    assert deployment.of(":Supervisor") == []
    targets = {one.inputs["target"]["arn"] for one in deployment.of(":Schedule")}
    assert targets == {"arn:aws:scheduler:::aws-sdk:ecs:runTask"}


def test_names_all_mistakes_and_declares_nothing(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mistakes in config, in jobs and in the account are one RunError, before any resource is declared."""
    with pytest.raises(pulumi.RunError) as raised:
        run(
            cloud,
            monkeypatch,
            placements={**CONFIG["placements"], "pulumi": {**CONFIG["placements"]["pulumi"], "cluster": "nowhere"}},
            schedules={**CONFIG["schedules"], "cleanup": "cron(30 3 * * *)", "clean-up": "off"},
            tag={},
        )
    report = str(raised.value).splitlines()
    assert report[0] == "4 problems to fix before anything is deployed:"
    assert [line.strip().partition(": ")[0] for line in report[1:]] == [
        "scheduled-jobs:tag",
        "scheduled-jobs:schedules.cleanup",
        "scheduled-jobs:schedules.clean-up",
        "scheduled-jobs:placements.pulumi.cluster",
    ]
    assert raised.value.__cause__ is None
    assert cloud.client("sqs").list_queues().get("QueueUrls", []) == []


def test_tells_of_an_entry_point(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point that gets the commands is shown as information, and everything is deployed."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", told.append)
    containers = [{"name": "app", "image": "app", "memory": 256, "entryPoint": ["/start.sh"]}]
    register(cloud, "other", {}, containerDefinitions=containers)
    deployment = run(cloud, monkeypatch)
    assert [text for text in told if "placements" in text] == [
        (
            "scheduled-jobs:placements.pulumi: in the container 'app' of 'other', commands run as arguments of the "
            'entry point ["/start.sh"]'
        )
    ]
    assert deployment.of(":Schedule")


def test_warns_of_what_was_not_checked(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that cannot be checked is a warning, and everything is deployed."""
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    deny(monkeypatch, "cloudformation:GetResource")
    pulumi_placement = {**CONFIG["placements"]["pulumi"], "capacity": {"FARGATE_SPOT": 1}}
    deployment = run(cloud, monkeypatch, placements={**CONFIG["placements"], "pulumi": pulumi_placement})
    assert (
        "scheduled-jobs:placements.pulumi.capacity: 'FARGATE_SPOT': presence in the cluster not checked: "
        "the permission cloudformation:GetResource is missing"
    ) in warned
    assert deployment.of(":Schedule")
