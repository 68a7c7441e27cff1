"""The whole program with jobs that a service runs, from the look at its role to the resources."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components.service_policy import claim_runs, take_work
from placements import UnderWay
from plan import job_files
from settings import InProcess, Worker
from settings.job import Job
from tests.components.stacks import PLACE
from tests.components.test_program import run
from watch import job_items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.components.embedded import Deployment, EmbeddedCloud

SERVICE = {"service": {"cluster": "staging", "name": "web"}}
NAMES = {
    "claims_arn": f"arn:aws:dynamodb:{PLACE}:table/jobs-staging-claims",
    "watch_arn": f"arn:aws:lambda:{PLACE}:function:jobs-staging-watch",
}
TAKE = take_work(queue_arn=f"arn:aws:sqs:{PLACE}:jobs-staging-work-default", **NAMES)
CLAIM = claim_runs(**NAMES)
REFRESH = Job(name="refresh-cache", worker=Worker("refresh"), owner="shop")
WARM = Job(name="warm-cache", worker=Worker(), owner="shop", timeout="5m", retries=1)
SWEEP = Job(name="sweep-carts", in_process=InProcess(), owner="shop")


def allow(cloud: EmbeddedCloud, statements: Sequence[dict[str, Any]]) -> None:
    """Give the task role of the service these permissions, as its owner does."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    cloud.client("iam").put_role_policy(RoleName="task", PolicyName="jobs", PolicyDocument=document)


def deploy(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, *jobs: Job) -> Deployment:
    """Run the program with these jobs, every hour, beside nothing else."""
    monkeypatch.setattr(job_files, "load", lambda _problems: list(jobs))
    schedules = {job.name: "cron(0 * * * ? *)" for job in jobs}
    return run(cloud, monkeypatch, placements={"default": SERVICE}, schedules=schedules)


def test_deploys_jobs_of_workers(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jobs share the queue of their placement; the preview says what a worker needs, once."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", told.append)
    allow(cloud, TAKE)
    declared = deploy(cloud, monkeypatch, REFRESH, WARM)
    assert [one.name for one in declared.of(":Queue") if "-work-" in one.name] == ["jobs-work-default"]
    assert {one.name for one in declared.of(":Table")} == {"jobs-staging-claims", "jobs-staging-ledger"}
    items = {one.name: job_items.read(json.loads(one.inputs["item"])) for one in declared.of(":TableItem")}
    assert {name: one.work and one.work.task for name, one in items.items()} == {
        "refresh-cache": "refresh",
        "warm-cache": "warm-cache",
    }
    logs = {one.work.log_group for one in items.values() if one.work}
    assert logs == {"/ecs/web"}
    watch = json.loads(declared.one(":RolePolicy", "jobs-watch").inputs["policy"])
    assert any("log-group:/ecs/web" in str(one["Resource"]) for one in watch["Statement"])
    notes = [one for one in told if "SCHEDULED_JOBS_GROUP" in one]
    assert notes == [
        (
            "scheduled-jobs:placements.default.service: its containers take runs from the queue "
            "jobs-staging-work-default: a worker in them needs SCHEDULED_JOBS_GROUP=jobs-staging and "
            "SCHEDULED_JOBS_PLACEMENT=default"
        )
    ]


def test_deploys_jobs_of_processes(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are claims and no queue."""
    allow(cloud, CLAIM)
    declared = deploy(cloud, monkeypatch, SWEEP)
    assert [one.name for one in declared.of(":Queue") if "-work-" in one.name] == []
    item = job_items.read(json.loads(declared.one(":TableItem", "sweep-carts").inputs["item"]))
    assert item.in_process is not None
    assert item.in_process.claims == NAMES["claims_arn"]


def test_refuses_a_role_that_may_not(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is declared, and the statements are told once for all jobs of the placement."""
    with pytest.raises(pulumi.RunError) as refused:
        deploy(cloud, monkeypatch, REFRESH, WARM)
    [_, line] = str(refused.value).splitlines()
    assert line.startswith("  scheduled-jobs:placements.default.service: 'web': its task role arn:aws:iam::")
    assert line.endswith(f"take the runs of worker jobs; its owner must add the statements {json.dumps(list(TAKE))}")
    allow(cloud, TAKE[:2])
    with pytest.raises(pulumi.RunError, match=re.escape(f"the statements {json.dumps([TAKE[2]])}")):
        deploy(cloud, monkeypatch, REFRESH)


def test_a_service_in_which_no_task_could_run(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service on EC2 without a network of its own can run jobs, as it needs none of what tasks need."""
    ecs = cloud.client("ecs")
    role = cloud.client("iam").get_role(RoleName="task")["Role"]["Arn"]
    containers: Any = [{"name": name, "image": name, "memory": 64, "essential": True} for name in ("app", "api")]
    ecs.register_task_definition(
        family="bridged", networkMode="bridge", taskRoleArn=role, containerDefinitions=containers
    )
    ecs.create_service(cluster="staging", serviceName="bridged", taskDefinition="bridged", desiredCount=1)
    allow(cloud, TAKE)
    monkeypatch.setattr(job_files, "load", lambda _problems: [REFRESH])
    placement = {"service": {"cluster": "staging", "name": "bridged"}}
    schedules = {"refresh-cache": "rate(5 minutes)"}
    declared = run(cloud, monkeypatch, placements={"default": placement}, schedules=schedules)
    item = job_items.read(json.loads(declared.one(":TableItem", "refresh-cache").inputs["item"]))
    assert item.work is not None
    assert item.work.log_group == ""


def test_keeps_the_claims_of_a_run_that_goes_on(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job was removed, and its holder must be able to end its claim."""

    async def claimed(*_: object) -> UnderWay:
        return UnderWay(supervised=True, claims=True)

    monkeypatch.setattr("placements.look_up_under_way", claimed)
    declared = deploy(cloud, monkeypatch)
    assert [one.name for one in declared.of(":Table") if "claims" in one.name] == ["jobs-staging-claims"]
    assert [one.name for one in declared.of(":Queue") if "-work-" in one.name] == []
