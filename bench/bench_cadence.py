"""Benchmark of reading schedules and finding their ticks; run it with `python -m bench.bench_cadence`.

The benchmark prints wall time but checks only growth. Four times the schedules must cost about four times as much.
Neither a search for a rare tick nor a century of rare ticks may cost much more than one check of every month of AWS's
230 years.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import islice
from time import perf_counter

from cadence import Cron, Timetable, describe, parse

NOW = datetime(2026, 3, 15, 10, 30, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
RARE = (
    *("cron(0 0 29 2 ? *)", "cron(0 0 29 2 ? 2096)", "cron(59 23 31 12 ? 2199)", "cron(0 0 31W 12 ? 2100/20)"),
    *("cron(0 0 ? 2 TUE#5 *)", "cron(0 0 31 2 ? *)", "cron(0 0 29 2 ? 2100)", "cron(30 2 29 3 ? *)"),
)
MOST_FOR_GROWTH = 2.0
MOST_FOR_RARE = 3.0


def schedules(count: int) -> list[tuple[str, str]]:
    """Return typical schedules with their time zones; no two of them have the same times."""
    forms = (
        *("cron({m} {h} * * ? *)", "cron({m} {h} ? * MON-FRI *)", "cron({m}/15 {h} ? * TUE,THU *)"),
        *("cron({m} {h} L * ? *)", "cron({m} {h} ? * 6L *)", "cron({m} {h} 15W 1/3 ? *)", "cron({m} {h} ? * 3#2 *)"),
        *("cron({m}/5 * * * ? *)", "rate({h1} hours)", "at(2027-01-{d:02}T{h:02}:{m:02}:00)"),
    )
    return [
        (
            forms[number % len(forms)].format(m=number % 60, h=number % 24, h1=number % 24 + 2, d=number % 28 + 1),
            ZONES[number % len(ZONES)],
        )
        for number in range(count)
    ]


def validate(count: int) -> float:
    """Return the seconds to parse `count` schedules and to find ten ticks of each."""
    begin = perf_counter()
    for expression, zone in schedules(count):
        timetable = Timetable(parse(expression), zone)
        timetable.never_fires()
        list(islice(timetable.ticks(NOW, anchor=NOW), 10))
    return perf_counter() - begin


def all_ticks(expression: str) -> tuple[int, float]:
    """Return the number of ticks in a century, and the seconds to find them."""
    timetable = Timetable(parse(expression), "Europe/Berlin")
    begin = perf_counter()
    count = sum(1 for _ in timetable.between(NOW, NOW.replace(year=2126)))
    return count, perf_counter() - begin


def one_tick(expression: str) -> float:
    """Return the seconds to find the next tick, or to find that there is none; the best of five runs."""
    timetable = Timetable(parse(expression), "Europe/Berlin")
    times = []
    for _ in range(5):
        begin = perf_counter()
        next(timetable.ticks(NOW), None)
        times.append(perf_counter() - begin)
    return min(times)


def calendar_of_all_years() -> float:
    """Return the seconds to check every month of AWS's 230 years once; the best of five runs."""
    cron = parse("cron(0 0 31 * ? *)")
    if not isinstance(cron, Cron):
        raise TypeError
    times = []
    for _ in range(5):
        begin = perf_counter()
        sum(1 for year in cron.years.values for month in cron.months.values if cron.days.in_month(year, month))
        times.append(perf_counter() - begin)
    return min(times)


def main() -> int:
    """Print the results; return 0 when growth is within its bounds, otherwise 1."""
    validate(100)
    small, large = min(validate(250) for _ in range(3)), min(validate(1000) for _ in range(3))
    growth = large / small / 4
    print(f"validate 1000 schedules and find ten ticks of each: {large:.3f} s; 250 schedules: {small:.3f} s")
    begin = perf_counter()
    for expression, zone in schedules(1000):
        describe(Timetable(parse(expression), zone))
    print(f"describe 1000 schedules in words: {perf_counter() - begin:.3f} s")
    begin = perf_counter()
    for expression, zone in schedules(1000):
        Timetable(parse(expression), zone).smallest_gap(after=NOW)
    print(f"find the smallest gap between ticks of 1000 schedules: {perf_counter() - begin:.3f} s")
    for expression in ("cron(0 2 * * ? *)", "cron(0 2 ? * 6L *)", "cron(0 * * * ? *)"):
        count, seconds = all_ticks(expression)
        print(f"one century of {expression}: {count} ticks in {seconds:.3f} s, {seconds / count * 1e6:.1f} µs each")
    bound = calendar_of_all_years()
    search = max((one_tick(expression), expression) for expression in RARE)
    century = max((all_ticks(expression)[1], expression) for expression in RARE)
    print(f"check every month of 230 years once: {bound * 1e3:.3f} ms")
    print(f"the slowest search for a rare tick: {search[0] * 1e3:.3f} ms, {search[1]}")
    print(f"the slowest century of rare ticks: {century[0] * 1e3:.3f} ms, {century[1]}")
    sound = growth < MOST_FOR_GROWTH and max(search[0], century[0]) < MOST_FOR_RARE * bound
    print("growth is within its bounds" if sound else "growth is NOT within its bounds")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
