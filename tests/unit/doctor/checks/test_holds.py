"""Tests of what is found of holds and their schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from doctor.account import Known
from doctor.checks.holds import HeldSchedule, Holds, check
from doctor.reading import holds as reading
from holds.hold import Hold
from judgements.answers import Refused
from tests.unit.doctor.samples import FACTS, described

if TYPE_CHECKING:
    from doctor.account import Account
    from doctor.stack import Stack

NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)


def hold(begin: int, until: int | None, id_: str = "3fa9c1", **on: Any) -> Hold:  # noqa: ANN401 - jobs or owners
    """Return a hold from and until some minutes from now."""
    start = NOW + timedelta(minutes=begin)
    end = None if until is None else NOW + timedelta(minutes=until)
    return Hold(id=id_, reason="migration", by="ada", made=start, begin=start, until=end, **on)


def schedule(name: str = "cleanup", *, enabled: bool, wanted: bool = True) -> HeldSchedule:
    """Return a schedule of an owner's job."""
    return HeldSchedule(name=name, job=name.partition(".")[0], owner="data", enabled=enabled, wanted=wanted)


ON, OFF, NEVER = schedule(enabled=True), schedule(enabled=False), schedule(enabled=False, wanted=False)


@pytest.mark.parametrize(
    ("holds", "schedules", "codes"),
    [
        ([], [OFF], []),
        ([hold(-60, 60)], [OFF], ["sound"]),
        ([hold(-60, 60)], [ON], ["hold-not-kept"]),
        ([hold(-60, None)], [OFF], ["sound"]),
        ([hold(-60, None)], [ON], ["hold-not-kept"]),
        ([hold(-10, 60)], [ON], ["sound"]),
        ([hold(60, 120)], [ON], ["sound"]),
        ([hold(-60, 60, jobs=("other",))], [ON], ["sound"]),
        ([hold(-60, 60)], [NEVER], ["sound"]),
        ([hold(-120, -16)], [OFF], ["hold-not-lifted"]),
        ([hold(-120, -14)], [OFF], ["sound"]),
        ([hold(-120, -16)], [ON], ["sound"]),
        ([hold(-120, -16)], [NEVER], ["sound"]),
        ([hold(-120, -16), hold(-60, 60, "b2", owners=("data",))], [OFF], ["sound", "sound"]),
        ([hold(-120, -16), hold(-60, 60, "b2", owners=("ops",))], [OFF], ["hold-not-lifted", "sound"]),
    ],
)
def test_holds(holds: list[Hold], schedules: list[HeldSchedule], codes: list[str]) -> None:
    """The watch has a quarter of an hour to begin and to lift a hold. A schedule that config disables is left out."""
    assert [one.code for one in check(Holds(holds=Known(holds), schedules=schedules, now=NOW))] == codes


def test_a_hold_that_is_over_names_its_schedules() -> None:
    """And the jobs that do not run because of it."""
    schedules = [schedule("export.weekdays", enabled=False), OFF, schedule("import", enabled=True)]
    [one] = check(Holds(holds=Known([hold(-120, -60)]), schedules=schedules, now=NOW))
    assert one.text == "the hold ended 2027-02-03T08:00:00Z, and still keeps cleanup, export.weekdays disabled"
    assert one.jobs == ("cleanup", "export")


def test_a_parameter_that_is_no_hold() -> None:
    """It is named, with what to do. The holds are examined all the same."""
    strange = {"/scheduled-jobs/staging/holds/x": "must have the parts begin, by"}
    given = Holds(holds=Known([hold(-60, 60)]), strange=strange, schedules=[OFF], now=NOW)
    first, second = check(given)
    assert (first.code, second.code) == ("hold-unreadable", "sound")
    assert first.text == (
        "the parameter /scheduled-jobs/staging/holds/x is no hold: must have the parts begin, by; so each check of the "
        "watch ends with an error"
    )


@pytest.mark.parametrize(("end", "seen"), [(None, ["report"]), (1, ["report"]), (0, [])])
def test_a_schedule_whose_end_has_passed_is_left_out(end: int | None, seen: list[str]) -> None:
    """A hold neither disables nor enables it."""
    ends = {} if end is None else {"EndDate": NOW + timedelta(minutes=end)}
    stack = SimpleNamespace(
        schedules={"report": Known(described(**ends))},
        jobs={"report": FACTS},
        holds=Known([]),
        strange_holds={},
        now=NOW,
    )
    found = reading.read(cast("Account", None), cast("Stack", stack)).schedules
    assert [one.name for one in found] == seen


def test_holds_that_cannot_be_seen() -> None:
    """They are told once."""
    refused = Holds(holds=Refused("no", "ssm:GetParametersByPath"), schedules=[OFF], now=NOW)
    assert [one.code for one in check(refused)] == ["unchecked"]
