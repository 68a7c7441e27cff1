"""The volumes of EBS that ECS creates for tasks: what sizes and speeds each type takes. Pure.

The numbers are those of the ECS API reference, TaskManagedEBSVolumeConfiguration, and of the EC2 API reference,
CreateVolume.
"""

from __future__ import annotations

SIZES = {
    "gp2": (1, 16384),
    "gp3": (1, 16384),
    "io1": (4, 16384),
    "io2": (4, 16384),
    "st1": (125, 16384),
    "sc1": (125, 16384),
    "standard": (1, 1024),
}
"""The least and the most GiB."""
IOPS = {"gp3": (3000, 16000), "io1": (100, 64000), "io2": (100, 256000)}
"""The least and the most I/O operations per second of the types that can have a number of them."""
NEED_IOPS = ("io1", "io2")
THROUGHPUT = {"gp3": (125, 1000)}
"""The least and the most MiB per second."""
_PER_GIB = {"gp3": 500, "io1": 50, "io2": 1000}
"""The most I/O operations per second for each GiB (EBS User Guide, "Amazon EBS volume types")."""
_FREE_IOPS = 3000
"""What every volume of gp3 has, whatever its size."""
_IOPS_PER_MIB = 4
"""A volume of gp3 needs four I/O operations per second for each MiB per second (EBS User Guide, same page)."""


def problem(kind: str, size: int | None, iops: int | None, throughput: int | None, *, snapshot: bool) -> str | None:
    """Return why AWS makes no such volume; None for one that it makes.

    `size` is in GiB and `throughput` in MiB per second. Without a size the volume has that of its snapshot.
    """
    if size is None and not snapshot:
        return "has neither a size nor a snapshot; one of them is needed"
    for what, value, bounds in (
        ("size", size, SIZES.get(kind)),
        ("iops", iops, IOPS.get(kind)),
        ("throughput", throughput, THROUGHPUT.get(kind)),
    ):
        if value is None:
            continue
        if bounds is None:
            return f"has {what} {value}, which the type {kind} does not take"
        if not bounds[0] <= value <= bounds[1]:
            return f"has {what} {value}; must be {bounds[0]} to {bounds[1]} for the type {kind}"
    if iops is None and kind in NEED_IOPS:
        return f"has no iops, which the type {kind} needs"
    return _ratio_problem(kind, size, iops, throughput)


def _ratio_problem(kind: str, size: int | None, iops: int | None, throughput: int | None) -> str | None:
    if iops is not None and size is not None:
        most = max(_PER_GIB[kind] * size, _FREE_IOPS if kind == "gp3" else 0)
        if iops > most:
            return f"has iops {iops}; must be at most {most} for {size} GiB of the type {kind}"
    if throughput is not None and throughput * _IOPS_PER_MIB > (iops or _FREE_IOPS):
        return f"has throughput {throughput}; must be at most {(iops or _FREE_IOPS) // _IOPS_PER_MIB} for its iops"
    return None
