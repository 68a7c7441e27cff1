"""Each class of alert, from what happens to what a person reads."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError

from tests.unit.watch.world import (
    CLUSTER,
    DEFINITION,
    PLACE,
    SECRET,
    START,
    EcsTask,
    World,
    events,
    facts,
    letter,
    refusal,
    run,
)
from watch import classes
from watch.facts import JobFacts, ScheduleFacts
from watch.look import LookError
from watch.records import JobRecord

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "alert.schema.json").read_text())
TICK = START + timedelta(hours=2)
TEXT = "2027-01-04T02:00:00Z"


@pytest.fixture
def world() -> World:
    """Give a stack at the tick of its nightly job, after a first look."""
    made = World()
    made.look()
    made.now = TICK
    return made


def nightly() -> EcsTask:
    """Give the task of the nightly job's tick."""
    return EcsTask("nightly-report", TICK)


def only(world: World) -> dict[str, Any]:
    """Give the only alert, which keeps to the schema and says no environment value in any of its forms."""
    [alert] = world.alerts()
    jsonschema.validate(alert, SCHEMA)
    assert SECRET not in json.dumps(world.account.published)
    return alert


def test_says_nothing_of_a_good_run(world: World) -> None:
    """A good run is recorded, and told to nobody."""
    run(world, nightly())
    assert world.told() == []
    tick = world.tick("nightly-report", TICK)
    assert (tick.outcome, tick.alert) == ("good", None)


def test_failed(world: World) -> None:
    """A failed run is told with every field of the contract."""
    world.account.lines = [f"line {number}" for number in range(20)] + [f"token {SECRET} refused"]
    run(world, nightly(), exit_code=3)
    alert = only(world)
    assert alert == {
        "schemaVersion": "1.0",
        "id": f"jobs-production/nightly-report/{TEXT}",
        "incident": "jobs-production/nightly-report",
        "kind": "alert",
        "class": "failed",
        "severity": "error",
        "summary": "nightly-report failed: exit code 3",
        "at": TEXT,
        "project": "jobs",
        "stack": "production",
        "group": "jobs-production",
        "account": "123456789012",
        "region": "eu-central-1",
        "job": "nightly-report",
        "jobs": ["nightly-report"],
        "schedule": "nightly-report",
        "tick": TEXT,
        "timezone": "UTC",
        "owners": ["data"],
        "runbook": "https://wiki.example.com/runbook",
        "exitCode": 3,
        "stopCode": "EssentialContainerExited",
        "reason": "Essential container in task exited",
        "task": f"arn:aws:ecs:{PLACE}:task/production/0af3",
        "createdAt": TEXT,
        "startedAt": TEXT,
        "stoppedAt": "2027-01-04T02:01:00Z",
        "seconds": 60,
        "log": {
            "group": "/production/web",
            "stream": "ecs/app/0af3",
            "url": "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups"
            "/log-group/$252Fproduction$252Fweb/log-events/ecs$252Fapp$252F0af3",
            "lines": [*(f"line {number}" for number in range(11, 20)), "token [TOKEN] refused"],
        },
        "cause": None,
        "proof": None,
        "rerun": f"python -m ops rerun --stack production nightly-report --tick {TEXT}",
        "stop": None,
        "digest": None,
        "missing": [],
    }
    tick = world.tick("nightly-report", TICK)
    assert (tick.outcome, tick.alert, tick.runs["0af3"].exit_code) == ("failed", "failed", 3)


@pytest.mark.parametrize(
    ("exit_code", "stop_code", "told"),
    [
        (None, "TaskFailedToStart", "not-started"),
        (None, "EssentialContainerExited", "not-started"),
        (137, "SpotInterruption", "interrupted"),
        (None, "SpotInterruption", "interrupted"),
        (143, "TerminationNotice", "interrupted"),
        (0, "SpotInterruption", "interrupted"),
        (0, "UserInitiated", None),
        (143, "UserInitiated", None),
        (None, "UserInitiated", None),
        (143, "ServiceSchedulerInitiated", None),
        (1, "EssentialContainerExited", "failed"),
    ],
)
def test_judges_by_the_jobs_own_container(
    world: World, exit_code: int | None, stop_code: str, told: str | None
) -> None:
    """What ended the task, and what the job's container came to, make the class; its sidecars never do."""
    run(world, nightly(), exit_code, stop_code)
    assert [alert["class"] for alert in world.alerts()] == ([told] if told else [])
    by_a_person = stop_code in ("UserInitiated", "ServiceSchedulerInitiated")
    outcome = told or ("stopped" if by_a_person else "good")
    assert world.tick("nightly-report", TICK).outcome == outcome


def test_not_launched(world: World) -> None:
    """A launch that Scheduler gave up is told with AWS's error, and with the look-up that shows what it called."""
    world.watch.take_dead_letter(
        letter("nightly-report", TICK, EXHAUSTED_RETRY_CONDITION="MaximumEventAge", RETRY_ATTEMPTS="3")
    )
    alert = only(world)
    assert (alert["class"], alert["summary"]) == ("not-launched", "nightly-report was not launched")
    assert alert["reason"] == (
        "AccessDeniedException: User is not authorized to perform: ecs:RunTask with [TOKEN]"
        " (given up after 3 retries: MaximumEventAge)"
    )
    assert alert["proof"] == (
        "aws scheduler get-schedule --group-name jobs-production --name nightly-report --region eu-central-1"
    )
    assert alert["task"] is None
    assert world.tick("nightly-report", TICK).outcome == "not-launched"


def test_dead_letter_without_its_time(world: World) -> None:
    """Where a dead letter does not say its tick, it is the one that was due before it was sent."""
    world.watch.take_dead_letter(letter("nightly-report", None))
    assert world.told() == [("not-launched", "nightly-report", "2027-01-03T02:00:00Z")]


def test_dead_letter_of_what_runs(world: World) -> None:
    """A dead letter of a tick that has a run alerts nobody: the call had an effect after all."""
    run(world, nightly())
    world.watch.take_dead_letter(letter("nightly-report", TICK))
    assert world.told() == []
    assert world.tick("nightly-report", TICK).outcome == "good"


def test_dead_letter_of_nothing(world: World) -> None:
    """A dead letter that names no schedule is refused, so that the queue keeps it."""
    with pytest.raises(ValueError, match="names no schedule"):
        world.watch.take_dead_letter(letter("", None, SCHEDULE_ARN=""))


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


def test_recovers_once(world: World) -> None:
    """The first good run after an alert is told; the ones after it are not."""
    run(world, nightly(), exit_code=1)
    for day in (1, 2, 3):
        world.now = TICK + timedelta(days=day)
        run(world, EcsTask("nightly-report", world.now, id=f"b{day}"))
    assert world.told() == [
        ("failed", "nightly-report", TEXT),
        ("recovered", "nightly-report", "2027-01-05T02:00:00Z"),
    ]


def test_earlier_run_does_not_recover(world: World) -> None:
    """A good run of an earlier tick, which ended later, says nothing of the one that failed."""
    run(world, nightly(), exit_code=1)
    run(world, EcsTask("nightly-report", TICK - timedelta(days=1), id="0e"))
    assert world.told() == [("failed", "nightly-report", TEXT)]


def test_storm_is_told_at_a_growing_distance(world: World) -> None:
    """A hundred failures are a first alert and then digests, ever farther apart, which tell each tick once."""
    for minute in range(0, 500, 5):
        run(world, EcsTask("nightly-report", world.now, id=f"c{minute}"), exit_code=1)
        world.pass_time(minutes=5)
    told = world.alerts()
    assert [alert["kind"] for alert in told] == ["alert", *["digest"] * 5]
    assert [alert["digest"]["count"] for alert in told[1:]] == [2, 6, 12, 24, 48]
    world.pass_time(hours=12)
    assert sum((alert["digest"] or {"count": 1})["count"] for alert in world.alerts()) == 100
    run(world, EcsTask("nightly-report", world.now, id="good"))
    assert world.alerts()[-1]["class"] == "recovered"
    for alert in world.alerts():
        jsonschema.validate(alert, SCHEMA)


def test_recovery_tells_what_was_still_to_be_told(world: World) -> None:
    """Ticks that waited for the next digest are told with the recovery."""
    run(world, nightly(), exit_code=1)
    run(world, EcsTask("nightly-report", TICK + timedelta(minutes=1), id="0b"), exit_code=1)
    run(world, EcsTask("nightly-report", TICK + timedelta(minutes=2), id="0c"))
    first, second = world.alerts()
    assert (first["class"], second["class"]) == ("failed", "recovered")
    assert second["digest"] == {
        "count": 1,
        "classes": {"failed": 1},
        "ticks": [{"schedule": "nightly-report", "tick": "2027-01-04T02:01:00Z", "class": "failed"}],
    }


def test_quiet_class_is_recorded_only() -> None:
    """A quiet class stands in the ledger, and neither it nor its recovery is sent."""
    world = World(facts(quiet=("failed",)))
    run(world, EcsTask("nightly-report", TICK), exit_code=1)
    run(world, EcsTask("nightly-report", TICK + timedelta(days=1), id="0b"))
    assert world.told() == []
    assert world.tick("nightly-report", TICK).alert == "failed"


def test_job_that_is_not_known(world: World) -> None:
    """A task of the group whose job is not in the facts is recorded, and alerted plainly."""
    task = EcsTask("unheard-of", TICK)
    run(world, task, exit_code=1)
    alert = only(world)
    assert (alert["class"], alert["job"], alert["owners"], alert["runbook"]) == ("failed", "unheard-of", [], None)


def test_group_that_is_not_ours(world: World) -> None:
    """A task of another group is refused: no rule of this stack should have sent it."""
    event = {**EcsTask("nightly-report", TICK).moved("RUNNING", TICK), "group": "other:nightly-report"}
    with pytest.raises(ValueError, match="none of jobs-production"):
        world.watch.take_event(event)


@pytest.mark.parametrize("missing", ["DescribeTaskDefinition", "GetLogEvents"])
def test_says_what_it_could_not_find_out(world: World, missing: str) -> None:
    """What cannot be looked up is left out of the alert, which says so."""
    world.account.refused = {missing}
    run(world, nightly(), exit_code=1)
    [said] = only(world)["missing"]
    assert f"({missing}: AccessDeniedException)" in said


def test_shows_no_log_without_knowing_what_to_hide(world: World) -> None:
    """When ECS has forgotten the task, its environment is not known: no line that may hold a value is shown."""
    world.account.lines = [f"token {SECRET} refused"]
    made = events(world, nightly(), exit_code=1)
    world.watch.take_event(made[0])
    world.account.described.clear()
    world.watch.take_event(made[-1])
    alert = only(world)
    assert alert["log"]["lines"] == []
    assert alert["missing"] == ["the log's last lines (ECS no longer tells the task's environment, to hide it in them)"]


def test_guesses_the_tick_when_ecs_is_silent(world: World) -> None:
    """Without an answer of DescribeTasks a failed run is alerted for the tick that was due; the guess stays."""
    world.account.refused = {"DescribeTasks"}
    task = nightly()
    for event in events(world, task, exit_code=1):
        world.watch.take_event(event)
    assert world.told() == [("failed", "nightly-report", TEXT)]
    world.account.refused.clear()
    world.watch.take_event({**task.state, **task._fields(), "version": 9})
    assert len(world.told()) == 1


def test_tells_the_other_jobs_when_one_cannot_be_looked_at(world: World) -> None:
    """What goes wrong with one part of a look keeps no other from being done; the look fails at its end."""
    world.account.refused = {"DescribeTaskDefinition"}
    world.now = TICK + timedelta(minutes=16)
    with pytest.raises(LookError, match="could not look at web"):
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


def test_alert_goes_out_plain_when_it_is_not_accepted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert that SNS does not take as it is goes out as plain text: it may be ugly, never absent."""
    from tests.unit.watch.world import Account, refusal  # noqa: PLC0415

    taken: list[dict[str, Any]] = []

    def publish(_: Account, **request: Any) -> None:  # noqa: ANN401
        if "MessageStructure" in request:
            raise refusal("Publish", "InvalidParameter")
        taken.append(request)

    monkeypatch.setattr(Account, "publish", publish)
    run(world, nightly(), exit_code=1)
    assert [request["Message"] for request in taken] == [
        f"nightly-report failed: exit code 1\njobs-production/nightly-report/{TEXT}"
    ]


def test_classes_are_those_of_the_schema() -> None:
    """The published schema names every class that there is."""
    assert SCHEMA["properties"]["class"]["enum"] == list(classes.CLASSES)


@pytest.mark.parametrize("quiet", ["overrun", "missed", "interrupted"])
def test_quiet_class_hides_no_loud_one(quiet: str) -> None:
    """A tick of which only a quiet class is known is told when a loud one follows."""
    world = World(facts(quiet=(quiet,)))
    world.look()
    world.now = TICK
    task = nightly()
    match quiet:
        case "missed":
            world.pass_time(minutes=20)
        case "interrupted":
            run(world, EcsTask("nightly-report", TICK, id="0b"), 137, "SpotInterruption")
        case _:
            world.ledger._jobs["nightly-report"] = JobRecord("nightly-report", durations=[60], version=1)
            for event in (task.moved("PROVISIONING", world.now), task.moved("RUNNING", world.now)):
                world.account.described[task.arn] = task.described()
                world.watch.take_event(event)
            world.pass_time(minutes=30)
    assert world.told() == []
    assert world.tick("nightly-report", TICK).alert == quiet
    run(world, task, exit_code=1)
    assert world.told() == [("failed", "nightly-report", TEXT)]


def two_schedules() -> World:
    """Give a job with a nightly schedule and one that is due once, both in trouble."""
    schedules = {
        "export.nightly": ScheduleFacts(expression="cron(0 2 * * ? *)"),
        "export.once": ScheduleFacts(expression="at(2027-01-04T02:00:00)"),
        "export.noon": ScheduleFacts(expression="cron(0 12 * * ? *)"),
    }
    world = World(facts(jobs={"export": JobFacts(container="app", cluster=CLUSTER, schedules=schedules)}))
    world.look()
    world.now = TICK + timedelta(minutes=1)
    for number, schedule in enumerate(("export.nightly", "export.once")):
        run(world, EcsTask(schedule, TICK, id=f"a{number}"), exit_code=1)
    return world


def test_one_time_schedule_keeps_no_other_from_recovering() -> None:
    """What will never run again does not keep its job in trouble for ever."""
    world = two_schedules()
    world.now = TICK + timedelta(days=1)
    run(world, EcsTask("export.nightly", world.now, id="b"))
    assert world.alerts()[-1]["class"] == "recovered"
    assert world.alerts()[-1]["digest"]["count"] == 1


def test_recovers_when_every_schedule_has() -> None:
    """A job with two schedules in trouble recovers with the second of them."""
    world = two_schedules()
    run(world, EcsTask("export.noon", TICK + timedelta(hours=10), id="c"), exit_code=1)
    world.now = TICK + timedelta(days=1)
    run(world, EcsTask("export.nightly", world.now, id="b"))
    assert "recovered" not in [alert["class"] for alert in world.alerts()]
    run(world, EcsTask("export.noon", TICK + timedelta(days=1, hours=10), id="d"))
    assert [alert["class"] for alert in world.alerts()].count("recovered") == 1


def test_schedule_that_was_switched_off_is_in_no_trouble(world: World) -> None:
    """Trouble of a schedule that somebody disabled ends with it: later failures are told at once again."""
    run(world, nightly(), exit_code=1)
    known = world.account.listed["nightly-report"]
    world.account.listed["nightly-report"] = type(known)(enabled=False, changed=world.now)
    world.pass_time(minutes=30)
    record = world.ledger.jobs()["nightly-report"]
    assert (record.trouble, record.storm) == ({}, None)


def test_waits_for_an_event_that_ecs_can_tell_of(world: World) -> None:
    """A task that DescribeTasks does not know yet is given no tick: its next event settles it."""
    task = EcsTask("nightly-report", TICK - timedelta(days=1))
    first, second, last = events(world, task, exit_code=1)
    described = world.account.described.pop(task.arn)
    world.watch.take_event(first)
    assert world.ledger.all_ticks() == {}
    world.account.described[task.arn] = described
    world.watch.take_event(second)
    world.watch.take_event(last)
    assert world.told() == [("failed", "nightly-report", "2027-01-03T02:00:00Z")]


def test_end_that_is_told_after_all(world: World) -> None:
    """When ECS forgot a run, and its good end is told later, the tick is good and the job recovers."""
    task = nightly()
    first, second, last = events(world, task, exit_code=0)
    world.watch.take_event(first)
    world.watch.take_event(second)
    world.account.described.clear()
    world.pass_time(minutes=5)
    world.watch.take_event(last)
    assert [class_ for class_, _, _ in world.told()] == ["failed", "recovered"]
    assert world.tick("nightly-report", TICK).outcome == "good"


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
    assert world.ledger.jobs()["nightly-report"].open == {}


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


def test_hides_values_of_the_task_definition(world: World) -> None:
    """Values that the task definition itself sets are hidden too, line by line and inside JSON."""
    key = 'first "line"\nsecond line of it'
    container = {**world.account.definition["containerDefinitions"][0], "environment": [{"name": "KEY", "value": key}]}
    world.account.definition["containerDefinitions"] = [container]
    world.account.lines = ['first "line"', "second line of it", json.dumps({"key": key})]
    run(world, nightly(), exit_code=1)
    assert only(world)["log"]["lines"] == ["[KEY]", "[KEY]", '{"key": "[KEY]"}']


def test_dead_letter_whose_time_is_no_time(world: World) -> None:
    """A placeholder that was not replaced is no tick: the one that was due is taken."""
    world.watch.take_dead_letter(letter("nightly-report", None, SCHEDULED_TIME="<aws.scheduler.scheduled-time>"))
    assert world.told() == [("not-launched", "nightly-report", "2027-01-03T02:00:00Z")]


def test_counts_a_run_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An end that is delivered twice is one run in the metrics, and one duration."""
    made = events(world, nightly())
    for event in [*made, made[-1], made[0]]:
        world.watch.take_event(event)
    assert capsys.readouterr().out.count('"Runs": 1') == 1
    assert world.ledger.jobs()["nightly-report"].durations == [60]


def test_other_refusals_of_a_message_are_repeated(world: World) -> None:
    """A message that SNS does not take for the moment is not sent plain: AWS repeats the invocation."""
    world.account.refused = {"Publish"}
    with pytest.raises(ClientError):
        run(world, nightly(), exit_code=1)
    world.account.refused.clear()
    world.pass_time(minutes=5)
    assert world.told() == [("failed", "nightly-report", TEXT)]


def test_seen_ticks_are_not_asked_for(world: World) -> None:
    """A tick with a run is known to the next look without a question to ECS or the ledger."""
    run(world, nightly())
    world.account.refused = {"ListTasks", "GetSchedule"}
    world.pass_time(minutes=30)
    assert world.told() == []


def test_a_streak_of_missed_ticks_recovers_once() -> None:
    """Ticks before a good one are found missed later than that: the recovery waits for them, and tells them."""
    quarters = ScheduleFacts(expression="cron(0/15 * * * ? *)")
    job = JobFacts(container="app", cluster=CLUSTER, task_definition="web:7", schedules={"quarters": quarters})
    world = World(facts(jobs={"quarters": job}))
    world.look()
    for quarter in range(1, 17):
        world.pass_time(minutes=15)
        if quarter > 4:
            run(world, EcsTask("quarters", world.now, id=f"q{quarter}"))
    told = world.alerts()
    assert [alert["class"] for alert in told] == ["missed", "missed", "missed", "recovered"]
    assert told[-1]["reason"] == "it was in trouble since the tick 2027-01-04T00:15:00Z"
    ticks = [alert["digest"]["ticks"] if alert["digest"] else [{"tick": alert["tick"]}] for alert in told[:-1]]
    assert [one["tick"] for listed in ticks for one in listed] == [
        f"2027-01-04T{time}:00Z" for time in ("00:15", "00:30", "00:45", "01:00")
    ]


def test_does_not_recover_while_the_run_goes_on() -> None:
    """A later good run is no recovery of a run that takes too long and still does."""
    job = JobFacts(
        container="app",
        cluster=CLUSTER,
        longest_run=60,
        schedules={"often": ScheduleFacts(expression="cron(0 * * * ? *)")},
    )
    world = World(facts(jobs={"often": job}))
    world.now = TICK
    world.look()
    task = EcsTask("often", TICK)
    for event in (task.moved("PROVISIONING", world.now), task.moved("RUNNING", world.now)):
        world.account.described[task.arn] = task.described()
        world.watch.take_event(event)
    world.pass_time(minutes=10)
    run(world, EcsTask("often", TICK + timedelta(hours=1), id="next"))
    assert [class_ for class_, _, _ in world.told()] == ["overrun"]
    world.watch.take_event(task.stopped(world.now, 0))
    assert [class_ for class_, _, _ in world.told()] == ["overrun", "recovered"]


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
