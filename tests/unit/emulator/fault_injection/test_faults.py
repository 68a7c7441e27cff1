"""A staged failure happens the staged number of times, and only to its job."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import botocore.session
import pytest

from emulator.fault_injection.faults import Fault, Faults, Kind, Refusal, Staged, StagedStop, Status, read_fault
from emulator.timekeeping.clock import Clock

START = Fault(Kind.START, "report")
SPOT = Fault(Kind.EXIT, "report", stop_code=StagedStop.SPOT_INTERRUPTION)
CODE = Fault(Kind.EXIT, "report", code=3)
DOWN = Fault(Kind.QUEUE, name="launches", seconds=60.0)


def test_taken_as_often_as_staged() -> None:
    """A failure is returned the staged number of times, and then no more."""
    faults = Faults()
    faults.stage(START, times=2)
    assert [faults.take(Kind.START, "report") for _ in range(3)] == [START, START, None]
    assert faults.pending() == ()


def test_others_are_left_alone() -> None:
    """A failure affects only its kind and its job."""
    faults = Faults()
    faults.stage(START)
    assert faults.take(Kind.EXIT, "report") is None
    assert faults.take(Kind.START, "import") is None
    assert faults.take(Kind.START) is None
    assert faults.pending() == (Staged(START, 1),)


def test_others_fit() -> None:
    """A failure for which something does not fit stays, and a later one may happen before it."""
    faults = Faults()
    faults.stage(SPOT)
    faults.stage(CODE)
    assert faults.take(Kind.EXIT, "report", lambda fault: fault.code == 3) == CODE
    assert faults.take(Kind.EXIT, "report", lambda fault: fault.code == 3) is None
    assert faults.pending() == (Staged(SPOT, 1),)


def test_in_the_order_of_staging() -> None:
    """Failures happen in the order of their staging, and the remaining ones are listed."""
    faults = Faults()
    faults.stage(SPOT, times=2)
    faults.stage(START)
    faults.stage(CODE)
    assert faults.take(Kind.EXIT, "report") == SPOT
    assert faults.pending() == (Staged(SPOT, 1), Staged(START, 1), Staged(CODE, 1))
    assert [faults.take(Kind.EXIT, "report") for _ in range(2)] == [SPOT, CODE]


def test_outage() -> None:
    """A failure without a number happens each time until its seconds are over, and then no more."""
    begun = datetime(2027, 1, 4, tzinfo=UTC)
    with closing(Clock(begun)) as clock:
        faults = Faults()
        faults.stage(DOWN, times=None)
        faults.stage(START)
        clock.move_to(begun + timedelta(seconds=59))
        assert [faults.take(Kind.QUEUE) for _ in range(3)] == [DOWN] * 3
        assert faults.pending() == (Staged(DOWN, None, begun + timedelta(minutes=1)), Staged(START, 1))
        clock.move_to(begun + timedelta(seconds=60))
        assert faults.take(Kind.QUEUE) is None
        assert faults.pending() == (Staged(START, 1),)


def test_cleared() -> None:
    """A removed failure does not happen."""
    faults = Faults()
    faults.stage(START, times=5)
    faults.clear()
    assert faults.take(Kind.START, "report") is None


def test_many_takers() -> None:
    """Each failure is returned once, with any number of threads."""
    faults = Faults()
    faults.stage(START, times=200)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: faults.take(Kind.START, "report"), range(500)))
    assert taken.count(START) == 200


@pytest.mark.parametrize(
    "fault",
    [
        START,
        SPOT,
        DOWN,
        Fault(Kind.INVOCATION, reason="Out of memory"),
        Fault(Kind.LAUNCH, "a", refusal=Refusal.THROTTLE),
        Fault(Kind.SLOW, "a", seconds=90.0),
        Fault(Kind.LOSE_EVENTS, "a", status=Status.STOPPED),
        pytest.param(Fault(Kind.EXIT, "a", stop_code=StagedStop.NONE, no_code=True, warning=120.0), id="lost"),
        Fault(Kind.PENDING, "a", seconds=None, status=Status.PROVISIONING),
    ],
    ids=lambda fault: fault.kind,
)
def test_read(fault: Fault) -> None:
    """A failure that was converted to JSON and back is the same."""
    read = read_fault(json.loads(json.dumps(dataclasses.asdict(fault))))
    assert read == fault
    assert type(read.kind) is Kind
    assert type(read.status) is type(fault.status)


def test_every_stop_code() -> None:
    """Each stop code that ECS has can be staged, and the sandbox knows no other one."""
    documented = set(botocore.session.get_session().get_service_model("ecs").shape_for("TaskStopCode").metadata["enum"])
    by_other_means = {"TaskFailedToStart", "EssentialContainerExited"}  # of a failed start, and of an exit without one
    assert {code.value for code in StagedStop if code is not StagedStop.NONE} == documented - by_other_means
