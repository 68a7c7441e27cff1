from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judgements import network

VPCS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["vpc-1", "vpc-2"]))

APART: dict[str, tuple[dict[str, str], dict[str, str], list[tuple[str, str]]]] = {
    "together": ({"a": "vpc-1", "b": "vpc-1"}, {"g": "vpc-1"}, []),
    "nothing known": ({}, {}, []),
    "subnets apart": (
        {"a": "vpc-1", "b": "vpc-2"},
        {"g": "vpc-1"},
        [("subnets", "are in several VPCs (a in vpc-1, b in vpc-2); they must share one")],
    ),
    "groups away from the subnets": (
        {"a": "vpc-1"},
        {"g": "vpc-2", "h": "vpc-1", "i": "vpc-3"},
        [
            ("securityGroups", "'g' is in vpc-2, and the subnets are in vpc-1; they must share a VPC"),
            ("securityGroups", "'i' is in vpc-3, and the subnets are in vpc-1; they must share a VPC"),
        ],
    ),
    "groups apart, subnets unknown": (
        {},
        {"g": "vpc-1", "h": "vpc-2"},
        [("securityGroups", "are in several VPCs (g in vpc-1, h in vpc-2); they must share one")],
    ),
}


@pytest.mark.parametrize(("subnets", "groups", "expected"), APART.values(), ids=APART)
def test_names_what_is_apart(subnets: dict[str, str], groups: dict[str, str], expected: list[tuple[str, str]]) -> None:
    """A subnet or group in another VPC is reported with the VPCs."""
    assert list(network.problems(subnets, groups)) == expected


@given(VPCS, VPCS)
def test_all_is_well_exactly_when_there_is_one_vpc(subnets: dict[str, str], groups: dict[str, str]) -> None:
    """There is a problem if and only if the known subnets and groups are in more than one VPC."""
    assert bool(list(network.problems(subnets, groups))) == (len({*subnets.values(), *groups.values()}) > 1)
