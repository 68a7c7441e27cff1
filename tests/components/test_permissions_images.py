"""What the deployment of jobs with an image of their own asks IAM, and the policies that allow it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import kinds
import plan
import settings
from components import (
    ImageTask,
    ImageTaskArgs,
    JobGroup,
    JobGroupArgs,
    PlacementArgs,
    ScheduleArgs,
    ScheduledJob,
    ScheduledJobArgs,
)
from components.watch_args import WatchArgs
from emulator import chosen_ids
from placements import Lookups
from settings import Image, Problems
from settings.job import Job
from tests import permissions
from tests.components.asked import Life, asking
from tests.components.placing import WEB, placed
from tests.components.test_permissions_calls import BOUNDARY, CLUSTER, REGION, make_platform
from tests.permissions import (
    DEPLOY,
    IMAGES_DEPLOY,
    IMAGES_PREVIEW,
    PREVIEW,
    STACK,
    WATCHED,
    policies,
    refused,
    spare,
)

if TYPE_CHECKING:
    from tests.components.recorded import Deployment

LOG = f"/aws/ecs/{STACK['stack']}-cron-jobs"
URI = f"{STACK['account']}.dkr.ecr.{REGION}.amazonaws.com/{STACK['repository']}:1.4"


def place() -> PlacementArgs:
    """Return where the tasks of images run."""
    return PlacementArgs(
        cluster_arn=CLUSTER,
        task_definition="",
        container="",
        passed_roles=[],
        subnets=["subnet-0a000000000000001"],
        log_groups=[LOG],
    )


def program(*, memory: int, days: int, tags: dict[str, str], boundary: str | None) -> None:
    """Declare a job with an image of its own; every argument changes some resource."""
    own_place = place()
    group = JobGroup(
        "jobs",
        JobGroupArgs(
            log_group=LOG,
            log_days=days,
            tags=tags,
            permissions_boundary=boundary,
            watch=WatchArgs(placements=[own_place]),
        ),
    )
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
    task = ImageTask(
        "cleanup",
        ImageTaskArgs(group=group, placement=own_place, image=URI, owner="data", memory=memory, statements=[statement]),
    )
    ScheduledJob(
        "cleanup",
        ScheduledJobArgs(
            group=group,
            placement=task.place,
            command=["clean"],
            schedules=[ScheduleArgs(expression="rate(1 day)")],
            owner="data",
        ),
    )


def push(deployed: Deployment) -> None:
    """Make the repository, with an image."""
    ecr = deployed.clients.get("ecr", REGION)
    ecr.create_repository(repositoryName=STACK["repository"])
    kind = "application/vnd.oci.image.manifest.v1+json"
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:" + "0a" * 32, "size": 2}
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
    ecr.put_image(repositoryName=STACK["repository"], imageManifest=json.dumps(manifest), imageTag="1.4")


def plant(deployed: Deployment) -> tuple[str, str]:
    """Make a secret and its key, and return their ARNs."""
    key_id = {"TagKey": chosen_ids.TAG, "TagValue": STACK["secret-key"]}
    key = deployed.clients.get("kms", REGION).create_key(Tags=[key_id])["KeyMetadata"]["Arn"]
    manager = deployed.clients.get("secretsmanager", REGION)
    return manager.create_secret(Name=STACK["secret"], SecretString="s", KmsKeyId=key)["ARN"], key


def look_up(deployed: Deployment, secret: str, key: str) -> None:
    """Look the image up, and what the job names beside it, as a preview does."""
    problems = Problems()
    role = f"arn:aws:iam::{STACK['account']}:role/{STACK['task-role']}"
    image = Image(URI, task_role=role, secrets={"PASSWORD": f"{secret}:password::"}, secret_keys=[key])
    place = {"cluster": STACK["cluster"], "subnets": ["subnet-0a000000000000001"]}
    config = settings.parse({"placements": {"default": place}, "schedules": {"cleanup": "rate(1 day)"}}, problems)
    planned = plan.build(config, [Job(name="cleanup", command=["clean"], owner="data", image=image)], problems)
    running = kinds.of(planned, LOG)
    deployed.up(lambda: kinds.look_up(running, Lookups()))
    kinds.fit(running, {"default": placed(**WEB)}, problems)
    problems.raise_if_any()


@pytest.fixture(scope="module")
def recorded() -> Life:
    """Deploy, change, read and remove a stack with such a job."""
    first = partial(program, memory=512, days=30, tags={"team": "data"}, boundary=BOUNDARY)
    after = partial(program, memory=1024, days=7, tags={"unit": "data"}, boundary=None)
    with asking() as questions:
        deployed = questions.deployed
        questions.prepare(lambda: make_platform(deployed))
        push(deployed)
        secret, key = plant(deployed)

        looked = questions.about(partial(look_up, deployed, secret, key))
        changed = questions.about(partial(deployed.up, first), partial(deployed.up, after))
        reads = [*looked, *questions.about(deployed.refresh)]
        return Life(reads, [*reads, *changed, *questions.about(deployed.destroy)])


def test_who_deploys_may_make_every_call(recorded: Life) -> None:
    """With the policies for images, the whole life of the stack is allowed."""
    held = policies(PREVIEW, DEPLOY, WATCHED, IMAGES_PREVIEW, IMAGES_DEPLOY)
    assert refused(held, recorded.life) == {}


def test_who_previews_may_read_everything(recorded: Life) -> None:
    """With the policy for images, a preview with a refresh is allowed."""
    assert refused(policies(PREVIEW, IMAGES_PREVIEW), recorded.reads) == {}


@pytest.mark.parametrize("title", [IMAGES_PREVIEW, IMAGES_DEPLOY])
def test_every_action_is_needed(recorded: Life, title: str) -> None:
    """Without any one action, some call is refused."""
    others = policies(*({PREVIEW, DEPLOY, WATCHED, IMAGES_PREVIEW, IMAGES_DEPLOY} - {title}))
    assert spare(title, others, recorded.life) == []


def test_who_previews_changes_nothing(recorded: Life) -> None:
    """The policy for images adds reads only."""
    added: set[Any] = permissions.actions(permissions.policy(IMAGES_PREVIEW))
    reads = ("Describe", "List", "GetResourcePolicy")
    assert {action for action in added if not action.partition(":")[2].startswith(reads)} == set()
    assert refused(policies(PREVIEW, IMAGES_PREVIEW), recorded.life) != {}
