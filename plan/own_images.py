"""The images of jobs that have one of their own: what job file and stack config say together, and what fits. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aws_facts.fargate import FARGATE_SIZES, fargate_problem
from components.own_task_definition import CONTAINER
from plan import dockerfiles, task_parts
from plan.job_files import file_of
from settings import NAMESPACE, key_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from settings import Image, JobEntry, PlacementSettings, Problems
    from settings.job import Job

CPU = 256
"""The CPU units of a task without `cpu`: the smallest that Fargate offers."""


def of(job: Job, entry: JobEntry, where: str, problems: Problems) -> Image | None:
    """Return the image of a job in this stack; None for a job that runs in an existing task definition.

    `where` is the key path of the job's entry in stack config.
    """
    shared, file = entry.shared, file_of(job.name)
    if job.image is None and problems.about(f"{file}.image"):
        return None
    if job.image is None:
        for key, value in (("image", shared.image), ("secrets", shared.secrets)):
            if value:
                problems.add(f"{where}.{key}", f"is only for a job with an image of its own; {file} has no image")
        return None
    if job.container is not None:
        problems.add_value(
            f"{file}.container",
            job.container,
            f"a job with an image of its own runs in the container '{CONTAINER}'; remove it",
        )
    if not any((shared.image, problems.about(f"{file}.image.uri"), problems.about(f"{file}.image.build"))):
        _check_source(job.image, f"{file}.image", problems)
    if job.image.task_role and job.image.statements:
        problems.add(f"{file}.image", "has both task_role and statements; an existing role keeps its own policies")
    secrets = {**job.image.secrets, **shared.secrets}
    if job.image.secret_keys and not secrets and not any(one.secrets for one in job.image.sidecars):
        problems.note(f"{file}.image.secret_keys", "encrypt nothing in this stack, where the job has no secrets")
    image = replace(
        job.image,
        uri=shared.image or job.image.uri,
        build=None if shared.image else job.image.build,
        secrets=secrets,
    )
    task_parts.check(image, f"{file}.image", problems)
    return image


def place_of_uri(job: Job, image: Image, where: str) -> str:
    """Return the place where the image of a job is set: in stack config, or else in the job file."""
    in_file = job.image is not None and image.uri == job.image.uri
    return f"{file_of(job.name)}.image" if in_file else f"{where}.image"


def place_of_secret(job: Job, name: str, source: str, where: str) -> str:
    """Return the place where the source of a job's secret is set: in stack config, or else in the job file."""
    in_file = job.image is not None and job.image.secrets.get(name) == source
    return key_path(f"{file_of(job.name)}.image" if in_file else where, "secrets", name)


def check_names(image: Image | None, levels: Mapping[str, Mapping[str, str]], problems: Problems) -> None:
    """Report variables that are set twice: as plain text and as a secret of the job's image.

    `levels` are the variables of a schedule, of its entry and of the job, each by its place.
    """
    for where, environment in levels.items():
        for name in sorted(environment.keys() & (image.secrets if image else {}).keys()):
            problems.add(key_path(where, "environment", name), "is also one of the job's secrets; remove one of them")


def sizes(job: Job) -> tuple[int, int]:
    """Return CPU units and MiB of the job's task definition. A missing memory is the smallest for the CPU units."""
    cpu = job.cpu or _smallest_cpu(job.memory)
    return cpu, job.memory or min(FARGATE_SIZES.get(cpu, (512,)))


def check_placement(
    job: Job, image: Image | None, placement: PlacementSettings | None, name: str, problems: Problems
) -> None:
    """Report a job without an image on a placement that has no task definition for it."""
    sure = image is None and not problems.about(f"{file_of(job.name)}.image")
    if sure and placement and placement.service is None and placement.task_definition is None:
        problems.add(
            key_path(f"{NAMESPACE}:placements", name, "taskDefinition"),
            f"is missing: the job '{job.name}' runs here and has no image of its own",
        )


def _check_source(image: Image, where: str, problems: Problems) -> None:
    """Report an image that nothing names, or two things do."""
    if image.build is not None and image.uri is not None:
        problems.add(where, "has both a name and build; the name is for an image that is built elsewhere")
    elif image.build is not None:
        dockerfiles.check(image.build, where, problems)
    elif image.uri is None:
        problems.add(
            where,
            'names no image; must be Image("..."), such as Image("registry.example.com/report:1.4"), or '
            'Image(build=Dockerfile("...")), such as Image(build=Dockerfile("images/report"))',
        )


def _smallest_cpu(memory: int | None) -> int:
    if memory is None:
        return CPU
    return next((cpu for cpu in FARGATE_SIZES if fargate_problem(cpu, memory) is None), CPU)
