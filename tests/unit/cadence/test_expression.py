from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cadence import At, Cron, ExpressionError, Rate, Timetable, parse
from tests.unit.cadence.strategies import expressions

# (expression, the instant to look from, the next two ticks): the examples of AWS's Scheduler User Guide and of the
# cron reference in the EventBridge User Guide, by the meaning that AWS gives them.
AWS_EXAMPLES = [
    ("cron(0 10 * * ? *)", "2026-03-02 10:00", ["2026-03-03 10:00", "2026-03-04 10:00"]),
    ("cron(15 12 * * ? *)", "2026-03-02 10:00", ["2026-03-02 12:15", "2026-03-03 12:15"]),
    ("cron(0 18 ? * MON-FRI *)", "2026-03-06 12:00", ["2026-03-06 18:00", "2026-03-09 18:00"]),
    ("cron(0 8 1 * ? *)", "2026-03-02 10:00", ["2026-04-01 08:00", "2026-05-01 08:00"]),
    ("cron(0/15 * * * ? *)", "2026-03-02 10:50", ["2026-03-02 11:00", "2026-03-02 11:15"]),
    ("cron(0/10 * ? * MON-FRI *)", "2026-03-06 23:45", ["2026-03-06 23:50", "2026-03-09 00:00"]),
    ("cron(0/5 8-17 ? * MON-FRI *)", "2026-03-02 17:50", ["2026-03-02 17:55", "2026-03-03 08:00"]),
    ("cron(0/30 20-2 ? * MON-FRI *)", "2026-03-02 02:00", ["2026-03-02 02:30", "2026-03-02 20:00"]),
    ("cron(0 9 ? * 2#1 *)", "2026-03-02 08:00", ["2026-03-02 09:00", "2026-04-06 09:00"]),
    ("cron(15 10 ? * 6L 2022-2023)", "2023-11-01 00:00", ["2023-11-24 10:15", "2023-12-29 10:15"]),
    ("cron(0 2 ? * 3#2 *)", "2026-03-02 10:00", ["2026-03-10 02:00", "2026-04-14 02:00"]),
    ("cron(0 2 3W * ? *)", "2026-04-02 10:00", ["2026-04-03 02:00", "2026-05-04 02:00"]),
    ("cron(1/10 10 * * ? *)", "2026-03-02 10:05", ["2026-03-02 10:11", "2026-03-02 10:21"]),
    ("cron(0 2 1-15 JAN,FEB,MAR ? *)", "2026-03-14 02:00", ["2026-03-15 02:00", "2027-01-01 02:00"]),
    ("cron(0 2 L * ? *)", "2028-02-02 10:00", ["2028-02-29 02:00", "2028-03-31 02:00"]),
    ("cron(0 2 ? * L *)", "2026-03-02 10:00", ["2026-03-07 02:00", "2026-03-14 02:00"]),
    ("at(2022-11-20T13:00:00)", "2022-11-20 12:59", ["2022-11-20 13:00"]),
]

# What is written, and what is printed.
FORMS = [
    ("cron(00 07/12 ? * mon-Fri *)", "cron(0 7/12 ? * MON-FRI *)"),
    ("cron(0  2 \t* *  ? *)", "cron(0 2 * * ? *)"),
    (" cron( 0 2 * * ? * ) ", "cron(0 2 * * ? *)"),
    ("cron(0 2 ? 1-3,12 2,4 2026)", "cron(0 2 ? JAN-MAR,DEC MON,WED 2026)"),
    ("cron(0 2 lw feb/3 ? *)", "cron(0 2 LW FEB/3 ? *)"),
    ("cron(0 2 05w * ? *)", "cron(0 2 5W * ? *)"),
    ("cron(0 2 ? * fril *)", "cron(0 2 ? * 6L *)"),
    ("cron(0 2 ? * Tue#2 *)", "cron(0 2 ? * 3#2 *)"),
    ("cron(0 2 ? * L *)", "cron(0 2 ? * SAT *)"),
    ("cron(*/5 22-2/2 ? NOV-FEB FRI-MON 1970-2199/7)", "cron(*/5 22-2/2 ? NOV-FEB FRI-MON 1970-2199/7)"),
    ("cron(15/65 10 * * ? *)", "cron(15/65 10 * * ? *)"),
    ("rate(1 days)", "rate(1 day)"),
    ("rate(15 minute)", "rate(15 minutes)"),
    ("rate( 005   hours )", "rate(5 hours)"),
    ("at(2026-12-31T23:00:00)", "at(2026-12-31T23:00:00)"),
]

NO_OFFSET = "at takes no offset; the time is read in the schedule's timezone"

# (written, the whole message)
REFUSED = [
    ("", "empty; cron(...), rate(...) or at(...) is accepted"),
    ("whenever", "not understood; cron(...), rate(...) or at(...) is accepted"),
    ("every(5 minutes)", "'every' is unknown; cron(...), rate(...) or at(...) is accepted"),
    ("CRON(0 2 * * ? *)", "'CRON' is written in small letters: cron(0 2 * * ? *)"),
    ("cron(0 2 * * ? *", "the closing bracket is missing or not at the end"),
    ("0 2 * * ? *", "not wrapped in cron(...): cron(0 2 * * ? *)"),
    ("15 minutes", "not wrapped in rate(...): rate(15 minutes)"),
    ("2026-12-31T23:00:00", "not wrapped in at(...): at(2026-12-31T23:00:00)"),
    (f"cron({'0,' * 130}0 2 * * ? *)", "longer than 256 characters, which is AWS's limit"),
    ("cron()", "cron has 6 fields (minutes hours day-of-month month day-of-week year), here are 0"),
    ("cron(5)", "cron has 6 fields (minutes hours day-of-month month day-of-week year), here is 1"),
    ("cron(0 6 ? * ? *)", "day-of-month and day-of-week are both '?'; one must be set, such as '*' for every day"),
    ("cron(0 6 1 * MON *)", "day-of-month and day-of-week are both set; one must be '?'"),
    ("cron(0 6 * * MON *)", "day-of-month and day-of-week are both set; one must be '?': cron(0 6 ? * MON *)"),
    ("cron(0 6 1 * * *)", "day-of-month and day-of-week are both set; one must be '?': cron(0 6 1 * ? *)"),
    ("cron(60 6 * * ? *)", "minutes 60 is out of range; 0-59 is accepted"),
    ("cron(0 24 * * ? *)", "hours 24 is out of range; 0-23 is accepted"),
    ("cron(0 6 0 * ? *)", "day-of-month 0 is out of range; 1-31 is accepted"),
    ("cron(0 6 32W * ? *)", "day-of-month 32 is out of range; 1-31 is accepted"),
    ("cron(0 6 * 13 ? *)", "month 13 is out of range; 1-12 or JAN-DEC is accepted"),
    ("cron(0 6 * JUNE ? *)", "month 'JUNE' is not understood; 1-12 or JAN-DEC is accepted"),
    ("cron(0 6 ? * 8 *)", "day-of-week 8 is out of range; 1-7 or SUN-SAT is accepted"),
    ("cron(0 6 ? * 0-7 *)", "day-of-week 0 does not exist; AWS counts 1 = SUN to 7 = SAT, and names are safest"),
    ("cron(0 6 * * ? 1969)", "year 1969 is out of range; 1970-2199 is accepted"),
    ("cron(0 6 * * ? 2028-2026)", "year 2028-2026 runs backwards; the first must not be later than the second"),
    ("cron(0 6 * * ? 99999999999)", "year 99999999999 is out of range; 1970-2199 is accepted"),
    ("cron(0 ? * * ? *)", "hours '?' is not understood; only day-of-month or day-of-week can be '?'"),
    ("cron(-5 6 * * ? *)", "minutes '-5' is not understood; 0-59 is accepted"),
    ("cron(5- 6 * * ? *)", "minutes '5-' is not understood; 0-59 is accepted"),
    ("cron(٣ 6 * * ? *)", "minutes '٣' is not understood; 0-59 is accepted"),
    ("cron(*/0 6 * * ? *)", "minutes '*/0' has no step; a whole number of 1 or more is accepted after '/'"),
    ("cron(5/ 6 * * ? *)", "minutes '5/' has no step; a whole number of 1 or more is accepted after '/'"),
    ("cron(0,,5 6 * * ? *)", "minutes '0,,5' has an empty place in its list"),
    ("cron(*,5 6 * * ? *)", "minutes '*,5' lists '*' with other values; '*' stands alone"),
    (
        "cron(0 6 L-3 * ? *)",
        "day-of-month 'L-3' counts back from the last day, which AWS does not take; L and LW are accepted",
    ),
    ("cron(0 6 WL * ? *)", "day-of-month 'WL' is not understood; the last Monday to Friday of the month is LW"),
    ("cron(0 6 15,L * ? *)", "day-of-month '15,L' is not understood; L, LW and 1W-31W stand alone in the field"),
    ("cron(0 6 1,? * ? *)", "day-of-month '1,?' is not understood; '?' stands alone in the field"),
    (
        "cron(0 6 ? * 3#1,6#3 *)",
        "day-of-week '3#1,6#3' is not understood; one day with '#', such as 3#2, stands alone in the field",
    ),
    ("cron(0 6 ? * 3#6 *)", "day-of-week '3#6' is out of range; 1-5 is accepted after '#'"),
    (
        "cron(0 6 ? * MON,6L *)",
        "day-of-week 'MON,6L' is not understood; L, and one day with L such as 6L, stand alone in the field",
    ),
    (
        "cron(0 6 ? * MON/2 *)",
        "day-of-week 'MON/2' has a step, which AWS does not take there; list the days, such as MON,WED,FRI",
    ),
    ("rate(5)", "rate has no unit; minutes, hours and days are accepted, such as rate(5 minutes)"),
    ("rate()", "rate has a whole number and a unit, such as rate(15 minutes)"),
    ("rate(0 minutes)", "rate's value '0' is not a whole number of 1 or more, such as rate(15 minutes)"),
    ("rate(1.5 hours)", "rate's value '1.5' is not a whole number of 1 or more, such as rate(15 minutes)"),
    ("rate(-1 day)", "rate's value '-1' is not a whole number of 1 or more, such as rate(15 minutes)"),
    ("rate(5minutes)", "rate is written with a space and small letters: rate(5 minutes)"),
    ("rate(5 Minutes)", "rate is written with a space and small letters: rate(5 minutes)"),
    (
        "rate(30 seconds)",
        "rate cannot count seconds; minutes, hours and days are accepted, so write it in minutes",
    ),
    ("rate(2 weeks)", "rate cannot count weeks; minutes, hours and days are accepted, so write it in days"),
    ("rate(5 min)", "rate's unit 'min' is not understood; write rate(5 minutes)"),
    ("rate(5 fortnights)", "rate's unit 'fortnights' is not understood; minutes, hours and days are accepted"),
    ("rate(9999999999 days)", "rate's value has more than 9 digits"),
    (
        "at(2026-12-31T23:00:00+01:00)",
        f"{NO_OFFSET}: at(2026-12-31T22:00:00) with timezone UTC is the same instant",
    ),
    (
        "at(2026-12-31T23:00:00Z)",
        f"{NO_OFFSET}: at(2026-12-31T23:00:00) with timezone UTC is the same instant",
    ),
    (
        "at(2026-12-31 23:00)",
        "at's time is not understood; at(yyyy-mm-ddThh:mm:ss) is accepted, here at(2026-12-31T23:00:00)",
    ),
    ("at(tomorrow)", "at's time is not understood; at(yyyy-mm-ddThh:mm:ss) is accepted"),
    (
        "at(2026-02-30T00:00:00)",
        "at's time does not exist (day is out of range for month); at(yyyy-mm-ddThh:mm:ss) is accepted",
    ),
]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("expression", "after", "ticks"), AWS_EXAMPLES, ids=[row[0] for row in AWS_EXAMPLES])
def test_reads_the_examples_of_aws_as_aws_does(expression: str, after: str, ticks: list[str]) -> None:
    """Every example of AWS's guides has the next ticks that the guide's words give it."""
    assert list(islice(Timetable(parse(expression)).ticks(_at(after)), 2)) == [_at(tick) for tick in ticks]


@pytest.mark.parametrize(("written", "printed"), FORMS, ids=[row[0] for row in FORMS])
def test_prints_the_one_canonical_form(written: str, printed: str) -> None:
    """Case, spaces, leading zeros, numbers for names and plurals are forgiven, and printed in one way."""
    assert str(parse(written)) == printed
    assert parse(written) == parse(printed)


@pytest.mark.parametrize(("written", "message"), REFUSED, ids=[row[0][:40] or "nothing" for row in REFUSED])
def test_says_what_is_wrong_and_what_is_accepted(written: str, message: str) -> None:
    """What AWS refuses is refused, with the whole sentence that helps."""
    with pytest.raises(ExpressionError) as refusal:
        parse(written)
    assert str(refusal.value) == message


def test_the_limit_of_characters_holds_once_written_out() -> None:
    """What fits as numbers but not as the names that are printed is refused before AWS does."""
    numbers, months = ",".join(map(str, range(60))), "1,2,3,4,5,6,7,8,9,10,11,12"
    written = f"cron({numbers} 10,11,12,13,14,15 ? {months} 1,2,3,4 2026)"
    assert len(written) <= 256
    with pytest.raises(ExpressionError, match="longer than 256 characters once written out"):
        parse(written)


@given(expressions)
def test_printing_and_parsing_agree(expression: str) -> None:
    """What is parsed prints to text that parses to an equal value of equal hash and prints the same again."""
    first = parse(expression)
    again = parse(str(first))
    assert (again, hash(again), str(again)) == (first, hash(first), str(first))


@given(st.text(alphabet="cronateLW#?*/,-()0123456789MONFRI: T@", max_size=60) | st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing that a person may type gives any error but ExpressionError."""
    with suppress(ExpressionError):
        assert str(parse(text))


def test_reads_each_kind_into_its_own_value() -> None:
    """Kinds are told apart by type, and differ in equality."""
    kinds = [parse("cron(0 2 * * ? *)"), parse("rate(1 day)"), parse("at(2026-12-31T23:00:00)")]
    assert [type(kind) for kind in kinds] == [Cron, Rate, At]
    assert len(set(kinds)) == 3


@pytest.mark.parametrize(
    ("expression", "period"),
    [
        ("rate(90 minutes)", timedelta(minutes=90)),
        ("rate(2 hours)", timedelta(hours=2)),
        ("rate(1 day)", timedelta(hours=24)),
    ],
)
def test_rate_has_its_period(expression: str, period: timedelta) -> None:
    """A rate's period is its value in minutes, hours or days of 24 hours."""
    rate = parse(expression)
    assert isinstance(rate, Rate)
    assert rate.period == period
