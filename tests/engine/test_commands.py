"""Each command of an operator, as it is typed, on a stack that the real engine deployed and whose jobs really run.

The commands have the credentials of roles with the policies of docs/permissions.md. `pause`, `resume` and `hold` are
shown in test_holds.py too.
"""

from __future__ import annotations

import json
import re
import shlex
import signal
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from emulator.fault_injection.faults import Fault, Kind, Refusal
from sandbox.session import CHECKOUT
from tests.engine.account import REGION
from tests.engine.alerting import text
from tests.engine.operators import ACCOUNT, KEYS, Operators, ended, of_group, people
from tests.engine.supervised import Asking, deployed
from tests.permissions import LOOK, ON_CALL

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "commands"
GROUP = f"scheduled-jobs-{STACK}"
NEVER = "0 0 1 1 ? 2199"
ROLES = {"looks": (LOOK,), "on-call": (LOOK, ON_CALL)}
"""Roles of people, with the policies that they have."""
FAILING, SOUND, SLOW, LOCKED, MIGRATE = "import-rates", "nightly-report", "slow", "locked", "migrate"
OFF = (SLOW, LOCKED, MIGRATE)


@dataclass(frozen=True)
class Team(Operators):
    """People who type commands about the stack."""

    rates: Path
    """The file without which a job fails."""


def place(sandbox: Sandbox) -> dict[str, str]:
    """Return what the placeholders of the policies stand for."""
    definition = sandbox.account.client("ecs").describe_task_definition(taskDefinition="web")["taskDefinition"]
    return {
        **of_group(STACK),
        "log_group": "/sandbox/web",
        "task_role": definition["taskRoleArn"].partition("/")[2],
        "execution_role": definition["executionRoleArn"].partition("/")[2],
    }


@pytest.fixture(scope="module")
def operators(
    sandbox: Sandbox, make_program: Callable[[str], Program], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Team]:
    """Deploy jobs, of which one fails at each tick because a file is missing, and let a tick pass."""
    rates = tmp_path_factory.mktemp("commands") / "rates.csv"
    jobs = {
        FAILING: Asking(command=("sh", "-c", f"cat {rates} || exit 3")),
        SOUND: Asking(),
        SLOW: Asking(command=("sh", "-c", "echo begun; sleep 110")),
        LOCKED: Asking("lock='orders', overlap='queue'"),
        MIGRATE: Asking(),
    }
    off = {name: {"cron": NEVER, "enabled": False} for name in OFF}
    program = make_program(STACK)
    with (
        people(sandbox, ROLES, place(sandbox)),
        deployed(sandbox, program, jobs, schedules=off, alerts={"stops": True}) as alerting,
    ):
        sandbox.pass_hour(minutes=10)
        yield Team(alerting, rates)


def test_who_looks_sees_everything(operators: Team, tmp_path: Path) -> None:
    """Each command that only reads prints what it is for, with the policy of who looks, and its JSON has its keys."""
    commands: dict[tuple[str, ...], str] = {
        ("list", "--owner", f"team-{FAILING}", "--outcome", "failed"): "1 job, 1 schedule; latest ticks: 1 failed",
        ("list", "--state", "off"): f"{LOCKED} +team-locked +off",
        ("next", "--for", "2h"): f"{SOUND}.*\n.*{FAILING}|{FAILING}.*\n.*{SOUND}",
        ("history", FAILING): "failed +failed +failed +0 s +3 ",
        ("show", FAILING): r"(?s)team-import-rates.*rates\.csv \|\| exit 3.*ecs:RunTask",
        ("logs", FAILING): r"^cat: .*/rates\.csv: No such file or directory\n$",
        ("report", "--html", str(tmp_path / "page.html")): r"page\.html",
    }
    operators.see(commands)
    [seen] = operators.told("history", FAILING, who="looks")["ticks"]
    assert f'id="{GROUP}/{FAILING}/{seen["tick"]}"' in (tmp_path / "page.html").read_text("utf-8")
    for words in (("list",), ("next",), ("show", FAILING), ("logs", FAILING), ("report",)):
        operators.told(*words, who="looks")


def test_who_looks_changes_nothing(operators: Team) -> None:
    """Without the policy of who is on call, AWS refuses what a command would change, and the command says so."""
    before = operators.told("list", who="looks")
    refusals = {
        ("run", SOUND): (124, "ecs:RunTask"),
        ("rerun", SOUND, "--tick", before["now"], "--anyway"): (1, "ecs:RunTask"),
        ("pause", "--reason", "none"): (1, "ssm:PutParameter"),
        ("test-alert", SOUND): (1, "lambda:InvokeFunction"),
        ("run", LOCKED): (124, "sqs:SendMessage|sqs:sendmessage"),
    }
    typed = [operators.begin(words[0], "--stack", STACK, *words[1:], who="looks") for words in refusals]
    for process, (code, action) in zip(typed, refusals.values(), strict=True):
        assert re.search(action, ended(process, code)[1])
    assert operators.told("list", who="looks") == before


def test_check_completion_and_key_policy(operators: Team) -> None:
    """The commands that need no account work in the checkout."""
    program = operators.alerting.program
    out, _ = ended(operators.begin("check", STACK, "--json"), 0)
    found = json.loads(out)
    assert found.keys() == KEYS["check"]
    assert found["problems"] == []
    out, _ = ended(operators.begin("completion", "bash"), 0)
    assert out.startswith(f"ops() {{ PYTHONPATH={program.source} ")
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0987dcba-09fe-87dc-65ba-ab0987654321"
    sections = {"encryption": {"kmsKey": key}, "placements": {}, "schedules": {}}
    keyed = {"aws:region": REGION, **{f"scheduled-jobs:{name}": section for name, section in sections.items()}}
    (program.source / "Pulumi.keyed.yaml").write_text(json.dumps({"config": keyed}), encoding="utf-8")
    out, _ = ended(operators.begin("key-policy", "keyed"), 0)
    assert {one["Effect"] for one in json.loads(out)["Statement"]} == {"Allow"}


def test_from_an_alert_to_the_cause_and_a_rerun(operators: Team) -> None:
    """History and log show the cause; when it is gone, the command in the alert makes the tick good."""
    [alert] = operators.alerting.of(FAILING)
    assert (alert["class"], alert["exitCode"]) == ("failed", 3)
    python, *typed = shlex.split(alert["rerun"])
    assert (python, typed[:3], typed[-2:]) == ("python", ["-m", "ops", "rerun"], ["--tick", alert["tick"]])
    operators.rates.write_text("EUR;1\n")
    out, _ = ended(operators.begin(*typed[2:]), 0)
    assert "\n  outcome: failed\n" in out
    assert "Started task " in out
    operators.sandbox.advance(timedelta(minutes=5))
    [(outcome, ran)] = operators.outcomes(FAILING)
    assert (outcome, ran) == ("good", ["failed", "good"])
    assert operators.type("logs", FAILING, who="looks")[0] == "EUR;1\n"
    assert [kind for kind, *_ in operators.alerting.told(FAILING)] == ["alert", "recovered"]
    again, _ = operators.type("rerun", FAILING, "--tick", alert["tick"], code=1)
    assert again == ""


def test_rerun_of_an_incident(operators: Team) -> None:
    """After three hours with two causes, `rerun --failed` runs each tick once, in order; a second one runs none."""
    operators.rates.unlink(missing_ok=True)
    operators.alerting.stage(Fault(Kind.LAUNCH, refusal=Refusal.ERROR), SOUND, times=100)
    begun = operators.sandbox.pass_hour(minutes=0)
    operators.sandbox.advance(timedelta(hours=2, minutes=20))
    operators.sandbox.client.send("DELETE", "faults")
    operators.rates.write_text("EUR;1\n")
    words = ("--failed", "--since", text(begun))
    found = operators.told("rerun", *words)["ticks"]
    ticks = [text(begun + timedelta(hours=number)) for number in range(3)]
    assert [(one["tick"], one["schedule"], one["outcome"], one["error"]) for one in found] == [
        (tick, *of_job, None) for tick in ticks for of_job in ((FAILING, "failed"), (SOUND, "not-launched"))
    ]
    assert all(len(one["tasks"]) == 1 for one in found)
    operators.sandbox.advance(timedelta(minutes=5))
    assert operators.outcomes(FAILING)[:3] == [("good", ["failed", "good"])] * 3
    assert operators.outcomes(SOUND)[:3] == [("good", ["good"])] * 3
    assert operators.type("rerun", *words)[0] == f"No tick since {text(begun)} needs to be run again.\n"


def test_stop_and_a_log_that_is_followed(operators: Team) -> None:
    """The log of a run is followed until the run ends; a stop is in the ledger with its reason, and not alerted."""
    [task] = operators.told("run", SLOW)["tasks"]
    follower = operators.begin("logs", "--stack", STACK, SLOW, "--follow", who="looks")
    assert follower.stderr is not None
    assert follower.stderr.readline().rstrip().endswith(": running")
    stopped = operators.told("stop", SLOW, "--reason", "locks the orders table")
    assert [one["task"] for one in stopped["stopped"]] == [task["task"]]
    assert ended(follower, 0)[0] == "begun\n"
    operators.sandbox.advance(timedelta(minutes=10))
    [tick] = operators.told("history", SLOW, who="looks")["ticks"]
    [run] = tick["runs"]
    assert (tick["outcome"], run["byHand"]) == ("stopped", True)
    assert run["reason"].endswith(": locks the orders table")
    assert operators.alerting.of(SLOW) == []
    assert operators.type("stop", SLOW, "--reason", "again")[0] == f"No run of {SLOW} goes on.\n"


def wait_for(operators: Team, *words: str) -> subprocess.Popen[str]:
    """Start `run --wait --json`."""
    return operators.begin("run", "--stack", STACK, SLOW, "--wait", "--json", *words)


def task_of(process: subprocess.Popen[str]) -> str:
    """Return the id of the task that `run --wait` says it has started."""
    assert process.stderr is not None
    found = re.fullmatch(r"Started task (\w+) on cluster sandbox\.\n", process.stderr.readline())
    assert found
    return found[1]


def test_exit_codes_of_run(operators: Team) -> None:
    """The job's own exit code passes, also one of ours, which JSON tells apart; each of ours says what became of it."""
    own, same = wait_for(operators, "--", "sh", "-c", "exit 7"), wait_for(operators, "--", "sh", "-c", "exit 121")
    late, stopped, interrupted = wait_for(operators, "--timeout", "1s"), wait_for(operators), wait_for(operators)
    to_stop, to_go_on = task_of(stopped), task_of(interrupted)
    interrupted.send_signal(signal.SIGINT)
    assert "the task goes on; watch it: aws " in ended(interrupted, 125)[1]
    for task in (to_stop, to_go_on):
        operators.type("stop", task, "--reason", "enough")
    expected = {
        own: (7, "failed", 7, False),
        same: (121, "failed", 121, False),
        late: (121, "stopped", 143, True),
        stopped: (122, "stopped", 143, False),
    }
    for process, (code, outcome, exit_code, timed_out) in expected.items():
        told = json.loads(ended(process, code)[0])
        assert told.keys() == KEYS["run"]
        assert told["code"] == code
        end = told["end"]
        assert (end["outcome"], end["exitCode"], end["timedOut"]) == (outcome, exit_code, timed_out)
    operators.alerting.stage(Fault(Kind.LAUNCH, refusal=Refusal.FAILURES), SLOW)
    assert operators.type("run", SLOW, "--wait", code=120)[1].startswith("error: RunTask: Capacity is unavailable")
    assert "did you mean" in operators.type("run", "slwo", code=123)[1]
    assert operators.type("run", SLOW, "--revision", "999", code=124)[1].startswith("error: RunTask: ")
    assert "needs --wait" in operators.type("run", SLOW, "--timeout", "1m", code=2)[1]


def test_run_with_options(operators: Team) -> None:
    """A dry run shows the request; a key starts a run once; the log of a waiting run is on standard output."""
    shown = operators.told("run", SOUND, "--dry-run", "--env", "FORMAT=xml", "--memory", "4096", who="looks")
    [container] = shown["request"]["overrides"]["containerOverrides"]
    assert {"name": "FORMAT", "value": "xml"} in container["environment"]
    words = shlex.split("--env FORMAT=xml --idempotency-key 4711 -- printenv FORMAT JOB_TRIGGER")
    first = operators.type("run", SOUND, "--wait", *words)
    again = operators.type("run", SOUND, "--wait", *words)
    assert first[0] == again[0] == "xml\nmanual\n"
    assert first[1] == again[1]


def test_run_of_a_supervised_job(operators: Team) -> None:
    """The supervisor runs it, and `history` shows that somebody asked for it."""
    told = operators.told("run", LOCKED)
    assert told["tasks"] == []
    operators.sandbox.advance(timedelta(minutes=2))
    [tick] = operators.told("history", LOCKED, who="looks")["ticks"]
    [run] = tick["runs"]
    assert (tick["tick"], tick["outcome"], run["byHand"]) == (told["tick"], "good", True)


@pytest.mark.parametrize("code", [0, 9])
def test_step_of_a_pipeline(operators: Team, tmp_path: Path, code: int) -> None:
    """The step of the page on deployments shows the log of the migration and ends as it does; then the hold is over."""
    script = tmp_path / "migrate.sh"
    script.write_text(f"#!/bin/sh\necho migrated\nexit {code}\n")
    script.chmod(0o755)
    page = (CHECKOUT / "docs" / "deployments.md").read_text("utf-8").partition("## Run a job from a pipeline")[2]
    [step] = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    lines = step["run"].replace("--stack production", f"--stack {STACK}").replace("./migrate.sh", str(script))
    assert lines.count(STACK) == 2
    given = {"REVISION": "web:43", "GITHUB_RUN_ID": f"1658821493-{code}"}
    out, err = ended(operators.start("bash", "-e", "-c", lines, more=given), code)
    assert out == "migrated\n", err
    assert operators.told("list", "--state", "held", who="looks")["schedules"] == []


def test_pause_and_resume(operators: Team) -> None:
    """Who is on call pauses a job, which `list` and `next` show, and ends the hold."""
    hold = operators.told("pause", "--job", SOUND, "--reason", "restore")["hold"]["id"]
    [held] = operators.told("list", "--state", "held", who="looks")["schedules"]
    assert (held["schedule"], held["hold"]["reason"]) == (SOUND, "restore")
    assert re.search(f"{SOUND}.*held", operators.type("next", "--for", "1h", who="looks")[0])
    assert operators.told("resume", hold)["changed"] == [SOUND]
    assert operators.told("list", "--state", "held", who="looks")["schedules"] == []


def test_test_alert(operators: Team) -> None:
    """An alert that is marked as a test arrives where the job's alerts do."""
    told = operators.told("test-alert", SOUND)
    assert [(one["protocol"], one["confirmed"]) for one in told["endpoints"]] == [("sqs", True)]
    assert operators.alerting.told(SOUND)[-1][:2] == ("test", "failed")
