"""Tests of `python -m ops show` with a deployed program."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from emulator.gateway.gateway import AwsError
from emulator.iam.policy_evaluation import evaluate
from holds import switching
from holds.standing import Step
from holds.storage import Storage
from tests import permissions
from tests.components import stacks
from tests.components.embedded import ACCOUNT, PROJECT, REGION, EmbeddedCloud
from tests.components.operators import Operator, allowed, without
from tests.components.stacks import CLUSTER, PLACE, schedule
from tests.components.test_list import DEPLOYED_AT, GROUP, NOW, WHERE, table
from tests.components.watching import FUNCTION, LOG_GROUPS, supervised_program, watched_group
from watch import pausing
from watch.ledger import Ledger
from watch.records import JobRecord, Pause, Run, Tick

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.gateway.gateway import Call

TICK = "2027-02-03T01:00:00Z"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app:1"
CONSOLE = f"https://{REGION}.console.aws.amazon.com"


@pytest.fixture
def operator(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    """Return an operator who types `show`."""
    return Operator(cloud, monkeypatch, capsys, "show", NOW)


def direct() -> object:
    """Declare a job that Scheduler launches, with a variable whose name looks secret."""
    given = schedule(environment={"API_TOKEN": "hunter22", "FORMAT": "csv"})
    return stacks.job(watched_group(), given, log_groups=LOG_GROUPS)


def deploy(cloud: EmbeddedCloud, declare: Callable[[], object]) -> str:
    """Deploy a job that failed once, and return the ARN of its launch role."""
    with time_machine.travel(DEPLOYED_AT, tick=False):
        cloud.run(declare)
    ledger = Ledger(cloud.client("dynamodb"), table(cloud), 90)
    ledger.note_check(NOW, supervises=False)
    run = Run(f"arn:aws:ecs:{PLACE}:task/staging/0a", 3, "STOPPED", outcome="failed", exit_code=3)
    tick = Tick("nightly-report", "nightly-report", TICK, "failed", "failed", runs={"0a": run})
    assert ledger.save(JobRecord("nightly-report", trouble={"nightly-report": TICK}), [tick], NOW)
    found = cloud.client("iam").list_roles(PathPrefix=f"/{PROJECT}/{GROUP}/")["Roles"]
    [arn] = [one["Arn"] for one in found if one["RoleName"].startswith("nightly-report")]
    return str(arn)


def shown(operator: Operator, *arguments: str) -> dict[str, Any]:
    """Return the command's JSON, which comes without a warning."""
    code, out, err = operator.runs("nightly-report", *WHERE, *arguments, "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_shows_everything_as_json(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The values are those of the job's item, of the schedule in AWS, of the ledger and of the launch role."""
    role = deploy(cloud, direct)
    found = shown(operator)
    [own], [tick], [launch_role] = found.pop("schedules"), found.pop("ticks"), found.pop("launchRoles")
    assert found == {
        "job": "nightly-report",
        "group": GROUP,
        "region": REGION,
        "now": "2027-02-03T09:00:00Z",
        "deployed": True,
        "owner": "data",
        "severity": "error",
        "runbook": "https://wiki.example.com/nightly-report",
        "cluster": CLUSTER,
        "taskDefinition": "web",
        "container": "app",
        "images": dict.fromkeys(("app", "sidecar"), IMAGE),
        "kind": "task",
        "supervised": False,
        "console": {
            "tasks": f"{CONSOLE}/ecs/v2/clusters/staging/tasks?region={REGION}",
            "taskDefinition": f"{CONSOLE}/ecs/v2/task-definitions/web?region={REGION}",
            "nightly-report": f"{CONSOLE}/scheduler/home?region={REGION}#schedules/{GROUP}/nightly-report",
            role.rpartition("/")[2]: (
                f"https://console.aws.amazon.com/iam/home#/roles/details/{role.rpartition('/')[2]}"
            ),
        },
    }
    assert (own["state"], own["words"], own["lastOutcome"]) == (
        "enabled",
        "at 02:00 every day, Europe/Berlin",
        "failed",
    )
    assert own["nextTicks"] == [f"2027-02-0{day}T01:00:00Z" for day in (4, 5, 6)]
    assert (own["launchRole"], own["limits"], own["doneBy"]) == (role, None, None)
    request = own["request"]
    assert (request["taskDefinition"], request["group"]) == ("web", f"{GROUP}:nightly-report")
    [override] = request["overrides"]["containerOverrides"]
    values = {pair["name"]: pair["value"] for pair in override["environment"]}
    assert (values["API_TOKEN"], values["FORMAT"]) == ("[API_TOKEN]", "csv")
    assert values["JOB_SCHEDULED_TIME"] == "<aws.scheduler.scheduled-time>"
    assert (tick["tick"], tick["runs"][0]["exitCode"]) == (TICK, 3)
    assert (launch_role["role"], launch_role["unread"]) == (role, None)
    [document] = launch_role["policies"].values()
    assert "ecs:RunTask" in json.dumps(document)


def test_shows_it_as_a_page(cloud: EmbeddedCloud, operator: Operator) -> None:
    """People see the same, in the order in which they ask."""
    role = deploy(cloud, direct)
    code, out, err = operator.runs("nightly-report", *WHERE)
    assert (code, err) == (0, "")
    assert "hunter22" not in out
    lines = out.splitlines()
    assert lines[:23] == [
        "nightly-report",
        "    owner             data",
        "    severity          error",
        "    runbook           https://wiki.example.com/nightly-report",
        "    cluster           staging",
        "    task definition   web",
        "    container         app",
        f"    image             {IMAGE}",
        f"    image of sidecar  {IMAGE}",
        "    launched by       Scheduler",
        "",
        "Schedule nightly-report: enabled, at 02:00 every day, Europe/Berlin",
        (
            "    next               Thu 2027-02-04 02:00 CET (Thu 01:00 UTC); "
            "Fri 2027-02-05 02:00 CET (Fri 01:00 UTC); Sat 2027-02-06 02:00 CET (Sat 01:00 UTC)"
        ),
        f"    last               failed ({TICK})",
        "",
        "Latest ticks:",
        "    TICK                      OUTCOME  ALERT   RUN     EXIT  UTC                   TASK",
        "    Wed 2027-02-03 02:00 CET  failed   failed  failed  3     2027-02-03T01:00:00Z  0a",
        "",
        "Request of nightly-report:",
        "    {",
        f'      "cluster": "{CLUSTER}",',
        '      "taskDefinition": "web",',
    ]
    titles = [line for line in lines if line and not line.startswith(" ")]
    assert titles[3:] == ["Request of nightly-report:", f"Launch role {role}:", "In the console:"]


def test_shows_the_request_of_a_supervised_job(cloud: EmbeddedCloud, operator: Operator) -> None:
    """It is in the job's item, and so are the limits."""
    role = deploy(cloud, supervised_program())
    found = shown(operator)
    [own] = found["schedules"]
    assert (found["supervised"], own["launchRole"], [one["role"] for one in found["launchRoles"]]) == (
        True,
        role,
        [role],
    )
    assert own["request"]["overrides"]["containerOverrides"][0]["command"] == ["python", "manage.py", "build_report"]
    assert own["limits"]["start_deadline"]
    out = operator.runs("nightly-report", *WHERE)[1]
    assert "    launched by       the supervisor\n" in out
    assert "    limits             start_deadline " in out


def test_shows_a_job_that_is_paused(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The page says after how many ticks the job is paused, and who holds it now. No tick is to come."""
    deploy(cloud, lambda: stacks.job(watched_group(), schedule(pause_after=3), log_groups=LOG_GROUPS))
    assert (shown(operator)["schedules"][0]["pauseAfter"], shown(operator)["schedules"][0]["hold"]) == (3, None)
    hold = pausing.hold("nightly-report", Pause("nightly-report", TICK, TICK, 3))
    Storage(cloud.client("ssm"), GROUP).put(hold)
    with time_machine.travel(DEPLOYED_AT, tick=False):
        switching.switch(cloud.client("scheduler"), GROUP, Step("nightly-report", enable=False), NOW)
    [own] = shown(operator)["schedules"]
    assert (own["state"], own["nextTicks"], own["hold"]["until"]) == ("held", [], None)
    lines = operator.runs("nightly-report", *WHERE)[1].splitlines()
    assert "    paused after       3 ticks in a row that went wrong" in lines
    assert (
        f"    hold               Hold {hold.id} on job nightly-report, from {TICK} until somebody resumes it, by the "
        f"watch: 3 ticks of nightly-report in a row went wrong, the last one {TICK}"
    ) in lines


def test_shows_the_images(cloud: EmbeddedCloud, operator: Operator) -> None:
    """They are those of the revision that the next run has, the job's own first."""
    deploy(cloud, direct)
    containers = [
        {"name": name, "image": f"registry.example.com/{name}:1", "memory": 64} for name in ("agent", "app", "proxy")
    ]
    cloud.client("ecs").register_task_definition(family="web", containerDefinitions=containers)
    assert shown(operator)["images"] == {one["name"]: one["image"] for one in containers}
    lines = operator.runs("nightly-report", *WHERE)[1].splitlines()
    assert [line.split() for line in lines if "registry" in line] == [
        ["image", "registry.example.com/app:1"],
        ["image", "of", "agent", "registry.example.com/agent:1"],
        ["image", "of", "proxy", "registry.example.com/proxy:1"],
    ]


def test_shows_what_is_left_of_a_schedule_that_is_gone(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The item still names it."""
    deploy(cloud, direct)
    cloud.client("scheduler").delete_schedule(GroupName=GROUP, Name="nightly-report")
    [own] = shown(operator)["schedules"]
    assert (own["state"], own["request"], own["nextTicks"]) == ("missing", None, [])


def test_a_role_that_cannot_be_read_is_no_error(
    cloud: EmbeddedCloud, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says why, and has everything else."""
    role = deploy(cloud, direct)

    def refuse(_: Call) -> None:
        raise AwsError("AccessDenied", "User: u is not authorized to perform: iam:ListRolePolicies on resource: r")

    monkeypatch.setitem(cloud.embedded.gateway._checks, ("iam", "ListRolePolicies"), [refuse])
    code, out, _ = operator.runs("nightly-report", *WHERE)
    assert code == 0
    lines = out.splitlines()
    said = lines[lines.index(f"Launch role {role}:") + 1]
    assert said.startswith("    could not be read: you lack the permission iam:ListRolePolicies on r")


def test_a_misspelt_job_is_one_line(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The message names the nearest job."""
    deploy(cloud, direct)
    assert operator.fails("nightly", *WHERE).endswith(" knows no nightly; did you mean 'nightly-report'?")


def test_who_looks_may_see_it(cloud: EmbeddedCloud, operator: Operator) -> None:
    """The policy in docs/permissions.md allows every call. Without any action of them, one is refused."""
    deploy(cloud, direct)
    shown(operator)
    names = {"group": GROUP, "account": ACCOUNT, "region": REGION, "watch": FUNCTION, "project": PROJECT}
    policy = permissions.policy(permissions.LOOK, **names)
    asked = operator.asked()
    assert {"iam:GetRolePolicy", "iam:ListRolePolicies"} <= {each.action for each in asked}
    assert [str(evaluate(each, [policy]).reason) for each in asked if not evaluate(each, [policy]).allowed] == []
    for action in {each.action for each in asked}:
        assert not allowed(asked, without(policy, action)), action
