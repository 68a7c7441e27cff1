"""The container that probably ended a run, beside the job's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.watch.told import TICK, nightly, only
from tests.unit.watch.world import World, events
from watch import sidecars

MEMORY = "OutOfMemoryError: Container killed due to memory usage"


def containers(own: dict[str, Any], *others: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the containers of a task; the others are named `a`, `b` and so on."""
    return [{"name": "app", **own}, *({"name": chr(97 + index), **other} for index, other in enumerate(others))]


@pytest.mark.parametrize(
    ("own", "others", "words"),
    [
        # when an essential container ends, ECS stops the job's with SIGTERM and, after stopTimeout, with SIGKILL
        ({"exitCode": 143}, [{"exitCode": 137, "reason": MEMORY}], f"the container 'a' (exit code 137, {MEMORY})"),
        ({"exitCode": 137}, [{"exitCode": 137, "reason": MEMORY}], f"the container 'a' (exit code 137, {MEMORY})"),
        ({}, [{"exitCode": 137, "reason": MEMORY}], f"the container 'a' (exit code 137, {MEMORY})"),
        ({"exitCode": 143}, [{"reason": "CannotStartContainerError: no"}], "the container 'a' (CannotStart"),
        ({"exitCode": 143}, [{"exitCode": 1}, {"exitCode": 137}], "the container 'a' (exit code 1)"),
        ({"exitCode": 137}, [{"exitCode": 137}, {"exitCode": 2}], "the container 'b' (exit code 2)"),
        ({"exitCode": 143}, [{"exitCode": 0}], "the container 'a' (exit code 0)"),
        ({"exitCode": 143}, [{"exitCode": 137}], "the container 'a' (exit code 137)"),
        (
            {"exitCode": 143},
            [{"exitCode": 0}, {"exitCode": 137}],
            "the container 'a' (exit code 0) or the container 'b' (exit code 137)",
        ),
        # the job's container ended by itself, and ECS stopped the sidecar
        ({"exitCode": 1}, [{"exitCode": 137}], ""),
        ({"exitCode": 1}, [{"exitCode": 1}], ""),
        ({"exitCode": 137, "reason": MEMORY}, [{"exitCode": 137}, {"exitCode": 1}], ""),
        ({"exitCode": 137}, [{"exitCode": 137}], ""),
        ({"exitCode": 137}, [{"exitCode": 143}], ""),
        ({"exitCode": 137}, [{"exitCode": 0}], ""),
        ({"exitCode": 143}, [{"exitCode": 143}], ""),
        ({"exitCode": 143}, [{}], ""),
        ({"exitCode": 143}, [], ""),
        ({}, [{"exitCode": 137}], ""),
        # the end of a container that ECS could not look into says nothing
        ({"exitCode": 137}, [{"exitCode": 137, "reason": "CannotStopContainerError: timed out"}], ""),
        ({"exitCode": 137}, [{"reason": "CannotInspectContainerError: timed out"}], ""),
        # what ECS never writes is no clue
        ({"exitCode": 143}, [{"exitCode": "x", "reason": 5}], ""),
    ],
)
def test_names_the_container_that_probably_ended_first(
    own: dict[str, Any], others: list[dict[str, Any]], words: str
) -> None:
    """A container that ended by itself is named when the job's own container may have been stopped because of it."""
    made = containers(own, *others)
    found = sidecars.suspects(made, made[0])
    assert found.startswith(words) if words else found == ""


@pytest.mark.parametrize("code", ["EssentialContainerExited", ""])
def test_alert_names_the_sidecar(world: World, code: str) -> None:
    """The alert of a run that a sidecar took with it names the sidecar, its exit code and its reason."""
    made = events(world, nightly(), 143, code)
    made[-1]["containers"][1]["reason"] = MEMORY
    for event in made:
        world.watch.take_event(event)
    alert = only(world)
    assert (alert["class"], alert["exitCode"]) == ("failed", 143)
    assert alert["cause"] == (
        f"the container 'proxy' (exit code 137, {MEMORY}) probably ended first: when an essential container ends, ECS "
        "stops the others. python -m ops logs --all-containers shows its log"
    )


def test_no_sidecar_is_named_for_a_stop(world: World) -> None:
    """ECS stopped all containers of an interrupted run, so none of them is the cause."""
    for event in events(world, nightly(), 143, "SpotInterruption"):
        world.watch.take_event(event)
    assert "proxy" not in str(only(world)["cause"])


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Task failed to start", "Task failed to start: the container 'proxy' (CannotPullContainerError: not found)"),
        ("", "the container 'proxy' (CannotPullContainerError: not found)"),
        ("CannotPullContainerError: not found", "CannotPullContainerError: not found: the container 'proxy'"),
    ],
)
def test_reason_of_a_sidecar_that_did_not_start(world: World, said: str, reason: str) -> None:
    """The reason of a run that did not start names the container that could not start, and says nothing twice."""
    task = nightly()
    task.moved("PROVISIONING", TICK)
    made = task.moved(
        "STOPPED",
        TICK,
        stopCode="TaskFailedToStart",
        stoppedReason=said,
        containers=[{"name": "app"}, {"name": "proxy", "reason": "CannotPullContainerError: not found"}],
    )
    world.account.described[task.arn] = task.described()
    world.watch.take_event(made)
    assert only(world)["reason"] == reason
