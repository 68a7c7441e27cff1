"""The type `Job`, which every job file defines, and the limits of its fields.

A `Job` checks nothing when it is created. `plan.build` checks all jobs together, so that one preview names every
mistake in every file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Tag

from aws_facts.launch_types import LARGEST_CPU, LARGEST_MEMORY
from settings.environment import Environment, plain_text
from settings.function import FUNCTION, HANDLER, Function
from settings.guarantees import Guarantees
from settings.handler import Handler
from settings.http import Http
from settings.image import Image
from settings.in_process import InProcess
from settings.limits import ContainerName  # noqa: TC001 - pydantic reads the annotation
from settings.patterns import matching
from settings.tag_text import Owner  # noqa: TC001 - pydantic reads the annotation
from settings.worker import Worker
from settings.written import instance, one_of
from watch import done_by, pausing

_NAME_PATTERN = r"^[a-z][a-z0-9-]{0,39}$"
_NAME = matching(
    _NAME_PATTERN,
    "lower-case letters, digits and hyphens, starting with a letter, at most 40 characters, such as nightly-report",
)


def is_job_name(text: str) -> bool:
    """Return whether a job can have this name."""
    return re.fullmatch(_NAME_PATTERN, text) is not None and not text.endswith("\n")


DEFAULT_PLACEMENT = "default"
"""The placement of a job that names no other."""


_FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:rates"


def _is_function(given: object) -> object:
    if not isinstance(given, Function | Handler):
        raise ValueError(f'must be Function("...") or Handler("..."), such as Function("{_FUNCTION}")')  # noqa: TRY004
    return given


OwnFunction = Annotated[
    Annotated[Function, instance(Function, f'Function("{_FUNCTION}")'), Tag(FUNCTION)]
    | Annotated[Handler, instance(Handler, 'Handler("functions/rates", handler="app.handle")'), Tag(HANDLER)],
    one_of({Function: FUNCTION, Handler: HANDLER}),
    BeforeValidator(_is_function),
]


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

PlacementName = Annotated[str, _NAME]
"""A key of `scheduled-jobs:placements` in stack config."""

Command = Annotated[
    Sequence[Annotated[str, Field(strict=True, max_length=8192), AfterValidator(plain_text)]],
    Field(min_length=1),
    AfterValidator(_names_a_program),
]
"""The argument vector: one string per argument, without a shell."""

CpuUnits = Annotated[int, Field(strict=True, gt=0, le=LARGEST_CPU)]
"""Task CPU in units; 1024 units are one vCPU. The placement's capacity says which sizes there are."""

MemoryMiB = Annotated[int, Field(strict=True, gt=0, le=LARGEST_MEMORY)]
"""Task memory in MiB. The placement's capacity says which sizes there are."""

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
    """A named piece of work, with what runs it: a container by default, which is a task of ECS.

    The job file sets what runs. The stack's config sets when and where, under `scheduled-jobs:schedules`.

        JOB = Job(
            name="nightly-report",
            command=["python", "manage.py", "build_report", "--for", "yesterday"],
            owner="data",
        )
    """

    name: JobName
    """The job's name. It is also the key under `scheduled-jobs:schedules` and the first part of the schedule's name."""

    owner: Owner
    """The team that gets the alert when a run fails. It is also a tag on every resource and task of the job."""

    command: Command | None = None
    """The command that replaces the container's, for example `["python", "manage.py", "delete_expired"]`.

    Default: the container runs its own, that of its task definition or else of its image. A container of a service's
    task definition needs one.
    """

    description: Annotated[str, Field(strict=True, max_length=200)] = ""
    """The purpose of the job, in one sentence."""

    runbook: Annotated[
        str,
        matching(r"^(https?://[^\s\p{C}]+)?$", "an address such as https://wiki.example.com/report", max_length=1024),
    ] = ""
    """The address of instructions for a failed run. Every alert contains it."""

    environment: Environment = field(default_factory=dict)
    """Variables that are added to the container's own. Secrets belong in the task definition's `secrets` instead."""

    image: Annotated[Image, instance(Image, 'Image("registry.example.com/report:1.4")')] | None = None
    """A container image of the job's own. Default: the job runs in a container of the placement's task definition."""

    function: OwnFunction | None = None
    """A Lambda function that runs the job: an existing one, or a handler in a folder. Default: a container runs it."""

    http: Annotated[Http, instance(Http, 'Http("fleet")')] | None = None
    """A request to a receiver, a service that runs the job. Default: a container runs it."""

    worker: Annotated[Worker, instance(Worker, 'Worker(task="refresh")')] | None = None
    """The containers of the placement's service take the job's runs. Default: each run is a task of its own."""

    in_process: Annotated[InProcess, instance(InProcess, "InProcess()")] | None = None
    """The processes of the placement's service begin the runs by themselves. Default: runs are launched."""

    container: ContainerName | None = None
    """The container that runs the command. Default: the placement's container."""

    placement: PlacementName = DEFAULT_PLACEMENT
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
