"""Tests of the sizes and speeds that volumes of EBS can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aws_facts import ebs

if TYPE_CHECKING:
    from collections.abc import Mapping

BOUNDS = [
    (kind, what, value)
    for what, bounds in (("size", ebs.SIZES), ("iops", ebs.IOPS), ("throughput", ebs.THROUGHPUT))
    for kind, (least, most) in bounds.items()
    for value in (least, most)
]


def problem(
    kind: str, size: int | None = 2000, speed: Mapping[str, int] | None = None, *, snapshot: bool = False
) -> str | None:
    """Return why AWS makes no such volume. One that needs a number of I/O operations has it, unless it is given."""
    given = {"iops": 3000 if kind in ebs.NEED_IOPS else None, **(speed or {})}
    return ebs.problem(kind, size, given["iops"], given.get("throughput"), snapshot=snapshot)


@pytest.mark.parametrize(("kind", "what", "value"), BOUNDS)
def test_bounds(kind: str, what: str, value: int) -> None:
    """Each bound belongs to what a type takes, and the number beyond it does not."""
    beyond = value + 1 if value == max(one for k, w, one in BOUNDS if (k, w) == (kind, what)) else value - 1
    if what == "size":
        iops = {"iops": 100} if kind in ebs.NEED_IOPS else None
        assert problem(kind, value, iops) is None
        assert problem(kind, beyond, iops) is not None
    else:
        speed = {"iops": 16000} if what == "throughput" else {}
        assert problem(kind, speed={**speed, what: value}) is None
        assert problem(kind, speed={**speed, what: beyond}) is not None


MESSAGES = {
    "nothing": (("gp3", None), {}, "has neither a size nor a snapshot; one of them is needed"),
    "size": (("st1", 124), {}, "has size 124; must be 125 to 16384 for the type st1"),
    "iops of another type": (("gp2", 10), {"iops": 3000}, "has iops 3000, which the type gp2 does not take"),
    "throughput of another type": (("io1", 10), {"throughput": 200, "iops": 100}, "has throughput 200, which the type"),
    "iops for the size": (("gp3", 10), {"iops": 5001}, "has iops 5001; must be at most 5000 for 10 GiB"),
    "iops for a small size": (("io1", 4), {"iops": 201}, "has iops 201; must be at most 200 for 4 GiB of the type io1"),
    "throughput for the iops": (
        ("gp3", 100),
        {"throughput": 751},
        "has throughput 751; must be at most 750",
    ),
}


@pytest.mark.parametrize(("volume", "speed", "words"), MESSAGES.values(), ids=MESSAGES)
def test_messages(volume: tuple[str, int | None], speed: dict[str, int], words: str) -> None:
    """Each says what was given, and what would be taken."""
    assert (problem(*volume, speed) or "").startswith(words)


def test_iops_that_are_needed() -> None:
    """Types whose number has no default."""
    assert ebs.problem("io2", 10, None, None, snapshot=False) == "has no iops, which the type io2 needs"


def test_what_every_gp3_has() -> None:
    """The smallest volume takes the number that it has without asking."""
    assert problem("gp3", 1, {"iops": 3000, "throughput": 750}) is None


def test_a_snapshot_has_the_size() -> None:
    """So a size may be left out, and the speed is not compared with it."""
    assert problem("gp3", None, {"iops": 16000, "throughput": 1000}, snapshot=True) is None
