"""An ECS in memory, at its least convenient: tokens expire, answers lag, calls are refused, tasks ignore SIGTERM.

What it answers is what callers are shown. What truly happens is in `tasks`.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ReadTimeoutError

from supervisor import launch_answers, service_revision
from tests.unit.supervisor.fake_lambda import FakeLambda
from tests.unit.supervisor.fake_work import FakeWork
from tests.unit.watch.world import CLUSTER, DEFINITION, PLACE
from watch import instants
from watch.names import BY_HAND, JOB_ATTEMPT, JOB_SCHEDULE, JOB_SCHEDULED_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from supervisor.launch_answers import Refusal

RATE = 20
"""Tasks that RunTask launches in one second (ECS endpoints and quotas)."""
FORGOTTEN = 3600
"""Seconds for which ECS knows an ended task and its token (ECS Developer Guide, "Ensuring idempotency")."""
STOPPING = 120
"""The longest stopTimeout on Fargate, in seconds (ECS API reference, ContainerDefinition)."""

GRANTED = "granted"
ANSWERS = (GRANTED, "throttled", "no capacity", "not authorized", "broken", "started, but broken", "wrong")
"""What RunTask may answer. `broken` is an error of the server; then it is unknown whether a task was started."""

_CODES = {
    "throttled": ("ThrottlingException", "Rate exceeded", 400),
    "not authorized": ("AccessDeniedException", "is not authorized to perform: ecs:RunTask", 400),
    "broken": ("ServerException", "try again", 500),
    "wrong": ("InvalidParameterException", "No such subnet", 400),
}


def error(operation: str, kind: str) -> ClientError:
    """Return boto3's error of a refused call."""
    code, text, status = _CODES[kind]
    answer: Any = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)


@dataclass(frozen=True)
class Life:
    """What a task does when nobody stops it. Times are in seconds."""

    starts: int | None = 20
    """From its creation to RUNNING; None for a task that never starts."""
    runs: int = 60
    exit_code: int = 0
    interrupted: bool = False
    stubborn: int = 0
    """For how long it ignores SIGTERM."""


@dataclass
class FakeTask:
    """A task, with every state that it had."""

    id: str
    request: dict[str, Any]
    life: Life
    states: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Since when it has each state, and the state as ECS describes it."""
    ending: bool = False
    """Whether it was told to stop."""

    @property
    def arn(self) -> str:
        """The ARN."""
        return f"arn:aws:ecs:{PLACE}:task/production/{self.id}"

    @property
    def now(self) -> dict[str, Any]:
        """The state that it has."""
        return self.states[-1][1]

    @property
    def stopped(self) -> int | None:
        """When it stopped."""
        since, state = self.states[-1]
        return since if state["lastStatus"] == "STOPPED" else None

    @property
    def token(self) -> str:
        """What no other task has."""
        return str(self.request["ClientToken"])

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the job's own container."""
        return {one["Name"]: one["Value"] for one in self.request["Overrides"]["ContainerOverrides"][0]["Environment"]}

    @property
    def rerun(self) -> str:
        """The id of the operator's request."""
        by = str(self.request["StartedBy"])
        return by.removeprefix(f"{BY_HAND}/") if by.startswith(BY_HAND) else ""

    @property
    def flight(self) -> str:
        """The name of the flight that it is for."""
        named = self.environment
        return "/".join(filter(None, (named[JOB_SCHEDULE], named[JOB_SCHEDULED_TIME], self.rerun)))

    @property
    def job(self) -> str:
        """The job."""
        return str(self.request["Group"]).rpartition(":")[2]

    @property
    def due(self) -> datetime:
        """The tick that it is for."""
        return instants.read(self.environment[JOB_SCHEDULED_TIME])

    @property
    def attempt(self) -> int:
        """The attempt that it was told to be."""
        return int(self.environment[JOB_ATTEMPT])

    @property
    def launch(self) -> int:
        """The number of the launch, from its token."""
        end = str(self.request["ClientToken"]).rpartition("-")[2]
        return int(end) if end.isdigit() and len(end) < len("2027") else 1

    def at(self, second: int) -> dict[str, Any] | None:
        """Return the state as it was at a time; None before its creation."""
        return next((state for since, state in reversed(self.states) if since <= second), None)

    def described(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Return a state with its overrides, as DescribeTasks shows it."""
        pairs = [{"name": name, "value": value} for name, value in self.environment.items()]
        return {
            **copy.deepcopy(dict(state)),
            "overrides": {"containerOverrides": [{"name": "app", "environment": pairs}]},
        }


class FakeEcs:
    """The cluster. It is the supervisor's `Calls`, and answers the watch too."""

    def __init__(
        self,
        second: Callable[[], int],
        later: Callable[[int, Callable[[], object]], None],
        step: Callable[[str], None],
    ) -> None:
        """Let `second` tell the time, `later` do things in some seconds, and call `step` before and after each call."""
        self._second, self._later, self._step = second, later, step
        self.functions = FakeLambda(second, later, step)
        self.work = FakeWork(second, later, step)
        self.tasks: list[FakeTask] = []
        self.answers: list[str] = []
        """What the next calls of RunTask are answered."""
        self.closed: set[str] = set()
        """Task definitions that no launch role may run any more."""
        self.lives: list[Life] = []
        """What the next tasks do."""
        self.usual = Life()
        self.lag = 0
        """Seconds by which descriptions and lists are old."""
        self.deployments: list[bool] = []
        """Whether a deployment of the service is in progress, in the next answers."""
        self.on_change: Callable[[FakeTask], None] = lambda _: None
        self.on_start: Callable[[FakeTask], None] = lambda _: None
        self.asked: list[tuple[int, str]] = []
        """When RunTask was called, and with which token."""
        self.doubted: set[str] = set()
        """Tokens of calls after which nobody knows whether a task was started."""
        self._granted: Counter[int] = Counter()
        self._by_arn: dict[str, FakeTask] = {}
        self._by_token: dict[str, FakeTask] = {}
        """The latest task of each token."""

    def run_task(self, role: str, request: Mapping[str, Any]) -> Mapping[str, Any] | Refusal:
        """Launch a task; return it, or what the refusal means."""
        assert role.endswith("/launch")
        token = str(request["ClientToken"])
        self._step("RunTask")
        self.asked.append((self._second(), token))
        try:
            answer = self._run_task(dict(request))
            self._step("RunTask made")
        except (ClientError, ReadTimeoutError) as failure:
            refusal = launch_answers.of_error(failure)
            self.doubted |= {token} if refusal.unknown else set()
            return refusal
        return answer["tasks"][0] if answer["tasks"] else launch_answers.of_failures(answer["failures"])

    def invoke(self, role: str, alias: str, event: Mapping[str, Any]) -> str | Refusal:
        """Invoke a function; return the id of the request, or what the refusal means."""
        return self.functions.invoke(role, alias, event)

    def send_work(self, role: str, queue: str, body: str) -> Refusal | None:
        """Send a message to the workers; return what the refusal means."""
        return self.work.send_work(role, queue, body)

    def _run_task(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = self.answers.pop(0) if self.answers else GRANTED
        if request["TaskDefinition"] in self.closed:
            answer = "not authorized"
        self._granted[self._second()] += 1
        if self._granted[self._second()] > RATE:
            answer = "throttled"
        if answer in _CODES:
            raise error("RunTask", answer)
        known = self._of_token(request["ClientToken"])
        if known is not None and known.request != request:
            raise ClientError({"Error": {"Code": "ConflictException", "Message": "another request"}}, "RunTask")
        if known is None and answer == "no capacity":
            return {"tasks": [], "failures": [{"reason": "RESOURCE:FARGATE", "detail": "no capacity"}]}
        task = known or self._start(request)
        if answer == "started, but broken":
            raise ReadTimeoutError(endpoint_url="https://ecs")
        return {"tasks": [task.described(task.now)], "failures": []}

    def stop_task(self, cluster: str, task: str, reason: str) -> None:
        """Tell a task to stop."""
        assert cluster == CLUSTER
        self._step("StopTask")
        found = self._known(task)
        if found is None:
            raise ClientError({"Error": {"Code": "InvalidParameterException", "Message": "not found"}}, "StopTask")
        if found.stopped is None and not found.ending:
            found.ending = True
            started = "startedAt" in found.now
            self._later(
                min(found.life.stubborn, STOPPING) if started else 3,
                lambda: self._stop(found, 143 if started else None, "UserInitiated", reason),
            )
        self._step("StopTask made")

    def task(self, cluster: str, task: str) -> Mapping[str, Any] | None:
        """Return a task as DescribeTasks describes it."""
        return self.described(cluster, [task])[task]

    def described(self, cluster: str, arns: Sequence[str]) -> dict[str, dict[str, Any] | None]:
        """Return tasks as DescribeTasks describes them; None for MISSING ones."""
        assert cluster == CLUSTER
        self._step("DescribeTasks")
        return {arn: self._seen(arn) for arn in arns}

    def listed(self, cluster: str, family: str) -> Iterator[Mapping[str, Any]]:
        """Yield the tasks that ListTasks shows, with their descriptions."""
        assert (cluster, family) == (CLUSTER, "web")
        self._step("ListTasks")
        seen = [self._seen(task.arn) for task in self.tasks]
        yield from (one for one in seen if one is not None)

    def revision(self, role: str, cluster: str, service: str) -> service_revision.Found:
        """Return the revision that the service runs."""
        assert (role.endswith("/launch"), cluster, service) == (True, CLUSTER, "web")
        self._step("DescribeServices")
        state = "IN_PROGRESS" if self.deployments and self.deployments.pop(0) else "COMPLETED"
        deployment = {"status": "PRIMARY", "rolloutState": state, "taskDefinition": DEFINITION}
        return service_revision.of({"services": [{"status": "ACTIVE", "deployments": [deployment]}]}, service)

    def alive(self) -> list[FakeTask]:
        """Return the tasks that have not stopped."""
        return [task for task in self.tasks if task.stopped is None]

    def visible_end(self, arn: str) -> bool:
        """Return whether DescribeTasks shows that a task has stopped."""
        seen = self._seen(arn)
        return seen is not None and seen["lastStatus"] == "STOPPED"

    def _of_token(self, token: str) -> FakeTask | None:
        task = self._by_token.get(token)
        return self._known(task.arn) if task else None

    def _known(self, arn: str) -> FakeTask | None:
        task = self._by_arn.get(arn)
        gone = task is not None and task.stopped is not None and self._second() >= task.stopped + FORGOTTEN
        return None if gone else task

    def _seen(self, arn: str) -> dict[str, Any] | None:
        task = self._known(arn)
        state = task.at(self._second() - self.lag) if task else None
        return task.described(state) if task and state else None

    def _start(self, request: dict[str, Any]) -> FakeTask:
        life = self.lives.pop(0) if self.lives else self.usual
        task = FakeTask(f"{len(self.tasks):032x}", json.loads(json.dumps(request)), life)
        task.states = []
        self._move(task, {"lastStatus": "PROVISIONING", "createdAt": self._time()})
        self.tasks.append(task)
        self._by_arn[task.arn] = self._by_token[str(request["ClientToken"])] = task
        self.on_start(task)
        self.on_change(task)
        if life.starts is not None:
            self._later(life.starts, lambda: self._run(task))
        return task

    def _run(self, task: FakeTask) -> None:
        if task.stopped is not None or task.ending:
            return
        self._move(task, {"lastStatus": "RUNNING", "startedAt": self._time()})
        self.on_change(task)
        code, how = (
            (137, "SpotInterruption") if task.life.interrupted else (task.life.exit_code, "EssentialContainerExited")
        )
        self._later(task.life.runs, lambda: self._stop(task, code, how, "it ended"))

    def _stop(self, task: FakeTask, exit_code: int | None, code: str, reason: str) -> None:
        if task.stopped is not None or (task.ending and code != "UserInitiated" and "startedAt" not in task.now):
            return
        own = {"name": "app"} | ({} if exit_code is None else {"exitCode": exit_code})
        self._move(
            task,
            {
                "lastStatus": "STOPPED",
                "stoppedAt": self._time(),
                "stopCode": code,
                "stoppedReason": reason,
                "containers": [own],
            },
        )
        self.on_change(task)

    def _move(self, task: FakeTask, change: dict[str, Any]) -> None:
        before = task.states[-1][1] if task.states else self._fields(task)
        state = {**before, **change, "version": len(task.states) + 1}
        task.states.append((self._second(), state))

    def _fields(self, task: FakeTask) -> dict[str, Any]:
        return {
            "taskArn": task.arn,
            "clusterArn": CLUSTER,
            "taskDefinitionArn": DEFINITION,
            "group": task.request["Group"],
            "startedBy": task.request["StartedBy"],
            "containers": [{"name": "app"}],
            "overrides": {"containerOverrides": [{"name": "app"}]},
        }

    def _time(self) -> str:
        return instants.text(datetime.fromtimestamp(self._second(), UTC))
