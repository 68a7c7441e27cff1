"""The parts of the name of an image in a private registry of ECR. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_facts.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOST = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(amazonaws\.com(\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)"
)
"""ECR User Guide, "Amazon ECR private registry": the hosts of a registry, with IPv4 alone or with IPv6."""
_LATEST = "latest"


@dataclass(frozen=True)
class EcrImage:
    """An image in a registry of ECR."""

    account: str
    region: str
    repository: str
    tag: str
    """Empty for an image that is named by its digest."""
    digest: str

    @property
    def id(self) -> Mapping[str, str]:
        """The image as calls of ECR name it."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag}

    def repository_arn(self, partition: str) -> str:
        """Return the ARN of the repository."""
        return str(Arn(partition, "ecr", self.region, self.account, f"repository/{self.repository}"))


def parse(image: str) -> EcrImage | None:
    """Return the parts of an image's name in a task definition; None for an image of another registry.

    A digest wins over a tag next to it (ECS Developer Guide, task definition parameters, image).
    """
    host, _, path = image.partition("/")
    found = _HOST.fullmatch(host)
    if found is None:
        return None
    name, _, digest = path.partition("@")
    repository, _, tag = name.partition(":")
    return EcrImage(found["account"], found["region"], repository, "" if digest else tag or _LATEST, digest)
