"""The sizes that Fargate offers, and how ECS reads the sizes of a task definition. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FARGATE_SIZES_PAGE = "ECS Developer Guide, Fargate task definition differences, Task CPU and memory"
_GIB = 1024
FARGATE_SIZES: Mapping[int, Sequence[int]] = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: range(1 * _GIB, 4 * _GIB + 1, _GIB),
    1024: range(2 * _GIB, 8 * _GIB + 1, _GIB),
    2048: range(4 * _GIB, 16 * _GIB + 1, _GIB),
    4096: range(8 * _GIB, 30 * _GIB + 1, _GIB),
    8192: range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB),
    16384: range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB),
}
"""Memory in MiB that Fargate offers, by CPU units."""
_WINDOWS_CPU = (1024, 2048, 4096)
"""The CPU units that Windows containers can have: from 1 vCPU, and the larger sizes need the Linux platform 1.4.0 (ECS
API reference, RegisterTaskDefinition, memory)."""
USUAL_STOP_TIMEOUT, LONGEST_STOP_TIMEOUT = 30, 120
"""Seconds between SIGTERM and SIGKILL: without a stopTimeout, and at most (ECS API reference, ContainerDefinition)."""
SPOT = "FARGATE_SPOT"
"""The capacity provider that runs no Windows containers (ECS Developer Guide, Fargate capacity providers)."""
PROVIDERS = ("FARGATE", SPOT)
"""The capacity providers that every account has (same page)."""
_SIZE = re.compile(r"\s*(\d+|\d*\.\d+)\s*([a-z]*)\s*", re.IGNORECASE)


def cpu_units(size: str) -> int | None:
    """Return the CPU units of a task's `cpu`, such as `256`, `.25 vCPU`, `1 vcpu`; None for text that is no size.

    ECS converts it when the task definition is registered (ECS API reference, RegisterTaskDefinition).
    """
    return _converted(size, "vcpu")


def memory_mib(size: str) -> int | None:
    """Return the MiB of a task's `memory`, such as `512`, `.5 GB`, `1gb`; None for text that is no size."""
    return _converted(size, "gb")


def is_windows(operating_system_family: str) -> bool:
    """Return whether this `operatingSystemFamily` of a `runtimePlatform` is Windows."""
    return operating_system_family.startswith("WINDOWS_")


def fargate_problem(cpu: int | None, memory: int | None, *, windows: bool = False) -> str | None:
    """Return what is wrong with these CPU units and MiB on Fargate; None when Fargate offers them, or both are unknown.

    A value that is known alone is checked alone. Two known values are checked together. `windows` is whether the
    containers run on Windows.
    """
    if windows and cpu is not None and cpu not in _WINDOWS_CPU:
        return f"cpu {cpu} is not a Fargate size for Windows; must be one of: {', '.join(map(str, _WINDOWS_CPU))}"
    if cpu is not None and cpu not in FARGATE_SIZES:
        return f"cpu {cpu} is not a Fargate size; must be one of: {', '.join(map(str, FARGATE_SIZES))}"
    if memory is not None and cpu is None and not any(memory in sizes for sizes in FARGATE_SIZES.values()):
        return f"memory {memory} is not a Fargate size ({FARGATE_SIZES_PAGE})"
    if cpu is None or memory is None or memory in FARGATE_SIZES[cpu]:
        return None
    sizes = FARGATE_SIZES[cpu]
    step = f" in steps of {sizes[1] - sizes[0]}" if len(sizes) > 3 else ""  # noqa: PLR2004 - 256 has three sizes
    offered = f"{sizes[0]} to {sizes[-1]} MiB{step}" if step else f"one of: {', '.join(map(str, sizes))} MiB"
    return f"memory {memory} does not go with cpu {cpu} on Fargate; must be {offered}"


def _converted(size: str, unit: str) -> int | None:
    found = _SIZE.fullmatch(size)
    if found is None or found[2].lower() not in {"", unit}:
        return None
    number = float(found[1])
    return int(number * _GIB if found[2] else number)  # a vCPU has 1024 units, and a GB 1024 MiB
