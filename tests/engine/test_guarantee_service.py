"""`run_revision: service`: a job runs the revision of its service, and not during a deployment; on the real engine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.supervised import Asking, created, deployed, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.stacks import Stack
    from tests.engine.alerting import Alerting
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = CLUSTER = "deployed"
PLATFORM = {
    "cluster": CLUSTER,
    "subnets": ["subnet-0a0000000000000f1"],
    "securityGroups": ["sg-010000000000000f1"],
    "taskDefinitions": {"shop": {"image": "app"}},
    "services": {"shop": "shop"},
}
JOBS = {
    "settled": Asking("run_revision='service'"),
    "impatient": Asking("run_revision='service', start_deadline='4m'"),
    "newest": Asking("timeout='10m'"),
}


@pytest.fixture(scope="module")
def alerting(
    sandbox: Sandbox, make_platform: Callable[[Mapping[str, Any]], Stack], make_program: Callable[[str], Program]
) -> Iterator[Alerting]:
    """Deploy a service, jobs that follow it or its task definition, and a queue that gets their alerts."""
    platform = make_platform(PLATFORM)
    placements = {"default": {"service": {"cluster": CLUSTER, "name": "shop"}}}
    with deployed(sandbox, make_program(STACK), JOBS, placements=placements) as alerting:
        yield alerting
    platform.run("destroy", "--yes", "--skip-preview", quiet=True)


@pytest.fixture
def hour(alerting: Alerting) -> datetime:
    """Move the clock to a minute before the next full hour, when nothing is being deployed; return that hour."""
    return alerting.sandbox.pass_hour(minutes=-1)


def register(alerting: Alerting) -> int:
    """Register a further revision of the service's task definition; return its number."""
    ecs = alerting.sandbox.account.client("ecs")
    found = ecs.describe_task_definition(taskDefinition="shop")["taskDefinition"]
    members = ("family", "cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn", "taskRoleArn")
    request = {name: found[name] for name in (*members, "containerDefinitions")}
    number: int = ecs.register_task_definition(**request)["taskDefinition"]["revision"]
    return number


def deploy(alerting: Alerting, revision: int) -> None:
    """Let the service be deployed with a revision."""
    ecs = alerting.sandbox.account.client("ecs")
    ecs.update_service(cluster=CLUSTER, service="shop", taskDefinition=f"shop:{revision}", forceNewDeployment=True)


def running(alerting: Alerting) -> int:
    """Return the number of the revision that the service is to run."""
    ecs = alerting.sandbox.account.client("ecs")
    (found,) = ecs.describe_services(cluster=CLUSTER, services=["shop"])["services"]
    return int(found["taskDefinition"].rpartition(":")[2])


def launched(alerting: Alerting, job: str, tick: datetime) -> tuple[int, timedelta]:
    """Return the number of the revision that a tick ran, and how long after the tick."""
    [run] = runs(alerting.tick(job, tick))
    return int(run.definition.rpartition(":")[2]), created(run) - tick


def test_revision_that_is_not_deployed(alerting: Alerting, hour: datetime) -> None:
    """A revision that was registered and not deployed is run only by jobs that follow the task definition."""
    deployed, registered = running(alerting), register(alerting)
    alerting.sandbox.advance(timedelta(minutes=3))
    assert deployed != registered
    assert alerting.alerts() == []
    assert launched(alerting, "settled", hour) == (deployed, timedelta())
    assert launched(alerting, "impatient", hour) == (deployed, timedelta())
    assert launched(alerting, "newest", hour) == (registered, timedelta())


def test_deployment_in_progress(alerting: Alerting, hour: datetime) -> None:
    """A tick waits for the end of a deployment, and runs the revision that was deployed."""
    registered = register(alerting)
    deploy(alerting, registered)
    alerting.sandbox.advance(timedelta(minutes=8))
    revision, after = launched(alerting, "settled", hour)
    assert revision == registered
    assert timedelta(minutes=2) <= after <= timedelta(minutes=3)
    assert alerting.alerts() == []


def test_deployment_that_is_rolled_back(alerting: Alerting, hour: datetime) -> None:
    """During a deployment that is rolled back nothing is launched; a tick is too late at its deadline, or runs then."""
    good = running(alerting)
    bad = register(alerting)
    deploy(alerting, bad)
    alerting.sandbox.advance(timedelta(minutes=3))
    deploy(alerting, good)
    alerting.sandbox.advance(timedelta(minutes=12))
    revision, after = launched(alerting, "settled", hour)
    assert revision == good
    assert timedelta(minutes=5) <= after <= timedelta(minutes=6)
    late = alerting.tick("impatient", hour)
    assert (late.outcome, late.runs) == ("too-late", {})
    [alert] = alerting.alerts()
    assert (alert["job"], alert["class"]) == ("impatient", "too-late")
    assert "a deployment of the service shop is in progress" in alert["reason"]
