"""The alerts that events and dead letters cause, and their text."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.watch.told import SCHEMA, TEXT, TICK, nightly, only
from tests.unit.watch.world import (
    PLACE,
    SECRET,
    EcsTask,
    World,
    events,
    facts,
    letter,
    refusal,
    refuse,
    request_with,
    run,
)
from watch import classes
from watch.redaction import SECRET_NAMES


def test_says_nothing_of_a_good_run(world: World) -> None:
    """A good run is recorded and sends no alert."""
    run(world, nightly())
    assert world.told() == []
    tick = world.tick("nightly-report", TICK)
    assert (tick.outcome, tick.alert) == ("good", None)


def test_failed(world: World) -> None:
    """The alert of a failed run has every field of the contract."""
    world.account.lines = [f"line {number}" for number in range(20)] + [f"token {SECRET} refused"]
    run(world, nightly(), exit_code=3)
    alert = only(world)
    assert alert == {
        "schemaVersion": "1.7",
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
        "next": "2027-01-05T02:00:00Z",
        "firstFailed": TEXT,
        "failures": 1,
        "lastGood": None,
        "owners": ["data"],
        "runbook": "https://wiki.example.com/runbook",
        "exitCode": 3,
        "stopCode": "EssentialContainerExited",
        "reason": "Essential container in task exited",
        "task": f"arn:aws:ecs:{PLACE}:task/production/0af3",
        "worker": None,
        "createdAt": TEXT,
        "startedAt": TEXT,
        "stoppedAt": "2027-01-04T02:01:00Z",
        "seconds": 60,
        "attempts": None,
        "dueBy": None,
        "usual": None,
        "limit": None,
        "log": {
            "group": "/production/web",
            "stream": "ecs/app/0af3",
            "url": "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups"
            "/log-group/$252Fproduction$252Fweb/log-events/ecs$252Fapp$252F0af3",
            "lines": [*(f"line {number}" for number in range(11, 20)), "token [TOKEN] refused"],
        },
        "cause": None,
        "proof": None,
        "reading": [],
        "rerun": f"python -m ops rerun --stack production nightly-report --tick {TEXT}",
        "rerunHelps": None,
        "stop": None,
        "goesOn": False,
        "paused": None,
        "digest": None,
        "unresolved": None,
        "missing": [],
    }
    tick = world.tick("nightly-report", TICK)
    assert (tick.outcome, tick.alert, tick.runs["0af3"].exit_code) == ("failed", "failed", 3)


ALERTS_PAGE = Path(__file__).parents[3] / "docs" / "alerts.md"


@pytest.mark.parametrize(
    ("exit_code", "stop_code", "told"),
    [
        (None, "EssentialContainerExited", "failed"),
        (137, "SpotInterruption", "interrupted"),
        (None, "SpotInterruption", "interrupted"),
        (143, "TerminationNotice", "interrupted"),
        (0, "SpotInterruption", None),
        (0, "InfrastructureHealth", None),
        (137, "InfrastructureHealth", "interrupted"),
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
    """The stop code and the exit code of the job's own container decide the class; sidecars never do."""
    run(world, nightly(), exit_code, stop_code)
    assert [alert["class"] for alert in world.alerts()] == ([told] if told else [])
    by_a_person = stop_code in ("UserInitiated", "ServiceSchedulerInitiated")
    outcome = told or ("stopped" if by_a_person else "good")
    assert world.tick("nightly-report", TICK).outcome == outcome


@pytest.mark.parametrize("exit_code", [0, 137, None])
@pytest.mark.parametrize(
    "reason",
    [
        "ECS is performing maintenance on the underlying infrastructure hosting the task",
        "Task stopped during instance draining",
    ],
)
def test_stops_of_aws_that_have_no_code(world: World, reason: str, exit_code: int | None) -> None:
    """A run that AWS stopped is interrupted, whether or not the stop has a code, unless its work was done."""
    made = events(world, nightly(), exit_code)
    del made[-1]["stopCode"]
    for event in [*made[:-1], {**made[-1], "stoppedReason": reason}]:
        world.watch.take_event(event)
    if exit_code == 0:
        assert world.told() == []
        assert world.tick("nightly-report", TICK).outcome == "good"
    else:
        assert only(world)["class"] == "interrupted"
        assert only(world)["reason"] == reason


STEP_FUNCTIONS = (
    "The Task state in AWS Step Functions execution [arn:aws:states:eu-central-1:123456789012:execution:nightly:1] "
    "which was managing this resource was aborted"
)


@pytest.mark.parametrize(
    ("reason", "exit_code", "told", "outcome"),
    [
        ("Task stopped by user", 143, "stopped", "stopped"),
        ("Wrong data", 0, "stopped", "stopped"),
        ("", None, "stopped", "stopped"),
        ("scheduled-jobs: timed-out after 1 hour", 137, None, "stopped"),
        ("not by scheduled-jobs: me", 137, "stopped", "stopped"),
        (STEP_FUNCTIONS, 143, "failed", "failed"),
        (STEP_FUNCTIONS, None, "failed", "failed"),
        (STEP_FUNCTIONS, 0, None, "good"),
    ],
)
@pytest.mark.parametrize("stops", [True, False])
def test_judges_a_stop_by_its_reason(
    stops: bool,  # noqa: FBT001
    reason: str,
    exit_code: int | None,
    told: str | None,
    outcome: str,
) -> None:
    """A person's stop is alerted if the stack wants that; one by this program never, one by Step Functions is none."""
    world = World(facts(stops=stops))
    world.now = TICK
    made = events(world, nightly(), exit_code, "UserInitiated")
    for event in [*made[:-1], {**made[-1], "stoppedReason": reason}]:
        world.watch.take_event(event)
    assert [alert["class"] for alert in world.alerts()] == ([told] if told and (stops or told != "stopped") else [])
    assert world.tick("nightly-report", TICK).outcome == outcome
    if told == "failed":
        assert only(world)["reason"] == STEP_FUNCTIONS
    if told == "stopped" and stops:
        assert only(world)["summary"] == "nightly-report was stopped"


def never_ran(task: EcsTask, **stopped: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a task
    """Return the event of a task that stops without having been RUNNING."""
    task.moved("PROVISIONING", TICK)
    return task.moved("STOPPED", TICK + timedelta(minutes=1), **{"stopCode": "TaskFailedToStart", **stopped})


@pytest.mark.parametrize(
    ("own", "stop_code", "told"),
    [
        ({}, "TaskFailedToStart", "not-started"),
        ({"runtimeId": "0af3-1"}, "TaskFailedToStart", "not-started"),
        ({"exitCode": 1, "runtimeId": "0af3-1"}, "TaskFailedToStart", "failed"),
        ({"exitCode": 127, "reason": "CannotStartContainerError: no such file"}, "TaskFailedToStart", "not-started"),
        ({}, "EssentialContainerExited", "not-started"),
        ({"runtimeId": "0af3-1"}, "EssentialContainerExited", "failed"),
        ({"reason": "CannotPullContainerError: not found"}, "EssentialContainerExited", "not-started"),
    ],
)
def test_a_container_that_ran_did_start(world: World, own: dict[str, Any], stop_code: str, told: str) -> None:
    """Without a start of the task, the job's container ran if it has an exit code, or an id in the runtime."""
    task = nightly()
    event = never_ran(task, stopCode=stop_code, containers=[{"name": "app", **own}, {"name": "proxy", "exitCode": 1}])
    world.account.described[task.arn] = task.described()
    world.watch.take_event(event)
    alert = only(world)
    assert (alert["class"], alert["exitCode"]) == (told, own.get("exitCode"))
    assert (alert["log"]["stream"] is None) == (told == "not-started")


def test_exit_code_that_ecs_did_not_learn(world: World) -> None:
    """A run that ran and has no exit code failed, with an unknown exit code, the reason and the log."""
    task = nightly()
    made = events(world, task, None)
    made[-1]["containers"][0]["reason"] = "CannotInspectContainerError: Could not transition to inspecting; timed out"
    for event in made:
        world.watch.take_event(event)
    alert = only(world)
    assert (alert["class"], alert["summary"]) == ("failed", "nightly-report failed: exit code unknown")
    assert "CannotInspectContainerError" in alert["reason"]
    assert alert["log"]["lines"] == ["starting", "out of luck"]


def test_not_launched(world: World) -> None:
    """The alert of a launch that Scheduler gave up has AWS's error, and the command that shows the schedule."""
    world.watch.take_dead_letter(
        letter("nightly-report", TICK, EXHAUSTED_RETRY_CONDITION="MaximumEventAge", RETRY_ATTEMPTS="3")
    )
    alert = only(world)
    assert (alert["class"], alert["summary"]) == ("not-launched", "nightly-report was not launched")
    assert alert["reason"] == (
        "AccessDeniedException: User is not authorized to perform: ecs:RunTask with [TOKEN]"
        " (Scheduler gave up after 3 retries: MaximumEventAge)"
    )
    assert alert["proof"] == (
        "aws scheduler get-schedule --group-name jobs-production --name nightly-report --region eu-central-1"
    )
    assert alert["task"] is None
    assert world.tick("nightly-report", TICK).outcome == "not-launched"


def test_dead_letter_without_its_time(world: World) -> None:
    """A dead letter without a tick counts for the tick that was due before the letter was sent."""
    world.watch.take_dead_letter(letter("nightly-report", None))
    assert world.told() == [("not-launched", "nightly-report", "2027-01-03T02:00:00Z")]


def test_dead_letter_of_what_runs(world: World) -> None:
    """A dead letter of a tick that has a run sends no alert, because the call had an effect after all."""
    run(world, nightly())
    world.watch.take_dead_letter(letter("nightly-report", TICK))
    assert world.told() == []
    assert world.tick("nightly-report", TICK).outcome == "good"


def test_dead_letter_of_nothing(world: World) -> None:
    """A dead letter that names no schedule is refused, so it stays in the queue."""
    with pytest.raises(ValueError, match="names no schedule"):
        world.watch.take_dead_letter(letter("", None, SCHEDULE_ARN=""))


def test_group_that_is_not_ours(world: World) -> None:
    """A task of another group is refused, because no rule of this stack should have sent it."""
    event = {**EcsTask("nightly-report", TICK).moved("RUNNING", TICK), "group": "other:nightly-report"}
    with pytest.raises(ValueError, match="does not belong to jobs-production"):
        world.watch.take_event(event)


@pytest.mark.parametrize("missing", ["DescribeTaskDefinition", "GetLogEvents"])
def test_says_what_it_could_not_find_out(world: World, missing: str) -> None:
    """An alert names each detail that could not be found, with the reason."""
    world.account.refused = {missing}
    run(world, nightly(), exit_code=1)
    [said] = only(world)["missing"]
    assert f"({missing}: AccessDeniedException)" in said


def logging(world: World, **options: str | None) -> None:
    """Change the options of the log driver; None removes an option."""
    [container] = world.account.definition["containerDefinitions"]
    changed = {**container["logConfiguration"]["options"], **options}
    options = {name: value for name, value in changed.items() if value is not None}
    world.account.definition["containerDefinitions"] = [
        {**container, "logConfiguration": {"logDriver": "awslogs", "options": options}}
    ]


def test_reads_the_log_where_it_is(world: World) -> None:
    """A log group in another region is read there, and the link goes there."""
    logging(world, **{"awslogs-region": "eu-west-1"})
    run(world, nightly(), exit_code=1)
    alert = only(world)
    assert world.account.asked_regions == ["eu-west-1"]
    assert alert["log"]["url"].startswith("https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#")
    assert alert["log"]["lines"] == ["starting", "out of luck"]


def test_says_that_the_stream_is_unknown(world: World) -> None:
    """Without a prefix the stream's name is unknown, although the container does log with awslogs."""
    logging(world, **{"awslogs-stream-prefix": None})
    run(world, nightly(), exit_code=1)
    assert only(world)["missing"] == [
        "the log (the name of its stream in /production/web is unknown without awslogs-stream-prefix)"
    ]


@pytest.mark.parametrize(
    ("mode", "seconds", "told"),
    [
        (None, 30, True),
        ("non-blocking", 303, True),
        (None, 29, False),
        (None, -5, False),
        ("blocking", 303, False),
    ],
)
def test_says_that_the_end_of_the_log_may_be_missing(
    world: World,
    mode: str | None,
    seconds: int,
    told: bool,  # noqa: FBT001
) -> None:
    """ECS may drop lines unless the driver blocks, so a log that ends well before its run may lack its end."""
    logging(world, mode=mode)
    world.account.lines_at = TICK + timedelta(minutes=1) - timedelta(seconds=seconds)
    run(world, nightly(), exit_code=1)
    length = "5 minutes 3 seconds" if seconds == 303 else "30 seconds"
    assert only(world)["missing"] == (
        [
            (
                f"the end of the log, perhaps (its last line is {length} older than the end of the run, and ECS may "
                "drop lines: its log driver's mode is not `blocking`)"
            )
        ]
        if told
        else []
    )


def test_end_of_the_containers_counts(world: World) -> None:
    """A Fargate task stops well after its containers have ended, which says nothing about the log."""
    made = events(world, nightly(), 1)
    arn = made[-1]["taskArn"]
    world.account.described[arn]["executionStoppedAt"] = TICK + timedelta(seconds=10)
    world.account.lines_at = TICK + timedelta(seconds=5)
    for event in made:
        world.watch.take_event(event)
    assert only(world)["missing"] == []


def test_shows_no_log_without_knowing_what_to_hide(world: World) -> None:
    """When ECS no longer knows the task, its environment is unknown, so no line of the log is shown."""
    world.account.lines = [f"token {SECRET} refused"]
    made = events(world, nightly(), exit_code=1)
    world.watch.take_event(made[0])
    world.account.described.clear()
    world.watch.take_event(made[-1])
    alert = only(world)
    assert alert["log"]["lines"] == []
    assert alert["missing"] == [
        "the last lines of the log (ECS no longer knows the task's environment, in which 'TOKEN' looks secret)"
    ]


def test_shows_no_log_when_the_task_may_not_be_described(world: World) -> None:
    """When ECS refuses to describe the task, the alert says that, and not that ECS has forgotten the task."""
    first, *_, last = events(world, nightly(), exit_code=1)
    world.watch.take_event(first)
    world.account.refused = {"DescribeTasks"}
    world.watch.take_event(last)
    alert = only(world)
    assert alert["log"]["lines"] == []
    assert alert["missing"] == [
        "the task (DescribeTasks: AccessDeniedException)",
        "the last lines of the log (AWS did not tell the task's environment, in which 'TOKEN' looks secret)",
    ]


def forgotten(world: World) -> dict[str, Any]:
    """Return the alert of a failed run that ECS has forgotten."""
    first, *_, last = events(world, nightly(), exit_code=1)
    world.watch.take_event(first)
    world.account.described.clear()
    world.watch.take_event(last)
    return only(world)


def test_shows_the_log_of_a_forgotten_run_without_secrets(world: World) -> None:
    """When no variable of the schedule looks secret, the log is shown although ECS no longer knows the task."""
    world.account.request = request_with({"PULUMI_STACK": "production"})
    alert = forgotten(world)
    assert alert["log"]["lines"] == ["starting", "out of luck"]
    assert alert["missing"] == []


def test_shows_no_log_when_the_schedule_is_unknown(world: World) -> None:
    """Without the task and the schedule nobody can tell what is secret."""
    world.account.refused = {"GetSchedule"}
    alert = forgotten(world)
    assert alert["log"]["lines"] == []
    assert alert["missing"] == [
        "the next tick (GetSchedule: AccessDeniedException)",
        "the last lines of the log (ECS no longer knows the task's environment, and the schedule's is unknown)",
    ]


@pytest.mark.parametrize(
    ("patterns", "shown"),
    [(SECRET_NAMES, "role/jobs-production refused [TOKEN]"), (("STACK",), f"role/jobs-[STACK] refused {SECRET}")],
    ids=["usual", "chosen"],
)
def test_the_stack_chooses_which_names_look_secret(patterns: tuple[str, ...], shown: str) -> None:
    """Only the values of variables whose names match the stack's patterns are hidden."""
    world = World(facts(secret_names=patterns))
    world.now = TICK
    world.account.lines = [f"role/jobs-production refused {SECRET}"]
    made = events(world, nightly(), exit_code=1)
    [override] = world.account.described[made[0]["taskArn"]]["overrides"]["containerOverrides"]
    override["environment"].append({"name": "STACK", "value": "production"})
    for event in made:
        world.watch.take_event(event)
    assert world.alerts()[0]["log"]["lines"] == [shown]


def test_alert_goes_out_plain_when_it_is_not_accepted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert whose form SNS refuses is sent as plain text, so that no alert is lost."""
    from tests.unit.watch.world import Account  # noqa: PLC0415

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
    """The published schema lists every class."""
    assert SCHEMA["properties"]["class"]["enum"] == list(classes.CLASSES)


def test_waits_for_an_event_that_ecs_can_tell_of(world: World) -> None:
    """A task that DescribeTasks does not know yet has no tick until its next event."""
    task = EcsTask("nightly-report", TICK - timedelta(days=1))
    first, second, last = events(world, task, exit_code=1)
    described = world.account.described.pop(task.arn)
    world.watch.take_event(first)
    assert world.ledger.all_ticks() == {}
    world.account.described[task.arn] = described
    world.watch.take_event(second)
    world.watch.take_event(last)
    assert world.told() == [("failed", "nightly-report", "2027-01-03T02:00:00Z")]


def test_hides_values_of_the_task_definition(world: World) -> None:
    """Values from the task definition itself are hidden too, line by line and inside JSON."""
    key = 'first "line"\nsecond line of it'
    container = {**world.account.definition["containerDefinitions"][0], "environment": [{"name": "KEY", "value": key}]}
    world.account.definition["containerDefinitions"] = [container]
    world.account.lines = ['first "line"', "second line of it", json.dumps({"key": key})]
    run(world, nightly(), exit_code=1)
    assert only(world)["log"]["lines"] == ["[KEY]", "[KEY]", '{"key": "[KEY]"}']


def test_dead_letter_whose_time_is_no_time(world: World) -> None:
    """A dead letter with an unreplaced placeholder counts for the tick that was due."""
    world.watch.take_dead_letter(letter("nightly-report", None, SCHEDULED_TIME="<aws.scheduler.scheduled-time>"))
    assert world.told() == [("not-launched", "nightly-report", "2027-01-03T02:00:00Z")]


def test_counts_a_run_once(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A run whose end is delivered twice counts once in the metrics, and has one duration."""
    made = events(world, nightly())
    for event in [*made, made[-1], made[0]]:
        world.watch.take_event(event)
    assert capsys.readouterr().out.count('"Runs": 1') == 1
    assert world.ledger.jobs(refuse)["nightly-report"].durations == [60]


def test_other_refusals_of_a_message_are_repeated(world: World) -> None:
    """A message that SNS refuses for another reason is not sent as plain text, because AWS repeats the invocation."""
    world.account.refused = {"Publish"}
    with pytest.raises(ClientError):
        run(world, nightly(), exit_code=1)
    world.account.refused.clear()
    world.pass_time(minutes=5)
    assert world.told() == [("failed", "nightly-report", TEXT)]


def test_docs_have_a_row_for_each_class() -> None:
    """The page on alerts begins the row of each class with its meaning, in the order of the table."""
    rows = [line for line in ALERTS_PAGE.read_text().splitlines() if line.startswith("| `")]
    shown = [row.split("|")[1:3] for row in rows][: len(classes.CLASSES)]
    assert [name.strip(" `") for name, _ in shown] == list(classes.CLASSES)
    for name, meaning in shown:
        assert meaning.strip().startswith(classes.BY_NAME[name.strip(" `")].meaning)


def test_docs_list_the_patterns_of_secret_names() -> None:
    """The page on alerts lists the usual patterns, so that a stack can copy them."""
    listed = ALERTS_PAGE.read_text().split("usual patterns: ")[1].split(". Values")[0]
    assert [one.strip("` \n") for one in listed.split(",")] == list(SECRET_NAMES)
