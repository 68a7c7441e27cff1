from __future__ import annotations

import pytest

from aws_facts.ecr_image import EcrImage, parse

HOST = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("image", "repository", "tag", "digest"),
    [
        (f"{HOST}/app", "app", "latest", ""),
        (f"{HOST}/team/app:1.0", "team/app", "1.0", ""),
        (f"{HOST}/team/app@{DIGEST}", "team/app", "", DIGEST),
        (f"{HOST}/app:1.0@{DIGEST}", "app", "", DIGEST),
    ],
)
def test_image_of_ecr(image: str, repository: str, tag: str, digest: str) -> None:
    """An image has a repository, and a tag or a digest; without both it is the tag `latest`."""
    found = parse(image)
    assert found == EcrImage("123456789012", "eu-central-1", repository, tag, digest)
    assert found.id == ({"imageDigest": digest} if digest else {"imageTag": tag})
    assert found.repository_arn("aws") == f"arn:aws:ecr:eu-central-1:123456789012:repository/{repository}"


@pytest.mark.parametrize(
    "host",
    [
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
        "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
        "123456789012.dkr-ecr.eu-central-1.on.aws",
        "123456789012.dkr-ecr-fips.us-east-1.on.aws",
        "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
    ],
)
def test_hosts(host: str) -> None:
    """A registry has several hosts."""
    found = parse(f"{host}/app:1")
    assert found is not None
    assert found.account == "123456789012"


@pytest.mark.parametrize(
    "image",
    ["nginx", "public.ecr.aws/nginx/nginx:1", "ghcr.io/acme/app:1", f"{HOST}.example.com/app", "localhost:5000/app:1"],
)
def test_image_of_another_registry(image: str) -> None:
    """Every other image is not ECR's."""
    assert parse(image) is None
