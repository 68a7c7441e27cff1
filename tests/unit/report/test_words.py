from __future__ import annotations

import pytest

from report.words import explained, length, meaning, parts, period, short_tick, tally, wall, zone
from tests.unit.report.samples import NOW, instant


def test_words_for_times() -> None:
    """Times are in their zone, with seconds unless they are 0, and near times are short."""
    assert wall(instant("06 01:00").replace(second=7), "Europe/Berlin") == "Wed 2027-01-06 02:00:07 CET"
    assert short_tick(instant("12 11:59"), "UTC", NOW) == "Tue 11:59"
    assert short_tick(instant("12 12:00"), "UTC", NOW) == "12 Jan 2027"
    assert (length(0), length(59), length(60)) == ("0 s", "59 s", "1 min")
    assert (length(3908), length(7200), length(90000)) == ("1 h 5 min 8 s", "2 h", "25 h")


def test_period() -> None:
    """A period has its day and its zone once; an instant is not a period."""
    assert period(instant("06 19:00"), instant("06 23:00"), "Europe/Berlin") == "Wed 2027-01-06 20:00 to 00:00 CET"
    assert period(NOW, NOW, "UTC") == "Wed 2027-01-06 12:00 UTC"


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"good": 1}, "1 tick, good"),
        ({"not-launched": 1}, "1 tick, not launched"),
        ({"failed": 2}, "2 ticks, both failed"),
        ({"good": 3}, "3 ticks, all good"),
        ({"good": 1, "failed": 1}, "2 ticks: 1 failed, 1 good"),
        ({"good": 40, "new": 1, "running": 1, "missed": 2}, "44 ticks: 1 new, 2 missed, 1 running, 40 good"),
    ],
)
def test_tally(counts: dict[str, int], expected: str) -> None:
    """Ticks are counted in words, and the gravest outcome comes first."""
    assert tally(counts) == expected


def test_outcomes() -> None:
    """An outcome is told in words and explained; an unknown one is shown as it is."""
    assert (meaning("not-launched"), explained("not-launched")) == ("not launched", "Scheduler gave up the launch")
    assert (meaning("new"), explained("new")) == ("new", "")
    assert parts({"failed": 1, "missed": 2}) == "1 failed, 2 missed"


@pytest.mark.parametrize(
    ("schedule", "key"),
    [
        ({"ScheduleExpressionTimezone": "Europe/Berlin"}, "Europe/Berlin"),
        ({"ScheduleExpressionTimezone": "Europe/Atlantis"}, "UTC"),
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "UTC"),
        ({}, "UTC"),
    ],
)
def test_the_zone_is_the_schedule_s(schedule: dict[str, str], key: str) -> None:
    """A schedule without a zone, or with one that is newer than the pinned database, is shown in UTC."""
    assert zone(schedule).key == key
