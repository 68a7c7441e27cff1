"""`python -m sandbox` answers in text and JSON, and reports an error in one line."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from emulator.ecs.runner import Image, Runner
from emulator.fault_injection.faults import StagedStop
from emulator.gateway.connections import KeepAliveHandler
from emulator.logs.log_streams import TaskLogs
from emulator.scheduler.scheduler import Scheduler
from emulator.secrets.task_secrets import TaskSecrets
from emulator.timekeeping.timeline import Timeline
from sandbox import cli as commands
from sandbox import deployment
from sandbox.client import start_server
from sandbox.commands.fail import OPTIONS, Failure
from sandbox.control import Control
from sandbox.errors import SandboxError
from sandbox.events import Outcome as EventOutcome
from sandbox.programs import OWN, Source
from sandbox.real_provider import Provider
from sandbox.session import CHECKOUT, CONTROL, Server, Session
from tests.credentials import SESSION, no_role
from tests.processes.emulator.cloudwatch.test_alarms import put
from tests.processes.emulator.events.test_bus import FAILED, TOPIC, rule
from tests.processes.emulator.world import ACCOUNT, INPUT, LAUNCH_ROLE, TASK_ROLE, client, opened, service_may
from toolchain import pulumi_cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Outcome = tuple[int, str, str]
"""Exit code, standard output, standard error."""
LONG = "x" * 300
START = "2027-01-04T00:00:00+00:00"


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Yield a session whose server is this process, with one job that fails every hour and sends mail."""
    folder = tmp_path_factory.mktemp("session")
    runner = Runner({"app": Image(folder)}, {"PATH": "/usr/bin:/bin"}, TaskLogs(ACCOUNT), TaskSecrets(ACCOUNT), no_role)
    with opened(runner) as world:
        timeline = Timeline(world.clock, [world.scheduler], lambda: runner.settle(30))
        client("sns").create_topic(Name="alerts")
        policy = service_may("events.amazonaws.com", "sns:Publish", TOPIC)
        client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy)
        client("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="ops@example.com")
        rule(TOPIC, pattern=FAILED)
        environment = [{"Name": "JOB_NAME", "Value": "a/b [red]"}]
        command = ["sh", "-c", f"printf '\\033[2J\\n'; echo [/bold] :smile: {LONG}; exit 3"]
        overrides = {"ContainerOverrides": [{"Name": "app", "Command": command, "Environment": environment}]}
        world.schedule(Target={"Input": json.dumps({**INPUT, "Overrides": overrides})})
        client("sqs").create_queue(QueueName="scheduled-jobs-sandbox-launches")
        world.deploy("", FunctionName="scheduled-jobs-sandbox-supervisor")
        control = Control(world.aws, world.clock, timeline, world.scheduler, {"SANDBOX_CLOCK": "there"})
        app = DispatcherMiddleware(Response("not here", status=404), {CONTROL: control})
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepAliveHandler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        made = Session(folder)
        made.write(Server.of_this_process(f"http://127.0.0.1:{server.server_port}", 1, SESSION))
        yield made
        server.shutdown()
        thread.join()
        server.server_close()
        runner.stop_all()


@pytest.fixture
def sandbox(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Return a function that runs a command on the session, or on another one."""

    def run(*arguments: str, on: Session = session) -> Outcome:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(Session, "default", classmethod(lambda _: on))
        monkeypatch.setattr(sys, "argv", ["sandbox", *arguments])
        code = commands.main()
        return code, *capsys.readouterr()

    return run


def fails(outcome: Outcome, *said: str, after: str = "") -> None:
    """Check for exit code 1, one line on standard error with all these texts, and `after` on standard output."""
    code, out, err = outcome
    assert (code, out) == (1, after)
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert [text for text in said if text not in err] == []


def test_advance_and_what_it_leaves(sandbox: Callable[..., Outcome], session: Session) -> None:
    """After an advance the runs, mail, events and log are shown as text and as JSON."""
    code, out, _ = sandbox("status", "--json")
    before = json.loads(out)
    assert (code, before["now"], before["next"]) == (0, START, "2027-01-04T01:00:00+00:00")
    assert (before["live"], before["runs"], before["mail"]) == (False, 0, 0)
    assert before["folder"] == str(session.folder)

    code, out, _ = sandbox("advance", "150m", "--json")
    answer = json.loads(out)
    assert (code, answer["now"]) == (0, "2027-01-04T02:30:00+00:00")
    assert [(run["job"], run["exitCode"], run["status"]) for run in answer["runs"]] == [("a/b [red]", 3, "STOPPED")] * 2

    assert sandbox("advance", "--to", "2027-01-04T05:00+02:00")[0] == 0
    runs = json.loads(sandbox("runs", "--json")[1])
    assert [run["startedAt"] for run in runs] == [f"2027-01-04T0{hour}:00:00+00:00" for hour in (1, 2, 3)]
    mails = json.loads(sandbox("mail", "--json")[1])
    assert [mail["to"] for mail in mails] == ["ops@example.com"] * 3
    assert json.loads(mails[0]["body"])["detail"]["containers"][0]["exitCode"] == 3
    events = json.loads(sandbox("events", "--json")[1])
    assert {event["kind"] for event in events} == {"launch", "delivery"}
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)

    line = f"[/bold] :smile: {LONG}"
    found = json.loads(sandbox("logs", "a/b [red]", "--json")[1])
    assert (found["lines"], found["task"]) == (["\x1b[2J", line], runs[-1]["task"])
    assert sandbox("logs", "a/b [red]") == (0, f"\\x1b[2J\n{line}\n", "")
    task = runs[0]["task"].rpartition("/")[2]
    assert json.loads(sandbox("logs", task, "--json")[1])["task"] == runs[0]["task"]

    given = json.loads(sandbox("env", "--json")[1])
    assert (given["AWS_ACCESS_KEY_ID"], given["AWS_SESSION_TOKEN"]) == (SESSION.access_key, SESSION.token)
    assert "export AWS_CONFIG_FILE=/dev/null\n" in sandbox("env")[1]
    keys = [json.loads(sandbox("env", "--role", TASK_ROLE, "--json")[1]) for _ in range(2)]
    assert [key["SANDBOX_CLOCK"] for key in keys] == ["there"] * 2
    assert len({SESSION.access_key, *(key["AWS_ACCESS_KEY_ID"] for key in keys)}) == 3
    fails(sandbox("env", "--role", LAUNCH_ROLE), f"ECS may not use the role {LAUNCH_ROLE}: ")
    fails(sandbox("env", "--role", "web"), "'web'")

    for command in ("status", "runs", "mail", "events"):
        code, out, err = sandbox(command)
        assert (code, err) == (0, "")
        assert out.strip()


@pytest.mark.parametrize("name", ["report", "", "..", "a?b#c", "a/b", "[/red]"])
def test_logs_of_nothing(sandbox: Callable[..., Outcome], name: str) -> None:
    """The log of a job that has not run is an error with the jobs of which tasks ran, and the way for others."""
    fails(
        sandbox("logs", name, "--json"),
        f"no task of '{name}' ran; jobs of which tasks ran: ",
        ". For a job that is no task: python -m sandbox ops logs --stack sandbox JOB",
    )


REFUSED = {
    "no duration": (["advance", "soon"], "'soon' is not a duration"),
    "beyond the calendar": (["advance", "9999999d"], "'9999999d' ends after the year 9999"),
    "too long": (["advance", "9" * 30 + "w"], "is too long"),
    "backwards": (["advance", "--to", "2020-01-01"], "cannot be moved back"),
    "neither": (["advance"], "either a duration (24h) or --to TIME"),
    "both": (["advance", "1h", "--to", "2028-01-01"], "either a duration (24h) or --to TIME"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(sandbox: Callable[..., Outcome], arguments: list[str], said: str) -> None:
    """An impossible advance is reported in one line, and the clock does not move."""
    before = json.loads(sandbox("status", "--json")[1])["now"]
    fails(sandbox(*arguments), said)
    assert json.loads(sandbox("status", "--json")[1])["now"] == before


USAGE = {
    "unknown option": (["advance", "--by", "1h"], "--by"),
    "unknown command": (["forward"], "forward"),
    "no moment": (["advance", "--to", "tomorrow"], "tomorrow"),
    "moment beyond the calendar": (["advance", "--to", "9999-12-31T23:59-14:00"], "9999-12-31"),
    "argument left out": (["logs"], "job"),
    "port out of range": (["up", "--port", "70000"], "65535"),
    "unknown failure": (["fail", "everything"], "everything"),
    "no lines": (["fail", "lose-log", "--job", "report", "--lines", "0"], "1"),
    "never": (["fail", "start", "--job", "report", "--times", "0"], "equal to 1"),
    "too often": (["fail", "start", "--job", "report", "--times", "1001"], "1000"),
    "no stop code": (["fail", "exit", "--job", "report", "--stop-code", "Enough"], "InfrastructureHealth"),
    "no duration": (["fail", "hang", "--job", "report", "--for", "long"], "long"),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE.values(), ids=USAGE)
def test_wrong_usage(sandbox: Callable[..., Outcome], arguments: list[str], said: str) -> None:
    """Wrong usage is reported on standard error, with exit code 2."""
    code, out, err = sandbox(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "command", ["status", "runs", "mail", "events", "logs x", "advance 1h", "fail --list", "report", "pulumi stack"]
)
def test_no_sandbox(sandbox: Callable[..., Outcome], tmp_path: Path, command: str) -> None:
    """Commands report that no sandbox is running."""
    fails(
        sandbox(*command.split(), on=Session(tmp_path / "none")), "no sandbox is running here; start one with: make up"
    )


def test_killed(sandbox: Callable[..., Outcome], tmp_path: Path) -> None:
    """A killed server is reported as not running, and a silent server as not answering."""
    other = Session(tmp_path / "other")
    other.folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        other.write(Server(process.pid, psutil.Process(process.pid).create_time(), "http://127.0.0.1:1", 2, SESSION))
        fails(sandbox("status", on=other), "the sandbox does not answer", "make down up")
        process.kill()
    fails(sandbox("status", on=other), "no sandbox is running here")
    assert sandbox("down", "--json", on=other)[:2] == (0, '{\n  "stopped": true\n}\n')
    assert sandbox("down", "--json", on=other)[:2] == (0, '{\n  "stopped": false\n}\n')


def test_port_in_use(tmp_path: Path) -> None:
    """A port in use is reported in one line with its number."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match=f"port {port} is already in use"):
            start_server(Session(tmp_path / "up"), port=port)


def test_environment_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server starts without the variables of the caller's accounts."""
    given: dict[str, str] = {}

    def start(*_: object, env: dict[str, str], **__: object) -> None:
        given.update(env)
        raise OSError("not now")

    monkeypatch.setattr(
        pulumi_cli, "pulumi_directory", lambda: tmp_path
    )  # the real function runs the CLI to get its version
    monkeypatch.setattr(subprocess, "Popen", start)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL_ECS", "HTTP_PROXY", "MOTO_ACCOUNT_ID", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.setenv(name, "of the caller")
    with pytest.raises(OSError, match="not now"):
        start_server(Session(tmp_path / "session"))
    assert "PATH" in given
    assert "of the caller" not in given.values()


def test_advance_that_fails(sandbox: Callable[..., Outcome], session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error during an advance is reported, and the next advance continues."""

    def refuse(*_: object) -> None:
        raise RuntimeError("out of order")

    with monkeypatch.context() as patch:
        patch.setattr(Scheduler, "fire", refuse)
        _, moved, _ = outcome = sandbox("advance", "1h")
    assert moved.startswith("Moving the clock to 2027-01-04 ")
    fails(outcome, "the advance failed: RuntimeError: out of order", after=moved)
    assert sandbox("advance", "1h")[0] == 0


STAGED = {
    "kind": "exit",
    "job": "report",
    "reason": None,
    "refusal": "error",
    "fails": "crash",
    "code": 7,
    "no_code": False,
    "stop_code": "UserInitiated",
    "warning": 90.0,
    "operation": None,
    "error": "ThrottlingException",
    "lines": 10,
    "container": None,
    "name": None,
    "seconds": 21600.0,
    "status": None,
    "left": 3,
    "until": None,
}


def test_fail(sandbox: Callable[..., Outcome]) -> None:
    """Staged failures are shown at once and with --list, until --clear removes them."""
    given = "fail exit --job report --times 3 --code 7 --stop-code UserInitiated --for 90s --json"
    code, out, _ = sandbox(*given.split())
    assert (code, json.loads(out)) == (0, [STAGED])
    code, out, _ = sandbox("fail", "hang", "--job", "report", "--for", "90m")
    assert [line.split() for line in out.strip().splitlines()[2:]] == [
        ["exit", "report", "3", "UserInitiated", "for", "90s", "exit", "7"],
        ["hang", "report", "1", "for", "1:30:00"],
    ]
    sandbox("fail", "launch", "--job", "report", "--how", "throttle")
    sandbox("fail", "pending", "--job", "report", "--status", "PROVISIONING", "--for", "ever")
    sandbox("fail", "exit", "--job", "report", "--code", "none", "--stop-code", "none")
    sandbox("fail", "sidecar", "--job", "report", "--container", "envoy")
    sandbox("fail", "delay-events", "--job", "report", "--status", "STOPPED")
    sandbox("fail", "call", "sns:Publish", "--code", "AccessDeniedException", "--times", "4")
    sandbox("fail", "lose-log", "--job", "report", "--lines", "1")
    sandbox("fail", "watch", "--reason", "Out of [memory]")
    _, out, _ = sandbox("fail", "--list", "--json")
    staged = json.loads(out)
    lost, sidecar, late, call, log = staged[-6:-1]
    assert (lost["code"], lost["no_code"], lost["stop_code"]) == (None, True, "none")
    assert (sidecar["container"], late["status"], log["lines"]) == ("envoy", "STOPPED", 1)
    assert (call["operation"], call["error"], call["left"]) == ("sns:Publish", "AccessDeniedException", 4)
    assert [(fault["kind"], fault["refusal"], fault["reason"], fault["seconds"]) for fault in staged] == [
        ("exit", "error", None, 21600.0),
        ("hang", "error", None, 5400.0),
        ("launch", "throttle", None, 21600.0),
        ("pending", "error", None, None),
        ("exit", "error", None, 21600.0),
        ("sidecar", "error", None, 21600.0),
        ("delay-events", "error", None, 600.0),
        ("call", "error", None, 21600.0),
        ("lose-log", "error", None, 21600.0),
        ("watch", "error", "Out of [memory]", 21600.0),
    ]
    assert sandbox("fail", "--clear") == (0, "Nothing is staged.\n", "")
    assert sandbox("fail", "--list", "--json") == (0, "[]\n", "")


def test_outage(sandbox: Callable[..., Outcome]) -> None:
    """An outage is shown with its end; messages fail a number of times."""
    sandbox("fail", "queue", "--name", "dead", "--for", "400d")
    sandbox("fail", "delay-messages", "--name", "dead", "--times", "2")
    code, out, _ = sandbox("fail", "function", "--name", "scheduled-jobs-sandbox-supervisor", "--reason", "No.")
    down, late, dead = [line.split() for line in out.strip().splitlines()[2:]]
    assert (code, down[:2], down[-1]) == (0, ["queue", "until"], "dead")
    assert late == ["delay-messages", "2", "dead", "for", "0:10:00"]
    assert dead == ["function", "1", "scheduled-jobs-sandbox-supervisor", "crash", "No."]
    staged = json.loads(sandbox("fail", "--list", "--json")[1])
    assert [(one["left"], one["until"] is None) for one in staged] == [(None, False), (2, True), (1, True)]
    sandbox("fail", "--clear")


DOCUMENTED = re.findall(r"`(fail [a-z][^`]+)`", (CHECKOUT / "docs" / "sandbox.md").read_text())


@pytest.mark.parametrize("line", DOCUMENTED)
def test_documented_failures(sandbox: Callable[..., Outcome], line: str) -> None:
    """Each failure that the documentation names can be staged with the command that it gives."""
    of = () if line.startswith("fail call") or "--name" in line else ("--job", "report")
    code, out, err = sandbox(*shlex.split(line), *of, "--json")
    sandbox("fail", "--clear")
    assert (code, err) == (0, "")
    assert len(json.loads(out)) == 1


def test_documentation_has_failures() -> None:
    """The documentation has a command for each stop code that ECS may give a run that it stops."""
    assert all(any(f"--stop-code {code}" in line for line in DOCUMENTED) for code in StagedStop)


def test_fail_happens(sandbox: Callable[..., Outcome]) -> None:
    """A staged failure happens to the next launch."""
    sandbox("fail", "launch", "--job", "report")
    before = len(json.loads(sandbox("runs", "--json")[1]))
    assert sandbox("advance", "1h")[0] == 0
    assert len(json.loads(sandbox("runs", "--json")[1])) == before
    assert sandbox("fail", "--list") == (0, "Nothing is staged.\n", "")


def test_alarm_among_the_events(sandbox: Callable[..., Outcome]) -> None:
    """A changed alarm is an event."""
    put()
    client("cloudwatch").set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="A try")
    client("cloudwatch").delete_alarms(AlarmNames=["errors"])
    (change,) = (event for event in json.loads(sandbox("events", "--json")[1]) if event["kind"] == "alarm")
    assert (change["alarm"], change["old"], change["new"]) == ("errors", "INSUFFICIENT_DATA", "ALARM")
    assert "alarm errors: INSUFFICIENT_DATA -> ALARM" in sandbox("events")[1]


def test_events_of_a_job(sandbox: Callable[..., Outcome]) -> None:
    """Events are listed by the job of a launch or of a run, by outcome, and by both, as text and as JSON."""
    assert sandbox("advance", "1h")[0] == 0

    def listed(*options: str) -> set[tuple[str, str | None]]:
        return {(event["kind"], event["job"]) for event in json.loads(sandbox("events", *options, "--json")[1])}

    assert listed("--job", "report") == {("launch", "report")}
    assert listed("--job", "a/b [red]") == {("delivery", "a/b [red]")}
    assert listed("--outcome", "started", "--outcome", "delivered") == {("launch", "report"), ("delivery", "a/b [red]")}
    code, out, err = sandbox("events", "--job", "report", "--outcome", "started")
    assert (code, err) == (0, "")
    assert all(" launch of jobs-test/report: started " in line for line in out.splitlines())
    nothing = "No events of job 'report' with the outcome delivered or failed.\n"
    assert sandbox("events", "--job", "report", "--outcome", "delivered", "--outcome", "failed") == (0, nothing, "")


def test_events_of_nothing(sandbox: Callable[..., Outcome]) -> None:
    """An unknown job or outcome is refused with what would be accepted."""
    fails(sandbox("events", "--job", "reprot"), "no job 'reprot' here; did you mean 'report'?")
    fails(sandbox("events", "--job", "zzz"), "no job 'zzz' here; jobs: ", "report")
    code, out, err = sandbox("events", "--outcome", "good")
    assert (code, out) == (2, "")
    assert [name for name in EventOutcome if name not in err] == []


def test_help_of_events(sandbox: Callable[..., Outcome]) -> None:
    """The help of `events` explains each outcome."""
    _, out, _ = sandbox("events", "--help")
    explained = out.partition("Options")[0]
    assert [name for name in EventOutcome if not re.search(rf"(^ |, ){name}\b", explained, re.MULTILINE)] == []


NOT_STAGED = {
    "nothing": (
        "fail",
        f"choose what should fail ({', '.join(Failure)}), or give --list or --clear",
    ),
    "two things": ("fail start --job report --clear", "choose what should fail"),
    "no job": ("fail start", "start needs --job; jobs that have a schedule: report"),
    "another job": ("fail start --job cleanup", "no job 'cleanup' here; jobs that have a schedule: report"),
    "nearly a job": ("fail start --job repord", "no job 'repord' here; did you mean 'report'?"),
    "a job of the watch": ("fail watch --job report", "watch takes no --job"),
    "a job of a call": ("fail call ecs:RunTask --job report", "call takes no --job: it fails whoever makes the call"),
    "no operation": ("fail call", "'' is no service; call takes SERVICE:OPERATION, such as ecs:DescribeTasks"),
    "an operation of a job": ("fail start ecs:RunTask --job report", "OPERATION applies to call, not to start"),
    "another service": ("fail call ec:RunTask", "'ec' is no service; did you mean '"),
    "nearly an operation": (
        "fail call ecs:DescribeTask",
        "'DescribeTask' is no operation of ecs; did you mean 'DescribeTasks'?",
    ),
    "another service's error": (
        "fail call ecs:RunTask --code Throttled",
        "'Throttled' is no error code of ecs; did you mean 'ThrottlingException'?",
    ),
    "another kind's option": (
        "fail start --job report --code 3",
        "--code applies to call, exit, sidecar, not to start",
    ),
    "a function's way": (
        "fail launch --how memory --job report",
        "--how memory: launch fails by error, throttle, failures",
    ),
    "a launch's way": ("fail function --how error --name w", "--how error: function fails by crash, timeout, memory, "),
    "no exit code": (
        "fail exit --job report --code 256",
        "--code 256: the exit code for exit is a number from 0 to 255, or none",
    ),
    "a negative exit code": ("fail exit --job report --code -1", "--code -1: the exit code for exit is a number"),
    "no exit code of a sidecar": (
        "fail sidecar --job report --code none",
        "--code none: the exit code for sidecar is a number from 0 to 255",
    ),
    "a warning that is too long": ("fail exit --job report --stop-code none --for 121s", "at most 120s on Fargate"),
    "a warning without a stop": ("fail exit --job report --for 1m", "it needs --stop-code"),
    "no time at all": (
        "fail hang --job report --for 0s",
        "--for must be longer than 0s and at most 400d, the longest advance, or it must be ever",
    ),
    "late for ever": (
        "fail delay-events --job report --for ever",
        "--for must be longer than 0s and at most 400d, the longest advance",
    ),
    "a state in which it runs": (
        "fail pending --job report --status RUNNING",
        "--status RUNNING: a run can stay in PROVISIONING or PENDING before it runs",
    ),
    "an option of several kinds": (
        "fail hang --job report --reason x",
        "--reason applies to call, exit, function, launch, sidecar, start, watch, not to hang",
    ),
    "no function": (
        "fail function",
        "function needs --name; functions here: scheduled-jobs-sandbox-supervisor",
    ),
    "nearly a function": (
        "fail function --name scheduled-jobs-sandbox-watch",
        "no function 'scheduled-jobs-sandbox-watch' here; did you mean 'scheduled-jobs-sandbox-supervisor'?",
    ),
    "no queue": (
        "fail lose-messages",
        "lose-messages needs --name; queues here: dead, scheduled-jobs-sandbox-launches",
    ),
    "another queue": (
        "fail queue --name mine",
        "no queue 'mine' here; queues here: dead, scheduled-jobs-sandbox-launches",
    ),
    "a job of a queue": (
        "fail queue --name dead --job report",
        "queue takes no --job: it fails the queue that --name names",
    ),
    "a name of a run": (
        "fail exit --job report --name dead",
        "lose-invocations, lose-messages, queue, not to exit",
    ),
    "an outage of some times": (
        "fail queue --name dead --for 1h --times 2",
        "--for and --times: queue fails either for a time or a number of times",
    ),
    "an outage for ever": (
        "fail function --name scheduled-jobs-sandbox-supervisor --for ever",
        "--for must be longer than 0s and at most 400d, the longest advance",
    ),
}


@pytest.mark.parametrize(("line", "said"), NOT_STAGED.values(), ids=NOT_STAGED)
def test_fail_refused(sandbox: Callable[..., Outcome], line: str, said: str) -> None:
    """A failure that cannot be staged is reported in one line, and nothing is staged."""
    fails(sandbox(*line.split()), said)
    assert sandbox("fail", "--list", "--json") == (0, "[]\n", "")


@pytest.mark.parametrize("kind", Failure)
def test_help_of_fail(sandbox: Callable[..., Outcome], kind: Failure) -> None:
    """The help has a line for each kind, with exactly the options that apply to it."""
    _, out, _ = sandbox("fail", "--help")
    (line,) = [line for line in map(str.strip, out.splitlines()) if re.match(rf"{kind}\s+(OPERATION\s+)?\S", line)]
    assert set(re.findall(r"--[a-z-]+|OPERATION", line)) == {name for name, kinds in OPTIONS.items() if kind in kinds}


def test_exit_code_of_a_preview(sandbox: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    """A preview's exit code is returned, and its flags are passed on."""
    given: list[Any] = []

    def preview(
        source: Source, stack: str, base: str | None, flags: list[str], _: object, provider: Provider | None
    ) -> int:
        given.append((source, stack, base, flags, provider))
        return 255

    monkeypatch.setattr(deployment, "preview", preview)
    assert sandbox("preview", "staging", "--base", "main", "--provider", "real", "--", "--json")[0] == 255
    assert given == [(OWN, "staging", "main", ["--json"], Provider.REAL)]


def test_status_of_a_folder_with_brackets(sandbox: Callable[..., Outcome], session: Session, tmp_path: Path) -> None:
    """A folder's name is shown unchanged, even with brackets."""
    odd = Session(tmp_path / "[" / "red]")
    odd.folder.mkdir(parents=True)
    server = session.server()
    assert server is not None
    odd.write(dataclasses.replace(server))
    code, out, _ = sandbox("status", on=odd)
    assert code == 0
    assert f"folder: {odd.folder}" in out
    assert datetime.fromisoformat(json.loads(sandbox("status", "--json", on=odd)[1])["now"]).tzinfo == UTC


def test_help(sandbox: Callable[..., Outcome]) -> None:
    """The help lists the commands."""
    code, out, _ = sandbox("--help")
    assert code == 0
    listed = {"up", "down", "status", "advance", "runs", "logs", "mail", "events", "fail", "report", "preview"}
    assert listed <= set(out.split())
