"""Sizes of Kubernetes' containers as the smallest size of Fargate that has them."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from aws_facts.fargate import FARGATE_SIZES

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(m|k|M|G|T|Ki|Mi|Gi|Ti|[eE][-+]?[0-9]{1,3})?")
_UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    **{name: Decimal(1000) ** power for power, name in enumerate(("k", "M", "G", "T"), 1)},
    **{name: Decimal(1024) ** power for power, name in enumerate(("Ki", "Mi", "Gi", "Ti"), 1)},
}
_MIB = Decimal(1024) ** 2
_UNITS_OF_A_CPU = 1024


def of(text: str) -> Decimal | None:
    """Return the number of a quantity such as `500m` or `1.5Gi`; None for another text (Kubernetes API, Quantity)."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return None
    unit = found[2] or ""
    return Decimal(found[1]) * (_UNITS[unit] if unit in _UNITS else Decimal(f"1{unit}"))


def fargate_size(cpus: Decimal, memory: Decimal) -> tuple[int, int] | None:
    """Return CPU units and MiB of the smallest Fargate task with these CPUs and bytes; None when there is none."""
    units, mib = math.ceil(cpus * _UNITS_OF_A_CPU), math.ceil(memory / _MIB)
    for size, memories in FARGATE_SIZES.items():
        fitting = [one for one in memories if one >= mib]
        if size >= units and fitting:
            return size, fitting[0]
    return None


def is_exactly(size: tuple[int, int], cpus: Decimal, memory: Decimal) -> bool:
    """Return whether a size has no more than these CPUs and bytes."""
    return cpus * _UNITS_OF_A_CPU == size[0] and memory / _MIB == size[1]
