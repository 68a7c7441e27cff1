"""`pause_after`: a job whose ticks keep going wrong is paused once, told once, and counts anew after it was resumed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.watch.told import SCHEMA
from tests.unit.watch.world import (
    CLUSTER,
    START,
    TASK_ROLE,
    EcsTask,
    Killed,
    World,
    events,
    facts,
    letter,
    run,
)
from watch import instants, pausing
from watch.due import Deployed
from watch.facts import JobFacts, ScheduleFacts
from watch.names import BY_HAND
from watch.records import JobRecord, Pause
from watch.sweep import SweepError
from watch.task import Origin

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from holds.hold import Hold

NAME = "flaky"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ENDS: dict[str, tuple[int | None, str]] = {
    "good": (0, "EssentialContainerExited"),
    "failed": (2, "EssentialContainerExited"),
    "not-started": (None, "TaskFailedToStart"),
    "interrupted": (137, "SpotInterruption"),
    "stopped": (143, "UserInitiated"),
}
COUNTED = ("failed", "not-started", "not-launched")
OTHERS = ("interrupted", "stopped", "nothing")


def made(limit: int = 3, step: Callable[[str], None] = lambda _: None, **changes: Any) -> World:  # noqa: ANN401
    """Return a world with an hourly job that is paused after so many ticks, and that a check has seen."""
    schedules = {NAME: ScheduleFacts(expression="cron(0 * * * ? *)")}
    job = JobFacts(
        owner="data",
        container="app",
        cluster=CLUSTER,
        task_definition="web",
        passed_roles=(TASK_ROLE,),
        schedules=schedules,
        pause_after={NAME: limit},
    )
    world = World(facts(jobs={NAME: job}, **changes), step)
    world.look()
    return world


def meet(world: World, fate: str, copies: int = 1) -> datetime:
    """Go on to the next hour, let its tick meet this fate, and return the tick. Events come this often."""
    tick = world.now.replace(minute=0, second=0) + HOUR
    world.now = tick - MINUTE
    world.look()
    world.now = tick
    if fate == "not-launched":
        for _ in range(copies):
            world.watch.take_dead_letter(letter(NAME, tick))
    elif fate != "nothing":
        for event in events(world, EcsTask(NAME, tick, id=f"t{tick:%d%H}"), *ENDS[fate]):
            for _ in range(copies):
                world.watch.take_event(event)
    return tick


def resume(world: World) -> None:
    """End the only hold, as `python -m ops resume` does."""
    [hold] = world.account.held.values()
    world.account.held[hold.id] = hold.ended(world.now)
    world.account.listed[NAME] = Deployed(enabled=True, changed=world.now)


def paused(world: World) -> list[dict[str, Any]]:
    """Return the alerts that tell of a pause."""
    return [alert for alert in world.alerts() if alert["paused"]]


def hold_of(world: World) -> Hold:
    """Return the only hold."""
    [hold] = world.account.held.values()
    return hold


def test_pauses_and_tells() -> None:
    """After the third bad tick in a row a hold without an end is stored and brought about, and the alert says so."""
    world = made()
    for fate in ("failed", "not-started"):
        meet(world, fate)
    assert (world.account.held, paused(world)) == ({}, [])
    tick = instants.text(meet(world, "failed"))
    hold = hold_of(world)
    assert (hold.by, hold.until, hold.jobs, hold.owners) == ("the watch", None, (NAME,), ())
    assert hold.reason == f"3 ticks of flaky in a row went wrong, the last one {tick}"
    assert not world.account.listed[NAME].enabled
    [alert] = paused(world)
    jsonschema.validate(alert, SCHEMA)
    assert alert["summary"].endswith("; the job is paused")
    assert (alert["tick"], alert["next"]) == (tick, None)
    command = f"python -m ops resume --group jobs-production --region eu-central-1 {hold.id}"
    assert alert["paused"] == {"hold": hold.id, "ticks": 3, "resume": command}
    shown = json.loads(world.account.published[-1]["Message"])
    assert f"\nPaused: 3 ticks in a row went wrong, so hold {hold.id} keeps the job from running\n" in shown["email"]
    assert f"\nResume the job, once the cause is fixed:\n{command}\n" in shown["email"]
    assert any(command in step for step in json.loads(shown["https"])["content"]["nextSteps"])
    world.pass_time(hours=12)
    assert (world.account.put, len(paused(world)), hold_of(world)) == (1, 1, hold)
    reason = f"held until somebody resumes it, by the watch: {hold.reason}"
    assert world.tick(NAME, instants.read(tick) + HOUR).reason == reason


def test_tells_at_once() -> None:
    """A pause is told at once, in the digest of the ticks that would otherwise have waited for their time."""
    world = made()
    first = meet(world, "failed")
    for minutes in (5, 10):
        world.now = first + minutes * MINUTE
        run(world, EcsTask(NAME, world.now, id=f"t{minutes}"), 2)
    assert [(alert["kind"], alert["paused"] is not None) for alert in world.alerts()] == [
        ("alert", False),
        ("digest", True),
    ]
    assert world.alerts()[-1]["summary"] == "flaky: 2 more ticks went wrong (2 failed); the job is paused"


ENDLESS = {
    "a good run": ["failed", "failed", "good", "failed", "failed"],
    "AWS's faults and stops do not count": ["failed", "interrupted", "failed", "nothing", "stopped", "nothing"],
}
ENDING = {
    "they do not interrupt the row either": ["failed", "interrupted", "nothing", "failed", "stopped", "failed"],
    "every kind": ["not-started", "not-launched", "failed"],
    "after a good run": ["failed", "failed", "good", "failed", "failed", "failed"],
}


@pytest.mark.parametrize("fates", ENDLESS.values(), ids=ENDLESS)
def test_goes_on(fates: list[str]) -> None:
    """A row that a good run has ended pauses nothing, and what is not the job's fault does not count."""
    world = made()
    for fate in fates:
        meet(world, fate)
    world.pass_time(minutes=40)
    assert (world.account.put, paused(world)) == (0, [])


@pytest.mark.parametrize("fates", ENDING.values(), ids=ENDING)
def test_ends_at_the_last(fates: list[str]) -> None:
    """The last of the ticks that count pauses the job."""
    world = made()
    for fate in fates[:-1]:
        meet(world, fate)
    assert world.account.put == 0
    meet(world, fates[-1])
    assert (world.account.put, len(paused(world))) == (1, 1)


def test_quiet_classes_do_not_count() -> None:
    """A job is not paused for ticks of which nobody is told."""
    world = made(limit=2, quiet=("not-started",))
    for fate in ("not-started", "failed", "not-started"):
        meet(world, fate)
    assert world.account.put == 0
    meet(world, "failed")
    assert (world.account.put, len(paused(world))) == (1, 1)


@pytest.mark.parametrize(("exit_code", "count"), [(2, 1), (0, 0)])
def test_a_long_run_counts_by_its_end(exit_code: int, count: int) -> None:
    """A run that was reported while it went on counts when it ends badly, and the message about its end says so."""
    world = made(limit=2)
    world.ledger.items[NAME] = replace(world.ledger.items[NAME], longest_run=60)
    meet(world, "failed")
    tick = world.now.replace(minute=0, second=0) + HOUR
    world.pass_time(minutes=60)
    first, second, _ = events(world, task := EcsTask(NAME, tick, id="long"))
    world.watch.take_event(first)
    world.watch.take_event(second)
    world.account.described[task.arn] |= {"lastStatus": "RUNNING", "version": 2}
    world.pass_time(minutes=30)
    assert (world.told()[-1][0], world.account.put) == ("overrun", 0)
    world.watch.take_event(task.stopped(world.now, exit_code))
    assert (world.account.put, [alert["kind"] for alert in paused(world)]) == (count, ["ended"] * count)


def test_a_tick_that_was_reported_before_as_missed() -> None:
    """A run of which nothing was known in time counts when its end becomes known, and the pause is told."""
    world = made(limit=2)
    meet(world, "failed")
    tick = meet(world, "nothing")
    late = events(world, EcsTask(NAME, tick, id="late"), 2)[-1]
    world.account.described.clear()
    world.pass_time(minutes=40)
    assert world.told()[-1] == ("missed", NAME, instants.text(tick))
    world.ledger.settle_origin("late", Origin(NAME, instants.text(tick), ""), world.now)
    world.watch.take_event(late)
    [alert] = paused(world)
    jsonschema.validate(alert, SCHEMA)
    assert (alert["kind"], alert["class"], alert["tick"]) == ("ended", "missed", instants.text(tick))
    assert alert["summary"] == "flaky failed in the end: exit code 2; the job is paused"


def test_counts_anew_after_the_resume() -> None:
    """After somebody has ended the hold, the job is paused again only after as many bad ticks."""
    world = made()
    for _ in range(3):
        meet(world, "failed")
    first = hold_of(world)
    world.pass_time(hours=2)
    resume(world)
    world.pass_time(minutes=5)
    assert (world.account.held, world.account.listed[NAME].enabled) == ({}, True)
    for count in (1, 1, 2):
        meet(world, "failed")
        assert (world.account.put, len(paused(world))) == (count, count)
    assert hold_of(world).id != first.id


def test_a_tick_right_after_the_resume_counts() -> None:
    """A bad tick after the resume counts though no check has seen the resume, and one from before does not."""
    world = made(limit=2)
    tick = meet(world, "failed")
    running, late = events(world, EcsTask(NAME, tick + 2 * MINUTE, id="late"), 2)[::2]
    world.watch.take_event(running)
    meet(world, "failed")
    world.now += MINUTE
    world.watch.take_event(late)
    resume(world)
    world.now += MINUTE
    run(world, EcsTask(NAME, world.now, id="after"), 2)
    world.pass_time(minutes=5)
    assert world.account.put == 1
    meet(world, "failed")
    assert world.account.put == 2


def test_a_hold_that_was_deleted() -> None:
    """A hold that somebody has deleted from the Parameter Store is over, once no reading can still lack it."""
    world = made(limit=2)
    for _ in range(2):
        meet(world, "failed")
    kept = world.account.held.copy()
    world.account.held.clear()
    world.pass_time(minutes=5)
    assert world.ledger.all_jobs()[NAME].pause is not None
    world.account.held.update(kept)
    world.pass_time(minutes=20)
    assert world.ledger.all_jobs()[NAME].pause is not None
    world.account.held.clear()
    world.account.listed[NAME] = Deployed(enabled=True, changed=world.now)
    world.pass_time(minutes=5)
    assert world.ledger.all_jobs()[NAME].pause is None
    for count in (1, 2):
        meet(world, "failed")
        assert world.account.put == count


def test_says_it_when_aws_refuses_the_hold() -> None:
    """The alert is sent though the hold could not be stored. The checks fail until it is, and nothing is told twice."""
    world = made(limit=2)
    meet(world, "failed")
    world.account.refused = {"PutParameter"}
    meet(world, "failed")
    assert (len(paused(world)), world.account.held) == (1, {})
    with pytest.raises(SweepError):
        world.look()
    world.account.refused = set()
    world.look()
    assert (world.account.put, world.account.listed[NAME].enabled, len(paused(world))) == (1, False, 1)


def test_leaves_schedules_to_the_check() -> None:
    """A schedule that could not be disabled at once is disabled by the next check."""
    world = made(limit=2)
    meet(world, "failed")
    world.account.refused = {"UpdateSchedule"}
    meet(world, "failed")
    assert world.account.listed[NAME].enabled
    world.account.refused = set()
    world.pass_time(minutes=5)
    assert not world.account.listed[NAME].enabled


def test_leaves_most_of_many_schedules_to_the_check() -> None:
    """The alert does not wait until hundreds of schedules are disabled."""
    world = made(limit=2)
    job = world.ledger.items[NAME]
    names = [NAME, *(f"{NAME}.k{number:02}" for number in range(60))]
    world.ledger.items[NAME] = replace(job, schedules=dict.fromkeys(names, job.schedules[NAME]))
    world.account.known = facts(jobs=world.ledger.items)
    world.account.listed.update(dict.fromkeys(names, Deployed(enabled=True, changed=START)))
    meet(world, "failed")
    meet(world, "failed")
    assert sum(one.enabled for one in world.account.listed.values()) == 11
    world.look()
    assert sum(one.enabled for one in world.account.listed.values()) == 0


def test_a_removed_job_is_not_paused() -> None:
    """The last runs of a job that is no longer deployed pause nothing."""
    world = made(limit=2)
    meet(world, "failed")
    last = events(world, EcsTask(NAME, world.now + HOUR, id="last"), 2)
    world.watch.take_event(last[0])
    del world.ledger.items[NAME]
    world.watch.take_event(last[-1])
    assert (world.account.put, world.tick(NAME, world.now + HOUR).outcome) == (0, "failed")


def test_runs_by_hand() -> None:
    """A bad run by hand does not count. A good one ends the row, as it ends the failures in a row of an alert."""
    for exit_code, count in ((2, 1), (0, 0)):
        world = made()
        meet(world, "failed")
        meet(world, "failed")
        tick = meet(world, "nothing")
        world.pass_time(minutes=20)
        assert world.tick(NAME, tick).outcome == "missed"
        run(world, EcsTask(NAME, tick, id="hand", state={"startedBy": BY_HAND}), exit_code)
        assert (world.account.put, world.tick(NAME, tick).outcome) == (0, "failed" if exit_code else "good")
        meet(world, "failed")
        assert world.account.put == count


def test_a_late_end_of_an_earlier_tick() -> None:
    """A bad run that ends after a later tick was good is not in a row with the ticks that follow."""
    world = made(limit=2)
    tick = meet(world, "nothing")
    first, _, late = events(world, task := EcsTask(NAME, tick, id="long"), 2)
    world.watch.take_event(first)
    world.account.described[task.arn] |= {"lastStatus": "RUNNING", "version": 2}
    meet(world, "good")
    world.watch.take_event(late)
    meet(world, "failed")
    assert (world.tick(NAME, tick).outcome, world.account.put) == ("failed", 0)
    meet(world, "failed")
    assert world.account.put == 1


class Killer:
    """Kills the function at its nth step, once."""

    def __init__(self) -> None:
        """Begin without a step to kill at."""
        self.at: int | None = None
        self.steps: list[str] = []

    def __call__(self, step: str) -> None:
        """Count a step, and kill the function at the chosen one."""
        self.steps.append(step)
        if self.at is not None and len(self.steps) == self.at:
            raise Killed(step)


@pytest.mark.parametrize("repeated", [True, False], ids=["repeated", "not repeated"])
def test_killed_in_any_step(*, repeated: bool) -> None:
    """Wherever the invocation is killed, one hold is stored, and one that was ended is not stored again."""
    kills = set()
    for at in range(1, 60):
        killer = Killer()
        world = made(2, killer)
        meet(world, "failed")
        last = events(world, EcsTask(NAME, world.now + MINUTE, id="last"), 2)
        for event in last[:-1]:
            world.watch.take_event(event)
        killer.steps.clear()
        killer.at = at
        try:
            world.watch.take_event(last[-1])
        except Killed:
            kills.add(killer.steps[-1])
        was_held, killer.at = bool(world.account.held), None
        world.now += MINUTE
        if was_held:
            resume(world)
        if repeated:
            world.watch.take_event(last[-1])
            assert world.account.listed[NAME].enabled == was_held, killer.steps[:at]
        world.pass_time(minutes=30)
        assert (world.account.put, bool(world.account.held)) == (1, not was_held), killer.steps[:at]
        assert world.account.listed[NAME].enabled == was_held
        assert len({alert["id"] for alert in paused(world)}) == 1
        assert len(world.ledger.all_jobs()[NAME].outbox) == 0
    assert {"PutParameter", "held", "saved", "UpdateSchedule", "Publish", "published"} <= kills


def test_two_invocations_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that runs while the hold is being stored stores no second one, and both say nothing twice."""
    world = made(limit=2)
    meet(world, "failed")
    add = world.account.add_hold
    nested: list[Hold] = []

    def add_late(group: str, hold: Hold) -> bool:
        if not nested:
            nested.append(hold)
            world.look()
        return add(group, hold)

    monkeypatch.setattr(world.account, "add_hold", add_late)
    meet(world, "failed")
    assert nested
    world.pass_time(minutes=30)
    assert (world.account.put, len(paused(world)), world.account.listed[NAME].enabled) == (1, 1, False)


class Model:
    """What must become of the job: the ticks that count since the last good one and the last resume, and no others."""

    def __init__(self, limit: int) -> None:
        """Begin without a tick."""
        self.limit, self.row, self.pauses = limit, 0, 0
        self.in_force = False

    def meet(self, fate: str) -> None:
        """Take note of a tick, which comes only while the job is not paused."""
        self.row = 0 if fate == "good" else self.row + (fate in COUNTED)
        if fate in COUNTED and self.row >= self.limit:
            self.in_force, self.row = True, 0
            self.pauses += 1


@settings(max_examples=60, deadline=None)
@example(2, [(what, 1) for what in ("failed", "nothing", "failed", "resume", "rerun", "failed", "failed")])
@given(
    st.integers(2, 4),
    st.lists(
        st.tuples(st.sampled_from([*COUNTED, *COUNTED, *OTHERS, "good", "resume", "rerun"]), st.integers(1, 3)),
        max_size=16,
    ),
)
def test_pauses_exactly_when_the_model_does(limit: int, history: list[tuple[str, int]]) -> None:
    """Whatever is delivered how often, the job is paused after as many bad ticks in a row, each time once."""
    world, model = made(limit), Model(limit)
    for number, (what, copies) in enumerate(history):
        if what == "resume":
            if model.in_force:
                resume(world)
                model.in_force = False
                world.pass_time(minutes=5)
        elif what == "rerun":
            for event in events(world, EcsTask(NAME, world.now, id=f"r{number}", state={"startedBy": BY_HAND}), 0):
                world.watch.take_event(event)
            model.row = 0
        elif not model.in_force:
            meet(world, what, copies)
            model.meet(what)
        assert (world.account.put, len(paused(world))) == (model.pauses, model.pauses)
        assert (len(world.account.held), world.account.listed[NAME].enabled) == (model.in_force, not model.in_force)
    assert len({alert["paused"]["hold"] for alert in paused(world)}) == model.pauses


def test_a_record_of_an_earlier_version() -> None:
    """A record in which nothing is paused is as earlier versions wrote it, and one with a pause is read as written."""
    record = JobRecord(NAME)
    record.schedule(NAME).seen = [instants.text(START)]
    plain = record.to_plain()
    assert "pause" not in plain
    assert "strikes" not in plain["schedules"][NAME]
    record.pause = Pause(NAME, instants.text(START), instants.text(START), 3)
    record.schedule(NAME).strikes = [instants.text(START)]
    assert JobRecord.from_plain(json.loads(json.dumps(record.to_plain())), 0) == record


@pytest.mark.parametrize(("ticks", "fits"), [(1, False), (2, True), (100, True), (101, False)])
def test_how_many_ticks(ticks: int, *, fits: bool) -> None:
    """A job can be paused after two to a hundred ticks."""
    assert (pausing.problem(ticks) is None) == fits
