"""Every kind of event that ECS sends about a task, each judged by hand from the page that describes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.watch.told import TICK, nightly
from tests.unit.watch.world import GROUP, World
from watch import instants

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENTS = "ECS Developer Guide, Amazon ECS task state change events"
LIFECYCLE = "ECS Developer Guide, Amazon ECS task lifecycle"
ERRORS = "ECS Developer Guide, Amazon ECS stopped tasks error messages"
SPOT = "ECS Developer Guide, Amazon ECS clusters for Fargate, Spot termination notices"
RETIREMENT = "ECS Developer Guide, Task retirement and maintenance for AWS Fargate"
DRAINING = "AWS Batch User Guide, Instance draining and task interruptions"
DEFINITION = "ECS API Reference, ContainerDefinition: essential, stopTimeout, dependsOn"
STOP_TASK = "ECS API Reference, StopTask: reason"
STOP_CODE = "ECS API Reference, Task: stopCode"
GROUPS = "ECS API Reference, RunTask: group"
AGENT = "aws/amazon-ecs-agent, issues 2312 and 2940"
HOSTS = "ECS Developer Guide, Amazon ECS stopped tasks error messages: Host EC2 (instance id) stopped/terminated"
DEREGISTERING = "ECS Developer Guide, Amazon ECS stopped tasks error messages: Container instance deregistration forced"
CAPACITY = "ECS Developer Guide, Amazon ECS API failure reasons: DescribeTasks, TaskFailedToStart"
STEP_FUNCTIONS = "Step Functions Developer Guide, ecs:runTask.sync: best effort to stop the task"
SIGNALS = "bash(1), EXIT STATUS: 128 + the signal's number"

EXITED = ("EssentialContainerExited", "Essential container in task exited")
FAILED_TO_START = "TaskFailedToStart"
SPOT_REASON = "Your Spot Task was interrupted."
MAINTENANCE = "ECS is performing maintenance on the underlying infrastructure hosting the task"
DRAINED = "Task stopped during instance draining"
DEREGISTERED = "Container instance deregistration forced by user"
MEMORY = "OutOfMemoryError: Container killed due to memory usage"
ABORTED = (
    "The Task state in AWS Step Functions execution [arn:aws:states:eu-central-1:123456789012:execution:nightly:1] "
    "which was managing this resource was aborted"
)
NOT_OURS = "not ours"


@dataclass(frozen=True)
class Kind:
    """A kind of event, and what it means."""

    meaning: str
    """The outcome of the tick, or NOT_OURS."""
    source: str
    """The page that says so."""
    code: str | None = None
    reason: str | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    """What the event says of the job's own container."""
    sidecars: tuple[Mapping[str, Any], ...] = ()
    started: bool = True
    """Whether the task became RUNNING."""
    status: str = "STOPPED"
    group: str = f"{GROUP}:nightly-report"

    def event(self) -> dict[str, Any]:
        """Return the event's detail. A member that ECS does not know is left out."""
        task = nightly()
        names = ("proxy", "agent", "router")
        known = {
            "taskArn": task.arn,
            "clusterArn": task._fields()["clusterArn"],
            "taskDefinitionArn": task._fields()["taskDefinitionArn"],
            "group": self.group,
            "version": 4,
            "lastStatus": self.status,
            "desiredStatus": "STOPPED" if self.code or self.status == "STOPPED" else "RUNNING",
            "createdAt": instants.text(TICK),
            "startedAt": instants.text(TICK) if self.started else None,
            "stoppedAt": instants.text(TICK) if self.status == "STOPPED" else None,
            "stopCode": self.code,
            "stoppedReason": self.reason,
            "containers": [
                {"name": "app", **self.own},
                *({"name": name, **one} for name, one in zip(names, self.sidecars, strict=False)),
            ],
            "overrides": task.described()["overrides"],
        }
        return {name: value for name, value in known.items() if value is not None}


def ended(exit_code: int | None = None, reason: str | None = None, runtime: str | None = "0af3-1") -> dict[str, Any]:
    """Return what an event says of a container that was created, and perhaps ran."""
    known = {"lastStatus": "STOPPED", "exitCode": exit_code, "reason": reason, "runtimeId": runtime}
    return {name: value for name, value in known.items() if value is not None}


def unstarted(reason: str | None = None) -> dict[str, Any]:
    """Return what an event says of a container that was never created."""
    return ended(None, reason, None)


def exited(meaning: str, source: str, own: Mapping[str, Any], *sidecars: Mapping[str, Any], **more: Any) -> Kind:  # noqa: ANN401
    """Return a task that ended because an essential container did."""
    return Kind(meaning, source, *EXITED, own, sidecars, **more)


def not_started(reason: str, *sidecars: Mapping[str, Any], source: str = ERRORS, own: str | None = None) -> Kind:
    """Return a task that failed to start."""
    return Kind("not-started", source, FAILED_TO_START, reason, unstarted(own), sidecars, started=False)


def stopped(meaning: str, source: str, code: str | None, reason: str | None, exit_code: int | None) -> Kind:
    """Return a task that ECS stopped while it ran."""
    return Kind(meaning, source, code, reason, ended(exit_code), (ended(137),))


KINDS: dict[str, Kind] = {
    # The run is under way
    "provisioning": Kind("running", LIFECYCLE, started=False, status="PROVISIONING"),
    "pending": Kind("running", LIFECYCLE, started=False, status="PENDING"),
    "activating": Kind("running", LIFECYCLE, started=False, status="ACTIVATING"),
    "running": Kind("running", LIFECYCLE, own={"lastStatus": "RUNNING"}, status="RUNNING"),
    "running, a sidecar has ended": Kind(
        "running", EVENTS, own={"lastStatus": "RUNNING"}, sidecars=(ended(0),), status="RUNNING"
    ),
    "running, warned of a Spot interruption": Kind(
        "running", SPOT, "SpotInterruption", SPOT_REASON, {"lastStatus": "RUNNING"}, status="RUNNING"
    ),
    "running, noticed of its termination": Kind(
        "running", SPOT, "TerminationNotice", SPOT_REASON, {"lastStatus": "RUNNING"}, status="RUNNING"
    ),
    "running, told to stop": Kind(
        "running", STOP_TASK, "UserInitiated", "Wrong data", {"lastStatus": "RUNNING"}, status="RUNNING"
    ),
    "running, an essential sidecar has died": Kind(
        "running", DEFINITION, *EXITED, {"lastStatus": "RUNNING"}, (ended(137, MEMORY),), status="RUNNING"
    ),
    "deactivating": Kind("running", LIFECYCLE, *EXITED, ended(0), status="DEACTIVATING"),
    "stopping": Kind("running", LIFECYCLE, *EXITED, ended(1), status="STOPPING"),
    "deprovisioning": Kind("running", LIFECYCLE, *EXITED, ended(1), status="DEPROVISIONING"),
    # The job did its work
    "good": exited("good", EVENTS, ended(0)),
    "good, the sidecar was killed": exited("good", DEFINITION, ended(0), ended(137)),
    "good, the sidecar ended on SIGTERM": exited("good", DEFINITION, ended(0), ended(143)),
    "good, the sidecar ended before": exited("good", DEFINITION, ended(0), ended(0)),
    "good, the sidecar failed": exited("good", DEFINITION, ended(0), ended(1)),
    "good, the sidecar was out of memory": exited("good", DEFINITION, ended(0), ended(137, MEMORY)),
    "good, the sidecar's end is unknown": exited(
        "good", AGENT, ended(0), ended(None, "CannotInspectContainerError: x")
    ),
    "good, two sidecars": exited("good", DEFINITION, ended(0), ended(137), ended(2)),
    "good, without a stop code": Kind("good", STOP_CODE, None, EXITED[1], ended(0)),
    "good, without a reason": Kind("good", STOP_CODE, EXITED[0], None, ended(0)),
    "good before the task was RUNNING": Kind(
        "good", LIFECYCLE, FAILED_TO_START, EXITED[1], ended(0), (unstarted(),), started=False
    ),
    # The job failed
    "exit code 1": exited("failed", EVENTS, ended(1)),
    "exit code 2 beside a killed sidecar": exited("failed", DEFINITION, ended(2), ended(137)),
    "exit code 3 beside a good sidecar": exited("failed", DEFINITION, ended(3), ended(0)),
    "exit code 1 beside a failed sidecar": exited("failed", DEFINITION, ended(1), ended(1)),
    "exit code 255": exited("failed", EVENTS, ended(255)),
    "no such command in the shell": exited("failed", SIGNALS, ended(127)),
    "command not executable": exited("failed", SIGNALS, ended(126)),
    "out of memory": exited("failed", ERRORS, ended(137, MEMORY)),
    "out of memory beside a sidecar": exited("failed", ERRORS, ended(137, MEMORY), ended(137)),
    "killed": exited("failed", SIGNALS, ended(137)),
    "segmentation fault": exited("failed", SIGNALS, ended(139)),
    "abort": exited("failed", SIGNALS, ended(134)),
    "SIGTERM": exited("failed", SIGNALS, ended(143)),
    "an essential sidecar was out of memory": exited("failed", DEFINITION, ended(143), ended(137, MEMORY)),
    "an essential sidecar failed": exited("failed", DEFINITION, ended(143), ended(1)),
    "an essential sidecar ended, the job was killed": exited("failed", DEFINITION, ended(137), ended(1)),
    "an essential sidecar ended well": exited("failed", DEFINITION, ended(143), ended(0)),
    "an essential sidecar failed, the job's end is unknown": exited("failed", AGENT, ended(), ended(1)),
    "failed, without a stop code": Kind("failed", STOP_CODE, None, None, ended(1)),
    "failed, without a reason": Kind("failed", STOP_CODE, EXITED[0], None, ended(1)),
    "failed before the task was RUNNING": Kind(
        "failed", LIFECYCLE, FAILED_TO_START, EXITED[1], ended(1), (unstarted(),), started=False
    ),
    "not inspected": exited(
        "failed", AGENT, ended(None, "CannotInspectContainerError: Could not transition; timed out")
    ),
    "not inspected, and not RUNNING in the event": exited(
        "failed", AGENT, ended(None, "CannotInspectContainerError: Could not transition; timed out"), started=False
    ),
    "not inspected, beside a killed sidecar": exited(
        "failed", AGENT, ended(None, "CannotInspectContainerError: x"), ended(137)
    ),
    "runtime timed out at the end": exited(
        "failed", ERRORS, ended(None, "ContainerRuntimeTimeoutError: Could not transition to stopped; timed out")
    ),
    "Docker timed out at the end": exited(
        "failed", ERRORS, ended(None, "DockerTimeoutError: Could not transition to stopped; timed out")
    ),
    "could not be stopped": exited("failed", ERRORS, ended(None, "CannotStopContainerError: failed sending SIGTERM")),
    "nothing is known but the start": Kind("failed", AGENT),
    "Step Functions aborted the execution": stopped("failed", STEP_FUNCTIONS, "UserInitiated", ABORTED, 143),
    "Step Functions aborted it, killed": stopped("failed", STEP_FUNCTIONS, "UserInitiated", ABORTED, 137),
    "Step Functions aborted it, end unknown": stopped("failed", STEP_FUNCTIONS, "UserInitiated", ABORTED, None),
    "Step Functions aborted it after its work": stopped("good", STEP_FUNCTIONS, "UserInitiated", ABORTED, 0),
    "Step Functions aborted it before it ran": Kind(
        "not-started", STEP_FUNCTIONS, "UserInitiated", ABORTED, unstarted(), started=False
    ),
    # The container never ran
    "image does not exist": not_started(
        "CannotPullContainerError: failed to resolve ref app:v9: not found", own="CannotPullContainerError: not found"
    ),
    "image of a sidecar does not exist": not_started(
        "Task failed to start", unstarted("CannotPullContainerError: not found")
    ),
    "ECR refuses": not_started("CannotPullECRContainerError: AccessDeniedException"),
    "manifest": not_started("CannotPullImageManifestError: Error response from daemon"),
    "secrets": not_started(
        "ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException"
    ),
    "log group": not_started("ResourceInitializationError: failed to validate logger args: log group does not exist"),
    "file system": not_started("ResourceInitializationError: failed to invoke EFS utils commands"),
    "network interface": not_started("Timeout waiting for network interface provisioning to complete."),
    "subnet": not_started("Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0a'"),
    "disk": not_started("Timeout waiting for EphemeralStorage provisioning to complete."),
    "capacity": not_started("Capacity is unavailable at this time. Please try again later"),
    **{
        f"no instance: {reason}": not_started(reason, source=CAPACITY)
        for reason in (
            "RESOURCE:CPU",
            "RESOURCE:MEMORY",
            "AGENT",
            "MemberOf placement constraint unsatisfied",
            "ATTRIBUTE",
            "NO ACTIVE INSTANCES",
            "EMPTY CAPACITY PROVIDER",
        )
    },
    "volume": not_started("CannotCreateVolumeError: x", own="CannotCreateVolumeError: x"),
    "container could not be created": not_started("Task failed to start", own="CannotCreateContainerError: API error"),
    "created, but could not be started": Kind(
        "not-started",
        ERRORS,
        FAILED_TO_START,
        "Task failed to start",
        ended(None, "CannotStartContainerError: failed to create task"),
        started=False,
    ),
    "could not be started, with the code of the runtime": Kind(
        "not-started",
        ERRORS,
        FAILED_TO_START,
        "Task failed to start",
        ended(127, "CannotStartContainerError: executable file not found in $PATH"),
        started=False,
    ),
    "runtime timed out at the start": not_started(
        "ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m"
    ),
    "a dependency failed": Kind("not-started", DEFINITION, *EXITED, unstarted(), (ended(1),), started=False),
    "a sidecar ran, the job's container did not": Kind(
        "not-started", DEFINITION, FAILED_TO_START, "Task failed to start", unstarted(), (ended(137),), started=False
    ),
    "nothing is known": Kind("not-started", STOP_CODE, started=False),
    # AWS took the capacity away
    "Spot interruption": stopped("interrupted", SPOT, "SpotInterruption", SPOT_REASON, 143),
    "Spot interruption, killed": stopped("interrupted", SPOT, "SpotInterruption", SPOT_REASON, 137),
    "Spot interruption, end unknown": stopped("interrupted", SPOT, "SpotInterruption", SPOT_REASON, None),
    "Spot interruption, the job failed": stopped("interrupted", SPOT, "SpotInterruption", SPOT_REASON, 1),
    "Spot interruption before the container ran": Kind(
        "interrupted", SPOT, "SpotInterruption", SPOT_REASON, unstarted(), started=False
    ),
    "Spot interruption after the work was done": stopped("good", SPOT, "SpotInterruption", SPOT_REASON, 0),
    "termination notice": stopped("interrupted", SPOT, "TerminationNotice", SPOT_REASON, 143),
    "termination notice after the work was done": stopped("good", SPOT, "TerminationNotice", SPOT_REASON, 0),
    "termination notice of a host": stopped(
        "interrupted", HOSTS, "TerminationNotice", "Host EC2 (instance i-0123456789abcdef0) terminated.", None
    ),
    "lost host": Kind(
        "interrupted", HOSTS, None, "Host EC2 (instance i-0123456789abcdef0) terminated.", ended(), (ended(),)
    ),
    "lost host before the container ran": Kind(
        "interrupted",
        HOSTS,
        FAILED_TO_START,
        "Host EC2 (instance i-0123456789abcdef0) terminated.",
        unstarted(),
        started=False,
    ),
    "stopped host": Kind("interrupted", HOSTS, None, "Host EC2 (instance i-0123456789abcdef0) stopped.", ended()),
    "lost host after the work was done": stopped(
        "good", HOSTS, None, "Host EC2 (instance i-0123456789abcdef0) terminated.", 0
    ),
    "instance that left the cluster": stopped("interrupted", DEREGISTERING, "UserInitiated", DEREGISTERED, 143),
    "instance that left the cluster, end unknown": stopped("interrupted", DEREGISTERING, None, DEREGISTERED, None),
    "unhealthy infrastructure": stopped("interrupted", STOP_CODE, "InfrastructureHealth", None, 137),
    "unhealthy infrastructure, end unknown": stopped("interrupted", STOP_CODE, "InfrastructureHealth", None, None),
    "unhealthy infrastructure after the work was done": stopped("good", STOP_CODE, "InfrastructureHealth", None, 0),
    "retirement": stopped("interrupted", RETIREMENT, None, MAINTENANCE, 143),
    "retirement, with a service's code": stopped(
        "interrupted", RETIREMENT, "ServiceSchedulerInitiated", f"Service web: {MAINTENANCE}", 137
    ),
    "retirement after the work was done": stopped("good", RETIREMENT, None, MAINTENANCE, 0),
    "drained instance": stopped("interrupted", DRAINING, None, DRAINED, 143),
    "drained instance, end unknown": stopped("interrupted", DRAINING, None, DRAINED, None),
    "drained instance after the work was done": stopped("good", DRAINING, None, DRAINED, 0),
    # Somebody stopped it
    "stopped in the console": stopped("stopped", STOP_TASK, "UserInitiated", "Task stopped by user", 143),
    "stopped with a reason": stopped("stopped", STOP_TASK, "UserInitiated", "Wrong data", 137),
    "stopped without a reason": stopped("stopped", STOP_TASK, "UserInitiated", None, 143),
    "stopped, and the job ended well": stopped("stopped", STOP_TASK, "UserInitiated", "Wrong data", 0),
    "stopped, and the job failed": stopped("stopped", STOP_TASK, "UserInitiated", "Wrong data", 1),
    "stopped, end unknown": stopped("stopped", STOP_TASK, "UserInitiated", "Wrong data", None),
    "stopped before the container ran": Kind(
        "stopped", STOP_TASK, "UserInitiated", "Wrong data", unstarted(), started=False
    ),
    "stopped by this program": stopped(
        "stopped", STOP_TASK, "UserInitiated", "scheduled-jobs: timed-out after 1 hour", 137
    ),
    "stopped by a service": stopped(
        "stopped",
        STOP_CODE,
        "ServiceSchedulerInitiated",
        "Scaling activity initiated by (deployment ecs-svc/8646900195280463695)",
        143,
    ),
    # No job of ours
    "a service's task": exited(NOT_OURS, GROUPS, ended(1), group="service:web"),
    "a task of a family": exited(NOT_OURS, GROUPS, ended(1), group="family:web"),
    "a job of another stack": exited(NOT_OURS, GROUPS, ended(1), group="jobs-staging:nightly-report"),
    "a group that begins like ours": exited(NOT_OURS, GROUPS, ended(1), group="jobs-production-eu:nightly-report"),
    "a group without a job": exited(NOT_OURS, GROUPS, ended(1), group=f"{GROUP}:"),
    "a group without a colon": exited(NOT_OURS, GROUPS, ended(1), group=GROUP),
    "no group": exited(NOT_OURS, GROUPS, ended(1), group=""),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_kind_is_judged_as_its_page_says(world: World, kind: Kind) -> None:
    """The ledger has the outcome that the page means, and an alert is sent for the troubles alone."""
    event = kind.event()
    if kind.meaning == NOT_OURS:
        with pytest.raises(ValueError, match="does not belong to jobs-production"):
            world.watch.take_event(event)
        assert world.ledger.all_ticks() == {}
        return
    world.watch.take_event(event)
    run = world.tick("nightly-report", TICK).runs["0af3"]
    assert (run.outcome, run.exit_code) == (kind.meaning, kind.own.get("exitCode") if run.status == "STOPPED" else None)
    silent = ("good", "running", "stopped")
    assert [alert["class"] for alert in world.alerts()] == ([] if kind.meaning in silent else [kind.meaning])


def test_there_are_many_kinds() -> None:
    """Each meaning has several kinds, and each kind names its page."""
    meanings = [kind.meaning for kind in KINDS.values()]
    assert len(KINDS) >= 78
    assert {meaning for meaning in meanings if meanings.count(meaning) >= 7} == set(meanings)
    assert all(kind.source for kind in KINDS.values())
