"""Each command of an operator about jobs that a service runs: by requests, by its workers, and by itself."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox, text
from tests.engine.operators import ACCOUNT, KEYS, Operators, ended, of_group, people
from tests.engine.test_service_jobs import TASK_ROLE, container, granted, sweep
from tests.permissions import EXAMINE, HANDLERS_LOOK, LOOK, ON_CALL, SERVICES_LOOK
from tests.wsgi_server import wsgi_servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "fleet-commands"
GROUP = f"scheduled-jobs-{STACK}"
HOURLY, NEVER = "cron(0 * * * ? *)", {"cron": "0 0 1 1 ? 2199", "enabled": False}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{TASK_ROLE}"
LOOKS = (LOOK, EXAMINE, HANDLERS_LOOK, SERVICES_LOOK)
PLACEHOLDERS = {
    **of_group(STACK),
    "handler": f"{GROUP}-job-*",
    "work_queue": f"{GROUP}-work-web",
    "log_group": "/sandbox/web",
    "task_role": TASK_ROLE,
    "endpoint": f"{STACK}-inbox",
}
"""What the placeholders of the policies stand for."""
WORKS, FAILS, SLOW, SWEEPS, ASKS = "works", "fails", "slow", "sweeps", "asks"
RUNNERS = {
    WORKS: "worker=Worker()",
    FAILS: "worker=Worker()",
    SLOW: "worker=Worker()",
    SWEEPS: "in_process=InProcess()",
    ASKS: "http=Http('fleet', jobs=['hello'])",
}
WORKERS = (WORKS, FAILS, SLOW)
SERVICE = """
import sys, time
from scheduled_jobs_worker import Worker

worker = Worker()

@worker.task
def works(run):
    print(run.trigger or "tick", run.tick, flush=True)

@worker.task
def fails(run):
    print("no table", flush=True)
    sys.exit(7)

@worker.task
def slow():
    while True:
        time.sleep(0.1)

worker.run()
"""
SECRET = "a-secret-of-more-than-24-bytes"  # noqa: S105 - nothing else has it
FLEET = f"""
from receiver.receiver import Receiver

receiver = Receiver([{SECRET!r}])

@receiver.job("hello")
def hello(order):
    if order.get("trigger") != "manual":
        raise ValueError("no rates today")
"""
OF_TASKS = re.compile(r"(?<!\")\b(tasks?|cluster|ECS)\b(?!\")")
"""A word of containers; the keys of JSON are those of all jobs."""
PATIENCE = 60
"""Seconds of the machine after which a process that says nothing has failed."""


@dataclass
class Service:
    """A container of the service with a worker, whose output goes to its log as a log driver writes it."""

    sandbox: Sandbox
    process: subprocess.Popen[str]
    written: list[str] = field(default_factory=list)
    _sent: int = 0

    def until(self, event: str, count: int = 1) -> None:
        """Wait until the worker has said this of so many runs more, and send its lines to the log."""
        for line in self.process.stdout or ():
            self.written.append(line.rstrip("\n"))
            count -= f'"event": "{event}"' in line
            if not count:
                return self.send()
        raise AssertionError(f"the worker ended without {event}")

    def send(self) -> None:
        """Send the lines since the last time to the log."""
        at = int(self.sandbox.now.timestamp() * 1000)
        events: Any = [{"timestamp": at, "message": line} for line in self.written[self._sent :]]
        logs = self.sandbox.account.client("logs")
        logs.put_log_events(logGroupName="/sandbox/web", logStreamName=STACK, logEvents=events)
        self._sent = len(self.written)


@contextmanager
def working(alerting: Alerting, folder: Path) -> Iterator[Service]:
    """Run a worker."""
    (folder / "service.py").write_text(SERVICE)
    sandbox = alerting.sandbox
    sandbox.account.client("logs").create_log_stream(logGroupName="/sandbox/web", logStreamName=STACK)
    with subprocess.Popen(
        [sys.executable, "service.py"], cwd=folder, env=container(alerting), stdout=subprocess.PIPE, text=True
    ) as process:
        silent = threading.Timer(600, process.kill)
        silent.start()
        service = Service(sandbox, process)
        service.until("worker-started")
        yield service
        silent.cancel()
        process.kill()


@pytest.fixture(scope="module")
def service(
    sandbox: Sandbox, make_program: Callable[[str], Program], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Operators, Service]]:
    """Deploy jobs of each kind beside a service, and let a tick pass."""
    folder = tmp_path_factory.mktemp("service")
    (folder / "fleet.py").write_text(FLEET)
    clock = sandbox.client.service_environment(ROLE)
    secrets = sandbox.account.client("secretsmanager")
    with ExitStack() as planted:
        secret = secrets.create_secret(Name=STACK, SecretString=SECRET)["ARN"]
        planted.callback(secrets.delete_secret, SecretId=secret, ForceDeleteWithoutRecovery=True)
        variables = {name: clock[name] for name in ("PYTHONPATH", "SANDBOX_CLOCK")}
        [server] = planted.enter_context(wsgi_servers(1, "fleet:receiver", variables, folder))
        queue = planted.enter_context(inbox(sandbox, f"{STACK}-inbox"))
        planted.enter_context(people(sandbox, {"looks": LOOKS, "on-call": (*LOOKS, ON_CALL)}, PLACEHOLDERS))
        program = make_program(STACK)
        head = "from settings import Http, InProcess, Job, Worker\n\nJOB = Job(name={!r}, owner='data', {}{})\n"
        placed = {name: "" if name == ASKS else "placement='web', " for name in RUNNERS}
        program.write_jobs(files={name: head.format(name, placed[name], runner) for name, runner in RUNNERS.items()})
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {"web": {"service": {"cluster": "sandbox", "name": "web"}}},
                "scheduled-jobs:schedules": {**dict.fromkeys(RUNNERS, HOURLY), SLOW: NEVER},
                "scheduled-jobs:receivers": {"fleet": {"url": f"{server.url}/jobs", "secret": STACK}},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        alerting = Alerting(sandbox, program, queue)
        planted.enter_context(granted(alerting))
        program.up()
        planted.callback(lambda: program.run("destroy"))
        worker = planted.enter_context(working(alerting, folder))
        hour = sandbox.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        sandbox.go_to(hour + timedelta(seconds=59))
        worker.until("run-ended", 2)
        assert sweep(alerting, folder, text(hour)) == "swept"
        sandbox.advance(timedelta(minutes=1))
        yield Operators(alerting), worker


def said(process: subprocess.Popen[str], code: int = 0) -> str:
    """Wait for a command that ends with this code; return what it printed, which has no word of containers."""
    out, err = ended(process, code)
    assert OF_TASKS.search(out + err) is None, out + err
    return out + err


def types(operators: Operators, command: str, *words: str, who: str = "on-call", code: int = 0) -> str:
    """Type a command about the stack, and return what it printed, which has no word of containers."""
    return said(operators.begin(command, "--stack", STACK, *words, who=who), code)


def asked(operators: Operators, *words: str) -> subprocess.Popen[str]:
    """Begin to run a job and to wait for it; return the command when the supervisor is asked."""
    process = operators.begin("run", "--stack", STACK, *words, "--wait")
    assert process.stderr is not None
    assert process.stderr.readline().endswith(": asked the supervisor\n")
    operators.sandbox.advance(timedelta(seconds=5))
    return process


def test_commands_that_look(service: tuple[Operators, Service], tmp_path: Path) -> None:
    """Each prints what it is for, with the policies of who looks, and without a warning."""
    operators, _ = service
    commands: dict[tuple[str, ...], str] = {
        ("list",): f"{WORKS} +data +enabled",
        ("next", "--for", "2h"): f"(?s)(?=.*{WORKS})(?=.*{SWEEPS})(?=.*{ASKS})",
        ("history", FAILS): "WORKER RUN(?s:.*)failed +failed +failed .* 7 ",
        ("history", SWEEPS): "IN-PROCESS RUN(?s:.*)good",
        ("history", ASKS): "INVOCATION(?s:.*)failed",
        ("show", SWEEPS): rf"(?s){GROUP}-claims.*the processes of its service",
        ("show", ASKS): rf"(?s){GROUP}-job-{ASKS}.*receiver +fleet",
        ("report", "--html", str(tmp_path / "page.html")): r"page\.html",
    }
    for found in operators.see(commands):
        assert OF_TASKS.search(found) is None, found
    shown = {job: json.loads(operators.type("show", job, "--json", who="looks")[0]) for job in RUNNERS}
    assert {job: (one["kind"], *sorted(one.keys() - KEYS["show"])) for job, one in shown.items()} == {
        **dict.fromkeys(WORKERS, ("worker", "claims", "queue", "task")),
        SWEEPS: ("in_process", "claims"),
        ASKS: ("http", "function", "receiver"),
    }


def test_logs(service: tuple[Operators, Service]) -> None:
    """The lines of a run are those between its start and its end, and the command says what it cannot tell apart."""
    operators, _ = service
    [tick] = operators.told("history", WORKS, who="looks")["ticks"]
    [run] = tick["runs"]
    assert run["worker"]
    id_ = run["task"].rpartition("/")[2]
    for words in ((), ("--run", id_), ("--run", run["task"]), ("--tick", tick["tick"]), ("--follow",)):
        out, err = operators.type("logs", WORKS, *words, who="looks")
        first, own, last = out.splitlines()
        assert ('"run-started"' in first, own[:7], '"run-ended"' in last) == (True, "tick 20", True)
        assert f"tick {tick['tick']}, worker run {id_}: good\n" in err
        assert "cannot be told" in err or "is among them" in err
    assert "no run of works has the id " in types(operators, "logs", WORKS, "--run", "0" * 32, code=1)
    operators.told("logs", WORKS, who="looks")
    assert "answered 500" in types(operators, "logs", ASKS, who="looks")


def test_doctor(service: tuple[Operators, Service]) -> None:
    """It examines the queue, the claims and the caller. A probe is made of tasks only, and it says so."""
    operators, _ = service
    found = json.loads(operators.type("doctor", "--json", who="looks", code=1)[0])["findings"]
    served = {(one["about"], one["state"], tuple(one["jobs"])) for one in found if one["link"] == "service"}
    assert served == {
        (f"{GROUP}-work-web", "sound", tuple(sorted(WORKERS))),
        (f"{GROUP}-claims", "sound", tuple(sorted((*WORKERS, SWEEPS)))),
    }
    assert [one for one in found if one["link"] == "schedule" and one["state"] != "sound"] == []
    [role] = [one for one in found if one["about"] == f"task role of a service {TASK_ROLE}"]
    assert (role["state"], role["jobs"]) == ("sound", sorted((*WORKERS, SWEEPS)))
    for job, words in ((WORKS, "a worker runs"), (SWEEPS, "a process of its service runs"), (ASKS, "a receiver runs")):
        out, _err = operators.type("doctor", job, "--probe", code=1 if job == ASKS else 3)
        assert f"a probe is a task, and {words} this job" in out


def test_runs_by_hand(service: tuple[Operators, Service]) -> None:
    """`run --wait` shows the log and ends as the run does, with the exit code of the worker's process."""
    operators, worker = service
    for job, code, log in ((WORKS, 0, "manual 20"), (FAILS, 7, "no table\n")):
        process = asked(operators, job)
        worker.until("run-ended")
        operators.sandbox.advance(timedelta(seconds=20))
        out = said(process, code)
        assert log in out
        assert re.search(rf"worker run [0-9a-f]{{32}} of {GROUP}-work-web", out)
    process = asked(operators, ASKS)
    operators.sandbox.advance(timedelta(seconds=20))
    assert f"{ASKS}: good" in said(process)
    shown = json.loads(operators.type("run", WORKS, "--dry-run", "--json", who="looks")[0])
    assert (shown["message"]["schedule"], shown["request"]["MessageBody"]["task"]) == (WORKS, WORKS)
    [alert] = [one for one in operators.alerting.of(ASKS) if one["kind"] == "alert"]
    _, _, _, *typed = shlex.split(alert["rerun"])
    assert "Asked the supervisor to run it (request " in said(operators.begin(*typed))
    operators.sandbox.advance(timedelta(minutes=2))
    assert operators.outcomes(ASKS)[-1] == ("good", ["failed", "good"])


def test_stop(service: tuple[Operators, Service]) -> None:
    """The supervisor lets the worker stop a run, by the job and by the id that an alert names; `--timeout` does so."""
    operators, worker = service
    for by_id in (False, True):
        told = operators.told("run", SLOW)
        operators.sandbox.advance(timedelta(seconds=5))
        worker.until("run-started")
        operators.sandbox.advance(timedelta(seconds=5))
        [tick] = [one for one in operators.told("history", SLOW)["ticks"] if one["tick"] == told["tick"]]
        id_ = tick["runs"][0]["task"].rpartition("/")[2]
        assert f"worker run {id_} since " in types(operators, "show", SLOW)
        stopped = types(operators, "stop", id_ if by_id else SLOW, "--reason", "wrong input")
        assert stopped.startswith(
            f"Stopping worker run {id_} of {GROUP}-work-web: {SLOW}, tick {told['tick']}, RUNNING "
        )
        operators.sandbox.advance(timedelta(seconds=5))
        worker.until("run-ended")
        operators.sandbox.advance(timedelta(seconds=20))
        [tick] = [one for one in operators.told("history", SLOW)["ticks"] if one["tick"] == told["tick"]]
        assert [(one["outcome"], "wrong input" in one["reason"]) for one in tick["runs"]] == [("stopped", True)]
    assert types(operators, "stop", SLOW, "--reason", "again") == f"No run of {SLOW} goes on.\n"


def test_what_only_the_service_can_do(service: tuple[Operators, Service]) -> None:
    """Nobody can ask for a run of an in-process job, or stop one: the reason says who does it."""
    operators, _ = service
    [tick] = operators.told("history", SWEEPS, who="looks")["ticks"]
    reason = f"{SWEEPS} cannot be run from here: the processes of the service begin its runs by themselves"
    for command, words, code in (
        ("run", (), 124),
        ("run", ("--through-scheduler",), 124),
        ("rerun", ("--tick", tick["tick"], "--anyway"), 1),
        ("backfill", ("--from", tick["tick"], "--to", tick["tick"]), 1),
    ):
        assert reason in types(operators, command, SWEEPS, *words, code=code)
    for name in (SWEEPS, tick["runs"][0]["task"]):
        out = operators.type("stop", name, "--reason", "wrong input", code=1)[1]
        assert "begin and end the runs of sweeps by themselves" in out or "no in-process run" in out


def test_pause_and_resume(service: tuple[Operators, Service]) -> None:
    """A hold is on jobs of each kind, and ends."""
    operators, _ = service
    hold = operators.told("pause", "--reason", "restore")["hold"]["id"]
    held = operators.told("list", "--state", "held", who="looks")["schedules"]
    assert {one["job"] for one in held} == {WORKS, FAILS, SWEEPS, ASKS}
    types(operators, "resume", hold, "--catch-up", "last")
    assert operators.told("list", "--state", "held", who="looks")["schedules"] == []
    types(operators, "test-alert", WORKS)
