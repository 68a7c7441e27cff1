"""ECR names an image by the hash of its manifest, and keeps an image whose tag another one gets. moto does neither."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.ecr.models import ECRBackend, Image

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def stored() -> Iterator[None]:
    """Make moto keep images as ECR does (ECR User Guide, "Image tag mutability"; OCI Distribution Specification)."""
    create_digest, put_image = Image._create_digest, ECRBackend.put_image  # noqa: SLF001 - moto has no other way

    def digest(self: Image) -> None:
        self._image_digest = f"sha256:{hashlib.sha256(self.image_manifest.encode()).hexdigest()}"

    def put(self: ECRBackend, repository_name: str, image_manifest: str, image_tag: str, *more: Any) -> Image:  # noqa: ANN401
        repository = self.repositories.get(repository_name)
        if repository is not None:
            self._resolve_image_tag_mutability(repository, image_tag)  # raises if the tag must stay
            for other in repository.images:
                if other.image_manifest != image_manifest:
                    _untag(other, image_tag)
        return put_image(self, repository_name, image_manifest, image_tag, *more)

    Image._create_digest, ECRBackend.put_image = digest, put  # type: ignore[method-assign,assignment] # noqa: SLF001
    try:
        yield
    finally:
        Image._create_digest, ECRBackend.put_image = create_digest, put_image  # type: ignore[method-assign] # noqa: SLF001


def _untag(image: Image, tag: str) -> None:
    image.remove_tag(tag)
    if not image.image_tags:
        image.image_tag = None  # type: ignore[assignment] # moto's own images without a tag have None
