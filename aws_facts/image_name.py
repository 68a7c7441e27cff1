"""The parts of a container image's name. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from aws_facts import ecr_image

if TYPE_CHECKING:
    from aws_facts.ecr_image import EcrImage


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
    def ecr(self) -> EcrImage | None:
        """The image as ECR knows it; None for an image that is in no private registry of ECR."""
        return ecr_image.parse(str(self))

    def at(self, digest: str) -> str:
        """Return the name of the image with this digest in the same repository."""
        return f"{self.repository}@{digest}"
