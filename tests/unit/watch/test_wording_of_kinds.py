"""What alerts say of runs that are no tasks: requests, runs of workers, and runs that processes begin by themselves."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from aws_facts.arn import Arn
from supervision import progress
from supervision.limits import Limits
from tests.unit.supervisor.fake_lambda import alias
from tests.unit.watch.told import SCHEMA
from tests.unit.watch.world import PLACE, START, TOPIC, Account, facts
from watch import (
    causes,
    claims,
    classes,
    clues,
    email_text,
    enrichment,
    instants,
    invocations,
    links,
    reports,
    run_kinds,
)
from watch.alert import Setting, compose
from watch.facts import Facts, InProcess, InvokedFunction, JobFacts, ScheduleFacts, WorkQueue
from watch.names import claimed_run
from watch.records import Message, Run, Tick
from watch.run_kinds import INVOCATION, PROCESS_RUN, REQUEST, TASK, WORKER_RUN

TICK = "2027-01-04T00:00:00Z"
QUEUE = f"arn:aws:sqs:{PLACE}:jobs-production-work-web"
TABLE = f"arn:aws:dynamodb:{PLACE}:table/jobs-production-claims"
ID = claimed_run("web", TICK, "", 1)
RUNS = {
    INVOCATION: f"{alias('web')}/0000beef",
    REQUEST: f"{alias('web')}/0000beef",
    WORKER_RUN: f"{QUEUE}/{ID}",
    PROCESS_RUN: f"{TABLE}/{ID}",
}
FUNCTION = InvokedFunction(alias=alias("web"), log_group="/aws/lambda/web")
JOBS: dict[str, dict[str, Any]] = {
    INVOCATION: {"function": FUNCTION},
    REQUEST: {"function": replace(FUNCTION, receiver="fleet", callback="https://x.test/")},
    WORKER_RUN: {
        "work": WorkQueue(
            arn=QUEUE,
            url="https://sqs.test/q",
            task="web",
            claims="jobs-production-claims",
            log_group="/aws/lambda/web",
        )
    },
    PROCESS_RUN: {"in_process": InProcess(claims=TABLE, log_group="/aws/lambda/web")},
}
LIMITS = {
    INVOCATION: Limits(start_deadline=600, ends_within=600),
    REQUEST: Limits(start_deadline=600, ends_within=7200),
    WORKER_RUN: Limits(start_deadline=600, taken_by="worker", timeout=1800),
    PROCESS_RUN: Limits(start_deadline=600, taken_by="process"),
}
ENDS = (classes.FAILED, classes.NOT_STARTED, classes.INTERRUPTED, classes.TIMED_OUT, classes.STOPPED)
WITHOUT_RUN = (classes.MISSED, classes.NOT_DONE, classes.TOO_LATE, classes.NOT_LAUNCHED)


def known(kind: str) -> Facts:
    """Return the facts of a stack whose job `web` is of this kind."""
    schedules = {"web": ScheduleFacts(expression="cron(0/30 * * * ? *)")}
    return facts(jobs={"web": JobFacts(schedules=schedules, limits={"web": LIMITS[kind]}, **JOBS[kind])})


def alert(kind: str, class_: str, message: str = "alert", **of_run: Any) -> dict[str, Any]:  # noqa: ANN401 - a field
    """Return the alert of a class about a tick of the job; with fields of a run, about this run of it."""
    run = Run(RUNS[kind], 3, "STOPPED", created=TICK, **of_run) if of_run else None
    outcome = run.outcome if run else classes.WAITING
    tick = Tick("web", "web", TICK, outcome=outcome, runs={run_kinds.id_of(run.task): run} if run else {})
    told = Message("id", message, class_, "web", TICK, reason="" if run else of_run.get("reason", ""))
    found = enrichment.Found()
    made = compose(told, "web", tick, found, Setting(known(kind), Arn.parse(TOPIC), START))
    jsonschema.validate(made, SCHEMA)
    return made


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.parametrize("class_", [*ENDS, classes.OVERRUN, *WITHOUT_RUN])
def test_no_alert_speaks_of_tasks(kind: str, class_: str) -> None:
    """No text and no command is about ECS where nothing runs on ECS."""
    ran = {"outcome": class_ if class_ in ENDS else classes.RUNNING, "started": TICK, "reason": "because"}
    made = alert(kind, class_, **({} if class_ in WITHOUT_RUN else ran))
    text = email_text.body(made).lower()
    for word in ("ecs", "the task", "container", "stoptask", "runtask", "capacity", "cluster"):
        assert word not in text, text


@pytest.mark.parametrize("kind", RUNS)
def test_kinds_are_told_by_run_and_by_job(kind: str) -> None:
    """A job says what its next run is, and a run's text what that run is, whatever its job has become."""
    job = known(kind).job("web")
    assert run_kinds.of(job) == kind
    assert run_kinds.of(job, RUNS[kind]) == kind
    assert run_kinds.of(JobFacts()) == TASK
    assert run_kinds.of(JobFacts(), RUNS[kind]) == (INVOCATION if kind == REQUEST else kind)
    assert run_kinds.of(job, f"arn:aws:ecs:{PLACE}:task/production/0af3") == TASK


@pytest.mark.parametrize(
    ("reason", "code", "words"),
    [
        ("ValueError: no rates today", None, "web failed: ValueError: no rates today"),
        ("", 3, "web failed: exit code 3"),
        ("killed by SIGKILL", 137, "web failed: killed by SIGKILL"),
        ("", None, "web failed: no reason is known"),
    ],
)
@pytest.mark.parametrize("kind", [WORKER_RUN, PROCESS_RUN])
def test_summary_of_a_failure(kind: str, reason: str, code: int | None, words: str) -> None:
    """It has the reason of the process, or its exit code."""
    assert alert(kind, "failed", outcome="failed", reason=reason, exit_code=code)["summary"] == words


@pytest.mark.parametrize(
    ("kind", "words"), [(REQUEST, "web got no answer in time"), (INVOCATION, "web took too long and was stopped")]
)
def test_summary_of_a_run_at_its_time_limit(kind: str, words: str) -> None:
    """Lambda ends a function. A receiver may go on with a request that has had no answer."""
    assert alert(kind, "timed-out", outcome="timed-out", reason="x")["summary"] == words
    assert alert(kind, "overrun", message="ended", outcome="timed-out", reason="x")["summary"] == f"{words} in the end"


def test_mail_about_a_workers_run() -> None:
    """It says which worker had the run."""
    made = alert(
        WORKER_RUN,
        "interrupted",
        outcome="interrupted",
        started=TICK,
        stopped="2027-01-04T00:05:00Z",
        reason="its worker has not extended its lease, which ended at 2027-01-04T00:04:00Z",
        worker="ip-10-0-1-7/42/0a1b2c3d",
    )
    assert email_text.body(made) == (
        "web was interrupted\n"
        "\n"
        "Stack: production (jobs, eu-central-1)\n"
        "Tick: Mon 2027-01-04 00:00 UTC\n"
        "Ran: 00:00:00 to 00:05:00 UTC, 5 minutes\n"
        "Worker: ip-10-0-1-7/42/0a1b2c3d\n"
        "Reason: its worker has not extended its lease, which ended at 2027-01-04T00:04:00Z\n"
        "Likely cause: the worker was killed or lost its network: by a deployment, for lack of memory, or with its "
        "machine; the events and stopped tasks of the service show which\n"
        "Severity: error\n"
        "\n"
        "Check it:\n"
        f'aws dynamodb get-item --table-name jobs-production-claims --key \'{{"run": {{"S": "{ID}"}}}}\' '
        "--region eu-central-1\n"
        "  no item: no worker has taken the run\n"
        "  a state claimed whose lease (seconds since 1970) is over: the worker is lost\n"
        "\n"
        "Run it again:\n"
        f"python -m ops rerun --stack production web --tick {TICK}\n"
    )


@pytest.mark.parametrize(
    ("kind", "stop", "limit"),
    [
        (INVOCATION, None, "Lambda ends it at the time limit of the function"),
        (REQUEST, None, "it counts as failed if nobody tells its end within 2 hours of the request"),
        (
            WORKER_RUN,
            "python -m ops stop --group jobs-production --region eu-central-1 --reason 'it takes too long' " + ID,
            "the supervisor stops it after 30 minutes",
        ),
        (PROCESS_RUN, None, "nobody can stop it from here"),
    ],
)
def test_a_run_that_takes_too_long(kind: str, stop: str | None, limit: str) -> None:
    """The mail says that it goes on, also where nobody can stop it, and until when."""
    made = alert(kind, "overrun", outcome="running", started=TICK)
    assert (made["stop"], made["goesOn"]) == (stop, True)
    assert made["cause"] == f"the run hangs, or has far more to do than usual; {limit}"
    assert "\nRunning: since 00:00:00 UTC\n" in email_text.body(made)


def test_nobody_runs_an_in_process_tick_again() -> None:
    """Its processes begin their runs by themselves, so there is no command, and the alert says why."""
    made = alert(PROCESS_RUN, "failed", outcome="failed", reason="x")
    assert made["rerun"] is None
    [missing] = made["missing"]
    assert missing == (
        "the command that runs the tick again (the processes of the service begin its runs by themselves, so nobody "
        "else can)"
    )


@pytest.mark.parametrize("class_", ["too-late", "not-done", "missed"])
def test_who_has_claimed_a_tick(class_: str) -> None:
    """Of a tick without a run the command shows whether a process has claimed it and did not report."""
    made = alert(PROCESS_RUN, class_)
    assert json.loads(shlex.split(made["proof"])[6]) == {"run": {"S": ID}}
    assert made["reading"][0].startswith("no item: no process has claimed the tick")


@pytest.mark.parametrize("kind", [INVOCATION, REQUEST, WORKER_RUN])
@pytest.mark.parametrize("class_", ["missed", "not-done"])
def test_why_nobody_launched_a_tick(kind: str, class_: str) -> None:
    """The log of the supervisor shows what it met around the tick; CloudTrail has no such launches."""
    words = shlex.split(alert(kind, class_)["proof"])
    given = dict(zip(words[3::2], words[4::2], strict=True))
    assert words[:3] == ["aws", "logs", "filter-log-events"]
    assert given["--log-group-name"] == "/aws/lambda/jobs-production-supervisor"
    assert int(given["--start-time"]) == instants.read(TICK).timestamp() * 1000
    assert int(given["--end-time"]) - int(given["--start-time"]) == timedelta(minutes=20) / timedelta(milliseconds=1)


@pytest.mark.parametrize(("class_", "outcome"), [("not-started", "not-started"), ("not-done", "running")])
def test_why_no_worker_takes_a_run(class_: str, outcome: str) -> None:
    """The claim of a run that nobody has taken shows nothing; the queue shows whether workers are at work."""
    words = shlex.split(
        alert(WORKER_RUN, class_, outcome=outcome, reason="no worker took it within 15 minutes")["proof"]
    )
    assert words[:5] == ["aws", "sqs", "get-queue-attributes", "--queue-url", "https://sqs.test/q"]
    taken = alert(WORKER_RUN, class_, outcome=outcome, started=TICK)
    assert shlex.split(taken["proof"])[:3] == ["aws", "dynamodb", "get-item"]


@pytest.mark.parametrize("kind", [WORKER_RUN, PROCESS_RUN])
def test_a_claim_that_shows_nothing_more(kind: str) -> None:
    """The alert about a run that was told to have failed has all of it."""
    assert alert(kind, "failed", outcome="failed", started=TICK, exit_code=3)["proof"] is None
    assert alert(kind, "interrupted", outcome="interrupted", started=TICK)["proof"] is not None


def test_a_tick_that_no_process_has_claimed_yet() -> None:
    """Nobody launches it, so the alert does not say that the supervisor may."""
    assert alert(PROCESS_RUN, "not-done")["cause"] == clues.NOT_YET_CLAIMED.guess
    assert alert(WORKER_RUN, "not-done")["cause"] == clues.STILL_WAITS.guess


@pytest.mark.parametrize(
    ("kind", "class_", "reason", "cause", "helps"),
    [
        (REQUEST, "failed", "answered 401 Unauthorized", "does not accept the proof", False),
        (REQUEST, "failed", "answered 403 Forbidden", "or a firewall before it", False),
        (REQUEST, "failed", 'answered 404 Not Found: {"known": []}', "no function of this name", False),
        (REQUEST, "failed", "answered 400 Bad Request", "takes no such request", False),
        (REQUEST, "failed", "answered 413 Payload Too Large", "takes no such request", False),
        (REQUEST, "failed", "answered 429 Too Many Requests", "no server of the receiver was ready", True),
        (REQUEST, "failed", "answered 302 Found, a redirect to b.test; redirects are not followed", "its url", False),
        (
            REQUEST,
            "failed",
            "answered 202 Accepted, but nobody waits for its end: set `callback_within` of `Http`",
            "set callback_within",
            False,
        ),
        (REQUEST, "failed", "answered 200 OK with more than 65536 bytes: a", "its answer is too long", None),
        (
            REQUEST,
            "failed",
            "answered 200 OK, and the connection ended before the answer did",
            "before you run it again",
            None,
        ),
        (REQUEST, "failed", "answered 503 Service Unavailable", "no server of the receiver was ready", True),
        (REQUEST, "failed", "answered 502 Bad Gateway", "so the work may be done", None),
        (REQUEST, "failed", "answered 504 Gateway Time-out", "may be done or go on", None),
        (REQUEST, "failed", "answered 500 Internal Server Error", "the work failed in the receiver", None),
        (
            REQUEST,
            "failed",
            "answered 500 Internal Server Error: the bank answered 401",
            "the work failed in the receiver",
            None,
        ),
        (REQUEST, "failed", "no connection to https://a.test: Connection refused", "cannot be reached", None),
        (REQUEST, "failed", "the name a.test is not found: no address", "cannot be reached", None),
        (REQUEST, "timed-out", "no connection to https://a.test within 60 seconds", "cannot be reached", None),
        (REQUEST, "failed", "no TLS with https://a.test: WRONG_VERSION_NUMBER", "does not speak TLS", None),
        (REQUEST, "failed", "the certificate of https://a.test is refused: self-signed", "certificate is not", False),
        (
            REQUEST,
            "failed",
            "the connection ended before the answer: reset; the work may be done all the same",
            "before you run it",
            None,
        ),
        (
            REQUEST,
            "failed",
            "what came is no answer of HTTP; the work may be done all the same",
            "does not speak HTTP",
            None,
        ),
        (REQUEST, "failed", "the secret cannot be read: AccessDeniedException", "may not read the secret", False),
        (REQUEST, "failed", "the secret cannot be read: ResourceNotFoundException", "was deleted", False),
        (
            REQUEST,
            "failed",
            "the secret cannot be read: no answer; from a VPC, x",
            "cannot reach Secrets Manager",
            None,
        ),
        (REQUEST, "failed", "the secret cannot be read: InternalServiceError", "did not give", None),
        (
            REQUEST,
            "failed",
            "the secret cannot be used: its value is JSON; store the secret alone",
            "another form",
            False,
        ),
        (REQUEST, "timed-out", "no answer within 60 seconds; the work may be done", "raise the job's timeout", None),
        (REQUEST, "failed", "no callback came within 2 hours of the request; x", "told no end", None),
        (REQUEST, "failed", "Runtime.ExitError: RequestId: 1 Error: Runtime exited", "perhaps after it had sent", None),
        (REQUEST, "failed", "KeyError: the customer is not found; no answer within 3 days", None, None),
        (
            WORKER_RUN,
            "not-started",
            "no worker took it within 15 minutes",
            "no worker of the service ran or was free",
            None,
        ),
        (
            WORKER_RUN,
            "not-started",
            f"{progress.UNKNOWN_MESSAGE}, so it was withdrawn; SendMessage: AccessDenied",
            "SQS did not answer",
            True,
        ),
        (WORKER_RUN, "not-launched", progress.UNKNOWN_MESSAGE, "nobody could withdraw it", None),
        (WORKER_RUN, "failed", claims.NO_CLAIM, "the table of claims was removed", None),
        (WORKER_RUN, "failed", "no function is registered as 'web'; registered: ", "no function of this name", False),
        (WORKER_RUN, "failed", "killed by SIGKILL", "too little memory", None),
        (WORKER_RUN, "failed", "killed by SIGSEGV", "segmentation fault", None),
        (WORKER_RUN, "failed", "killed by SIGABRT", "aborted itself", None),
        (WORKER_RUN, "failed", "killed by SIGTERM", "not by its worker", None),
        (WORKER_RUN, "failed", "MemoryError: ", "needs more memory", None),
        (PROCESS_RUN, "failed", "MemoryError: ", "needs more memory", None),
        (WORKER_RUN, "failed", "ValueError: the child was killed by SIGKILL", None, None),
        (WORKER_RUN, "interrupted", "its worker was told to end, and waited 30 seconds for it", "a deployment", True),
        (WORKER_RUN, "interrupted", "", "the worker ended before", None),
        (WORKER_RUN, "failed", "ValueError: x", None, None),
        (PROCESS_RUN, "failed", f"{reports.NO_REPORT}: the run began at x", "could report", None),
        (PROCESS_RUN, "interrupted", "", "the process ended before", None),
        (PROCESS_RUN, "too-late", progress.UNCLAIMED, "no process of the service began the tick", None),
        (WORKER_RUN, "not-launched", "AccessDenied: not authorized to perform: sqs:SendMessage on x", "queue", False),
        (WORKER_RUN, "too-late", "KMS.AccessDeniedException: not authorized to perform: kms:Decrypt", "the key", False),
        (WORKER_RUN, "not-launched", "AccessDenied: no", "the permission that the error names", False),
        (WORKER_RUN, "too-late", "AWS.SimpleQueueService.NonExistentQueue: x", "is gone", False),
        (REQUEST, "not-launched", "ResourceNotFoundException: x", "is gone", False),
        (REQUEST, "too-late", "TooManyRequestsException: x", "too many runs", True),
        (REQUEST, "too-late", "ServiceException: x", "AWS had an error", True),
        (REQUEST, "not-launched", "ResourceConflictException: x", "or what runs the job is gone", None),
        (WORKER_RUN, "too-late", "waiting for the lock accessdenied", "for another tick or a lock, or because", True),
        (INVOCATION, "not-launched", "not authorized to perform: lambda:InvokeFunction on x", "the function", False),
        (WORKER_RUN, "missed", "", "did not deliver the tick", True),
        (PROCESS_RUN, "missed", "", "no process of the service began the tick", None),
        (PROCESS_RUN, "not-done", "", "no process of the service began the tick", None),
        (WORKER_RUN, "stopped", "scheduled-jobs: stopped by ops: x", None, None),
    ],
)
def test_causes(kind: str, class_: str, reason: str, cause: str | None, helps: bool | None) -> None:  # noqa: FBT001
    """The words of those that do the work tell the cause of a bad end."""
    found = causes.of(class_, None, reason, [], TICK, kind=kind)
    assert (cause in (found.guess or "")) if cause else found.guess is None
    assert found.rerun_helps is helps


def test_a_run_that_begins_late() -> None:
    """A run that is not done in time says what it waits for. An invocation begins with its launch."""
    waiting = {kind: Run(text, 1, "QUEUED", created="2027-01-04T00:20:00Z") for kind, text in RUNS.items()}
    assert causes.of("not-done", waiting[WORKER_RUN], "", [], TICK, kind=WORKER_RUN) == clues.NOT_YET_TAKEN
    late = causes.of("not-done", waiting[REQUEST], "", [], TICK, kind=REQUEST).guess or ""
    assert late.startswith("the run began 20 minutes after the tick")


@pytest.mark.parametrize("kind", RUNS)
def test_the_log_of_a_run(kind: str) -> None:
    """Its lines are found by its id in the log of what runs it, and hide what looks secret."""
    run = Run(RUNS[kind], 3, "STOPPED", created=TICK, started=TICK, outcome="failed")
    account: Any = Account(known=known(kind), lines=["GET postgres://app:hunter2@db", "out of luck"])
    found = enrichment.look_up(account, "aws", known(kind), "web", run)
    assert (found.log_group, found.lines) == ("/aws/lambda/web", ["GET postgres://app:[password]@db", "out of luck"])
    assert found.missing == []
    run.outcome = "not-started"
    assert enrichment.look_up(account, "aws", known(kind), "web", run).log_group is None


@pytest.mark.parametrize(("kind", "minutes"), [(INVOCATION, 0), (WORKER_RUN, 5), (PROCESS_RUN, 5)])
def test_clock_of_a_container(kind: str, minutes: int) -> None:
    """A container stamps its lines, and its clock may be behind that by which the run was launched."""
    account: Any = Account(known=known(kind))
    asked = []
    account.lines_of_invocation = account.lines_of_claimed_run = lambda *given: asked.append(given[2])
    run = Run(RUNS[kind], 3, "STOPPED", created=TICK, started=TICK, outcome="failed")
    enrichment.look_up(account, "aws", known(kind), "web", run)
    assert asked == [START - timedelta(minutes=minutes)]


def test_the_log_of_a_run_that_wrote_nothing() -> None:
    """The link searches the service's log group for the id."""
    job = known(WORKER_RUN)
    account: Any = Account(known=job)
    account.lines_of_claimed_run = lambda *_: None
    run = Run(RUNS[WORKER_RUN], 3, "STOPPED", created=TICK, started=TICK, outcome="failed")
    found = enrichment.look_up(account, "aws", job, "web", run)
    assert found.missing == [f"the last lines of the log (/aws/lambda/web has none with the id {ID})"]
    assert found.log_url == links.log_search("aws", "eu-central-1", "/aws/lambda/web", f'"{ID}"')
    assert found.log_url.endswith(
        f"#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fweb/log-events$3FfilterPattern$3D$2522{ID}$2522"
    )
    nameless = facts(jobs={"web": JobFacts(in_process=InProcess(claims=TABLE))})
    run.task = RUNS[PROCESS_RUN]
    assert enrichment.look_up(account, "aws", nameless, "web", run).missing == [
        "the log (the log group of the service's container is not known)"
    ]


def test_how_a_run_ended_that_was_alerted_before() -> None:
    """A run whose start nobody saw may have run all the same; one that nobody took never started."""
    ended = {"message": "ended", "reason": "no worker took it within 15 minutes"}
    assert (
        alert(WORKER_RUN, "overrun", outcome="timed-out", **ended)["summary"]
        == "web took too long and was stopped in the end"
    )
    assert alert(WORKER_RUN, "not-done", outcome="not-started", **ended)["summary"] == "web never started"


def test_reason_of_an_accepted_request_without_an_end() -> None:
    """It says how long nobody told anything."""
    accepted = Run(RUNS[REQUEST], 2, "ACCEPTED", created=TICK, started=TICK)
    assert invocations.lost(accepted, 7200).startswith("no callback came within 2 hours of the request; the receiver")
    assert invocations.lost(accepted, None).startswith("no callback came; the receiver")
