"""The sizes that Fargate offers, and the messages about other sizes."""

from __future__ import annotations

import pytest

from aws_facts.fargate import cpu_units, fargate_problem, is_windows, memory_mib

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


@pytest.mark.parametrize(
    ("cpu", "memory", "problem"),
    [
        (512, 1024, "cpu 512 is not a Fargate size for Windows; must be one of: 1024, 2048, 4096"),
        (8192, 16384, "cpu 8192 is not a Fargate size for Windows; must be one of: 1024, 2048, 4096"),
        (
            1024,
            1024,
            "memory 1024 does not go with cpu 1024 on Fargate; must be 2048 to 8192 MiB in steps of 1024",
        ),
        (1024, 2048, None),
        (4096, 30720, None),
        (None, 2048, None),
    ],
    ids=["too small", "too large", "memory", "smallest", "largest", "cpu unknown"],
)
def test_knows_the_sizes_of_windows(cpu: int | None, memory: int, problem: str | None) -> None:
    """Windows containers need 1 vCPU at least."""
    assert fargate_problem(cpu, memory, windows=True) == problem


@pytest.mark.parametrize(
    ("family", "windows"), [("WINDOWS_SERVER_2022_CORE", True), ("LINUX", False), ("", False)], ids=str
)
def test_knows_windows(family: str, windows: bool) -> None:  # noqa: FBT001 - a case of a table
    """Every operating system family of Windows begins alike."""
    assert is_windows(family) is windows


SIZES: dict[str, tuple[int | None, int | None]] = {
    "256": (256, 256),
    " 1024 ": (1024, 1024),
    ".25 vcpu": (256, None),
    ".25 vCPU": (256, None),
    "0.5vCPU": (512, None),
    "1 vCPU": (1024, None),
    "16 VCPU": (16384, None),
    ".5 GB": (None, 512),
    "1GB": (None, 1024),
    "1 gb": (None, 1024),
    "30 GB": (None, 30720),
    "1 GiB": (None, None),
    "1.": (None, None),
    "-1": (None, None),
    "much": (None, None),
    "": (None, None),
}


@pytest.mark.parametrize(("size", "expected"), SIZES.items(), ids=SIZES)
def test_reads_sizes_as_ecs_stores_them(size: str, expected: tuple[int | None, int | None]) -> None:
    """Sizes are CPU units and MiB, or have the unit vCPU or GB."""
    assert (cpu_units(size), memory_mib(size)) == expected
