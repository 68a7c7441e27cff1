"""What the deployment of jobs whose image is built asks IAM, and the policies that allow it."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from components import BuildArgs, ImageTask, ImageTaskArgs, JobGroup, JobGroupArgs
from components.watch_args import WatchArgs
from tests import permissions
from tests.components.asked import Life, asking
from tests.components.test_permissions_calls import REGION, make_platform
from tests.components.test_permissions_images import LOG, place
from tests.permissions import (
    BUILDS_DEPLOY,
    BUILDS_PREVIEW,
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

REPOSITORY = f"{STACK['group']}/cleanup"
PREVIEWS = (PREVIEW, IMAGES_PREVIEW, BUILDS_PREVIEW)
DEPLOYS = (*PREVIEWS, DEPLOY, WATCHED, IMAGES_DEPLOY, BUILDS_DEPLOY)


def program(tags: dict[str, str]) -> None:
    """Declare a job whose image is built."""
    own_place = place()
    group = JobGroup("jobs", JobGroupArgs(log_group=LOG, tags=tags, watch=WatchArgs(placements=[own_place])))
    image = BuildArgs(context="images/cleanup")
    ImageTask("cleanup", ImageTaskArgs(group=group, placement=own_place, image=image, owner="data"))


def log_in(deployed: Deployment) -> None:
    """Ask for the token, as awsx does in previews too."""
    deployed.clients.get("ecr", REGION).get_authorization_token(registryIds=[STACK["account"]])


def look(deployed: Deployment) -> None:
    """Look whether the image is there, as docker-build does in a refresh."""
    deployed.clients.get("ecr", REGION).batch_get_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "cleanup"}])


def push(deployed: Deployment) -> None:
    """Push an image with one layer, and read it as the cache of the next build (ECR User Guide, pushing an image)."""
    ecr, named = deployed.clients.get("ecr", REGION), {"repositoryName": REPOSITORY}
    layer = f"sha256:{hashlib.sha256(b'layer').hexdigest()}"
    ecr.batch_check_layer_availability(**named, layerDigests=[layer])
    upload = ecr.initiate_layer_upload(**named)["uploadId"]
    ecr.upload_layer_part(**named, uploadId=upload, partFirstByte=0, partLastByte=4, layerPartBlob=b"layer")
    ecr.complete_layer_upload(**named, uploadId=upload, layerDigests=[layer])
    kind = "application/vnd.oci.image.manifest.v1+json"
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": layer, "size": 5}
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
    ecr.put_image(**named, imageManifest=json.dumps(manifest), imageTag="cleanup")
    look(deployed)
    ecr.get_download_url_for_layer(**named, layerDigest=layer)


@pytest.fixture(scope="module")
def recorded() -> Life:
    """Deploy, build, change, read and remove a stack with such a job."""
    with asking() as questions:
        deployed = questions.deployed
        questions.prepare(lambda: make_platform(deployed))

        changed = questions.about(
            lambda: deployed.up(partial(program, {"team": "data"})),
            partial(push, deployed),
            lambda: deployed.up(partial(program, {"unit": "data"})),
        )
        reads = questions.about(partial(log_in, deployed), partial(look, deployed), deployed.refresh)
        return Life(reads, [*reads, *changed, *questions.about(deployed.destroy)])


def test_who_deploys_may_make_every_call(recorded: Life) -> None:
    """With the policies for builds, the whole life of the stack is allowed."""
    assert refused(policies(*DEPLOYS), recorded.life) == {}


def test_who_previews_may_read_everything(recorded: Life) -> None:
    """With the policy for builds, a preview with a refresh is allowed, and nothing else is."""
    assert refused(policies(*PREVIEWS), recorded.reads) == {}
    added: set[Any] = permissions.actions(permissions.policy(BUILDS_PREVIEW))
    assert {
        one for one in added if not one.startswith(("ecr:Get", "ecr:Describe", "ecr:List", "ecr:BatchGet"))
    } == set()


@pytest.mark.parametrize("title", [BUILDS_PREVIEW, BUILDS_DEPLOY])
def test_every_action_is_needed(recorded: Life, title: str) -> None:
    """Without any one action, some call is refused."""
    others = policies(*(set(DEPLOYS) - {title}))
    assert spare(title, others, recorded.life) == []
