from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import pytest

from cadence import ZoneError, zone
from cadence.changes import clock_changes

# (name, the whole message)
HELP = [
    ("Europe/Berln", "no such time zone; did you mean Europe/Berlin?"),
    ("europe/berlin", "no such time zone; did you mean Europe/Berlin?"),
    ("Berlin", "no such time zone; did you mean Europe/Berlin?"),
    ("America/New York", "no such time zone; did you mean America/New_York?"),
    ("utc", "no such time zone; did you mean UTC?"),
    ("Factory", "Factory marks a machine whose zone is not set; must be a name such as Europe/Berlin or UTC"),
    ("factory", "no such time zone; must be a name of the IANA database such as Europe/Berlin or UTC"),
    ("UTC+2", "an offset is not a time zone; must be a name such as Europe/Berlin or UTC"),
    ("+01:00", "an offset is not a time zone; must be a name such as Europe/Berlin or UTC"),
    ("CEST", "abbreviations are ambiguous; must be a name of the IANA database such as Europe/Berlin"),
    (
        "../../etc/passwd",
        "no such time zone; must be a name of the IANA database such as Europe/Berlin or UTC",
    ),
    ("", "no such time zone; must be a name of the IANA database such as Europe/Berlin or UTC"),
]


@pytest.mark.parametrize(("name", "message"), HELP, ids=[row[0] or "nothing" for row in HELP])
def test_helps_with_a_zone_that_does_not_exist(name: str, message: str) -> None:
    """An unknown zone is refused with the nearest zone, and never with a misleading one."""
    with pytest.raises(ZoneError) as refusal:
        zone(name)
    assert str(refusal.value) == message


def test_every_zone_of_the_package_loads() -> None:
    """Every zone that the package lists can be loaded and has an offset, except the one that has no place."""
    listing = next(file for file in metadata.files("tzdata") or [] if file.name == "zones")
    names = set(Path(str(listing.locate())).read_text(encoding="utf-8").split()) - {"Factory"}
    assert len(names) > 500
    for name in names:
        assert zone(name).key == name
        assert datetime(2026, 1, 1, tzinfo=zone(name)).utcoffset() is not None


def test_a_zone_is_not_the_one_of_other_libraries() -> None:
    """A zone is not in zoneinfo's own cache, and a second call returns the same object."""
    assert zone("Europe/Berlin") is zone("Europe/Berlin")
    assert zone("Europe/Berlin") is not zoneinfo.ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("name", ["Europe/Berlin", "Africa/Casablanca", "Pacific/Apia", "Asia/Kolkata", "UTC"])
def test_clock_changes_are_where_the_offset_changes(name: str) -> None:
    """Over 15 years of hours, the offset changes exactly at the clock changes, from one offset to the other."""
    begin, end = datetime(2005, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
    changes = {change.at: (change.before, change.after) for change in clock_changes(name, begin, end)}
    offsets = [
        (instant, instant.astimezone(zone(name)).utcoffset())
        for instant in (begin + timedelta(hours=passed) for passed in range(15 * 365 * 24))
    ]
    found = {later[0]: (earlier[1], later[1]) for earlier, later in pairwise(offsets) if earlier[1] != later[1]}
    assert changes == found
