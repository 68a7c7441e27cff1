from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cadence import At, Cron, ExpressionError, Rate, Timetable, ZoneError, describe, next_ticks, parse, zone
from cadence.counting import same_cron
from tests.unit.cadence.strategies import crons, expressions, instants, zones

if TYPE_CHECKING:
    from collections.abc import Iterable


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _texts(ticks: Iterable[datetime]) -> list[str]:
    return [f"{tick:%Y-%m-%d %H:%M}" for tick in ticks]


@settings(max_examples=100, deadline=None)
@given(crons(), zones, instants)
def test_every_tick_matches_and_later_ones_follow(expression: str, name: str, after: datetime) -> None:
    """The ticks strictly increase, and each is the first showing of a selected wall-clock time."""
    cron = parse(expression)
    assert isinstance(cron, Cron)
    ticks = list(islice(Timetable(cron, name).ticks(after), 20))
    assert all(later > earlier for earlier, later in pairwise([after, *ticks]))
    for tick in ticks:
        local = tick.astimezone(zone(name))
        assert cron.matches(local.replace(tzinfo=None))
        assert local.fold == 0


@settings(max_examples=100, deadline=None)
@given(expressions, zones, instants, instants)
def test_next_after_previous_is_where_it_was(expression: str, name: str, after: datetime, anchor: datetime) -> None:
    """The tick after a tick's previous one is the tick itself, and so is the previous tick just after it."""
    timetable = Timetable(parse(expression), name)
    tick = next(timetable.ticks(after, anchor=anchor), None)
    assume(tick is not None)
    assert tick is not None
    previous = timetable.previous(tick, anchor=anchor)
    assert previous is None or (previous < tick and previous <= after)
    assert next(timetable.ticks(previous or tick - timedelta(microseconds=1), anchor=anchor)) == tick
    assert timetable.previous(tick + timedelta(microseconds=1), anchor=anchor) == tick


def test_between_includes_both_ends() -> None:
    """The ticks between two ticks include both of them."""
    timetable = Timetable(parse("cron(0 * * * ? *)"))
    assert _texts(timetable.between(_utc("2026-03-01 10:00"), _utc("2026-03-01 12:00"))) == [
        *("2026-03-01 10:00", "2026-03-01 11:00", "2026-03-01 12:00"),
    ]


def test_start_and_end_are_the_first_and_the_last_tick() -> None:
    """Ticks at the start and at the end count, and ticks beyond do not, forward and backward."""
    start, end = _utc("2026-03-01 10:00"), _utc("2026-03-01 12:00")
    timetable = Timetable(parse("cron(0 * * * ? *)"), start=start, end=end)
    assert _texts(timetable.ticks(_utc("2020-01-01 00:00"))) == [
        *("2026-03-01 10:00", "2026-03-01 11:00", "2026-03-01 12:00"),
    ]
    assert timetable.previous(_utc("2030-01-01 00:00")) == end
    assert timetable.previous(start) is None


def test_a_rate_counts_from_its_start() -> None:
    """A rate's first tick is the start, whatever the anchor, and its last possible tick is the end."""
    timetable = Timetable(parse("rate(5 hours)"), start=_utc("2026-03-01 10:00"), end=_utc("2026-03-01 20:00"))
    ticks = timetable.ticks(_utc("2026-01-01 00:00"), anchor=_utc("2026-01-01 00:00"))
    assert _texts(ticks) == ["2026-03-01 10:00", "2026-03-01 15:00", "2026-03-01 20:00"]
    assert timetable.previous(_utc("2026-03-01 15:00")) == _utc("2026-03-01 10:00")


def test_limits_in_a_zone_are_instants() -> None:
    """A start, an end and an anchor in a zone with clock changes count as instants, not as wall-clock times."""
    berlin = zone("Europe/Berlin")
    start, end = datetime(2026, 3, 29, 3, tzinfo=berlin), datetime(2026, 3, 29, 5, tzinfo=berlin)
    ticks = Timetable(parse("cron(0/30 * * * ? *)"), start=start, end=end).ticks(_utc("2026-01-01 00:00"))
    assert _texts(ticks) == [f"2026-03-29 {time}" for time in ("01:00", "01:30", "02:00", "02:30", "03:00")]
    rate = Timetable(parse("rate(2 hours)"))
    anchor = datetime(2026, 3, 29, 1, tzinfo=berlin)
    assert _texts(rate.between(anchor, end, anchor=anchor)) == ["2026-03-29 00:00", "2026-03-29 02:00"]
    assert rate.previous(start, anchor=anchor) == anchor


def test_a_rate_counts_from_its_anchor_through_clock_changes() -> None:
    """A day of a rate is 24 hours from the anchor in any zone, also for an instant between two ticks."""
    timetable = Timetable(parse("rate(1 day)"), "Europe/Berlin")
    ticks = timetable.ticks(_utc("2026-03-28 18:00"), anchor=_utc("2026-03-01 10:00"))
    assert _texts(islice(ticks, 2)) == ["2026-03-29 10:00", "2026-03-30 10:00"]


def test_a_rate_without_anchor_has_no_ticks() -> None:
    """A rate without an anchor has a period but no ticks."""
    timetable = Timetable(parse("rate(5 minutes)"))
    assert list(timetable.ticks(_utc("2026-01-01 00:00"))) == []
    assert timetable.previous(_utc("2026-01-01 00:00")) is None
    assert timetable.smallest_gap() == timedelta(minutes=5)


def test_a_rate_ends_with_the_calendar() -> None:
    """The ticks of a rate end without an error when the period leads beyond year 9998."""
    timetable = Timetable(parse("rate(999999999 days)"))
    assert _texts(timetable.ticks(_utc("2026-01-01 00:00"), anchor=_utc("2026-03-01 00:00"))) == ["2026-03-01 00:00"]


def test_an_instant_needs_an_offset() -> None:
    """A time without an offset is refused rather than read in the machine's own zone."""
    timetable = Timetable(parse("cron(0 2 * * ? *)"))
    with pytest.raises(TypeError, match="no offset"):
        next(timetable.ticks(datetime(2026, 3, 1)))  # noqa: DTZ001 - the fault


def test_limits_at_the_ends_of_the_calendar_are_no_error() -> None:
    """The first and the last moment that every zone can show, with a year to spare, can be a start and an end."""
    first, last = _utc("0002-01-01 00:00"), _utc("9998-12-31 23:59")
    timetable = Timetable(parse("cron(0 0 1 1 ? *)"), start=first, end=last)
    assert _texts(islice(timetable.ticks(first), 1)) == ["1970-01-01 00:00"]
    assert timetable.previous(last) == _utc("2199-01-01 00:00")
    assert Timetable(parse("rate(999999999 days)"), start=first, end=last).smallest_gap() is None


@pytest.mark.parametrize("name", ["America/Los_Angeles", "Pacific/Kiritimati"])
@pytest.mark.parametrize("expression", ["cron(0 2 * * ? *)", "at(9999-12-31T23:59:59)", "at(0001-01-01T00:00:00)"])
def test_the_ends_of_the_calendar_are_no_error(expression: str, name: str) -> None:
    """Instants at the ends of Python's calendar cause no error in any zone."""
    timetable = Timetable(parse(expression), name)
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert len(list(islice(timetable.ticks(first), 1))) <= 1
    assert list(islice(timetable.ticks(last), 1)) == []
    assert timetable.previous(first) is None
    previous = timetable.previous(last)
    assert previous is None or previous.year in {1, 2199, 2200, 9999}


def test_the_last_year_is_not_forgotten() -> None:
    """The very last tick, on the last day of AWS's last year in the westernmost zone, is found."""
    timetable = Timetable(parse("cron(59 23 31 12 ? 2199)"), "Pacific/Pago_Pago")
    assert _texts(timetable.ticks(_utc("2026-01-01 00:00"))) == ["2200-01-01 10:59"]
    assert timetable.previous(_utc("2300-01-01 00:00")) == _utc("2200-01-01 10:59")


# (expression, further arguments, the whole message)
REFUSED = {
    "an end before the start": (
        *("rate(1 day)", {"start": _utc("2026-03-02 00:00"), "end": _utc("2026-03-01 00:00")}),
        "end 2026-03-01T00:00:00Z is before start 2026-03-02T00:00:00Z",
    ),
    "a negative window": (
        *("rate(1 day)", {"window": -1}),
        "window of -1 minutes is out of range; must be 0 (off) or 1-1440",
    ),
    "a window of more than a day": (
        *("rate(1 day)", {"window": 1441}),
        "window of 1441 minutes is out of range; must be 0 (off) or 1-1440",
    ),
    "a start without offset": (
        *("rate(1 day)", {"start": datetime(2026, 3, 1)}),  # noqa: DTZ001 - the fault
        "start 2026-03-01T00:00:00 has no offset; must be an instant such as 2026-12-31T23:00:00Z",
    ),
    "an end without offset": (
        *("rate(1 day)", {"end": datetime(2026, 3, 1)}),  # noqa: DTZ001 - the fault
        "end 2026-03-01T00:00:00 has no offset; must be an instant such as 2026-12-31T23:00:00Z",
    ),
    "an end beyond the calendar": (
        *("rate(1 day)", {"end": datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2)))}),
        "end 9999-12-31T23:00:00-02:00 must be in the years 2 to 9998; leave it out if there is no end",
    ),
    "an end that some zones cannot show": (
        *("cron(0 2 * * ? *)", {"end": _utc("9999-12-31 23:59")}),
        "end 9999-12-31T23:59:00+00:00 must be in the years 2 to 9998; leave it out if there is no end",
    ),
    "a start that some zones cannot show": (
        *("rate(1 day)", {"start": _utc("0001-01-01 00:00")}),
        "start 0001-01-01T00:00:00+00:00 must be in the years 2 to 9998",
    ),
    "a start of an at": (
        *("at(2026-12-31T23:00:00)", {"start": _utc("2026-03-02 00:00")}),
        "at cannot have a start or an end; AWS ignores both for a one-time schedule",
    ),
    "no tick between start and end": (
        *("cron(0 6 ? * MON *)", {"start": _utc("2026-03-03 00:00"), "end": _utc("2026-03-08 23:00")}),
        "never fires between start 2026-03-03T00:00:00Z and end 2026-03-08T23:00:00Z",
    ),
    "no tick after the start": (
        *("cron(0 6 * * ? 2025)", {"start": _utc("2026-03-03 00:00")}),
        "never fires after start 2026-03-03T00:00:00Z",
    ),
    "no tick before the end": (
        *("cron(0 6 * * ? 2027)", {"end": _utc("2026-03-03 00:00")}),
        "never fires before end 2026-03-03T00:00:00Z",
    ),
}


@pytest.mark.parametrize(("expression", "more", "message"), REFUSED.values(), ids=REFUSED)
def test_refuses_what_could_not_do_what_it_says(expression: str, more: dict[str, object], message: str) -> None:
    """A schedule that AWS would refuse, that it would read differently, or that could never fire is refused."""
    with pytest.raises(ExpressionError) as refusal:
        Timetable(parse(expression), **more)  # type: ignore[arg-type]
    assert str(refusal.value) == message


MOMENTS = st.datetimes(timezones=st.just(UTC)) | st.builds(
    lambda edge, days: edge + days * timedelta(days=1),
    st.sampled_from([_utc("0001-06-01 00:00"), _utc("9999-06-01 00:00")]),
    st.integers(-150, 200),
)
"""Any moment of Python's calendar; many are close to its ends."""


@settings(max_examples=300, deadline=None)
@given(expressions, st.none() | MOMENTS, st.none() | MOMENTS, zones)
@example("cron(0 2 * * ? *)", None, _utc("9999-12-31 23:59"), "Europe/Berlin")
@example("rate(1 day)", _utc("9999-12-30 00:00"), None, "Asia/Kolkata")
@example("rate(1 day)", _utc("0001-01-01 00:00"), None, "America/New_York")
@example("rate(2921939 days)", _utc("2000-01-01 23:00"), None, "Pacific/Apia")
def test_shows_every_schedule_that_it_accepts(
    expression: str, start: datetime | None, end: datetime | None, name: str
) -> None:
    """A schedule with any start and end is refused, or can be shown in its zone: in words, as ticks and as a cron."""
    try:
        timetable = Timetable(parse(expression), name, start=start, end=end)
    except ExpressionError:
        return
    assert describe(timetable)
    assert next_ticks(timetable, _utc("2026-01-01 00:00"), enabled=True)
    if isinstance(timetable.expression, Rate) and timetable.start:
        assert same_cron(timetable.expression, timetable.start) != ""


def test_refuses_an_unknown_zone() -> None:
    """An unknown time zone is refused when the timetable is created."""
    with pytest.raises(ZoneError, match=r"did you mean Europe/Berlin\?"):
        Timetable(parse("rate(1 day)"), "Europe/Berln")


@pytest.mark.parametrize("window", [0, 1, 1440])
def test_takes_the_windows_of_aws(window: int) -> None:
    """Windows from 0 to 1440 minutes are accepted, and equal timetables have equal hashes."""
    timetable = Timetable(Rate(1, "day"), window=window)
    assert {timetable, Timetable(Rate(1, "day"), window=window)} == {timetable}


def test_end_may_be_the_only_tick() -> None:
    """A schedule whose start, end and only tick are the same instant is accepted."""
    moment = _utc("2026-03-02 06:00")
    timetable = Timetable(parse("cron(0 6 ? * MON *)"), start=moment, end=moment)
    assert list(timetable.ticks(_utc("2020-01-01 00:00"))) == [moment]


def test_an_at_keeps_its_seconds() -> None:
    """The tick of an `at` is exact to the second."""
    tick = next(Timetable(At(datetime(2026, 12, 31, 23, 0, 30))).ticks(_utc("2026-01-01 00:00")))  # noqa: DTZ001
    assert tick == _utc("2026-12-31 23:00:30")
