"""Hypothesis strategies for schedules, shared by the tests of `cadence`."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Africa/Cairo", "Africa/Casablanca"),
    *("Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Asia/Beirut"),
)

instants = st.datetimes(datetime(1975, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(ZONES)


def _values(first: int, last: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    numbers = st.integers(first, last).map(str)
    return numbers | st.sampled_from([*names, *map(str.lower, names)]) if names else numbers


def _field(
    first: int, last: int, names: tuple[str, ...] = (), *, wraps: bool = True, steps: bool = True
) -> st.SearchStrategy[str]:
    value = _values(first, last, names)
    if wraps:
        ranges = st.tuples(value, value).map("-".join)
    else:
        ranges = st.tuples(st.integers(first, last), st.integers(first, last)).map(
            lambda pair: f"{min(pair)}-{max(pair)}"
        )
    items = value | ranges
    stars = st.just("*")
    if steps:
        number, step = st.integers(first, last), st.integers(1, last - first)
        pair = st.tuples(number, number)
        spans = pair if wraps else pair.map(sorted)
        items |= st.tuples(number | spans.map(lambda span: f"{span[0]}-{span[1]}") | stars, step).map(
            "{0[0]}/{0[1]}".format
        )
    return stars | st.lists(items, min_size=1, max_size=3).map(",".join)


_plain_month_days = _field(1, 31)
_special_month_days = st.sampled_from(["L", "LW", "lw"]) | st.integers(1, 31).map("{}W".format)
_plain_weekdays = _field(1, 7, WEEKDAYS, steps=False)
_weekday = _values(1, 7, WEEKDAYS)
_special_weekdays = (
    st.just("L") | _weekday.map("{}L".format) | st.tuples(_weekday, st.integers(1, 5).map(str)).map("#".join)
)
_days = st.tuples(_plain_month_days | _special_month_days, st.just("?")) | st.tuples(
    st.just("?"), _plain_weekdays | _special_weekdays
)


@st.composite
def crons(draw: st.DrawFn, *, years: st.SearchStrategy[str] | None = None) -> str:
    """Draw a cron expression that AWS accepts, in any of its forms."""
    day_of_month, day_of_week = draw(_days)
    year = draw(st.just("*") | _field(1970, 2199, wraps=False) if years is None else years)
    fields = (draw(_field(0, 59)), draw(_field(0, 23)), day_of_month, draw(_field(1, 12, MONTHS)), day_of_week, year)
    return f"cron({' '.join(fields)})"


rates = st.tuples(st.integers(1, 10_000), st.sampled_from(["minute", "minutes", "hour", "hours", "day", "days"])).map(
    lambda pair: f"rate({pair[0]} {pair[1]})"
)
ats = st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30)).map(  # noqa: DTZ001 - a wall clock has no zone
    lambda wall: f"at({wall.isoformat(timespec='seconds')})"
)
expressions = crons() | rates | ats
