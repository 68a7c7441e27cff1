"""The type `Job`, which every job file defines, and the limits of its fields.

A `Job` checks nothing when it is created. `plan.build` checks all jobs together, so that one preview names every
mistake in every file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from settings.guarantees import Guarantees
from settings.patterns import HALF, RESERVED, matching
from settings.tag_text import Owner  # noqa: TC001 - pydantic reads the annotation
from watch import done_by, pausing
from watch.names import RUN_VARIABLES

_NAME_PATTERN = r"^[a-z][a-z0-9-]{0,39}$"
_NAME = matching(
    _NAME_PATTERN,
    "lower-case letters, digits and hyphens, starting with a letter, at most 40 characters, such as nightly-report",
)
_CONTEXT = re.compile(r"<aws\.scheduler\.(attempt-number|execution-id)")


def is_job_name(text: str) -> bool:
    """Return whether a job can have this name."""
    return re.fullmatch(_NAME_PATTERN, text) is not None and not text.endswith("\n")


def _plain(text: str) -> str:
    """Refuse text that cannot be passed to a process, or would make ECS refuse the second delivery of a tick."""
    if "\0" in text:
        raise ValueError("contains a NUL character, which cannot be passed to a process")
    if not text.isascii() and any(unicodedata.category(one) == "Cs" for one in text):
        raise ValueError(HALF)
    if found := _CONTEXT.search(text):
        raise ValueError(
            f"{found[0]}> differs between two deliveries of one tick, so ECS would refuse the second; remove it"
        )
    return text


def _not_reserved(name: str) -> str:
    if name in RUN_VARIABLES:
        raise PydanticCustomError(RESERVED, "the program sets this variable itself; choose another name")
    return name


def _is_a_deadline(text: str) -> str:
    done_by.read(text)
    return text


def _names_a_program(words: Sequence[str]) -> Sequence[str]:
    if not words[0].strip():
        raise ValueError("the first word is empty; it must be the program")
    return words


JobName = Annotated[str, _NAME]
"""Lower case, digits and hyphens, at most 40 characters, so that `<job>.<schedule key>` fits Scheduler's 64."""

ScheduleKey = Annotated[
    str,
    matching(
        r"^[a-z][a-z0-9-]{0,19}$",
        "lower-case letters, digits and hyphens, starting with a letter, at most 20 characters, such as weekdays",
    ),
]
"""The name of a schedule among the schedules of its job."""

ContainerName = Annotated[
    str, matching(r"^[a-zA-Z0-9_-]{1,255}$", "letters, digits, hyphens and underscores, at most 255, such as worker")
]
"""A container's name in a task definition (ECS API reference, ContainerDefinition)."""

PlacementName = Annotated[str, _NAME]
"""A key of `scheduled-jobs:placements` in stack config."""

EnvironmentName = Annotated[
    str,
    matching(
        r"^[A-Za-z_][A-Za-z0-9_.]{0,254}$",
        "letters, digits, underscores and dots, not starting with a digit, such as LOG_LEVEL",
    ),
    AfterValidator(_not_reserved),
]
"""A name that every language can read. Many programs have dots in theirs. ECS has no rule for names (KeyValuePair)."""

Command = Annotated[
    Sequence[Annotated[str, Field(strict=True, max_length=8192), AfterValidator(_plain)]],
    Field(min_length=1),
    AfterValidator(_names_a_program),
]
"""The argument vector: one string per argument, without a shell."""

Environment = Mapping[EnvironmentName, Annotated[str, Field(strict=True), AfterValidator(_plain)]]
"""Plain values only, since they are stored and shown in clear."""

CpuUnits = Annotated[int, Field(strict=True, gt=0, le=16384)]
"""Task CPU in units; 1024 units are one vCPU (Fargate's largest is 16 vCPU)."""

MemoryMiB = Annotated[int, Field(strict=True, gt=0, le=122880)]
"""Task memory in MiB (Fargate's largest is 120 GiB)."""

LaunchRetries = Annotated[int, Field(strict=True, ge=0, le=185)]
"""How often Scheduler repeats a failed launch call (Scheduler API reference, RetryPolicy: 0-185)."""

Severity = Literal["critical", "error", "warning", "info"]
"""How serious a failed tick is. The words are those of PagerDuty."""

DoneBy = Annotated[str, Field(strict=True), AfterValidator(_is_a_deadline)]
"""A time of the day such as `06:30`, or a time after the tick such as `90m` or `1h30m`, at most 24 hours."""

LongestRun = Annotated[int, Field(strict=True, ge=1, le=20160)]
"""Minutes; at most two weeks."""


PauseAfter = Annotated[int, Field(strict=True, ge=pausing.FEWEST, le=pausing.MOST)]
"""Ticks in a row that went wrong."""


@dataclass(frozen=True, kw_only=True)
class Job(Guarantees):
    """A named piece of work that runs in a container of an existing task definition.

    The job file sets what runs. The stack's config sets when and where, under `scheduled-jobs:schedules`.

        JOB = Job(
            name="nightly-report",
            command=["python", "manage.py", "build_report", "--for", "yesterday"],
            owner="data",
        )
    """

    name: JobName
    """The job's name. It is also the key under `scheduled-jobs:schedules` and the first part of the schedule's name."""

    command: Command
    """The command that replaces the container's, for example `["python", "manage.py", "delete_expired"]`."""

    owner: Owner
    """The team that gets the alert when a run fails. It is also a tag on every resource and task of the job."""

    description: Annotated[str, Field(strict=True, max_length=200)] = ""
    """The purpose of the job, in one sentence."""

    runbook: Annotated[
        str,
        matching(r"^(https?://[^\s\p{C}]+)?$", "an address such as https://wiki.example.com/report", max_length=1024),
    ] = ""
    """The address of instructions for a failed run. Every alert contains it."""

    environment: Environment = field(default_factory=dict)
    """Variables that are added to the container's own. Secrets belong in the task definition's `secrets` instead."""

    container: ContainerName | None = None
    """The container that runs the command. Default: the placement's container."""

    placement: PlacementName = "default"
    """The name of the placement. Stack config may set another one."""

    cpu: CpuUnits | None = None
    """Task CPU in units; 1024 units are one vCPU. Default: the CPU of the task definition."""

    memory: MemoryMiB | None = None
    """Task memory in MiB. Default: the memory of the task definition."""

    severity: Severity = "error"
    """How serious a failed tick is. Every alert contains it, and routes may select by it."""

    longest_run: LongestRun | None = None
    """Minutes after which a run is reported; it is not stopped. Default: three times what good runs usually take."""

    done_by: DoneBy | None = None
    """Until when the work of a tick must be done: `"06:30"` in the schedule's time zone, or `"90m"` after the tick.

    A tick without a good run by then is reported, also if nothing has begun. Stack config may set another time.
    """

    pause_after: PauseAfter | None = None
    """After how many ticks of a schedule in a row that went wrong a hold keeps the job from running. Default: never.

    Somebody must end the hold. Stack config may set another number.
    """

    launch_retries: LaunchRetries = 3
    """How often Scheduler repeats a failed launch within 15 minutes. A supervised job is launched until its deadline.

    For further attempts of a run see `retries`.
    """
