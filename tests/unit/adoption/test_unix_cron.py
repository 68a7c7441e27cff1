from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import cadence
from adoption.unix_cron import CronError, Dialect, both_due, crons

START = datetime(2026, 3, 15, 10, 30, tzinfo=UTC)
YEAR = START + timedelta(days=365)
MONTHS = ("*", "2", "jan", "3-8", "*/4", "jan-mar,DEC")


def items(first: int, last: int) -> st.SearchStrategy[str]:
    """Draw an item of a field: a number, a range, a star, each of the latter two with or without a step."""
    number = st.integers(first, last)
    spans = st.lists(number, min_size=2, max_size=2, unique=True).map(sorted).map("{0[0]}-{0[1]}".format)
    steps = st.integers(1, last + 9).map("/{}".format)
    return number.map(str) | spans | st.tuples(spans | st.just("*"), steps).map("".join)


def fields(first: int, last: int) -> st.SearchStrategy[str]:
    """Draw a field of Unix's cron."""
    return st.just("*") | st.lists(items(first, last), min_size=1, max_size=3).map(",".join)


days = st.tuples(fields(1, 31), st.sampled_from(MONTHS), fields(0, 7)).map(" ".join)
times = st.tuples(fields(0, 59), fields(0, 23)).map(" ".join)


def ticks(bodies: list[str], until: datetime) -> list[datetime]:
    """Return all ticks of some crons."""
    tables = [cadence.Timetable(cadence.parse(f"cron({body})")) for body in bodies]
    return sorted({tick for table in tables for tick in table.between(START + timedelta(minutes=1), until)})


def ticks_of_cron(text: str, until: datetime) -> list[datetime]:
    """Return all ticks of Unix's cron, as another implementation has them."""
    return list(takewhile(lambda tick: tick <= until, CronSim(text, START)))


def agree(line: str, dialect: Dialect, oracle: str, until: datetime) -> None:
    """Compare all ticks of a line with those of the oracle. Lines that one of the two refuses do not count."""
    try:
        bodies = crons(line, dialect)
        expected = ticks_of_cron(oracle, until)
    except (CronError, CronSimError):
        reject()
    assert ticks(bodies, until) == expected


@settings(deadline=None)
@given(days)
def test_the_days_of_a_year_are_those_of_cron(drawn: str) -> None:
    """Every tick of Unix's cron is one of the result, and no other."""
    agree(f"0 6,18 {drawn}", Dialect.UNIX, f"0 6,18 {drawn}", YEAR)


@settings(deadline=None)
@given(times)
def test_the_times_of_a_day_are_those_of_cron(drawn: str) -> None:
    """Both dialects read minutes and hours alike."""
    for dialect in Dialect:
        agree(f"{drawn} * * *", dialect, f"{drawn} * * *", START + timedelta(days=1))


@settings(deadline=None)
@given(days.filter(lambda drawn: "7" not in drawn.split()[2]))
def test_the_days_of_a_year_are_those_of_kubernetes(drawn: str) -> None:
    """Kubernetes takes a step in a day field as a list, which the oracle reads when it has no star."""
    day, month, weekday = drawn.split()
    oracle = f"0 6 {without_stars(day, 1, 31)} {month} {without_stars(weekday, 0, 6)}"
    agree(f"0 6 {drawn}", Dialect.KUBERNETES, oracle, YEAR)


def without_stars(field: str, first: int, last: int) -> str:
    """Return a field with its range for each star that has a step."""
    found = field.split(",")
    if "*" in found or "*/1" in found:
        return "*"
    return ",".join(item.replace("*", f"{first}-{last}") for item in found)


@pytest.mark.parametrize(
    ("text", "dialect", "expected"),
    [
        ("0 6 * * *", Dialect.UNIX, ["0 6 * * ? *"]),
        ("@daily", Dialect.UNIX, ["0 0 * * ? *"]),
        ("*/60 * * * *", Dialect.UNIX, ["0 * * * ? *"]),
        ("0 0 */7 * *", Dialect.UNIX, ["0 0 */7 * ? *"]),
        ("0 0 1 * 1", Dialect.UNIX, ["0 0 1 * ? *", "0 0 ? * MON *"]),
        ("0 0 */1 * 1-5", Dialect.UNIX, ["0 0 ? * MON-FRI *"]),
        ("0 9 */100,1-7 * MON", Dialect.UNIX, ["0 9 ? * 2#1 *"]),
        ("0 0 */2 * 1", Dialect.KUBERNETES, ["0 0 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * ? *", "0 0 ? * MON *"]),
        ("5/15 ? ? * ?", Dialect.KUBERNETES, ["5/15 * * * ? *"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_cron_becomes(text: str, dialect: Dialect, expected: list[str]) -> None:
    """The text stays as it is, where it means the same to AWS."""
    assert crons(text, dialect) == expected


@pytest.mark.parametrize(
    ("text", "dialect", "reason"),
    [
        ("@reboot", Dialect.UNIX, "'@reboot' is no time that a schedule can have"),
        (
            "0 0 */7 * 1",
            Dialect.UNIX,
            (
                "'0 0 */7 * 1' wants both day fields to match, since one begins with a star; AWS cannot select days by "
                "both"
            ),
        ),
        (
            "5/15 * * * *",
            Dialect.UNIX,
            "minute '5/15' has a step after a single number, which cron refuses or reads in its own way",
        ),
        ("? 0 * * *", Dialect.UNIX, "minute '?' is a mistake to cron, which does not run the job"),
        ("0 0 L * *", Dialect.UNIX, "day-of-month 'L' is a mistake to cron, which does not run the job"),
        ("0 22-2 * * *", Dialect.UNIX, "hour '22-2' runs backwards, which is a mistake to cron"),
        ("*/0 * * * *", Dialect.UNIX, "minute '*/0' is a mistake to cron, which does not run the job"),
        ("0 0 * * 7", Dialect.KUBERNETES, "day-of-week '7' is out of range; must be 0-6"),
        ("0 0 * foo *", Dialect.KUBERNETES, "month 'foo' is out of range; must be 1-12"),
        ("*/30 * * * * *", Dialect.KUBERNETES, "'*/30 * * * * *' has 6 fields; Kubernetes has 5"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_no_cron_of_aws(text: str, dialect: Dialect, reason: str) -> None:
    """The reason says why."""
    with pytest.raises(CronError) as refusal:
        crons(text, dialect)
    assert str(refusal.value) == reason


def test_when_two_crons_are_both_due() -> None:
    """The first of a month that is a Monday, in the zone of the schedule; a day that no month has is never due."""
    assert both_due(["0 0 1 * ? *", "0 0 ? * MON *"], "Europe/Berlin", START) == datetime(2026, 6, 1)  # noqa: DTZ001
    assert both_due(["0 0 31 2 ? *", "0 0 ? 2 MON *"], "UTC", START) is None
