"""Every class of alert, staged in the sandbox: each is reported once, with the whole contract and a correct ledger."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from emulator.fault_injection.faults import Fault, Kind, Refusal, StagedStop
from sandbox.session import CHECKOUT
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox
from tests.engine.conftest import START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "alerting"
GROUP = f"scheduled-jobs-{STACK}"
SCHEMA = json.loads((CHECKOUT / "docs" / "alert.schema.json").read_text())
SECRET = "correct-horse-battery"  # noqa: S105 - an environment value, which no message may show
FIRST = START + timedelta(hours=6)
"""The tick of every job on the first day."""
JOBS: dict[str, tuple[Fault | None, str]] = {
    "crowded": (Fault(Kind.SIDECAR), "failed"),
    "drained": (
        Fault(Kind.EXIT, stop_code=StagedStop.NONE, reason="Task stopped during instance draining"),
        "interrupted",
    ),
    "duplicated": (Fault(Kind.EXIT, code=4), "failed"),
    "failing": (Fault(Kind.EXIT, code=3), "failed"),
    "given-up": (Fault(Kind.LAUNCH), "not-launched"),
    "hanging": (Fault(Kind.HANG, seconds=3 * 3600.0), "overrun"),
    "late": (Fault(Kind.HANG, seconds=3 * 3600.0), "not-done"),
    "in-time": (Fault(Kind.EXIT, stop_code=StagedStop.SPOT_INTERRUPTION, code=0, warning=60.0), "good"),
    "interrupted": (Fault(Kind.EXIT, stop_code=StagedStop.SPOT_INTERRUPTION), "interrupted"),
    "reordered": (Fault(Kind.EXIT, code=5), "failed"),
    "sound": (None, "good"),
    "stopped": (Fault(Kind.EXIT, stop_code=StagedStop.USER_INITIATED), "stopped"),
    "throttled": (Fault(Kind.LAUNCH, refusal=Refusal.THROTTLE), "not-launched"),
    "unanswered": (Fault(Kind.LAUNCH, refusal=Refusal.FAILURES), "missed"),
    "unlearned": (Fault(Kind.EXIT, no_code=True), "failed"),
    "unstartable": (Fault(Kind.START), "not-started"),
}
"""The fault that is staged for each job, and the expected outcome of its first tick."""
TOLD = {job: class_ for job, (_, class_) in JOBS.items() if class_ not in ("good", "stopped")}


def job_file(name: str) -> str:
    """Return the file of a job that prints a line and succeeds."""
    more = {"hanging": "longest_run=60, ", "late": "done_by='30m', "}.get(name, "")
    return (
        f"from settings import Job\n\nJOB = Job(name={name!r}, owner='team-{name}', {more}"
        f"command=['echo', '{name} was here'], severity='critical', "
        f"runbook='https://wiki.example.com/{name}', environment={{'PASSPHRASE': {SECRET!r}}})\n"
    )


def config(queue: str) -> dict[str, Any]:
    """Return the stack's config, in which every job runs once a day and every endpoint has alerts."""
    return {
        "aws:region": REGION,
        "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
        "scheduled-jobs:schedules": dict.fromkeys(JOBS, "cron(0 6 * * ? *)"),
        "scheduled-jobs:alerts": {
            "email": ["on-call@example.com", {"to": "failing@example.com", "owners": ["team-failing"]}],
            "https": ["https://hooks.example.com/alerts"],
            "sqs": [queue],
        },
    }


@pytest.fixture(scope="module")
def alerting(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Alerting]:
    """Deploy the stack with a subscribed queue, stage all faults, and let the first day pass."""
    with inbox(sandbox, "inbox") as queue:
        program = make_program(STACK)
        program.write_jobs(files={name.replace("-", "_"): job_file(name) for name in JOBS})
        program.write_config(config(queue.arn))
        program.up()
        made = Alerting(sandbox, program, queue)
        for job, (fault, _) in JOBS.items():
            if fault is not None:
                made.stage(fault, job, times=4 if job == "throttled" else 1)
        made.stage(Fault(Kind.DUPLICATE_EVENTS), "duplicated")
        made.stage(Fault(Kind.REORDER_EVENTS), "reordered")
        sandbox.advance(FIRST - START + timedelta(hours=2))
        yield made
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


@pytest.mark.parametrize("job", TOLD)
def test_tells_once_with_every_field(alerting: Alerting, job: str) -> None:
    """Each class is reported once, with the whole contract, and the ledger has the tick."""
    [alert] = [one for one in alerting.of(job) if one["kind"] == "alert"]
    jsonschema.validate(alert, SCHEMA)
    class_ = TOLD[job]
    assert {key: alert[key] for key in ("class", "job", "schedule", "tick", "owners", "severity", "runbook")} == {
        "class": class_,
        "job": job,
        "schedule": job,
        "tick": f"{FIRST:%Y-%m-%dT%H:%M:%SZ}",
        "owners": [f"team-{job}"],
        "severity": "critical",
        "runbook": f"https://wiki.example.com/{job}",
    }
    again = f"python -m ops rerun --stack {STACK} {job} --tick {alert['tick']}"
    goes_on = class_ in ("overrun", "not-done")
    assert alert["rerun"] == (None if goes_on else again)
    assert (alert["stop"] is not None) == goes_on
    assert alert["missing"] == []
    tick = alerting.tick(job, FIRST)
    assert tick.alert == class_
    assert tick.outcome == ("running" if goes_on else class_)
    ran = class_ not in ("not-launched", "missed")
    assert len(tick.runs) == int(ran)
    assert (alert["task"] is not None) == ran
    if ran and class_ != "not-started":
        assert alert["log"]["stream"] == f"ecs/app/{alert['task'].rpartition('/')[2]}"
        assert alert["log"]["group"] == "/sandbox/web"
    if class_ == "failed":
        assert alert["exitCode"] == (143 if job == "crowded" else JOBS[job][0].code)  # type: ignore[union-attr]
        assert alert["log"]["lines"] == [f"{job} was here"]
        assert alert["startedAt"]
        assert alert["stoppedAt"]
    if class_ != "failed":
        assert alert["cause"]
    if class_ in ("not-launched", "not-started", "interrupted"):
        assert alert["reason"]
    if job == "crowded":
        assert alert["cause"].startswith("the container 'proxy' (exit code 137, OutOfMemoryError")
    if class_ == "missed":
        assert "cloudtrail lookup-events" in alert["proof"]


def test_says_nothing_of_what_needs_nobody(alerting: Alerting) -> None:
    """A good run and a run that somebody stopped are recorded and send no alert."""
    for job in ("in-time", "sound", "stopped"):
        assert alerting.of(job) == []
        assert alerting.tick(job, FIRST).alert is None
    assert {alerting.tick(job, FIRST).outcome for job in ("in-time", "sound")} == {"good"}
    assert alerting.tick("stopped", FIRST).outcome == "stopped"


def test_operators_see_the_outcomes(alerting: Alerting, tmp_path: Path) -> None:
    """The list, the history and the page show what has become of each tick, and no value."""
    where = ("--group", GROUP, "--region", REGION)
    page = tmp_path / "page.html"
    asked = (("list", "--json"), ("history", "failing", "--json"), ("report", "--html", str(page)))
    listed, history, report = (alerting.program.ops(*words, *where) for words in asked)
    assert [(done.returncode, done.stderr) for done in (listed, history, report)] == [(0, "")] * 3
    rows = json.loads(listed.stdout)["schedules"]
    assert {row["job"]: row["lastOutcome"] for row in rows} == {job: outcome for job, (_, outcome) in JOBS.items()}
    assert {row["job"] for row in rows if row["failuresInARow"]} == TOLD.keys()
    assert {row["job"] for row in rows if row["running"]} == {"hanging", "late"}
    [tick] = json.loads(history.stdout)["ticks"]
    assert (tick["outcome"], tick["alert"], [run["exitCode"] for run in tick["runs"]]) == ("failed", "failed", [3])
    text = page.read_text()
    assert [job for job in JOBS if f'id="{GROUP}/{job}/{FIRST:%Y-%m-%dT%H:%M:%SZ}"' not in text] == []
    assert SECRET not in listed.stdout + history.stdout + text


def test_tells_people_and_chats(alerting: Alerting) -> None:
    """E-mail has text, https has a notification for chats, a route has only its own alerts, and no value is shown."""
    mails = [mail for mail in alerting.sandbox.client.get("mail") if f":{GROUP}-" in mail["topic"]]
    by_address = Counter(mail["to"] for mail in mails if mail["topic"].endswith("-alerts"))
    assert by_address["on-call@example.com"] == len(TOLD)
    assert by_address["failing@example.com"] == 1
    [routed] = [mail for mail in mails if mail["to"] == "failing@example.com"]
    assert routed["subject"] == f"[{STACK}] failing failed: exit code 3"
    assert routed["body"].startswith("failing failed: exit code 3\n\nStack: alerting (scheduled-jobs, eu-central-1)\n")
    [chat] = [json.loads(m["body"]) for m in mails if m["to"].startswith("https:") and "failing failed" in m["body"]]
    assert (chat["version"], chat["source"]) == ("1.0", "custom")
    assert SECRET not in json.dumps(mails)
    assert SECRET not in json.dumps(alerting.alerts())


def test_new_stack_is_no_problem(alerting: Alerting) -> None:
    """No alarm is sent for a new stack, although its alarms exist before the first check, nor for what it handles."""
    assert alerting.problems() == []
    states = alerting.sandbox.account.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{GROUP}-")
    assert {alarm["StateValue"] for alarm in states["MetricAlarms"]} == {"OK"}


def test_recovers_once_the_next_day(alerting: Alerting) -> None:
    """The first good run of each alerted job is reported once, and no run of the other jobs is."""
    alerting.sandbox.advance(timedelta(days=1))
    recovered = Counter(alert["job"] for alert in alerting.alerts() if alert["class"] == "recovered")
    assert recovered == Counter(TOLD.keys())
    for alert in alerting.alerts():
        jsonschema.validate(alert, SCHEMA)
    alerting.sandbox.advance(timedelta(days=1))
    assert Counter(alert["kind"] for alert in alerting.alerts()) == {"alert": len(TOLD), "recovered": len(TOLD)}


def test_rerun_recovers(alerting: Alerting) -> None:
    """The command of an alert runs the tick again, a good end is the recovery, and then the command refuses."""
    alerting.stage(Fault(Kind.EXIT, code=9), "failing")
    alerting.sandbox.advance(timedelta(days=1))
    alert = alerting.of("failing")[-1]
    assert alert["exitCode"] == 9
    rerun = ("rerun", "failing", "--tick", alert["tick"], "--group", GROUP, "--region", REGION, "--yes")
    done = alerting.program.ops(*rerun)
    assert (done.returncode, done.stderr) == (0, "")
    assert "  outcome: failed\n" in done.stdout
    alerting.sandbox.advance(timedelta(minutes=10))
    tick = alerting.tick("failing", datetime.fromisoformat(alert["tick"]).astimezone(UTC))
    assert (tick.outcome, tick.alert, len(tick.runs)) == ("good", "failed", 2)
    assert alerting.of("failing")[-1]["class"] == "recovered"
    refused = alerting.program.ops(*rerun)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"error: {alert['tick']} of failing has had a good run: ")


def test_rerun_of_a_tick_to_come_is_refused(alerting: Alerting) -> None:
    """The command's present is that of AWS: here the sandbox's, which this machine's clock may have passed long ago."""
    now = datetime.fromisoformat(alerting.sandbox.client.get("status")["now"])
    tick = f"{now + timedelta(days=1):%Y-%m-%dT06:00:00Z}"
    refused = alerting.program.ops("rerun", "sound", "--tick", tick, "--group", GROUP, "--region", REGION)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(
        f"error: {tick} of sound is still to come (it is now {now:%a %Y-%m-%d %H:%M:%S} UTC)"
    )


def test_will_not_launch(alerting: Alerting) -> None:
    """A new revision whose role was not deployed is reported before the next tick, and again when it is fixed."""
    ecs = alerting.sandbox.account.client("ecs")
    known = ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]
    names = ("family", "cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn")
    same = {name: known[name] for name in names}
    other = {**same, "containerDefinitions": known["containerDefinitions"], "taskRoleArn": known["taskRoleArn"] + "2"}
    ecs.register_task_definition(**other)
    before = len(alerting.alerts())
    alerting.sandbox.advance(timedelta(minutes=5))
    [alert] = alerting.alerts()[before:]
    jsonschema.validate(alert, SCHEMA)
    assert (alert["class"], alert["job"], sorted(alert["jobs"])) == ("will-not-launch", None, sorted(JOBS))
    assert f"is not allowed to pass the task role {known['taskRoleArn']}2" in alert["reason"]
    ecs.register_task_definition(**{**other, "taskRoleArn": known["taskRoleArn"]})
    alerting.sandbox.advance(timedelta(minutes=5))
    assert [alert["class"] for alert in alerting.alerts()[before:]] == ["will-not-launch", "recovered"]
    assert alerting.alerts()[-1]["summary"].endswith("can be launched again: the newest revision of web fits")


def test_watch_that_fails_is_told_and_made_good(alerting: Alerting) -> None:
    """An event that the watch could not handle is kept in a queue, an alarm says so, and the next sweeps correct it."""
    now = datetime.fromisoformat(alerting.sandbox.client.get("status")["now"])
    alerting.sandbox.advance(now.replace(hour=6, minute=0) + timedelta(days=1) - now - timedelta(minutes=2))
    alerting.stage(Fault(Kind.EXIT, code=7), "failing")
    alerting.stage(Fault(Kind.INVOCATION), None, times=1000)
    alerting.sandbox.advance(timedelta(minutes=15))
    problems = alerting.problems("failing@example.com")
    assert f'ALARM: "{GROUP}-watch-gave-up" in EU (Frankfurt)' in {mail["subject"] for mail in problems}
    assert "RetriesExhausted" not in json.dumps(problems)
    assert SECRET not in json.dumps(problems)
    assert any(record["requestPayload"].get("taskArn") for record in alerting.given_up())
    before = len(alerting.of("failing"))
    alerting.sandbox.client.send("DELETE", "faults")
    alerting.sandbox.advance(timedelta(minutes=30))
    [alert] = alerting.of("failing")[before:]
    assert (alert["class"], alert["exitCode"]) == ("failed", 7)
    while alerting.given_up():
        pass
    alerting.sandbox.advance(timedelta(hours=1))
    told = Counter(mail["body"] for mail in alerting.problems("failing@example.com") if "is well again" in mail["body"])
    assert set(told.values()) == {1}
    assert any(text.startswith(f'"{GROUP}-watch-gave-up is well again. ') for text in told)


@contextmanager
def disabled_rule(alerting: Alerting) -> Iterator[None]:
    """Do not invoke the watch for its checks."""
    events, rule = alerting.sandbox.account.client("events"), f"{GROUP}-watch"
    events.disable_rule(Name=rule)
    yield
    events.enable_rule(Name=rule)


@contextmanager
def broken_check(alerting: Alerting) -> Iterator[None]:
    """Let every check fail."""
    refused = Fault(Kind.CALL, operation="scheduler:ListSchedules", error="AccessDeniedException")
    alerting.stage(refused, None, times=1000)
    yield
    alerting.sandbox.client.send("DELETE", "faults")


@pytest.mark.parametrize("trouble", [disabled_rule, broken_check])
def test_watch_that_does_not_check(
    alerting: Alerting, trouble: Callable[[Alerting], AbstractContextManager[None]]
) -> None:
    """A watch that is not invoked, or cannot check, is reported once to every endpoint, and its recovery once."""
    before = len(alerting.problems())
    with trouble(alerting):
        alerting.sandbox.advance(timedelta(minutes=40))
    [alarm] = alerting.problems()[before:]
    assert alarm["subject"] == f'ALARM: "{GROUP}-watch-blind" in EU (Frankfurt)'
    description = json.loads(alarm["body"])["AlarmDescription"]
    assert f"The log of the function {GROUP}-watch says what could not be checked" in description
    alerting.sandbox.advance(timedelta(hours=1))
    [_, over] = alerting.problems()[before:]
    assert over["body"] == f'"{GROUP}-watch-blind is well again. It had reported: {description}"'
    assert alerting.given_up() == []


def test_watch_that_may_not_be_invoked(alerting: Alerting) -> None:
    """A permission that is missing is reported before the checks are missed, since EventBridge counts the refusals."""
    functions, before = alerting.sandbox.account.client("lambda"), len(alerting.problems())
    name = f"{GROUP}-watch"
    policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
    for statement in policy["Statement"]:
        functions.remove_permission(FunctionName=name, StatementId=statement["Sid"])
    alerting.sandbox.advance(timedelta(minutes=15))
    [alarm] = alerting.problems()[before:]
    assert alarm["subject"] == f'ALARM: "{GROUP}-watch-looks-lost" in EU (Frankfurt)'
    for statement in policy["Statement"]:
        functions.add_permission(
            FunctionName=name,
            StatementId=statement["Sid"],
            Action=statement["Action"],
            Principal=statement["Principal"]["Service"],
            SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        )
