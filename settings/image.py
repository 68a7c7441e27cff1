"""The type `Image`: a container image of a job's own, and the limits of its fields."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - pydantic reads the annotation
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from aws_facts.fargate import LONGEST_STOP_TIMEOUT, USUAL_STOP_TIMEOUT
from settings.dockerfile import Dockerfile
from settings.ebs_volume import OwnEbs  # noqa: TC001 - pydantic reads the annotation
from settings.image_uri import ImageUri, Secrets  # noqa: TC001 - pydantic reads the annotations
from settings.limits import KeyArn, RoleArn  # noqa: TC001 - pydantic reads the annotations
from settings.policy_statement import Statements  # noqa: TC001 - pydantic reads the annotation
from settings.sidecars import Sidecars  # noqa: TC001 - pydantic reads the annotation
from settings.volumes import Volumes  # noqa: TC001 - pydantic reads the annotations
from settings.written import instance

Storage = Annotated[int, Field(strict=True, ge=21, le=200)]
"""GiB (ECS API reference, EphemeralStorage)."""

StopTimeout = Annotated[int, Field(strict=True, ge=1, le=LONGEST_STOP_TIMEOUT)]


@dataclass(frozen=True)
class Image:
    """A container image of the job's own. The program makes the task definition that runs it, with its roles and log.

        JOB = Job(
            name="db-cleanup",
            image=Image(
                "123456789012.dkr.ecr.eu-central-1.amazonaws.com/db-cleanup:1.4",
                secrets={"DB_PASSWORD": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf:password::"},
            ),
            owner="data",
        )

    The image's own command runs, unless the job has one. The job's `cpu` and `memory` are the sizes of the task, by
    default 256 and 512.
    """

    uri: ImageUri | None = None
    """The image with its tag or its digest. Stack config may set another one."""

    build: Annotated[Dockerfile, instance(Dockerfile, 'Dockerfile("images/report")')] | None = field(
        default=None, kw_only=True
    )
    """How each deployment builds the image, in place of `uri`. An image in stack config replaces it."""

    secrets: Secrets = field(default_factory=dict, kw_only=True)
    """Variables whose values ECS reads from Secrets Manager or Parameter Store. Stack config may add others."""

    secret_keys: Sequence[KeyArn] = field(default=(), kw_only=True)
    """The ARNs of KMS keys of your own that encrypt these secrets. Default: the keys of AWS."""

    architecture: Literal["x86_64", "arm64"] = field(default="x86_64", kw_only=True)
    """The processor that the image is built for."""

    ephemeral_storage: Storage | None = field(default=None, kw_only=True)
    """The disk of a task in GiB: 21 to 200, on Fargate alone. Default: Fargate's own 20."""

    stop_timeout: StopTimeout = field(default=USUAL_STOP_TIMEOUT, kw_only=True)
    """Seconds from SIGTERM to SIGKILL when a run is stopped."""

    task_role: RoleArn | None = field(default=None, kw_only=True)
    """The ARN of an existing role with whose permissions the job calls AWS."""

    statements: Statements = field(default=(), kw_only=True)
    """The policy statements of a role that is made for the job. Default: the job has no role."""

    log_mode: Literal["blocking", "non-blocking"] = field(default="blocking", kw_only=True)
    """`"blocking"`: no line of the log is lost. `"non-blocking"`: the job never waits for its log."""

    sidecars: Sidecars = field(default=(), kw_only=True)
    """Further containers of the task."""

    volumes: Volumes = field(default=(), kw_only=True)
    """Directories of the task's own disk, which containers share, and file systems of EFS."""

    ebs: OwnEbs | None = field(default=None, kw_only=True)
    """A volume of EBS that each task gets; ECS configures one at launch (ECS API reference, Volume)."""
