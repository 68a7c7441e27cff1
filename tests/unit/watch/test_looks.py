"""What a look finds that no event has told: missed ticks, lost ends, overruns, what will not launch."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.watch.told import TEXT, TICK, nightly, only
from tests.unit.watch.world import (
    CLUSTER,
    DEFINITION,
    START,
    EcsTask,
    World,
    events,
    facts,
    refusal,
    refuse,
    run,
)
from watch.sweep import SweepError


def test_missed(world: World) -> None:
    """A tick of which nothing is known is missed after its grace, once, with the likely cause and how to prove it."""
    world.pass_time(minutes=15)
    assert world.told() == []
    world.pass_time(minutes=5)
    alert = only(world)
    assert (alert["class"], alert["tick"]) == ("missed", TEXT)
    assert alert["cause"].startswith("RunTask was answered with `failures`")
    assert alert["proof"] == (
        "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=RunTask"
        f" --start-time {TEXT} --end-time 2027-01-04T02:20:00Z --region eu-central-1"
    )
    world.pass_time(hours=3)
    assert len(world.told()) == 1
    assert world.tick("nightly-report", TICK).outcome == "missed"


def test_run_after_it_was_missed(world: World) -> None:
    """A run that comes after all ends the trouble when it is good."""
    world.pass_time(minutes=20)
    run(world, nightly())
    assert world.told() == [("missed", "nightly-report", TEXT), ("recovered", "nightly-report", TEXT)]


def test_finds_a_run_of_which_no_event_came(world: World) -> None:
    """Before a tick is missed ECS itself is asked: a run whose events were lost is found there."""
    events(world, nightly(), exit_code=2)
    world.pass_time(minutes=20)
    assert world.told() == [("failed", "nightly-report", TEXT)]


@pytest.mark.parametrize("lost", ["only its end", "and ECS has forgotten it"])
def test_end_that_was_not_told(world: World, lost: str) -> None:
    """A run whose end was lost is asked for, and what ECS has forgotten is no good end."""
    task = nightly()
    for event in events(world, task, exit_code=2)[:2]:
        world.watch.take_event(event)
    if lost == "and ECS has forgotten it":
        world.account.described.clear()
    world.pass_time(minutes=5)
    alert = only(world)
    assert alert["class"] == "failed"
    assert alert["exitCode"] == (2 if lost == "only its end" else None)


def test_overrun(world: World) -> None:
    """A run that takes three times as long as its longest good one is told while it runs; its good end recovers it."""
    run(world, EcsTask("nightly-report", TICK - timedelta(days=1), id="0a"))
    world.ledger._jobs["nightly-report"].durations = [600]
    task = nightly()
    for event in (task.moved("PROVISIONING", world.now), task.moved("RUNNING", world.now)):
        world.account.described[task.arn] = task.described()
        world.watch.take_event(event)
    world.pass_time(minutes=30)
    assert world.told() == []
    world.pass_time(minutes=5)
    alert = only(world)
    assert (alert["class"], alert["summary"]) == ("overrun", "nightly-report is taking too long: runs for 35 minutes")
    assert alert["rerun"] is None
    assert alert["stop"] == "aws ecs stop-task --cluster production --task 0af3 --region eu-central-1"
    world.pass_time(hours=2)
    world.watch.take_event(task.stopped(world.now, 0))
    assert [class_ for class_, _, _ in world.told()] == ["overrun", "recovered"]


def test_overrun_of_a_job_that_says_its_limit() -> None:
    """A job may say how long is too long, and needs no good run before."""
    known = facts()
    limited = {**vars(known.jobs["nightly-report"]), "longest_run": 60}
    world = World(facts(jobs={"nightly-report": type(known.jobs["hourly"])(**limited)}))
    world.look()
    world.now = TICK
    task = nightly()
    for event in (task.moved("PROVISIONING", world.now), task.moved("RUNNING", world.now)):
        world.account.described[task.arn] = task.described()
        world.watch.take_event(event)
    world.pass_time(minutes=5)
    assert world.told() == [("overrun", "nightly-report", TEXT)]


def test_will_not_launch(world: World) -> None:
    """A revision with another role, or without the job's container, is told before the tick, once, and once mended."""
    world.account.definition = {
        "taskDefinitionArn": DEFINITION,
        "taskRoleArn": "arn:aws:iam::123456789012:role/new",
        "containerDefinitions": [{"name": "server"}],
    }
    world.now = START
    world.look()
    world.look()
    alert = only(world)
    assert (alert["class"], alert["job"], alert["jobs"]) == ("will-not-launch", None, ["nightly-report"])
    assert alert["severity"] == "error"
    assert alert["reason"] == (
        f"{DEFINITION}: the task role arn:aws:iam::123456789012:role/new may not be passed; "
        f"there is no container 'app'; next tick {TEXT}"
    )
    world.account.definition = World().account.definition
    world.look()
    assert [class_ for class_, _, _ in world.told()] == ["will-not-launch", "recovered"]


def test_tells_the_other_jobs_when_one_cannot_be_looked_at(world: World) -> None:
    """What goes wrong with one part of a look keeps no other from being done; the look fails at its end."""
    world.account.refused = {"DescribeTaskDefinition"}
    world.now = TICK + timedelta(minutes=16)
    with pytest.raises(SweepError, match="could not look at web"):
        world.look()
    assert ("missed", "nightly-report", TEXT) in world.told()


@pytest.mark.parametrize(
    "why", ["disabled", "gone", "changed since", "created since", "another expression in AWS", "another zone in AWS"]
)
def test_not_missed(world: World, why: str) -> None:
    """A tick is not missed of a schedule that is disabled, gone, changed or made since, or another one in AWS."""
    listed = world.account.listed
    kind = type(listed["nightly-report"])
    match why:
        case "disabled":
            listed["nightly-report"] = kind(enabled=False, changed=START)
        case "gone":
            del listed["nightly-report"]
        case "changed since" | "created since":
            listed["nightly-report"] = kind(enabled=True, changed=TICK + timedelta(seconds=1))
        case "another expression in AWS":
            world.account.expressions["nightly-report"] = ("cron(0 3 * * ? *)", "UTC")
        case _:
            world.account.expressions["nightly-report"] = ("cron(0 2 * * ? *)", "Europe/Berlin")
    world.pass_time(hours=1)
    assert world.told() == []


def test_what_was_due_before_the_watch(world: World) -> None:
    """A stack that gets its watch today hears nothing of yesterday."""
    fresh = World()
    fresh.account.listed = {"nightly-report": world.account.listed["nightly-report"]}
    fresh.now = TICK + timedelta(hours=1)
    fresh.look()
    fresh.pass_time(hours=1)
    assert fresh.told() == []


def test_cluster_that_may_not_be_looked_at(world: World) -> None:
    """A run on a cluster that no job uses any more is given up, and keeps no other run from being looked at."""
    gone = CLUSTER.replace("production", "aged")
    for number, cluster in enumerate((gone, CLUSTER)):
        task = EcsTask("nightly-report", TICK - timedelta(days=number), id=f"e{number}")
        for event in events(world, task, exit_code=2)[:2]:
            world.watch.take_event({**event, "clusterArn": cluster})
    world.account.unreadable = {gone}
    world.pass_time(minutes=20)
    assert {tick.outcome for tick in world.ledger.all_ticks().values()} == {"failed"}
    assert world.ledger.jobs(refuse)["nightly-report"].open == {}


def test_family_without_a_revision_will_not_launch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A family of which no revision is active is exactly what will not launch."""

    def refuse(_: object, name: str) -> None:
        del name
        raise refusal("DescribeTaskDefinition", "ClientException")

    monkeypatch.setattr(type(world.account), "task_definition", refuse)
    world.now = START
    world.look()
    alert = only(world)
    assert (alert["class"], alert["reason"]) == (
        "will-not-launch",
        f"web: there is no active revision; next tick {TEXT}",
    )


def test_jobs_that_are_off_need_no_revision(world: World) -> None:
    """A placement of which every schedule is disabled is not looked at."""
    world.account.listed = {
        name: type(one)(enabled=False, changed=one.changed) for name, one in world.account.listed.items()
    }
    world.account.definition = {"taskDefinitionArn": DEFINITION, "containerDefinitions": []}
    world.now = START
    world.look()
    assert world.told() == []


def test_seen_ticks_are_not_asked_for(world: World) -> None:
    """A tick with a run is known to the next look without a question to ECS or the ledger."""
    run(world, nightly())
    world.account.refused = {"ListTasks", "GetSchedule"}
    world.pass_time(minutes=30)
    assert world.told() == []


def test_task_whose_time_is_no_time(world: World) -> None:
    """A task that somebody launched with a schedule's input as it stands is for no tick, and hides none."""
    task = nightly()
    events(world, task)
    pairs = world.account.described[task.arn]["overrides"]["containerOverrides"][0]["environment"]
    next(pair for pair in pairs if pair["name"] == "JOB_SCHEDULED_TIME")["value"] = "<aws.scheduler.scheduled-time>"
    world.pass_time(minutes=20)
    assert world.told() == [("missed", "nightly-report", TEXT)]


def test_what_ran_before_the_watch() -> None:
    """What ECS still knows from before the first look is nobody's news."""
    world = World()
    world.now = TICK
    events(world, EcsTask("nightly-report", TICK - timedelta(days=1)), exit_code=1)
    world.now = TICK + timedelta(hours=23)
    world.look()
    world.pass_time(hours=2)
    assert world.told() == [("missed", "nightly-report", "2027-01-05T02:00:00Z")]
