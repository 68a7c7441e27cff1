"""The texts of alerts for people and chats."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_facts.arn import Arn
from tests.unit.watch.told import SCHEMA
from tests.unit.watch.world import START, TOPIC, EcsTask, World, facts, run
from watch import chat, commands, email_text, instants, publishing
from watch.alert import Setting, compose
from watch.enrichment import Found
from watch.facts import Facts, JobFacts, ScheduleFacts
from watch.records import Message, Run, Tick

TICK = START + timedelta(hours=1)


def in_berlin() -> Facts:
    """Return the facts of a stack with a nightly job in Berlin."""
    job = JobFacts(
        owner="data",
        runbook="https://wiki.example.com/runbook",
        container="app",
        schedules={"nightly-report": ScheduleFacts(expression="cron(0 2 * * ? *)", timezone="Europe/Berlin")},
    )
    return facts(jobs={"nightly-report": job})


def alert(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return the alert of a failed nightly job in Berlin; `changed` replaces fields."""
    world = World(in_berlin())
    world.now = TICK
    run(world, EcsTask("nightly-report", TICK), exit_code=3)
    [made] = world.alerts()
    return {**made, **changed}


def test_text_for_people() -> None:
    """The text for people has the news first, then the facts in short lines, then what to do."""
    assert email_text.body(alert()) == (
        "nightly-report failed: exit code 3\n"
        "\n"
        "Stack: production (jobs, eu-central-1)\n"
        "Tick: Mon 2027-01-04 02:00 CET (01:00 UTC)\n"
        "Ran: 01:00:00 to 01:01:00 UTC, 1 minute\n"
        "Exit code: 3\n"
        "Next tick: Tue 2027-01-05 02:00 CET (01:00 UTC)\n"
        "Owner: data\n"
        "Severity: error\n"
        "\n"
        "Last lines of the log:\n"
        "  starting\n"
        "  out of luck\n"
        "\n"
        "Log:\n"
        "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#logsV2:log-groups"
        "/log-group/$252Fproduction$252Fweb/log-events/ecs$252Fapp$252F0af3\n"
        "\n"
        "Run it again:\n"
        "python -m ops rerun --stack production nightly-report --tick 2027-01-04T01:00:00Z\n"
        "\n"
        "Runbook:\n"
        "https://wiki.example.com/runbook\n"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (268, "4 minutes 28 seconds"),
        (3600, "1 hour"),
        (7325, "2 hours 2 minutes"),
        (93_600, "26 hours"),
    ],
)
def test_durations_are_in_words(seconds: int, words: str) -> None:
    """A duration is shown in hours, minutes and seconds, without units that are zero."""
    assert instants.length(seconds) == words


def test_subject() -> None:
    """The subject names the stack, the job and the class."""
    assert email_text.subject(alert()) == "[production] nightly-report failed: exit code 3"


@given(
    stack=st.text(min_size=1, max_size=64),
    summary=st.text(min_size=1, max_size=400),
)
def test_subject_is_what_sns_takes(stack: str, summary: str) -> None:
    """A subject always has at most 100 characters of printable ASCII and no line break."""
    subject = email_text.subject({"stack": stack, "summary": summary})
    assert len(subject) <= 100
    assert subject.isascii()
    assert subject.isprintable()
    assert subject.startswith("[")


def test_longest_names_and_emoji() -> None:
    """An alert with the longest names and with emoji in its reason has a subject and every body."""
    long = alert(stack="s" * 64, summary=f"{'j' * 40} failed \U0001f525", reason="no space left \U0001f4be\n\u2028")
    assert len(email_text.subject(long)) == 100
    bodies = publishing.bodies(long)
    assert bodies.keys() == {"default", "email", "https", "http"}
    assert json.loads(bodies["default"]) == long
    assert "\U0001f4be" in bodies["email"]
    assert sum(len(body.encode()) for body in bodies.values()) < 262_144


def test_says_what_is_not_known() -> None:
    """The text names the details that could not be found."""
    assert "Not known: the log (GetLogEvents: Throttling)" in email_text.body(
        alert(missing=["the log (GetLogEvents: Throttling)"])
    )


def test_recovery_is_short() -> None:
    """The text of a recovery has no log and no commands."""
    body = email_text.body(recovered())
    assert body.startswith("nightly-report has recovered\n")
    assert "\nFirst failed tick: Sun 2027-01-03 02:00 CET (01:00 UTC)\n" in body
    for absent in ("AWS says", "Run it again", "Log:", "Runbook", "Severity", "no good run"):
        assert absent not in body


def recovered(**message: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a message
    """Return the recovery of the nightly job in Berlin."""
    told = Message(
        "nightly-report/2027-01-04T01:00:00Z/recovered",
        "recovered",
        "recovered",
        "nightly-report",
        "2027-01-04T01:00:00Z",
        count=0,
        since="2027-01-03T01:00:00Z",
        **message,
    )
    made = composed(told)
    jsonschema.validate(made, SCHEMA)
    return made


def composed(message: Message, known: Facts | None = None, job: str = "nightly-report") -> dict[str, Any]:
    """Return the alert of a message about the nightly job in Berlin, without a run."""
    return compose(message, job, None, Found(), Setting(known or in_berlin(), Arn.parse(TOPIC), TICK))


def test_recovery_lists_what_has_not_run() -> None:
    """A recovery lists the ticks that still have no good run, each with the command that runs it again."""
    made = recovered(unresolved=[["nightly-report", "2027-01-02T01:00:00Z"], ["gone", "2027-01-03T01:00:00Z"]])
    assert made["summary"] == "nightly-report has recovered; 2 ticks still have no good run"
    assert made["unresolved"] == {
        "count": 2,
        "ticks": [
            {
                "schedule": "nightly-report",
                "tick": "2027-01-02T01:00:00Z",
                "timezone": "Europe/Berlin",
                "rerun": "python -m ops rerun --stack production nightly-report --tick 2027-01-02T01:00:00Z",
            },
            {"schedule": "gone", "tick": "2027-01-03T01:00:00Z", "timezone": "UTC", "rerun": None},
        ],
    }
    assert (
        "\n\nTicks that still have no good run:\n"
        "  nightly-report Sat 2027-01-02 02:00 CET (01:00 UTC)\n"
        "    python -m ops rerun --stack production nightly-report --tick 2027-01-02T01:00:00Z\n"
        "  gone Sun 2027-01-03 01:00 UTC\n"
    ) in email_text.body(made)
    [description] = [chat.notification(made)["content"]["description"]]
    assert "*No good run* nightly-report Sat 2027-01-02 02:00 CET (01:00 UTC)" in description
    one = recovered(unresolved=[["nightly-report", "2027-01-02T01:00:00Z"]])
    assert one["summary"] == "nightly-report has recovered; 1 tick still has no good run"
    many = recovered(unresolved=[["nightly-report", f"2026-12-{day:02}T01:00:00Z"] for day in range(31, 0, -1)])
    assert many["unresolved"]["count"] == 31
    assert [tick["tick"][8:10] for tick in many["unresolved"]["ticks"]] == [f"{day}" for day in range(22, 32)]
    assert "\n  21 earlier ticks\n  nightly-report Tue 2026-12-22 02:00 CET" in email_text.body(many)


@pytest.mark.parametrize(
    ("known", "schedule", "why"),
    [
        ({"jobs": {}, "removed": dict(facts().jobs)}, "nightly-report", "the job is no longer deployed"),
        ({"jobs": {}}, "nightly-report", "the job is no longer deployed"),
        ({}, "nightly-report.weekly", "the schedule is no longer deployed"),
        ({}, "nightly-report", None),
    ],
)
@pytest.mark.parametrize("class_", ["failed", "missed", "not-launched", "interrupted", "stopped"])
def test_no_command_that_cannot_work(class_: str, known: dict[str, Any], schedule: str, why: str | None) -> None:
    """Without a deployed schedule there is no command that runs the tick again, and the alert says why."""
    told = Message("id", "alert", class_, schedule, "2027-01-04T01:00:00Z")
    made = composed(told, facts(**known))
    jsonschema.validate(made, SCHEMA)
    assert (made["rerun"] is None) == (why is not None)
    assert made["proof"] is None or why is None or "get-schedule" not in made["proof"]
    missing = [f"the command that runs the tick again ({why})"] if why else []
    assert made["missing"] == missing


def test_recovery_of_a_task_definition_claims_no_run() -> None:
    """When the newest revision fits again, the message says that, and not that jobs have recovered."""
    told = Message("placement:web/x", "recovered", "recovered", "", "", count=0, jobs=["hourly", "nightly-report"])
    made = composed(told, facts(), "placement:web")
    jsonschema.validate(made, SCHEMA)
    assert made["summary"] == "hourly, nightly-report can be launched again: the newest revision of web fits"
    assert "recovered" not in email_text.body(made)


def test_digest_lists_its_ticks() -> None:
    """A digest names the latest ticks and counts the others."""
    about = [["nightly-report", "2027-01-04T01:00:00Z", "failed"], ["gone", "2027-01-04T02:00:00Z", "missed"]]
    told = Message(
        *("id", "digest", "missed", "gone", "2027-01-04T02:00:00Z"),
        about=about,
        count=3,
        classes={"failed": 2, "missed": 1},
    )
    made = composed(told)
    jsonschema.validate(made, SCHEMA)
    assert made["summary"] == "gone: 3 more ticks went wrong (2 failed, 1 missed)"
    assert (
        "Not reported before:\n"
        "  1 earlier tick\n"
        "  nightly-report Mon 2027-01-04 02:00 CET (01:00 UTC) failed\n"
        "  gone Mon 2027-01-04 02:00 UTC missed\n"
    ) in email_text.body(made)
    description = chat.notification(made)["content"]["description"]
    assert "*Not reported before* 3 ticks, the latest Mon 2027-01-04 02:00 UTC" in description


def test_a_list_of_one_is_in_the_singular() -> None:
    """A recovery that reports one tick counts it in the singular."""
    about = [["nightly-report", "2027-01-04T01:00:00Z", "failed"]]
    told = Message(
        *("id", "recovered", "recovered", "nightly-report", "2027-01-04T01:00:00Z"), about=about, classes={"failed": 1}
    )
    assert "*Not reported before* 1 tick, the" in chat.notification(composed(told))["content"]["description"]


def test_facts_that_people_ask_for_at_night() -> None:
    """The text tells the usual time, the limit, the failures in a row, the last good run and the next tick."""
    told = Message(
        *("id", "alert", "overrun", "nightly-report", "2027-01-04T01:00:00Z"),
        since="2026-12-31T23:30:00Z",
        failures=3,
        last_good="2027-01-01T01:00:00Z",
        usual=720,
        limit=7260,
    )
    ran = Run(EcsTask("nightly-report", TICK).arn, 2, "RUNNING", started="2027-01-04T01:00:10Z")
    tick = Tick("nightly-report", "nightly-report", "2027-01-04T01:00:00Z", runs={"0af3": ran})
    now = TICK + timedelta(hours=26, minutes=5)
    made = compose(told, "nightly-report", tick, Found(enabled=True), Setting(in_berlin(), Arn.parse(TOPIC), now))
    jsonschema.validate(made, SCHEMA)
    body = email_text.body(made)
    assert body.startswith("nightly-report is taking too long: running for 26 hours 4 minutes\n")
    for line in (
        "Running: since 01:00:10 UTC",
        "Expected: 12 minutes usually, at most 2 hours 1 minute",
        "Next tick: Wed 2027-01-06 02:00 CET (01:00 UTC)",
        "First failed tick: Fri 2027-01-01 00:30 CET (Thu 23:30 UTC)",
        "Failures in a row: 3",
        "Last good run: Fri 2027-01-01 02:00 CET (01:00 UTC)",
    ):
        assert f"\n{line}\n" in body
    assert (
        "*Expected* 12 minutes usually, at most 2 hours 1 minute\n" in chat.notification(made)["content"]["description"]
    )
    assert made["stop"] == "aws ecs stop-task --cluster production --task 0af3 --region eu-central-1"


@pytest.mark.parametrize("state", ["ENABLED", "DISABLED", "refused"])
def test_next_tick_of_a_schedule(state: str) -> None:
    """A schedule that is disabled, or unknown, has no next tick."""
    world = World(in_berlin())
    world.now = TICK
    world.account.state = state
    world.account.refused = {"GetSchedule"} if state == "refused" else set()
    run(world, EcsTask("nightly-report", TICK), exit_code=3)
    [made] = world.alerts()
    assert made["next"] == ("2027-01-05T01:00:00Z" if state == "ENABLED" else None)
    assert made["missing"] == (["the next tick (GetSchedule: AccessDeniedException)"] if state == "refused" else [])


def test_next_tick_of_a_task_definition() -> None:
    """A launch that will fail is announced in the zone of the schedule whose tick comes first."""
    known = in_berlin()
    later = JobFacts(schedules={"noon": ScheduleFacts(expression="cron(0 12 * * ? *)")})
    both = replace(known, jobs={**known.jobs, "noon": later, "hourly": facts().jobs["hourly"]})
    told = Message("x", "alert", "will-not-launch", "", "", jobs=["noon", "nightly-report", "hourly", "gone"])
    for now, tick, zone in (
        (START, "2027-01-04T01:00:00Z", "Europe/Berlin"),
        (TICK, "2027-01-04T12:00:00Z", "UTC"),
    ):
        made = compose(told, "placement:web", None, Found(), Setting(both, Arn.parse(TOPIC), now))
        jsonschema.validate(made, SCHEMA)
        assert (made["next"], made["timezone"]) == (tick, zone)
        assert f"\nNext tick: {email_text.tick_words(tick, zone)}\n" in email_text.body(made)


def test_next_tick_of_a_rate() -> None:
    """A rate goes on from the tick of the alert."""
    told = Message("id", "alert", "failed", "hourly", "2027-01-04T00:20:00Z")
    setting = Setting(facts(), Arn.parse(TOPIC), TICK)
    assert compose(told, "hourly", None, Found(enabled=True), setting)["next"] == "2027-01-04T01:20:00Z"


@pytest.mark.parametrize(
    ("started", "stopped", "words"),
    [
        ("2027-01-04T01:00:10Z", "2027-01-04T01:04:40Z", "01:00:10 to 01:04:40 UTC, 4 minutes 30 seconds"),
        ("2027-01-04T23:59:00Z", "2027-01-05T01:00:00Z", "23:59:00 to Tue 01:00:00 UTC, 1 hour 1 minute"),
        ("2027-01-05T01:00:00Z", "2027-01-05T01:00:01Z", "Tue 01:00:00 to Tue 01:00:01 UTC, 1 second"),
        ("2027-01-04T01:00:10Z", None, "since 01:00:10 UTC; when it ended is not known"),
        (None, None, None),
    ],
)
def test_when_a_run_ran(started: str | None, stopped: str | None, words: str | None) -> None:
    """The times of a run have the weekday when it is not the tick's."""
    seconds = None
    if started and stopped:
        seconds = int((instants.read(stopped) - instants.read(started)).total_seconds())
    assert email_text.ran_words(alert(startedAt=started, stoppedAt=stopped, seconds=seconds)) == words


@pytest.mark.parametrize(
    ("code", "reason", "exit_code", "words"),
    [
        ("EssentialContainerExited", "Essential container in task exited", 3, None),
        (
            "EssentialContainerExited",
            "Essential container in task exited: OutOfMemoryError: x",
            137,
            "OutOfMemoryError: x",
        ),
        ("EssentialContainerExited", "Essential container in task exited", None, "Essential container in task exited"),
        ("EssentialContainerExited", "Essential container in task exited: CannotInspect", None, "CannotInspect"),
        (
            "SpotInterruption",
            "Your Spot Task was interrupted.",
            137,
            "SpotInterruption: Your Spot Task was interrupted.",
        ),
        ("TaskFailedToStart", None, None, "TaskFailedToStart"),
        (None, "Host EC2 (instance i-0a) terminated.", None, "Host EC2 (instance i-0a) terminated."),
        (None, None, None, None),
    ],
)
def test_words_of_aws(code: str | None, reason: str | None, exit_code: int | None, words: str | None) -> None:
    """Words of AWS that add nothing to the exit code are left out."""
    assert email_text.said_words(alert(stopCode=code, reason=reason, exitCode=exit_code)) == words


def test_words_that_are_not_of_aws() -> None:
    """The watch's own reason is not said to be AWS's."""
    told = Message(
        "id", "alert", "will-not-launch", "", "", reason="the revision has no container 'app'", jobs=["hourly"]
    )
    body = email_text.body(composed(told, facts(), "placement:web"))
    assert "\nReason: the revision has no container 'app'\n" in body
    assert "AWS says" not in body
    assert "\nCheck it:\naws ecs describe-task-definition --task-definition web --region eu-central-1\n" in body


@pytest.mark.parametrize(
    ("ran", "helps", "title"),
    [
        (True, None, "Run it again"),
        (True, True, "Run it again (nothing must be fixed first)"),
        (True, False, "Run it again, once the cause is fixed"),
        (False, None, "Run it"),
        (False, True, "Run it now"),
        (False, False, "Run it, once the cause is fixed"),
    ],
)
def test_says_whether_a_rerun_can_help(ran: bool, helps: bool | None, title: str) -> None:  # noqa: FBT001
    """Mail and chat say whether a rerun helps before anything is fixed, and "again" only of a tick that has a run."""
    made = alert(rerunHelps=helps, **({} if ran else {"task": None}))
    assert f"\n\n{title}:\npython -m ops rerun" in email_text.body(made)
    assert f"{title}: `{made['rerun']}`" in chat.notification(made)["content"]["nextSteps"]


def test_who_stopped_a_run() -> None:
    """The command that shows who stopped a run names the run's task, and the time before its end."""
    ended = Run(EcsTask("nightly-report", TICK).arn, 3, "STOPPED", stopped="2027-01-04T01:30:00Z", outcome="stopped")
    tick = Tick("nightly-report", "nightly-report", "2027-01-04T01:00:00Z", runs={"0af3": ended})
    told = Message("id", "alert", "stopped", "nightly-report", "2027-01-04T01:00:00Z")
    made = compose(told, "nightly-report", tick, Found(), Setting(in_berlin(), Arn.parse(TOPIC), TICK))
    assert shlex.split(made["proof"]) == [
        *("aws", "cloudtrail", "lookup-events"),
        *("--lookup-attributes", "AttributeKey=EventName,AttributeValue=StopTask"),
        *("--start-time", "2027-01-04T01:15:00Z", "--end-time", "2027-01-04T01:30:00Z"),
        *("--query", "Events[?contains(CloudTrailEvent, '0af3')].CloudTrailEvent", "--output", "text"),
        *("--region", "eu-central-1"),
    ]
    assert made["reading"] == ["CloudTrail may show a call up to 15 minutes late"]


@pytest.mark.parametrize(("minutes", "known"), [(59, True), (60, False)])
def test_ecs_forgets_a_task(minutes: int, known: bool) -> None:  # noqa: FBT001
    """The command that describes a task is offered as long as ECS is sure to know the task."""
    ended = Run(EcsTask("nightly-report", TICK).arn, 3, "STOPPED", stopped=instants.text(TICK), outcome="interrupted")
    tick = Tick("nightly-report", "nightly-report", "2027-01-04T01:00:00Z", runs={"0af3": ended})
    told = Message("id", "alert", "interrupted", "nightly-report", "2027-01-04T01:00:00Z")
    now = TICK + timedelta(minutes=minutes)
    made = compose(told, "nightly-report", tick, Found(), Setting(in_berlin(), Arn.parse(TOPIC), now))
    assert (made["proof"] is not None) is known
    assert made["reading"] == (["ECS forgets a stopped task after about an hour"] if known else [])


@pytest.mark.parametrize(
    ("exit_code", "status", "offered"), [(None, "STOPPED", True), (3, "STOPPED", False), (None, "LOST", False)]
)
def test_what_ecs_says_of_a_failure(exit_code: int | None, status: str, offered: bool) -> None:  # noqa: FBT001
    """Only a failure whose exit code is unknown has the command that shows the task, if ECS knows the task."""
    stopped = None if status == "LOST" else instants.text(TICK)
    ended = Run(EcsTask("nightly-report", TICK).arn, 3, status, stopped=stopped, exit_code=exit_code, outcome="failed")
    tick = Tick("nightly-report", "nightly-report", "2027-01-04T01:00:00Z", runs={"0af3": ended})
    told = Message("id", "alert", "failed", "nightly-report", "2027-01-04T01:00:00Z")
    made = compose(told, "nightly-report", tick, Found(), Setting(in_berlin(), Arn.parse(TOPIC), TICK))
    assert made["proof"] == (
        (
            "aws ecs describe-tasks --cluster production --tasks 0af3 --query 'tasks[].{status: lastStatus, stopCode: "
            "stopCode, reason: stoppedReason, containers: containers[].{name: name, exitCode: exitCode, "
            "reason: reason}}' --region eu-central-1"
        )
        if offered
        else None
    )


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)))
def test_commands_are_quoted_for_a_shell(words: list[str]) -> None:
    """A shell splits a command into the words that it was made of, however they are quoted."""
    assert shlex.split(commands.quoted(*words)) == words


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("plain", "plain"),
        ("a b", "'a b'"),
        ("[?contains(x, 'y')]", "\"[?contains(x, 'y')]\""),
        ("'$x'", "''\"'\"'$x'\"'\"''"),
    ],
)
def test_quotes_that_can_be_read(word: str, shown: str) -> None:
    """Single quotes are within double ones, unless a shell would expand something there."""
    assert commands.quoted(word) == shown


def test_notification_for_chats() -> None:
    """The https body is a custom notification of Amazon Q Developer in chat applications that contains the contract."""
    given_alert = alert()
    made = chat.notification(given_alert)
    assert (made["version"], made["source"]) == ("1.0", "custom")
    assert made["content"]["textType"] == "client-markdown"
    assert made["content"]["title"] == ":rotating_light: production: nightly-report failed: exit code 3"
    assert "out of luck" in made["content"]["description"]
    assert made["metadata"]["threadId"] == "jobs-production/nightly-report"
    context = made["metadata"]["additionalContext"]
    assert all(isinstance(value, str) for value in context.values())
    assert context["class"] == "failed"
    assert json.loads(context["log"]) == given_alert["log"]
    assert made["content"]["nextSteps"] == [
        f"Log: {given_alert['log']['url']}",
        "Runbook: https://wiki.example.com/runbook",
        f"Run it again: `{given_alert['rerun']}`",
    ]


@pytest.mark.parametrize("fence", ["```", "a ``` b"])
def test_log_does_not_end_its_block(fence: str) -> None:
    """A line of the log cannot break out of the block in which a chat shows it."""
    given_alert = alert()
    given_alert["log"]["lines"] = [fence]
    assert chat.notification(given_alert)["content"]["description"].count("```") == 2


def test_attributes_for_filters() -> None:
    """The message attributes have the class, severity, owner, job and kind, by which subscriptions filter."""
    world = World()
    world.now = TICK
    run(world, EcsTask("nightly-report", TICK), exit_code=3)
    attributes = world.account.published[0]["MessageAttributes"]
    assert {name: (value["DataType"], json.loads(value["StringValue"])) for name, value in attributes.items()} == {
        "class": ("String.Array", ["failed"]),
        "severity": ("String.Array", ["error"]),
        "owner": ("String.Array", ["data"]),
        "job": ("String.Array", ["nightly-report"]),
        "kind": ("String.Array", ["alert"]),
    }
