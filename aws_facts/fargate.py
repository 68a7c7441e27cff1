"""The sizes that Fargate offers. Pure."""

from __future__ import annotations

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


def fargate_problem(cpu: int | None, memory: int | None) -> str | None:
    """Return what is wrong with these CPU units and MiB on Fargate; None when Fargate offers them, or both are unknown.

    A value that is known alone is checked alone. Two known values are checked together.
    """
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
