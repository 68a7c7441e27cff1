"""A placement that makes its cluster and its security group, on the real engine: from the first preview to the end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.program import of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Outcome, Program

STACK = "places"
GROUP = f"scheduled-jobs-{STACK}"
CLUSTER = f"{GROUP}-default"
HOURLY = "cron(0 * * * ? *)"
LOG = f"/aws/ecs/{STACK}-cron-jobs"
MADE = ("Cluster", "ClusterCapacityProviders", "SecurityGroup")
JOBS = {
    "own_image": (
        "from settings import Image, Job\n\nJOB = Job(name='own-image', owner='data', "
        "command=['python', '-c', 'print(1)'], image=Image('registry.example.com/app:1'))\n"
    ),
    "existing": (
        "from settings import Job\n\nJOB = Job(name='existing', owner='data', container='app', "
        "command=['python', '-c', 'print(2)'])\n"
    ),
    "lasting": (
        "from settings import Image, Job\n\nJOB = Job(name='lasting', owner='data', "
        "command=['python', '-c', 'print(3)'], image=Image('registry.example.com/app:1'))\n"
    ),
}
PLACE: dict[str, Any] = {
    "taskDefinition": "web",
    "container": "app",
    "subnets": ["subnet-0a000000000000001"],
    "securityGroups": "egress-only",
    "capacity": {"FARGATE_SPOT": 1},
}


def config(queue: str, place: dict[str, Any], *, lasting: str = "off") -> dict[str, Any]:
    """Return the stack file, with a placement and the schedule of the job that lasts."""
    return {
        "aws:region": REGION,
        "scheduled-jobs:placements": {"default": place},
        "scheduled-jobs:schedules": {"own-image": HOURLY, "existing": HOURLY, "lasting": lasting},
        "scheduled-jobs:alerts": {"sqs": [queue]},
        "scheduled-jobs:tags": {"team": "data"},
    }


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Lay out the program, and have a queue for its alerts."""
    with inbox(sandbox, STACK) as queue:
        program = make_program(STACK)
        program.write_jobs(files=JOBS)
        yield Alerting(sandbox, program, queue)


def clusters(sandbox: Sandbox) -> set[str]:
    """Return the names of the stack's clusters."""
    ecs = sandbox.account.client("ecs")
    found = ecs.describe_clusters(clusters=ecs.list_clusters()["clusterArns"])["clusters"]
    names = {cluster["clusterName"] for cluster in found if cluster["status"] == "ACTIVE"}
    return {name for name in names if name.startswith(GROUP)}


def groups(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return the stack's security groups."""
    tag = [{"Name": "tag:scheduled-jobs:group", "Values": [GROUP]}]
    found: list[dict[str, Any]] = sandbox.account.client("ec2").describe_security_groups(Filters=tag)["SecurityGroups"]
    return found


def requests(sandbox: Sandbox) -> dict[str, str]:
    """Return the input of each schedule."""
    scheduler = sandbox.account.client("scheduler")
    names = [one["Name"] for one in scheduler.list_schedules(GroupName=GROUP)["Schedules"]]
    return {name: scheduler.get_schedule(GroupName=GROUP, Name=name)["Target"]["Input"] for name in names}


def order(outcome: Outcome, *types: str) -> list[tuple[str, str]]:
    """Return the steps of these types that changed something, in the order in which they were done."""
    steps = [step for step in of_type(outcome.steps, *types) if step.done is not None]
    return [(step.operation, step.type) for step in sorted(steps, key=lambda step: step.done or 0)]


def test_from_the_first_preview_to_the_end(sandbox: Sandbox, alerting: Alerting) -> None:
    """Both kinds of jobs run there. Later the placement names a cluster, and nothing is lost or left."""
    program, queue = alerting.program, alerting.inbox.arn
    program.write_config(config(queue, PLACE))
    before = {**sandbox.account.inventory(), "clusters": clusters(sandbox)}
    preview = program.run("preview")
    assert preview.code == 0, preview.output
    assert (
        f"scheduled-jobs:placements.default.cluster: is not set, so this placement makes the cluster '{CLUSTER}', "
        "with container insights enabled"
    ) in preview.output
    deployed = program.up()
    made = order(deployed, *MADE, "Schedule")
    assert {kind for _, kind in made[:3]} == set(MADE)
    assert {kind for _, kind in made[3:]} == {"Schedule"}
    assert program.run("up", "--expect-no-changes").code == 0
    assert program.run("refresh", "--expect-no-changes").code == 0

    [group] = groups(sandbox)
    assert group["GroupName"].startswith(f"{CLUSTER}-")
    assert {tag["Key"]: tag["Value"] for tag in group["Tags"]} == {"team": "data", "scheduled-jobs:group": GROUP}
    assert clusters(sandbox) == {CLUSTER}
    for request in requests(sandbox).values():
        assert f":cluster/{CLUSTER}" in request
        assert group["GroupId"] in request
    hour = sandbox.pass_hour(minutes=10)
    runs = [run for run in sandbox.client.get("runs") if run["job"] in {"own-image", "existing"}]
    assert {run["job"] for run in runs} == {"own-image", "existing"}
    for job in ("own-image", "existing"):
        assert alerting.of(job) == []
        assert alerting.tick(job, hour).outcome == "good"

    program.write_config(config(queue, {**PLACE, "cluster": "sandbox", "securityGroups": ["sg-01000000000000001"]}))
    moved = program.up()
    assert [operation for operation, kind in order(moved, "Schedule")] == ["update", "update"]
    removed = order(moved, *MADE)
    assert sorted(removed) == sorted(("delete", kind) for kind in MADE)
    assert removed.index(("delete", "ClusterCapacityProviders")) < removed.index(("delete", "Cluster"))
    assert clusters(sandbox) == set()
    assert groups(sandbox) == []
    hour = sandbox.pass_hour(minutes=10)
    for job in ("own-image", "existing"):
        assert ":cluster/sandbox" in requests(sandbox)[job]
        assert alerting.of(job) == []
        assert alerting.tick(job, hour).outcome == "good"

    program.write_config(config(queue, {**PLACE, "containerInsights": "disabled"}))
    program.up()
    destroyed = program.run("destroy")
    assert destroyed.code == 0, destroyed.output
    removed = order(destroyed, *MADE, "Schedule")
    assert removed[:2] == [("delete", "Schedule"), ("delete", "Schedule")]
    assert {**sandbox.account.inventory(), "clusters": clusters(sandbox)} == before
    assert groups(sandbox) == []


def test_a_run_keeps_its_cluster(sandbox: Sandbox, alerting: Alerting) -> None:
    """While a run goes on, its cluster and its group with all rules stay; the next deployment after it removes them.

    An operator stops it by its ARN, because the job is known on its new cluster only.
    """
    program, queue, ecs = alerting.program, alerting.inbox.arn, sandbox.account.client("ecs")
    place = {key: value for key, value in PLACE.items() if key != "capacity"}
    program.write_config(config(queue, place, lasting=HOURLY))
    program.up()
    alerting.stage(Fault(Kind.HANG), "lasting")
    hour = sandbox.pass_hour(minutes=10)
    [task] = ecs.list_tasks(cluster=CLUSTER)["taskArns"]

    named = {**place, "cluster": "sandbox", "securityGroups": ["sg-01000000000000001"]}
    program.write_config(config(queue, named, lasting=HOURLY))
    moved = program.run("up")
    assert moved.code != 0
    assert "ClusterContainsTasksException: The Cluster cannot be deleted while Tasks are active." in moved.output
    assert "DependencyViolation" in moved.output
    assert all(":cluster/sandbox" in request for request in requests(sandbox).values())
    [group] = groups(sandbox)
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    assert clusters(sandbox) == {CLUSTER}

    stopped = program.ops("stop", task, "--stack", STACK, "--reason", "the cluster goes", "--yes")
    assert stopped.stdout.startswith("Stopping task "), stopped.stderr
    sandbox.pass_hour(minutes=10)
    assert alerting.of("lasting") == []
    assert alerting.tick("lasting", hour).outcome == "stopped"
    program.up()
    assert clusters(sandbox) == set()
    assert groups(sandbox) == []
    assert program.run("destroy").code == 0


def test_a_run_ends_well_on_the_cluster_that_its_job_has_left(sandbox: Sandbox, alerting: Alerting) -> None:
    """The watch still gets the events of the former cluster, as long as the run goes on."""
    program, queue, place = alerting.program, alerting.inbox.arn, {**PLACE, "capacity": {"FARGATE": 1}}
    ecs = sandbox.account.client("ecs")
    ecs.create_cluster(clusterName="left", capacityProviders=["FARGATE"])
    program.write_config(config(queue, {**place, "cluster": "left"}, lasting=HOURLY))
    program.up()
    alerting.stage(Fault(Kind.HANG, seconds=1800.0), "lasting")
    hour = sandbox.pass_hour(minutes=10)
    assert len(ecs.list_tasks(cluster="left", desiredStatus="RUNNING")["taskArns"]) == 1
    program.write_config(config(queue, {**place, "cluster": "sandbox"}, lasting=HOURLY))
    program.up()
    sandbox.advance(timedelta(minutes=40))
    assert alerting.of("lasting") == []
    assert alerting.tick("lasting", hour).outcome == "good"
    assert program.run("destroy").code == 0
    ecs.delete_cluster(cluster="left")


def test_takes_no_cluster_over(sandbox: Sandbox, alerting: Alerting) -> None:
    """ECS would hand over a cluster that exists. The preview refuses it, with both ways out, and so does `up`."""
    program, ecs = alerting.program, sandbox.account.client("ecs")
    program.write_config(config(alerting.inbox.arn, PLACE))
    ecs.create_cluster(clusterName=CLUSTER)
    previewed = program.run("preview")
    assert previewed.code != 0
    assert f"the cluster '{CLUSTER}' exists already" in previewed.output
    assert "name it as the placement's cluster" in previewed.output
    assert f"aws ecs delete-cluster --cluster {CLUSTER}" in previewed.output
    assert "Traceback" not in previewed.output
    deployed = program.run("up")
    assert deployed.code != 0
    assert f"the cluster '{CLUSTER}' exists already" in deployed.output
    assert program.run("destroy").code == 0
    assert clusters(sandbox) == {CLUSTER}
    ecs.delete_cluster(cluster=CLUSTER)
