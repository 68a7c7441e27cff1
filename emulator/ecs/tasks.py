"""ECS tasks: RunTask, StopTask, DescribeTasks and ListTasks, with task states and events, which moto hardly has."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from moto.ecs.models import Cluster, TaskDefinition, ecs_backends

from aws_facts.launch_types import ON_FARGATE, LaunchType
from emulator.ecs import capacity_providers, ebs_volumes, run_task_checks, task_lists
from emulator.ecs.capacity import check_launch, check_strategy, check_system, provider_of
from emulator.ecs.client_tokens import ClientTokens, Result
from emulator.ecs.launch_rates import LaunchRates
from emulator.ecs.task import Task
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request

if TYPE_CHECKING:
    from aws_facts.launch_types import LaunchTypes
    from emulator.timekeeping.timeline import Agenda

_REMEMBERED_AFTER_STOP = timedelta(hours=1)
"""ECS forgets a stopped task after about an hour (ECS API reference, DescribeTasks)."""

Publish = Callable[[str, Mapping[str, Any]], None]
"""A function that takes the region and an EventBridge event."""

Refuse = Callable[[Mapping[str, Any], str, str], str | None]
"""A function that may fail an otherwise valid launch.

It takes the request, the principal and the task definition's ARN. It returns the reason why RunTask starts no task, or
None. It raises `AwsError` when the call itself fails.
"""


RoleOf = Callable[[Call], str | None]
"""A function that returns the ARN of the role that makes a call, or None for an administrator."""

Hold = Callable[[Task, Callable[[], None]], None]
"""A function that may hold a task in the state that it has reached, before its containers run.

It takes the task and a function that lets the task go on, which it calls at once, later or never.
"""


class Listener(Protocol):
    """An object that is notified when a task runs, must stop, and ends."""

    def running(self, task: Task) -> None:
        """Record that the task's containers run."""

    def stopping(self, task: Task) -> None:
        """Tell that the task must stop while its containers go on."""

    def ended(self, task: Task) -> None:
        """Record that the task has stopped, whose containers have ended."""


class Host(Protocol):
    """An object that runs the containers of tasks."""

    def prepare(self, task: Task) -> str | None:
        """Get ready what the task's containers need to start; return ECS's reason why they cannot, or None."""

    def start(self, task: Task, listener: Listener) -> None:
        """Start the containers of a task that is ready, and notify `listener` when they run and when they ended."""

    def stop(self, task: Task) -> None:
        """Ask the task's containers to end, with SIGTERM."""

    def kill(self, task: Task) -> None:
        """End the task's containers, unless they have ended."""


class Tasks:
    """The tasks of the embedded AWS, in all its clusters."""

    def __init__(  # noqa: PLR0913 - the parts of the embedded AWS that concern tasks
        self, host: Host, publish: Publish, refuse: Refuse, hold: Hold, *, role_of: RoleOf, agenda: Agenda
    ) -> None:
        """Run containers on `host`, and publish every change of state with `publish`.

        `refuse` may fail launches, `hold` may hold tasks before they run, and `role_of` tells whose permissions a call
        has. `agenda` ends the containers that do not end when they are asked to.
        """
        self._role_of = role_of
        self._agenda = agenda
        self._host = host
        self._publish = publish
        self._refuse = refuse
        self._hold = hold
        self._held: set[str] = set()
        self._lock = threading.RLock()
        self._tasks: dict[str, Task] = {}
        self._tokens = ClientTokens()
        self._rates = LaunchRates()

    def install(self, gateway: Gateway) -> None:
        """Answer ECS's task operations instead of moto."""
        gateway.answer("ecs", "RunTask", self._run_task)
        gateway.answer("ecs", "StopTask", self._stop_task)
        gateway.answer("ecs", "DescribeTasks", self._describe_tasks)
        gateway.answer("ecs", "ListTasks", self._list_tasks)

    def all(self) -> list[Task]:
        """Return every task since the sandbox started, in launch order; unlike ECS, the sandbox forgets none."""
        with self._lock:
            return list(self._tasks.values())

    def _run_task(self, call: Call) -> dict[str, Any]:
        """Answer a call over HTTP. Those of roles are throttled.

        The calls of an administrator are not, because the clock may stand still for them. Neither are those of
        Scheduler, which makes the calls of one tick within a minute and repeats the throttled ones.
        """
        principal = self._role_of(call)
        if principal is not None:
            provider = provider_of(call.params.get("capacityProviderStrategy", []))
            self._rates.take(call.region, call.params.get("count", 1), provider)
        return self.run_task(call, principal)

    def run_task(self, call: Call, principal: str | None = None) -> dict[str, Any]:
        """Launch tasks as RunTask does, with the permissions of the role `principal` (None: an administrator)."""
        params = call.params
        cluster = self._cluster(params.get("cluster", "default"), call)
        definition = self._definition(params["taskDefinition"], call)
        run_task_checks.check(params, definition)
        strategy = params.get("capacityProviderStrategy", [])
        check_strategy(strategy, cluster.capacity_providers or [])
        check_system(strategy, (definition.runtime_platform or {}).get("operatingSystemFamily", ""))
        launch_type = check_launch(params, self._launch_types(params, definition, call), definition)
        run_task_checks.check_size(params, definition, launch_type)
        if principal is not None:
            _authorize(principal, params, cluster.arn, definition)
        with self._lock:
            earlier = self._tokens.earlier(cluster.arn, params)
            if earlier is not None:
                return earlier.answer()
            reason = None if principal is None else self._refuse(params, principal, str(definition.arn))
            tasks = [
                Task.launched(
                    task_id=uuid.uuid4().hex,
                    cluster_arn=cluster.arn,
                    definition=definition,
                    params=params,
                    launch_type=launch_type,
                    now=datetime.now(UTC),
                )
                for _ in range(params.get("count", 1) if reason is None else 0)
            ]
            for task in tasks:
                task.no_volume = ebs_volumes.problem(params, principal, task.arn)
            self._tasks.update({task.arn: task for task in tasks})
            result = Result(tasks, [] if reason is None else [{"reason": reason}])
            self._tokens.keep(cluster.arn, params, result)
        answer = result.answer()
        for task in tasks:
            self._start(task, ("PROVISIONING", "PENDING"))
        return answer

    def _start(self, task: Task, states: Sequence[str]) -> None:
        """Move a task through these states, as far as it is not held, and start its containers."""
        if not states and task.no_volume is not None:
            task.failed_to_start(task.no_volume, datetime.now(UTC))
            self.ended(task)
            return
        if not states:
            problem = self._host.prepare(task)
            if problem is None:
                self._host.start(task, self)
            else:
                task.failed_to_start(problem, datetime.now(UTC))
                self.ended(task)
            return
        task.moved_to(states[0], datetime.now(UTC))
        self._tell(task)
        with self._lock:
            self._held.add(task.id)
        self._hold(task, partial(self._go_on, task, states[1:]))

    def _go_on(self, task: Task, states: Sequence[str]) -> None:
        if self._let_go(task):
            self._start(task, states)

    def _let_go(self, task: Task) -> bool:
        """Return whether a task is held, and hold it no longer."""
        with self._lock:
            held = task.id in self._held
            self._held.discard(task.id)
        return held

    def running(self, task: Task) -> None:
        """Record that the task's containers run."""
        task.moved_to("RUNNING", datetime.now(UTC))
        self._tell(task)

    def stopping(self, task: Task) -> None:
        """Tell that the task must stop while its containers go on."""
        self._tell(task)

    def ended(self, task: Task) -> None:
        """Record that the task has stopped, whose containers have ended."""
        self._tell(task)
        task.deprovisioned(task.updated_at or datetime.now(UTC))
        self._tell(task)

    def _tell(self, task: Task) -> None:
        """Send the event of the task's current state."""
        self._publish(task.region, task.event(datetime.now(UTC)))

    def _cluster(self, name: str, call: Call) -> Cluster:
        clusters = ecs_backends[call.account][call.region].clusters
        cluster = clusters.get(name.rpartition("/")[2])
        if cluster is None or cluster.status != "ACTIVE":
            raise AwsError("ClusterNotFoundException", "Cluster not found.")
        return cluster

    @staticmethod
    def _launch_types(params: Mapping[str, Any], definition: TaskDefinition, call: Call) -> LaunchTypes:
        """Return what the request's capacity providers run tasks on, or its launch type.

        A request without both would follow the cluster's default strategy, which the sandbox does not: it runs on what
        the task definition requires.
        """
        strategy = params.get("capacityProviderStrategy", [])
        if not strategy and "launchType" in params:
            return (LaunchType(params["launchType"]),)
        if not strategy:
            registered = definition.requires_compatibilities or []
            return ON_FARGATE if LaunchType.FARGATE in registered else (LaunchType.EC2,)
        backend = ecs_backends[call.account][call.region]
        return capacity_providers.launch_types(backend, [item["capacityProvider"] for item in strategy])

    def _definition(self, name: str, call: Call) -> TaskDefinition:
        backend = ecs_backends[call.account][call.region]
        family, _, revision = name.rpartition("task-definition/")[2].partition(":")
        revisions: Iterable[TaskDefinition] = backend.task_definitions.get(family, {}).values()
        active = [d for d in revisions if d.status == "ACTIVE" and revision in ("", str(d.revision))]
        if not active:
            raise AwsError("ClientException", "TaskDefinition not found.")
        return max(active, key=lambda d: int(d.revision))

    def _stop_task(self, call: Call) -> dict[str, Any]:
        task = self._find(call, call.params["task"])
        principal = self._role_of(call)
        if principal is not None:
            _authorize_stop(principal, call, task)
        if task is None:
            raise AwsError("InvalidParameterException", "The referenced task was not found.")
        if task.desired_status != "STOPPED":
            task.stop_requested("UserInitiated", call.params.get("reason", "Task stopped by user"), datetime.now(UTC))
            self.stopping(task)
            self._stop(task)
        return {"task": task.described()}

    def _stop(self, task: Task) -> None:
        if self._let_go(task):
            task.moved_to("DEPROVISIONING", datetime.now(UTC))
            self.ended(task)
            return
        self._host.stop(task)
        if task.stopped_at is None:
            self._agenda.after(task.stop_timeout, partial(self._host.kill, task))

    def _describe_tasks(self, call: Call) -> dict[str, Any]:
        task_lists.check_described(call.params["tasks"])
        asked = {name: self._find(call, name) for name in call.params["tasks"]}
        now = datetime.now(UTC)
        seen = {name: None if task is None else task.seen(now) for name, task in asked.items()}
        without: dict[str, Any] = {} if "TAGS" in call.params.get("include", []) else {"tags": []}
        return {
            "tasks": [{**fields, **without} for fields in seen.values() if fields is not None],
            "failures": [{"arn": name, "reason": "MISSING"} for name, fields in seen.items() if fields is None],
        }

    def _list_tasks(self, call: Call) -> dict[str, Any]:
        params = call.params
        task_lists.check_filters(params)
        cluster = self._cluster(params.get("cluster", "default"), call)
        wanted, now = params.get("desiredStatus", "RUNNING"), datetime.now(UTC)
        found = [
            task
            for task in self.all()
            if task.cluster_arn == cluster.arn
            and task.seen_desired_status(now) == wanted
            and params.get("family") in (None, task.family)
            and params.get("startedBy") in (None, task.started_by)
            and not self._forgotten(task)
        ]
        return task_lists.page([task.arn for task in found], params)

    def _find(self, call: Call, name: str) -> Task | None:
        """Return a task of the call's cluster by its id or ARN; None for one that ECS does not know any more."""
        cluster = self._cluster(call.params.get("cluster", "default"), call).arn
        arn = name if name.startswith("arn:") else f"{cluster.replace(':cluster/', ':task/')}/{name}"
        with self._lock:
            task = self._tasks.get(arn)
        return None if task is None or task.cluster_arn != cluster or self._forgotten(task) else task

    @staticmethod
    def _forgotten(task: Task) -> bool:
        return task.stopped_at is not None and datetime.now(UTC) > task.stopped_at + _REMEMBERED_AFTER_STOP


def _authorize(principal: str, params: Mapping[str, Any], cluster_arn: str, definition: TaskDefinition) -> None:
    """Check each permission that RunTask needs, as ECS does: for the launch, the passed roles and the tags."""
    roles.authorize(principal, Request("ecs:RunTask", definition.arn, {"ecs:cluster": cluster_arn}))
    override = params.get("overrides", {})
    passed = {
        # moto leaves an attribute out where the task definition names no role.
        override.get("taskRoleArn") or getattr(definition, "task_role_arn", None),
        override.get("executionRoleArn") or getattr(definition, "execution_role_arn", None),
    }
    for role in sorted(filter(None, passed)):
        roles.authorize(principal, Request("iam:PassRole", role, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}))
    if params.get("tags"):
        task = cluster_arn.replace(":cluster/", ":task/") + "/new"
        roles.authorize(principal, Request("ecs:TagResource", task, {"ecs:CreateAction": "RunTask"}))


def _authorize_stop(principal: str, call: Call, task: Task | None) -> None:
    """Check the permission to stop a task. A policy's condition on tags is not met by a task that has none."""
    cluster = call.params.get("cluster", "default").rpartition("/")[2]
    place = f"arn:{call.partition}:ecs:{call.region}:{call.account}"
    arn = f"{place}:task/{cluster}/{call.params['task'].rpartition('/')[2]}" if task is None else task.arn
    tags = {} if task is None else {tag["key"]: tag["value"] for tag in task.tags}
    context = {f"{service}:ResourceTag/{key}": value for key, value in tags.items() for service in ("aws", "ecs")}
    context["ecs:cluster"] = f"{place}:cluster/{cluster}"
    roles.authorize(principal, Request("ecs:StopTask", arn, context))
