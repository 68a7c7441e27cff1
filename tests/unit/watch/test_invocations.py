"""Invocations of functions as runs: their names, and what the records of their ends say."""

from __future__ import annotations

import copy
from typing import Any

import boto3
import pytest
import time_machine
from moto import mock_aws

from tests.unit.supervisor.fake_lambda import FAILS, GOOD, HANGS, STARVES, End, alias, record
from tests.unit.watch.world import START
from watch import causes, invocations, records, run_kinds
from watch.commands import check, stop
from watch.facts import Facts, InvokedFunction, JobFacts
from watch.invocations import Invocation
from watch.records import Message, OpenRun, Run
from watch.watched_account import WatchedAccount

ID = "8f0e2a4c-1111-4222-8333-444455556666"
RUN = f"{alias('web')}/{ID}"
EVENT = {"job": "web", "schedule": "web.night", "tick": "2027-01-04T00:00:00Z", "attempt": 2, "launch": 3}
KILLED = End(condition="RetriesExhausted", error=("Runtime.ExitError", f"RequestId: {ID} Error: signal: killed"))


def test_one_text_names_an_invocation() -> None:
    """It is read in one place, and no task has such a name."""
    found = invocations.read(RUN)
    assert found == Invocation(alias("web"), ID)
    assert (str(found), found.function, found.region) == (RUN, "web", "eu-central-1")
    for other in (
        "",
        "arn:aws:ecs:eu-central-1:123456789012:task/production/0af3",
        alias("web"),
        f"{RUN}\n",
        f"x{RUN}",
    ):
        assert invocations.read(other) is None


def test_what_a_record_says() -> None:
    """It names the tick and the launch by the event, and the invocation by Lambda's id."""
    found = invocations.record(record(alias("web"), ID, {**EVENT, "rerun": "0000aaaa"}, GOOD, START))
    assert (str(found.invocation), found.job, found.schedule, found.tick) == (RUN, "web", "web.night", EVENT["tick"])
    assert (found.rerun, found.launch, found.at) == ("0000aaaa", 3, START)


@pytest.mark.parametrize(
    ("end", "outcome", "reason"),
    [
        (GOOD, "good", ""),
        (FAILS, "failed", "ValueError: no rates today"),
        (HANGS, "timed-out", "Task timed out after 30.00 seconds"),
        (STARVES, "not-started", "Lambda did not run the function: EventAgeExceeded"),
        (KILLED, "failed", f"Runtime.ExitError: RequestId: {ID} Error: signal: killed"),
        (End(condition="RetriesExhausted", error=("", "")), "failed", "the function failed and gave no reason"),
        (End(condition="RetriesExhausted", error=("E", "a\x1b[31m\nb")), "failed", r"E: a\x1b[31m\nb"),
    ],
)
def test_verdicts(end: End, outcome: str, reason: str) -> None:
    """The words of a function are shown, but they never begin a line or reach a terminal as they are."""
    verdict = invocations.record(record(alias("web"), ID, EVENT, end, START)).verdict
    assert (verdict.outcome, verdict.reason, verdict.exit_code) == (outcome, reason, None)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("requestPayload",), "text"),
        (("requestPayload", "schedule"), "a b"),
        (("requestPayload", "tick"), "now"),
        (("requestPayload", "launch"), "first"),
        (("requestPayload", "rerun"), "x; rm"),
        (("requestContext", "requestId"), "a/b"),
        (("requestContext", "functionArn"), "arn:aws:lambda:eu-central-1:123456789012:function:web:$LATEST"),
    ],
)
def test_records_that_this_program_did_not_cause(path: tuple[str, ...], value: str) -> None:
    """Anyone who may invoke the watch can send one."""
    given: Any = record(alias("web"), ID, EVENT, GOOD, START)
    inner = given
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(ValueError, match=r"."):
        invocations.record(given)


def test_records_of_the_ledger_keep_invocations() -> None:
    """A run and an open run are read back; a cluster belongs to tasks alone."""
    record_ = records.JobRecord("web")
    record_.open = {ID: OpenRun(RUN, "", "web", "2027-01-04T00:00:00Z", "2027-01-04T00:00:00Z")}
    assert records.JobRecord.from_plain(record_.to_plain(), 0) == record_
    wrong = copy.deepcopy(record_)
    wrong.open[ID].task = "arn:aws:ecs:eu-central-1:123456789012:task/production/0af3"
    assert records.JobRecord.from_plain(wrong.to_plain(), 0).open == {}
    tick = records.Tick("web", "web", "2027-01-04T00:00:00Z", runs={ID: Run(RUN, 1, "INVOKED")})
    assert records.Tick.from_plain(tick.to_plain(), 0) == tick


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("Runtime.ExitError: RequestId: x Error: Runtime exited with error: signal: killed", "used all its memory"),
        ("Runtime.OutOfMemory: RequestId: x Error: Runtime exited with error: signal: killed", "used all its memory"),
        ("Runtime.ImportModuleError: Unable to import module 'app'", "cannot be loaded"),
        (
            invocations.lost(Run(RUN, 1, "INVOKED", created="2027-01-04T00:00:00Z"), 600),
            "Lambda did not send how the invocation ended",
        ),
    ],
)
def test_causes(reason: str, cause: str) -> None:
    """Lambda's own words tell the cause of a bad end."""
    assert cause in (causes.of("failed", Run(RUN, 2, "STOPPED"), reason, [], "", kind=run_kinds.INVOCATION).guess or "")


def test_commands_of_an_alert() -> None:
    """There is none that stops an invocation. The one that checks it shows its lines."""
    facts = Facts(
        project="jobs",
        stack="production",
        group="jobs-production",
        rerun="",
        jobs={"web": JobFacts(function=InvokedFunction(alias=alias("web"), log_group="/aws/lambda/web"))},
    )
    run = Run(RUN, 2, "STOPPED", created="2027-01-04T00:00:00Z")
    message = Message("x", "alert", "failed", "web", "2027-01-04T00:00:00Z")
    assert stop(run, facts, "eu-central-1") is None
    found = check(message, "web", run, facts, "eu-central-1", START)
    assert found is not None
    assert found.command == (
        f"aws logs filter-log-events --log-group-name /aws/lambda/web --filter-pattern '\"{ID}\"' "
        "--start-time 1799020800000 --region eu-central-1"
    )


def test_the_lines_of_an_invocation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines between Lambda's first and last one are the invocation's own, though they do not have its id."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    other = ID.replace("8", "9")
    texts = [f"START RequestId: {other}", "of another", f"END RequestId: {other}"]
    texts += [
        f"START RequestId: {ID} Version: $LATEST",
        "one",
        "two",
        f"END RequestId: {ID}",
        f"REPORT RequestId: {ID}",
    ]
    with time_machine.travel(START, tick=False), mock_aws():
        logs = boto3.client("logs")
        account = WatchedAccount()
        assert account.lines_of_invocation("/aws/lambda/web", ID, START, 3) is None
        logs.create_log_group(logGroupName="/aws/lambda/web")
        assert account.lines_of_invocation("/aws/lambda/web", ID, START, 3) is None
        logs.create_log_stream(logGroupName="/aws/lambda/web", logStreamName="a")
        at = int(START.timestamp() * 1000)
        events: Any = [{"timestamp": at, "message": text} for text in texts]
        logs.put_log_events(logGroupName="/aws/lambda/web", logStreamName="a", logEvents=events)
        found = account.lines_of_invocation("/aws/lambda/web", ID, START, 2)
    assert found is not None
    assert (found.stream, [line.text for line in found.lines]) == ("a", ["two", f"REPORT RequestId: {ID}"])
