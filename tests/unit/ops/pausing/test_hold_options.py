"""Tests of the options that say what a hold is on, from when until when, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.errors import OpsError
from ops.pausing import hold_options
from ops.pausing.holding import Wanted

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no reason": ({"reason": " "}, "--reason ' ': must be one line of text with at most 500 characters"),
    "two lines": ({"reason": "a\nb"}, "--reason 'a\nb': must be one line of text with at most 500 characters"),
    "too long a reason": ({"reason": "x" * 501}, "must be one line of text with at most 500 characters"),
    "no length": ({"length": "soon"}, "--for 'soon' is not a duration; must be numbers with the unit s, m, h, d or w"),
    "too long": ({"length": "32d"}, "--for '32d': must be more than 0 and at most 31d"),
    "no end": ({"until": "noon"}, "--until 'noon' is not a date and time; must be like 2027-03-28T03:00 (UTC) or "),
    "no begin": ({"begin": "noon"}, "--from 'noon' is not a date and time; must be like 2027-03-28T03:00 (UTC) or "),
}


def wanted(**changes: Any) -> Wanted:  # noqa: ANN401 - options
    """Return what an operator asks for with these options."""
    return hold_options.wanted(**{"reason": "move", "jobs": None, "owners": None, "length": "2h", **changes})


@pytest.mark.parametrize(("options", "said"), WRONG.values(), ids=WRONG)
def test_wrong_values(options: dict[str, Any], said: str) -> None:
    """A wrong value is named with its option and with what would be accepted."""
    with pytest.raises(OpsError) as raised:
        wanted(**options)
    assert said in str(raised.value)


def test_what_is_wanted() -> None:
    """Names are sorted and named once, an end replaces the length, and times have a zone."""
    assert wanted() == Wanted(reason="move", jobs=(), owners=(), begin=None, until=None, length=timedelta(hours=2))
    found = wanted(
        reason=" move ",
        jobs=["b", "a", "b"],
        owners=["web"],
        begin="2027-03-28T03:00+02:00",
        until="2027-03-28T03:00",
        length="later",
    )
    assert found == Wanted(
        reason="move",
        jobs=("a", "b"),
        owners=("web",),
        begin=datetime(2027, 3, 28, 1, tzinfo=UTC),
        until=datetime(2027, 3, 28, 3, tzinfo=UTC),
        length=timedelta(),
    )
