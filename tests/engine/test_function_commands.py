"""Each command of an operator about jobs that are a Lambda function, with the policies of docs/permissions.md."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, FunctionFailure, Kind
from tests.engine import own_functions
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox, text
from tests.engine.operators import KEYS, Operators, ended, of_group, people
from tests.permissions import EXAMINE, FUNCTIONS_LOOK, HANDLERS_LOOK, LOOK, ON_CALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "function-commands"
GROUP = f"scheduled-jobs-{STACK}"
HOURLY, NEVER = "cron(0 * * * ? *)", {"cron": "0 0 1 1 ? 2199", "enabled": False}
LOOKS = (LOOK, EXAMINE, FUNCTIONS_LOOK, HANDLERS_LOOK)
ROLES = {"looks": LOOKS, "on-call": (*LOOKS, ON_CALL)}
PLACEHOLDERS = {
    **of_group(STACK),
    "function": "commands-*",
    "function_role": "commands-*",
    "handler": f"{GROUP}-job-*",
    "endpoint": f"{STACK}-inbox",
}
"""What the placeholders of the policies stand for."""
SOUND, FAILING, BROKEN, SLOW, FOLDER = "rates", "import", "broken", "slow", "folder"
BY_HAND = "event.get('trigger', 'tick')"
CODE = {
    SOUND: f"print({BY_HAND}, event['tick'])",
    FAILING: f"print({BY_HAND})\n    if 'trigger' not in event: raise ValueError('no rates today')",
    BROKEN: "print('no table'); raise ValueError('no rates at all')",
    SLOW: "print('done')",
}
"""What the functions of others do."""
OF_TASKS = re.compile(r"(?<!\")\b(tasks?|cluster|ECS)\b(?! timed out after)(?!\")", re.IGNORECASE)
"""A word of containers. Lambda itself says `Task timed out after`, and the keys of JSON are those of all jobs."""


def name(job: str) -> str:
    """Return the name of the function of somebody else that runs a job."""
    return f"commands-{job}"


def job_file(job: str, function: str, **asks: object) -> str:
    """Return the file of a job."""
    more = "".join(f", {field}={value!r}" for field, value in asks.items())
    return (
        "from settings import Function, Handler, Job\n\n"
        f"JOB = Job(name={job!r}, owner='data', function={function}{more})\n"
    )


@pytest.fixture(scope="module")
def operators(sandbox: Sandbox, make_program: Callable[[str], Program]) -> Iterator[Operators]:
    """Deploy jobs with functions, of which one fails unless somebody asks for the run, and let a tick pass."""
    with ExitStack() as planted:
        for job, code in CODE.items():
            own_functions.make(sandbox, name(job), code)
            own_functions.allow(sandbox, name(job), own_functions.LOGS, own_functions.grant(GROUP))
            planted.callback(own_functions.delete, sandbox, name(job))
        queue = planted.enter_context(inbox(sandbox, f"{STACK}-inbox"))
        planted.enter_context(people(sandbox, ROLES, PLACEHOLDERS))
        program = make_program(STACK)
        function = {job: f"Function({own_functions.arn(name(job))!r})" for job in CODE}
        asks: dict[str, dict[str, object]] = {SLOW: {"retries": 2, "backoff": "1m"}, FAILING: {"overlap": "queue"}}
        files = {job: job_file(job, function[job], **asks.get(job, {})) for job in CODE}
        files[FOLDER] = job_file(FOLDER, "Handler('jobs/files', handler='app.handle')", timeout="5m")
        program.write_jobs(files=files)
        (program.source / "jobs" / "files").mkdir()
        (program.source / "jobs" / "files" / "app.py").write_text("def handle(event, context):\n    print('packed')\n")
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {},
                "scheduled-jobs:schedules": {SOUND: HOURLY, FAILING: HOURLY, BROKEN: NEVER, SLOW: NEVER, FOLDER: NEVER},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        program.up()
        sandbox.pass_hour(minutes=10)
        yield Operators(Alerting(sandbox, program, queue))
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


def said(process: subprocess.Popen[str], code: int = 0) -> str:
    """Wait for a command that ends with this code; return what it printed, which has no word of containers."""
    out, err = ended(process, code)
    assert OF_TASKS.search(out + err) is None, out + err
    return out + err


def types(operators: Operators, command: str, *words: str, who: str = "on-call", code: int = 0) -> str:
    """Type a command about the stack, and return what it printed, which has no word of containers."""
    return said(operators.begin(command, "--stack", STACK, *words, who=who), code)


def stage(operators: Operators, job: str, fails: FunctionFailure, times: int = 1) -> None:
    """Stage failures of the function that somebody else owns."""
    operators.alerting.stage(Fault(Kind.FUNCTION, name=name(job), fails=fails), None, times=times)


def test_commands_that_look(operators: Operators, tmp_path: Path) -> None:
    """Each prints what it is for, with the policies of who looks, and without a warning."""
    commands: dict[tuple[str, ...], str] = {
        ("list",): f"{SOUND} +data +enabled",
        ("next", "--for", "2h"): f"{SOUND}.*\n.*{FAILING}|{FAILING}.*\n.*{SOUND}",
        ("history", FAILING): "INVOCATION(?s:.*)failed +failed +failed",
        ("show", SOUND): rf"(?s){name(SOUND)}.*lambda:InvokeFunction",
        ("show", FOLDER): rf"(?s){GROUP}-job-{FOLDER}.*lambda:InvokeFunction",
        ("logs", SOUND): r"tick 20",
        ("report", "--html", str(tmp_path / "page.html")): r"page\.html",
    }
    for found in operators.see(commands):
        assert OF_TASKS.search(found) is None, found
    [tick] = operators.told("history", SOUND, who="looks")["ticks"]
    assert f'id="{GROUP}/{SOUND}/{tick["tick"]}"' in (tmp_path / "page.html").read_text("utf-8")
    [run] = tick["runs"]
    invocation = run["task"].rpartition("/")[2]
    for words in (("--run", invocation), ("--run", run["task"]), ("--tick", tick["tick"]), ("--follow",)):
        assert f"tick {tick['tick']}, invocation {invocation}: good" in types(operators, "logs", SOUND, *words)
    assert "no run of rates" in types(operators, "logs", SOUND, "--run", "0" * 32, code=1)
    for words in (("list",), ("next",), ("logs", FAILING), ("report",)):
        operators.told(*words, who="looks")
    shown = json.loads(types(operators, "show", SOUND, "--json", who="looks"))
    assert shown.keys() == {*KEYS["show"], "function"}
    checked = json.loads(said(operators.begin("check", STACK, "--json")))
    assert (checked.keys(), checked["problems"]) == (KEYS["check"], [])


def test_doctor(operators: Operators) -> None:
    """It examines the functions. A probe is made of tasks only, and it says so."""
    found = json.loads(operators.type("doctor", "--json", who="looks", code=1)[0])["findings"]
    examined = {(job, one["state"]) for one in found if one["link"] == "function" for job in one["jobs"]}
    assert examined == {(job, "sound") for job in (*CODE, FOLDER)}
    types(operators, "doctor", SOUND, who="looks")
    out, _ = operators.type("doctor", SOUND, "--probe", code=3)
    assert "a probe is a task, and a function runs this job" in out


def test_runs_by_hand(operators: Operators) -> None:
    """`run --wait` shows the log and ends as the run does: good, failed, or at the function's time limit."""
    stage(operators, SLOW, FunctionFailure.TIMEOUT, times=3)
    last = text(operators.sandbox.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=5))
    runs = {
        (SOUND, "--tick", last): (0, f"manual {last}\n"),
        (FOLDER,): (0, "packed\n"),
        (BROKEN,): (1, "no table\n"),
        (SLOW,): (122, ""),
    }
    typed = [operators.begin("run", "--stack", STACK, *words, "--wait") for words in runs]
    for process in typed:
        assert process.stderr is not None
        assert process.stderr.readline().endswith(": asked the supervisor\n")
    operators.sandbox.advance(timedelta(minutes=15))
    ends = dict(
        zip(runs, (ended(process, code) for process, (code, _) in zip(typed, runs.values(), strict=True)), strict=True)
    )
    for words, (_, log) in runs.items():
        out, err = ends[words]
        assert log in out
        assert OF_TASKS.search(out + err) is None, out + err
        assert re.search(r"invocation [0-9a-f-]{36} of ", err)
    assert ends[BROKEN,][1].endswith(f"{BROKEN}: failed: ValueError: no rates at all\n")
    assert ends[SLOW,][1].endswith(f"{SLOW}: timed out: Task timed out after 3.00 seconds\n")
    shown = json.loads(types(operators, "run", SOUND, "--dry-run", "--json", who="looks"))
    assert (shown["message"]["schedule"], shown["request"]["Payload"]["job"]) == (SOUND, SOUND)
    assert "is supervised" in types(operators, "run", SOUND, "--env", "FORMAT=xml", code=124)
    assert re.search("sqs:SendMessage", types(operators, "run", SOUND, who="looks", code=124), re.IGNORECASE)


def test_rerun(operators: Operators) -> None:
    """The command of the alert makes the tick good, and `rerun --failed` does so with the next one."""
    [alert] = [one for one in operators.alerting.of(FAILING) if one["kind"] == "alert"]
    _, _, _, *typed = shlex.split(alert["rerun"])
    assert "Asked the supervisor to run it (request " in said(operators.begin(*typed))
    hour = operators.sandbox.pass_hour(minutes=5)
    assert operators.outcomes(FAILING) == [("failed", ["failed"]), ("good", ["failed", "good"])]
    words = ("--failed", "--job", FAILING, "--since", alert["tick"])
    assert f"tick {text(hour)}: asked the supervisor (request " in types(operators, "rerun", *words)
    operators.sandbox.advance(timedelta(minutes=5))
    assert operators.outcomes(FAILING)[0] == ("good", ["failed", "good"])
    assert operators.told("rerun", *words)["ticks"] == []


def test_backfill(operators: Operators) -> None:
    """It runs ticks from before the deployment."""
    last = operators.sandbox.now.replace(minute=0, second=0, microsecond=0)
    period = ("--from", text(last - timedelta(hours=4)), "--to", text(last - timedelta(hours=3)))
    backfill = operators.begin("backfill", "--stack", STACK, SOUND, *period, "--parallel", "2", "--run", "--yes")
    while backfill.poll() is None:
        operators.sandbox.advance(timedelta(seconds=30))
        with suppress(subprocess.TimeoutExpired):
            backfill.wait(timeout=1)
    assert "good" in said(backfill)
    ticks = operators.told("history", SOUND, "--since", period[1], who="looks")["ticks"]
    assert {tick["tick"]: tick["outcome"] for tick in ticks}.items() >= {period[1]: "good", period[3]: "good"}.items()


def test_stop(operators: Operators) -> None:
    """An invocation goes on, which is said, and no attempt follows it."""
    stage(operators, SLOW, FunctionFailure.THROTTLE, times=1000)
    asked = operators.told("run", SLOW)
    operators.sandbox.advance(timedelta(seconds=20))
    follower = operators.begin("logs", "--stack", STACK, SLOW, "--follow", who="looks")
    assert follower.stderr is not None
    assert re.search(r"invocation [0-9a-f-]{36}: running\n$", follower.stderr.readline())
    [tick] = [one for one in operators.told("history", SLOW)["ticks"] if one["tick"] == asked["tick"]]
    invocation = tick["runs"][0]["task"]
    assert f"invocation {invocation.rpartition('/')[2]} since " in types(operators, "show", SLOW)
    assert f"on: {SLOW} since " in types(operators, "pause", "--job", SLOW, "--reason", "restore")
    for command in ("list", "next", "report"):
        types(operators, command)
    types(operators, "resume", "--all")
    for run in (invocation, invocation.rpartition("/")[2]):
        refused = types(operators, "stop", run, "--reason", "wrong input", code=1)
        assert f"nobody can stop the invocation {invocation.rpartition('/')[2]} of {SLOW}; `stop {SLOW}` " in refused
    stopped = types(operators, "stop", SLOW, "--reason", "wrong input")
    assert f"its invocation {invocation.rpartition('/')[2]} of {name(SLOW)} goes on, and no attempt follows" in stopped
    late = operators.begin("run", "--stack", STACK, SLOW, "--wait", "--timeout", "6s")
    assert late.stderr is not None
    assert late.stderr.readline() == f"{SLOW}: asked the supervisor\n"
    operators.sandbox.advance(timedelta(seconds=20))
    assert said(late, 121).endswith(
        f"{SLOW}: took too long: nobody can stop its invocation, which goes on; no attempt follows\n"
    )
    operators.sandbox.advance(timedelta(seconds=20))
    assert "Nobody can stop the invocation " in types(operators, "stop", SLOW, "--reason", "wrong input")
    operators.sandbox.advance(timedelta(minutes=20))
    said(follower)
    operators.sandbox.client.send("DELETE", "faults")
    [tick] = [one for one in operators.told("history", SLOW)["ticks"] if one["tick"] == asked["tick"]]
    assert [one["task"] for one in tick["runs"]] == [invocation]
    assert types(operators, "stop", SLOW, "--reason", "again") == f"No run of {SLOW} goes on.\n"


def test_pause_hold_and_resume(operators: Operators) -> None:
    """No run begins in a hold, and the latest tick that fell into it can be run when it ends."""
    hold = operators.told("pause", "--job", SOUND, "--reason", "restore")["hold"]["id"]
    hour = operators.sandbox.pass_hour(minutes=20)
    assert operators.alerting.tick(SOUND, hour).outcome == "held"
    assert "asked the supervisor" in types(operators, "resume", hold, "--catch-up", "last")
    operators.sandbox.advance(timedelta(minutes=5))
    assert operators.alerting.tick(SOUND, hour).outcome == "good"
    words = ("hold", "--stack", STACK, "--job", SOUND, "--reason", "migration", "--", sys.executable, "-c", "exit(9)")
    said(operators.begin(*words), 9)
    assert operators.told("list", "--state", "held", who="looks")["schedules"] == []


def test_test_alert(operators: Operators) -> None:
    """An alert that is marked as a test arrives where the job's alerts do."""
    types(operators, "test-alert", SOUND)
    assert operators.alerting.told(SOUND)[-1][:2] == ("test", "failed")
