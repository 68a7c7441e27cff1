"""Tests of one hold: when it works, on whom, and how it is stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holds.hold import LONGEST_TEXT, Hold, HoldError

NOON = datetime(2027, 1, 4, 12, tzinfo=UTC)
BY = "arn:aws:sts::123456789012:assumed-role/on-call/ada"


def hold(**changes: Any) -> Hold:  # noqa: ANN401 - parts of a hold
    """Return a hold from noon until two."""
    known = {"id": "ab12", "reason": "migration", "by": BY, "begin": NOON, "until": NOON + timedelta(hours=2)}
    return Hold(**{"made": changes.get("begin", NOON), **known, **changes})


words = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=30).filter(str.isprintable)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001 - made aware below
    lambda naive: naive.replace(microsecond=0, tzinfo=UTC)
)
holds = st.builds(
    Hold,
    id=st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True),
    reason=words.filter(lambda text: "{{" not in text),
    by=words.filter(lambda text: "{{" not in text),
    made=instants,
    begin=instants,
    until=st.none() | instants,
    jobs=st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), max_size=3).map(tuple),
    owners=st.lists(words.filter(lambda text: "{{" not in text), max_size=3).map(tuple),
)


@given(holds)
def test_is_read_as_it_was_stored(made: Hold) -> None:
    """A stored hold is the same when it is read."""
    assert Hold.from_text(made.id, made.to_text()) == made


@pytest.mark.parametrize(
    ("minutes", "in_force", "over"),
    [(-6, False, False), (-5, True, False), (0, True, False), (119, True, False), (120, False, True)],
)
def test_when_it_works(minutes: int, in_force: bool, over: bool) -> None:  # noqa: FBT001 - a table's columns
    """A hold works from five minutes before its begin until its end."""
    at = NOON + timedelta(minutes=minutes)
    assert (hold().is_in_force(at), hold().is_over(at)) == (in_force, over)


def test_has_no_end() -> None:
    """A hold without an end works until somebody ends it, and keeps every tick from its begin on."""
    endless, later = hold(until=None), NOON + timedelta(days=5000)
    assert (endless.is_in_force(later), endless.is_over(later)) == (True, False)
    assert [endless.keeps(tick) for tick in (NOON - timedelta(seconds=1), NOON, later)] == [False, True, True]
    assert endless.ended(later).is_over(later)


def test_a_planned_hold_works_early() -> None:
    """A hold works from the moment at which it was made, and a planned one from five minutes before its begin."""
    assert hold().works_from == NOON
    assert hold(made=NOON - timedelta(days=1)).works_from == NOON - timedelta(minutes=5)
    assert hold(made=NOON - timedelta(minutes=2)).works_from == NOON - timedelta(minutes=2)


COVERED = {
    "all jobs": ({}, "all jobs", True),
    "the job": ({"jobs": ("export", "report")}, "job export, job report", True),
    "another job": ({"jobs": ("export",)}, "job export", False),
    "the owner": ({"owners": ("data",)}, "owner data", True),
    "another owner": ({"owners": ("web",)}, "owner web", False),
    "another job of the owner": ({"jobs": ("export",), "owners": ("data",)}, "job export, owner data", True),
}


@pytest.mark.parametrize(("named", "scope", "covers"), COVERED.values(), ids=COVERED)
def test_whom_it_covers(named: dict[str, tuple[str, ...]], scope: str, covers: bool) -> None:  # noqa: FBT001
    """A hold is on the jobs and the owners that it names, and on all jobs if it names none."""
    assert hold(**named).covers("report", "data") == covers
    assert hold(**named).scope == scope


def test_ends_now() -> None:
    """A hold that is ended is over at once, also one that has not begun."""
    for at in (NOON - timedelta(hours=1), NOON + timedelta(hours=1)):
        ended = hold().ended(at)
        assert ended.is_over(at)
        assert ended.begin <= at
        assert (ended.id, ended.reason) == ("ab12", "migration")


GOOD = json.loads(hold().to_text())
UNREADABLE = {
    "no JSON": ("ab12", "hold"),
    "a list": ("ab12", "[]"),
    "a part too few": ("ab12", json.dumps({name: GOOD[name] for name in GOOD if name != "by"})),
    "a part too many": ("ab12", json.dumps({**GOOD, "only": 1})),
    "no time": ("ab12", json.dumps({**GOOD, "until": "soon"})),
    "a time without a zone": ("ab12", json.dumps({**GOOD, "until": "2027-01-04T14:00:00"})),
    "a number": ("ab12", json.dumps({**GOOD, "reason": 1})),
    "several lines": ("ab12", json.dumps({**GOOD, "reason": "a\nb"})),
    "a terminal's command": ("ab12", json.dumps({**GOOD, "reason": "\x1b[2J"})),
    "no list of jobs": ("ab12", json.dumps({**GOOD, "jobs": None})),
    "a job that is no text": ("ab12", json.dumps({**GOOD, "jobs": [1]})),
    "another name": ("../x", json.dumps(GOOD)),
}


@pytest.mark.parametrize(("id_", "text"), UNREADABLE.values(), ids=UNREADABLE)
def test_refuses_what_is_no_hold(id_: str, text: str) -> None:
    """A parameter that somebody else has written is an error, and nothing else."""
    with pytest.raises(HoldError, match="is not a hold: "):
        Hold.from_text(id_, text)


@given(st.text())
def test_refuses_any_text(text: str) -> None:
    """No text raises anything but the error of holds."""
    with pytest.raises(HoldError):
        Hold.from_text("ab12", text)


def test_reads_times_of_every_zone() -> None:
    """A time with another offset is the same instant."""
    east = json.dumps({**GOOD, "from": NOON.astimezone(timezone(timedelta(hours=5))).isoformat()})
    assert Hold.from_text("ab12", east).begin == NOON


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"jobs": tuple(f"job-{number}" for number in range(500))}, f"must have at most {LONGEST_TEXT}"),
        ({"reason": "see {{docs}}"}, "has '{{' in it"),
    ],
    ids=["too long", "a reference"],
)
def test_refuses_what_cannot_be_stored(changes: dict[str, Any], said: str) -> None:
    """A hold that Parameter Store would refuse is an error that says why."""
    with pytest.raises(HoldError, match=said):
        hold(**changes).to_text()
