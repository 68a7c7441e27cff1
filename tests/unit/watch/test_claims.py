"""What the claim of a worker says of a run, and what workers can write into it."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.supervisor.fake_work import queue
from tests.unit.watch.world import START
from watch import claims, instants
from watch.claims import Claim, WorkRun
from watch.task import Verdict

RUN = WorkRun(queue().arn, "web.night", instants.text(START), "", 2)
ITEM: dict[str, dict[str, Any]] = {
    "run": {"S": RUN.id},
    "job": {"S": "web"},
    "schedule": {"S": "web.night"},
    "tick": {"S": RUN.tick},
    "launch": {"N": "2"},
    "rerun": {"S": ""},
    "holder": {"S": "ip-10-0-0-7"},
    "state": {"S": "claimed"},
    "lease": {"N": str(int(START.timestamp()) + 60)},
    "token": {"N": "9"},
    "started": {"S": "2027-01-04T00:00:05Z"},
    "expires": {"N": "1800000000"},
}
ENDED: dict[str, dict[str, Any]] = {
    **ITEM,
    "state": {"S": "ended"},
    "ended": {"S": "2027-01-04T00:00:45Z"},
    "outcome": {"S": "failed"},
    "exit_code": {"N": "3"},
    "reason": {"S": "ValueError: no rates"},
}
LATER = START + timedelta(hours=1)


def read(item: dict[str, dict[str, Any]], run: WorkRun = RUN) -> Claim:
    """Return the claim of an item that a worker wrote."""
    found = claims.read(str(run), item)
    assert found is not None
    return found


def test_a_run_that_goes_on() -> None:
    """The claim says who does the work, and since when."""
    told = read(ITEM).news(LATER)
    assert (told.run, told.schedule, told.tick, told.rerun, told.launch) == (
        str(RUN),
        "web.night",
        "2027-01-04T00:00:00Z",
        "",
        2,
    )
    assert (told.status, told.version, told.verdict, told.worker) == ("RUNNING", 2, None, "ip-10-0-0-7")
    assert told.started == START + timedelta(seconds=5)


def test_a_run_that_has_ended() -> None:
    """It has the outcome that the worker wrote, and the reason in visible characters."""
    told = read({**ENDED, "reason": {"S": "a\n\x1b[31mb"}}).news(LATER)
    assert (told.status, told.version) == ("STOPPED", 3)
    assert (told.started, told.at) == (START + timedelta(seconds=5), START + timedelta(seconds=45))
    assert told.verdict == Verdict("failed", 3, r"a\n\x1b[31mb")


@pytest.mark.parametrize(
    ("state", "over"), [("claimed", False), ("stopping", False), ("stopped", True), ("lost", True)]
)
def test_when_a_run_is_over(state: str, *, over: bool) -> None:
    """Nobody has it, and nobody may take it. A run that nobody began has no start."""
    item = {**ITEM, "state": {"S": state}, "outcome": {"S": "timed-out"}, "reason": {"S": "too long"}}
    assert read(item).over is over
    del item["started"]
    told = read(item).news(LATER)
    assert (told.status, told.started) == ("STOPPED" if over else "RUNNING", None)
    assert told.verdict == (Verdict("timed-out", None, "too long") if over else None)


@pytest.mark.parametrize(
    ("state", "seconds", "silent"),
    [("claimed", 119, False), ("claimed", 120, True), ("stopping", 120, True), ("ended", 999, False)],
)
def test_when_a_worker_is_lost(state: str, seconds: int, *, silent: bool) -> None:
    """A minute after the end of its lease, since clocks differ. Then no other worker can be at work with it."""
    assert read({**ITEM, "state": {"S": state}}).is_silent(START + timedelta(seconds=seconds)) is silent


def test_nothing_has_happened_later_than_now() -> None:
    """The clock of a worker is fast."""
    told = read({**ENDED, "started": {"S": "2027-01-04T00:00:40Z"}}).news(START + timedelta(seconds=20))
    assert (told.started, told.at) == (START + timedelta(seconds=20), START + timedelta(seconds=20))


def test_a_message_in_the_queue() -> None:
    """The run has no start, and every other state of it is a later one."""
    run = WorkRun(RUN.queue, "web", RUN.tick, "0000aaaa", 1)
    found = run.queued(START)
    assert (found.arn, found.status, found.version, found.created, found.started) == (
        f"{RUN.queue}/{run.id}",
        "QUEUED",
        1,
        START,
        None,
    )
    assert (found.launch, found.rerun, found.by_hand, found.over) == (1, "0000aaaa", True, False)


@pytest.mark.parametrize(
    "changed",
    [
        {"launch": {"N": "3"}},
        {"tick": {"S": "2027-01-05T00:00:00Z"}},
        {"schedule": {"S": "other"}},
        {"rerun": {"S": "0000aaaa"}},
        {"rerun": {"S": "../x"}},
        {"state": {"S": "paused"}},
        {"state": {"N": "1"}},
        {"lease": {"N": "1e30"}},
        {"launch": {"S": "2"}},
    ],
    ids=str,
)
def test_items_that_no_worker_writes(changed: dict[str, Any]) -> None:
    """They are claims of no run, or of another one."""
    assert claims.read(str(RUN), {**ITEM, **changed}) is None


ATTRIBUTES = st.one_of(
    st.fixed_dictionaries({"S": st.text(max_size=20)}),
    st.fixed_dictionaries({"N": st.sampled_from(["0", "-1", "1e400", "1E126", "0.5", "nan", "99999999999999"])}),
    st.just({"NULL": True}),
)


@given(st.dictionaries(st.sampled_from(sorted(ENDED)), ATTRIBUTES))
def test_whatever_is_written(changed: dict[str, Any]) -> None:
    """It is read as a claim whose words can be shown, or as none. Nothing is raised."""
    found = claims.read(str(RUN), {**copy.deepcopy(ENDED), **changed})
    if found is not None:
        told = found.news(LATER)
        assert found.verdict.outcome in {"good", "failed", "timed-out", "stopped", "interrupted", "not-started"}
        assert found.verdict.reason.isprintable()
        assert told.worker.isprintable()
        assert told.at <= LATER
