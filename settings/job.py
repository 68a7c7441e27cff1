"""What a job file says: the type `Job` and the limits that its fields must keep.

A `Job` checks nothing when it is made: `plan.build` checks all of them together, so that one preview names every
mistake in every file at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.patterns import matching

_NAME = matching(
    r"^[a-z][a-z0-9-]{0,39}$",
    "lower-case letters, digits and hyphens, a letter first, at most 40 characters, such as nightly-report",
)
_CONTEXT = re.compile(r"<aws\.scheduler\.(attempt-number|execution-id)")


def _plain(text: str) -> str:
    """Refuse what cannot reach a process, or would make ECS refuse the second delivery of a tick."""
    if "\0" in text:
        raise ValueError("holds a NUL character, which no process can be given")
    if found := _CONTEXT.search(text):
        raise ValueError(
            f"{found[0]}> differs between two deliveries of one tick, of which ECS must start only one; leave it out"
        )
    return text


def _names_a_program(words: Sequence[str]) -> Sequence[str]:
    if not words[0].strip():
        raise ValueError("the first word, which is the program, is empty")
    return words


JobName = Annotated[str, _NAME]
"""Lower case, digits and hyphens, at most 40 characters, so that `<job>.<schedule key>` fits Scheduler's 64."""

ScheduleKey = Annotated[
    str,
    matching(
        r"^[a-z][a-z0-9-]{0,19}$",
        "lower-case letters, digits and hyphens, a letter first, at most 20 characters, such as weekdays",
    ),
]
"""Tells the schedules of one job apart."""

ContainerName = Annotated[
    str, matching(r"^[a-zA-Z0-9_-]{1,255}$", "letters, digits, hyphens and underscores, at most 255, such as worker")
]
"""A container's name in a task definition (ECS API reference, ContainerDefinition)."""

PlacementName = Annotated[str, _NAME]
"""A key of `scheduled-jobs:placements` in stack config."""

EnvironmentName = Annotated[
    str,
    matching(r"^[A-Za-z_][A-Za-z0-9_]{0,254}$", "letters, digits and underscores, no digit first, such as LOG_LEVEL"),
]
"""A name that every shell and language can read."""

Command = Annotated[
    Sequence[Annotated[str, Field(strict=True, max_length=8192), AfterValidator(_plain)]],
    Field(min_length=1),
    AfterValidator(_names_a_program),
]
"""The argument vector: one string an argument, no shell between."""

Environment = Mapping[EnvironmentName, Annotated[str, Field(strict=True), AfterValidator(_plain)]]
"""Plain values only: they are stored and shown in clear."""

CpuUnits = Annotated[int, Field(strict=True, gt=0, le=16384)]
"""Task CPU in units, 1024 to a vCPU (Fargate's largest is 16 vCPU)."""

MemoryMiB = Annotated[int, Field(strict=True, gt=0, le=122880)]
"""Task memory in MiB (Fargate's largest is 120 GiB)."""

Owner = Annotated[
    str,
    matching(
        r"^[\w .:/=+@-]*[\w.:/=+@-][\w .:/=+@-]*$",
        "letters, digits, spaces and . : / = + @ - _, and not blank, such as data-team",
        max_length=256,
    ),
]
"""A team, in the characters that the value of a tag may have (IAM API reference, Tag)."""

LaunchRetries = Annotated[int, Field(strict=True, ge=0, le=185)]
"""How often Scheduler repeats a launch call that failed (Scheduler API reference, RetryPolicy: 0-185)."""

Severity = Literal["critical", "error", "warning", "info"]
"""How bad it is when a tick comes to nothing; the words are PagerDuty's."""

LongestRun = Annotated[int, Field(strict=True, ge=1, le=20160)]
"""Minutes; at most two weeks."""


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

    runbook: Annotated[
        str, matching(r"^(https?://\S+)?$", "an address such as https://wiki.example.com/report", max_length=1024)
    ] = ""
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

    severity: Severity = "error"
    """Travels in every alert, and may decide who gets it."""

    longest_run: LongestRun | None = None
    """Minutes after which a run is alerted, not stopped. Default: three times its longest good run."""

    launch_retries: LaunchRetries = 3
    """How often a launch that failed is tried again within 15 minutes; the run itself is not repeated."""
