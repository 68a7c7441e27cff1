"""What a job file says: the type `Job` and the limits that its fields must keep.

A `Job` checks nothing when it is made: `plan.build` checks all of them together, so that one preview names every
mistake in every file at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

JobName = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""Lower case, digits and hyphens, at most 40 characters, so that `<job>.<schedule key>` fits Scheduler's 64."""

ScheduleKey = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]{0,19}$")]
"""Tells the schedules of one job apart."""

ContainerName = Annotated[str, Field(strict=True, pattern=r"^[a-zA-Z0-9_-]{1,255}$")]
"""A container's name in a task definition (ECS API reference, ContainerDefinition)."""

PlacementName = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""A key of `scheduled-jobs:placements` in stack config."""

EnvironmentName = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,254}$")]
"""A name that every shell and language can read."""

Command = Annotated[Sequence[Annotated[str, Field(strict=True, max_length=8192)]], Field(min_length=1)]
"""The argument vector: one string an argument, no shell between."""

Environment = Mapping[EnvironmentName, Annotated[str, Field(strict=True)]]
"""Plain values only: they are stored and shown in clear."""

CpuUnits = Annotated[int, Field(strict=True, gt=0, le=16384)]
"""Task CPU in units, 1024 to a vCPU (Fargate's largest is 16 vCPU)."""

MemoryMiB = Annotated[int, Field(strict=True, gt=0, le=122880)]
"""Task memory in MiB (Fargate's largest is 120 GiB)."""

Owner = Annotated[str, Field(strict=True, max_length=256, pattern=r"^[\w .:/=+@-]+$")]
"""A team, in the characters that the value of a tag may have (IAM API reference, Tag)."""

LaunchRetries = Annotated[int, Field(strict=True, ge=0, le=185)]
"""How often Scheduler repeats a launch call that failed (Scheduler API reference, RetryPolicy: 0-185)."""

RESERVED_ENVIRONMENT = ("JOB_NAME", "JOB_SCHEDULE", "JOB_SCHEDULED_TIME")
"""Variables that every run is given; a job cannot set them itself."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A named piece of work that runs in a container of an existing task definition.

    Says *what* runs. When and where it runs is said by the stack's config, under `scheduled-jobs:schedules`.

        JOB = Job(
            name="nightly-report",
            command=["python", "manage.py", "build_report", "--for", "yesterday"],
            owner="data",
        )
    """

    name: JobName
    """Also the key under `scheduled-jobs:schedules` and the first part of the schedule's name."""

    command: Command
    """Replaces the container's command, for example `["python", "manage.py", "delete_expired"]`."""

    owner: Owner
    """The team that is told when a run fails; also a tag on every resource and task of the job."""

    description: Annotated[str, Field(strict=True, max_length=200)] = ""
    """What the job is for, in a sentence."""

    runbook: Annotated[str, Field(strict=True, pattern=r"^(https?://\S+)?$", max_length=1024)] = ""
    """An https address with what to do when it fails; travels in every alert."""

    environment: Environment = field(default_factory=dict)
    """Added to the container's own environment. No secrets: they belong in the task definition's `secrets`."""

    container: ContainerName | None = None
    """The container that runs the command. Default: the placement's."""

    placement: PlacementName = "default"
    """The name of the placement. Stack config may choose another one."""

    cpu: CpuUnits | None = None
    """Task CPU in units (1024 = one vCPU). Default: the task definition's."""

    memory: MemoryMiB | None = None
    """Task memory in MiB. Default: the task definition's."""

    launch_retries: LaunchRetries = 3
    """How often a launch that failed is tried again within 15 minutes; the run itself is not repeated."""
