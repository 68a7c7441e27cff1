"""What is promised of supervised jobs, checked against what truly happens in the fake ECS."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from supervision.plain_data import copied
from supervision.progress import LAST_MOMENT
from supervision.retrying import MOST_SETBACKS
from tests.unit.supervisor.fake_work import WorkedRun
from tests.unit.supervisor.fleet import LONGEST_INVOCATION
from watch import classes, instants

if TYPE_CHECKING:
    from supervision.flights import Flight
    from tests.unit.supervisor.fake_ecs import FakeTask
    from tests.unit.supervisor.fleet import Fleet

FINAL = (
    classes.GOOD,
    classes.FAILED,
    classes.NOT_STARTED,
    classes.NOT_LAUNCHED,
    classes.TOO_LATE,
    classes.MISSED,
    classes.INTERRUPTED,
    classes.TIMED_OUT,
    classes.STOPPED,
    classes.SKIPPED,
)


@dataclass
class Promises:
    """Watches a fleet. What it finds broken is in `broken`."""

    fleet: Fleet
    broken: list[str] = field(default_factory=list)
    flights: dict[str, Flight] = field(default_factory=dict)
    """The flight of each task's ARN, as it was when the task was started."""

    def __post_init__(self) -> None:
        """Look at each task that is started."""
        self.fleet.ecs.on_start = self._started
        self.fleet.work.on_start = self._started

    def check(self) -> None:
        """Check what always holds."""
        self._no_task_without_its_flight()
        self._holders()
        found = self.broken + self.fleet.faults + self.fleet.work.faults
        assert not found, "\n".join(found)

    def check_end(self, settled: int) -> None:
        """Check what holds after a quiet time. `settled` is the age from which a tick has a final outcome."""
        self.check()
        fleet = self.fleet
        ticks = fleet.ledger.all_ticks()
        until = instants.text(fleet.world.now.fromtimestamp(fleet.second - settled, fleet.world.now.tzinfo))
        for key, meets in fleet.due.items():
            outcome = ticks[key].outcome if key in ticks else "unknown"
            gone = key[0] not in fleet.minutes and outcome == "unknown" and meets in ("lost", "late")
            if key[1] <= until and outcome not in FINAL and not gone:
                self.broken.append(f"{key} met {meets or 'delivery'} and is {outcome}")
        alerted = {key for key, tick in ticks.items() if tick.alert is not None}
        by_hand = {(one.schedule, one.tick) for one in fleet.ledger.messages.values() if one.run}
        self.broken += [
            f"{key} is {tick.outcome}, and nobody was told"
            for key, tick in ticks.items()
            if tick.outcome in classes.TROUBLES and tick.outcome != classes.STOPPED and key not in {*alerted, *by_hand}
        ]
        told = [message for message in fleet.ledger.messages.values() if not message.run and message.kind != "ended"]
        named = Counter((about[0], about[1]) for message in told for about in message.about)
        self.broken += [f"{key} was told {times} times" for key, times in named.items() if times > 1]
        to_tell = sum(record.storm.count for record in fleet.ledger.all_jobs().values() if record.storm)
        if sum(message.count for message in told) + to_tell != len(alerted):
            self.broken.append(f"{[(one.id, one.count) for one in told]} and {to_tell} are told, of {sorted(alerted)}")
        self.broken += [f"{name} was never told" for name in self._unsent()]
        assert not self.broken, "\n".join(self.broken)

    def _unsent(self) -> list[str]:
        sent = {alert["id"].partition("/")[2] for alert in self.fleet.world.alerts()}
        return [name for name in self.fleet.ledger.messages if name not in sent]

    def _alive(self) -> list[FakeTask | WorkedRun]:
        return [*self.fleet.ecs.alive(), *self.fleet.work.working()]

    def _all(self) -> list[FakeTask | WorkedRun]:
        return [*self.fleet.ecs.tasks, *self.fleet.work.runs]

    def _started(self, task: FakeTask | WorkedRun) -> None:
        own = self.fleet.flights().get(task.flight)
        if own is None or own.launch is None:
            self.broken.append(f"{task.flight} starts a task, and is not in flight")
            return
        self.flights[task.arn] = copied(own)
        for other in self._alive():
            if other is not task and self._excludes(task, other):
                self.broken.append(f"{task.flight} starts beside {other.flight}")
        self._bounds(task, own)
        if any(one.token == task.token for one in self._all() if one is not task):
            self.broken.append(f"{task.flight} starts twice with one token")

    def _excludes(self, task: FakeTask | WorkedRun, other: FakeTask | WorkedRun) -> bool:
        mine, its = self.flights[task.arn], self.flights[other.arn]
        if mine.name == its.name or mine.insists or its.insists:
            return mine.name == its.name and task.launch == other.launch
        if mine.limits.lock and mine.limits.lock == its.limits.lock:
            return True
        return mine.job == its.job and mine.limits.overlap != "allow"

    def _bounds(self, task: FakeTask | WorkedRun, own: Flight) -> None:
        fleet, limits = self.fleet, own.limits
        launches = [one for one in self._all() if one.flight == task.flight]
        if task.attempt > limits.retries + 1 or len(launches) > limits.retries + 1 + MOST_SETBACKS:
            self.broken.append(f"{task.flight} begins attempt {task.attempt} with launch {len(launches)}")
        decided, begun = (own.launch.decided, own.launch.called) if own.launch else (0, 0)
        doubtful = task.token in {*fleet.ecs.doubted, *fleet.work.doubted} or any(
            killed >= decided for killed in fleet.killed
        )
        if task.launch == 1 and not doubtful and begun > own.launch_by:
            self.broken.append(f"{task.flight} starts {fleet.second - own.launch_by} s after its last moment")
        if isinstance(task, WorkedRun):
            return  # the message waits until a worker is free
        if fleet.second > begun + LONGEST_INVOCATION:
            self.broken.append(f"{task.flight} starts {fleet.second - begun} s after its call was noted")
        if fleet.second > decided + LAST_MOMENT + 60:
            self.broken.append(f"{task.flight} starts {fleet.second - decided} s after its launch was decided")

    def _no_task_without_its_flight(self) -> None:
        flights = self.fleet.flights()
        for task in self._alive():
            own = flights.get(task.flight)
            if own is None or own.launch is None or own.launch.number != task.launch:
                self.broken.append(f"{task.flight} has a task, and is not in flight with launch {task.launch}")

    def _holders(self) -> None:
        flights = self.fleet.flights()
        locks = self.fleet.ledger.all_locks()
        for name, own in flights.items():
            if own.holds and own.lock and locks[own.lock].holder != name:
                self.broken.append(f"{name} has begun, and {locks[own.lock].holder} holds the lock")
        for lock in locks.values():
            if lock.holder and lock.holder not in flights:
                self.broken.append(f"{lock.holder} has ended, and holds the lock {lock.name}")
        for job in self.fleet.ledger.all_jobs():
            holders = [one for one in flights.values() if one.job == job and one.holds]
            last = max(holders, key=lambda one: one.began or 0, default=None)
            if last is not None and last.limits.overlap != "allow" and len(holders) > 1:
                self.broken.append(f"{[one.name for one in holders]} hold the slot")
