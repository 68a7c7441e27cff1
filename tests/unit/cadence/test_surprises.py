from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence import Cron, parse
from cadence.fields import HOURS, MINUTES, MONTH_DAYS, MONTHS, WEEKDAYS, parse_field
from cadence.surprises import surprises
from tests.unit.cadence.strategies import crons

PAST = "runs past the end of the field, which Scheduler's guide does not show"
LAST = "LW is the last Monday to Friday of every month"

# (expression, the sentences)
TOLD = [
    ("cron(0 2 ? * MON-FRI *)", []),
    ("cron(0/5 8-17 1-15 1-6/2 ? 2026-2030)", []),
    ("cron(0 22-2 * * ? *)", [f"hours '22-2' {PAST}; 22,23,0,1,2 means the same"]),
    ("cron(0 22-2/2 * * ? *)", [f"hours '22-2/2' {PAST}; 22,0,2 means the same"]),
    ("cron(0 2 ? * Fri-mon *)", [f"day-of-week 'Fri-mon' {PAST}; FRI,SAT,SUN,MON means the same"]),
    ("cron(0 2 ? * 6-2 *)", [f"day-of-week '6-2' {PAST}; 6,7,1,2 means the same"]),
    (
        "cron(5,58-2 2 30-1 11-2 ? *)",
        [
            f"minutes '58-2' {PAST}; 58,59,0,1,2 means the same",
            f"day-of-month '30-1' {PAST}; 30,31,1 means the same",
            f"month '11-2' {PAST}; 11,12,1,2 means the same",
        ],
    ),
    ("cron(0 2 28W * ? *)", []),
    ("cron(0 2 31W 1,3 ? *)", []),
    (
        "cron(0 2 31W * ? *)",
        [
            (
                "day-of-month '31W' skips the months without day 31: February, April, June, September and November; "
                f"{LAST}"
            )
        ],
    ),
    ("cron(0 2 30W 1-4 ? *)", [f"day-of-month '30W' skips the months without day 30: February; {LAST}"]),
    (
        "cron(0 2 29W * ? *)",
        [f"day-of-month '29W' skips the months without day 29: February, except in leap years; {LAST}"],
    ),
    ("cron(0 2 29W * ? 2028)", []),
]


@pytest.mark.parametrize(("expression", "sentences"), TOLD, ids=[row[0] for row in TOLD])
def test_tells_of_surprising_forms(expression: str, sentences: list[str]) -> None:
    """A range that wraps is told with its list, and a nearest weekday with the months that it skips."""
    cron = parse(expression)
    assert isinstance(cron, Cron)
    assert list(surprises(cron)) == sentences


KINDS = {kind.name: kind for kind in (MINUTES, HOURS, MONTH_DAYS, MONTHS, WEEKDAYS)}


@given(crons(years=st.just("*")))
def test_the_list_means_the_same(expression: str) -> None:
    """The list that is offered for a range selects the same values."""
    cron = parse(expression)
    assert isinstance(cron, Cron)
    for sentence in surprises(cron):
        if found := re.fullmatch(rf"(\S+) '(\S+)' {PAST}; (\S+) means the same", sentence):
            kind = KINDS[found[1]]
            assert parse_field(kind, found[2]).values == parse_field(kind, found[3]).values
            assert found[2] in expression
