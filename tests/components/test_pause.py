"""Tests of `python -m ops pause`, `resume` and `hold` with a deployed program."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from components.watch_args import WatchArgs
from emulator.gateway.gateway import AwsError
from emulator.iam.policy_evaluation import evaluate
from holds.storage import Storage
from ops.pausing.holding import HeldGroup
from tests import permissions
from tests.components.embedded import ACCOUNT, PROJECT
from tests.components.operators import Operator, without
from tests.components.stacks import CLUSTER, group, job, schedule
from tests.components.test_list import GROUP, NOW, TASK, WHERE, deploy, table
from tests.components.watching import FUNCTION, LOG_GROUPS, WATCHED_PLACEMENT
from tests.unit.holds.test_hold import hold
from watch.ledger import Ledger
from watch.records import JobRecord, OpenRun

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emulator.gateway.gateway import Call
    from holds.hold import Hold
    from tests.components.embedded import EmbeddedCloud

HOUR = timedelta(hours=1)
WHY = ("--reason", "migration 0042")
OWNERS = {"export": "data", "report": "data", "sync": "web"}


def program(owners: dict[str, str] = OWNERS) -> None:
    """Declare a group with these jobs, of which `report` has a schedule that config disables."""
    declared = group(watch=WatchArgs(placements=[WATCHED_PLACEMENT]))
    for name, owner in owners.items():
        more = [schedule(key="weekly", enabled=False)] if name == "report" else []
        daily = schedule(key="daily") if more else schedule()
        job(declared, daily, *more, name=name, owner=owner, log_groups=LOG_GROUPS)


@pytest.fixture
def types(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], Operator]:
    """Deploy the program, and return a function that returns an operator who types a command."""
    deploy(cloud, program)
    return lambda command: Operator(cloud, monkeypatch, capsys, command, NOW)


def states(cloud: EmbeddedCloud) -> dict[str, str]:
    """Return the state of each schedule."""
    pages = cloud.client("scheduler").get_paginator("list_schedules").paginate(GroupName=GROUP)
    return {one["Name"]: one["State"] for page in pages for one in page["Schedules"]}


def enabled(cloud: EmbeddedCloud) -> set[str]:
    """Return the enabled schedules."""
    return {name for name, state in states(cloud).items() if state == "ENABLED"}


ALL = {"export", "report.daily", "sync"}


def stored(cloud: EmbeddedCloud) -> list[Hold]:
    """Return the stored holds."""
    return Storage(cloud.client("ssm"), GROUP).all(lambda name, error: pytest.fail(f"{name}: {error}"))


def put(cloud: EmbeddedCloud, **changes: Any) -> Hold:  # noqa: ANN401 - parts of a hold
    """Store a hold of somebody else that has begun an hour ago and ends in an hour."""
    made = hold(**{"begin": NOW - HOUR, "until": NOW + HOUR, **changes})
    Storage(cloud.client("ssm"), GROUP).put(made)
    return made


def test_pauses_and_resumes(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """All schedules are paused for two hours, and return to what config wants; the watch removes the hold."""
    before = {name: cloud.client("scheduler").get_schedule(GroupName=GROUP, Name=name) for name in states(cloud)}
    code, out, err = types("pause").runs(*WHERE, *WHY)
    [made] = stored(cloud)
    line = f"Hold {made.id} on all jobs, from 2027-02-03T09:00:00Z until 2027-02-03T11:00:00Z, by {made.by}: "
    assert (code, out, err) == (0, f"{line}migration 0042\n3 schedules changed.\n", "")
    assert (enabled(cloud), made.by) == (set(), "moto")
    code, out, err = types("resume").runs(*WHERE)
    assert (code, out, err) == (0, f"Ended: {line}migration 0042\n3 schedules changed.\n", "")
    assert (enabled(cloud), [one.until for one in stored(cloud)]) == (ALL, [NOW])
    for name, schedule_ in before.items():
        after = cloud.client("scheduler").get_schedule(GroupName=GROUP, Name=name)
        for one in (schedule_, after):
            del one["ResponseMetadata"], one["LastModificationDate"]
        assert {"ActionAfterCompletion": "NONE", **schedule_} == {"ActionAfterCompletion": "NONE", **after}


def test_tells_it_as_json(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """The output with --json has the hold, and what was changed."""
    code, out, err = types("pause").runs(*WHERE, *WHY, "--owner", "data", "--json", "--for", "30m")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["group"], told["planned"], told["changed"], told["failed"]) == (
        GROUP,
        False,
        ["export", "report.daily"],
        {},
    )
    assert told["hold"] == {
        "id": stored(cloud)[0].id,
        "reason": "migration 0042",
        "by": stored(cloud)[0].by,
        "from": "2027-02-03T09:00:00Z",
        "until": "2027-02-03T09:30:00Z",
        "jobs": [],
        "owners": ["data"],
    }
    assert enabled(cloud) == {"sync"}
    code, out, _ = types("resume").runs(*WHERE, "--json")
    told = json.loads(out)
    assert ([one["id"] for one in told["ended"]], told["changed"]) == (
        [stored(cloud)[0].id],
        ["export", "report.daily"],
    )


def test_again_is_the_same_hold(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """The same request again changes the end of the hold; another reason, scope or person makes another hold."""
    types("pause").runs(*WHERE, *WHY)
    code, out, _ = types("pause").runs(*WHERE, *WHY, "--until", "2027-02-03T14:00")
    assert code == 0
    assert "until 2027-02-03T14:00:00Z" in out
    assert "0 schedules changed" in out
    assert [one.until for one in stored(cloud)] == [NOW + 5 * HOUR]
    types("pause").runs(*WHERE, "--reason", "another")
    types("pause").runs(*WHERE, *WHY, "--job", "sync")
    assert len(stored(cloud)) == 3


def test_resuming_twice_changes_nothing(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """A stack without a hold is resumed already."""
    code, out, err = types("resume").runs(*WHERE)
    assert (code, out, err) == (0, "There is no hold.\n0 schedules changed.\n", "")
    made = put(cloud)
    for _ in range(2):
        assert types("resume").runs(*WHERE, made.id)[0] == 0
    assert enabled(cloud) == ALL


def test_a_planned_pause(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """A planned hold is stored for the watch, and changes nothing yet."""
    times = ("--from", "2027-02-03T20:00+01:00", "--until", "2027-02-03T23:00+01:00")
    code, out, err = types("pause").runs(*WHERE, *WHY, *times)
    assert (code, out.splitlines()[1:], err) == (0, ["It begins later."], "")
    [made] = stored(cloud)
    assert (made.made, made.begin, made.until) == (NOW, NOW + 10 * HOUR, NOW + 13 * HOUR)
    assert enabled(cloud) == ALL
    types("pause").runs(*WHERE, *WHY, *times[:3], "2027-02-03T22:00+01:00")
    assert [one.until for one in stored(cloud)] == [NOW + 12 * HOUR]
    types("resume").runs(*WHERE)
    assert [one.is_over(NOW) for one in stored(cloud)] == [True]


def test_overlapping_holds(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """The end of one hold enables only what no other hold is on, and the other one is shown."""
    other = put(cloud, id="other", jobs=("export",))
    types("pause").runs(*WHERE, *WHY, "--owner", "data")
    mine = next(one for one in stored(cloud) if one.id != "other")
    said = types("resume").fails(*WHERE)
    assert said.startswith("there are several holds, so name one, or add --all: Hold ")
    code, out, _ = types("resume").runs(*WHERE, mine.id)
    assert (code, enabled(cloud)) == (0, {"report.daily", "sync"})
    assert out.splitlines()[2].startswith(f"Still in force: Hold {other.id} on job export, ")
    types("resume").runs(*WHERE, "--all")
    assert enabled(cloud) == ALL


def test_two_operators_at_once(
    cloud: EmbeddedCloud, types: Callable[[str], Operator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold that is stored while another one is lifted wins: nothing is left enabled."""
    types("pause").runs(*WHERE, *WHY)
    from holds import switching  # noqa: PLC0415

    switch = switching.switch

    def beside(*args: Any) -> object:  # noqa: ANN401 - as `switch`
        if len(stored(cloud)) == 1:
            put(cloud, id="other")
        return switch(*args)

    monkeypatch.setattr(switching, "switch", beside)
    code, out, _ = types("resume").runs(*WHERE)
    assert (code, enabled(cloud)) == (0, set())
    assert "Still in force: Hold other" in out


def test_a_pause_that_was_killed_goes_on(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """After a kill some schedules are paused; the same command pauses the others, and a resume enables all."""
    types("pause").runs(*WHERE, *WHY)
    scheduler = cloud.client("scheduler")
    found = scheduler.get_schedule(GroupName=GROUP, Name="sync")
    for part in ("Arn", "CreationDate", "LastModificationDate", "ResponseMetadata"):
        del found[part]
    scheduler.update_schedule(**{**found, "State": "ENABLED"})
    code, out, _ = types("pause").runs(*WHERE, *WHY)
    assert (code, enabled(cloud), len(stored(cloud))) == (0, set(), 1)
    assert "1 schedule changed" in out


def fail_updates(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, fails: Callable[[str, int], bool]) -> None:
    """Let UpdateSchedule be throttled for a schedule at its n-th call."""
    counts: dict[str, int] = {}

    def check(call: Call) -> None:
        name = call.params["Name"]
        counts[name] = counts.get(name, 0) + 1
        if fails(name, counts[name]):
            raise AwsError("ThrottlingException", "Rate exceeded")

    checks = cloud.embedded.gateway._checks
    key = ("scheduler", "UpdateSchedule")
    monkeypatch.setitem(checks, key, [*checks[key], check])
    monkeypatch.setattr("time.sleep", lambda _: None)


def test_throttling_is_waited_for(
    cloud: EmbeddedCloud, types: Callable[[str], Operator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changes that AWS throttles are repeated."""
    fail_updates(cloud, monkeypatch, lambda _, count: count <= 5)
    assert types("pause").runs(*WHERE, *WHY)[0] == 0
    assert enabled(cloud) == set()


def test_names_what_was_not_changed(
    cloud: EmbeddedCloud, types: Callable[[str], Operator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be changed is listed with the reason and with what to do, and the exit code tells it."""
    fail_updates(cloud, monkeypatch, lambda name, _: name == "sync")
    code, out, err = types("pause").runs(*WHERE, *WHY)
    assert (code, enabled(cloud)) == (3, {"sync"})
    assert out.endswith("\n2 schedules changed.\n")
    assert err.splitlines() == [
        "error: sync was not changed: UpdateSchedule: Rate exceeded (ThrottlingException)",
        "The watch tries again within five minutes, and so does: the same command",
    ]
    code, out, _ = types("pause").runs(*WHERE, *WHY, "--json")
    assert (code, [*json.loads(out)["failed"]]) == (3, ["sync"])


def strange(cloud: EmbeddedCloud) -> None:
    """Make a schedule that is not this program's, in its group."""
    found = cloud.client("scheduler").get_schedule(GroupName=GROUP, Name="sync")
    own = {part: found[part] for part in ("FlexibleTimeWindow", "GroupName", "ScheduleExpression", "Target")}
    cloud.client("scheduler").create_schedule(Name="by-hand", **own)


def test_leaves_schedules_of_others(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """A schedule that somebody made by hand in the group is named, and stays as it is."""
    strange(cloud)
    code, _, err = types("pause").runs(*WHERE, *WHY)
    assert (code, enabled(cloud)) == (3, {"by-hand"})
    assert err == (
        "error: by-hand was not changed: its description does not say what config wants, so another program made it\n"
    )


def test_an_interrupted_pause_tells_what_it_has_left(
    cloud: EmbeddedCloud, types: Callable[[str], Operator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C the hold is there, so the operator is told of it."""

    def interrupt(_: HeldGroup) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(HeldGroup, "bring_about", interrupt)
    code, out, err = types("pause").runs(*WHERE, *WHY)
    [made] = stored(cloud)
    assert (code, out) == (130, "")
    assert err.splitlines()[1:3] == [
        f"Hold {made.id} on all jobs, from 2027-02-03T09:00:00Z until 2027-02-03T11:00:00Z, by moto: migration 0042",
        f"The watch pauses the rest. End it with: python -m ops resume {made.id}",
    ]


def test_does_not_wait_for_the_storage(
    cloud: EmbeddedCloud, types: Callable[[str], Operator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS does not promise that a hold can be read at once, and the command starts only when all is paused."""
    monkeypatch.setattr(Storage, "all", lambda *_: [])
    code, _, err = types("hold").runs(*WHERE, *WHY, "--", sys.executable, "-c", "")
    assert (code, err.splitlines()[1:]) == (0, ["3 schedules paused.", "3 schedules resumed."])
    assert enabled(cloud) == ALL


def test_shows_what_runs(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """A pause does not stop runs, so it names those that go on."""
    run = OpenRun(TASK, CLUSTER, "sync", "2027-02-03T01:00:00Z", "2027-02-03T08:50:00Z")
    Ledger(cloud.client("dynamodb"), table(cloud), 90).save(JobRecord("sync", open={"0a": run}), [], NOW)
    out = types("pause").runs(*WHERE, *WHY)[1]
    assert out.splitlines()[2] == ("A hold stops no run. 1 run of these jobs goes on: sync since 2027-02-03T08:50:00Z")
    assert "A hold stops" not in types("pause").runs(*WHERE, *WHY, "--job", "export")[1]


def test_wrong_values(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """A wrong value is named with what would be accepted, and nothing is stored."""
    wrong = {
        ("--job", "exprot"): "--job 'exprot': no such job; did you mean 'export'?",
        ("--owner", "wbe"): "--owner 'wbe': no job has this owner; did you mean 'web'?",
        ("--until", "2027-02-03T08:00"): "the hold would end at 2027-02-03T08:00:00Z, before it begins or before now",
        ("--from", "2027-02-03T12:00", "--until", "2027-02-03T11:00"): (
            "the hold would end at 2027-02-03T11:00:00Z, before it begins or before now"
        ),
        ("--reason", "see {{docs}}"): (
            "the hold has '{{' in it, which Parameter Store takes for a reference to a parameter"
        ),
    }
    assert {arguments: types("pause").fails(*WHERE, *WHY, *arguments) for arguments in wrong} == wrong
    assert (stored(cloud), enabled(cloud)) == ([], ALL)


def test_no_such_hold(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """A name that no hold has is an error with the names there are."""
    put(cloud, id="3fa9c1")
    assert types("resume").fails(*WHERE, "3fa9c2") == "there is no hold '3fa9c2'; did you mean '3fa9c1'?"


def test_holds_while_a_command_runs(cloud: EmbeddedCloud, types: Callable[[str], Operator], tmp_path: Path) -> None:
    """The command runs while all is paused, its exit code is returned, and all is resumed."""
    seen = tmp_path / "seen"
    script = (
        "import boto3, sys\n"
        f"listed = boto3.client('scheduler').list_schedules(GroupName='{GROUP}')['Schedules']\n"
        "open(sys.argv[1], 'w').write(' '.join(sorted({one['State'] for one in listed})))\n"
        "sys.exit(7)\n"
    )
    types("pause").has({"AWS_DEFAULT_REGION": WHERE[3]})
    code, out, err = types("hold").runs(*WHERE, *WHY, "--", sys.executable, "-c", script, str(seen))
    assert (code, out, seen.read_text(), enabled(cloud)) == (7, "", "DISABLED", ALL)
    lines = err.splitlines()
    assert lines[0].startswith("Hold ")
    assert lines[1:] == ["3 schedules paused.", "3 schedules resumed."]
    assert [one.is_over(NOW) for one in stored(cloud)] == [True]


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (3, 3), (120, 120)])
def test_returns_the_command_s_exit_code(types: Callable[[str], Operator], code: int, expected: int) -> None:
    """The exit code is the command's own."""
    command = (sys.executable, "-c", f"raise SystemExit({code})")
    assert types("hold").runs(*WHERE, *WHY, "--job", "sync", "--", *command)[0] == expected


def test_two_holds_of_one_pipeline_are_two(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """The end of one command does not end the hold of another one that was typed in the same way."""
    types("pause").runs(*WHERE, *WHY)
    code, _, err = types("hold").runs(*WHERE, *WHY, "--", sys.executable, "-c", "")
    assert (code, err.splitlines()[-1], enabled(cloud)) == (0, "0 schedules resumed.", set())
    assert len(stored(cloud)) == 2


def unstarted(types: Callable[[str], Operator], *command: str) -> tuple[int, str]:
    """Type `hold`, and return the exit code and what was said, except for the first line."""
    code, out, err = types("hold").runs(*WHERE, *WHY, "--", *(command or (sys.executable, "-c", "print('started')")))
    assert out == ""
    return code, err.partition("\n")[2]


def test_does_not_start_beside_an_enabled_schedule(
    cloud: EmbeddedCloud, types: Callable[[str], Operator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If one schedule cannot be paused, the command is not started, and the others are resumed."""
    fail_updates(cloud, monkeypatch, lambda name, _: name == "sync")
    code, said = unstarted(types)
    assert (code, enabled(cloud)) == (120, ALL)
    assert "error: sync was not changed: UpdateSchedule: Rate exceeded" in said
    assert said.endswith("The command was not started.\n2 schedules resumed.\n")


def test_does_not_start_beside_a_stranger(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """A schedule that is not this program's runs on, so the command is not started unless the hold names its jobs."""
    strange(cloud)
    code, said = unstarted(types)
    assert (code, enabled(cloud)) == (120, {*ALL, "by-hand"})
    assert "by-hand was not changed" in said
    named = ("--owner", "data", "--", sys.executable, "-c", "")
    assert types("hold").runs(*WHERE, *WHY, *named)[0] == 0


def test_no_such_command(cloud: EmbeddedCloud, types: Callable[[str], Operator]) -> None:
    """A command that does not exist is named, and all is resumed."""
    code, said = unstarted(types, "./nothing")
    assert (code, enabled(cloud)) == (120, ALL)
    assert "error: the command './nothing' cannot be started: No such file or directory" in said


def test_a_stack_that_is_not_there(types: Callable[[str], Operator]) -> None:
    """What cannot be read is an error of its own, not of the command."""
    code, out, err = types("hold").runs("--group", "other", "--region", WHERE[3], *WHY, "--", "true")
    assert (code, out) == (120, "")
    assert err.startswith("error: group other (eu-central-1) has no ledger: ")


def test_interrupted_while_it_pauses(
    cloud: EmbeddedCloud, types: Callable[[str], Operator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal before the command is started ends the hold, and what was paused is resumed."""
    bring_about = HeldGroup.bring_about

    def then_signal(held: Any) -> Any:  # noqa: ANN401 - the method's own types
        outcome = bring_about(held)
        monkeypatch.undo()
        types("pause")  # the environment again
        os.kill(os.getpid(), signal.SIGTERM)
        return outcome

    monkeypatch.setattr(HeldGroup, "bring_about", then_signal)
    code, said = unstarted(types)
    assert (code, enabled(cloud)) == (125, ALL)
    assert said.splitlines() == ["SIGTERM: the command was not started", "3 schedules resumed."]


def test_tells_when_it_cannot_resume(
    cloud: EmbeddedCloud, types: Callable[[str], Operator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If some schedules cannot be resumed, they are listed; the exit code tells it unless the command has failed."""
    fail_updates(cloud, monkeypatch, lambda name, count: name == "sync" and count > 1)
    run = partial(types("hold").runs, *WHERE, *WHY, "--", sys.executable, "-c")
    code, _, err = run("")
    assert (code, enabled(cloud)) == (121, ALL - {"sync"})
    made = stored(cloud)[0]
    assert err.splitlines()[-3:] == [
        "error: sync was not changed: UpdateSchedule: Rate exceeded (ThrottlingException)",
        f"The watch tries again within five minutes, and so does: python -m ops resume {made.id}",
        "2 schedules resumed.",
    ]


def test_who_is_on_call_may_pause_and_resume(types: Callable[[str], Operator]) -> None:
    """The policies in docs/permissions.md allow every call. Without any action of them, one is refused."""
    asked = []
    for command in ("pause", "resume"):
        operator = types(command)
        assert operator.runs(*WHERE, *(WHY if command == "pause" else ()))[0] == 0
        asked += operator.asked()
    names = {"project": PROJECT, "group": GROUP, "account": ACCOUNT, "region": WHERE[3], "watch": FUNCTION}
    policies = [permissions.policy(title, **names) for title in permissions.ROLES["on call"]]
    assert [str(evaluate(each, policies).reason) for each in asked if not evaluate(each, policies).allowed] == []
    for action in {each.action for each in asked}:
        lessened = [without(policy, action) for policy in policies]
        assert not all(evaluate(each, lessened).allowed for each in asked), action
