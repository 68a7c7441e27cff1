"""Tests of what a probe finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doctor.account import Known
from doctor.checks.probe import Probed, doubt, judge, refused
from doctor.launch import Launch
from judgements.answers import Refused
from tests.unit.doctor.samples import REQUEST

LAUNCH = Launch("report", "report", "role", supervised=False, request=REQUEST)
NO_FILE = 'CannotStartContainerError: exec: "true": executable file not found in $PATH: unknown'


def probed(outcome: str, exit_code: int | None = None, **changed: Any) -> Probed:  # noqa: ANN401 - fields
    """Return a probe whose containers have started, unless something is changed."""
    known: dict[str, Any] = {"reason": "because", "timed_out": False, "pulled": True, "started": True}
    return Probed(outcome=outcome, exit_code=exit_code, **{**known, **changed})


@pytest.mark.parametrize(
    ("known", "code", "said"),
    [
        (probed("good", 0), "sound", "the task was placed, its image was pulled, its containers started, and `true`"),
        (probed("failed", 2), "probe-failed", "its containers started, but `true` ended with 2: because"),
        (probed("stopped"), "probe-failed", "but `true` was stopped: because"),
        (probed("failed", 127), "unchecked", "the image has no command `true`; the task was placed"),
        (probed("not-started", started=False, reason=NO_FILE), "unchecked", "the image has no command `true`"),
        (
            probed("not-started", started=False, pulled=False),
            "probe-not-started",
            "it did not start; the task was placed: because",
        ),
        (
            probed("stopped", started=False, timed_out=True),
            "probe-not-started",
            "it did not start in time, and was stopped; the task was placed, its image was pulled",
        ),
    ],
    ids=["good", "fails", "stopped", "no command", "no file", "not started", "too slow"],
)
def test_how_far_it_came(known: Probed, code: str, said: str) -> None:
    """The text has each step that it reached, and the reason of ECS."""
    found = judge(LAUNCH, known)
    assert (found.code, found.about, found.jobs) == (code, "report", ("report",))
    assert said in found.text


def test_a_refused_launch() -> None:
    """A permission that the operator lacks says nothing about the job."""
    assert refused(LAUNCH, Refused("RunTask: RESOURCE:CPU")).code == "probe-not-launched"
    found = refused(LAUNCH, Refused("no", "ecs:RunTask"))
    assert found.code == "unchecked"
    assert found.fix == "needs the permission ecs:RunTask (docs/permissions.md, Who is on call)"


@pytest.mark.parametrize(
    ("entry_point", "is_doubtful"),
    [
        ([], False),
        (["/init", "--"], False),
        (["sh", "-c"], False),
        (["sh", "-c", "./job.sh"], True),
        (["sh", "-c", 'exec "$@"'], True),
        (["sh", "-c", 'exec "$@"', "--"], False),
    ],
    ids=["none", "init", "shell", "a script", "without a zeroth word", "all words"],
)
def test_no_probe_where_true_would_not_run(entry_point: list[str], is_doubtful: bool) -> None:  # noqa: FBT001 - a case
    """It would do the job's work, or prove nothing."""
    answer: Known[Any] = Known({"containerDefinitions": [{"name": "app", "entryPoint": entry_point}]})
    assert bool(doubt(LAUNCH, answer)) is is_doubtful


def test_no_probe_without_a_command() -> None:
    """The entry point of the image may do the work, with `true` as its argument."""
    [container] = REQUEST["Overrides"]["ContainerOverrides"]
    override = {name: value for name, value in container.items() if name != "Command"}
    request = {**REQUEST, "Overrides": {"ContainerOverrides": [override]}}
    found = doubt(replace(LAUNCH, request=request), Known({"containerDefinitions": [{"name": "app"}]}))
    assert found is not None
    assert found.code == "unchecked"
    assert "the job has no command" in found.text


def test_no_probe_of_a_task_definition_that_nobody_can_see() -> None:
    """Its entry point is unknown; one that does not exist is for ECS to refuse."""
    found = doubt(LAUNCH, Refused("no", "ecs:DescribeTaskDefinition"))
    assert found is not None
    assert found.code == "unchecked"
    assert doubt(LAUNCH, Known(None)) is None
