from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from aws_croniter import AwsCroniter  # type: ignore[import-untyped]
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from cadence import Cron, Timetable, parse
from tests.unit.cadence.oracle import due
from tests.unit.cadence.strategies import WEEKDAYS, crons, instants

START = datetime(2026, 3, 15, 10, 30, tzinfo=UTC)


def _number_field(chance: random.Random, first: int, last: int) -> str:
    low, high = sorted(chance.sample(range(first, last + 1), 2))
    step = chance.randint(1, (last - first) // 3)
    return chance.choice(
        ["*", f"{low}", f"{low}-{high}", f"{low},{high}", f"{low}/{step}", f"*/{step}", f"{low}-{high}/{step}"]
    )


def _day_fields(chance: random.Random) -> tuple[str, str]:
    if chance.random() < 0.5:
        return chance.choice([_number_field(chance, 1, 31), "L", f"{chance.randint(1, 31)}W"]), "?"
    low, high = sorted(chance.sample(range(1, 8), 2))
    name, later = WEEKDAYS[low - 1], WEEKDAYS[high - 1]
    nth = f"{low}#{chance.randint(1, 4)}"
    return "?", chance.choice(["*", name, f"{low}-{high}", f"{low},{high}", f"{name}-{later}", f"{high}L", nth])


def _aws_expressions(count: int) -> list[str]:
    chance = random.Random(20260315)  # noqa: S311 - the same expressions every time
    expressions: set[str] = set()
    while len(expressions) < count:
        day_of_month, day_of_week = _day_fields(chance)
        fields = [_number_field(chance, 0, 59), _number_field(chance, 0, 23), day_of_month]
        fields += [_number_field(chance, 1, 12), day_of_week, chance.choice(["*", "*", "2026-2040", "2027,2029"])]
        expressions.add(" ".join(fields))
    return sorted(expressions)


@pytest.mark.parametrize("chunk", range(10))
def test_agrees_with_a_package_that_speaks_aws_cron(chunk: int) -> None:
    """400 expressions have the same next ten ticks in aws-croniter, in every form that aws-croniter knows.

    aws-croniter does not know LW, a bare L for the weekday, ranges that wrap and steps of years, and gives up on a rare
    #5.
    """
    for expression in _aws_expressions(400)[chunk::10]:
        theirs = [tick for tick in AwsCroniter(expression).get_next(START, 10) if tick]
        ours = list(islice(Timetable(parse(f"cron({expression})")).ticks(START), 10))
        assert ours == theirs, expression


# (AWS's form, the Unix form that CronSim reads)
UNIX_TWINS = [
    ("0 6 LW * ? *", "0 6 LW * *"),
    ("30 6 L * ? *", "30 6 L * *"),
    ("0 6 ? * L *", "0 6 * * 6"),
    ("0 6 ? * 6L *", "0 6 * * 5L"),
    ("0 6 ? * 1L *", "0 6 * * 7L"),
    ("0 6 ? * 2#5 *", "0 6 * * 1#5"),
    ("*/7 5-9/2 ? 2,11 SUN-TUE *", "*/7 5-9/2 * 2,11 0-2"),
    ("0 0 29 2 ? *", "0 0 29 2 *"),
]


@pytest.mark.parametrize(("expression", "unix"), UNIX_TWINS, ids=[row[0] for row in UNIX_TWINS])
def test_agrees_with_a_package_that_speaks_unix_cron(expression: str, unix: str) -> None:
    """LW, L and # have the same next twenty ticks as in CronSim, whose weekdays count differently."""
    ours = list(islice(Timetable(parse(f"cron({expression})")).ticks(START), 20))
    assert ours == list(islice(CronSim(unix, START), 20))


@settings(max_examples=40, deadline=None)
@given(crons(), instants)
def test_selects_exactly_the_minutes_of_a_reading_minute_by_minute(expression: str, after: datetime) -> None:
    """Over two days of minutes, the ticks are those of the second implementation, in every form."""
    begin = after.replace(second=0, microsecond=0)
    minutes = (begin + timedelta(minutes=passed) for passed in range(1, 2 * 24 * 60))
    first, last = begin + timedelta(minutes=1), begin + timedelta(days=2, minutes=-1)
    found = list(Timetable(parse(expression)).between(first, last))
    assert found == [minute for minute in minutes if due(expression, minute.replace(tzinfo=None))]


@given(st.integers(1970, 2199), crons(years=st.just("*")))
def test_selects_exactly_the_days_of_a_reading_day_by_day(year: int, expression: str) -> None:
    """Over a year of days, the dates are those of the second implementation, in every form."""
    cron = parse(expression)
    assert isinstance(cron, Cron)
    hour, minute = next(cron.times())
    first = datetime(year, 1, 1, hour, minute)  # noqa: DTZ001 - a wall clock has no zone
    days = [first + timedelta(days=passed) for passed in range(366)]
    expected = [day.date() for day in days if day.year == year and due(expression, day)]
    assert [date for date in islice(cron.dates(first.date()), 366) if date.year == year] == expected


@given(crons(), instants)
def test_dates_are_the_same_backward(expression: str, instant: datetime) -> None:
    """The dates are the same forward and backward."""
    cron = parse(expression)
    assert isinstance(cron, Cron)
    forward = list(islice(cron.dates(instant.date()), 30))
    back = list(islice(cron.dates_back(forward[-1]), len(forward))) if forward else []
    assert back == forward[::-1]
    assert all(later > earlier for earlier, later in pairwise(forward))


def test_wall_clock_times_begin_where_asked() -> None:
    """The wall-clock times from a selected time begin with it, and those from a second later with the next one."""
    cron = parse("cron(0/30 6 * * ? *)")
    assert isinstance(cron, Cron)
    first, second = datetime(2026, 3, 1, 6, 0), datetime(2026, 3, 1, 6, 30)  # noqa: DTZ001 - a wall clock has no zone
    assert list(islice(cron.walls(first), 2)) == [first, second]
    assert next(cron.walls(first + timedelta(seconds=1))) == second


# (expression, whether it never fires)
NEVER = [
    ("cron(0 0 31 2 ? *)", True),
    ("cron(0 0 30 FEB ? 2026)", True),
    ("cron(0 0 31 4,6,9,11 ? *)", True),
    ("cron(0 0 31W APR ? *)", True),
    ("cron(0 0 29 2 ? 2100)", True),
    ("cron(0 0 29 2 ? 2101-2103)", True),
    ("cron(0 0 ? 2 MON#5 2027)", True),
    ("cron(0 0 29 2 ? 2104)", False),
    ("cron(0 0 ? 2 TUE#5 2028)", False),
    ("cron(0 0 1 1 ? 1999)", False),
    ("rate(5 minutes)", False),
    ("at(1999-01-01T00:00:00)", False),
]


@pytest.mark.parametrize(("expression", "never"), NEVER, ids=[row[0] for row in NEVER])
def test_finds_what_never_fires(expression: str, never: bool) -> None:  # noqa: FBT001 - a column of the table
    """An expression whose day exists in no selected year never fires; one whose ticks have passed does fire."""
    assert Timetable(parse(expression)).never_fires() is never
