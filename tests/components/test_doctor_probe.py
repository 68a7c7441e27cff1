"""Tests of `python -m ops doctor JOB --probe`, which launches a task that does nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from emulator.iam.policy_evaluation import evaluate
from ops.running import following
from tests import permissions
from tests.components import doctored
from tests.components.doctored import GROUP, NAMES, NOW, WHERE, Doctor
from tests.components.embedded import STACK
from tests.components.stacks import schedule
from tests.components.test_rerun import questions
from tests.components.watching import LIMITS, LOG_GROUPS, supervised_program

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.ecs.task import Task
    from tests.components.embedded import EmbeddedCloud

    End = Callable[[Task], None]

PROBE = ("cleanup", "--probe")


@pytest.fixture
def doctor(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Return an operator who examines a sound stack."""
    doctored.deploy(cloud)
    return Doctor(cloud, monkeypatch, capsys)


@pytest.fixture
def ends(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[End], None]:
    """Return a function that chooses how the task ends in the command's first pause."""

    def choose(end: End) -> None:
        def pause(_: float) -> None:
            [task] = cloud.embedded.tasks.all()
            if task.last_status != "STOPPED":
                end(task)
                task.deprovisioned(NOW)

        monkeypatch.setattr(following, "_sleep", pause)

    return choose


def exits(code: int) -> End:
    """Return what makes a task run and end with an exit code."""

    def end(task: Task) -> None:
        task.moved_to("RUNNING", NOW)
        task.exited(code, NOW)

    return end


def cannot_pull(task: Task) -> None:
    """Let a task fail before its container runs."""
    task.failed_to_start("CannotPullContainerError: failed to resolve ref registry.example.com/app:1: not found", NOW)


def probed(doctor: Doctor) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the finding of a probe."""
    code, out, err = doctor.runs(*WHERE, "--json", *PROBE)
    assert err.startswith("Started task ")
    [found] = [one for one in json.loads(out)["findings"] if one["link"] == "probe"]
    return code, found


@pytest.mark.parametrize(
    ("end", "code", "found"),
    [(exits(0), 0, "sound"), (exits(1), 1, "probe-failed"), (cannot_pull, 1, "probe-not-started")],
    ids=["good", "fails", "no image"],
)
def test_says_how_far_it_came(end: End, code: int, found: str, doctor: Doctor, ends: Callable[[End], None]) -> None:
    """The exit code sums up the probe, too."""
    ends(end)
    done, finding = probed(doctor)
    assert (done, finding["code"], finding["about"]) == (code, found, "cleanup")


def test_the_request_is_the_schedule_s_but_for_command_and_marks(
    cloud: EmbeddedCloud, doctor: Doctor, ends: Callable[[End], None]
) -> None:
    """Its task group is none of the jobs', so that the watch gets no event of it."""
    ends(exits(0))
    probed(doctor)
    [call] = [call for call in doctor.calls() if call.operation == "RunTask"]
    given = json.loads(cloud.client("scheduler").get_schedule(GroupName=GROUP, Name="cleanup")["Target"]["Input"])
    params = call.params
    assert params["overrides"]["containerOverrides"][0]["command"] == ["true"]
    assert (params["cluster"], params["taskDefinition"]) == (given["Cluster"], given["TaskDefinition"])
    assert params["networkConfiguration"]["awsvpcConfiguration"]["subnets"] == ["subnet-0a", "subnet-0b"]
    assert (params["startedBy"], params["group"]) == ("ops/doctor", f"ops-doctor:{GROUP}:cleanup")
    assert params["clientToken"].startswith("doctor-")
    events = cloud.client("events")
    patterns = [json.loads(rule["EventPattern"]) for rule in events.list_rules()["Rules"] if "EventPattern" in rule]
    prefixes = [one["prefix"] for pattern in patterns for one in pattern["detail"].get("group", [])]
    assert prefixes
    assert not any(params["group"].startswith(prefix) for prefix in prefixes)


def test_a_supervised_job_is_probed_past_its_supervisor(
    cloud: EmbeddedCloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ends: Callable[[End], None],
) -> None:
    """The request is in the job's item, and names the supervisor's mark, by which it must not be found."""
    doctored.deploy(cloud, supervised_program(schedule(limits=LIMITS), name="cleanup"), jobs=["cleanup"])
    ends(exits(0))
    code, finding = probed(doctor := Doctor(cloud, monkeypatch, capsys))
    assert (code, finding["code"]) == (0, "sound")
    [call] = [call for call in doctor.calls() if call.operation == "RunTask"]
    assert call.params["startedBy"] == "ops/doctor"


def test_a_launch_that_ecs_refuses(doctor: Doctor, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding has ECS's reason."""
    answers = cloud.embedded.gateway._answers
    monkeypatch.setitem(answers, ("ecs", "RunTask"), lambda _: {"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]})
    code, out, err = doctor.runs(*WHERE, "--json", *PROBE)
    assert (code, err) == (1, "")
    [found] = [one for one in json.loads(out)["findings"] if one["state"] == "broken"]
    assert (found["code"], "RESOURCE:CPU" in found["text"]) == ("probe-not-launched", True)


def test_an_interrupted_probe_stops_its_task(
    doctor: Doctor, cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C leaves nothing behind."""

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(following, "_sleep", interrupt)
    assert doctor.runs(*WHERE, *PROBE)[0] == 130
    [task] = cloud.embedded.tasks.all()
    assert task.desired_status == "STOPPED"


def test_who_is_on_call_may_probe(doctor: Doctor, ends: Callable[[End], None]) -> None:
    """The policies in docs/permissions.md allow every call of the command."""
    ends(exits(0))
    probed(doctor)
    places = {"stack": STACK, "family": "web", "log_group": LOG_GROUPS[0]}
    policies = permissions.held_by("on call", **{**NAMES, **places})
    asked = [request for call in doctor.calls() for request in questions(call)]
    assert {"ecs:RunTask", "ecs:DescribeTasks"} <= {each.action for each in asked}
    assert [str(evaluate(each, policies).reason) for each in asked if not evaluate(each, policies).allowed] == []


def test_needs_a_job(doctor: Doctor) -> None:
    """A probe of every job would start as many tasks."""
    code, out, err = doctor.runs(*WHERE, "--probe")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == "Error: Invalid value for --probe: needs JOB"
