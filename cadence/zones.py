"""Time zones from the pinned tzdata package, never from the machine's files, so that ticks are the same everywhere."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from cadence.errors import ZoneError

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*[+-]\d{1,2}(?::?\d{2})?", re.IGNORECASE)

_NO_PLACE = "Factory"
"""The database's zone for a machine that has none. It has no place and no clock changes."""
_ABBREVIATION = re.compile(r"[A-Z]{2,5}")


@cache
def zone(name: str) -> ZoneInfo:
    """Return the IANA time zone of this name; raises ZoneError with the nearest name when it does not exist.

    zoneinfo prefers the machine's files to the package. So the file is read from the package itself, and zoneinfo's
    own search path and cache are not used.
    """
    if name not in _names():
        raise ZoneError(_help(name))
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def to_utc(wall: datetime, time_zone: ZoneInfo) -> datetime | None:
    """Return the instant at which the clocks first show `wall`; None when they skip it or it is beyond year 9999."""
    try:
        instant = wall.replace(tzinfo=time_zone, fold=0).astimezone(UTC)
    except OverflowError:
        return None
    return instant if instant.astimezone(time_zone).replace(tzinfo=None, fold=0) == wall else None


@cache
def _names() -> frozenset[str]:
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(listed) - {_NO_PLACE}


def _help(name: str) -> str:
    if name == _NO_PLACE:
        return f"{name} marks a machine whose zone is not set; must be a name such as Europe/Berlin or UTC"
    if _OFFSET.fullmatch(name.strip()):
        return "an offset is not a time zone; must be a name such as Europe/Berlin or UTC"
    if _ABBREVIATION.fullmatch(name.strip()):
        return "abbreviations are ambiguous; must be a name of the IANA database such as Europe/Berlin"
    nearest = _nearest(name)
    if nearest:
        return f"no such time zone; did you mean {nearest}?"
    return "no such time zone; must be a name of the IANA database such as Europe/Berlin or UTC"


def _nearest(name: str) -> str | None:
    wanted = name.strip().replace(" ", "_").casefold()
    folded = {known.casefold(): known for known in sorted(_names())}
    if wanted in folded:
        return folded[wanted]
    cities = {known.rsplit("/", 1)[-1]: full for known, full in folded.items() if "/" in known}
    if wanted in cities:
        return cities[wanted]
    by_name = difflib.get_close_matches(wanted, folded, n=1, cutoff=0.7)
    if by_name:
        return folded[by_name[0]]
    by_city = difflib.get_close_matches(wanted.rsplit("/", 1)[-1], cities, n=1, cutoff=0.85)
    return cities[by_city[0]] if by_city else None
