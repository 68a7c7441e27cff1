"""The whole program with jobs that have an image of their own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pulumi
import pytest

from emulator import chosen_ids
from plan import dockerfiles, job_files
from settings import Dockerfile, Image, Sidecar
from settings.job import Job
from tests.components.embedded import ACCOUNT, BUILT, REGION, make_managed_instances
from tests.components.placing import deny
from tests.components.test_program import CONFIG, run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.components.embedded import Deployment, EmbeddedCloud

REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/team/db-cleanup"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-AbCdEf"
PLACE = {"cluster": "staging", "subnets": ["subnet-0a"]}
MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + "0a" * 32, "size": 2},
    "layers": [],
}


@pytest.fixture
def digest(cloud: EmbeddedCloud) -> str:
    """Push an image with the tag 1.4, and return its digest."""
    ecr = cloud.client("ecr")
    ecr.create_repository(repositoryName="team/db-cleanup")
    pushed = ecr.put_image(repositoryName="team/db-cleanup", imageManifest=json.dumps(MANIFEST), imageTag="1.4")
    return str(pushed["image"]["imageId"]["imageDigest"])


def make_secret(cloud: EmbeddedCloud) -> None:
    """Make the secret `SECRET`."""
    tag = {"Key": chosen_ids.TAG, "Value": SECRET.rpartition("-")[2]}
    made = cloud.client("secretsmanager").create_secret(Name="db", SecretString="s", Tags=[tag])
    assert made["ARN"] == SECRET


def deploy(
    cloud: EmbeddedCloud,
    monkeypatch: pytest.MonkeyPatch,
    uri: str | None,
    entry: object = "rate(1 day)",
    *,
    place: Mapping[str, object] = PLACE,
    **image: object,
) -> Deployment:
    """Run the program with one job that has this image."""
    job = Job(name="db-cleanup", command=["clean"], owner="data", image=Image(uri, **image))  # type: ignore[arg-type]
    monkeypatch.setattr(job_files, "load", lambda _problems: [job])
    schedules = {"db-cleanup": entry}
    config = {**CONFIG, "placements": {"default": place}, "schedules": schedules}
    return run(cloud, monkeypatch, **config)


def image_of(deployment: Deployment) -> str:
    """Return the image of the job's task definition."""
    (container,) = json.loads(deployment.one("TaskDefinition", "db-cleanup").inputs["containerDefinitions"])
    return str(container["image"])


def test_resolves_a_tag(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    """All runs until the next deployment are of the image that the tag names now; the preview tells which."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", told.append)
    deployment = deploy(cloud, monkeypatch, f"{REPOSITORY}:1.4")
    assert image_of(deployment) == f"{REPOSITORY}@{digest}"
    assert f"jobs/db_cleanup.py.image: the tag 1.4 is {digest} now" in told


def test_resolves_the_tags_of_sidecars(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    """Like the job's; a preview tells which digest each has, and which image is not there."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", told.append)
    sidecars = [Sidecar("proxy", f"{REPOSITORY}:1.4"), Sidecar("other", "registry.example.com/other:1")]
    deployment = deploy(cloud, monkeypatch, f"{REPOSITORY}@{digest}", sidecars=sidecars)
    containers = json.loads(deployment.one("TaskDefinition", "db-cleanup").inputs["containerDefinitions"])
    assert {one["name"]: one["image"] for one in containers} == {
        "job": f"{REPOSITORY}@{digest}",
        "proxy": f"{REPOSITORY}@{digest}",
        "other": "registry.example.com/other:1",
    }
    where = "jobs/db_cleanup.py.image.sidecars"
    assert f"{where}[0].image: the tag 1.4 is {digest} now" in told
    with pytest.raises(pulumi.RunError, match=re.escape(f"{where}[0].image: '{REPOSITORY}:1.5': ")):
        deploy(cloud, monkeypatch, f"{REPOSITORY}@{digest}", sidecars=[Sidecar("proxy", f"{REPOSITORY}:1.5")])


def test_sidecars_leave_room_for_the_job(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    """At each size that a schedule asks for."""
    sidecars = [Sidecar("proxy", "registry.example.com/proxy:1", memory=1024)]
    why = "memory 1024 leaves nothing for the job beside its sidecars (proxy 1024)"
    with pytest.raises(pulumi.RunError, match=re.escape(f"scheduled-jobs:schedules.db-cleanup: {why}")):
        deploy(
            cloud,
            monkeypatch,
            f"{REPOSITORY}@{digest}",
            {"rate": "1 day", "memory": 1024, "cpu": 256},
            sidecars=sidecars,
        )


def test_does_not_need_the_task_definition_of_a_service(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    """It uses the network of the service alone, so it may run where the service's own task definition cannot."""
    make_managed_instances(cloud)
    place = {"service": {"cluster": "staging", "name": "web"}, "capacity": {"managed": 1}}
    deployment = deploy(cloud, monkeypatch, f"{REPOSITORY}@{digest}", place=place)
    assert deployment.one("TaskDefinition", "db-cleanup").inputs["requiresCompatibilities"] == ["MANAGED_INSTANCES"]

    images = Job(name="db-cleanup", owner="data", image=Image(f"{REPOSITORY}@{digest}"))
    plain = Job(name="clean", owner="data", command=["clean"])
    monkeypatch.setattr(job_files, "load", lambda _problems: [images, plain])
    schedules = {"db-cleanup": "rate(1 day)", "clean": "rate(1 day)"}
    with pytest.raises(pulumi.RunError, match="requiresCompatibilities must include MANAGED_INSTANCES"):
        run(cloud, monkeypatch, **{**CONFIG, "placements": {"default": place}, "schedules": schedules})


ENTRY = "scheduled-jobs:schedules.db-cleanup"
TOO_SMALL = "memory 512 does not go with cpu 1024 on Fargate; must be 2048 to 8192 MiB in steps of 1024"
MISFIT = "does not go with cpu 256 on Fargate; must be one of: 512, 1024, 2048 MiB"
SIZES: dict[str, tuple[dict[str, int], dict[str, int], str]] = {
    "of the task definition, which no schedule has": (
        {"cpu": 1024, "memory": 512},
        {"memory": 2048},
        f"jobs/db_cleanup.py: {TOO_SMALL}",
    ),
    "of a schedule": ({}, {"cpu": 1024, "memory": 512}, f"{ENTRY}: {TOO_SMALL}"),
    "of both together": (
        {},
        {"memory": 8192},
        f"{ENTRY}: memory 8192 {MISFIT}; the job's own sizes are cpu 256 and memory 512",
    ),
}


@pytest.mark.parametrize(("own", "entry", "expected"), SIZES.values(), ids=SIZES)
def test_every_size_fits(
    cloud: EmbeddedCloud,
    monkeypatch: pytest.MonkeyPatch,
    own: dict[str, int],
    entry: dict[str, int],
    expected: str,
) -> None:
    """ECS registers no task definition with a wrong size, and starts no task with one. Each mistake is told once."""
    job = Job(name="db-cleanup", owner="data", image=Image("registry.example.com/db:1"), **own)  # type: ignore[arg-type]
    monkeypatch.setattr(job_files, "load", lambda _problems: [job])
    config = {**CONFIG, "placements": {"default": PLACE}, "schedules": {"db-cleanup": {"rate": "1 day", **entry}}}
    with pytest.raises(pulumi.RunError) as refused:
        run(cloud, monkeypatch, **config)
    assert [line.strip() for line in str(refused.value).splitlines()[1:]] == [expected]


def test_the_stack_may_choose_the_image(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    """Stack config replaces the image, and adds secrets."""
    make_secret(cloud)
    entry = {"rate": "1 day", "image": f"{REPOSITORY}@{digest}", "secrets": {"TOKEN": "/staging/token"}}
    deployment = deploy(cloud, monkeypatch, "registry.example.com/none:1", entry, secrets={"PASSWORD": SECRET})
    (container,) = json.loads(deployment.one("TaskDefinition", "db-cleanup").inputs["containerDefinitions"])
    assert container["image"] == f"{REPOSITORY}@{digest}"
    assert [one["name"] for one in container["secrets"]] == ["PASSWORD", "TOKEN"]


def test_logs_to_the_log_of_the_stack(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    """It is made once, with its retention, and the watch may read it."""
    del digest
    deployment = deploy(cloud, monkeypatch, f"{REPOSITORY}:1.4")
    log = next(one for one in deployment.of(":LogGroup") if one.inputs["name"].startswith("/aws/ecs/"))
    assert log.inputs["name"] == "/aws/ecs/staging-cron-jobs"
    assert log.inputs["retentionInDays"] == 30
    assert "/aws/ecs/staging-cron-jobs" in deployment.one("RolePolicy", "jobs-watch").inputs["policy"]


def test_a_stack_without_such_jobs_has_no_log(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is added to the stacks of today."""
    job = Job(name="a", command=["a"], owner="data")
    monkeypatch.setattr(job_files, "load", lambda _problems: [job])
    deployment = run(cloud, monkeypatch, schedules={"a": "rate(1 day)"})
    assert not [one for one in deployment.of(":LogGroup") if one.inputs["name"].startswith("/aws/ecs/")]


@pytest.mark.parametrize(("provider", "launch_type"), [("spot", "EC2"), ("managed", "MANAGED_INSTANCES")])
def test_runs_on_instances(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str, provider: str, launch_type: str
) -> None:
    """The task definition is registered for what the capacity provider launches; sizes need not be Fargate's."""
    del digest
    make_managed_instances(cloud)
    place = {**PLACE, "capacity": {provider: 1}}
    entry = {"rate": "1 day", "cpu": 3000, "memory": 1000}
    deployment = deploy(cloud, monkeypatch, f"{REPOSITORY}:1.4", entry, place=place)
    assert deployment.one("TaskDefinition", "db-cleanup").inputs["requiresCompatibilities"] == [launch_type]
    [schedule] = deployment.of(":Schedule")
    request = json.loads(schedule.inputs["target"]["input"])
    assert request["CapacityProviderStrategy"] == [{"CapacityProvider": provider, "Weight": 1}]
    assert (request["Overrides"]["Cpu"], request["Overrides"]["Memory"]) == ("3000", "1000")


def test_only_tasks_on_fargate_have_ephemeral_storage(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    """Elsewhere ECS refuses the task definition."""
    del digest
    place = {**PLACE, "capacity": {"spot": 1}}
    with pytest.raises(pulumi.RunError) as error:
        deploy(cloud, monkeypatch, f"{REPOSITORY}:1.4", place=place, ephemeral_storage=50)
    assert str(error.value).splitlines()[1:] == [
        "  jobs/db_cleanup.py.image.ephemeral_storage: 50: is only for tasks on Fargate; remove it"
    ]


def test_an_image_that_does_not_exist_is_a_mistake(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    """By its tag or by its repository, at the place where it is written."""
    del digest
    with pytest.raises(pulumi.RunError, match=r"jobs/db_cleanup.py.image: '[^']*:1\.5': "):
        deploy(cloud, monkeypatch, f"{REPOSITORY}:1.5")
    entry = {"rate": "1 day", "image": f"{REPOSITORY}s:1.4"}
    with pytest.raises(pulumi.RunError, match=r"scheduled-jobs:schedules.db-cleanup.image: "):
        deploy(cloud, monkeypatch, f"{REPOSITORY}:1.4", entry)


def test_warns_of_an_image_that_it_may_not_see(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str
) -> None:
    """The tag is then deployed as it is written."""
    del digest
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    deny(monkeypatch, "ecr:DescribeImages")
    assert image_of(deploy(cloud, monkeypatch, f"{REPOSITORY}:1.4")) == f"{REPOSITORY}:1.4"
    assert any(
        "existence and digest not checked: the permission ecr:DescribeImages is missing" in one for one in warned
    )


def test_a_job_without_an_image_needs_a_task_definition(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The placement is then at fault, and the message names the job."""
    job = Job(name="a", command=["a"], owner="data")
    monkeypatch.setattr(job_files, "load", lambda _problems: [job])
    with pytest.raises(pulumi.RunError) as error:
        run(cloud, monkeypatch, placements={"default": PLACE}, schedules={"a": "rate(1 day)"})
    assert str(error.value).splitlines()[1:] == [
        (
            "  scheduled-jobs:placements.default.taskDefinition: is missing: the job 'a' runs here and has no image "
            "of its own"
        )
    ]


def test_builds_an_image(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The task runs what is built from the folder."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.setattr(dockerfiles, "PROJECT", tmp_path)
    build = Dockerfile("images", target="run", args={"VERSION": "3"})
    deployment = deploy(cloud, monkeypatch, None, build=build)
    repository = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/jobs-staging/db-cleanup"
    assert image_of(deployment) == f"{repository}@{BUILT}"
    inputs = deployment.one("awsx:ecr:Image", "db-cleanup").inputs
    assert (inputs["context"], inputs["target"], inputs["args"]) == ("images", "run", {"VERSION": "3"})


def test_the_stack_may_replace_a_build(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, digest: str) -> None:
    """Where an image is built elsewhere, its folder does not count and no repository is made."""
    entry = {"rate": "1 day", "image": f"{REPOSITORY}@{digest}"}
    deployment = deploy(cloud, monkeypatch, None, entry, build=Dockerfile("none"))
    assert image_of(deployment) == f"{REPOSITORY}@{digest}"
    assert deployment.of("awsx:ecr:Image") == deployment.of("/repository:Repository") == []
