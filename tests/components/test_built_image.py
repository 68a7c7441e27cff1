"""The image of a job that is built from a Dockerfile, with its repository, as declared and in the embedded AWS."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from components import BuildArgs, ImageTask, ImageTaskArgs, PlacementArgs
from components.built_image import repository_name
from components.watch_args import WatchArgs
from tests.components.embedded import ACCOUNT, BUILT, REGION
from tests.components.stacks import PLACE, PLACEMENT, group
from tests.components.test_image_task import LOG, definition_of, policy_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.components.embedded import EmbeddedCloud

URL = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/jobs-staging/db-cleanup"


def program(*jobs: str, architecture: str = "x86_64", **build: Any) -> Callable[[], None]:  # noqa: ANN401
    """Return a program with jobs whose images are built from one folder."""

    def declare() -> None:
        place = PlacementArgs(**{**PLACEMENT, "log_groups": [LOG]})
        jobs_group = group(log_group=LOG, watch=WatchArgs(placements=[place]))
        for name in jobs or ("db-cleanup",):
            image = BuildArgs(context="images/cleanup", **build)
            shared: dict[str, Any] = {"group": jobs_group, "placement": place, "owner": "data"}
            ImageTask(name, ImageTaskArgs(image=image, architecture=architecture, **shared))

    return declare


def test_declares_repository_and_image(cloud: EmbeddedCloud) -> None:
    """The inputs are exactly these; the paths are relative, so that the state is the same on every machine."""
    deployment, _ = cloud.run(program())
    assert dict(deployment.one("/repository:Repository", "db-cleanup").inputs) == {
        "name": "jobs-staging/db-cleanup",
        "imageScanningConfiguration": {"scanOnPush": True},
        "imageTagMutability": "MUTABLE",
        "forceDelete": True,
        "tags": {"team": "data", "job": "db-cleanup", "owner": "data"},
    }
    policy = deployment.one("LifecyclePolicy", "db-cleanup").inputs
    assert policy["repository"] == "jobs-staging/db-cleanup"
    assert json.loads(policy["policy"]) == {
        "rules": [
            {
                "rulePriority": 1,
                "description": "Keep 10 images that were in use",
                "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 10},
                "action": {"type": "expire"},
            }
        ]
    }
    image = deployment.one("awsx:ecr:Image", "db-cleanup")
    assert image.inputs == {
        "repositoryUrl": URL,
        "imageTag": "db-cleanup",
        "context": "images/cleanup",
        "dockerfile": "images/cleanup/Dockerfile",
        "platform": "linux/amd64",
    }
    assert image.parent == "db-cleanup"


def test_what_can_be_chosen(cloud: EmbeddedCloud) -> None:
    """The Dockerfile, its stage, its arguments, and the processor."""
    deployment, _ = cloud.run(program(architecture="arm64", file="docker/it", target="run", args={"VERSION": "3"}))
    inputs = deployment.one("awsx:ecr:Image", "db-cleanup").inputs
    assert inputs["dockerfile"] == "images/cleanup/docker/it"
    assert (inputs["target"], inputs["args"], inputs["platform"]) == ("run", {"VERSION": "3"}, "linux/arm64")


def test_the_task_runs_the_image_by_its_digest(cloud: EmbeddedCloud) -> None:
    """ECS may pull it from its repository, and from no other."""
    deployment, _ = cloud.run(program())
    (container,) = json.loads(definition_of(deployment)["containerDefinitions"])
    assert container["image"] == f"{URL}@{BUILT}"
    pull = next(one for one in policy_of(cloud, "execution") if one["Sid"] == "PullImage")
    assert pull["Resource"] == f"arn:aws:ecr:{PLACE}:repository/jobs-staging/db-cleanup"


def test_two_jobs_may_share_a_folder(cloud: EmbeddedCloud) -> None:
    """Each has its own repository and tag: awsx would give both images one name."""
    deployment, _ = cloud.run(program("first", "second"))
    images = [one.inputs for one in deployment.of("awsx:ecr:Image")]
    assert {one["imageTag"] for one in images} == {"first", "second"}
    assert len({one["repositoryUrl"] for one in images}) == 2


@pytest.mark.parametrize(
    ("group_name", "job", "expected"),
    [
        ("jobs-staging", "report", "jobs-staging/report"),
        ("Jobs_Prod.--eu", "a-", "jobs-prod-eu/a"),
        ("-x-", "a--b", "x/a-b"),
    ],
)
def test_the_repository_has_a_name_that_ecr_takes(
    cloud: EmbeddedCloud, group_name: str, job: str, expected: str
) -> None:
    """In lower case, and without signs at the ends."""
    assert repository_name(group_name, job) == expected
    cloud.client("ecr").create_repository(repositoryName=expected)


def test_other_programs_do_not_load_awsx(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a quarter of a second."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "pulumi_awsx"]:
        monkeypatch.delitem(sys.modules, name)
    place = PlacementArgs(**{**PLACEMENT, "log_groups": [LOG]})

    def declare() -> None:
        jobs = group(log_group=LOG, watch=WatchArgs(placements=[place]))
        ImageTask("db-cleanup", ImageTaskArgs(group=jobs, placement=place, image="busybox:1.37", owner="data"))

    cloud.run(declare)
    assert "pulumi_awsx" not in sys.modules
