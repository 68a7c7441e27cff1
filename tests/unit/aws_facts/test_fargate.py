"""The sizes that Fargate offers, and the messages about other sizes."""

from __future__ import annotations

import pytest

from aws_facts.fargate import fargate_problem

PAIRS: dict[str, tuple[int, int, str | None]] = {
    "smallest": (256, 512, None),
    "quarter, no step": (
        256,
        1536,
        "memory 1536 does not go with cpu 256 on Fargate; must be one of: 512, 1024, 2048 MiB",
    ),
    "half, largest": (512, 4096, None),
    "half, too small": (
        512,
        512,
        "memory 512 does not go with cpu 512 on Fargate; must be 1024 to 4096 MiB in steps of 1024",
    ),
    "one": (1024, 8192, None),
    "two, too large": (
        2048,
        17408,
        "memory 17408 does not go with cpu 2048 on Fargate; must be 4096 to 16384 MiB in steps of 1024",
    ),
    "four, largest": (4096, 30720, None),
    "eight, between steps": (
        8192,
        17408,
        "memory 17408 does not go with cpu 8192 on Fargate; must be 16384 to 61440 MiB in steps of 4096",
    ),
    "sixteen, largest": (16384, 122880, None),
    "no size": (
        300,
        512,
        "cpu 300 is not a Fargate size; must be one of: 256, 512, 1024, 2048, 4096, 8192, 16384",
    ),
}


@pytest.mark.parametrize(("cpu", "memory", "problem"), PAIRS.values(), ids=PAIRS)
def test_knows_fargates_sizes(cpu: int, memory: int, problem: str | None) -> None:
    """The message for sizes that Fargate does not offer lists the sizes that it offers."""
    assert fargate_problem(cpu, memory) == problem
