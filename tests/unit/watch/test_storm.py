"""A storm: thousands of ticks while calls are refused, events get lost, functions are killed and schedules change.

`STORM_TICKS=40000 python -m pytest tests/unit/watch/test_storm.py` runs the whole of it; a test run does a tenth.
"""

from __future__ import annotations

import io
import os
import random
from collections import Counter
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.watch.world import CLUSTER, START, EcsTask, Killed, World, events, facts, letter
from watch import classes, instants
from watch.due import Deployed
from watch.facts import JobFacts, ScheduleFacts
from watch.sweep import SweepError

if TYPE_CHECKING:
    from collections.abc import Callable

TICKS = int(os.environ.get("STORM_TICKS", "4000"))
JOBS = 12
MINUTES = (7, 11, 15, 20)
"""Distances of ticks: every so many minutes of an hour."""
CALLS = ("DescribeTasks", "ListTasks", "ListSchedules", "GetSchedule", "Publish", "DescribeTaskDefinition")
STEP = timedelta(minutes=1)
CALM = timedelta(minutes=12)
"""Time before a change without a silent tick, since nobody can say whether a tick within a change was due."""
FORGOTTEN = timedelta(hours=1)
OUTAGE = timedelta(minutes=15)
FATES = {"good": 60, "failed": 10, "not-started": 4, "interrupted": 4, "not-launched": 5, "nothing": 8, "stopped": 3}
ENDS: dict[str, tuple[int | None, str]] = {
    "good": (0, "EssentialContainerExited"),
    "failed": (2, "EssentialContainerExited"),
    "not-started": (None, "TaskFailedToStart"),
    "interrupted": (137, "SpotInterruption"),
    "stopped": (143, "UserInitiated"),
}
EXPECTED = {"nothing": classes.MISSED, "good": None, "stopped": None}


@dataclass
class Due:
    """A schedule as AWS has it in the storm."""

    minutes: int
    enabled: bool = True
    exists: bool = True
    silent: datetime = START - CALM
    """The latest tick that nobody launched."""

    @property
    def expression(self) -> str:
        """The expression."""
        return f"cron(0/{self.minutes} * * * ? *)"

    def is_due(self, at: datetime) -> bool:
        """Return whether there is a tick at a minute."""
        return self.exists and self.enabled and at.minute % self.minutes == 0


@dataclass
class Storm:
    """The world in the storm, and what truly happened in it."""

    chance: random.Random
    world: World = field(init=False)
    dues: dict[str, Due] = field(default_factory=dict)
    truth: dict[tuple[str, str], str] = field(default_factory=dict)
    """The fate of every tick."""
    pending: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)
    """Deliveries to come, each with its time."""
    forgotten: list[tuple[datetime, str]] = field(default_factory=list)
    outage_ends: datetime = START
    calm: bool = False

    def __post_init__(self) -> None:
        """Deploy the jobs."""
        self.dues = {f"job-{number}": Due(self.chance.choice(MINUTES)) for number in range(JOBS)}
        jobs = {name: self._job(name) for name in self.dues}
        self.world = World(facts(jobs=jobs), step=self._step)
        self.world.account.expressions = {name: (due.expression, "UTC") for name, due in self.dues.items()}
        for name in self.dues:
            self.world.account.listed[name] = Deployed(enabled=True, changed=START - timedelta(days=1))

    def _job(self, name: str) -> JobFacts:
        schedule = ScheduleFacts(expression=self.dues[name].expression)
        return JobFacts(
            owner="data", container="app", cluster=CLUSTER, task_definition="web:7", schedules={name: schedule}
        )

    def _step(self, step: str) -> None:
        """Kill an invocation at some of its steps."""
        if not self.calm and step != "looked" and self.chance.random() < 0.0005:
            raise Killed(step)

    def invoke(self, step: Callable[[], None], times: int = 3) -> bool:
        """Run an invocation as AWS does, which repeats one that failed."""
        for _ in range(times):
            with suppress(Killed, Exception):
                step()
                return True
        return False

    def minute(self) -> None:
        """Let a minute pass: ticks, deliveries, outages, changes, and a check every five minutes."""
        world = self.world
        world.now += STEP
        for name, due in self.dues.items():
            if due.is_due(world.now):
                self._tick(name, due)
        self._arrive()
        if not self.calm:
            self._blow()
        if world.now.minute % 5 == 0:
            with suppress(Killed, SweepError, Exception):
                world.look()

    def _arrive(self) -> None:
        """Deliver what is due, and let ECS forget old tasks."""
        world = self.world
        for delivery in [one for one in self.pending if one[0] <= world.now]:
            self.pending.remove(delivery)
            if not self.invoke(delivery[1]):
                self.pending.append((world.now + timedelta(minutes=6), delivery[1]))  # a queue, or an operator
        for when, arn in [one for one in self.forgotten if one[0] <= world.now]:
            self.forgotten.remove((when, arn))
            world.account.described.pop(arn, None)

    def _blow(self) -> None:
        """Begin or end an outage, or change a schedule."""
        world, chance = self.world, self.chance
        if chance.random() < 0.02:
            world.account.refused = set(chance.sample(CALLS, chance.randint(1, 2)))
            self.outage_ends = world.now + OUTAGE
        if world.now >= self.outage_ends:
            world.account.refused = set()
        if chance.random() < 0.01:
            self._change(chance.choice(list(self.dues)))

    def _tick(self, name: str, due: Due) -> None:
        world, chance = self.world, self.chance
        fate = chance.choices(list(FATES), list(FATES.values()))[0]
        changed = world.account.listed[name].changed
        if self.calm or (fate in ("nothing", "not-launched") and world.now - changed <= 2 * STEP):
            fate = "good"  # whether AWS launches a tick within the minute of a change is not known
        self.truth[name, instants.text(world.now)] = fate
        if fate == "nothing":
            due.silent = world.now
        elif fate == "not-launched":
            self._deliver(partial(world.watch.take_dead_letter, letter(name, world.now)))
        else:
            self._run(name, fate)

    def _run(self, name: str, fate: str) -> None:
        world, chance = self.world, self.chance
        task = EcsTask(name, world.now, id=f"{name}-{int(world.now.timestamp())}")
        made = events(world, task, *ENDS[fate])
        self.forgotten.append((world.now + FORGOTTEN, task.arn))
        lost = chance.random() < 0.05
        for event in made:
            if not (lost and chance.random() < 0.6):
                for _ in range(2 if chance.random() < 0.1 else 1):
                    self._deliver(partial(world.watch.take_event, event))

    def _deliver(self, step: Callable[[], None]) -> None:
        delay = timedelta(minutes=self.chance.choice((0, 0, 0, 0, 1, 2, 9)))
        self.pending.append((self.world.now + delay, step))

    def _change(self, name: str) -> None:
        """Change a schedule by deployment, by hand, or half-way."""
        world, chance, due = self.world, self.chance, self.dues[name]
        if world.now - due.silent <= CALM or not due.exists:
            return
        kind = chance.choice(("deploy", "by hand", "toggle"))
        if kind == "toggle":
            due.enabled = not due.enabled
        else:
            due.minutes = chance.choice(MINUTES)
        if kind == "deploy":
            world.ledger.items[name] = self._job(name)
        world.account.expressions[name] = (due.expression, "UTC")
        world.account.listed[name] = Deployed(due.enabled, world.now)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_storm(seed: int) -> None:
    """Every bad tick is heard once, under its own time and class; no good tick is; a double has the same id."""
    storm = Storm(random.Random(seed))  # noqa: S311 - nothing secret
    world = storm.world
    with redirect_stdout(io.StringIO()):  # the watch logs every refused call
        world.look()
        while len(storm.truth) < TICKS / 3:
            storm.minute()
        storm.calm, world.account.refused = True, set()
        for _ in range(4 * 60):
            storm.minute()

    known = world.ledger.all_ticks()
    alerted = {key: tick.alert for key, tick in known.items() if tick.alert is not None}
    wanted = {key: EXPECTED.get(fate, fate) for key, fate in storm.truth.items()}
    wanted = {key: class_ for key, class_ in wanted.items() if class_ is not None}
    assert alerted.keys() - storm.truth.keys() == set()
    assert {key: (alerted.get(key), class_) for key, class_ in wanted.items() if alerted.get(key) != class_} == {}
    assert {key: alerted[key] for key in alerted.keys() - wanted.keys()} == {}
    published = Counter(alert["id"] for alert in world.alerts())
    first = {alert["id"]: without_time(alert) for alert in reversed(world.alerts())}
    assert all(without_time(alert) == first[alert["id"]] for alert in world.alerts() if published[alert["id"]] > 1)
    counts = sum(message.count for message in world.ledger.messages.values() if message.class_ != classes.DRIFTED)
    assert counts == len(wanted)


def without_time(alert: dict[str, Any]) -> dict[str, Any]:
    """Return what two copies of a message have in common."""
    return {name: alert[name] for name in ("kind", "class", "schedule", "tick", "digest")}
