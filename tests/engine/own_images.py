"""Jobs with an image of their own: how tests push images, plant secrets, and write the files of such jobs."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.conftest import Sandbox

ACCOUNT = "123456789012"
HOURLY = "cron(0 * * * ? *)"
ELSEWHERE = "Image('registry.example.com/app:1')"
"""An image of a registry that nobody can ask. The folder `app` is this image, too."""
PLACE = {
    "cluster": "sandbox",
    "subnets": ["subnet-0a000000000000001"],
    "securityGroups": ["sg-01000000000000001"],
    "assignPublicIp": True,
}
"""A placement without a task definition."""
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Repository:
    """A repository of ECR, whose images are the folder `app` here."""

    sandbox: Sandbox
    name: str

    @property
    def uri(self) -> str:
        """The name of its images without a tag."""
        return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{self.name}"

    def push(self, tag: str, script: str | None) -> str:
        """Push an image that runs a script of Python, or that says nothing; return its digest."""
        ecr, name = self.sandbox.account.client("ecr"), {"repositoryName": self.name}
        runs = {"Cmd": ["python", "-c", script]} if script is not None else {}
        config = json.dumps({"os": "linux", "architecture": "amd64", "config": runs}).encode()
        digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
        upload = {**name, "uploadId": ecr.initiate_layer_upload(**name)["uploadId"]}
        ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=len(config) - 1, layerPartBlob=config)
        ecr.complete_layer_upload(**upload, layerDigests=[digest])
        described = {"mediaType": _CONFIG, "digest": digest, "size": len(config)}
        manifest = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": described, "layers": []}
        pushed = ecr.put_image(**name, imageManifest=json.dumps(manifest), imageTag=tag)
        return str(pushed["image"]["imageId"]["imageDigest"])

    def remove(self, digest: str) -> None:
        """Remove an image."""
        ecr = self.sandbox.account.client("ecr")
        ecr.batch_delete_image(repositoryName=self.name, imageIds=[{"imageDigest": digest}])


@contextmanager
def repository(sandbox: Sandbox, name: str) -> Iterator[Repository]:
    """Make a repository, whose name ends with `/app`, and remove it in the end."""
    ecr = sandbox.account.client("ecr")
    ecr.create_repository(repositoryName=name)
    yield Repository(sandbox, name)
    ecr.delete_repository(repositoryName=name, force=True)


@contextmanager
def secret(sandbox: Sandbox, name: str, **values: str) -> Iterator[str]:
    """Plant a secret with these JSON keys in Secrets Manager, and remove it in the end; return its ARN."""
    secrets = sandbox.account.client("secretsmanager")
    arn = secrets.create_secret(Name=name, SecretString=json.dumps(values))["ARN"]
    yield str(arn)
    secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)


@contextmanager
def parameter(sandbox: Sandbox, name: str, value: str) -> Iterator[str]:
    """Plant a parameter in Parameter Store, and remove it in the end; return its name."""
    ssm = sandbox.account.client("ssm")
    ssm.put_parameter(Name=name, Value=value, Type="SecureString")
    yield name
    ssm.delete_parameter(Name=name)


def job_file(name: str, image: str | None, script: str | None = None, **fields: object) -> str:
    """Return the file of a job with an image or without, which runs a script of Python or else what the image runs."""
    given = {"owner": "data", **({"command": ["python", "-c", script]} if script is not None else {}), **fields}
    arguments = "".join(f", {field}={value!r}" for field, value in given.items())
    return f"from settings import Image, Job\n\nJOB = Job(name={name!r}, image={image}{arguments})\n"
