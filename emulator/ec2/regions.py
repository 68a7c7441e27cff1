"""DescribeRegions lists the regions of the caller's partition that the account has enabled; moto lists all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends
from moto.utilities.utils import get_partition

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call, Gateway

_NOT_ENABLED = "not-opted-in"


def install(gateway: Gateway) -> None:
    """Answer DescribeRegions."""
    gateway.answer("ec2", "DescribeRegions", _describe)


def _describe(call: Call) -> dict[str, Any]:
    """Return regions: all with `AllRegions`, the named ones, or else those that are enabled."""
    backend = ec2_backends[call.account][call.region]
    known = {
        region.name: region for region in backend.describe_regions() if get_partition(region.name) == call.partition
    }
    names = call.params.get("RegionNames") or []
    unknown = [name for name in names if name not in known]
    if unknown:
        raise AwsError("InvalidParameterValue", f"Invalid region name: {', '.join(unknown)}")
    every = call.params.get("AllRegions") in {True, "true"}
    listed = names or [name for name, region in known.items() if every or region.opt_in_status != _NOT_ENABLED]
    return {"Regions": [known[name] for name in listed]}
