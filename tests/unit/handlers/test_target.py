"""The wheels that run in Lambda are those for the system of its runtime and for its processor."""

from __future__ import annotations

import pytest

from aws_facts.function_code import RUNTIMES
from handlers.target import Target


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_platforms(runtime: str) -> None:
    """A wheel for an older system runs, and one for a newer system or another processor does not."""
    for architecture, machine, other in (("x86_64", "x86_64", "aarch64"), ("arm64", "aarch64", "x86_64")):
        found = Target(runtime, architecture).platforms
        newest = RUNTIMES[runtime]
        assert found[0] == f"manylinux_2_{newest}_{machine}"
        assert {f"manylinux_2_17_{machine}", f"manylinux2014_{machine}"} <= set(found)
        assert f"manylinux_2_{newest + 1}_{machine}" not in found
        assert not [platform for platform in found if platform.endswith(other)]


def test_oldest() -> None:
    """There are no wheels for ARM and an older glibc than 2.17."""
    assert "manylinux_2_5_x86_64" in Target("python3.13", "x86_64").platforms
    assert [one for one in Target("python3.13", "arm64").platforms if "_2_16_" in one or "manylinux1_" in one] == []
