"""The images and secrets of a platform's stack file are in the embedded AWS as the account has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from emulator.chosen_ids import TAG
from sandbox import planted
from sandbox.errors import SandboxError
from tests.processes.emulator.world import ACCOUNT, REGION, Host, client, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:team/db-main-AbCdEf"


@pytest.fixture
def plant(host: Host, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Return a function that plants what a platform's stack file lists."""

    def done(**listed: object) -> None:
        file = tmp_path / "Pulumi.production.yaml"
        file.write_text(yaml.safe_dump({"config": {f"platform:{key}": value for key, value in listed.items()}}))
        planted.plant(file, client)

    with opened(host):
        yield done


def digest(repository: str, tag: str) -> str:
    """Return the digest that a tag has."""
    asked: dict[str, Any] = {"repositoryName": repository, "imageIds": [{"imageTag": tag}]}
    return str(client("ecr").describe_images(**asked)["imageDetails"][0]["imageDigest"])


def test_pushes_images(plant: Callable[..., None]) -> None:
    """Two tags of a repository are two images."""
    plant(images=[f"{REGISTRY}/team/db-cleanup:1.4", f"{REGISTRY}/team/db-cleanup:1.5"])
    assert digest("team/db-cleanup", "1.4") != digest("team/db-cleanup", "1.5")


def test_leaves_a_tag_that_somebody_has_moved(plant: Callable[..., None]) -> None:
    """An image that has been pushed to the sandbox stays at the next `up`."""
    plant(images=[f"{REGISTRY}/app:1"])
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": []}
    client("ecr").put_image(repositoryName="app", imageManifest=json.dumps(manifest), imageTag="1")
    moved = digest("app", "1")
    plant(images=[f"{REGISTRY}/app:1", f"{REGISTRY}/app:2"])
    assert digest("app", "1") == moved


def test_a_secret_may_be_a_plain_text(plant: Callable[..., None]) -> None:
    """It is kept as it is, without quotes."""
    client("secretsmanager").create_secret(Name="team/db-main", Tags=[{"Key": TAG, "Value": "AbCdEf"}])
    plant(secrets={SECRET: "whsec_AAE="})
    assert client("secretsmanager").get_secret_value(SecretId=SECRET)["SecretString"] == "whsec_AAE="


def test_sets_the_values_of_secrets(plant: Callable[..., None]) -> None:
    """A secret keeps the value that it has."""
    client("secretsmanager").create_secret(Name="team/db-main", Tags=[{"Key": TAG, "Value": "AbCdEf"}])
    plant(secrets={SECRET: {"username": "nobody"}})
    plant(secrets={SECRET: {"username": "somebody"}})
    found = client("secretsmanager").get_secret_value(SecretId=SECRET)
    assert (found["ARN"], json.loads(found["SecretString"])) == (SECRET, {"username": "nobody"})


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (
            {"images": [f"{REGISTRY}/app:1", "app:1"]},
            "Pulumi.production.yaml: platform:images[1]: 'app:1' must be an image",
        ),
        ({"images": [f"{REGISTRY}/app@sha256:{'0' * 64}"]}, "with its tag, such as"),
        ({"images": [f"999999999999.dkr.ecr.{REGION}.amazonaws.com/app:1"]}, f"such as {REGISTRY}/db-cleanup:1.4"),
        (
            {"secrets": {f"{SECRET}:username::": {}}},
            "must be the ARN of a secret of this account and region, without a",
        ),
        ({"secrets": {"db": {}}}, f"such as arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:db-AbCdEf"),
    ],
)
def test_refuses_what_the_account_cannot_have(plant: Callable[..., None], listed: object, said: str) -> None:
    """An entry that is of another account or has another form is an error with its place."""
    with pytest.raises(SandboxError) as refused:
        plant(**listed)  # type: ignore[arg-type] # a mapping
    assert said in str(refused.value)
