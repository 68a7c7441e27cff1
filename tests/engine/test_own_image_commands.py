"""Each command of an operator about jobs that have an image of their own, with the policies of docs/permissions.md."""

from __future__ import annotations

import json
import re
import shlex
import sys
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from emulator.fault_injection.faults import Fault, Kind
from tests import permissions
from tests.engine import own_images
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox, text
from tests.engine.operators import KEYS, Operators, ended, of_group, people
from tests.engine.own_images import ELSEWHERE, HOURLY, PLACE, job_file
from tests.permissions import EXAMINE, LOOK, ON_CALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "image-commands"
GROUP = f"scheduled-jobs-{STACK}"
NEVER = {"cron": "0 0 1 1 ? 2199", "enabled": False}
ROLES = {"looks": (LOOK, EXAMINE), "on-call": (LOOK, EXAMINE, ON_CALL)}
OF_IMAGES = {
    name: value
    for names, value in re.findall(
        r"^\| (`<.*>`) \| `(.+?)`",
        permissions.PAGE.partition("### Who looks and who is on call, with images")[2],
        re.MULTILINE,
    )
    for name in re.findall(r"<([a-z-]+)>", names)
}
"""What the page says that placeholders stand for where jobs have an image of their own."""
PLACEHOLDERS = {
    **of_group(STACK),
    **{
        name.replace("-", "_"): value.replace("<group>", GROUP)
        .replace("<stack>", STACK)
        .replace("<project>", "scheduled-jobs")
        for name, value in OF_IMAGES.items()
    },
    "repository": "commands/app",
    "secret": "commands/db",
    "endpoint": f"{STACK}-inbox",
}
"""What the placeholders of the policies stand for."""
SOUND, FAILING, SLOW, LOCKED = "db-cleanup", "import", "slow", "locked"
PASSWORD = "twelve chars"  # noqa: S105 - planted
READS = "import os; print(len(os.environ['PASSWORD']), os.environ.get('JOB_TRIGGER', 'tick'))"


@pytest.fixture(scope="module")
def operators(
    sandbox: Sandbox, make_program: Callable[[str], Program], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Operators]:
    """Deploy jobs with images, of which one fails the first time, and let a tick pass."""
    with ExitStack() as planted:
        images = planted.enter_context(own_images.repository(sandbox, "commands/app"))
        arn = planted.enter_context(own_images.secret(sandbox, "commands/db", password=PASSWORD))
        queue = planted.enter_context(inbox(sandbox, f"{STACK}-inbox"))
        planted.enter_context(people(sandbox, ROLES, PLACEHOLDERS))
        images.push("1", READS)
        once = tmp_path_factory.mktemp("images") / "once"
        fails = (
            f"import pathlib, sys; p = pathlib.Path({str(once)!r}); n = p.exists(); p.touch(); sys.exit(3 * (not n))"
        )
        reads = f"Image('{images.uri}:1', secrets={{'PASSWORD': '{arn}:password::'}})"
        files = {
            SOUND: job_file(SOUND, reads),
            FAILING: job_file(FAILING, ELSEWHERE, fails),
            SLOW: job_file(SLOW, ELSEWHERE, "import time; print('begun', flush=True); time.sleep(110)"),
            LOCKED: job_file(LOCKED, reads, lock="orders", overlap="queue"),
        }
        program = make_program(STACK)
        program.write_jobs(files={name.replace("-", "_"): file for name, file in files.items()})
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {"default": PLACE},
                "scheduled-jobs:schedules": {SOUND: HOURLY, FAILING: HOURLY, SLOW: NEVER, LOCKED: NEVER},
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        program.up()
        sandbox.pass_hour(minutes=10)
        yield Operators(Alerting(sandbox, program, queue))
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0


def test_commands_that_look(operators: Operators, tmp_path: Path) -> None:
    """Each prints what it is for, with the policies of who looks, and without a warning."""
    commands: dict[tuple[str, ...], str] = {
        ("list",): f"{SOUND} +data +enabled",
        ("next", "--for", "2h"): f"{SOUND}.*\n.*{FAILING}|{FAILING}.*\n.*{SOUND}",
        ("history", FAILING): "failed +failed +failed +0 s +3 ",
        ("show", SOUND): rf"(?s){GROUP}-{SOUND}.*ecs:RunTask",
        ("logs", SOUND): r"^12 tick\n$",
        ("report", "--html", str(tmp_path / "page.html")): r"page\.html",
    }
    operators.see(commands)
    [tick] = operators.told("history", SOUND, who="looks")["ticks"]
    assert f'id="{GROUP}/{SOUND}/{tick["tick"]}"' in (tmp_path / "page.html").read_text("utf-8")
    shown = operators.told("show", SOUND, who="looks")
    [schedule] = shown["schedules"]
    [override] = schedule["request"]["overrides"]["containerOverrides"]
    assert (shown["container"], "command" in override) == ("job", False)
    for words in (("list",), ("next",), ("logs", FAILING), ("report",)):
        operators.told(*words, who="looks")
    checked = json.loads(ended(operators.begin("check", STACK, "--json"), 0)[0])
    assert (checked.keys(), checked["problems"]) == (KEYS["check"], [])


def test_doctor(operators: Operators) -> None:
    """It examines image, roles and secrets of such jobs. A probe is made of a job with a command, and of no other."""
    found = json.loads(operators.type("doctor", SOUND, "--json", who="looks", code=3)[0])["findings"]
    [secret] = [one for one in found if one["state"] != "sound"]
    assert (secret["link"], secret["text"].partition(":")[0]) == ("secrets", "whether its JSON has the key 'password'")
    assert {"image", "roles", "secrets", "task definition"} <= {one["link"] for one in found}
    out, _ = operators.type("doctor", LOCKED, "--probe", code=3)
    assert "the job has no command" in out
    out, _ = operators.type("doctor", SLOW, "--probe", code=3)
    assert "its containers started, and `true` ended with 0" in out


def test_runs_by_hand(operators: Operators) -> None:
    """A run has the image's command, or another one; a dry run shows the request; the supervisor runs its jobs."""
    assert operators.type("run", SOUND, "--wait")[0] == "12 manual\n"
    assert operators.type("run", SOUND, "--wait", "--", "printenv", "PASSWORD")[0] == f"{PASSWORD}\n"
    shown = operators.told("run", SOUND, "--dry-run", "--env", "FORMAT=xml", "--memory", "1024", who="looks")
    assert (shown["request"]["overrides"]["memory"], shown["request"]["taskDefinition"]) == ("1024", f"{GROUP}-{SOUND}")
    asked = operators.told("run", LOCKED)
    operators.sandbox.advance(timedelta(minutes=2))
    [tick] = operators.told("history", LOCKED, who="looks")["ticks"]
    assert (tick["tick"], tick["outcome"], asked["tasks"]) == (asked["tick"], "good", [])


def test_rerun(operators: Operators) -> None:
    """The command of the alert makes the tick good, and `rerun --failed` has nothing left to do."""
    [alert] = [one for one in operators.alerting.of(FAILING) if one["kind"] == "alert"]
    _, _, _, *typed = shlex.split(alert["rerun"])
    out, _ = ended(operators.begin(*typed), 0)
    assert "Started task " in out
    operators.sandbox.advance(timedelta(minutes=5))
    assert operators.outcomes(FAILING)[0] == ("good", ["failed", "good"])
    assert operators.told("rerun", "--failed", "--since", alert["tick"])["ticks"] == []


def test_backfill(operators: Operators) -> None:
    """It runs ticks from before the deployment."""
    last = operators.sandbox.now.replace(minute=0, second=0, microsecond=0)
    period = ("--from", text(last - timedelta(hours=3)), "--to", text(last - timedelta(hours=2)))
    out, err = operators.type("backfill", SOUND, *period, "--run", "--yes")
    assert "good" in out + err
    operators.sandbox.advance(timedelta(minutes=5))
    ticks = operators.told("history", SOUND, "--since", period[1], who="looks")["ticks"]
    assert [tick["outcome"] for tick in ticks][-2:] == ["good", "good"]


def test_stop(operators: Operators) -> None:
    """A run is stopped by hand, its log followed to the end, and nobody alerted."""
    [task] = operators.told("run", SLOW)["tasks"]
    follower = operators.begin("logs", "--stack", STACK, SLOW, "--follow", who="looks")
    assert follower.stderr is not None
    assert follower.stderr.readline().rstrip().endswith(": running")
    stopped = operators.told("stop", SLOW, "--reason", "locks the orders table")
    assert [one["task"] for one in stopped["stopped"]] == [task["task"]]
    assert ended(follower, 0)[0] == "begun\n"
    operators.sandbox.advance(timedelta(minutes=10))
    [tick] = operators.told("history", SLOW, who="looks")["ticks"]
    assert (tick["outcome"], operators.alerting.of(SLOW)) == ("stopped", [])


def test_pause_hold_and_resume(operators: Operators) -> None:
    """No run begins in a hold, and the latest tick that fell into it can be run when it ends."""
    hold = operators.told("pause", "--job", SOUND, "--reason", "restore")["hold"]["id"]
    hour = operators.sandbox.pass_hour(minutes=20)
    assert operators.alerting.tick(SOUND, hour).outcome == "held"
    assert operators.told("resume", hold, "--catch-up", "last")["changed"] == [SOUND]
    operators.sandbox.advance(timedelta(minutes=5))
    assert operators.alerting.tick(SOUND, hour).outcome == "good"
    words = ("hold", "--stack", STACK, "--job", SOUND, "--reason", "migration", "--", sys.executable, "-c", "exit(9)")
    ended(operators.begin(*words), 9)
    assert operators.told("list", "--state", "held", who="looks")["schedules"] == []


def test_test_alert(operators: Operators) -> None:
    """An alert that is marked as a test arrives where the job's alerts do."""
    operators.told("test-alert", SOUND)
    assert operators.alerting.told(SOUND)[-1][:2] == ("test", "failed")


def test_refusals(operators: Operators) -> None:
    """Who looks changes nothing, and hears which permission is missing."""
    refusals = {("run", SOUND): (124, "ecs:RunTask"), ("run", LOCKED): (124, "sqs:SendMessage|sqs:sendmessage")}
    for words, (code, action) in refusals.items():
        assert re.search(action, operators.type(*words, who="looks", code=code)[1])


def test_interrupted_launch(operators: Operators) -> None:
    """A run that cannot start ends `run --wait` with the code for that."""
    operators.alerting.stage(Fault(Kind.START), SOUND)
    assert json.loads(operators.type("run", SOUND, "--wait", "--json", code=120)[0])["code"] == 120
