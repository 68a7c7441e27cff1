"""The regions of AWS, in all partitions, as botocore lists them."""

from __future__ import annotations

import difflib
import json
from functools import cache
from importlib import metadata, resources

KEY = "aws:region"
"""The AWS provider's key in stack config. A wrong value stays in the stack's state, and no later `up` repairs it."""

_NO_PLACE = "-global"
"""The end of the names that stand for services without regions."""


def doubt(name: str) -> str | None:
    """Return why this is no region, with the nearest one; None for a region."""
    if name in names():
        return None
    near = difflib.get_close_matches(name.strip().lower(), sorted(names()), n=1)
    meant = f"did you mean '{near[0]}'?" if near else "must be a region such as eu-central-1"
    return f"is not an AWS region in botocore {metadata.version('botocore')}; {meant}"


@cache
def names() -> frozenset[str]:
    """Return all regions.

    The file is read without botocore's own loader, whose import takes longer than all other checks together.
    """
    text = resources.files("botocore").joinpath("data", "partitions.json").read_text(encoding="utf-8")
    partitions = json.loads(text)["partitions"]
    return frozenset(region for one in partitions for region in one["regions"] if not region.endswith(_NO_PLACE))
