"""Tests of the values of parameters that AWS refuses and moto takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.emulator.world import client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

VALUES = {
    "longest": ("x" * 4096, "Standard", None),
    "too long": ("x" * 4097, "Standard", "a maximum parameter value of 4096 characters"),
    "longest of the other tier": ("x" * 8192, "Advanced", None),
    "too long for the other tier": ("x" * 8193, "Advanced", "a maximum parameter value of 8192 characters"),
    "reference": ("{{ssm:other}}", "Standard", "can't nest another parameter"),
    "braces": ('{"a": {"b": {}}}', "Standard", None),
}


@pytest.mark.parametrize(("value", "tier", "said"), VALUES.values(), ids=VALUES)
def test_values(world: World, value: str, tier: str, said: str | None) -> None:
    """A value has a longest length by tier, and refers to no other parameter."""
    ssm = client("ssm")
    if said is None:
        ssm.put_parameter(Name="/jobs/a", Value=value, Type="String", Tier=tier)
        assert ssm.get_parameter(Name="/jobs/a")["Parameter"]["Value"] == value
        return
    code, message = refusal(lambda: ssm.put_parameter(Name="/jobs/a", Value=value, Type="String", Tier=tier))
    assert code == "ValidationException"
    assert said in message
