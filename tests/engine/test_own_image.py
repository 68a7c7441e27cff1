"""Jobs with an image of their own on the real engine: deployed, run with every end, changed amid a run, and told of."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from aws_facts import universal_input
from aws_facts.universal_target import SCHEDULED_TIME
from emulator.fault_injection.faults import Fault, Kind
from tests.engine import own_images
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox, text
from tests.engine.own_images import ELSEWHERE, HOURLY, PLACE, Repository, job_file
from tests.engine.supervised import QUARTERLY, outcomes, printed, quarters, runs, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Outcome, Program
    from watch.records import Run, Tick

STACK = "images"
GROUP = f"scheduled-jobs-{STACK}"
PLANTED = {
    "username": "cleaner-5f0c2b7e",
    "password": "correct-horse-battery-staple",
    "token": "tok_9d41c6aa03be",
}
"""Values that are planted, to be found nowhere."""
CLEANS = "import os; print('{}', *[len(os.environ[name]) for name in ('DB_USERNAME', 'DB_PASSWORD', 'API_TOKEN')])"
LENGTHS = " ".join(str(len(value)) for value in PLANTED.values())
VARIABLE = "of-the-environment-77c1"
"""The value of a variable whose name looks secret. The schedule has it, so the state has, and no message may."""
FAILS = (
    "import os, sys; e = os.environ; print('postgres://app:' + e['DB_PASSWORD'] + '@db/shop'); "
    "print(e['SESSION_SECRET']); print('no table'); sys.exit(3)"
)
EXITS = "import sys; sys.exit(3)"


@dataclass(frozen=True)
class Stack:
    """The deployed stack, with what its jobs use."""

    alerting: Alerting
    repository: Repository
    secret: str
    """The ARN of the secret."""
    digest: str
    """The image that was deployed first."""
    told: list[str] = field(default_factory=list)
    """What the CLI has printed, and the engine has logged."""
    typed: list[str] = field(default_factory=list)
    """What the commands of operators have printed."""

    def run(self, command: str, *flags: str) -> Outcome:
        """Run a command of the CLI, and note what it has told."""
        outcome = self.alerting.program.run(command, *flags)
        assert outcome.code == 0, outcome.output
        self.told.extend((outcome.output, outcome.events))
        return outcome

    def ops(self, *words: str) -> str:
        """Type a command of an operator, and note what it has told."""
        done = self.alerting.program.ops(*words, "--stack", STACK)
        self.typed.extend((done.stdout, done.stderr))
        return done.stdout

    def only_run(self, job: str, tick: datetime) -> Run:
        """Return the only run of a tick."""
        [run] = runs(self.alerting.tick(job, tick))
        return run

    def described(self, run: Run) -> dict[str, Any]:
        """Return the container of a run as ECS describes it; its `image` is the one that it was launched with."""
        ecs = self.alerting.sandbox.account.client("ecs")
        [task] = ecs.describe_tasks(cluster="sandbox", tasks=[run.task])["tasks"]
        [container] = task["containers"]
        return dict(container)


@pytest.fixture(scope="module")
def stack(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Stack]:
    """Deploy jobs that use secrets, fail, hang, are limited, retried and skipped; a queue has the alerts."""
    with ExitStack() as planted:
        images = planted.enter_context(own_images.repository(sandbox, "images/app"))
        values = {name: PLANTED[name] for name in ("username", "password")}
        secret = planted.enter_context(own_images.secret(sandbox, "images/db", **values))
        token = planted.enter_context(own_images.parameter(sandbox, "/images/token", PLANTED["token"]))
        queue = planted.enter_context(inbox(sandbox, f"{STACK}-inbox"))
        digest = images.push("1.4", CLEANS.format("first"))
        images.push("empty", None)
        program = make_program(STACK)
        secrets = (
            f"{{'DB_USERNAME': '{secret}:username::', 'DB_PASSWORD': '{secret}:password::', 'API_TOKEN': '{token}'}}"
        )
        cleans = f"Image('{images.uri}:1.4', secrets={secrets}, architecture='arm64', ephemeral_storage=30)"
        fails = f"Image('registry.example.com/app:1', secrets={secrets})"
        files = {
            "db-cleanup": job_file("db-cleanup", cleans, cpu=512, memory=1024, longest_run=60),
            "fails": job_file("fails", fails, FAILS, environment={"SESSION_SECRET": VARIABLE}),
            "retried": job_file("retried", ELSEWHERE, EXITS, retries=1, backoff="1m"),
            "limited": job_file("limited", ELSEWHERE, "print(1)", timeout="10m"),
            "slow": job_file("slow", ELSEWHERE, "print(1)", longest_run=20),
            "skipping": job_file("skipping", ELSEWHERE, "print(1)", overlap="skip"),
            "silent": job_file("silent", f"Image('{images.uri}:empty')"),
        }
        program.write_jobs(files={name.replace("-", "_"): file for name, file in files.items()})
        schedules: dict[str, str] = {**dict.fromkeys(files, HOURLY), "skipping": QUARTERLY}
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {"default": PLACE},
                "scheduled-jobs:schedules": schedules,
                "scheduled-jobs:alerts": {"sqs": [queue.arn], "email": ["on-call@example.com"]},
                "scheduled-jobs:logs": {"days": 7},
            }
        )
        made = Stack(Alerting(sandbox, program, queue), images, secret, digest)
        preview = made.run("preview")
        assert f"jobs/db_cleanup.py.image: the tag 1.4 is {digest} now" in preview.output
        made.run("up", "--debug")
        sandbox.pass_hour(minutes=-5)
        yield made
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


def last(alerting: Alerting, job: str, tick: datetime) -> list[str]:
    """Return what the last run of a tick printed."""
    return printed(alerting, runs(alerting.tick(job, tick))[-1])


def test_nothing_to_deploy_again(stack: Stack) -> None:
    """A second deployment changes nothing."""
    stack.run("up", "--expect-no-changes")


def test_every_end_of_a_run(sandbox: Sandbox, stack: Stack) -> None:
    """Runs end well, fail, are repeated, stopped at their limit, overrun or skipped, as with any other job."""
    alerting = stack.alerting
    alerting.stage(Fault(Kind.HANG, seconds=3600.0), "limited")
    alerting.stage(Fault(Kind.HANG, seconds=30 * 60.0), "slow")
    alerting.stage(Fault(Kind.HANG, seconds=20 * 60.0), "skipping")
    hour = sandbox.pass_hour(minutes=50)
    assert last(alerting, "db-cleanup", hour) == [f"first {LENGTHS}"]
    assert alerting.tick("db-cleanup", hour).outcome == "good"
    assert alerting.of("db-cleanup") == []
    assert alerting.told("fails") == [("alert", "failed", text(hour))]
    [alert] = alerting.of("fails")
    assert (alert["exitCode"], alert["log"]["lines"]) == (
        3,
        ["postgres://app:[password]@db/shop", "[SESSION_SECRET]", "no table"],
    )
    assert outcomes(alerting.tick("retried", hour)) == ["failed", "failed"]
    assert [alert["attempts"] for alert in alerting.of("retried")] == [2]
    assert alerting.told("limited") == [("alert", "timed-out", text(hour))]
    assert 600 <= seconds(stack.only_run("limited", hour)) < 720
    assert alerting.told("slow")[0] == ("alert", "overrun", text(hour))
    assert alerting.tick("slow", hour).outcome == "good"
    assert [tick.outcome for tick in quarters(alerting, "skipping", hour)] == ["good", "skipped", "good", "good"]


def test_nothing_to_run(stack: Stack) -> None:
    """A job without a command does not start if its image has none either, and the alert says what to do."""
    [alert] = [one for one in stack.alerting.of("silent") if one["kind"] == "alert"][-1:]
    assert alert["class"] == "not-started"
    assert alert["reason"].endswith("args must not be empty: unknown")
    assert alert["cause"].endswith("set the command of the job, or CMD in the image")


def test_second_delivery(sandbox: Sandbox, stack: Stack) -> None:
    """A tick that Scheduler delivers again starts nothing, of a direct job and of a supervised one."""
    alerting = stack.alerting
    alerting.stage(Fault(Kind.DUPLICATE_MESSAGES, name=f"{GROUP}-launches"), None, times=20)
    hour = sandbox.pass_hour(minutes=5)
    begun = len(sandbox.client.get("runs"))
    scheduler, ecs = (sandbox.account.client(name) for name in ("scheduler", "ecs"))
    target = scheduler.get_schedule(GroupName=GROUP, Name="db-cleanup")["Target"]
    shape = ecs.meta.service_model.operation_model("RunTask").input_shape
    given = universal_input.read(json.loads(target["Input"].replace(SCHEDULED_TIME, text(hour))), shape)
    [again] = ecs.run_task(**given, startedBy="chronos-schedule/db-cleanup")["tasks"]
    assert again["taskArn"] == stack.only_run("db-cleanup", hour).task
    sandbox.advance(timedelta(minutes=10))
    assert len(outcomes(alerting.tick("retried", hour))) == 2
    assert len(runs(alerting.tick("limited", hour))) == 1
    later = [run for run in sandbox.client.get("runs")[begun:] if run["job"] in {"db-cleanup", "limited"}]
    assert later == []
    sandbox.client.send("DELETE", "faults")


def test_image_that_changes_amid_a_run(sandbox: Sandbox, stack: Stack) -> None:
    """A tag that moves changes the task definition alone; the run in flight keeps its image, the next has the new."""
    alerting = stack.alerting
    alerting.stage(Fault(Kind.HANG, seconds=20 * 60.0), "db-cleanup")
    hour = sandbox.pass_hour(minutes=5)
    new = stack.repository.push("1.4", CLEANS.format("second"))
    preview = stack.run("preview")
    assert f"jobs/db_cleanup.py.image: the tag 1.4 is {new} now" in preview.output
    assert {(kind, name) for _, kind, name in preview.changes} == {("TaskDefinition", "db-cleanup")}
    stack.run("up")
    sandbox.advance(timedelta(minutes=30))
    in_flight = stack.only_run("db-cleanup", hour)
    assert stack.described(in_flight)["image"] == f"{stack.repository.uri}@{stack.digest}"
    assert printed(alerting, in_flight) == [f"first {LENGTHS}"]
    following = stack.only_run("db-cleanup", sandbox.pass_hour(minutes=10))
    assert stack.described(following)["image"] == f"{stack.repository.uri}@{new}"
    assert printed(alerting, following) == [f"second {LENGTHS}"]
    assert alerting.of("db-cleanup") == []


def not_started(stack: Stack) -> dict[str, Any]:
    """Let an hour pass in which db-cleanup does not start; return its only alert since."""
    alerting = stack.alerting
    known = len(alerting.of("db-cleanup"))
    hour = alerting.sandbox.pass_hour(minutes=10)
    [alert] = alerting.of("db-cleanup")[known:]
    assert (alert["kind"], alert["class"], alert["tick"]) == ("alert", "not-started", text(hour))
    return alert


def recovers(stack: Stack) -> Tick:
    """Let an hour pass in which db-cleanup is good again."""
    hour = stack.alerting.sandbox.pass_hour(minutes=10)
    assert stack.alerting.told("db-cleanup")[-1][0] == "recovered"
    return stack.alerting.tick("db-cleanup", hour)


def test_secret_that_is_gone(sandbox: Sandbox, stack: Stack) -> None:
    """The task does not start, and the alert names the JSON key that is missing."""
    secrets = sandbox.account.client("secretsmanager")
    whole = secrets.get_secret_value(SecretId=stack.secret)["SecretString"]
    secrets.put_secret_value(SecretId=stack.secret, SecretString=json.dumps({"username": PLANTED["username"]}))
    alert = not_started(stack)
    assert "did not contain json key password" in alert["reason"]
    assert "a key in it, does not exist" in alert["cause"]
    secrets.put_secret_value(SecretId=stack.secret, SecretString=whole)
    assert recovers(stack).outcome == "good"


def test_image_that_is_gone(stack: Stack) -> None:
    """The task does not start, and the alert names the image. Pushed again, it has the same digest."""
    script = CLEANS.format("third")
    digest = stack.repository.push("1.4", script)
    stack.run("up")
    stack.repository.remove(digest)
    alert = not_started(stack)
    assert "CannotPullContainerError" in alert["reason"]
    assert f"{stack.repository.uri}@{digest}: not found" in alert["reason"]
    assert alert["cause"].startswith("the image or its tag does not exist in the registry: push it")
    assert stack.repository.push("1.4", script) == digest
    assert recovers(stack).outcome == "good"


def everything_of(stack: Stack) -> dict[str, str]:
    """Return by place all that is kept or shown of the stack, but for what its jobs have printed themselves."""
    alerting = stack.alerting
    sandbox, program = alerting.sandbox, alerting.program
    backend = program.state_file().parents[3]
    mails = sandbox.client.get("mail")
    return {
        "files of the backend": "".join(
            file.read_text("utf-8", "replace") for file in backend.rglob("*") if file.is_file() and STACK in str(file)
        ),
        "an export": program.stack.run("stack", "export", "--show-secrets", quiet=True),
        "ledger": json.dumps(alerting.ledger_items()),
        "alerts": json.dumps(alerting.alerts()),
        "mails": json.dumps(mails),
        "what was given up": json.dumps(alerting.given_up()),
        "the CLI and the engine": "".join(stack.told),
        "commands": "".join(stack.typed),
    }


def test_secrets_are_nowhere(stack: Stack) -> None:
    """No planted value is in a state, a log of the engine, a preview, the ledger, an alert, a report, or a command."""
    stack.run("preview", "--json", "--diff", "--debug")
    stack.run("refresh", "--debug")
    page = stack.alerting.program.source / "page.html"
    for words in (
        *(("show", job) for job in ("db-cleanup", "fails")),
        *(("show", job, "--json") for job in ("db-cleanup", "fails")),
        ("history", "fails", "--json"),
        ("list", "--json"),
        ("report", "--html", str(page)),
        ("report", "--json"),
        ("doctor", "--json"),
        ("run", "fails", "--dry-run", "--json"),
    ):
        assert stack.ops(*words) != ""
    places = {**everything_of(stack), "page": page.read_text("utf-8")}
    assert "no table" in places["alerts"]
    assert "DB_PASSWORD" in places["an export"]
    found = [(place, name) for place, kept in places.items() for name, value in PLANTED.items() if value in kept]
    assert found == []
    shows = [place for place, kept in places.items() if VARIABLE in kept]
    assert set(shows) <= {"files of the backend", "an export", "the CLI and the engine"}
