"""The parts of a container image's name. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<repository>[a-z0-9._/-]+)"
)
"""A repository of a private ECR registry (ECR User Guide, "Amazon ECR private registries")."""


@dataclass(frozen=True)
class ImageName:
    """`<repository>[:<tag>][@<digest>]`, as ECS takes it (ECS API reference, ContainerDefinition, image)."""

    repository: str
    """The registry's host and the repository, or the repository of Docker Hub alone."""
    tag: str = ""
    digest: str = ""
    """Such as `sha256:…`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts of a name."""
        rest, _, digest = text.partition("@")
        host, slash, last = rest.rpartition("/")
        name, _, tag = last.partition(":")
        return cls(f"{host}{slash}{name}", tag, digest)

    def __str__(self) -> str:
        """Return the name as ECS takes it."""
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def ecr(self) -> EcrRepository | None:
        """The repository of a private ECR registry; None for an image of another registry."""
        found = _ECR.fullmatch(self.repository)
        return found and EcrRepository(found["account"], found["region"], found["repository"])

    def at(self, digest: str) -> str:
        """Return the name of the image with this digest in the same repository."""
        return f"{self.repository}@{digest}"


@dataclass(frozen=True)
class EcrRepository:
    """A repository of a private ECR registry."""

    account: str
    region: str
    name: str
