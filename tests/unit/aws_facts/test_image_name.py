"""Tests of the names of container images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_facts.ecr_image import EcrImage
from aws_facts.image_name import ImageName

DIGEST = "sha256:" + "0a" * 32
ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/report"
NAMES = {
    "busybox": ImageName("busybox"),
    "busybox:1.37": ImageName("busybox", "1.37"),
    f"busybox@{DIGEST}": ImageName("busybox", "", DIGEST),
    "localhost:5000/team/report": ImageName("localhost:5000/team/report"),
    "localhost:5000/team/report:v1": ImageName("localhost:5000/team/report", "v1"),
    f"{ECR}:1.4": ImageName(ECR, "1.4"),
    f"{ECR}:1.4@{DIGEST}": ImageName(ECR, "1.4", DIGEST),
}


@pytest.mark.parametrize(("text", "parts"), NAMES.items(), ids=NAMES)
def test_reads_and_writes_a_name(text: str, parts: ImageName) -> None:
    """The colon of a port begins no tag."""
    assert ImageName.parse(text) == parts
    assert str(parts) == text


PART = st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)


@given(
    host=st.sampled_from(["", "registry.example.com/", "localhost:5000/"]),
    path=st.lists(PART, min_size=1, max_size=3),
    tag=st.just("") | PART,
    digest=st.sampled_from(["", DIGEST]),
)
def test_loses_nothing(host: str, path: list[str], tag: str, digest: str) -> None:
    """What is written is read again."""
    name = ImageName(host + "/".join(path), tag, digest)
    assert ImageName.parse(str(name)) == name


def test_knows_the_private_registries_of_ecr() -> None:
    """In China they have another domain; the public registry is none of them."""
    expected = EcrImage("123456789012", "eu-central-1", "team/report", "1.4", "")
    assert ImageName.parse(f"{ECR}:1.4").ecr == expected
    china = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/report:1"
    assert ImageName.parse(china).ecr == EcrImage("123456789012", "cn-north-1", "team/report", "1", "")
    for other in ("public.ecr.aws/team/report:1", "busybox:1", f"{ECR.replace('.dkr', '')}:1"):
        assert ImageName.parse(other).ecr is None


def test_names_an_image_by_its_digest() -> None:
    """Without the tag: ECS takes one of the two."""
    assert ImageName.parse(f"{ECR}:1.4").at(DIGEST) == f"{ECR}@{DIGEST}"
