"""The library makes the same names as the program that deploys, and says what it lacks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduled_jobs_worker import names, runs
from watch import classes
from watch import names as known

GROUPS = st.from_regex(r"[0-9A-Za-z_.-]{1,64}", fullmatch=True)
"""Scheduler API reference, CreateScheduleGroup, Name."""


@given(GROUPS, st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True))
def test_names_of_a_group(group: str, placement: str) -> None:
    """Queue, table and function have the names with which they are deployed."""
    assert names.work_queue_name(group, placement) == known.work_queue_name(group, placement)
    assert names.claims_name(group) == known.claims_name(group)
    assert names.watch_name(group) == known.function_name(group)


@given(st.text(), st.text(), st.sampled_from(["", "0a0b0c0d"]), st.integers(1, 99))
def test_id_of_a_run(schedule: str, tick: str, rerun: str, launch: int) -> None:
    """A run has the id under which the supervisor looks for it."""
    assert names.run_id(schedule, tick, rerun, launch) == known.claimed_run(schedule, tick, rerun, launch)


def test_outcomes() -> None:
    """The outcomes of runs are those of the ledger."""
    ours = (runs.GOOD, runs.FAILED, runs.INTERRUPTED, runs.STOPPED, runs.TIMED_OUT, runs.NOT_STARTED)
    theirs = (classes.GOOD, classes.FAILED, classes.INTERRUPTED, classes.STOPPED, classes.TIMED_OUT)
    assert ours == (*theirs, classes.NOT_STARTED)


def test_given_by_code_or_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code's value goes before the variable's; without either, both ways are named."""
    monkeypatch.delenv(names.GROUP, raising=False)
    with pytest.raises(ValueError, match=r"^group: not given; pass group=\.\.\. or set the variable SCHEDULED_JOBS_GR"):
        names.given(None, names.GROUP)
    monkeypatch.setenv(names.GROUP, "shop")
    assert names.given(None, names.GROUP) == "shop"
    assert names.given("other", names.GROUP) == "other"
