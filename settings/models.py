"""The types of stack config. They are frozen, have keys in camelCase, and refuse unknown keys and other types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self

import pydantic
from pydantic import Field
from pydantic.alias_generators import to_camel

import cadence
from aws_facts.fargate import PROVIDERS
from settings.capacity import Capacity
from settings.endpoints import AnyEndpoint, EachOnce, Email, Function, Https, Queue, Route, Trouble
from settings.environment import Environment
from settings.guarantees import Guarantees
from settings.image_uri import ImageUri, Secrets
from settings.job import (
    CpuUnits,
    DoneBy,
    JobName,
    MemoryMiB,
    PauseAfter,
    PlacementName,
    ScheduleKey,
)
from settings.limits import (
    EGRESS_ONLY,
    ClusterName,
    ContainerName,
    Days,
    EgressOnly,
    KeyArn,
    LogDays,
    NotBlank,
    Once,
    PolicyArn,
    PulumiName,
    RoleArn,
    SecretName,
    SecurityGroupId,
    SubnetId,
    TaskDefinitionRef,
    TopicArn,
    Window,
)
from settings.section import Section
from watch.facts import GRACE, PENDING, RETENTION_DAYS
from watch.redaction import SECRET_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from settings.calendars import Calendar
    from settings.receivers import Receiver


Zone = Annotated[str, Field(examples=["Europe/Berlin"]), pydantic.AfterValidator(lambda name: cadence.zone(name).key)]
_Moment = Annotated[str, Field(examples=["2027-01-31T06:00:00"])]


class StackOutput(Section):
    """A value that another stack exports."""

    project: PulumiName
    stack: PulumiName
    output: NotBlank
    organization: PulumiName | None = None
    """The other stack's organization. Default: the organization of this stack."""


def _form_of(reference: object) -> str | None:
    if isinstance(reference, str):
        return "[name]"
    return "[mapping]" if isinstance(reference, dict | StackOutput) else None


ClusterRef = Annotated[
    Annotated[ClusterName, pydantic.Tag("[name]")] | Annotated[StackOutput, pydantic.Tag("[mapping]")],
    pydantic.Discriminator(
        _form_of,
        custom_error_type="cluster_reference",
        custom_error_message="must be a cluster's name or ARN, or a mapping with project, stack and output",
    ),
]


class ServiceRef(Section):
    """A running ECS service. Jobs use its network, capacity and task definition family."""

    cluster: ClusterRef
    name: NotBlank


def _form_of_groups(groups: object) -> str | None:
    if isinstance(groups, str):
        return "[name]"
    return "[list]" if isinstance(groups, list) else None


SecurityGroups = Annotated[
    Annotated[EgressOnly, pydantic.Tag("[name]")]
    | Annotated[list[SecurityGroupId], Field(min_length=1, max_length=5), Once, pydantic.Tag("[list]")],
    pydantic.Discriminator(
        _form_of_groups,
        custom_error_type="security_groups",
        custom_error_message=f"must be a list of the ids of security groups, or {EGRESS_ONLY}",
    ),
]


class PlacementSettings(Section):
    """Where runs happen.

    `service` supplies all values, and a value that is set here wins over the service's. Without `service`, subnets are
    required, and taskDefinition too unless each job here has an image of its own. Without `service` and `cluster`, the
    placement makes a cluster of its own.
    """

    service: ServiceRef | None = None
    cluster: ClusterRef | None = None
    task_definition: TaskDefinitionRef | None = None
    """A family, whose latest active revision runs, or `family:revision`, which pins one revision.

    Jobs with an image of their own do not need it.
    """
    container: ContainerName | None = None
    """The container that runs the commands. Default: the only essential container."""
    subnets: Annotated[list[SubnetId], Field(min_length=1, max_length=16), Once] | None = None
    security_groups: SecurityGroups | None = None
    """Ids of security groups, or `egress-only`: the placement makes a group that lets all traffic out and none in."""
    assign_public_ip: bool | None = None
    capacity: Capacity | None = None
    """A weight, or weight and base, by capacity provider. Default: those of the service, or else plain FARGATE."""
    task_roles: Annotated[list[RoleArn], Once] = []
    """ARNs of further roles that a launch may pass, for a coming revision of the task definition."""
    container_insights: Literal["enhanced", "enabled", "disabled"] | None = None
    """Which metrics CloudWatch gets of the cluster that the placement makes. Default: enabled."""

    @property
    def makes_cluster(self) -> bool:
        """Whether the placement makes a cluster, because it names none."""
        return self.service is None and self.cluster is None

    @property
    def makes_security_group(self) -> bool:
        """Whether the placement makes its security group."""
        return self.security_groups == EGRESS_ONLY

    @property
    def named_groups(self) -> list[str]:
        """The ids of the security groups that the placement names."""
        return self.security_groups if isinstance(self.security_groups, list) else []

    @pydantic.model_validator(mode="after")
    def _names_a_place(self) -> Self:
        if self.service is not None and self.cluster is not None:
            raise ValueError("'service' already names the cluster; remove 'cluster'")
        if self.service is None:
            if self.subnets is None:
                raise ValueError("without 'service', this key is required: subnets")
            if self.task_definition is None:
                idle = [to_camel(n) for n in ("container", "task_roles") if getattr(self, n)]
                if idle:
                    raise ValueError(f"without 'taskDefinition', these keys do nothing: {', '.join(idle)}")
        return self

    @pydantic.model_validator(mode="after")
    def _fits_its_cluster(self) -> Self:
        if not self.makes_cluster and self.container_insights is not None:
            named = "cluster" if self.service is None else "service"
            raise ValueError(
                f"'containerInsights' is for a cluster that the placement makes; remove it, since '{named}' names one"
            )
        others = [name for name in self.capacity or {} if name not in PROVIDERS]
        if self.makes_cluster and others:
            raise ValueError(
                f"the cluster that this placement makes has only {' and '.join(PROVIDERS)}, and not "
                f"{', '.join(others)}; name a cluster that has it in 'cluster'"
            )
        return self

    @property
    def on_fargate(self) -> bool | None:
        """Whether tasks run on Fargate; None when the service decides."""
        if self.capacity is None:
            return None if self.service else True
        return all(provider in PROVIDERS for provider in self.capacity)


class Defaults(Section):
    """Default values for schedules."""

    timezone: Zone = "UTC"


class AlertSettings(Section):
    """Where alerts go. An endpoint is an address, or a mapping that also limits the alerts that it gets."""

    email: Annotated[list[Email], EachOnce] = []
    https: Annotated[list[Https], EachOnce] = []
    sqs: Annotated[list[Queue], EachOnce] = []
    lambda_: Annotated[list[Function], EachOnce, Field(alias="lambda")] = []
    topic: TopicArn | None = None
    """A topic that gets the alerts instead of the stack's own topic."""
    quiet: Annotated[list[Trouble], Once] = []
    """Classes of alerts that are recorded but not sent."""
    grace: Window = f"{GRACE // 60} minutes"
    """How long after its tick and window a run may begin before the tick counts as missed."""
    pending: Window = f"{PENDING // 60} minutes"
    """How long after its creation a task may start before it is reported."""

    secret_names: Annotated[list[SecretName], Once] = list(SECRET_NAMES)
    """Patterns of the names of variables whose values no message shows. A list here replaces the usual patterns."""
    stops: bool = False
    """Whether a run that somebody stopped is alerted. It is recorded in any case."""

    @property
    def grace_minutes(self) -> int:
        """The grace in minutes, as a number."""
        return int(self.grace.split()[0])

    @property
    def pending_minutes(self) -> int:
        """The time in minutes after which a task that has not started is reported."""
        return int(self.pending.split()[0])

    def endpoints(self) -> list[tuple[str, AnyEndpoint]]:
        """Return all endpoints, each with its protocol."""
        return [(kind, one) for kind, listed in self._kinds() for one in listed]

    def routes(self) -> list[tuple[tuple[str, int], Route]]:
        """Return the endpoints that do not get all alerts, each with its path below this section."""
        return [
            ((kind, index), one)
            for kind, listed in self._kinds()
            for index, one in enumerate(listed)
            if isinstance(one, Route)
        ]

    def _kinds(self) -> list[tuple[str, Sequence[AnyEndpoint]]]:
        return [("email", self.email), ("https", self.https), ("sqs", self.sqs), ("lambda", self.lambda_)]


class LedgerSettings(Section):
    """The record of ticks and runs."""

    days: Days = RETENTION_DAYS
    """How many days the ledger keeps a tick."""
    retain: bool = False
    """Whether the ledger is kept when the stack is destroyed, and has point-in-time recovery. Production needs this."""


class LogSettings(Section):
    """The log of jobs that have an image of their own."""

    days: LogDays = 30
    """How many days a line is kept."""


class EncryptionSettings(Section):
    """How the stack's own topics, queues, ledger and log are encrypted."""

    kms_key: KeyArn | None = None
    """The ARN of your own KMS key, in the stack's region. Default: keys of AWS; topics are not encrypted."""


class IamSettings(Section):
    """The organization's requirements for every role."""

    permissions_boundary: PolicyArn | None = None


class OverrideForm(Section, Guarantees):  # type: ignore[misc] # mypy takes a pydantic model for a dataclass
    """The values with which a stack overrides those of the job file."""

    environment: Environment = {}
    cpu: CpuUnits | None = None
    memory: MemoryMiB | None = None
    done_by: DoneBy | None = None
    pause_after: PauseAfter | None = None


class ScheduleForm(OverrideForm):  # type: ignore[misc] # see OverrideForm
    """A schedule in the long form: one of `cron`, `rate`, `at`, with its other values."""

    cron: Annotated[str, Field(examples=["0 2 * * ? *"])] | None = None
    rate: Annotated[str, Field(examples=["15 minutes"])] | None = None
    at: _Moment | None = None
    timezone: Zone | None = None
    window: Window | None = None
    """The time after the tick within which Scheduler launches the job."""
    start: _Moment | None = None
    end: _Moment | None = None
    enabled: bool = True


class JobForm(OverrideForm):  # type: ignore[misc] # see OverrideForm
    """The values that all schedules of a job share in this stack."""

    placement: PlacementName | None = None
    image: ImageUri | None = None
    """The image, for a job that has one of its own. It replaces the job file's."""
    secrets: Secrets = {}
    """Secrets of a job that has an image of its own. They are added to the job file's, and replace those."""


@dataclass(frozen=True)
class ScheduleEntry:
    """A schedule as the rest of the program sees it."""

    timetable: cadence.Timetable | None
    """None after a mistake in the schedule's times."""
    enabled: bool
    override: OverrideForm


@dataclass(frozen=True)
class JobEntry:
    """A job's entry in this stack: its schedules by key. A single schedule may have the empty string as its key."""

    shared: JobForm
    schedules: Mapping[str, ScheduleEntry]


@dataclass(frozen=True)
class Settings:
    """All settings of a stack. In `schedules`, a job that is off has the value None."""

    placements: Mapping[str, PlacementSettings]
    calendars: Mapping[str, Calendar]
    receivers: Mapping[str, Receiver]
    schedules: Mapping[str, JobEntry | None]
    defaults: Defaults
    alerts: AlertSettings
    tags: Mapping[str, str]
    iam: IamSettings
    ledger: LedgerSettings
    logs: LogSettings
    encryption: EncryptionSettings


PlacementNames = pydantic.TypeAdapter(PlacementName)
JobNames = pydantic.TypeAdapter(JobName)
ScheduleKeys = pydantic.TypeAdapter(ScheduleKey)
