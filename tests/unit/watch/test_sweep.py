"""The sweep finds trouble that no event has reported: missed ticks, lost ends, overruns, and coming failures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from supervision.flights import Flight, Launch
from supervision.limits import Limits
from tests.unit.supervisor.fake_work import queue
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
from watch import chat, email_text
from watch.facts import InProcess, ScheduleFacts, Supervised
from watch.names import claimed_run
from watch.records import JobRecord, OpenRun
from watch.sweep import SweepError


def test_notes_whether_a_supervisor_is_needed(world: World) -> None:
    """It is needed for a supervised job, for a tick in flight, and while a record cannot be read; else it is not.

    The clusters of all jobs and runs are noted, so that a deployment leaves them to the functions.
    """
    noted, clusters = [world.ledger.supervises], []
    item = world.ledger.items["nightly-report"]
    supervised = Supervised(role="arn:aws:iam::123456789012:role/launch", requests={})
    for facts_then in (replace(item, supervised=supervised), item):
        world.ledger.items["nightly-report"] = facts_then
        world.look()
        noted.append(world.ledger.supervises)
        clusters.append(world.ledger.clusters)
    limits = Limits(start_deadline=900)
    flight = Flight("nightly-report", TEXT, limits, arrived=0, launch_by=2**40, punctual_until=0, next_tick=None)
    old = "arn:aws:ecs:eu-central-1:123456789012:cluster/old"
    flight.launch = Launch(1, 1, 0, calls=1, task=f"{old.replace('cluster', 'task')}/0af3", cluster=old)
    world.ledger.all_jobs()["nightly-report"].traffic.flights.append(flight)
    del world.ledger.items["nightly-report"]
    world.look()
    assert [*noted, world.ledger.supervises] == [False, True, False, True]
    assert [*clusters, world.ledger.clusters] == [[item.cluster], [item.cluster], sorted([item.cluster, old])]
    world.ledger.all_jobs()["nightly-report"].traffic.flights.clear()
    world.ledger.unreadable_items.add("hourly")
    with pytest.raises(SweepError):
        world.look()
    assert world.ledger.supervises


def test_notes_whether_claims_are_needed(world: World) -> None:
    """They are needed for a job whose runs are claimed, for such a run, and for a launch that a worker may take."""
    item, noted = world.ledger.items["nightly-report"], []
    work, process = queue(), InProcess(claims="arn:aws:dynamodb:eu-central-1:123456789012:table/jobs-production-claims")
    for facts_then in (replace(item, work=work), replace(item, in_process=process), item):
        world.ledger.items["nightly-report"] = facts_then
        world.look()
        noted.append(world.ledger.claims)
    record = world.ledger.all_jobs()["nightly-report"]
    limits = Limits(start_deadline=900, taken_by="worker")
    record.traffic.flights.append(Flight("nightly-report", TEXT, limits, arrived=0, launch_by=2**40, punctual_until=0))
    world.look()
    noted.append(world.ledger.claims)
    record = world.ledger.all_jobs()["nightly-report"]
    record.traffic.flights.clear()
    run = f"{process.claims}/{claimed_run('nightly-report', TEXT, '', 1)}"
    record.open["0af3"] = OpenRun(run, "", "nightly-report", TEXT, TEXT)
    world.look()
    assert [*noted, world.ledger.claims] == [True, True, False, True, True]


def test_missed(world: World) -> None:
    """A tick without a known run is reported as missed once, after its grace, with the likely cause and its proof."""
    world.pass_time(minutes=15)
    assert world.told() == []
    world.pass_time(minutes=5)
    alert = only(world)
    assert (alert["class"], alert["tick"]) == ("missed", TEXT)
    assert alert["cause"] == (
        "EventBridge Scheduler did not launch the run, its launch was refused, or ECS had no capacity: the check "
        "shows which, after up to 15 minutes"
    )
    assert alert["proof"] == (
        "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=RunTask"
        f" --start-time {TEXT} --end-time 2027-01-04T02:20:00Z --query"
        " \"Events[?contains(CloudTrailEvent, 'jobs-production:nightly-report')].CloudTrailEvent\""
        " --output text --region eu-central-1"
    )
    lines = [
        "CloudTrail may show a call up to 15 minutes late",
        "no RunTask: EventBridge Scheduler did not launch the run",
        "a RunTask with an errorCode: the launch was refused",
        "a RunTask whose failures are not empty: ECS had no capacity, or a Fargate quota was reached",
        "a RunTask with a taskArn: the task was launched, so look at its log, and do not run it again",
    ]
    assert alert["reading"] == lines
    told = "\n".join(f"  {line}" for line in lines)
    assert f"\n\nCheck it:\n{alert['proof']}\n{told}\n\nRun it now:\n" in email_text.body(alert)
    steps = chat.notification(alert)["content"]["nextSteps"]
    assert f"How to read the check: {'; '.join(lines)}" in steps
    world.pass_time(hours=3)
    assert len(world.told()) == 1
    assert world.tick("nightly-report", TICK).outcome == "missed"


def test_run_after_it_was_missed(world: World) -> None:
    """A good run of a missed tick ends the trouble."""
    world.pass_time(minutes=20)
    run(world, nightly())
    assert world.told() == [("missed", "nightly-report", TEXT), ("recovered", "nightly-report", TEXT)]


def test_finds_a_run_of_which_no_event_came(world: World) -> None:
    """A run whose events were lost is found in ECS before its tick counts as missed."""
    events(world, nightly(), exit_code=2)
    world.pass_time(minutes=20)
    assert world.told() == [("failed", "nightly-report", TEXT)]


@pytest.mark.parametrize("lost", ["only its end", "and ECS has forgotten it"])
def test_end_that_was_not_told(world: World, lost: str) -> None:
    """A run whose end was lost is looked up in ECS, and counts as failed when ECS no longer knows it."""
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
    """A run that takes three times the longest good run is reported while it runs, and recovers with its good end."""
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
    assert (alert["class"], alert["summary"]) == (
        "overrun",
        "nightly-report is taking too long: running for 35 minutes",
    )
    assert alert["rerun"] is None
    assert alert["stop"] == "aws ecs stop-task --cluster production --task 0af3 --region eu-central-1"
    world.pass_time(hours=2)
    world.watch.take_event(task.stopped(world.now, 0))
    assert [class_ for class_, _, _ in world.told()] == ["overrun", "recovered"]


def test_overrun_of_a_job_that_says_its_limit() -> None:
    """A job with its own `longest_run` needs no earlier good run to be an overrun."""
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
    """A revision with another role, or without the job's container, is reported once before the tick; so is its fix."""
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
        f"{DEFINITION}: the launch role is not allowed to pass the task role arn:aws:iam::123456789012:role/new; "
        "the revision has no container 'app'"
    )
    assert alert["next"] == TEXT
    world.account.definition = World().account.definition
    world.look()
    assert [class_ for class_, _, _ in world.told()] == ["will-not-launch", "recovered"]
    assert world.alerts()[-1]["summary"] == "nightly-report can be launched again: the newest revision of web fits"


ENTRY_POINTS: dict[str, tuple[list[str], list[str], str | None]] = {
    # the entry point, the jobs whose command has several words, and what is reported
    "a shell": (["sh", "-c"], ["nightly-report"], "runs only the first word of the command of nightly-report"),
    "a shell, and commands of one word": (["sh", "-c"], [], None),
    "a shell, and a disabled job": (["sh", "-c"], ["hourly"], None),
    "a script of its own": (["sh", "-c", "./start.sh"], [], "does not run the command of nightly-report"),
    "a script without $0": (
        ["sh", "-c", 'exec "$@"'],
        [],
        "does not run the first word of the command of nightly-report",
    ),
    "a program": (["python"], ["nightly-report"], None),
    "none": ([], ["nightly-report"], None),
}


@pytest.mark.parametrize(("entry_point", "several", "lost"), ENTRY_POINTS.values(), ids=ENTRY_POINTS)
def test_entry_point_that_loses_words(entry_point: list[str], several: list[str], lost: str | None) -> None:
    """A new revision whose entry point runs only a part of a job's command is reported once, and so is its fix."""
    jobs = facts().jobs
    world = World(facts(jobs={name: replace(job, several_words=name in several) for name, job in jobs.items()}))
    other = {"name": "proxy", "entryPoint": ["sh", "-c"]}
    sound = world.account.definition
    world.account.definition = {
        **sound,
        "containerDefinitions": [{**sound["containerDefinitions"][0], "entryPoint": entry_point}, other],
    }
    world.look()
    world.look()
    assert [alert["reason"] for alert in world.alerts()] == (
        [f"{DEFINITION}: the entry point of the container 'app' {lost}"] if lost else []
    )
    world.account.definition = sound
    world.look()
    assert [class_ for class_, _, _ in world.told()] == (["will-not-launch", "recovered"] if lost else [])


def test_entry_point_of_a_job_without_a_command() -> None:
    """Such a job runs what the revision says, so no entry point loses words of it."""
    jobs = {name: replace(job, own_command=True) for name, job in facts().jobs.items()}
    world = World(facts(jobs=jobs))
    world.account.definition["containerDefinitions"][0]["entryPoint"] = ["sh", "-c", "./start.sh"]
    world.look()
    assert world.alerts() == []


def test_entry_point_that_concerns_many_jobs() -> None:
    """The reason names only a few of the jobs; the alert has all of them."""
    job = facts().jobs["nightly-report"]
    jobs = {
        f"job-{number}": replace(
            job, several_words=True, schedules={f"job-{number}": ScheduleFacts(expression="cron(0 2 * * ? *)")}
        )
        for number in range(8)
    }
    world = World(facts(jobs=jobs))
    world.account.definition["containerDefinitions"][0]["entryPoint"] = ["bash", "-ec"]
    world.look()
    alert = only(world)
    assert alert["reason"].endswith("the command of job-0, job-1, job-2, job-3, job-4 and 3 more")
    assert alert["jobs"] == list(jobs)


@pytest.mark.parametrize("minute", range(0, 60, 5))
def test_every_sweep_looks_at_the_newest_revision(minute: int) -> None:
    """The sweep after a revision was registered reports it, so the alert comes before the ticks after that sweep."""
    world = World()
    world.now = START + timedelta(minutes=minute)
    world.account.definition = {**world.account.definition, "containerDefinitions": [{"name": "server"}]}
    world.look()
    assert world.told() == [("will-not-launch", None, None)]


def test_tells_the_other_jobs_when_one_cannot_be_looked_at(world: World) -> None:
    """An error in one part of a sweep does not stop the other parts, and the sweep fails at its end."""
    world.account.refused = {"DescribeTaskDefinition"}
    world.now = TICK + timedelta(minutes=16)
    with pytest.raises(SweepError, match="could not check web"):
        world.look()
    assert ("missed", "nightly-report", TEXT) in world.told()


def test_what_was_due_before_the_watch(world: World) -> None:
    """Ticks before the watch's first check send no alert."""
    fresh = World()
    fresh.account.listed = dict(world.account.listed)
    fresh.now = TICK + timedelta(hours=1)
    fresh.look()
    fresh.pass_time(hours=1)
    assert fresh.told() == []


def test_cluster_that_may_not_be_looked_at(world: World) -> None:
    """A run on a cluster that no job uses any more counts as failed, and does not stop the check of other runs."""
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
    """A family without an active revision is reported as one that will not launch."""

    def refuse(_: object, name: str) -> None:
        del name
        raise refusal("DescribeTaskDefinition", "ClientException")

    monkeypatch.setattr(type(world.account), "task_definition", refuse)
    world.now = START
    world.look()
    alert = only(world)
    assert (alert["class"], alert["reason"]) == (
        "will-not-launch",
        "web: the family has no active revision",
    )
    assert alert["cause"] == "every revision of the task definition was deregistered: register one"


def test_jobs_that_are_off_need_no_revision(world: World) -> None:
    """A placement whose schedules are all disabled is not checked."""
    world.account.listed = {
        name: type(one)(enabled=False, changed=one.changed) for name, one in world.account.listed.items()
    }
    world.account.definition = {"taskDefinitionArn": DEFINITION, "containerDefinitions": []}
    world.now = START
    world.look()
    assert world.told() == []


def test_seen_ticks_are_not_asked_for(world: World) -> None:
    """The next sweep knows a tick that has a run, without a call to ECS."""
    run(world, nightly())
    world.account.refused = {"ListTasks", "GetSchedule"}
    world.pass_time(minutes=30)
    assert world.told() == []


def test_task_whose_time_is_no_time(world: World) -> None:
    """A task that was launched by hand with a schedule's raw input has no tick, so the due tick is still missed."""
    task = nightly()
    events(world, task)
    pairs = world.account.described[task.arn]["overrides"]["containerOverrides"][0]["environment"]
    next(pair for pair in pairs if pair["name"] == "JOB_SCHEDULED_TIME")["value"] = "<aws.scheduler.scheduled-time>"
    world.pass_time(minutes=20)
    assert world.told() == [("missed", "nightly-report", TEXT)]


def test_what_ran_before_the_watch() -> None:
    """A task from before the first check sends no alert."""
    world = World()
    world.now = TICK
    events(world, EcsTask("nightly-report", TICK - timedelta(days=1)), exit_code=1)
    world.now = TICK + timedelta(hours=23)
    world.look()
    world.pass_time(hours=2)
    assert world.told() == [("missed", "nightly-report", "2027-01-05T02:00:00Z")]


@pytest.mark.parametrize(
    ("definition", "recorded"),
    [
        (
            {"taskRoleArn": "arn:aws:iam::123456789012:role/other"},
            f"{DEFINITION}: the task role arn:aws:iam::123456789012:role/other may not be passed",
        ),
        ({"containerDefinitions": [{"name": "worker"}]}, f"{DEFINITION}: there is no container 'app'"),
        *(
            (
                {"containerDefinitions": [{"name": "app", "entryPoint": entry_point}]},
                f"{DEFINITION}: the entry point of the container 'app' does not run {lost}",
            )
            for entry_point, lost in (
                (["sh", "-c"], "the words after the first of the command"),
                (["sh", "-c", 'exec "$@"'], "the first word of the command"),
                (["sh", "-c", "./start.sh"], "the command"),
            )
        ),
    ],
    ids=["role", "container", "words after the first", "first word", "command"],
)
def test_reported_by_a_version_before(definition: dict[str, Any], recorded: str) -> None:
    """A reason that an older version of the function has reported is not reported again after an upgrade."""
    jobs = facts().jobs
    world = World(facts(jobs={**jobs, "nightly-report": replace(jobs["nightly-report"], several_words=True)}))
    world.account.definition.update(definition)
    record = JobRecord("placement:web", warned=recorded)
    assert world.ledger.save(record, [], world.now)
    world.now = START
    world.look()
    assert world.alerts() == []
    assert world.ledger.jobs(refuse)["placement:web"].warned == recorded
