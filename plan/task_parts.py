"""The sidecars and volumes of a task with an image of the job's own: whether they fit together. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.own_task_definition import CONTAINER
from components.task_parts import volume_name
from settings import Efs, accepted, key_path
from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from settings import Ebs, Image, Problems, Scratch, Sidecar


_LONGEST = 65536
"""Characters of a task definition (Amazon ECS service quotas, task definition size: 64 KB)."""


def check(image: Image, where: str, problems: Problems) -> None:
    """Report sidecars and volumes that do not fit together. `where` is the place of the image in the job file.

    Fields with a mistake that is recorded already have their defaults.
    """
    if (length := sum(map(len, _texts(image)))) > _LONGEST:
        problems.add(
            where,
            f"secrets, and the variables and commands of sidecars, have {length} characters; ECS takes {_LONGEST} in a "
            "task definition",
        )
    names = [one.name for one in image.sidecars]
    for index, sidecar in enumerate(image.sidecars):
        _check_sidecar(sidecar, names[:index], key_path(where, "sidecars", index), problems)
    seen: dict[str, str] = {}
    for place, volume in _volumes(image, where):
        name = volume_name(volume.path)
        if name in seen:
            problems.add_value(f"{place}.path", volume.path, f"too like {seen[name]}, another volume's path")
        seen.setdefault(name, volume.path)
        for sidecar_name in volume.sidecars:
            if sidecar_name not in names and not problems.about(f"{where}.sidecars"):
                problems.add(
                    key_path(place, "sidecars", sidecar_name), "no such sidecar" + accepted(sidecar_name, names)
                )
        if isinstance(volume, Efs):
            _check_efs(volume, image, place, problems)


def size_problems(image: Image, cpu: int, memory: int) -> Iterator[str]:
    """Yield why a task of this size has no room for its sidecars beside the job's container."""
    for what, size, parts in (
        ("cpu", cpu, {one.name: one.cpu for one in image.sidecars}),
        ("memory", memory, {one.name: one.memory for one in image.sidecars}),
    ):
        taken = {name: part for name, part in parts.items() if part}
        if taken and sum(taken.values()) >= size:
            named = listed(f"{name} {part}" for name, part in taken.items())
            yield f"{what} {size} leaves nothing for the job beside its sidecars ({named})"


def _check_sidecar(sidecar: Sidecar, earlier: Sequence[str], where: str, problems: Problems) -> None:
    if sidecar.name == CONTAINER:
        problems.add_value(f"{where}.name", sidecar.name, "is the name of the job's own container; choose another one")
    if sidecar.name in earlier:
        problems.add_value(f"{where}.name", sidecar.name, "is the name of another sidecar; choose another one")
    for name in sorted(sidecar.secrets.keys() & sidecar.environment.keys()):
        problems.add(key_path(where, "environment", name), "is also one of the secrets; remove one of them")
    waits, health = sidecar.job_waits_for, sidecar.health_check
    if waits == "health" and health is None:
        problems.add(f"{where}.health_check", 'is missing; job_waits_for is "health"')
    if health is not None and waits != "health":
        problems.add(f"{where}.health_check", 'does nothing here; set job_waits_for to "health", or remove it')
    if waits == "success" and sidecar.essential:
        problems.add(
            f"{where}.essential", "the end of an essential container ends the run, so the job cannot wait for it"
        )
    if sidecar.start_timeout is not None and waits not in ("health", "success"):
        problems.add_value(
            f"{where}.start_timeout", sidecar.start_timeout, 'is only for job_waits_for "health" or "success"'
        )


def _check_efs(volume: Efs, image: Image, where: str, problems: Problems) -> None:
    if volume.access_point and volume.root:
        problems.add_value(f"{where}.root", volume.root, "the access point sets the directory; remove one of them")
    if volume.iam and image.task_role:
        written = not volume.read_only or "write" in volume.sidecars.values()
        actions = "elasticfilesystem:ClientMount" + (" and elasticfilesystem:ClientWrite" if written else "")
        problems.note(where, f"the role {image.task_role} must itself allow {actions} on {volume.file_system}")


def _texts(image: Image) -> Iterator[str]:
    """Yield what a user writes into the task definition and may be long."""
    for variables in (image.secrets, *(part for one in image.sidecars for part in (one.secrets, one.environment))):
        for name, value in variables.items():
            yield from (name, value)
    for one in image.sidecars:
        yield from one.command


def _volumes(image: Image, where: str) -> Iterator[tuple[str, Scratch | Efs | Ebs]]:
    for index, volume in enumerate(image.volumes):
        yield key_path(where, "volumes", index), volume
    if image.ebs is not None:
        yield f"{where}.ebs", image.ebs
