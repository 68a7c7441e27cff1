"""DescribeRegions lists what the account has enabled in its partition."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.processes.emulator.world import client, refusal

pytestmark = pytest.mark.usefixtures("world")


def names(service: Any, **request: Any) -> list[str]:  # noqa: ANN401 - a client, and members of a request
    """Return the names of the listed regions."""
    return [region["RegionName"] for region in service.describe_regions(**request)["Regions"]]


def test_enabled() -> None:
    """Without a wish the enabled regions are listed, and no region of another partition."""
    ec2 = client("ec2")
    enabled, every = names(ec2), names(ec2, AllRegions=True)
    assert {"eu-central-1", "us-east-1"} <= set(enabled) < set(every)
    assert "eu-south-2" in set(every) - set(enabled)
    assert not [name for name in every if name.startswith(("cn-", "us-gov-"))]


def test_named() -> None:
    """Named regions are listed; an unknown one is refused."""
    ec2 = client("ec2")
    assert names(ec2, RegionNames=["us-east-1", "eu-south-2"]) == ["us-east-1", "eu-south-2"]
    unknown = ["mars-1", "cn-north-1"]
    refused = refusal(lambda: ec2.describe_regions(RegionNames=["us-east-1", *unknown]))
    assert refused == ("InvalidParameterValue", "Invalid region name: mars-1, cn-north-1")


def test_other_partition() -> None:
    """In China only the regions of China exist."""
    ec2: Any = boto3.client("ec2", "cn-north-1", aws_access_key_id="test", aws_secret_access_key="test")  # noqa: S106
    assert names(ec2, AllRegions=True) == ["cn-north-1", "cn-northwest-1"]
