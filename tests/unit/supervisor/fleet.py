"""A stack of supervised jobs with everything around it: schedules, the launch queue, both functions, and a fake ECS.

Time passes only by `pass_time`. What goes wrong is told in advance: what the next messages, events, tasks and calls
meet, and at which step of which invocation the function is killed or held up. So a failing run is a short list.
"""

from __future__ import annotations

import heapq
import io
import itertools
import json
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from aws_facts.universal_target import SCHEDULED_TIME
from supervisor.supervisor import Supervisor
from tests.unit.supervisor.fake_ecs import FakeEcs, FakeTask, error
from tests.unit.supervisor.fake_lambda import alias
from tests.unit.supervisor.fake_work import queue
from tests.unit.watch.world import CLUSTER, GROUP, START, Account, Killed, Ledger, World, facts
from watch import instants, launches
from watch.claims_table import ClaimsTable
from watch.due import Deployed
from watch.facts import InvokedFunction, JobFacts, ScheduleFacts, Supervised
from watch.launches import Message
from watch.names import JOB_NAME, JOB_SCHEDULE, JOB_SCHEDULED_TIME, claims_name, started_by, task_group
from watch.sweep import Sweep, SweepError
from watch.wakes import Wakes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from supervision.flights import Flight
    from supervision.limits import Limits

LOOK = 300
"""Seconds between two looks."""
LONGEST_INVOCATION = 60
"""Seconds after which Lambda ends an invocation (components/group_function.py)."""
INVISIBLE = 360
"""Seconds for which a received message is hidden (components/group_function.py)."""
RECEIVES = 5
"""Receives after which the queue gives a message up (components/job_group.py)."""

NOT_ANSWERED = (ClientError, BotoCoreError)
"""What an invocation may fail with when AWS refuses calls. Anything else is a fault of the program."""


@dataclass
class Parcel:
    """A message on its way."""

    body: str
    receives: int = 0


@dataclass
class FleetAccount(Account):
    """The account that the watch asks, with the tasks of the fake ECS."""

    ecs: FakeEcs = field(init=False)

    def tasks(self, cluster: str, arns: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
        """Return tasks by ARN."""
        self._ask("DescribeTasks")
        return {**self.ecs.described(cluster, arns)}

    def claims(self, group: str) -> ClaimsTable:
        """Return the claims of the workers."""
        return ClaimsTable(cast("Any", self.ecs.work.table), claims_name(group))

    def tasks_of(self, cluster: str, family: str) -> Iterator[Mapping[str, Any]]:
        """Yield the tasks of a family."""
        self._ask("ListTasks")
        yield from self.ecs.listed(cluster, family)


class Fleet:
    """The stack. Each job has one schedule, which is named like the job."""

    def __init__(self, jobs: Mapping[str, tuple[int, Limits]]) -> None:
        """Deploy jobs, each with the minutes between its ticks and its limits."""
        self.minutes = {name: minutes for name, (minutes, _) in jobs.items()}
        self.steps = 0
        self.kills: set[int] = set()
        """The steps, counted from the start, at which the function is killed."""
        self.holdups: dict[int, int] = {}
        """The steps at which an invocation is held up, with the seconds."""
        self.killed: list[int] = []
        """When an invocation was killed."""
        self.after_kill: list[str] = []
        """What RunTask answers after an invocation was killed."""
        self.ticks_meet: list[str] = []
        """What the next ticks of schedules meet: `late`, `doubled`, `lost`, `given up`; anything else is delivery."""
        self.wakes_meet: list[str] = []
        """What the next messages of the functions meet: `late`, `doubled` or `refused`."""
        self.events_meet: list[str] = []
        """What the next events meet: `late`, `doubled` or `lost`."""
        self.queue_opens = 0
        """Until then the supervisor gets no message."""
        self.due: dict[tuple[str, str], str] = {}
        """Every tick that was due, with what it met."""
        self.most_receives = 0
        """How often one message was received at most."""
        self.dead: list[Parcel] = []
        """Messages that the launch queue gave up."""
        self.faults: list[str] = []
        """What must not have happened."""
        self.last_look = 0
        """When the last look that checked everything began."""
        self._heap: list[tuple[int, int, Callable[[], object]]] = []
        self._version = 1
        self._order = itertools.count()
        self._begun: list[int] = []
        """When each invocation that goes on began; the last one is the innermost."""

        self.world = world = World(facts(jobs={name: job(name, *given) for name, given in jobs.items()}), self._step)
        old = world.account
        world.account = account = FleetAccount(step=self._step, known=world.facts, listed=old.listed, lines=["bye"])
        self.ecs = account.ecs = FakeEcs(lambda: self.second, self.after, self._step)
        account.definition, account.clock = old.definition, lambda: world.now
        account.expressions = {name: (expression(minutes), "UTC") for name, minutes in self.minutes.items()}
        account.listed = dict.fromkeys(self.minutes, Deployed(enabled=True, changed=START - timedelta(days=1)))
        self._hear()
        self.ledger.since(START - timedelta(seconds=1))  # the watch knows of the first tick
        wakes = Wakes("launches", lambda: self, lambda: world.now)
        world.watch = replace(world.watch, account=cast("Any", account), wakes=wakes)
        self._supervisor = Supervisor(
            replace(world.watch, topic="", tell=self._tell, wakes=replace(wakes, awake=True)),
            self.ecs,
            lambda: world.now,
        )
        for name, minutes in self.minutes.items():
            self.after(-self.second % (60 * minutes), partial(self._tick, name))
        self.after(0, self._look)

    def _hear(self) -> None:
        """Send on what happens to runs."""
        self.work = self.ecs.work
        self.work.table.ask = self._ask_table
        self.ecs.on_change = self._tell_of
        self.ecs.functions.on_end = self._tell_of_end
        self.work.on_report = self._report

    @property
    def second(self) -> int:
        """The time."""
        return int(self.world.now.timestamp())

    def after(self, seconds: int, action: Callable[[], object]) -> None:
        """Let something happen in some seconds."""
        heapq.heappush(self._heap, (self.second + seconds, next(self._order), action))

    def pass_time(self, seconds: int) -> None:
        """Let everything happen that is due in the next seconds."""
        until = self.second + seconds
        while self._heap and self._heap[0][0] <= until:
            at, _, action = heapq.heappop(self._heap)
            self._set(max(at, self.second))
            action()
        self._set(max(until, self.second))

    def flights(self) -> dict[str, Flight]:
        """Return the ticks in flight by name."""
        return {one.name: one for record in self.ledger.all_jobs().values() for one in record.traffic.flights}

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.world.ledger

    def send(self, message: Message) -> None:
        """Put an operator's message into the queue."""
        self._deliver_in(1, Parcel(launches.written(message)))

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> None:  # noqa: N803 - as boto3
        """Take a message of one of the functions."""
        assert QueueUrl == "launches"
        assert 0 <= DelaySeconds <= 900
        meets = self.wakes_meet.pop(0) if self.wakes_meet else ""
        self._step("SendMessage")
        if meets == "refused":
            raise error("SendMessage", "throttled")
        self._deliver_in(DelaySeconds + (200 if meets == "late" else 1), Parcel(MessageBody))
        if meets == "doubled":
            self._deliver_in(DelaySeconds + 90, Parcel(MessageBody))
        self._step("SendMessage made")

    def remove(self, name: str) -> None:
        """Remove a job."""
        self.minutes.pop(name, None)
        self.ledger.items.pop(name, None)
        self.world.account.listed.pop(name, None)

    def change(self, name: str, limits: Limits) -> None:
        """Deploy other limits of a job."""
        self._version += 1
        self.ledger.items[name] = job(name, self.minutes[name], limits, self._version)

    def move(self, name: str, limits: Limits, definition: str) -> None:
        """Deploy a job that runs another task definition; its launch role may not run the one before."""
        self._version += 1
        before = self.ledger.items[name].task_definition
        self.ledger.items[name] = job(name, self.minutes[name], limits, self._version, definition)
        self.ecs.closed = {before}

    def invoke(self, action: Callable[[], object]) -> bool:
        """Run an invocation; return whether it ended well."""
        self._begun.append(self.second)
        try:
            with redirect_stdout(io.StringIO()) as said:
                action()
        except Killed:
            self.killed.append(self.second)
            self.ecs.answers, self.after_kill = self.after_kill or self.ecs.answers, []
            return False
        except SweepError:
            if not self.world.account.refused:
                self.faults.append(said.getvalue())
            return False
        except (*NOT_ANSWERED, LookupError) as failure:
            if isinstance(failure, KeyError):
                raise
            return False
        finally:
            self._begun.pop()
        return True

    def _set(self, second: int) -> None:
        self.world.now = datetime.fromtimestamp(second, UTC)

    def _step(self, _: str) -> None:
        """Kill or hold up the invocation that makes this step."""
        self.steps += 1
        if not self._begun:
            return
        if self.steps in self.holdups:
            self.pass_time(self.holdups.pop(self.steps))
        if self.steps in self.kills or self.second > self._begun[-1] + LONGEST_INVOCATION:
            raise Killed

    def _tick(self, name: str) -> None:
        if name not in self.minutes:
            return
        meets = self.ticks_meet.pop(0) if self.ticks_meet else ""
        tick = instants.text(self.world.now)
        self.due[name, tick] = meets
        body = launches.written(Message(job=name, schedule=name, tick=tick))
        if meets == "given up":
            self.after(60, partial(self._bury, Parcel(json.dumps({"QueueUrl": "launches", "MessageBody": body}))))
        elif meets != "lost":
            self._deliver_in(400 if meets == "late" else 2, Parcel(body))
            if meets == "doubled":
                self._deliver_in(200, Parcel(body))
        self.after(60 * self.minutes[name], partial(self._tick, name))

    def _deliver_in(self, seconds: int, parcel: Parcel) -> None:
        self.after(seconds, partial(self._deliver, parcel))

    def _deliver(self, parcel: Parcel) -> None:
        if self.second < self.queue_opens:
            self._deliver_in(self.queue_opens - self.second, parcel)
            return
        parcel.receives += 1
        self.most_receives = max(self.most_receives, parcel.receives)
        if self.invoke(lambda: self._supervisor.take(launches.read(parcel.body))):
            return
        if parcel.receives < RECEIVES:
            self._deliver_in(INVISIBLE, parcel)
        else:
            self.dead.append(parcel)
            self._bury(Parcel(parcel.body))

    def _bury(self, parcel: Parcel) -> None:
        """Deliver a dead letter to the watch."""
        parcel.receives += 1
        letter = {
            "messageId": "1",
            "body": parcel.body,
            "attributes": {"SentTimestamp": str(1000 * self.second), "ApproximateReceiveCount": str(parcel.receives)},
            "messageAttributes": {},
        }
        if not self.invoke(lambda: self.world.watch.take_dead_letter(letter)) and parcel.receives < RECEIVES:
            self.after(INVISIBLE, partial(self._bury, parcel))

    def _tell_of(self, task: FakeTask) -> None:
        """Send the event of a task's change."""
        meets = self.events_meet.pop(0) if self.events_meet else ""
        event = json.loads(json.dumps(task.now))
        if meets != "lost":
            self.after(300 if meets == "late" else 2, partial(self._take_event, event))
        if meets == "doubled":
            self.after(100, partial(self._take_event, event))

    def _take_event(self, event: Mapping[str, Any], attempt: int = 1) -> None:
        if not self.invoke(lambda: self.world.watch.take_event(event)) and attempt < 3:
            self.after(60 * attempt, partial(self._take_event, event, attempt + 1))

    def _tell_of_end(self, record: Mapping[str, Any]) -> None:
        """Send the record of an invocation's end."""
        meets = self.events_meet.pop(0) if self.events_meet else ""
        if meets != "lost":
            self.after(3000 if meets == "late" else 1, partial(self._take_record, record))
        if meets == "doubled":
            self.after(100, partial(self._take_record, record))

    def _take_record(self, record: Mapping[str, Any], attempt: int = 1) -> None:
        if not self.invoke(lambda: self.world.watch.take_record(record)) and attempt < 3:
            self.after(60 * attempt, partial(self._take_record, record, attempt + 1))

    def _report(self, report: Mapping[str, Any]) -> None:
        """Send a worker's report."""
        meets = self.events_meet.pop(0) if self.events_meet else ""
        if meets != "lost":
            self.after(300 if meets == "late" else 1, partial(self._take_report, report))
        if meets == "doubled":
            self.after(100, partial(self._take_report, report))

    def _take_report(self, report: Mapping[str, Any], attempt: int = 1) -> None:
        if not self.invoke(lambda: self.world.watch.take_report(report)) and attempt < 3:
            self.after(60 * attempt, partial(self._take_report, report, attempt + 1))

    def _ask_table(self, operation: str) -> None:
        if operation in self.world.account.refused:
            raise error(operation, "throttled")
        self._step(operation)

    def _tell(self, name: str) -> None:
        self._step("Invoke")
        self.after(1, lambda: self.invoke(lambda: self.world.watch.tell_of(name)))

    def _look(self) -> None:
        began = self.second
        ended = self._ends_that_ecs_shows()
        if self.invoke(lambda: Sweep(self.world.watch).take()):
            self.last_look = began
            held = {one.launch.task for one in self.flights().values() if one.launch is not None}
            self.faults += [f"{arn} holds its place after a look" for arn in ended & held]
        self.after(began + LOOK - self.second, self._look)

    def _ends_that_ecs_shows(self) -> set[str]:
        known = [one.launch.task for one in self.flights().values() if one.launch is not None and one.launch.task]
        return {arn for arn in known if self.ecs.visible_end(arn) or self.work.is_over(arn)}


def expression(minutes: int) -> str:
    """Return the expression of a tick every so many minutes of an hour, or hours of a day."""
    return f"cron(0 0/{minutes // 60} * * ? *)" if minutes >= 60 else f"cron(0/{minutes} * * * ? *)"


def job(name: str, minutes: int, limits: Limits, version: int = 1, definition: str = "web:7") -> JobFacts:
    """Return the facts of a supervised job, which is a function or work of workers if its limits say so.

    The request of each version is another one.
    """
    if limits.works:
        return JobFacts(
            owner="data",
            schedules={name: ScheduleFacts(expression=expression(minutes))},
            limits={name: limits},
            supervised=Supervised(role=f"arn:aws:iam::123456789012:role/{name}/launch", requests={}),
            work=queue(),
        )
    if limits.invokes:
        return JobFacts(
            owner="data",
            schedules={name: ScheduleFacts(expression=expression(minutes))},
            limits={name: limits},
            supervised=Supervised(role=f"arn:aws:iam::123456789012:role/{name}/launch", requests={}),
            function=InvokedFunction(alias=alias(name), log_group=f"/aws/lambda/{name}"),
        )
    variables = {JOB_NAME: name, JOB_SCHEDULE: name, JOB_SCHEDULED_TIME: SCHEDULED_TIME}
    own = {"Name": "app", "Environment": [{"Name": key, "Value": value} for key, value in sorted(variables.items())]}
    request = {
        "Cluster": CLUSTER,
        "TaskDefinition": definition,
        "Group": task_group(GROUP, name),
        "StartedBy": started_by(GROUP, name),
        "ClientToken": f"{name.replace('-', '')}-{SCHEDULED_TIME}",
        "Overrides": {"ContainerOverrides": [own]},
        "Tags": [{"Key": "version", "Value": str(version)}],
    }
    return JobFacts(
        owner="data",
        container="app",
        cluster=CLUSTER,
        task_definition=definition,
        schedules={name: ScheduleFacts(expression=expression(minutes))},
        limits={name: limits},
        supervised=Supervised(
            role=f"arn:aws:iam::123456789012:role/{name}/launch",
            requests={name: request},
            service={"cluster": CLUSTER, "service": "web"} if limits.run_revision == "service" else {},
        ),
    )
