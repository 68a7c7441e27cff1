"""Tests that regions are those of botocore, and that a misspelled one is answered with the nearest."""

from __future__ import annotations

from importlib import metadata

import pytest
from botocore.loaders import Loader

from settings import regions

UNKNOWN = f"is not an AWS region in botocore {metadata.version('botocore')}"


def test_knows_the_regions_of_botocore() -> None:
    """Every region of botocore's partitions and endpoints is known, in all partitions, and no placeholder is."""
    loaded = [Loader().load_data(name)["partitions"] for name in ("partitions", "endpoints")]
    known, endpoints = ({region for one in partitions for region in one["regions"]} for partitions in loaded)
    assert regions.names() == {region for region in known if not region.endswith("-global")}
    assert endpoints <= regions.names()
    assert {"eu-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"} <= regions.names()


# (typed, the message)
DOUBTS = [
    ("eu-central-1", None),
    ("eu-centrall-1", f"{UNKNOWN}; did you mean 'eu-central-1'?"),
    ("EU-WEST-1 ", f"{UNKNOWN}; did you mean 'eu-west-1'?"),
    ("aws-global", f"{UNKNOWN}; must be a region such as eu-central-1"),
    ("Frankfurt", f"{UNKNOWN}; must be a region such as eu-central-1"),
    ("", f"{UNKNOWN}; must be a region such as eu-central-1"),
]


@pytest.mark.parametrize(("name", "message"), DOUBTS, ids=[row[0] or "nothing" for row in DOUBTS])
def test_answers_what_is_no_region(name: str, message: str | None) -> None:
    """A misspelled region is answered with the nearest one, and other text with an example."""
    assert regions.doubt(name) == message
