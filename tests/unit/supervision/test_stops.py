"""The limits of a run that goes on, and the stop at the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from supervision import calls
from supervision.flights import Launch
from supervision.traffic import Traffic
from tests.unit.supervision.flying import TASK, T, advance, running, with_limits

if TYPE_CHECKING:
    from supervision.flights import Flight


@pytest.mark.parametrize(
    ("limits", "pending", "at", "class_", "why", "last"),
    [
        ({"start_timeout": 90}, True, 93, "not-started", "it did not start within 1 minute 30 seconds", False),
        ({"taken_by": "worker"}, True, 903, "not-started", "no worker took it within 15 minutes", False),
        ({"timeout": 3600}, False, 3610, "timed-out", "it ran longer than 1 hour", False),
        ({"total_timeout": 7201}, False, 7201, "timed-out", "its attempts took longer than 2 hours 1 second", True),
        ({"total_timeout": 50}, True, 50, "timed-out", "its attempts took longer than 50 seconds", True),
        ({"timeout": 60, "total_timeout": 300}, False, 70, "timed-out", "it ran longer than 1 minute", False),
        (
            {"timeout": 600, "total_timeout": 300},
            False,
            300,
            "timed-out",
            "its attempts took longer than 5 minutes",
            True,
        ),
    ],
)
def test_a_run_meets_its_first_limit(
    limits: dict[str, Any], at: int, class_: str, why: str, *, pending: bool, last: bool
) -> None:
    """ECS is asked at the limit, since an event may be late. Then the task is stopped, and not a second before."""
    one = running(limits=with_limits(**limits))
    if pending:
        one.launch = Launch(1, 1, T, calls=1, task=TASK, created=T + 3)
    traffic = Traffic([one])
    assert calls.moments(traffic, T + at - 1) == [T + at]
    assert kinds(traffic, at - 1) == []
    assert kinds(traffic, at) == [calls.DESCRIBE]
    answered(one, at)
    assert advance([one], at) == {}
    assert one.stop is not None
    assert (one.stop.class_, one.stop.why, one.last) == (class_, why, last)
    assert kinds(traffic, at) == [calls.STOP]


def kinds(traffic: Traffic, at: int) -> list[str]:
    """Return the calls that are due."""
    return [call.kind for call in calls.due(traffic, T + at)]


def answered(one: Flight, at: int) -> None:
    """Note that ECS has described the task."""
    assert one.launch is not None
    one.launch.asked = T + at


def test_a_run_without_limits_is_left_alone() -> None:
    """Only its events move it on."""
    traffic = Traffic([running()])
    assert calls.moments(traffic, T + 10**6) == []


def test_an_old_description_stops_nothing() -> None:
    """ECS was asked before the limit. The task may have ended since."""
    one = running(limits=with_limits(timeout=60))
    answered(one, 69)
    advance([one], 80)
    assert one.stop is None


def test_a_stop_is_repeated_until_the_task_has_stopped() -> None:
    """ECS may have lost it. The task ends at the latest two minutes after it."""
    one = running(limits=with_limits(timeout=60))
    answered(one, 70)
    advance([one], 70)
    assert one.stop is not None
    one.stop.sent = T + 70
    traffic = Traffic([one])
    assert kinds(traffic, 369) == []
    assert calls.moments(traffic, T + 71) == [T + 370]
    assert kinds(traffic, 370) == [calls.STOP]
