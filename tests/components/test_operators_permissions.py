"""What "Who looks" and "Who is on call" allow is what an operator's commands need, and what people look at besides."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from components import (
    FunctionAlias,
    FunctionAliasArgs,
    HandlerFunction,
    HandlerFunctionArgs,
    ScheduledJob,
    ScheduledJobArgs,
    caller_archive,
)
from emulator.iam.policy_evaluation import Request, evaluate
from emulator.logs.log_streams import make_log_group, write_log
from supervision.flights import Launch
from supervision.limits import Limits
from tests import permissions
from tests.components import doctored
from tests.components.doctored import GROUP, NOW, TICK, WHERE
from tests.components.embedded import ACCOUNT, PROJECT, REGION, EmbeddedCloud
from tests.components.operators import Operator, without
from tests.components.stacks import CLUSTER, PLACE, ROLES, job, schedule
from tests.components.test_rerun import questions
from tests.components.watching import FUNCTION, LOG_GROUPS, watched_group
from tests.unit.supervision.flying import flight
from watch import classes, instants
from watch.records import JobRecord, OpenRun, Run, ScheduleRecord, Tick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from components import FunctionPlace, JobGroup, ProcessPlace, WorkPlace
    from emulator.gateway.gateway import Call
    from tests.permissions import Policy
    from watch.ledger import Ledger

    Place = FunctionPlace | ProcessPlace | WorkPlace

DIRECT, SUPERVISED = "cleanup", "nightly-report"
WORKS, SWEEPS, ASKS = "warm-cache", "sweep-carts", "refresh"
QUEUE, CALLER, SECRET = f"{GROUP}-work-web", f"{GROUP}-job-{ASKS}", "fleet"
CALLER_LOG = f"/aws/lambda/{CALLER}"
RUNS = {
    WORKS: f"arn:aws:sqs:{PLACE}:{QUEUE}/{'1' * 32}",
    SWEEPS: f"arn:aws:dynamodb:{PLACE}:table/{GROUP}-claims/{'2' * 32}",
    ASKS: f"arn:aws:lambda:{PLACE}:function:{CALLER}:{GROUP}-{ASKS}/01234567-0123-4567-89ab-0123456789ab",
}
"""The run of the latest tick of each job that is no task."""
BEGUN = int(instants.read(TICK).timestamp())
FLEET = (permissions.HANDLERS_LOOK, permissions.REQUESTS_LOOK, permissions.SERVICES_LOOK)
"""The policies of who looks at jobs that are a request, or that a service runs."""
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
    ("show", WORKS),
    ("show", ASKS),
    ("logs", WORKS),
    ("logs", SWEEPS),
    ("logs", ASKS),
    ("stop", WORKS, "--reason", "wrong input"),
    ("run", WORKS),
    ("rerun", ASKS, "--tick", TICK, "--anyway"),
)
"""Commands in an order in which each finds something to do."""
LOOKING = ("list", "next", "history", "show", "report", "doctor", "backfill", "logs")
PEOPLE = re.search(r"^- No command needs (.*?): ", permissions.PAGE, re.MULTILINE | re.DOTALL)
"""Where the page names the actions of who looks that no command needs."""
AT_A_CLAIM = re.search(
    r"^- `python -m ops doctor` needs all of it but `(.*?)`, which no command needs:", permissions.PAGE, re.MULTILINE
)
"""Where it names the one of who looks at jobs that a service runs."""


def program() -> None:
    """Declare a job that Scheduler launches, a supervised one with its service's revision, and those of a fleet."""
    group = watched_group({"function_logs": [*LOG_GROUPS, CALLER_LOG]}, supervised=True, workers=["web"])
    job(group, name=DIRECT, log_groups=LOG_GROUPS)
    limits = Limits(start_deadline=7200, run_revision="service")
    job(group, schedule(limits=limits), name=SUPERVISED, log_groups=LOG_GROUPS, service="web")
    places: dict[str, Place] = {
        WORKS: group.work_place("web", WORKS, LOG_GROUPS[0], ROLES[0]),
        SWEEPS: group.process_place(LOG_GROUPS[0], ROLES[0]),
        ASKS: replace(caller(group).place, receiver=SECRET),
    }
    for name, place in places.items():
        daily = schedule(limits=Limits(start_deadline=7200))
        ScheduledJob(name, ScheduledJobArgs(group=group, placement=place, owner="data", schedules=[daily]))


def caller(group: JobGroup) -> FunctionAlias:
    """Declare the function that sends the requests of a job."""
    made = HandlerFunction(
        ASKS,
        HandlerFunctionArgs(
            group=group,
            owner="data",
            code=caller_archive.archive(),
            handler=caller_archive.ENTRY,
            timeout=60,
            environment={"RECEIVER_SECRET": f"arn:aws:secretsmanager:{PLACE}:secret:{SECRET}"},
        ),
    )
    args = FunctionAliasArgs(
        group=group, function_name=made.function.name, timeout=60, callback_within=3600, log_group=CALLER_LOG
    )
    return FunctionAlias(ASKS, args)


def record(ledger: Ledger) -> None:
    """Let each job in the fleet have a run, of which that of the worker waits in the queue."""
    for name, run in RUNS.items():
        id_, outcome = run.rpartition("/")[2], classes.RUNNING if name == WORKS else "good"
        tick = Tick(name, name, TICK, outcome, runs={id_: Run(run, 1, "QUEUED", created=TICK, outcome=outcome)})
        known = JobRecord(name, schedules={name: ScheduleRecord(checked=TICK)})
        if name == WORKS:
            known.open[id_] = OpenRun(run, "", name, TICK, TICK)
            launch = Launch(1, 1, BEGUN, calls=1, task=run, created=BEGUN)
            known.traffic.flights = [flight(job=name, tick=TICK, launches=1, launch=launch)]
        assert ledger.save(known, [tick], NOW)


def write(run: str, log_group: str) -> None:
    """Write the lines of a run."""
    id_, at = run.rpartition("/")[2], instants.read(TICK)
    make_log_group(ACCOUNT, REGION, log_group)
    lines = [f"START RequestId: {id_}", "swept", f"END RequestId: {id_}"]
    if log_group != CALLER_LOG:
        lines = [
            json.dumps({"event": "run-started", "run": run}),
            "swept",
            json.dumps({"event": "run-ended", "run": run}),
        ]
    write_log(ACCOUNT, REGION, log_group, f"web/{id_}", [(at, line) for line in lines])


@pytest.fixture
def asked(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> dict[str, list[Request]]:
    """Type every command, and return what AWS asks IAM about each."""
    monkeypatch.chdir(tmp_path)
    answer = {"StatusCode": 200, "Payload": b"null"}
    monkeypatch.setitem(cloud.embedded.gateway._answers, ("lambda", "Invoke"), lambda _: answer)
    cloud.client("secretsmanager").create_secret(Name=SECRET, SecretString="a-secret-of-more-than-24-bytes")
    record(doctored.deploy(cloud, program, jobs=(DIRECT, SUPERVISED)))
    for name, run in RUNS.items():
        write(run, CALLER_LOG if name == ASKS else LOG_GROUPS[0])
    found: dict[str, list[Request]] = {}
    for command, *words in COMMANDS:
        typed = words.index("--") if "--" in words else len(words)
        operator = Operator(cloud, monkeypatch, capsys, command, NOW)
        code, out, err = operator.runs(*words[:typed], *WHERE, *words[typed:])
        expected = (0, 1, 3) if command == "doctor" else (0,)
        assert code in expected, err
        assert (command, words) not in [("logs", [name]) for name in RUNS] or "swept" in out
        found[" ".join([command, *words])] = [one for call in operator.calls() for one in about(call)]
    return found


def about(call: Call) -> list[Request]:
    """Return what AWS asks IAM about a call. The sandbox asks about StopTask when it has found the task."""
    if call.operation == "StopTask":
        return [Request("ecs:StopTask", call.params["task"], {"ecs:cluster": CLUSTER})]
    return questions(call)


def test_each_action_is_needed(asked: dict[str, list[Request]]) -> None:
    """The policies allow every call. Without any one action, a command is refused, or people miss it."""
    names = {
        "project": PROJECT,
        "group": GROUP,
        "account": ACCOUNT,
        "region": REGION,
        "watch": FUNCTION,
        "secret": SECRET,
    }
    fleet = {"handler": CALLER, "work_queue": QUEUE}
    places = {"cluster": "staging", "family": "web", "log_group": "/ecs/web"}
    roles = {"task_role": "task", "execution_role": "execution", "repository": "app"}
    own = {name: f"{GROUP}-{name}" for name in ("alarms", "runs", "supervisor")}
    known = {**names, **own, **places, **roles, **fleet}
    looking, examining, on_call = permissions.held_by("on call", **known)
    of_fleet = [permissions.policy(title, **known) for title in FLEET]
    for typed, of_command in asked.items():
        who = [looking, examining, *of_fleet]
        policies = who if typed.split()[0] in LOOKING else [*who, on_call]
        assert [one for one in of_command if not evaluate(one, policies).allowed] == [], typed
    everything = [one for some in asked.values() for one in some]

    def refused(*policies: Policy) -> bool:
        return not all(evaluate(one, policies).allowed for one in everything)

    spare = {
        one for one in permissions.actions(looking) if not refused(without(looking, one), examining, on_call, *of_fleet)
    }
    assert PEOPLE
    assert spare == set(re.findall("`(.*?)`", PEOPLE[1]))
    needless = [
        (sid, action)
        for judged in (on_call, *of_fleet)
        for sid, action, rest in each_without_one(judged)
        if not refused(*(rest if one is judged else one for one in (looking, examining, on_call, *of_fleet)))
    ]
    assert AT_A_CLAIM
    assert needless == [("SeeClaims", AT_A_CLAIM[1])]


def each_without_one(policy: Policy) -> Iterator[tuple[str, str, Policy]]:
    """Yield each statement and action of a policy, with the policy that lacks it there."""
    for statement in policy["Statement"]:
        for action in permissions.listed(statement["Action"]):
            others = [one for one in policy["Statement"] if one is not statement]
            rest = without({"Statement": [statement]}, action)["Statement"]
            yield statement["Sid"], action, {**policy, "Statement": [*others, *rest]}
