"""What "Who looks" and "Who is on call" allow is what an operator's commands need, and what people look at besides."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from emulator.iam.policy_evaluation import Request, evaluate
from supervision.limits import Limits
from tests import permissions
from tests.components import doctored
from tests.components.doctored import GROUP, NOW, TICK, WHERE
from tests.components.embedded import ACCOUNT, PROJECT, REGION, EmbeddedCloud
from tests.components.operators import Operator, without
from tests.components.stacks import CLUSTER, job, schedule
from tests.components.test_rerun import questions
from tests.components.watching import FUNCTION, LOG_GROUPS, watched_group

if TYPE_CHECKING:
    from pathlib import Path

    from emulator.gateway.gateway import Call
    from tests.permissions import Policy

DIRECT, SUPERVISED = "cleanup", "nightly-report"
COMMANDS = (
    ("list",),
    ("next",),
    ("history", DIRECT),
    ("show", DIRECT),
    ("report", "--json"),
    ("doctor",),
    ("backfill", DIRECT, "--from", "1d"),
    ("run", DIRECT),
    ("logs", DIRECT),
    ("stop", DIRECT, "--reason", "wrong input"),
    ("rerun", DIRECT, "--tick", TICK, "--anyway"),
    ("rerun", "--failed"),
    ("run", DIRECT, "--through-scheduler"),
    ("run", SUPERVISED),
    ("run", DIRECT, "--through-scheduler"),
    ("pause", "--reason", "restore"),
    ("resume", "--all"),
    ("hold", "--reason", "restore", "--", sys.executable, "-c", ""),
    ("test-alert", DIRECT),
)
"""Commands in an order in which each finds something to do."""
LOOKING = ("list", "next", "history", "show", "report", "doctor", "backfill", "logs")
PEOPLE = re.search(r"^- No command needs (.*?): ", permissions.PAGE, re.MULTILINE | re.DOTALL)
"""Where the page names the actions of who looks that no command needs."""


def program() -> None:
    """Declare a job that Scheduler launches, and a supervised one, which runs the revision of its service."""
    group = watched_group(supervised=True)
    job(group, name=DIRECT, log_groups=LOG_GROUPS)
    limits = Limits(start_deadline=7200, run_revision="service")
    job(group, schedule(limits=limits), name=SUPERVISED, log_groups=LOG_GROUPS, service="web")


@pytest.fixture
def asked(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> dict[str, list[Request]]:
    """Type every command, and return what AWS asks IAM about each."""
    monkeypatch.chdir(tmp_path)
    answer = {"StatusCode": 200, "Payload": b"null"}
    monkeypatch.setitem(cloud.embedded.gateway._answers, ("lambda", "Invoke"), lambda _: answer)
    doctored.deploy(cloud, program, jobs=(DIRECT, SUPERVISED))
    found: dict[str, list[Request]] = {}
    for command, *words in COMMANDS:
        typed = words.index("--") if "--" in words else len(words)
        operator = Operator(cloud, monkeypatch, capsys, command, NOW)
        code, _, err = operator.runs(*words[:typed], *WHERE, *words[typed:])
        expected = (0, 1, 3) if command == "doctor" else (0,)
        assert code in expected, err
        found[" ".join([command, *words])] = [one for call in operator.calls() for one in about(call)]
    return found


def about(call: Call) -> list[Request]:
    """Return what AWS asks IAM about a call. The sandbox asks about StopTask when it has found the task."""
    if call.operation == "StopTask":
        return [Request("ecs:StopTask", call.params["task"], {"ecs:cluster": CLUSTER})]
    return questions(call)


def test_each_action_is_needed(asked: dict[str, list[Request]]) -> None:
    """The policies allow every call. Without any one action, a command is refused, or people miss it."""
    names = {"project": PROJECT, "group": GROUP, "account": ACCOUNT, "region": REGION, "watch": FUNCTION}
    places = {"cluster": "staging", "family": "web", "log_group": "/ecs/web"}
    roles = {"task_role": "task", "execution_role": "execution", "repository": "app"}
    own = {name: f"{GROUP}-{name}" for name in ("alarms", "runs", "supervisor")}
    known = {**names, **own, **places, **roles}
    looking, examining, on_call = permissions.held_by("on call", **known)
    for typed, of_command in asked.items():
        policies = [looking, examining] if typed.split()[0] in LOOKING else [looking, examining, on_call]
        assert [one for one in of_command if not evaluate(one, policies).allowed] == [], typed
    everything = [one for some in asked.values() for one in some]

    def refused(*policies: Policy) -> bool:
        return not all(evaluate(one, policies).allowed for one in everything)

    spare = {one for one in permissions.actions(looking) if not refused(without(looking, one), examining, on_call)}
    assert PEOPLE
    assert spare == set(re.findall("`(.*?)`", PEOPLE[1]))
    for statement in on_call["Statement"]:
        for action in permissions.listed(statement["Action"]):
            others = [one for one in on_call["Statement"] if one is not statement]
            rest = without({"Statement": [statement]}, action)["Statement"]
            assert refused(looking, examining, {**on_call, "Statement": [*others, *rest]}), (statement["Sid"], action)
