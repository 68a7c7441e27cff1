"""A watched stack with an account and a ledger in memory. The test controls time, ECS and crashes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from aws_facts.arn import Arn
from holds.switching import Switched
from supervision.locks import Lock
from supervision.plain_data import copied
from tests.unit.supervisor.fake_table import FakeTable
from watch import instants
from watch.claims_table import ClaimsTable
from watch.due import Deployed
from watch.facts import Facts, JobFacts, ScheduleFacts
from watch.names import claims_name
from watch.records import JobRecord, Message, RecordError, Tick
from watch.sweep import Sweep
from watch.watched_account import InvocationLog, LogLine
from watch.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from aws_facts.log_place import LogPlace
    from holds.hold import Hold, HoldError
    from holds.standing import Step
    from watch.ledger import TickKey
    from watch.stops import AnnouncedStop
    from watch.task import Origin


START = datetime(2027, 1, 4, tzinfo=UTC)
"""A Monday, at midnight."""
PLACE = "eu-central-1:123456789012"
GROUP = "jobs-production"
CLUSTER = f"arn:aws:ecs:{PLACE}:cluster/production"
DEFINITION = f"arn:aws:ecs:{PLACE}:task-definition/web:7"
TASK_ROLE = "arn:aws:iam::123456789012:role/task"
TOPIC = f"arn:aws:sns:{PLACE}:jobs-production-alerts"
SECRET = "hunter2-and-more"  # noqa: S105 - what a job's environment must not be shown to hold
LOGGING = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/production/web", "awslogs-stream-prefix": "ecs"},
}


def facts(**changed: Any) -> Facts:  # noqa: ANN401 - any fact
    """Return the facts of a stack with a nightly and an hourly job."""
    jobs = {
        "nightly-report": _job({"nightly-report": ScheduleFacts(expression="cron(0 2 * * ? *)")}, owner="data"),
        "hourly": _job({"hourly": ScheduleFacts(expression="rate(1 hour)")}, owner="web", severity="warning"),
    }
    known: dict[str, Any] = {
        "project": "jobs",
        "stack": "production",
        "group": GROUP,
        "jobs": jobs,
        "rerun": "python -m ops rerun --stack production {schedule} --tick {tick}",
    }
    return Facts(**{**known, **changed})


def _job(schedules: Mapping[str, ScheduleFacts], **changed: Any) -> JobFacts:  # noqa: ANN401 - any fact
    known: dict[str, Any] = {
        "runbook": "https://wiki.example.com/runbook",
        "container": "app",
        "cluster": CLUSTER,
        "task_definition": "web",
        "passed_roles": (TASK_ROLE,),
        "schedules": schedules,
    }
    return JobFacts(**{**known, **changed})


def refusal(operation: str, code: str = "AccessDeniedException") -> ClientError:
    """Return the error that boto3 raises for a refused call."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def request_with(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the request of a schedule, with variables in its override."""
    pairs = [{"Name": name, "Value": value} for name, value in environment.items()]
    return {"Overrides": {"ContainerOverrides": [{"Name": "app", "Environment": pairs}]}}


class Killed(BaseException):
    """The function was killed."""


class Ledger:
    """The ledger's interface, in memory. Saving fails as in DynamoDB when another invocation was faster."""

    def __init__(self, step: Callable[[str], None] = lambda _: None) -> None:
        self._step = step
        self._jobs: dict[str, JobRecord] = {}
        self._ticks: dict[TickKey, Tick] = {}
        self._locks: dict[str, Lock] = {}
        self._origins: dict[str, Origin] = {}
        self._since: datetime | None = None
        self._looked: datetime | None = None
        self._shared: tuple[dict[str, JobRecord], dict[str, JobRecord]] = {}, {}
        """The records that all were given last, and as they were then."""
        self.items: dict[str, JobFacts] = {}
        """The items of the deployed jobs."""
        self.unreadable_items: set[str] = set()
        """Items that somebody else has changed."""
        self.stops: dict[str, AnnouncedStop] = {}
        """Stops that operators have announced, by task id."""
        self.messages: dict[str, Message] = {}
        """Every message that was ever in an outbox, by its id."""
        self.reads = 0
        self.unreadable: dict[str, Exception] = {}
        """Records that somebody else has changed, each with the error of reading it."""

    def load(
        self, job: str, ticks: Sequence[TickKey] = (), locks: Sequence[str] = ()
    ) -> tuple[JobRecord, dict[TickKey, Tick]]:
        """Return a job's record with some locks, and some ticks."""
        self.reads += 1 + len(ticks)
        self._step("load")
        if job in self.unreadable:
            raise self.unreadable[job]
        record = copied(self._jobs.get(job) or JobRecord(job))
        flights = record.traffic.flights
        names = {*locks, *(flight.lock for flight in flights if flight.lock)}
        record.traffic.locks = {name: copied(self._locks.get(name) or Lock(name)) for name in names}
        keys = dict.fromkeys([*ticks, *(flight.key for flight in flights)])
        return record, {key: copied(self._ticks.get(key) or Tick(job, *key)) for key in keys}

    def tick(self, key: TickKey) -> Tick | None:
        """Return one tick."""
        self._step("tick")
        return copied(self._ticks.get(key))

    def jobs(self, unreadable: Callable[[str, Exception], None]) -> dict[str, JobRecord]:
        """Return all readable records."""
        self._step("jobs")
        self.reads += len(self._jobs)
        for name, error in self.unreadable.items():
            unreadable(name, error)
        shared, unchanged = self._shared
        assert shared == unchanged, "somebody has changed a record that the next check would get again"
        found = {name: record for name, record in self._jobs.items() if name not in self.unreadable}
        self._shared = copied(found), copied(found)
        return self._shared[0]

    def deployed_job(self, job: str, unreadable: Callable[[str, RecordError], None]) -> JobFacts | None:
        """Return the facts of a deployed job."""
        self.reads += 1
        self._step("deployed_job")
        if job in self.unreadable_items:
            unreadable(job, RecordError("not an item"))
            return None
        return self.items.get(job)

    def deployed_job_and_origin(
        self, job: str, task_id: str, unreadable: Callable[[str, RecordError], None]
    ) -> tuple[JobFacts | None, Origin | None]:
        """Return the facts of a deployed job and the tick that a task is for."""
        return self.deployed_job(job, unreadable), self._origins.get(task_id)

    def deployed_jobs(self, unreadable: Callable[[str, Exception], None]) -> dict[str, JobFacts]:
        """Return the facts of all deployed jobs."""
        self.reads += len(self.items)
        self._step("deployed_jobs")
        for name in self.unreadable_items:
            unreadable(name, RecordError("not an item"))
        return {name: facts for name, facts in self.items.items() if name not in self.unreadable_items}

    def save(self, record: JobRecord, ticks: Sequence[Tick], now: datetime, locks: Sequence[Lock] = ()) -> bool:
        """Write a record with its ticks and locks, if their versions are current."""
        del now
        self._step("save")
        olds = [(self._ticks.get(tick.key), tick) for tick in ticks]
        if (self._jobs[record.job].version if record.job in self._jobs else 0) != record.version:
            return False
        if any((old.version if old else 0) != tick.version for old, tick in olds):
            return False
        if any((self._locks[lock.name].version if lock.name in self._locks else 0) != lock.version for lock in locks):
            return False
        self._locks.update({lock.name: _next(lock) for lock in locks})
        self._jobs[record.job] = _next(record)
        self.messages.update({message.id: copied(message) for message in record.outbox})
        self._ticks.update({tick.key: _next(tick) for tick in ticks})
        self._step("saved")
        return True

    def origin(self, task_id: str) -> Origin | None:
        """Return the tick that a task is for."""
        self._step("origin")
        return self._origins.get(task_id)

    def settle_origin(self, task_id: str, origin: Origin, now: datetime) -> Origin:
        """Settle the tick that a task is for."""
        del now
        self._step("settle")
        return self._origins.setdefault(task_id, origin)

    def announced_stop(self, task_id: str) -> AnnouncedStop | None:
        """Return the announced stop of a task."""
        self._step("announced_stop")
        return self.stops.get(task_id)

    def since(self, now: datetime) -> datetime:
        """Return the time of the first check."""
        self._since = self._since or now
        return self._since

    def last_check(self) -> datetime | None:
        """Return the time of the last check."""
        return self._looked

    def note_check(
        self, now: datetime, *, supervises: bool, claims: bool = False, clusters: Sequence[str] = ()
    ) -> None:
        """Record the time of a check, and whether and where the stack needs its supervisor and its claims."""
        self._looked, self.supervises, self.claims, self.clusters = now, supervises, claims, [*clusters]

    def all_ticks(self) -> dict[TickKey, Tick]:
        """Return every tick."""
        return self._ticks

    def all_jobs(self) -> dict[str, JobRecord]:
        """Return every job's record."""
        return self._jobs

    def all_locks(self) -> dict[str, Lock]:
        """Return every lock."""
        return self._locks


def _next(record: Any) -> Any:  # noqa: ANN401 - a record of either kind
    """Return a record as JSON would store it, with the next version."""
    kind = type(record)
    return kind.from_plain(json.loads(json.dumps(record.to_plain())), record.version + 1)


@dataclass
class Account:
    """The account that the watch asks, with answers from the test. `refused` are operations that fail."""

    step: Callable[[str], None] = lambda _: None
    described: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Tasks that ECS knows, by ARN."""
    listed: dict[str, Deployed] = field(default_factory=dict)
    expressions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Expression and zone of each schedule that is different in AWS than in the facts."""
    definition: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    lines_at: datetime | None = None
    """When the lines were written; None for now."""
    clock: Callable[[], datetime] = lambda: START
    state: str = "ENABLED"
    """The state of every schedule that is enabled."""
    held: dict[str, Hold] = field(default_factory=dict)
    """The holds, by id."""
    put: int = 0
    """How many holds the watch has stored."""
    unwanted: set[str] = field(default_factory=set)
    """Schedules that config disables."""
    request: dict[str, Any] = field(default_factory=lambda: request_with({"TOKEN": SECRET}))
    """The request of every schedule."""
    asked_regions: list[str] = field(default_factory=list)
    """The regions in which logs were read."""
    refused: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    """Clusters whose tasks may not be described."""
    published: list[dict[str, Any]] = field(default_factory=list)
    known: Facts = field(default_factory=facts)

    @property
    def sns(self) -> Account:
        """The topic."""
        return self

    def publish(self, **request: Any) -> None:  # noqa: ANN401 - as boto3
        """Record a published message."""
        self._ask("Publish")
        self.published.append(request)
        self.step("published")

    def schedules(self, group: str) -> dict[str, Deployed]:
        """Return the schedules."""
        self._ask("ListSchedules")
        assert group == GROUP
        return self.listed

    def schedule(self, group: str, name: str) -> Mapping[str, Any]:
        """Return a schedule."""
        self._ask("GetSchedule")
        assert group == GROUP
        if name.partition(".")[0] not in self.known.jobs or name not in self.listed:
            raise refusal("GetSchedule", "ResourceNotFoundException")
        own = self.known.jobs[name.partition(".")[0]].schedules
        window = own[name].window if name in own else 0
        expression, zone = self.expressions.get(name) or (own[name].expression, own[name].timezone)
        return {
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": zone,
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": window} if window else {"Mode": "OFF"},
            "Description": f"wanted={'DISABLED' if name in self.unwanted else 'ENABLED'} A job (owner: data)",
            "State": self.state if self.listed[name].enabled else "DISABLED",
            "Target": {"Input": json.dumps(self.request)},
        }

    def holds(self, group: str, unreadable: Callable[[str, HoldError], None]) -> list[Hold]:
        """Return the holds."""
        del unreadable
        self._ask("GetParametersByPath")
        assert group == GROUP
        return list(self.held.values())

    def add_hold(self, group: str, hold: Hold) -> bool:
        """Store a hold, unless it is stored already."""
        self._ask("PutParameter")
        assert group == GROUP
        is_new = hold.id not in self.held
        self.held.setdefault(hold.id, hold)
        self.put += is_new
        self.step("held")
        return is_new

    def remove_hold(self, group: str, id_: str) -> None:
        """Remove a hold."""
        self._ask("DeleteParameter")
        assert group == GROUP
        del self.held[id_]

    def claims(self, group: str) -> ClaimsTable:
        """Return the table of claims, which is empty."""
        assert group == GROUP
        return ClaimsTable(cast("Any", FakeTable(claims_name(group))), claims_name(group))

    def switch(self, group: str, step: Step, now: datetime) -> Switched:
        """Change the state of a schedule."""
        self._ask("UpdateSchedule")
        assert group == GROUP
        enabled = step.enable and step.schedule not in self.unwanted
        if self.listed[step.schedule].enabled == enabled:
            return Switched.AS_WANTED
        self.listed[step.schedule] = Deployed(enabled, now)
        return Switched.CHANGED

    def tasks(self, cluster: str, arns: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
        """Return tasks by ARN."""
        self._ask("DescribeTasks")
        if cluster in self.unreadable:
            raise refusal("DescribeTasks")
        return {arn: self.described.get(arn) for arn in arns}

    def tasks_of(self, cluster: str, family: str) -> Iterator[Mapping[str, Any]]:
        """Yield the tasks of a family."""
        self._ask("ListTasks")
        self._ask("DescribeTasks")
        assert (cluster, family) == (CLUSTER, "web")
        yield from self.described.values()

    def task_definition(self, name: str) -> Mapping[str, Any]:
        """Return a task definition."""
        self._ask("DescribeTaskDefinition")
        assert name in ("web", DEFINITION)
        return self.definition

    def lines_of_invocation(self, group: str, id_: str, since: datetime, count: int) -> InvocationLog | None:
        """Return what an invocation wrote."""
        self._ask("FilterLogEvents")
        assert (group[:12], bool(id_), since.tzinfo, count) == ("/aws/lambda/", True, UTC, 10)
        return InvocationLog("2027/01/04/[$LATEST]0af3", [LogLine(START, text) for text in self.lines])

    def lines_of_claimed_run(
        self, group: str, id_: str, since: datetime, until: datetime | None, count: int
    ) -> InvocationLog | None:
        """Return what a container wrote."""
        assert until is None or since < until
        return self.lines_of_invocation(group, id_, since, count)

    def last_lines(self, place: LogPlace, count: int) -> list[LogLine]:
        """Return the last lines of a log."""
        self._ask("GetLogEvents")
        assert place.group == "/production/web"
        assert place.stream.startswith("ecs/app/")
        self.asked_regions.append(place.region)
        return [LogLine(self.lines_at or self.clock(), line) for line in self.lines][-count:]

    def _ask(self, operation: str) -> None:
        self.step(operation)
        if operation in self.refused:
            raise refusal(operation)


class World:
    """The stack, its account and its watch."""

    def __init__(self, known: Facts | None = None, step: Callable[[str], None] = lambda _: None) -> None:
        """Begin at START. All schedules except the hourly one have been enabled since the day before."""
        self.facts = known or facts()
        self.now = START
        self.ledger = Ledger(step)
        self.ledger.items = dict(self.facts.jobs)
        self.account = Account(
            step=step,
            known=self.facts,
            listed={
                name: Deployed(enabled=name != "hourly", changed=START - timedelta(days=1))
                for job in self.facts.jobs.values()
                for name in job.schedules
            },
            unwanted={"hourly"},
            definition={
                "taskDefinitionArn": DEFINITION,
                "taskRoleArn": TASK_ROLE,
                "containerDefinitions": [{"name": "app", "logConfiguration": LOGGING}],
            },
            lines=["starting", "out of luck"],
            clock=lambda: self.now + timedelta(minutes=1),
        )
        self.watch = Watcher(
            replace(self.facts, jobs={}),
            cast("Any", self.account),
            cast("Any", self.ledger),
            TOPIC,
            where=Arn.parse(TOPIC),
            clock=lambda: self.now,
        )

    def look(self) -> None:
        """Run one sweep."""
        Sweep(self.watch).take()

    def pass_time(self, **by: float) -> None:
        """Let time pass, with a sweep every five minutes."""
        until = self.now + timedelta(**by)
        while self.now + timedelta(minutes=5) <= until:
            self.now += timedelta(minutes=5)
            self.look()
        self.now = until

    def alerts(self) -> list[dict[str, Any]]:
        """Return the contract of each published message."""
        return [json.loads(json.loads(request["Message"])["default"]) for request in self.account.published]

    def told(self) -> list[tuple[str, str | None, str | None]]:
        """Return the class, schedule and tick of each message."""
        return [(alert["class"], alert["schedule"], alert["tick"]) for alert in self.alerts()]

    def tick(self, schedule: str, tick: datetime) -> Tick:
        """Return a tick of the ledger."""
        return self.ledger.all_ticks()[schedule, instants.text(tick)]


@dataclass
class EcsTask:
    """A task of a tick, with events and descriptions of its states."""

    schedule: str
    tick: datetime
    id: str = "0af3"
    version: int = 0
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The task's ARN."""
        return f"arn:aws:ecs:{PLACE}:task/production/{self.id}"

    def moved(self, status: str, at: datetime, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a task
        """Change the task's state, and return the event's detail. It leaves the environment out, as ECS may do."""
        self.version += 1
        names = {"PROVISIONING": "createdAt", "RUNNING": "startedAt", "STOPPED": "stoppedAt"}
        if status in names:
            self.state[names[status]] = instants.text(at)
        self.state.update({"lastStatus": status, "version": self.version, **more})
        return {**self._fields(), **self.state, "overrides": {"containerOverrides": [{"name": "app"}]}}

    def stopped(self, at: datetime, exit_code: int | None, code: str = "EssentialContainerExited") -> dict[str, Any]:
        """Stop the task, and return the event."""
        own: dict[str, Any] = {"name": "app"} if exit_code is None else {"name": "app", "exitCode": exit_code}
        return self.moved(
            "STOPPED",
            at,
            stopCode=code,
            stoppedReason="Essential container in task exited",
            containers=[own, {"name": "proxy", "exitCode": 137}],
        )

    def described(self) -> dict[str, Any]:
        """Return the task as DescribeTasks describes it, with its overrides."""
        environment = [
            {"name": "JOB_NAME", "value": self.schedule.partition(".")[0]},
            {"name": "JOB_SCHEDULE", "value": self.schedule},
            {"name": "JOB_SCHEDULED_TIME", "value": instants.text(self.tick)},
            {"name": "TOKEN", "value": SECRET},
        ]
        return {
            **self._fields(),
            **self.state,
            "overrides": {"containerOverrides": [{"name": "app", "environment": environment}]},
        }

    def _fields(self) -> dict[str, Any]:
        return {
            "taskArn": self.arn,
            "clusterArn": CLUSTER,
            "taskDefinitionArn": DEFINITION,
            "group": f"{GROUP}:{self.schedule.partition('.')[0]}",
            "containers": [{"name": "app"}, {"name": "proxy"}],
        }


def run(world: World, task: EcsTask, exit_code: int | None = 0, code: str = "EssentialContainerExited") -> None:
    """Let a task run for a minute, and pass on all its events in order."""
    for event in events(world, task, exit_code, code):
        world.watch.take_event(event)


def events(
    world: World, task: EcsTask, exit_code: int | None = 0, code: str = "EssentialContainerExited"
) -> list[dict[str, Any]]:
    """Let a task run for a minute, and return its events."""
    first = task.moved("PROVISIONING", world.now)
    second = task.moved("RUNNING", world.now)
    last = task.stopped(world.now + timedelta(minutes=1), exit_code, code)
    world.account.described[task.arn] = task.described()
    return [first, second, last]


def letter(schedule: str, tick: datetime | None, **attributes: str) -> dict[str, Any]:
    """Return a dead letter as Lambda receives it."""
    said = {
        "ERROR_CODE": "AccessDeniedException",
        "ERROR_MESSAGE": f"User is not authorized to perform: ecs:RunTask with {SECRET}",
        "SCHEDULE_ARN": f"arn:aws:scheduler:{PLACE}:schedule/{GROUP}/{schedule}",
        **({"SCHEDULED_TIME": instants.text(tick)} if tick else {}),
        **attributes,
    }
    body = request_with({"TOKEN": SECRET})
    return {
        "messageId": "1",
        "body": json.dumps(body),
        "attributes": {"SentTimestamp": str(int(START.timestamp() * 1000))},
        "messageAttributes": {
            name: {"stringValue": value, "dataType": "String"} for name, value in said.items() if value
        },
    }


def refuse(job: str, error: Exception) -> None:
    """Fail the test for a record that cannot be read."""
    raise AssertionError(job) from error
