from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cadence import Cron, Timetable, describe, parse
from tests.unit.cadence.strategies import crons, expressions, zones

# (expression, its words in Europe/Berlin)
WORDS = [
    ("cron(0 2 ? * MON-FRI *)", "at 02:00 on weekdays, Europe/Berlin"),
    ("cron(0 2 * * ? *)", "at 02:00 every day, Europe/Berlin"),
    ("cron(0 2 ? * * *)", "at 02:00 every day, Europe/Berlin"),
    ("cron(0 2 ? MAR * *)", "at 02:00 every day in March, Europe/Berlin"),
    ("cron(* * * * ? *)", "every minute, Europe/Berlin"),
    ("cron(*/15 * * * ? *)", "every 15 minutes, Europe/Berlin"),
    ("cron(5/15 * * * ? *)", "every 15 minutes from 00:05, Europe/Berlin"),
    ("cron(0 * * * ? *)", "every hour, Europe/Berlin"),
    ("cron(0 */3 * * ? *)", "every 3 hours, Europe/Berlin"),
    ("cron(0 */6 * * ? *)", "at 00:00, 06:00, 12:00 and 18:00 every day, Europe/Berlin"),
    ("cron(0 */5 * * ? *)", "every 5 hours from 00:00 to 20:00 every day, Europe/Berlin"),
    ("cron(0/5 8-17 ? * MON-FRI *)", "every 5 minutes from 08:00 to 17:55 on weekdays, Europe/Berlin"),
    ("cron(0/7 * * * ? *)", "every 7 minutes from minute 0 to 56 of every hour, Europe/Berlin"),
    ("cron(1-5,20 * * * ? *)", "at minutes 1 to 5 and 20 of every hour, Europe/Berlin"),
    ("cron(0/20 1,5 * * ? *)", "at minutes 0, 20 and 40 of hours 1 and 5 every day, Europe/Berlin"),
    ("cron(* 3-4,9 * * ? *)", "every minute of hours 3, 4 and 9 every day, Europe/Berlin"),
    ("cron(30 6 ? * 1,7 *)", "at 06:30 on Saturdays and Sundays, Europe/Berlin"),
    ("cron(30 6 ? * SUN,WED *)", "at 06:30 on Wednesdays and Sundays, Europe/Berlin"),
    ("cron(30 6 ? * L *)", "at 06:30 on Saturdays, Europe/Berlin"),
    ("cron(0 6 ? * 6L *)", "at 06:00 on the last Friday of the month, Europe/Berlin"),
    ("cron(0 6 ? 3,9 3#2 *)", "at 06:00 on the second Tuesday of March and September, Europe/Berlin"),
    ("cron(0 6 L * ? *)", "at 06:00 on the last day of the month, Europe/Berlin"),
    ("cron(0 6 LW * ? *)", "at 06:00 on the last weekday of the month, Europe/Berlin"),
    ("cron(0 6 15W * ? *)", "at 06:00 on the weekday nearest to day 15 of the month, Europe/Berlin"),
    ("cron(0 6 1 * ? *)", "at 06:00 on day 1 of the month, Europe/Berlin"),
    ("cron(0 6 1,15-20 * ? *)", "at 06:00 on days 1 and 15 to 20 of the month, Europe/Berlin"),
    ("cron(0 6 31 * ? *)", "at 06:00 on day 31 of the months that have it, Europe/Berlin"),
    ("cron(0 6 1 1,7 ? *)", "at 06:00 on day 1 of January and July, Europe/Berlin"),
    ("cron(0 6 1 1 ? 2027)", "at 06:00 on day 1 of January in 2027, Europe/Berlin"),
    ("cron(0 6 1 1 ? 2027-2030)", "at 06:00 on day 1 of January from 2027 to 2030, Europe/Berlin"),
    ("cron(0 6 * * ? 2027/50)", "at 06:00 every day in 2027, 2077, 2127 and 2177, Europe/Berlin"),
    ("cron(0 6 * * ? */2)", "at 06:00 every day every 2 years from 1970 to 2198, Europe/Berlin"),
    ("rate(15 minutes)", "every 15 minutes"),
    ("rate(1 hour)", "every hour"),
    ("rate(1 day)", "every 24 hours"),
    ("at(2026-12-31T23:00:00)", "once at 2026-12-31 23:00, Europe/Berlin"),
    ("at(2026-12-31T23:00:05)", "once at 2026-12-31 23:00:05, Europe/Berlin"),
]


@pytest.mark.parametrize(("expression", "words"), WORDS, ids=[row[0] for row in WORDS])
def test_says_a_schedule_in_words(expression: str, words: str) -> None:
    """The words name the times of day, the days, the years and the zone."""
    assert describe(Timetable(parse(expression), "Europe/Berlin")) == words


def test_says_start_end_and_window() -> None:
    """Start and end are in the zone that the words name, and in UTC for a rate, whose words name no zone."""
    start, end = datetime(2026, 6, 1, 22, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)
    daily = Timetable(parse("cron(0 2 * * ? *)"), "Europe/Berlin", start=start, end=end, window=10)
    assert describe(daily) == (
        "at 02:00 every day, Europe/Berlin, from 2026-06-02 00:00 until 2027-01-01 00:00, within 10 minutes"
    )
    rate = Timetable(parse("rate(5 hours)"), "Europe/Berlin", end=end, window=1)
    assert describe(rate) == "every 5 hours, until 2026-12-31 23:00 UTC, within 1 minute"


@cache
def _reading(words: str) -> list[object]:
    """Return the list of the meanings that these words have had so far, which is empty at first."""
    assert words
    return []


def _meaning(expression: str) -> object:
    """Return the selection of an expression, independent of its spelling, over four years of every kind."""
    parsed = parse(expression)
    if not isinstance(parsed, Cron):
        return parsed
    first = next(parsed.dates(date.min), None)
    days = [parsed.days.in_month(year, month) for year in (2023, 2024, 2026, 2027) for month in parsed.months.values]
    return first and (parsed.minutes.values, parsed.hours.values, parsed.months.values, parsed.years.values, days)


@settings(max_examples=400, deadline=None)
@given(crons(years=st.sampled_from(["*", "2026", "2026,2027"])) | expressions, zones)
def test_the_same_words_never_mean_two_schedules(expression: str, name: str) -> None:
    """All schedules with the same words select the same times."""
    words = describe(Timetable(parse(expression), name))
    seen = _reading(words)
    meaning = _meaning(expression)
    seen.append(meaning)
    assert meaning is None or meaning == next(other for other in seen if other is not None)


SMALL = [
    f"cron({minutes} {hours} {day} {month} {weekday} *)"
    for minutes in ("0", "*", "0/7", "0/30", "0,7", "5,35")
    for hours in ("0", "*", "*/2", "0-12/3", "1,5", "8-17", "8-9")
    for month in ("*", "2", "1-3")
    for day, weekday in (
        *(("*", "?"), ("1", "?"), ("31", "?"), ("1-7", "?"), ("1,7", "?"), ("L", "?"), ("LW", "?"), ("7W", "?")),
        *(("?", "2-6"), ("?", "1-7"), ("?", "7"), ("?", "7L"), ("?", "7#1"), ("?", "1,7"), ("?", "2,7")),
    )
]


def test_the_words_of_many_plain_schedules_are_as_many() -> None:
    """Two plain schedules have the same words only when they select the same times."""
    by_words: dict[str, set[str]] = {}
    for expression in SMALL:
        words = describe(Timetable(parse(expression)))
        by_words.setdefault(words, set()).add(str(_meaning(expression)))
    assert [words for words, meanings in by_words.items() if len(meanings) > 1] == []
    assert len(by_words) > 1500
