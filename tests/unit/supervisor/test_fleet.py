"""Whatever goes wrong around them, supervised jobs keep what they promise.

`FLEET_STEPS=200000 python -m pytest -o faulthandler_timeout=0 tests/unit/supervisor/test_fleet.py` searches on, from
another seed each time, and shortens what it finds.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from supervision.limits import Limits
from tests.unit.supervisor.fake_ecs import ANSWERS, Life
from tests.unit.supervisor.fake_work import SENDINGS, WorkLife
from tests.unit.supervisor.fleet import Fleet
from tests.unit.supervisor.promises import Promises
from watch.launches import Message

SEARCHES = "FLEET_STEPS" in os.environ
STEPS = int(os.environ.get("FLEET_STEPS", "10000"))
PARTS = 20
STEPS_OF_ONE = 50
FIRST = random.randrange(10**9) if SEARCHES else 0  # noqa: S311 - nothing secret
"""The seed of the first part."""
SETTLED = 2 * 3600
"""The age from which a tick must have a final outcome: the longest deadline, and the longest time of all attempts."""
QUIET = SETTLED + 900

NAMES = ("alpha", "bravo", "charlie", "delta")
LOCKS = ("", "", "books", "stock")
CALLS = ("DescribeTasks", "GetItem", "ListSchedules", "Publish", "UpdateItem")


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    """Draw limits that the preview accepts."""
    overlap = draw(st.sampled_from(("skip", "queue", "replace", "allow")))
    timeout = draw(st.sampled_from((None, 120, 400)))
    retries = draw(st.sampled_from((0, 0, 1, 3)))
    if overlap == "replace" and retries:
        timeout = timeout or 120
    taken_by = draw(st.sampled_from(("", "worker")))
    return Limits(
        start_deadline=draw(st.sampled_from((900, 60, 300, 1800))),
        start_timeout=draw(st.sampled_from((900, 60))),
        timeout=timeout,
        total_timeout=draw(st.sampled_from((None, 600, 1500))),
        retries=retries,
        backoff=draw(st.sampled_from((30, 5, 200))),
        retry_on=draw(st.sampled_from(((), (75,)))),
        overlap=overlap,
        lock="" if overlap == "allow" else draw(st.sampled_from(LOCKS)),
        late=draw(st.sampled_from(("all", "last", "none"))),
        run_revision="newest" if taken_by else draw(st.sampled_from(("newest", "newest", "service"))),
        taken_by=taken_by,
    )


JOBS = st.dictionaries(st.sampled_from(NAMES), st.tuples(st.sampled_from((10, 5, 15, 30)), limits()), min_size=1)
LIVES = st.builds(
    Life,
    starts=st.sampled_from((20, 1, 90, None)),
    runs=st.sampled_from((60, 1, 280, 700, 2000)),
    exit_code=st.sampled_from((0, 1, 75)),
    interrupted=st.sampled_from((False, False, True)),
    stubborn=st.sampled_from((0, 30, 120)),
)

WORK_LIVES = st.builds(
    WorkLife,
    runs=st.sampled_from((60, 1, 280, 700)),
    exit_code=st.sampled_from((0, 1, 75)),
    dies=st.sampled_from((None, None, 1, 50, 200)),
    hangs=st.sampled_from((None, None, 1, 50, 200)),
    cut_off=st.sampled_from((None, None, 1, 50, 200)),
    lasts=st.sampled_from((30, 100, 200, 900)),
    stubborn=st.sampled_from((0, 30, 120)),
)


THEN = st.sampled_from((60, 5, 20, 300, 600))
"""Seconds that pass after something was made to go wrong."""


class FleetMachine(RuleBasedStateMachine):
    """Time passes, and what comes next is made to go wrong."""

    @initialize(jobs=JOBS)
    def deploy(self, jobs: dict[str, tuple[int, Limits]]) -> None:
        """Deploy some jobs."""
        self.fleet = Fleet(jobs)
        self.promises = Promises(self.fleet)

    @rule(seconds=THEN)
    def pass_time(self, seconds: int) -> None:
        """Let everything happen that is due."""
        self.fleet.pass_time(seconds)

    @rule(then=THEN, many=st.lists(st.sampled_from(("", "late", "doubled", "lost", "given up")), max_size=4))
    def ticks_meet(self, then: int, many: list[str]) -> None:
        """Let Scheduler's next messages meet this."""
        self.fleet.ticks_meet = many
        self.fleet.pass_time(then)

    @rule(then=THEN, many=st.lists(st.sampled_from(("", "late", "doubled", "refused")), max_size=6))
    def wakes_meet(self, then: int, many: list[str]) -> None:
        """Let the functions' next messages meet this."""
        self.fleet.wakes_meet = many
        self.fleet.pass_time(then)

    @rule(then=THEN, many=st.lists(st.sampled_from(("", "late", "doubled", "lost")), max_size=6))
    def events_meet(self, then: int, many: list[str]) -> None:
        """Let the next events meet this."""
        self.fleet.events_meet = many
        self.fleet.pass_time(then)

    @rule(then=THEN, many=st.lists(st.sampled_from(ANSWERS), max_size=6))
    def run_task_answers(self, then: int, many: list[str]) -> None:
        """Let the next calls of RunTask be answered like this."""
        self.fleet.ecs.answers = many
        self.fleet.pass_time(then)

    @rule(then=THEN, many=st.lists(LIVES, max_size=3))
    def tasks_live(self, then: int, many: list[Life]) -> None:
        """Let the next tasks do this."""
        self.fleet.ecs.lives = many
        self.fleet.pass_time(then)

    @rule(then=THEN, minutes=st.sampled_from((1, 10, 70)))
    def scale_down(self, then: int, minutes: int) -> None:
        """Let the service have no workers for some time. Those that have a run end it."""
        self.fleet.work.leave()
        self.fleet.after(60 * minutes, self.fleet.work.come_back)
        self.fleet.pass_time(then)

    @rule(then=THEN, answer=st.sampled_from(("broken", "sent, but broken")))
    def send_message_is_not_answered(self, then: int, answer: str) -> None:
        """Let nobody learn whether messages come into the work queue, until further notice."""
        self.fleet.work.answers = [answer] * 999
        self.fleet.pass_time(then)

    @rule(then=THEN, many=st.lists(st.sampled_from(SENDINGS), max_size=6))
    def send_message_answers(self, then: int, many: list[str]) -> None:
        """Let the next calls of SendMessage to the work queue be answered like this."""
        self.fleet.work.answers = many
        self.fleet.pass_time(then)

    @rule(then=THEN, many=st.lists(WORK_LIVES, max_size=3))
    def workers_live(self, then: int, many: list[WorkLife]) -> None:
        """Let this become of the next runs and their workers."""
        self.fleet.work.lives = many
        self.fleet.pass_time(then)

    @rule(then=THEN, many=st.lists(st.booleans(), max_size=8))
    def service_deploys(self, then: int, many: list[bool]) -> None:
        """Let the next questions meet a deployment in progress, or none."""
        self.fleet.ecs.deployments = many
        self.fleet.pass_time(then)

    @rule(then=THEN, steps=st.lists(st.integers(1, 40), min_size=1, max_size=5))
    def kill(self, then: int, steps: list[int]) -> None:
        """Let the function be killed at some of its next steps."""
        self.fleet.kills = {self.fleet.steps + step for step in steps}
        self.fleet.pass_time(then)

    @rule(then=THEN, step=st.integers(1, 40), seconds=st.sampled_from((1, 10, 45, 70)))
    def hold_up(self, then: int, step: int, seconds: int) -> None:
        """Let an invocation wait at one of its next steps, while others go on."""
        self.fleet.holdups[self.fleet.steps + step] = seconds
        self.fleet.pass_time(then)

    @rule(then=THEN, lag=st.sampled_from((0, 5, 60)))
    def lag(self, then: int, lag: int) -> None:
        """Let ECS describe tasks as they were some seconds ago."""
        self.fleet.ecs.lag = lag
        self.fleet.pass_time(then)

    @rule(then=THEN, calls=st.sets(st.sampled_from(CALLS)))
    def refuse(self, then: int, calls: set[str]) -> None:
        """Let AWS refuse these calls of the watch until further notice."""
        self.fleet.world.account.refused = calls
        self.fleet.pass_time(then)

    @rule(then=THEN, minutes=st.sampled_from((1, 10, 40)))
    def close_the_queue(self, then: int, minutes: int) -> None:
        """Let the supervisor get no messages for some time."""
        self.fleet.queue_opens = self.fleet.second + 60 * minutes
        self.fleet.pass_time(then)

    @rule(then=THEN, number=st.integers(0, 20), name=st.sampled_from(("0000aaaa", "0000bbbb")), insists=st.booleans())
    def rerun(self, then: int, number: int, name: str, insists: bool) -> None:  # noqa: FBT001 - a rule
        """Let an operator run one of the latest ticks again."""
        for schedule, tick in [*self.fleet.due][-1 - number :][:1]:
            self.fleet.send(Message(job=schedule, schedule=schedule, tick=tick, rerun=name, insists=insists))
        self.fleet.pass_time(then)

    @rule(then=THEN, number=st.integers(0, 3), name=st.sampled_from(("", "0000aaaa")))
    def withdraw(self, then: int, number: int, name: str) -> None:
        """Let an operator withdraw one of the latest ticks, or a run of it."""
        for schedule, tick in [*self.fleet.due][-1 - number :][:1]:
            message = Message(job=schedule, schedule=schedule, tick=tick, rerun=name, withdraws=True, why="by ops")
            self.fleet.send(message)
        self.fleet.pass_time(then)

    @rule(then=THEN, name=st.sampled_from(NAMES))
    def remove(self, then: int, name: str) -> None:
        """Remove a job."""
        self.fleet.remove(name)
        self.fleet.pass_time(then)

    @rule(then=THEN, name=st.sampled_from(NAMES), to=limits())
    def change(self, then: int, name: str, to: Limits) -> None:
        """Deploy other limits of a job."""
        if name in self.fleet.minutes:
            self.fleet.change(name, to)
        self.fleet.pass_time(then)

    @invariant()
    def promises_are_kept(self) -> None:
        """Check what always holds."""
        if hasattr(self, "promises"):
            self.promises.check()

    def teardown(self) -> None:
        """Let nothing more go wrong, and check what holds in the end."""
        if not hasattr(self, "promises"):
            return
        fleet = self.fleet
        fleet.kills, fleet.holdups, fleet.queue_opens = set(), {}, 0
        fleet.ticks_meet, fleet.wakes_meet, fleet.events_meet = [], [], []
        fleet.work.answers, fleet.work.lives = [], []
        fleet.work.come_back()
        fleet.ecs.answers, fleet.ecs.lives, fleet.ecs.deployments, fleet.ecs.lag = [], [], [], 0
        fleet.world.account.refused = set()
        for _ in range(QUIET // 300):
            fleet.pass_time(300)
            self.promises.check()
        self.promises.check_end(SETTLED)


@pytest.mark.parametrize("part", range(PARTS))
def test_promises_are_kept(part: int) -> None:
    """Ten thousand steps, in parts. A failure shows the steps that led to it."""
    machine: Any = seed(part + FIRST)(FleetMachine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=STEPS // PARTS // STEPS_OF_ONE,
            stateful_step_count=STEPS_OF_ONE,
            phases=[Phase.generate, *([Phase.shrink] if SEARCHES else [])],
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
