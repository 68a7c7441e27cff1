"""An ECS task, read from a rule's event or from DescribeTasks, and the meaning of its end for the tick.

The runs of jobs that are no tasks have the same form: see `watch.news`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_facts import stop_codes
from aws_facts.stop_codes import StopCode
from watch import classes, instants, sidecars, untrusted
from watch.names import BY_HAND, JOB_SCHEDULE, JOB_SCHEDULED_TIME, STOP_REASON

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watch.stops import AnnouncedStop

FIELDS = (
    "taskArn",
    "clusterArn",
    "taskDefinitionArn",
    "group",
    "version",
    "lastStatus",
    "createdAt",
    "startedAt",
    "stoppedAt",
    "stopCode",
    "stoppedReason",
    "startedBy",
    "containers",
)
"""The fields of an event that the watch keeps. `overrides` is not among them, because it contains the environment."""


BY_SUPERVISOR = "the supervisor stopped the run: "
"""Begins the reason of a run that met one of the job's limits."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One task at one of its versions."""

    arn: str
    """The task's ARN, or the text that names the run (`watch.run_kinds`)."""
    cluster: str
    definition: str
    """The ARN of the task definition's revision."""
    group: str
    version: int
    status: str
    created: datetime | None = None
    started: datetime | None = None
    stopped: datetime | None = None
    stop_code: str = ""
    reason: str = ""
    by_hand: bool = False
    """Whether an operator started the task."""
    rerun: str = ""
    """The id of the operator's request to the supervisor; empty for a task that nobody asked the supervisor for."""
    containers: tuple[Mapping[str, Any], ...] = ()
    launch: int = 0
    """The number of the launch that made the run; 0 for a task, which has a token."""
    verdict: Verdict | None = None
    """The meaning of the end of a run that is no task, as it was told."""
    worker: str = ""
    """The process that does the work of a run that is no task, as it names itself; empty if that is unknown."""

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def over(self) -> bool:
        """Whether the task has stopped. No state follows that one."""
        return self.status == "STOPPED"


@dataclass(frozen=True)
class Origin:
    """The schedule and the tick that a task's override names. Other values of the environment are never passed on."""

    schedule: str
    tick: str
    container: str
    unknown: str = ""
    """The schedule that the override names, quoted, when it is not one of the job's. Then `schedule` is a guess."""
    guessed: bool = False
    """Whether schedule and tick are a guess, because AWS did not describe the task."""


@dataclass(frozen=True)
class Verdict:
    """The meaning of a run's end."""

    outcome: str
    """`good`, `stopped`, or a class of alert."""
    exit_code: int | None
    reason: str
    by_a_person: bool = False
    """Whether somebody stopped the run, other than this program."""
    suspects: str = ""
    """The other containers that probably ended the run, in words."""


def from_event(event: Mapping[str, Any]) -> Task:
    """Return the task of an event's detail.

    The rules of an earlier version of this program passed on an empty text for each field that the event did not have.
    """
    return _task(kept(event))


def kept(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an event's detail that the ledger may hold: no environment is in it."""
    return {name: event[name] for name in FIELDS if event.get(name, "") != ""}


def from_description(described: Mapping[str, Any]) -> Task:
    """Return the task of a DescribeTasks answer."""
    return _task(described)


def origin(described: Mapping[str, Any], job: str) -> Origin | None:
    """Return the tick of a job that a task is for; None when its overrides name none.

    `described` is the answer of DescribeTasks or an event's detail. A task that no schedule launched names no tick, and
    an event may leave the environment out.

    Anyone who may run tasks can choose the override's values. A schedule that is not one of the job's is unknown. Then
    the task counts for the schedule that is named like the job, and its tick is empty.
    """
    for override in _container_overrides(described):
        values = {pair["name"]: pair["value"] for pair in override.get("environment", [])}
        tick = instants.read_or_none(values.get(JOB_SCHEDULED_TIME, ""))
        if JOB_SCHEDULE in values and tick is not None:
            container = untrusted.container_name(override.get("name", ""))
            schedule = values[JOB_SCHEDULE]
            if _is_of(schedule, job):
                return Origin(schedule, instants.text(tick), container)
            return Origin(job, "", container, untrusted.quoted(schedule))
    return None


def checked(origin: Origin, job: str, created: datetime) -> Origin:
    """Return a settled origin if its schedule is one of the job's, otherwise one that has that schedule as unknown.

    An earlier version of this program, which did not check names, may have settled another schedule.
    """
    if _is_of(origin.schedule, job):
        tick = instants.read_or_none(origin.tick)
        return replace(
            origin, tick=instants.text(tick or created), container=untrusted.container_name(origin.container)
        )
    return Origin(job, instants.text(created), "", untrusted.quoted(origin.schedule))


def named_schedule(described: Mapping[str, Any]) -> str:
    """Return the schedule that a task's override names, without checking it; empty when it names none."""
    pairs = [pair for override in _container_overrides(described) for pair in override.get("environment", [])]
    return next((str(pair["value"]) for pair in pairs if pair["name"] == JOB_SCHEDULE), "")


def judge(task: Task, container: str, announced: AnnouncedStop | None = None) -> Verdict:
    """Return the verdict on a task that has ended. Only the job's own container decides, not the sidecars.

    If `container` is unknown and the task has one container, that container decides. A run that an operator has
    announced to stop is stopped, whatever ECS says of its end, unless its work was done.
    """
    if task.verdict is not None:
        return task.verdict
    own = next((one for one in task.containers if one.get("name") == container), None)
    if own is None and len(task.containers) == 1:
        own = task.containers[0]
    own = own or {}
    exit_code = untrusted.exit_code(own.get("exitCode"))
    outcome = _outcome(task, own, exit_code)
    if announced is not None and outcome != classes.GOOD and announced.explains(task.stopped):
        return Verdict(classes.STOPPED, exit_code, announced.reason)
    return Verdict(
        outcome,
        exit_code,
        _reason(task, own, outcome),
        by_a_person=outcome == classes.STOPPED and not task.reason.startswith(STOP_REASON),
        suspects=sidecars.suspects(task.containers, own)
        if outcome == classes.FAILED and _ended_by_itself(task)
        else "",
    )


def _ended_by_itself(task: Task) -> bool:
    """Return whether ECS stopped the task only because one of its containers ended, or does not say why."""
    return task.stop_code in (*stop_codes.BY_ITSELF, "")


def _reason(task: Task, own: Mapping[str, Any], outcome: str) -> str:
    """Return ECS's reason for the stop, with the reason of the container that it is about."""
    if _own_stop(task.reason):
        return f"{BY_SUPERVISOR}{task.reason.removeprefix(STOP_REASON).partition(': ')[2]}"
    reasons = [str(own.get("reason") or "")]
    if outcome == classes.NOT_STARTED and not reasons[0]:
        reasons = list(sidecars.not_started(task.containers, own, task.reason))
    return ": ".join(filter(None, (task.reason, *(one for one in reasons if one not in task.reason))))


def _outcome(task: Task, own: Mapping[str, Any], exit_code: int | None) -> str:
    if stop_codes.is_by_aws(task.stop_code, task.reason):  # a run that ends well within the warning did its work
        return classes.GOOD if exit_code == 0 else classes.INTERRUPTED
    if task.stop_code in stop_codes.BY_A_PERSON and not stop_codes.is_by_step_functions(task.reason):
        return _own_stop(task.reason) or classes.STOPPED
    if not _ran(task, own, exit_code):
        return classes.NOT_STARTED
    return classes.GOOD if exit_code == 0 else classes.FAILED


def _own_stop(reason: str) -> str | None:
    """Return the class for which the supervisor stopped a task; None for the stop of anybody else."""
    word = reason.removeprefix(STOP_REASON).partition(":")[0]
    return word if reason.startswith(STOP_REASON) and word in (classes.TIMED_OUT, classes.NOT_STARTED) else None


def _ran(task: Task, own: Mapping[str, Any], exit_code: int | None) -> bool:
    """Return whether the job's own container ran. ECS does not always learn the exit code of a container that did.

    A task becomes RUNNING when its containers run (ECS Developer Guide, "Task lifecycle"). A container has an id in the
    runtime as soon as it is created, so the id proves nothing where ECS says that the container or the task failed to
    start.
    """
    if str(own.get("reason", "")).startswith(stop_codes.NEVER_STARTED):
        return False
    if task.stop_code == StopCode.TASK_FAILED_TO_START:
        return exit_code is not None
    return exit_code is not None or task.started is not None or bool(own.get("runtimeId"))


def _is_of(schedule: str, job: str) -> bool:
    """Return whether a schedule is one of the job's."""
    return untrusted.is_schedule(schedule) and (schedule == job or schedule.startswith(f"{job}."))


def _container_overrides(described: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = described.get("overrides", {}).get("containerOverrides", [])
    return found


def _task(raw: Mapping[str, Any]) -> Task:
    """Return a task; ValueError, with the value quoted, for a value that ECS does not write."""
    started_by = str(raw.get("startedBy", ""))
    return Task(
        arn=untrusted.task_arn(raw["taskArn"]),
        cluster=untrusted.cluster_arn(raw["clusterArn"]),
        definition=untrusted.definition_arn(raw.get("taskDefinitionArn", "")),
        group=raw.get("group", ""),
        version=int(raw.get("version", 0)),
        status=untrusted.word(raw["lastStatus"]),
        created=_instant(raw.get("createdAt")),
        started=_instant(raw.get("startedAt")),
        stopped=_instant(raw.get("stoppedAt")),
        stop_code=untrusted.word(raw.get("stopCode", "")),
        reason=str(raw.get("stoppedReason", "")),
        by_hand=started_by.startswith(BY_HAND),
        rerun=started_by.removeprefix(f"{BY_HAND}/") if started_by.startswith(f"{BY_HAND}/") else "",
        containers=tuple(raw.get("containers", ())),
    )


def _instant(value: str | datetime | None) -> datetime | None:
    if value is None:
        return None
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)
